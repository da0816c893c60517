//! How many calls of one app are served at once: each takes one of the service's threads.

use crate::caller::Caller;
use crate::failure::Result;
use std::sync::{Mutex, PoisonError};
use touchseal::proto::status::Status;

/// The service's threads besides the first.
pub const THREADS: u32 = 31;
/// One that waits for a finger, and what ends it, and a few that make keys.
const CALLS_OF_ONE: usize = 6;

/// The calls that are being served, by their callers' uids.
#[derive(Default)]
pub struct Calls(Mutex<Vec<u32>>);

/// A call that is being served, until it is dropped.
pub struct Call<'a> {
    calls: &'a Calls,
    uid: u32,
}

impl Calls {
    /// Lets a call in, unless its caller has too many.
    pub fn admit(&self, caller: Caller) -> Result<Call<'_>> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let uid = caller.uid();
        if calls.iter().filter(|other| **other == uid).count() >= CALLS_OF_ONE {
            return Err(Status::Busy.into());
        }
        calls.push(uid);
        Ok(Call { calls: self, uid })
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let mut calls = self.calls.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = calls.iter().position(|uid| *uid == self.uid) {
            calls.swap_remove(at);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_app_leaves_threads_to_others() {
        let calls = Calls::default();
        let one = Caller::with_uid(10115);
        let mut served: Vec<_> = (0..CALLS_OF_ONE)
            .map(|_| calls.admit(one).unwrap())
            .collect();
        assert!(calls.admit(one).is_err());
        calls.admit(Caller::with_uid(10116)).unwrap();
        served.pop();
        calls.admit(one).unwrap();
    }
}
