//! An app's wallet over binder: a client of the HAL in a process of its own. What it can do is
//! a part of what the command line can, in the same words; what it prints is JSON.

mod failure;
mod native;
mod soter;

use clap::{Args, Parser, Subcommand};
use failure::Failure;
use rsbinder::{FromIBinder, ProcessState, Strong, hub};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long others are waited for who use the sensor, or make keys.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Parser)]
struct Wallet {
    /// It is JSON always
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Native(native::Command),
    /// The SOTER dialect
    #[command(subcommand)]
    Soter(soter::Command),
}

/// The name of a payment key.
#[derive(Args)]
struct OfScene {
    #[arg(long)]
    scene: String,
}

fn main() -> ExitCode {
    let wallet = Wallet::parse();
    let outcome = match wallet.command {
        Command::Native(command) => command.run(),
        Command::Soter(command) => command.run(),
    };
    match outcome {
        Ok(json) => {
            println!("{json:#}");
            ExitCode::SUCCESS
        }
        Err(failure) => failure.tell(),
    }
}

/// An interface of the HAL, by its name.
fn interface<I: FromIBinder + ?Sized>(name: &str) -> Result<Strong<I>, Failure> {
    ProcessState::init_default().map_err(|error| Failure::not_reached(&error))?;
    // The HAL calls back.
    ProcessState::start_thread_pool();
    hub::default().map_err(|error| Failure::not_reached(&error))?;
    hub::check_interface(name)
        .map_err(|error| Failure::not_reached(&format!("{name} is not served ({error})")))
}

/// Asks again while the HAL serves another, or the sensor says nothing.
fn patiently<R>(mut ask: impl FnMut() -> Result<R, Failure>) -> Result<R, Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Err(failure) if failure.may_pass() && Instant::now() < until => {
                std::thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

/// Writes what the device gave out; tells where.
fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<String, Failure> {
    let name = path.display().to_string();
    match std::fs::write(path, bytes) {
        Ok(()) => Ok(name),
        Err(error) => Err(Failure::misuse(format!("cannot write {name}: {error}"))),
    }
}

/// Where something is written.
#[derive(Args)]
struct Out {
    #[arg(long)]
    out: PathBuf,
}

fn removed() -> Value {
    serde_json::json!({ "removed": true })
}
