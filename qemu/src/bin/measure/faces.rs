//! What a call costs through each face: the same question, whether the app has an app key, over
//! one session. The Rust library is the bare client.

use anyhow::{Context, Result, ensure};
use std::time::Duration;
use touchseal_qemu::{Command, Emmc, Guest, Options, Platform};

const APP: u32 = 10115;
const CALLS: u32 = 2_000;
/// The command line is a program a call.
const RUNS: u32 = 20;
const LIMIT: Duration = Duration::from_secs(120);

/// A face, and what one of its calls takes.
pub type Row = (&'static str, Duration);

/// One device, one run.
pub fn rows(platform: &Platform) -> Result<Vec<Row>> {
    let emmc = Emmc::scratch()?;
    let mut options = Options::new(platform.logs("measure"));
    options.programs = Some(platform.programs.clone());
    let mut guest = Guest::boot(platform, &emmc, &options)?;
    let root = Command::new("touchseal").args(["provision"]).uid(0);
    run(&mut guest, &root)?;
    let app = Command::new("touchseal").args(["app-key"]).uid(APP);
    run(&mut guest, &app)?;
    guest.start_hal()?;
    let faces = [
        ("Rust library", "wallet"),
        ("C library", "wallet-c"),
        ("HAL, over binder", "wallet-binder"),
    ];
    let mut rows = Vec::new();
    for (name, program) in faces {
        rows.push((name, call(&mut guest, program)?));
    }
    let again = format!("for _ in $(seq {RUNS}); do touchseal keys --json; done");
    let command_line = Command::new("sh").args(["-c", &again]).uid(APP);
    rows.push((
        "command line",
        run(&mut guest, &command_line)?.elapsed / RUNS,
    ));
    guest.power_off()?;
    Ok(rows)
}

fn call(guest: &mut Guest, program: &str) -> Result<Duration> {
    let bench = guest.example(program)?.args(["bench", &CALLS.to_string()]);
    let output = run(guest, &bench.uid(APP))?;
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let nanoseconds = said["nanoseconds"].as_u64().context("no time was told")?;
    ensure!(said["calls"] == CALLS, "{said}");
    Ok(Duration::from_nanos(nanoseconds / u64::from(CALLS)))
}

fn run(guest: &mut Guest, command: &Command) -> Result<touchseal_qemu::Output> {
    let output = guest.run(command, LIMIT)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.code == 0, "`{command}`: {}", stderr.trim());
    Ok(output)
}
