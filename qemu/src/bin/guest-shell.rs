//! `make shell`: a shell in the guest, with the command line tools and the
//! device of `make run`.

use anyhow::{Result, ensure};
use std::io::IsTerminal;
use std::process::ExitCode;
use touchseal_qemu::{Emmc, Guest, Options, Platform};

fn main() -> ExitCode {
    match shell() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("make shell: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn shell() -> Result<()> {
    ensure!(
        std::io::stdin().is_terminal(),
        "A shell needs a terminal. For one command use `qemu/run-in-guest COMMAND`."
    );
    let platform = Platform::from_env()?;
    let emmc = Emmc::open_or_create(platform.device())?;
    let logs = platform.logs("shell");
    // What the guest may say of the sensor: a directory of its own.
    let sensor = logs.join("sensor");
    std::fs::create_dir_all(&sensor)?;
    let hand = sensor.join("hand");
    std::fs::write(&hand, "")?;
    let mut options = Options::new(logs).with_console();
    options.programs = Some(platform.programs.clone());
    options.read_only = vec![platform.cache.clone()];
    options.read_write = vec![platform.repo.clone(), sensor];
    let (rows, columns) = terminal_size().unwrap_or((24, 80));

    let guest = Guest::boot(&platform, &emmc, &options)?;
    eprintln!(
        "You are root in the guest; {} is here too. `finger p1_1.png` puts a finger on the\n\
         sensor, `finger` lifts it. `exit` powers off.",
        platform.repo.display()
    );
    guest.shell(&platform.repo, &platform.fingers, &hand, rows, columns)
}

/// What stty says: rows and columns, unless the terminal doesn't know.
fn terminal_size() -> Option<(u32, u32)> {
    let stty = std::process::Command::new("stty")
        .arg("size")
        .stdin(std::process::Stdio::inherit())
        .output()
        .ok()?;
    let size = String::from_utf8(stty.stdout).ok()?;
    let (rows, columns) = size.trim().split_once(' ')?;
    let size = (rows.parse().ok()?, columns.parse().ok()?);
    Some(size).filter(|&(rows, columns)| rows > 0 && columns > 0)
}
