//! How fast passwords can be tried: as Android's Gatekeeper, but slower from the fifth on.
//!
//! The failures are sealed; the wait is not. A restart begins it anew.

use crate::error::{Error, Result};

/// So many wrong passwords are free.
const FREE: u32 = 4;
/// So many later the wait begins to double.
const STEADY: u32 = 30;
/// It doubles every so many.
const DOUBLES_EVERY: u32 = 10;
const WAIT_MS: u32 = 30_000;
const LONGEST_MS: u32 = 24 * 60 * 60 * 1000;

/// How long to wait after so many wrong passwords.
fn wait_ms(failures: u32) -> u32 {
    if failures <= FREE {
        return 0;
    }
    let doublings = failures.saturating_sub(STEADY) / DOUBLES_EVERY;
    let factor = 1u32.checked_shl(doublings).unwrap_or(u32::MAX);
    WAIT_MS.saturating_mul(factor).min(LONGEST_MS)
}

/// The wait that is pending.
pub struct Throttle {
    until: u64,
}

impl Throttle {
    /// A wait that begins now, after so many wrong passwords.
    pub fn of(failures: u32, now: u64) -> Self {
        Self {
            until: now.saturating_add(wait_ms(failures).into()),
        }
    }

    /// How long it takes yet, in milliseconds.
    pub fn remaining_ms(&self, now: u64) -> u32 {
        u32::try_from(self.until.saturating_sub(now)).unwrap_or(u32::MAX)
    }

    /// Refuses while it is pending.
    pub fn check(&self, now: u64) -> Result<()> {
        match self.remaining_ms(now) {
            0 => Ok(()),
            _ => Err(Error::PasswordLocked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_a_day_and_never_shrinks() {
        for (failures, seconds) in [
            (0, 0),
            (4, 0),
            (5, 30),
            (39, 30),
            (40, 60),
            (49, 60),
            (50, 120),
            (149, 61_440),
            (150, 86_400),
            (350, 86_400),
            (u32::MAX, 86_400),
        ] {
            assert_eq!(wait_ms(failures), seconds * 1000, "{failures}");
        }
        assert!((0..1000).is_sorted_by_key(wait_ms));
    }
}
