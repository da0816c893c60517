//! How many wrong fingers: 5 lock for 30 seconds, 20 until a stronger credential.
//!
//! The sealed count is never behind the attempts that were made, because it is
//! written before the match is tried. It may be one ahead: after a match the count
//! stays at one, reserved for the next attempt, so that an owner who pays every day
//! costs no write at all. Wrong fingers and then a match cost one write each but for
//! the first. What restarts the trusted application, a crash or a power cut, takes the
//! reserved attempt for a failed one.

use super::enrolment::{self, State};
use crate::error::{Error, Result};
use crate::platform::Store;
use crate::record::Sealed;

/// So many wrong fingers lock for [`LOCK_MS`]; so do as many again.
pub const TRIES: u32 = 5;
/// So many lock for good.
pub const TRIES_FOR_GOOD: u32 = 20;
/// How long the lock lasts, in milliseconds.
pub const LOCK_MS: u64 = 30_000;

/// The attempts since the last match, and the lock.
pub struct Lockout {
    failures: u32,
    locked_until: u64,
}

impl Lockout {
    /// After a restart: every counted attempt failed, and a lock begins anew.
    pub fn at_start(counted: u32, now: u64) -> Self {
        let mut lockout = Self {
            failures: counted,
            locked_until: 0,
        };
        lockout.lock(now);
        lockout
    }

    fn lock(&mut self, now: u64) {
        if self.failures != 0 && self.failures.is_multiple_of(TRIES) {
            self.locked_until = now.saturating_add(LOCK_MS);
        }
    }

    /// How long the lock lasts yet, in milliseconds; `u32::MAX` for good.
    pub fn remaining_ms(&self, now: u64) -> u32 {
        if self.failures >= TRIES_FOR_GOOD {
            return u32::MAX;
        }
        u32::try_from(self.locked_until.saturating_sub(now)).unwrap_or(u32::MAX)
    }

    /// Refuses while locked.
    pub fn check(&self, now: u64) -> Result<()> {
        match self.remaining_ms(now) {
            0 => Ok(()),
            u32::MAX => Err(Error::LockedOutForGood),
            _ => Err(Error::LockedOut),
        }
    }

    /// Makes the attempt that is about to be made count, durably.
    pub fn count_attempt(&self, sealed: &mut Sealed<State>, store: &mut impl Store) -> Result<()> {
        let attempts = self.failures.saturating_add(1);
        let state = enrolment::read(sealed, store)?;
        if state.attempts > attempts {
            // Never so unless this lockout was not made from that state.
            return Err(Error::StorageDamaged);
        }
        if state.attempts == attempts {
            return Ok(());
        }
        enrolment::write(sealed, store, State { attempts, ..state })
    }

    /// The counted attempt was a wrong finger.
    pub fn failed(&mut self, now: u64) {
        self.failures = self.failures.saturating_add(1);
        self.lock(now);
    }

    /// A stronger credential was shown: no attempt counts any more.
    pub fn reset(&mut self, sealed: &mut Sealed<State>, store: &mut impl Store) -> Result<()> {
        self.succeeded(sealed, store)?;
        self.locked_until = 0;
        Ok(())
    }

    /// The counted attempt matched: the count goes back to the reserved one.
    pub fn succeeded(&mut self, sealed: &mut Sealed<State>, store: &mut impl Store) -> Result<()> {
        let state = enrolment::read(sealed, store)?;
        if state.attempts > 1 {
            enrolment::write(
                sealed,
                store,
                State {
                    attempts: 1,
                    ..state
                },
            )?;
        }
        self.failures = 0;
        Ok(())
    }
}
