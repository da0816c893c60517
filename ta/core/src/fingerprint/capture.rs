//! Takes a picture of the finger on the sensor: one a touch, and each a new one.

use super::frame::Frame;
use super::freshness::Fresh;
use super::matcher;
use super::print::Print;
use crate::error::{Error, Result};
use crate::platform::{Clock, Sensor};

/// A finger that was seen so long ago, in milliseconds, has been lifted since for all that
/// is known: nobody may have asked while it was.
const REST_MS: u64 = 1_500;

/// A sensor, and whether its finger has been seen.
pub struct Capture<S> {
    sensor: Fresh<S>,
    frame: Option<Frame>,
    /// Until when the finger of the last picture counts as resting on the sensor.
    resting: u64,
}

/// An impression, and the size of the picture that it is from.
pub struct Captured {
    /// The minutiae.
    pub print: Print,
    /// How good they are.
    pub quality: u8,
    /// The picture's width in pixels.
    pub width: u16,
    /// Its height.
    pub height: u16,
}

impl<S: Sensor> Capture<S> {
    /// Of this sensor.
    pub fn new(sensor: S) -> Self {
        Self {
            sensor: Fresh::new(sensor),
            frame: None,
            resting: 0,
        }
    }

    /// The sensor.
    pub fn sensor(&mut self) -> &mut S {
        self.sensor.sensor()
    }

    /// The impression of the finger that was put on the sensor. The picture is wiped before
    /// this returns. A finger that rests there gives one impression, until it is lifted: a
    /// touch is one attempt.
    pub fn take(&mut self, clock: &mut impl Clock) -> Result<Captured> {
        if clock.now_ms() < self.resting {
            if !self.sensor.lifted(clock)? {
                self.rest(clock);
                return Err(Error::FingerNotLifted);
            }
            self.resting = 0;
        }
        let mut frame = match self.frame.take() {
            Some(frame) => frame,
            None => Frame::room()?,
        };
        let captured = self.picture(&mut frame, clock);
        frame.wipe();
        self.frame = Some(frame);
        captured
    }

    fn picture(&mut self, frame: &mut Frame, clock: &mut impl Clock) -> Result<Captured> {
        self.sensor.capture(frame, clock)?;
        self.rest(clock);
        let (print, quality) = matcher::extract(frame)?;
        Ok(Captured {
            print,
            quality,
            width: frame.width(),
            height: frame.height(),
        })
    }

    fn rest(&mut self, clock: &mut impl Clock) {
        self.resting = clock.now_ms().saturating_add(REST_MS);
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use touchseal_proto::signed;

    /// What lies on it looks a little different each time, and is no finger.
    struct Window {
        lies: bool,
        grey: u8,
    }

    impl Sensor for Window {
        const KIND: signed::Sensor = signed::Sensor::Simulated;
        fn capture(&mut self, frame: &mut Frame, _: &mut impl Clock) -> Result<()> {
            if !self.lies {
                return Err(Error::NoFingerOnSensor);
            }
            self.grey += 1;
            frame.start(25, 25)?;
            frame.push(&[self.grey; 625])
        }
        fn lifted(&mut self, _: &mut impl Clock) -> Result<bool> {
            Ok(!self.lies)
        }
    }

    struct Now(u64);
    impl Clock for Now {
        fn now_ms(&mut self) -> u64 {
            self.0
        }
    }

    #[test]
    fn what_rests_gives_one_picture_until_it_is_lifted_or_nobody_asks() {
        const A_PICTURE: Error = Error::PoorImage;
        let window = Window {
            lies: true,
            grey: 0,
        };
        let (mut capture, mut now) = (Capture::new(window), Now(0));
        let mut expect = |lies, waits, expected| {
            capture.sensor().lies = lies;
            now.0 += waits;
            assert_eq!(capture.take(&mut now).err(), Some(expected));
        };
        expect(true, 0, A_PICTURE);
        for _ in 0..20 {
            expect(true, REST_MS - 1, Error::FingerNotLifted);
        }
        expect(false, 0, Error::NoFingerOnSensor);
        expect(true, 0, A_PICTURE);
        expect(true, REST_MS, A_PICTURE);
        expect(true, 0, Error::FingerNotLifted);
    }
}
