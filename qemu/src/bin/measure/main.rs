//! `make measure`: what a call costs through each face; what the commands cost in time and in authenticated RPMB reads and writes, with one
//! payment key on the device and with many. Fails when a payment or a SOTER signature is not
//! exactly one write.
//!
//! Times are from an invoke to its response, in the guest: without the start of a program. They are those of an emulated CPU: compare them with each
//! other, and not with a phone's.
//!
//! `measure KEYS`.

mod bench;
mod faces;

use anyhow::{Context, Result};
use bench::{Bench, Cost, PAYMENT, Row};
use std::process::ExitCode;
use touchseal_qemu::{Emmc, Owner, Platform};

const APP: u32 = 10115;
const LAST_APP: u32 = 19999;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nmake measure: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let many = std::env::args().nth(1).context("Usage: measure KEYS")?;
    let count: usize = many.parse().context("KEYS is a number")?;
    let platform = Platform::from_env()?;
    let owner = Owner::new(&platform, "p1_1.png")?;
    let emmc = Emmc::scratch()?;

    let mut bench = Bench::boot(&platform, &emmc, &owner)?;
    let mut factory = bench.factory()?;
    factory.extend(bench.fingers()?);
    let mut one = bench.keys(APP)?;
    let mut bench = bench.reboot()?;
    one.extend(bench.uses(APP)?);
    eprintln!("With one key: done. Making {count} ...");
    bench.fill(count.saturating_sub(1))?;
    let mut many = bench.keys(LAST_APP)?;
    let mut bench = bench.reboot()?;
    many.extend(bench.uses(LAST_APP)?);
    bench.power_off()?;

    println!(
        "\n  {:<28} {:>24} {:>24}",
        "",
        "1 key",
        format!("{count} keys")
    );
    println!(
        "  {:<28} {1:>10} {2:>6} {3:>6} {1:>10} {2:>6} {3:>6}",
        "command", "time", "reads", "writes"
    );
    for (name, cost) in factory {
        row(name, &[cost]);
    }
    for ((name, one), (_, many)) in one.iter().zip(&many) {
        row(name, &[*one, *many]);
    }
    println!(
        "\nA payment and a SOTER signature are one write each. With {count} keys a payment takes {:.2} times as long as with one.",
        payment(&many)? / payment(&one)?
    );
    compare(&faces::rows(&platform)?);
    Ok(())
}

/// The faces, over the first.
fn compare(faces: &[faces::Row]) {
    println!(
        "\n  {:<28} {:>10} {:>12}",
        "a call through", "time", "to the first"
    );
    let first = faces.first().map_or(0.0, |(_, time)| time.as_secs_f64());
    for (name, time) in faces {
        let (ms, ratio) = (time.as_secs_f64() * 1000.0, time.as_secs_f64() / first);
        println!("  {name:<28} {ms:>7.2} ms {ratio:>12.2}");
    }
}

/// How long a payment takes.
fn payment(rows: &[Row]) -> Result<f64> {
    let found = rows.iter().find(|(name, _)| *name == PAYMENT);
    let (_, cost) = found.context("no payment was measured")?;
    Ok(cost.time.as_secs_f64())
}

fn row(name: &str, costs: &[Cost]) {
    print!("  {name:<28}");
    for Cost {
        time,
        reads,
        writes,
    } in costs
    {
        print!(
            " {:>7.1} ms {reads:>6} {writes:>6}",
            time.as_secs_f64() * 1000.0
        );
    }
    println!();
}
