//! What OP-TEE reports, in the words of the logic.

use optee_utee::ErrorKind;
use touchseal_core::error::{Error, Result};

/// The logic's error for one of OP-TEE's.
pub fn of(error: optee_utee::Error) -> Error {
    match error.kind() {
        ErrorKind::CorruptObject | ErrorKind::CorruptObject2 | ErrorKind::Security => {
            Error::StorageDamaged
        }
        // An RPMB without its key answers "not found" to everything; an object that is
        // not there is told apart before this.
        ErrorKind::StorageNotAvailable
        | ErrorKind::StorageNotAvailable2
        | ErrorKind::ItemNotFound => Error::StorageUnavailable,
        ErrorKind::StorageNoSpace => Error::StorageFull,
        ErrorKind::Communication => Error::StorageDead,
        ErrorKind::AccessConflict => Error::Exists,
        ErrorKind::OutOfMemory => Error::OutOfMemory,
        _ => Error::Platform,
    }
}

/// The logic's outcome of a result of OP-TEE core.
pub fn check(result: optee_utee::raw::TEE_Result) -> Result<()> {
    match result {
        optee_utee::raw::TEE_SUCCESS => Ok(()),
        // An RPMB that refuses a write.
        optee_utee::raw::TEE_ERROR_GENERIC => Err(Error::StorageDead),
        failure => Err(of(optee_utee::Error::from_raw_error(failure))),
    }
}
