//! What needs a device: the commands that open a session with the secure world.

mod doctor;
mod factory;
mod finger;
mod info;
mod keys;
mod password;
mod payment;
mod progress;
mod report;
mod session;
mod soter;
mod touch;
mod world;

use super::exit::Exit;
use super::output::Output;
use anyhow::Result;
use clap::Subcommand;
use std::path::PathBuf;
use touchseal::client::Payments;

pub use report::{cause, report};

#[derive(Subcommand)]
pub enum Command {
    /// Say how the trusted applications are
    Info,
    /// Walk the chain to the keys, link by link, and say which is broken; writes nothing
    Doctor,
    /// Make the device key (ATTK), once, or repair a copy of it (as root)
    Provision,
    /// Close the factory mode for ever (as root)
    ///
    /// The device key is registered before. SOTER's device key (ATTK) is registered after: the latch
    /// changes its cpu_id.
    Latch(factory::Latch),
    /// Remove every finger, the password and every app's keys: not the device key, not the counter (as root)
    FactoryReset(factory::FactoryReset),
    /// Print the device's public key, which the factory registers with the backend
    DeviceKey {
        /// Write it to a file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    #[command(flatten)]
    Finger(finger::Command),
    /// Set the owner's password, or change it (as root)
    ///
    /// With --password-file: the current one's line first, where one is set, then the new one's.
    SetPassword(password::Source),
    /// End the lock after too many wrong fingers, with the owner's password
    Unlock(password::Source),
    #[command(flatten)]
    Keys(keys::Command),
    /// Export this user's app key and payment key, signed by the keys above them
    Chain(payment::Export),
    /// Pay: begin, match a finger for this very payment, sign
    Pay(payment::Pay),
    /// The SOTER dialect: RSA keys, and challenges as SOTER backends verify them
    #[command(subcommand)]
    Soter(soter::Command),
}

impl Command {
    pub fn run(self, output: Output) -> Result<Exit> {
        match self {
            Self::Info => info::run(output)?,
            Self::Doctor => return doctor::run(output),
            Self::Provision => keys::provision::<Payments>(output)?,
            Self::Latch(latch) => latch.run(output)?,
            Self::FactoryReset(reset) => reset.run(output)?,
            Self::DeviceKey { out } => payment::device_key(out, output)?,
            Self::Finger(command) => command.run(output)?,
            Self::SetPassword(source) => password::set(&source, output)?,
            Self::Unlock(source) => password::unlock(&source, output)?,
            Self::Keys(command) => command.run::<Payments>(output)?,
            Self::Chain(export) => export.run(output)?,
            Self::Pay(pay) => pay.run(output)?,
            Self::Soter(command) => command.run(output)?,
        }
        Ok(Exit::Done)
    }
}
