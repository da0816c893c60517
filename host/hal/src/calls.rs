//! How many calls of one app are served at once: each takes one of the service's threads.

use crate::caller::Subject;
use crate::failure::Result;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use touchseal::proto::status::Status;

/// The service's threads besides the first.
pub const THREADS: u32 = 31;
/// One that waits for a finger, and what ends it, and a few that make keys.
const CALLS_OF_ONE: usize = 6;
/// A call that does not make an RSA key ends sooner.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(10);

/// The calls that are being served, by whose they are: the framework's count as those of the
/// app that it speaks for.
#[derive(Default)]
pub struct Calls(Mutex<Vec<Subject>>);

/// A call that is being served, until it is dropped.
pub struct Call<'a> {
    calls: &'a Calls,
    subject: Subject,
}

impl Calls {
    /// Lets a call in, unless there are too many for one.
    pub fn admit(&self, subject: Subject) -> Result<Call<'_>> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.iter().filter(|other| **other == subject).count() >= CALLS_OF_ONE {
            return Err(Status::Busy.into());
        }
        calls.push(subject);
        Ok(Call {
            calls: self,
            subject,
        })
    }

    /// Waits until none is served for one; false when there are some all the time.
    pub fn wait_for_the_end_of(&self, subject: Subject) -> bool {
        let until = Instant::now() + PATIENCE;
        loop {
            let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if !calls.contains(&subject) {
                return true;
            }
            drop(calls);
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let mut calls = self.calls.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = calls.iter().position(|other| *other == self.subject) {
            calls.swap_remove(at);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::caller::Caller;

    #[test]
    fn one_app_leaves_threads_to_others() {
        let calls = Calls::default();
        let framework = Caller::with_uid(1000);
        let [one, another] = [10115, 10116].map(|uid| framework.naming(uid).unwrap());
        let mut served: Vec<_> = (0..CALLS_OF_ONE)
            .map(|_| calls.admit(one).unwrap())
            .collect();
        assert!(calls.admit(one).is_err());
        assert!(
            calls
                .admit(Caller::with_uid(10115).itself().unwrap())
                .is_err()
        );
        calls.admit(another).unwrap();
        served.pop();
        calls.admit(one).unwrap();
    }
}
