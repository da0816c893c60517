//! Why something was not done, as the command line says it.

use rsbinder::{ExceptionCode, Status as BinderStatus};
use serde_json::json;
use std::fmt::Display;
use std::process::ExitCode;
use touchseal::proto::status::Status;
use touchseal_hal::aidl::SoterCode::SoterCode;
use touchseal_hal::aidl::SoterResult::SoterResult;

const REFUSED: u8 = 1;
const MISUSE: u8 = 2;
const NOT_REACHED: u8 = 3;

/// Why something was not done.
pub struct Failure {
    message: String,
    cause: Option<Status>,
    exit: u8,
}

impl Failure {
    pub fn misuse(message: String) -> Self {
        Self {
            message,
            cause: None,
            exit: MISUSE,
        }
    }

    pub fn not_reached(why: &impl Display) -> Self {
        let cause = Status::NotReached;
        Self {
            message: format!("the HAL is not reached: {}", why.to_string().trim()),
            cause: Some(cause),
            exit: NOT_REACHED,
        }
    }

    fn caused(cause: Status, message: &str) -> Self {
        let exit = if cause as u16 >= 50 {
            NOT_REACHED
        } else {
            REFUSED
        };
        Self {
            message: message.to_owned(),
            cause: Some(cause),
            exit,
        }
    }

    /// Whether another try may have another outcome, with the same finger at the same sensor.
    pub fn may_pass(&self) -> bool {
        matches!(self.cause, Some(Status::Busy | Status::SensorSilent))
    }

    pub fn tell(self) -> ExitCode {
        let cause = self.cause.map(|cause| {
            json!({
                "name": cause.name(),
                "number": cause as u16,
                "sentence": cause.sentence(),
                "remedy": cause.remedy(),
            })
        });
        let error = json!({ "message": self.message, "cause": cause });
        println!("{:#}", json!({ "error": error }));
        eprintln!("wallet: {}", self.message);
        self.exit.into()
    }
}

fn status(number: i32) -> Option<Status> {
    let mut all = Status::ALL.iter().copied();
    all.find(|status| *status as i32 == number && *status != Status::Ok)
}

impl From<BinderStatus> for Failure {
    fn from(error: BinderStatus) -> Self {
        let message = error.message().unwrap_or_default();
        match error.exception_code() {
            ExceptionCode::ServiceSpecific => match status(error.service_specific_error()) {
                Some(cause) => Self::caused(cause, message),
                None => Self::not_reached(&error),
            },
            ExceptionCode::IllegalArgument => Self::misuse(message.to_owned()),
            _ => Self::not_reached(&error),
        }
    }
}

/// What a SOTER verb came to.
pub fn check(result: &SoterResult) -> Result<(), Failure> {
    if result.errorCode == SoterCode::OK {
        return Ok(());
    }
    let message = format!("{} [{:?}]", result.message, result.errorCode);
    Err(match status(result.cause.0) {
        Some(cause) => Failure::caused(cause, &message),
        None if result.errorCode == SoterCode::INVALID_ARGUMENT => Failure::misuse(message),
        None => Failure {
            message,
            cause: None,
            exit: REFUSED,
        },
    })
}
