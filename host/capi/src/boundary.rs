//! No panic crosses into C, where it would have no meaning.

use crate::failure::Failure;
use crate::status::StatusNumber;
use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use touchseal::proto::status::Status;

/// What a call comes to, in C. A session that a panic went through is poisoned, so that
/// nobody sees what it left.
pub fn call(job: impl FnOnce() -> Result<(), Failure>) -> StatusNumber {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        #[cfg(test)]
        crate::tests::panic_if_told();
        job()
    }));
    match outcome {
        Ok(Ok(())) => Status::Ok as StatusNumber,
        Ok(Err(failure)) => failure.tell(),
        Err(_) => Failure::from(Status::LibraryDefect).tell(),
    }
}

/// A text, or another where there is none.
pub fn text_or(other: &'static CStr, job: impl FnOnce() -> *const c_char) -> *const c_char {
    catch_unwind(AssertUnwindSafe(|| {
        #[cfg(test)]
        crate::tests::panic_if_told();
        job()
    }))
    .unwrap_or(other.as_ptr())
}
