//! Why a call failed: a status, and words for a person, which the calling thread keeps.

use crate::boundary::text_or;
use crate::status::StatusNumber;
use crate::world::Here;
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use touchseal::Error;
use touchseal::proto::status::Status;
use touchseal::transport::TransportError;

/// Why a call failed.
#[derive(Debug)]
pub struct Failure {
    status: Status,
    message: String,
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self {
            status,
            message: status.to_string(),
        }
    }
}

impl From<Error<TransportError<Here>>> for Failure {
    fn from(error: Error<TransportError<Here>>) -> Self {
        Self {
            status: error.cause(),
            message: error.to_string(),
        }
    }
}

impl Failure {
    /// An argument cannot be used.
    pub fn argument(name: &str, why: impl std::fmt::Display) -> Self {
        Self::from(Status::BadArgument).of(format_args!("{name}: {why}"))
    }

    /// The secure world was not reached at all.
    pub fn not_opened(error: TransportError<Here>) -> Self {
        Error::Transport(error).into()
    }

    /// Says first what it is about.
    pub fn of(mut self, what: impl std::fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Tells what to do in another dialect's words.
    pub fn with_remedy(mut self, remedy: fn(Status) -> &'static str) -> Self {
        let status = self.status;
        self.message = self.message.replace(status.remedy(), remedy(status));
        self
    }

    /// The caller's thread is told.
    pub fn tell(self) -> StatusNumber {
        let message = CString::new(self.message).unwrap_or_default();
        // A thread that is ending has nobody left to tell.
        let _ = LAST.try_with(|last| last.replace(message));
        self.status as StatusNumber
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// Says why this thread's last call that failed did: what happened, to what, and what to
/// do about it; with the status' name and number. In English, for a person or a log.
///
/// Returns: NUL-terminated UTF-8; empty where no call of this thread has failed. It is the
/// library's, and stays as it is until the next call of this thread that fails. Never NULL.
///
/// Threads: each has its own.
#[unsafe(no_mangle)]
pub extern "C" fn touchseal_last_error() -> *const c_char {
    text_or(c"", || {
        LAST.try_with(|last| last.borrow().as_ptr())
            .unwrap_or(c"".as_ptr())
    })
}
