//! What the factory does once, and a factory reset.

use super::world::Unreached;
use super::{progress, session};
use crate::cli::input;
use crate::cli::output::Output;
use anyhow::{Context, Result};
use clap::{ArgAction, Args};
use serde_json::json;
use std::path::PathBuf;
use touchseal::client::{Payments, Soter};
use touchseal::proto::label::Lot;
use touchseal::proto::message::{self, DeviceId};
use touchseal::proto::status::Status;
use touchseal::{Error, diagnosis};
use touchseal_verify::device_key_from_text;

#[derive(Args)]
pub struct Latch {
    /// The device, as `touchseal device-key` names it: 32 hexadecimal digits
    #[arg(long, value_parser = input::device_id())]
    device_id: DeviceId,
    /// The production lot
    #[arg(long, value_parser = input::label::<32>())]
    lot: Lot,
    /// The issuer's P-256 public key: 128 hexadecimal digits and a line end, as of a device key
    #[arg(long, value_name = "FILE")]
    issuer: PathBuf,
}

impl Latch {
    pub fn run(self, output: Output) -> Result<()> {
        let path = self.issuer.display();
        let issuer = std::fs::read(&self.issuer).with_context(|| format!("cannot read {path}"))?;
        let issuer = device_key_from_text(&issuer)
            .with_context(|| format!("{path} is not such a public key"))?;
        session::payment()?.latch(message::Latch {
            device_id: self.device_id,
            lot: self.lot.clone(),
            issuer,
        })?;
        output.say(
            format!("the factory mode is closed for ever, lot {}", self.lot),
            json!({ "latched": true, "lot": self.lot.as_str() }),
        )
    }
}

#[derive(Args)]
pub struct FactoryReset {
    /// That this is meant: what is removed does not come back
    #[arg(long, required = true, action = ArgAction::SetTrue)]
    yes: bool,
}

impl FactoryReset {
    /// The fingers go first: without them every payment key is unusable at once.
    pub fn run(self, output: Output) -> Result<()> {
        let (password, native, soter) = progress::during("removing every finger and key", || {
            session::fingerprint()?.remove_fingers()?;
            anyhow::Ok((
                forget_password()?,
                remove_every_key::<Payments>()?,
                remove_every_key::<Soter>()?,
            ))
        })?;
        let done = |done| if done { "removed" } else { "there are none" };
        output.say(
            format!(
                "fingers: removed\npassword: {}\nkeys of every app: {}\nSOTER keys of every app: {}\n\
                 The device key and the counter stay.",
                if password { "removed" } else { "there can be none" },
                done(native),
                done(soter)
            ),
            json!({ "fingers": true, "password": password, "keys": native, "soter_keys": soter }),
        )
    }
}

/// False where nothing can hold one.
fn forget_password() -> Result<bool> {
    match session::gatekeeper() {
        Ok(mut gatekeeper) => {
            gatekeeper.forget_password()?;
            Ok(true)
        }
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// False where there can be none: nothing vouches for a key, or nothing holds one.
fn remove_every_key<A: session::Dialect>() -> Result<bool> {
    let mut client = match A::open(session::me()) {
        Ok(client) => client,
        Err(error) if is_absent(&error) => return Ok(false),
        Err(error) => return Err(error),
    };
    match client.remove_every_key() {
        Ok(_) => Ok(true),
        Err(Error::Refused(Status::NotProvisioned)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn is_absent(error: &anyhow::Error) -> bool {
    error
        .downcast_ref()
        .is_some_and(|error: &Unreached| diagnosis::is_absent((*error).into()))
}
