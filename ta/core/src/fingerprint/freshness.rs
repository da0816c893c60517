//! Refuses a picture that was seen before. Two pictures of a live finger are never the same
//! bytes: a sensor that repeats one is replaying it.

use super::frame::Frame;
use crate::error::{Error, Result};
use crate::platform::{Clock, Sensor};
use sha2::{Digest, Sha256};
use touchseal_proto::signed;

/// So many pictures are remembered, until the trusted application ends.
const REMEMBERED: usize = 16;

/// A sensor that may not repeat itself.
pub struct Fresh<S> {
    sensor: S,
    /// The oldest is forgotten first.
    seen: heapless::Deque<[u8; 32], REMEMBERED>,
}

impl<S: Sensor> Fresh<S> {
    /// Holds the sensor to it from now on.
    pub fn new(sensor: S) -> Self {
        Self {
            sensor,
            seen: heapless::Deque::new(),
        }
    }

    /// The sensor.
    pub fn sensor(&mut self) -> &mut S {
        &mut self.sensor
    }

    fn remember(&mut self, frame: &Frame) -> Result<()> {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(frame.width().to_le_bytes())
            .chain_update(frame.height().to_le_bytes())
            .chain_update(frame.pixels())
            .finalize()
            .into();
        if self.seen.iter().any(|seen| *seen == digest) {
            return Err(Error::SensorFault);
        }
        if self.seen.is_full() {
            self.seen.pop_front();
        }
        self.seen.push_back(digest).map_err(|_| Error::Platform)
    }
}

impl<S: Sensor> Sensor for Fresh<S> {
    const KIND: signed::Sensor = S::KIND;

    fn capture(&mut self, frame: &mut Frame, clock: &mut impl Clock) -> Result<()> {
        self.sensor.capture(frame, clock)?;
        self.remember(frame).inspect_err(|_| frame.wipe())
    }

    fn lifted(&mut self, clock: &mut impl Clock) -> Result<bool> {
        self.sensor.lifted(clock)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    extern crate alloc;

    use super::*;

    /// Shows one grey after the other.
    struct Greys(alloc::vec::IntoIter<u8>);

    impl Sensor for Greys {
        const KIND: signed::Sensor = signed::Sensor::Simulated;
        fn capture(&mut self, frame: &mut Frame, _: &mut impl Clock) -> Result<()> {
            frame.start(25, 25)?;
            frame.push(&[self.0.next().unwrap(); 625])
        }
        fn lifted(&mut self, _: &mut impl Clock) -> Result<bool> {
            Ok(true)
        }
    }

    struct NoClock;
    impl Clock for NoClock {
        fn now_ms(&mut self) -> u64 {
            0
        }
    }

    #[test]
    fn a_repeated_picture_is_refused_and_wiped() {
        let mut frame = Frame::room().unwrap();
        let greys = (0..17)
            .chain([16, 3, 17, 0, 5])
            .collect::<alloc::vec::Vec<_>>();
        let mut sensor = Fresh::new(Greys(greys.into_iter()));
        for _ in 0..17 {
            assert_eq!(sensor.capture(&mut frame, &mut NoClock), Ok(()));
            assert!(frame.is_complete());
        }
        for expected in [
            Err(Error::SensorFault),
            Err(Error::SensorFault),
            Ok(()),
            // Forgotten: it was the oldest.
            Ok(()),
            Err(Error::SensorFault),
        ] {
            assert_eq!(sensor.capture(&mut frame, &mut NoClock), expected);
            assert_eq!(frame.is_complete(), expected.is_ok());
        }
    }
}
