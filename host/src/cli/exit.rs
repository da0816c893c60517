//! What the exit code says, and what is said of a failure.

use super::device;
use super::output::print;
use anyhow::Error;
use console::style;
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use touchseal::emmc::{ask_rpmb, refine};
use touchseal_proto::status::Status;
use touchseal_verify::Signed;

/// Shown under `--help`.
pub const HELP: &str = "\
Exit codes:
  0  done; of doctor: nothing is broken
  1  the secure world refused: the cause has a name, a number and a remedy; of doctor:
     something is broken
  2  the options, a file that they name, or standard output cannot be used
  3  the secure world was not reached: `touchseal doctor` says where the chain breaks
  4  not verified, or not what was expected";

/// The exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0.
    Done = 0,
    /// 1.
    Refused = 1,
    /// 2, as clap's.
    Usage = 2,
    /// 3.
    NotReached = 3,
    /// 4.
    NotVerified = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Status> for Exit {
    fn from(cause: Status) -> Self {
        match cause as u16 {
            0 => Self::Done,
            50.. => Self::NotReached,
            _ => Self::Refused,
        }
    }
}

/// Marks the failure of a verification.
#[derive(Debug)]
struct NotVerified(Error);

impl fmt::Display for NotVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for NotVerified {}

/// A verification failed; a file that cannot be read was not verified at all.
pub fn not_verified(error: Error) -> Error {
    if error.chain().any(|error| error.is::<std::io::Error>()) {
        error
    } else {
        NotVerified(error).into()
    }
}

/// What clap says of arguments that it does not take; also its help, and its version.
pub fn misused(error: &clap::Error) -> Exit {
    // Nobody is left to be told when this fails.
    let _ = error.print();
    if error.exit_code() == 0 {
        return Exit::Done;
    }
    // The arguments were not understood, this one may have been.
    if std::env::args_os().any(|argument| argument == "--json") {
        let message = error.to_string();
        let message = message.trim_start_matches("error: ").trim_end();
        print_json(message, None, None);
    }
    Exit::Usage
}

/// Says why on standard error, and as JSON for a machine; with `remedy` for a cause.
pub fn explain(error: &Error, remedy: fn(Status) -> &'static str, as_json: bool) -> Exit {
    let cause = cause(error);
    let mut message = format!("{error:#}");
    if let Some((told, _)) = cause {
        message = message.replace(told.remedy(), remedy(told));
    }
    eprintln!("{} {message}", style("touchseal:").for_stderr().red());
    if let Some((told, exact)) = cause.filter(|(told, exact)| told != exact) {
        let told = told.name();
        eprintln!("touchseal: the eMMC tells more than {told}: {exact}");
    }
    let cause = cause.map(|(_, exact)| exact);
    if as_json {
        let cause = cause.map(|cause| json_of_cause(cause, remedy(cause)));
        print_json(&message, cause, device::report(error));
    }
    match cause {
        Some(cause) => cause.into(),
        None if error.is::<NotVerified>() => Exit::NotVerified,
        None => Exit::Usage,
    }
}

/// Where it cannot be written, the exit code alone says it.
fn print_json(message: &str, cause: Option<Value>, report: Option<Signed>) {
    let error = json!({ "message": message, "cause": cause, "report": report });
    let _ = print(format!("{:#}", json!({ "error": error })));
}

/// A cause and what to do about it, for a machine.
pub fn json_of_cause(cause: Status, remedy: &str) -> Value {
    json!({
        "name": cause.name(),
        "number": cause as u16,
        "sentence": cause.sentence(),
        "remedy": remedy,
    })
}

/// What the secure world told, and what that comes to when the eMMC is asked.
fn cause(error: &Error) -> Option<(Status, Status)> {
    let told = device::cause(error)?;
    let exact = match told {
        Status::StorageUnavailable => refine(told, &ask_rpmb(Path::new("/sys"))),
        _ => told,
    };
    Some((told, exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_has_its_code() {
        for (cause, exit) in [
            (Status::Ok, Exit::Done),
            (Status::StorageFull, Exit::Refused),
            (Status::Internal, Exit::Refused),
            (Status::DriverMissing, Exit::NotReached),
            (Status::NotReached, Exit::NotReached),
        ] {
            assert_eq!(Exit::from(cause), exit);
        }
    }

    #[test]
    fn what_is_not_verified_is_told_from_what_cannot_be_read() {
        let forged = not_verified(Error::msg("forged"));
        assert_eq!(explain(&forged, Status::remedy, false), Exit::NotVerified);
        let unreadable = Error::from(std::io::Error::other("no such file"));
        assert_eq!(
            explain(&not_verified(unreadable), Status::remedy, false),
            Exit::Usage
        );
    }
}
