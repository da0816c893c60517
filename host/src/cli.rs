//! `touchseal`: what a person can do from the normal world.

#[cfg(feature = "teec")]
mod device;
mod exit;
mod fp_eval;
mod input;
mod out_file;
mod verify;
mod verify_report;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use touchseal_proto::status::Status;

/// Fingerprint payment keys in an OP-TEE secure world.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = exit::HELP)]
pub struct Cli {
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one")]
enum Command {
    /// Verify a payment's evidence with the device's public key alone
    Verify(verify::Verify),
    /// Verify what a device reported of a key that it did not make
    VerifyReport(verify_report::VerifyReport),
    /// Measure how often the fingerprint matcher is wrong, over a folder of images
    FpEval(fp_eval::FpEval),
    #[cfg(feature = "teec")]
    #[command(flatten)]
    Device(device::Command),
}

impl Cli {
    /// Does what was asked, and says why not.
    pub fn run(self) -> ExitCode {
        let json = self.json;
        let remedy = self.command.remedy();
        match self.command.run(json) {
            Ok(exit) => exit.into(),
            Err(error) => exit::explain(&error, remedy, json).into(),
        }
    }
}

impl Command {
    /// What to do about a cause, in the names of the commands that are used.
    fn remedy(&self) -> fn(Status) -> &'static str {
        match self {
            #[cfg(feature = "teec")]
            Self::Device(device::Command::Soter(_)) => touchseal::soter::remedy,
            _ => Status::remedy,
        }
    }

    fn run(self, json: bool) -> Result<exit::Exit> {
        match self {
            Self::Verify(verify) => verify.run(json)?,
            Self::VerifyReport(verify) => verify.run(json).map_err(exit::not_verified)?,
            Self::FpEval(evaluation) => evaluation.run(json)?,
            #[cfg(feature = "teec")]
            Self::Device(command) => return command.run(device::Output { json }),
        }
        Ok(exit::Exit::Done)
    }
}

/// Minor units as a person reads them; ISO 4217 gives how many digits are minor.
fn amount(minor_units: u64, currency: &str) -> String {
    let digits = match iso_currency::Currency::from_code(currency) {
        Some(currency) => usize::from(currency.exponent().unwrap_or(0)),
        None => return format!("{minor_units} minor units of {currency}"),
    };
    if digits == 0 {
        return format!("{minor_units} {currency}");
    }
    let padded = format!("{minor_units:0width$}", width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    format!("{whole}.{fraction} {currency}")
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_have_their_currencys_digits() {
        assert_eq!(amount(1999, "EUR"), "19.99 EUR");
        assert_eq!(amount(5, "USD"), "0.05 USD");
        assert_eq!(amount(500, "JPY"), "500 JPY");
        assert_eq!(amount(1500, "KWD"), "1.500 KWD");
        assert_eq!(amount(7, "QQQ"), "7 minor units of QQQ");
    }
}
