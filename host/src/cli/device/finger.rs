//! The enrolled fingers.

use super::touch::Finger;
use super::{password, session};
use crate::cli::output::Output;
use anyhow::Result;
use clap::Subcommand;
use serde_json::json;
use touchseal::words;

#[derive(Subcommand)]
pub enum Command {
    /// Enrol a finger: several impressions, placed a little differently (as root)
    Enroll {
        #[command(flatten)]
        finger: Finger,
        #[command(flatten)]
        password: password::Source,
    },
    /// List the enrolled fingers
    Fingers,
    /// Remove an enrolled finger (as root)
    RemoveFinger {
        /// Its number, as `touchseal fingers` lists it
        finger: u32,
    },
    /// Remove every enrolled finger (as root)
    RemoveFingers,
    /// Make every payment key that was made until now unusable, for ever; the fingers stay
    /// (as root)
    InvalidateEnrolment,
}

impl Command {
    pub fn run(self, output: Output) -> Result<()> {
        match self {
            Self::Enroll { finger, password } => {
                let finger = enroll(&finger, &password)?;
                // It is enrolled, whether or not they can be counted.
                let fingers = session::fingerprint()
                    .and_then(|mut sensor| Ok(sensor.fingers()?.fingers.len()))
                    .ok();
                let in_all = fingers.map_or_else(String::new, |count| format!(", {count} in all"));
                output.say(
                    format!("finger {finger} enrolled{in_all}"),
                    json!({ "finger": finger, "fingers": fingers }),
                )
            }
            Self::Fingers => list(output),
            Self::RemoveFinger { finger } => {
                session::fingerprint()?.remove_finger(finger)?;
                output.say(
                    format!("finger {finger} is not enrolled any more"),
                    json!({ "removed": finger }),
                )
            }
            Self::RemoveFingers => {
                session::fingerprint()?.remove_fingers()?;
                output.say("no finger is enrolled any more", json!({ "fingers": 0 }))
            }
            Self::InvalidateEnrolment => {
                session::fingerprint()?.invalidate_enrolment()?;
                output.say(
                    "payment keys that were made until now are unusable",
                    json!({ "invalidated": true }),
                )
            }
        }
    }
}

/// With the owner's password, where one is set: the fingers are then theirs. Once the factory
/// mode is closed, nobody enrols one without.
fn enroll(finger: &Finger, password: &password::Source) -> Result<u32> {
    let is_set = session::gatekeeper()?.password()?.set;
    let latched = session::payment()?.info()?.latched;
    finger.enroll(|sensor| {
        (is_set || latched)
            .then(|| password::password_token(password, sensor))
            .transpose()
    })
}

fn list(output: Output) -> Result<()> {
    let found = session::fingerprint()?.fingers()?;
    let mut lines: Vec<_> = found
        .fingers
        .iter()
        .map(|finger| format!("finger {finger}"))
        .collect();
    if lines.is_empty() {
        lines.push("no finger is enrolled".into());
    }
    match found.locked_ms {
        0 => {}
        u32::MAX => lines.push("locked until the password is shown: `touchseal unlock`".into()),
        ms => lines.push(format!("locked for {} s", ms.div_ceil(1000))),
    }
    lines.push(format!("sensor: {}", words::sensor(found.sensor)));
    output.say(
        lines.join("\n"),
        json!({
            "fingers": found.fingers.as_slice(),
            "epoch": format!("{:016x}", found.authenticator_id),
            "locked_ms": found.locked_ms,
            "sensor": found.sensor as u8,
        }),
    )
}
