//! `make soak`: clients pay on the real trusted applications again and again, while others are
//! killed in the middle of a payment and replaced. Every payment is verified as a backend does.
//! Fails when an acknowledged one is lost, a counter value is used twice, a payment costs other
//! than one RPMB write, a session of a killed client is left, or something grows: memory of
//! either world, or the time that a payment takes. Of the time and of the secure world nothing is
//! said before 200 payments, and until then not that nothing grows.
//!
//! `soak PAYMENTS CLIENTS`. What was seen is reported also when it is interrupted.

mod drift;
mod guest;
mod report;
mod seen;
mod wear;

use anyhow::{Context, Result, ensure};
use guest::{Counted, Run};
use report::Report;
use seen::Seen;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use touchseal_qemu::{Folder, Platform};
use wear::Wear;

/// Sessions of apps: 48, of which a replaced client takes its own for a moment.
const MOST_CLIENTS: usize = 20;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nmake soak: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [payments, clients] = &args[..] else {
        anyhow::bail!("Usage: soak PAYMENTS CLIENTS");
    };
    let payments = payments.parse().context("PAYMENTS is a number")?;
    let clients = clients.parse().context("CLIENTS is a number")?;
    ensure!(
        payments > 0 && (1..=MOST_CLIENTS).contains(&clients),
        "One payment at least, and 1 to {MOST_CLIENTS} clients"
    );
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    ctrlc::set_handler(move || stop.store(true, Ordering::Relaxed))?;
    let platform = Platform::from_env()?;
    let folder = Folder::take(platform.logs("soak"))?;
    let mut seen = Seen::default();
    let mut run = Run::set_up(&platform, folder.path(), payments, clients, &mut seen)?;
    println!("{payments} payments of {clients} clients");
    let began = Instant::now();
    let outcome = run.pay(&mut seen, &stopped);
    let report = Report::of(&seen, began.elapsed());
    let judged = outcome.and_then(|()| judge(&seen, run.end()?));
    report.print(&seen);
    let (counted, wear) = judged.as_ref().ok().copied().unzip();
    let path = folder.path().join("report.json");
    let json = report.json(&seen, counted.as_ref(), wear.as_ref());
    std::fs::write(&path, format!("{json:#}\n"))?;
    if let Ok((counted, wear)) = &judged {
        println!(
            "\n  {} RPMB writes for {} counted payments\n\n{}",
            counted.writes,
            counted.after - counted.before,
            wear.told()
        );
    }
    println!("\n  {}", path.display());
    judged?;
    let all_measured = report.check()?;
    ensure!(
        !stopped.load(Ordering::Relaxed),
        "interrupted after {} payments",
        seen.paid.len()
    );
    let grows = if all_measured {
        "nothing grows"
    } else {
        "too few payments to say whether anything grows"
    };
    println!("\nNo payment lost, none counted twice, each one write; {grows}.");
    Ok(())
}

/// Counters and writes. A wrong finger costs a write for its attempt, but for the first, and
/// one for the match after it.
fn judge(seen: &Seen, counted: Counted) -> Result<(Counted, Wear)> {
    let counters = seen.counters(counted.before, counted.after)?;
    let paid = counted.after - counted.before;
    println!(
        "\n{paid} counter values, each once; {} of clients that were killed before their answer; {} links of the audit chain",
        counters.missing, counters.chained
    );
    let of_fingers = 2 * seen.wrong_fingers;
    ensure!(
        (paid..=paid + of_fingers).contains(&counted.writes),
        "{} RPMB writes for {paid} payments and {} wrong fingers",
        counted.writes,
        seen.wrong_fingers
    );
    Ok((
        counted,
        Wear::of(counted.writes as f64 / paid.max(1) as f64),
    ))
}
