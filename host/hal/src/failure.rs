//! Why a call has no result, and what binder's callers are told.

use rsbinder::{ExceptionCode, Status as BinderStatus};
use std::fmt;
use touchseal::proto::status::Status;
use touchseal::transport::{SecureWorld, TransportError};

/// The outcome of a call.
pub type Result<R> = std::result::Result<R, Failure>;

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The secure world refuses, or is not reached.
    Cause(Status),
    /// An argument cannot be one: which, and why.
    Argument(String),
}

impl Failure {
    /// A session was not opened.
    pub fn not_opened<W: SecureWorld>(error: TransportError<W>) -> Self {
        Self::Cause(error.into())
    }

    /// An argument that cannot be one.
    pub fn argument(name: &str, why: impl fmt::Display) -> Self {
        Self::Argument(format!("{name}: {why}"))
    }
}

impl From<Status> for Failure {
    fn from(cause: Status) -> Self {
        Self::Cause(cause)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cause(cause) => write!(f, "{cause}"),
            Self::Argument(why) => f.write_str(why),
        }
    }
}

impl From<Failure> for BinderStatus {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Cause(cause) => {
                Self::new_service_specific_error(cause as i32, Some(cause.to_string()))
            }
            Failure::Argument(why) => (ExceptionCode::IllegalArgument, why.as_str()).into(),
        }
    }
}
