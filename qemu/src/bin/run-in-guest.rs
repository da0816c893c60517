//! `run-in-guest PROGRAM ARGUMENTS...`: runs an aarch64 program in the guest, as
//! if it were here: its output, its exit code, its working directory, the
//! checkout and the cache under their own paths. Cargo's runner for aarch64.
//!
//! Each run gets a new, empty device. `TOUCHSEAL_EMMC=FILE` keeps one.
//! `TOUCHSEAL_SENSOR=simulated` boots firmware with a simulated sensor, for tests.
//! `TOUCHSEAL_TIME_LIMIT=SECONDS` changes how long the program may take (1800).
//! `TOUCHSEAL_PROCESSORS=1` is quicker to emulate than two, for what does not need them.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use touchseal_qemu::{Command, Emmc, Guest, Options, Platform};

/// What of the environment means the same in the guest.
const PASSED_ON: [&str; 3] = ["CARGO_", "RUST_", "TOUCHSEAL_"];

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("run-in-guest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut args = std::env::args().skip(1);
    let program = args
        .next()
        .context("Which program? Usage: run-in-guest PROGRAM ARGUMENTS...")?;
    // A name without a slash is a program of the guest's own.
    let shared = program
        .contains('/')
        .then(|| Path::new(&program).canonicalize())
        .transpose();
    let shared = shared.with_context(|| format!("No program {program}"))?;
    let limit = number("TOUCHSEAL_TIME_LIMIT", 1800)?;
    let processors = number("TOUCHSEAL_PROCESSORS", 2)?;

    let platform = Platform::from_env()?;
    let platform = match std::env::var("TOUCHSEAL_SENSOR").as_deref() {
        Ok("simulated") => platform.simulated()?,
        _ => platform,
    };
    let emmc = match std::env::var_os("TOUCHSEAL_EMMC") {
        Some(path) => Emmc::open_or_create(path)?,
        None => Emmc::scratch()?,
    };
    let here = std::env::current_dir()?;
    // The black-box suite runs two at once, which differ in this.
    let logs = format!("run-in-guest-{processors}");
    let mut options = Options::new(platform.logs(&logs));
    options.processors = processors.try_into()?;
    options.read_only = vec![here.clone(), platform.repo.clone(), platform.cache.clone()];
    options
        .read_only
        .extend(shared.as_deref().and_then(Path::parent).map(Path::to_owned));
    // What `make run` built for the guest, if it did.
    options.programs = Some(platform.programs.clone()).filter(|programs| programs.is_dir());

    let program = shared.map_or(program, |path| path.display().to_string());
    let mut command = Command::new(program).args(args).current_dir(here).live();
    for (name, value) in std::env::vars() {
        if PASSED_ON.iter().any(|prefix| name.starts_with(prefix)) {
            command = command.env(name, value);
        }
    }
    let mut guest = Guest::boot(&platform, &emmc, &options)?;
    let output = guest.run(&command, Duration::from_secs(limit))?;
    guest.power_off()?;
    Ok(ExitCode::from(u8::try_from(output.code).unwrap_or(1)))
}

/// A number of the environment, more than 0.
fn number(name: &str, otherwise: u64) -> Result<u64> {
    let Ok(text) = std::env::var(name) else {
        return Ok(otherwise);
    };
    let number = text.parse().ok().filter(|number| *number > 0);
    number.with_context(|| format!("{name} is a number of more than 0"))
}
