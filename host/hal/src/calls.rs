//! How many calls of one app are served at once: each takes one of the service's threads.

use crate::caller::Subject;
use crate::failure::Result;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use touchseal::proto::status::Status;

/// The service's threads besides the first.
pub const THREADS: u32 = 31;
/// One that waits for a finger, and what ends it, and a few that make keys.
const CALLS_OF_ONE: usize = 6;
/// Longer than a picture may take: between two of its questions a wait sees that it is over.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 2_000 } else { 16_000 });
const PAUSE: Duration = Duration::from_millis(10);

/// The calls that are being served, by whose they are: the framework's count as those of the
/// app that it speaks for.
#[derive(Default)]
pub struct Calls(Mutex<Lists>);

#[derive(Default)]
struct Lists {
    served: Vec<Subject>,
    barred: Vec<Subject>,
}

/// A call that is being served, until it is dropped.
pub struct Call<'a> {
    calls: &'a Calls,
    subject: Subject,
}

/// Nobody is let in for one, until it is dropped.
pub struct Barred<'a> {
    calls: &'a Calls,
    subject: Subject,
}

impl Calls {
    /// Lets a call in, unless there are too many for one.
    pub fn admit(&self, subject: Subject) -> Result<Call<'_>> {
        let mut lists = self.lists();
        let served = lists.served.iter().filter(|other| **other == subject);
        if served.count() >= CALLS_OF_ONE || lists.barred.contains(&subject) {
            return Err(Status::Busy.into());
        }
        lists.served.push(subject);
        Ok(Call {
            calls: self,
            subject,
        })
    }

    /// Lets no call in for one from here on.
    pub fn bar(&self, subject: Subject) -> Barred<'_> {
        self.lists().barred.push(subject);
        Barred {
            calls: self,
            subject,
        }
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Barred<'_> {
    /// Waits for the end of the calls that were let in before.
    pub fn wait(&self) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while self.calls.lists().served.contains(&self.subject) {
            if Instant::now() >= until {
                return Err(Status::Busy.into());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        remove(&mut self.calls.lists().served, self.subject);
    }
}

impl Drop for Barred<'_> {
    fn drop(&mut self) {
        remove(&mut self.calls.lists().barred, self.subject);
    }
}

/// One of those that are the same.
fn remove(list: &mut Vec<Subject>, subject: Subject) {
    if let Some(at) = list.iter().position(|other| *other == subject) {
        list.swap_remove(at);
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
