//! The owner's password: set, and shown. It is never on the command line, where others can
//! see it.

use super::session;
use super::world::{Session, Unreached};
use crate::cli::output::Output;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use console::Term;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::PathBuf;
use touchseal::proto::password::Password;
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::{Error, FingerprintClient, GatekeeperClient};
use zeroize::Zeroizing;

/// Where a password comes from.
#[derive(Args)]
pub struct Source {
    /// Read passwords from a file, a line each, instead of the terminal; `-` is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

enum Reader {
    Terminal(Term),
    Lines(Box<dyn BufRead>),
}

impl Source {
    fn open(&self) -> Result<Reader> {
        let Some(path) = &self.password_file else {
            let terminal = Term::stderr();
            ensure!(
                terminal.is_term(),
                "there is no terminal to ask for the password: see --password-file"
            );
            return Ok(Reader::Terminal(terminal));
        };
        if path.as_os_str() == "-" {
            return Ok(Reader::Lines(Box::new(stdin().lock())));
        }
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Reader::Lines(Box::new(BufReader::new(file))))
    }
}

impl Reader {
    fn line(&mut self, prompt: &str) -> Result<Zeroizing<String>> {
        match self {
            Self::Terminal(terminal) => {
                terminal.write_str(prompt)?;
                Ok(Zeroizing::new(terminal.read_secure_line()?))
            }
            Self::Lines(lines) => {
                let line = next(lines)?;
                line.context(
                    "there are fewer lines than passwords to ask for: where one is set, its own is first",
                )
            }
        }
    }

    fn password(&mut self, prompt: &str) -> Result<Password> {
        password(&self.line(prompt)?)
    }

    /// A new one, which a person types twice.
    fn new_password(&mut self) -> Result<Password> {
        let line = self.line("New password: ")?;
        match self {
            Self::Terminal(_) => {
                let again = self.line("New password again: ")?;
                ensure!(*line == *again, "they are not the same");
            }
            // Else who takes a password to be set would set the current one as the new one.
            Self::Lines(lines) => ensure!(
                next(lines)?.is_none_or(|line| line.is_empty()),
                "there are more lines than passwords to ask for: one where none is set, else two"
            ),
        }
        password(&line)
    }
}

/// The next line, if there is one.
fn next(lines: &mut dyn BufRead) -> Result<Option<Zeroizing<String>>> {
    let mut line = Zeroizing::new(String::new());
    let read = lines.read_line(&mut line);
    if read.context("cannot read the password")? == 0 {
        return Ok(None);
    }
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(Some(line))
}

fn password(line: &str) -> Result<Password> {
    match Password::new(line.as_bytes()) {
        Ok(password) => Ok(password),
        Err(_) => bail!(
            "a password has {} to {} bytes",
            Password::MIN_BYTES,
            Password::MAX_BYTES
        ),
    }
}

/// Sets the owner's password, or changes it.
pub fn set(source: &Source, output: Output) -> Result<()> {
    let mut gatekeeper = session::gatekeeper()?;
    let is_set = gatekeeper.password()?.set;
    let mut reader = source.open()?;
    let current = if is_set {
        refuse_while_locked(&mut gatekeeper)?;
        Some(reader.password("Current password: ")?)
    } else {
        None
    };
    let new = reader.new_password()?;
    let outcome = gatekeeper.set_password(current, new);
    telling_the_wait(&mut gatekeeper, outcome)?;
    output.say(
        if is_set {
            "the password is changed"
        } else {
            "the password is set"
        },
        json!({ "set": true, "changed": is_set }),
    )
}

/// Ends the lock after too many wrong fingers.
pub fn unlock(source: &Source, output: Output) -> Result<()> {
    let mut sensor = session::fingerprint()?;
    let token = password_token(source, &mut sensor)?;
    sensor.reset_lockout(token)?;
    output.say("the sensor is unlocked", json!({ "unlocked": true }))
}

/// The owner's word for what `sensor` will be asked next.
pub fn password_token(
    source: &Source,
    sensor: &mut FingerprintClient<Session>,
) -> Result<AuthToken> {
    let mut gatekeeper = session::gatekeeper()?;
    refuse_while_locked(&mut gatekeeper)?;
    let password = source.open()?.password("Password: ")?;
    // Typing takes a while, in which another may ask for a challenge: the last one counts.
    let challenge = sensor.challenge()?;
    let outcome = gatekeeper.verify_password(challenge, password);
    telling_the_wait(&mut gatekeeper, outcome)
}

/// Before anybody is asked for a password.
fn refuse_while_locked(gatekeeper: &mut GatekeeperClient<Session>) -> Result<()> {
    let state = gatekeeper.password()?;
    let outcome = match (state.set, state.locked_ms) {
        (true, 0) => Ok(()),
        (true, _) => Err(Error::Refused(Status::PasswordLocked)),
        (false, _) => Err(Error::Refused(Status::NoPassword)),
    };
    telling_the_wait(gatekeeper, outcome)
}

/// A failure, with how long no password is compared from now on.
fn telling_the_wait<R>(
    gatekeeper: &mut GatekeeperClient<Session>,
    outcome: Result<R, Error<Unreached>>,
) -> Result<R> {
    let error = match outcome {
        Ok(done) => return Ok(done),
        Err(error) => anyhow::Error::from(error),
    };
    match gatekeeper.password().map(|state| state.locked_ms) {
        Ok(0) | Err(_) => Err(error),
        Ok(ms) => Err(error.context(format!("locked for {} s", ms.div_ceil(1000)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_as_many_lines_as_there_are_passwords_to_ask_for() {
        let lines = |text: &'static [u8]| Reader::Lines(Box::new(text));
        let why = |outcome: Result<Password>| outcome.err().map(|error| error.to_string());
        for one in [&b"hunter2"[..], b"hunter2\n", b"hunter2\r\n\n"] {
            assert_eq!(why(lines(one).new_password()), None);
        }
        let more = why(lines(b"old\nhunter2\n").new_password()).unwrap();
        assert!(more.starts_with("there are more lines"), "{more}");
        let mut only_one = lines(b"hunter1\n");
        assert_eq!(why(only_one.password("")), None);
        let fewer = why(only_one.new_password()).unwrap();
        assert!(fewer.starts_with("there are fewer lines"), "{fewer}");
    }
}
