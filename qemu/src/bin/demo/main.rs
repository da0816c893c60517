//! `make run`: a real fingerprint payment on a real OP-TEE, from provisioning to the
//! backend's verification, and what must be refused.
//!
//! The device is the one in the cache, whose keys stay. `--rehearse` takes a new one
//! instead, and goes through it all twice, with a reboot between: the second time
//! every key must still be there.

mod report;
mod story;

use anyhow::{Result, bail};
use report::Report;
use std::process::ExitCode;
use story::Story;
use touchseal_qemu::{Emmc, Platform};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nmake run: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let rehearse = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--rehearse") => true,
        Some(other) => bail!("{other} is not an option: --rehearse is the only one"),
    };
    let platform = Platform::from_env()?;
    if !rehearse {
        let emmc = Emmc::open_or_create(platform.device())?;
        Story::new(&platform, &emmc)?.tell(&mut Report::new())?;
        println!(
            "\nThe keys are sealed in {}: `make run` again uses them.",
            platform.device().display()
        );
        return Ok(());
    }
    let emmc = Emmc::scratch()?;
    let first = Story::new(&platform, &emmc)?.tell(&mut Report::new())?;
    println!("\nThe same device, after a reboot:");
    let second = Story::new(&platform, &emmc)?.tell(&mut Report::new())?;
    if first.keys != second.keys {
        bail!("a key did not survive the reboot");
    }
    if second.counter <= first.counter {
        bail!(
            "the counter went from {} to {} over the reboot",
            first.counter,
            second.counter
        );
    }
    println!("\nEvery key and the counter survived the reboot.");
    Ok(())
}
