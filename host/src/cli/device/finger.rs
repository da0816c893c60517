//! The enrolled fingers.

use super::output::Output;
use super::session;
use anyhow::Result;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;
use touchseal::finger;

#[derive(Subcommand)]
pub enum Command {
    /// Enrol a finger (as root)
    Enroll {
        /// An image of the finger: PNG, BMP or PGM at 500 dpi
        #[arg(long)]
        image: PathBuf,
    },
    /// Remove every enrolled finger (as root)
    RemoveFingers,
}

impl Command {
    pub fn run(self, output: Output) -> Result<()> {
        match self {
            Self::Enroll { image } => {
                let print = finger::from_file(&image)?;
                let enrolled = session::fingerprint()?.enroll(print)?;
                let (finger, fingers) = (enrolled.finger, enrolled.fingers);
                output.say(
                    format!("finger {finger} enrolled, {fingers} in all"),
                    json!({ "finger": finger, "fingers": fingers }),
                );
            }
            Self::RemoveFingers => {
                session::fingerprint()?.remove_fingers()?;
                output.say("no finger is enrolled any more", json!({ "fingers": 0 }));
            }
        }
        Ok(())
    }
}
