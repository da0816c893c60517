//! The sensor, which serves one operation at a time: a touch that is meant for one must not
//! be taken by another.

use crate::failure::Result;
use std::sync::{Mutex, MutexGuard, TryLockError};
use touchseal::proto::status::Status;

/// The sensor.
#[derive(Default)]
pub struct Sensor(Mutex<()>);

impl Sensor {
    /// Takes it, until what is returned is dropped.
    pub fn take(&self) -> Result<MutexGuard<'_, ()>> {
        match self.0.try_lock() {
            Ok(taken) => Ok(taken),
            Err(TryLockError::Poisoned(taken)) => Ok(taken.into_inner()),
            Err(TryLockError::WouldBlock) => Err(Status::Busy.into()),
        }
    }
}
