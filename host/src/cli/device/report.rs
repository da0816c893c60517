//! What is told of a key that was not made: the cause, and the device's signed word on it.

use super::world::{Session, Unreached};
use crate::cli::input;
use crate::cli::out_file::write_file;
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;
use touchseal::Error;
use touchseal::client::{Client, HoldsKeys};
use touchseal::proto::status::Status;
use touchseal::report::GenerationFailure;
use touchseal_verify::{Signed, to_json};

#[derive(Args)]
pub struct Report {
    /// Where to write the device's signed report when the key cannot be made, for the backend
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The backend's nonce for that report: 64 hexadecimal digits; random without it
    #[arg(long, value_parser = input::nonce())]
    nonce: Option<[u8; 32]>,
}

impl Report {
    /// The failure of what `client` has just been asked, with a report where there can be
    /// one.
    pub fn failure<A: HoldsKeys>(
        &self,
        client: &mut Client<Session, A>,
        cause: Error<Unreached>,
    ) -> Result<GenerationFailure<Unreached>> {
        let nonce = match self.nonce {
            Some(nonce) => nonce,
            None => {
                let mut nonce = [0; 32];
                getrandom::fill(&mut nonce).context("no random nonce")?;
                nonce
            }
        };
        let failure = GenerationFailure::new(client, cause, nonce);
        match (&self.report, &failure.report) {
            (Some(path), Some(report)) => {
                // Why there is no key is what has to be told.
                match write_file(path, to_json(&Signed::from(report.clone())).as_bytes()) {
                    Ok(()) => eprintln!(
                        "touchseal: the device's signed report is in {}",
                        path.display()
                    ),
                    Err(error) => eprintln!("touchseal: the device's signed report: {error:#}"),
                }
            }
            (Some(_), None) => eprintln!("touchseal: the device signs no report of this"),
            (None, Some(_)) => {
                eprintln!("touchseal: the device signs a report of this: see --report");
            }
            (None, None) => {}
        }
        Ok(failure)
    }
}

/// What has happened, where the secure world, or the way there, is what failed.
pub fn cause(error: &anyhow::Error) -> Option<Status> {
    error.chain().find_map(|error| {
        if let Some(failure) = error.downcast_ref::<GenerationFailure<Unreached>>() {
            Some(failure.cause.cause())
        } else if let Some(error) = error.downcast_ref::<Error<Unreached>>() {
            Some(error.cause())
        } else {
            let unreached: &Unreached = error.downcast_ref()?;
            Some((*unreached).into())
        }
    })
}

/// The report that a failure carries.
pub fn report(error: &anyhow::Error) -> Option<Signed> {
    let failure: &GenerationFailure<Unreached> = error.downcast_ref()?;
    failure.report.clone().map(Signed::from)
}
