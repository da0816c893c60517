//! Verifies what a device signed and prints it as a person reads it.

mod payment;
mod soter;

use super::exit::not_verified;
use super::output::Output;
use anyhow::{Context, Error, Result, bail};
use clap::Args;
use console::style;
use std::path::{Path, PathBuf};
use touchseal_verify::{Origin, Unexpected};

#[derive(Args)]
pub struct Verify {
    /// The file that `touchseal pay` wrote, or a SOTER signature
    signed: PathBuf,
    /// The device key as the factory registered it: the file that `touchseal device-key` wrote,
    /// or for a SOTER signature the ATTK in PEM
    #[arg(long, value_name = "FILE")]
    device_key: PathBuf,
    #[command(flatten)]
    payment: Option<payment::Payment>,
    #[command(flatten)]
    soter: Option<soter::Soter>,
    #[command(flatten)]
    origin: ExpectedOrigin,
}

#[derive(Args)]
#[command(next_help_heading = "For either")]
struct ExpectedOrigin {
    /// The uid that the backend expects
    #[arg(long)]
    uid: Option<u32>,
    /// The last counter that the backend saw of this device
    #[arg(long)]
    last_counter: Option<u64>,
    /// The oldest TA version to accept
    #[arg(long)]
    min_ta_version: Option<u32>,
    /// Refuse keys that do not live in a trusted execution environment
    #[arg(long)]
    require_tee: bool,
    /// Refuse a device key that was not made in a factory
    #[arg(long)]
    require_factory: bool,
    /// Refuse a finger from a simulated sensor
    #[arg(long)]
    require_real_sensor: bool,
}

impl From<ExpectedOrigin> for Origin {
    fn from(expected: ExpectedOrigin) -> Self {
        Self {
            uid: expected.uid,
            last_counter: expected.last_counter,
            min_ta_version: expected.min_ta_version,
            require_tee: expected.require_tee,
            require_factory: expected.require_factory,
            require_real_sensor: expected.require_real_sensor,
        }
    }
}

/// What a dialect's verifier found to be signed.
struct Report {
    /// The links, from the device key down.
    chain: &'static str,
    /// The facts, in the order in which a person asks for them.
    facts: Vec<(&'static str, String)>,
    json: serde_json::Value,
}

impl Verify {
    pub fn run(self, output: Output) -> Result<()> {
        let origin = self.origin.into();
        let report = match (self.payment, self.soter) {
            (Some(payment), None) => payment.verify(&self.signed, &self.device_key, origin),
            (None, Some(soter)) => soter.verify(&self.signed, &self.device_key, origin),
            _ => bail!(
                "say what vouches for it: --chain for a payment, \
                 or --ask and --auth-key for a SOTER signature"
            ),
        }
        .map_err(not_verified)?;
        output.say(verified(report.chain, report.facts), report.json)
    }
}

/// What is verified, as a person reads it.
pub fn verified(chain: &str, facts: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let mut text = format!("{} {chain}", style("VERIFIED:").green());
    for (name, value) in facts {
        text += &format!("\n  {name:<15} {value}");
    }
    text
}

/// Reads a file, and understands it.
pub fn read<T, E: Into<Error>>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&bytes)
        .map_err(Into::into)
        .with_context(|| format!("NOT VERIFIED: {}", path.display()))
}

/// What was signed is what was expected, or why not.
pub fn accept(outcome: Result<(), Unexpected>) -> Result<()> {
    outcome.context("NOT ACCEPTED: the signatures are good, but this is not what was expected")
}
