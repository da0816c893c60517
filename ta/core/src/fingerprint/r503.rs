//! A fingerprint module of the R503's family (GROW R503 and its kin, whose protocol is that
//! of ZFM-20 and AS608) on a serial line. Of all that such a module can do only this is used:
//! it takes a picture and uploads it. What the module itself thinks of a finger nobody asks.
//!
//! The R503 has 508 dots per inch, taken for 500: the scale is the same for all pictures of
//! one module.

mod line;

use super::frame::Frame;
use crate::error::{Error, Result};
use crate::platform::{Clock, Sensor, Uart};
use line::{Kind, Limit, Line};
use touchseal_proto::signed;

/// How long a capture may take in all, and so a wire that is too slow, or a module that
/// dribbles: 300 x 400 pixels in packets of 128 bytes take 5.7 s at 115200 baud, 11.3 s at 57600.
/// A picture's bytes are bounded by its size, too: none of its packets is empty.
pub const CAPTURE_MS: u64 = 15_000;

/// How long it may take to say whether a finger lies on it.
pub const LIFTED_MS: u64 = 1_000;

const GEN_IMG: u8 = 0x01;
const UP_IMAGE: u8 = 0x0a;
const READ_PROD_INFO: u8 = 0x3c;

const DONE: u8 = 0x00;
const NO_FINGER: u8 = 0x02;
const NO_IMAGE: u8 = 0x03;

/// What follows the confirmation code in the answer to `READ_PROD_INFO`.
const PROD_INFO_LEN: usize = 46;
/// Where in it width and height are, big-endian: behind module type, batch, serial number,
/// hardware version and sensor type.
const SIZE_AT: usize = 16 + 4 + 8 + 2 + 8;

const SHORTEST_SIDE: u16 = 64;

/// A module on a line.
pub struct R503<U> {
    line: Line<U>,
    /// Forgotten after a fault: another module may be there next time.
    size: Option<Size>,
}

#[derive(Clone, Copy)]
struct Size {
    width: u16,
    height: u16,
}

impl<U: Uart> R503<U> {
    /// The module on this line. It is first spoken to when a picture is taken.
    pub fn new(uart: U) -> Self {
        Self {
            line: Line::new(uart),
            size: None,
        }
    }

    fn picture(&mut self, frame: &mut Frame, limit: &mut Limit<'_, impl Clock>) -> Result<()> {
        let size = match self.size {
            Some(size) => size,
            None => self.identify(limit)?,
        };
        self.size = Some(size);
        self.take_picture(limit)?;
        frame.start(size.width, size.height)?;
        let [DONE] = self.command(UP_IMAGE, limit)? else {
            return Err(Error::SensorFault);
        };
        while !frame.is_complete() {
            let (kind, pixels) = self.line.receive(limit)?;
            if pixels.is_empty() {
                return Err(Error::SensorFault);
            }
            frame.push_nibbles(pixels)?;
            match (kind, frame.is_complete()) {
                (Kind::MORE, false) | (Kind::LAST, true) => {}
                _ => return Err(Error::SensorFault),
            }
        }
        Ok(())
    }

    /// Lets the module take a picture, and keep it.
    fn take_picture(&mut self, limit: &mut Limit<'_, impl Clock>) -> Result<()> {
        match self.command(GEN_IMG, limit)? {
            [DONE] => Ok(()),
            [NO_FINGER] => Err(Error::NoFingerOnSensor),
            [NO_IMAGE] => Err(Error::PoorImage),
            _ => Err(Error::SensorFault),
        }
    }

    /// After a fault another module may be there.
    fn note<R>(&mut self, outcome: Result<R>) -> Result<R> {
        self.line.wipe();
        if let Err(error) = &outcome
            && !matches!(error, Error::NoFingerOnSensor | Error::PoorImage)
        {
            self.size = None;
        }
        outcome
    }

    /// Asks the module for the size of its pictures, once it is silent: after a fault it may
    /// still be uploading.
    fn identify(&mut self, limit: &mut Limit<'_, impl Clock>) -> Result<Size> {
        self.line.wait_for_silence(limit)?;
        let info = match self.command(READ_PROD_INFO, limit)? {
            [DONE, info @ ..] if info.len() == PROD_INFO_LEN => info,
            _ => return Err(Error::SensorFault),
        };
        let [w0, w1, h0, h1] = *info
            .get(SIZE_AT..)
            .and_then(<[u8]>::first_chunk)
            .ok_or(Error::SensorFault)?;
        let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
        // Pixels come in pairs. What is too large the frame refuses.
        let odd = width % 2 == 1 && height % 2 == 1;
        if width.min(height) < SHORTEST_SIDE || odd {
            return Err(Error::SensorFault);
        }
        Ok(Size { width, height })
    }

    /// Sends a command without parameters and returns what acknowledges it: a confirmation
    /// code and what follows it.
    fn command(&mut self, command: u8, limit: &mut Limit<'_, impl Clock>) -> Result<&[u8]> {
        self.line.send_command(&[command])?;
        match self.line.receive(limit)? {
            (Kind::ACKNOWLEDGE, answer) => Ok(answer),
            _ => Err(Error::SensorFault),
        }
    }
}

impl<U: Uart> Sensor for R503<U> {
    const KIND: signed::Sensor = signed::Sensor::SecureUart;

    fn capture(&mut self, frame: &mut Frame, clock: &mut impl Clock) -> Result<()> {
        frame.wipe();
        let outcome = self.picture(frame, &mut Limit::new(clock, CAPTURE_MS));
        self.note(outcome).inspect_err(|_| frame.wipe())
    }

    fn lifted(&mut self, clock: &mut impl Clock) -> Result<bool> {
        let outcome = self.take_picture(&mut Limit::new(clock, LIFTED_MS));
        match self.note(outcome) {
            Ok(()) | Err(Error::PoorImage) => Ok(false),
            Err(Error::NoFingerOnSensor) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
