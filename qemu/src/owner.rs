//! The owner of a finger, at the sensor of a guest.

use crate::{Hand, Impression, Platform, ProxyError, Session};
use anyhow::Result;
use touchseal::proto::token::AuthToken;
use touchseal::touch;
use touchseal::{Error, FingerprintClient};

/// How the finger lies when it is enrolled, one after the other: to the right, down, turned.
const PLACEMENTS: [(i32, i32, f32); 6] = [
    (0, 0, 0.0),
    (24, 16, 3.0),
    (-28, 12, -4.0),
    (30, -36, 2.0),
    (-12, -30, 5.0),
    (12, 40, -2.0),
];

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
    pub fn place_in_turn(&self, hand: &Hand) {
        let lying = |(dx, dy, degrees): &(i32, i32, f32)| {
            let finger = self.finger.clone();
            finger.moved(*dx, *dy, *degrees)
        };
        hand.place_in_turn(&PLACEMENTS.iter().map(lying).collect::<Vec<_>>());
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
        self.place(hand);
        let token = touch::authenticate(sensor, operation, &mut |_, _| Ok(()));
        hand.lift();
        token
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
        self.place_in_turn(hand);
        let enrolled = touch::enroll(settings, None, &mut |_, _| Ok(()));
        hand.lift();
        enrolled
    }
}
