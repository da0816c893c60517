//! `touchseal`: what a person can do from the normal world.

mod device;
mod examples;
mod exit;
mod fp_eval;
mod input;
mod out_file;
mod output;
mod pages;
mod verify;
mod verify_report;

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use output::Output;
use std::process::ExitCode;
use touchseal_proto::status::Status;

/// Fingerprint payment keys in an OP-TEE secure world.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
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
    ///
    /// One of the databases of the Fingerprint Verification Competitions is such a folder.
    /// Every impression is compared with each later one of the same finger (genuine), and the
    /// first of every finger with the first of each later finger (impostor). The rates, as
    /// ISO/IEC 19795-1 names them:
    ///   FTA   failure to acquire: images that give too few minutiae, or none at all
    ///   FNMR  false non-match rate, of genuine comparisons
    ///   FMR   false match rate, of impostor comparisons
    ///   FRR   false reject rate: with the failures to acquire
    ///   FAR   false accept rate: with the failures to acquire
    ///   EER   equal error rate: where FMR and FNMR are the same
    #[command(verbatim_doc_comment)]
    FpEval(fp_eval::FpEval),
    #[command(flatten)]
    Device(device::Command),
    /// Print what a shell completes
    #[command(hide = true)]
    Completions(pages::Completions),
    /// Write the man pages
    #[command(hide = true)]
    Man(pages::ManPages),
}

/// Does what was asked, and says why not.
pub fn run() -> ExitCode {
    let given = definitions().try_get_matches();
    match given.and_then(|given| Cli::from_arg_matches(&given)) {
        Ok(cli) => cli.run(),
        Err(error) => exit::misused(&error).into(),
    }
}

/// Every command, option and example.
fn definitions() -> clap::Command {
    examples::in_help(Cli::command())
}

impl Cli {
    fn run(self) -> ExitCode {
        let output = Output { json: self.json };
        let remedy = self.command.remedy();
        match self.command.run(output) {
            Ok(exit) => exit.into(),
            Err(error) => exit::explain(&error, remedy, output.json).into(),
        }
    }
}

impl Command {
    /// What to do about a cause, in the names of the commands that are used.
    fn remedy(&self) -> fn(Status) -> &'static str {
        match self {
            Self::Device(device::Command::Soter(_)) => touchseal::soter::remedy,
            _ => Status::remedy,
        }
    }

    fn run(self, output: Output) -> Result<exit::Exit> {
        match self {
            Self::Verify(verify) => verify.run(output)?,
            Self::VerifyReport(verify) => verify.run(output).map_err(exit::not_verified)?,
            Self::FpEval(evaluation) => evaluation.run(output)?,
            Self::Device(command) => return command.run(output),
            Self::Completions(completions) => completions.run(definitions())?,
            Self::Man(pages) => pages.run(definitions(), output)?,
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
    use super::*;

    #[test]
    fn amounts_have_their_currencys_digits() {
        assert_eq!(amount(1999, "EUR"), "19.99 EUR");
        assert_eq!(amount(5, "USD"), "0.05 USD");
        assert_eq!(amount(500, "JPY"), "500 JPY");
        assert_eq!(amount(1500, "KWD"), "1.500 KWD");
        assert_eq!(amount(7, "QQQ"), "7 minor units of QQQ");
    }

    #[test]
    fn every_command_has_examples_and_each_is_one_of_it() {
        let mut definitions = definitions();
        definitions.build();
        definitions.clone().debug_assert();
        let mut examples = 0;
        let mut below = vec![(Vec::new(), &definitions)];
        while let Some((words, command)) = below.pop() {
            for found in command
                .get_subcommands()
                .filter(|found| !found.is_hide_set())
            {
                below.push(([&words[..], &[found.get_name()]].concat(), found));
            }
            if command.has_subcommands() || words.contains(&"help") {
                continue;
            }
            let help = command.get_after_help().expect("examples").to_string();
            let help = help.replace("\\\n", "").replace("$NONCE", &"5a".repeat(32));
            let lines = help.strip_prefix("Examples:\n").unwrap().lines();
            for line in lines {
                assert!(line.starts_with("  touchseal "), "{line}");
                let given = definitions
                    .clone()
                    .try_get_matches_from(shlex::split(line).unwrap());
                let given = given.unwrap_or_else(|error| panic!("{line}: {error}"));
                let mut given = Some(("touchseal", &given));
                let mut said = Vec::new();
                while let Some((_, matches)) = given {
                    given = matches.subcommand();
                    said.extend(given.map(|(name, _)| name));
                }
                assert_eq!(said, words, "{line}");
                examples += 1;
            }
        }
        assert!(examples > 40, "{examples}");
    }

    #[test]
    fn no_secret_is_an_argument() {
        let mut below = vec![definitions()];
        while let Some(command) = below.pop() {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                let secret = ["password", "pin", "secret", "private"];
                let is_secret = name.split('_').any(|word| secret.contains(&word));
                assert!(!is_secret || name.ends_with("_file"), "{name}");
            }
            below.extend(command.get_subcommands().cloned());
        }
    }
}
