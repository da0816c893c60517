//! What OP-TEE reports, in the words of the logic.

use optee_utee::ErrorKind;
use touchseal_core::error::{Error, Result};

/// The logic's error for one of OP-TEE's.
pub fn of(error: optee_utee::Error) -> Error {
    match error.kind() {
        ErrorKind::CorruptObject | ErrorKind::CorruptObject2 => Error::StorageDamaged,
        // A frame's MAC is wrong. Not damage: what is stored may be sound.
        ErrorKind::Security => Error::RpmbKeyedForOther,
        // Where OP-TEE was told which eMMC to use, it knows that the key is not there.
        ErrorKind::StorageNotAvailable | ErrorKind::StorageNotAvailable2 => {
            Error::RpmbKeyNotProgrammed
        }
        // Where it looks for an eMMC with the device's key, it finds none: what is on this
        // one, if anything, it does not say. An object that is not there is told apart
        // before this.
        ErrorKind::ItemNotFound => Error::StorageUnavailable,
        ErrorKind::StorageNoSpace => Error::StorageFull,
        ErrorKind::Communication => Error::StorageDead,
        // Another instance has it open.
        ErrorKind::AccessConflict => Error::Busy,
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
