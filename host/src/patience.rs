//! Waits while another session makes a key: the trusted applications let one at a time.
//!
//! ```
//! # use touchseal_core::dispatch::Login;
//! # use touchseal_nonsecure::Device;
//! # use touchseal::PaymentClient;
//! use std::time::Duration;
//! use touchseal::patience::Patience;
//!
//! # let mut client = PaymentClient::new(Device::default().payment(Login::App { uid: 10115 }));
//! client.set_patience(Patience {
//!     limit: Duration::from_secs(10),
//!     told: Box::new(|| eprintln!("waiting for another app's key")),
//!     ..Patience::default()
//! });
//! ```

use crate::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};
use touchseal_proto::status::Status;

/// How long a session waits for others that make keys, and who is told of it.
pub struct Patience {
    /// So long, from the first refusal on.
    pub limit: Duration,
    /// Until the next try.
    pub pause: Duration,
    /// Called once for each command that has to wait, before it does.
    pub told: Box<dyn FnMut() + Send + Sync>,
}

impl Default for Patience {
    /// A minute, with a try a second. Nobody is told.
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(60),
            pause: Duration::from_secs(1),
            told: Box::new(|| {}),
        }
    }
}

impl Patience {
    /// Tries until the answer is another than Busy, or the time is over.
    pub(crate) fn wait_out<R, E>(
        &mut self,
        mut attempt: impl FnMut() -> Result<R, Error<E>>,
    ) -> Result<R, Error<E>> {
        let mut until = None;
        loop {
            let outcome = attempt();
            if !matches!(outcome, Err(Error::Refused(Status::Busy))) {
                return outcome;
            }
            let until = *until.get_or_insert_with(|| {
                (self.told)();
                Instant::now() + self.limit
            });
            if Instant::now() >= until {
                return outcome;
            }
            sleep(self.pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// What comes of a command that is refused `busy` times, and how often somebody was told.
    fn wait_out(limit: Duration, busy: u32) -> (Result<u32, Error<()>>, u32) {
        let told = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&told);
        let mut patience = Patience {
            limit,
            pause: Duration::from_millis(1),
            told: Box::new(move || {
                count.fetch_add(1, Ordering::Relaxed);
            }),
        };
        let mut tries = 0;
        let outcome = patience.wait_out(|| {
            tries += 1;
            if tries > busy {
                Ok(tries)
            } else {
                Err(Error::Refused(Status::Busy))
            }
        });
        (outcome, told.load(Ordering::Relaxed))
    }

    #[test]
    fn others_are_waited_for_and_one_is_told_once() {
        let minute = Patience::default().limit;
        assert_eq!(wait_out(minute, 0), (Ok(1), 0));
        assert_eq!(wait_out(minute, 3), (Ok(4), 1));
    }

    #[test]
    fn patience_has_an_end() {
        let (outcome, told) = wait_out(Duration::from_millis(5), u32::MAX);
        assert_eq!(outcome, Err(Error::Refused(Status::Busy)));
        assert_eq!(told, 1);
    }

    #[test]
    fn another_refusal_is_not_waited_out() {
        let mut tries = 0;
        let outcome: Result<(), Error<()>> = Patience::default().wait_out(|| {
            tries += 1;
            Err(Error::Refused(Status::StorageFull))
        });
        assert_eq!(outcome, Err(Error::Refused(Status::StorageFull)));
        assert_eq!(tries, 1);
    }
}
