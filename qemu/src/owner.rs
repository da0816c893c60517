//! The owner of a finger, at the sensor of a guest.

use crate::{Hand, Impression, Platform, ProxyError, Session};
use anyhow::Result;
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::touch;
use touchseal::{Error, FingerprintClient};

const TOUCHES_AGAIN: usize = 3;

/// A person with a finger.
#[derive(Clone, Debug)]
pub struct Owner {
    finger: Impression,
}

impl Owner {
    /// The one whose finger is in the file of this name, of [`Platform::fingers`].
    ///
    /// # Errors
    ///
    /// When there is no such image.
    pub fn new(platform: &Platform, name: &str) -> Result<Self> {
        let finger = Impression::open(&platform.fingers.join(name))?;
        Ok(Self { finger })
    }

    /// Puts the finger on the sensor.
    pub fn place(&self, hand: &Hand) {
        hand.place(&self.finger);
    }

    /// Puts it there again and again, each time a little differently.
    pub fn place_again(&self, hand: &Hand) {
        hand.place_again(&self.finger);
    }

    /// Puts the finger on the sensor for an operation, and lifts it.
    ///
    /// # Errors
    ///
    /// When the match is refused, or has no answer.
    pub fn touch(
        &self,
        hand: &Hand,
        sensor: &mut FingerprintClient<Session>,
        operation: u64,
    ) -> Result<AuthToken, Error<ProxyError>> {
        patiently(|| {
            self.place(hand);
            let token = touch::authenticate(sensor, operation, &mut |_, _| Ok(()));
            hand.lift();
            token
        })
    }

    /// Enrols the finger: its number.
    ///
    /// # Errors
    ///
    /// When the enrolment is refused, or has no answer.
    pub fn enroll(
        &self,
        hand: &Hand,
        settings: &mut FingerprintClient<Session>,
    ) -> Result<u32, Error<ProxyError>> {
        patiently(|| {
            self.place_again(hand);
            let enrolled = touch::enroll(settings, None, &mut |_, _| Ok(()));
            hand.lift();
            enrolled
        })
    }
}

/// Touches again when the sensor was silent: where the machine has little time for the
/// emulated line, a picture takes longer than a module's may. What of it comes later may be
/// taken for the answer to the next question, once.
pub fn patiently<R, E>(touch: impl FnMut() -> Result<R, Error<E>>) -> Result<R, Error<E>> {
    patiently_where(
        |outcome, status| matches!(outcome, Err(Error::Refused(refused)) if *refused == status),
        touch,
    )
}

/// The same with what a program says: `refused` tells whether it was refused with a status.
pub fn patiently_where<T>(refused: impl Fn(&T, Status) -> bool, mut touch: impl FnMut() -> T) -> T {
    let mut was_silent = false;
    for _ in 0..TOUCHES_AGAIN {
        let outcome = touch();
        if refused(&outcome, Status::SensorSilent) {
            was_silent = true;
        } else if was_silent && refused(&outcome, Status::SensorFault) {
            was_silent = false;
        } else {
            return outcome;
        }
    }
    touch()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::{SensorFault, SensorSilent};

    /// How often is asked, and what becomes of it.
    fn asked(answers: &[Status]) -> (usize, Option<Status>) {
        let mut left = answers.iter();
        let outcome = patiently(|| match left.next() {
            Some(status) => Err(Error::<()>::Refused(*status)),
            None => Ok(()),
        });
        let refused = outcome.err().map(|error| match error {
            Error::Refused(status) => status,
            other => panic!("{other:?}"),
        });
        (answers.len() - left.len(), refused)
    }

    #[test]
    fn a_slow_line_is_asked_again_and_a_fault_is_told() {
        assert_eq!(asked(&[SensorSilent, SensorSilent]), (2, None));
        assert_eq!(asked(&[SensorSilent, SensorFault]), (2, None));
        assert_eq!(asked(&[SensorFault]), (1, Some(SensorFault)));
        let twice = [SensorSilent, SensorFault, SensorFault];
        assert_eq!(asked(&twice), (3, Some(SensorFault)));
        assert_eq!(asked(&[SensorSilent; 9]), (4, Some(SensorSilent)));
    }
}
