//! A picture of a finger, in the one place in memory that pictures have.

// Here, for prints, and in the matcher, and nowhere else, memory is taken; where there is none it
// is an error.
extern crate alloc;

use crate::error::{Error, Result};
use alloc::vec::Vec;
use zeroize::{Zeroize, Zeroizing};

/// The largest picture.
pub const MAX_PIXELS: usize = 640 * 480;

const SHORTEST_SIDE: u16 = 25;
/// The longest side of a picture, in pixels.
pub const LONGEST_SIDE: u16 = 640;

/// A picture: 8-bit grey, row by row from the top, at 500 dpi. Its memory is taken once,
/// wiped after each use and when dropped.
pub struct Frame {
    pixels: Zeroizing<Vec<u8>>,
    width: u16,
    height: u16,
}

impl Frame {
    /// Takes the memory for the largest picture.
    pub fn room() -> Result<Self> {
        let mut pixels = Vec::new();
        pixels
            .try_reserve_exact(MAX_PIXELS)
            .map_err(|_| Error::OutOfMemory)?;
        Ok(Self {
            pixels: Zeroizing::new(pixels),
            width: 0,
            height: 0,
        })
    }

    /// Begins a picture of this size; what was there is wiped.
    pub fn start(&mut self, width: u16, height: u16) -> Result<()> {
        self.wipe();
        let sides = SHORTEST_SIDE..=LONGEST_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) || area(width, height) > MAX_PIXELS {
            return Err(Error::SensorFault);
        }
        (self.width, self.height) = (width, height);
        Ok(())
    }

    /// Adds the next pixels. More than the picture has are refused.
    pub fn push(&mut self, pixels: &[u8]) -> Result<()> {
        self.require_room(pixels.len())?;
        self.pixels.extend_from_slice(pixels);
        Ok(())
    }

    /// Adds pixels of 4 bits, two a byte, the first in the upper half: 0 becomes 0, 15
    /// becomes 255.
    pub fn push_nibbles(&mut self, pairs: &[u8]) -> Result<()> {
        self.require_room(pairs.len().saturating_mul(2))?;
        let grey = |nibble: u8| nibble << 4 | nibble;
        self.pixels.extend(
            pairs
                .iter()
                .flat_map(|pair| [grey(pair >> 4), grey(pair & 15)]),
        );
        Ok(())
    }

    /// How many pixels the picture lacks.
    pub fn missing(&self) -> usize {
        area(self.width, self.height).saturating_sub(self.pixels.len())
    }

    /// Whether there is a picture, with all its pixels.
    pub fn is_complete(&self) -> bool {
        self.width > 0 && self.missing() == 0
    }

    /// The pixels so far.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Pixels in a row.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u16 {
        self.height
    }

    /// Forgets the picture. Behind its pixels there are none: all were wiped before.
    pub fn wipe(&mut self) {
        self.pixels.as_mut_slice().zeroize();
        self.pixels.clear();
        (self.width, self.height) = (0, 0);
    }

    /// What has room needs no memory: the pixels never move, so no copy stays behind.
    fn require_room(&self, count: usize) -> Result<()> {
        if count > self.missing() {
            return Err(Error::SensorFault);
        }
        Ok(())
    }
}

fn area(width: u16, height: u16) -> usize {
    usize::from(width).saturating_mul(height.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded() {
        let mut frame = Frame::room().unwrap();
        for (width, height) in [(25, 25), (640, 480), (480, 640)] {
            assert_eq!(frame.start(width, height), Ok(()));
            assert!(!frame.is_complete());
        }
        for (width, height) in [
            (0, 0),
            (24, 100),
            (100, 24),
            (641, 25),
            (640, 481),
            (65535, 65535),
        ] {
            assert_eq!(frame.start(width, height), Err(Error::SensorFault));
            assert_eq!(frame.push(&[0]), Err(Error::SensorFault));
            assert!(!frame.is_complete());
        }
    }

    #[test]
    fn a_picture_takes_all_its_pixels_and_no_more() {
        let mut frame = Frame::room().unwrap();
        let memory = frame.pixels.as_ptr();
        frame.start(25, 26).unwrap();
        frame.push_nibbles(&[0x0f, 0x18]).unwrap();
        assert_eq!(frame.pixels(), [0, 255, 17, 136]);
        frame.push(&[9; 645]).unwrap();
        assert!(!frame.is_complete());
        assert_eq!(frame.push_nibbles(&[0]), Err(Error::SensorFault));
        frame.push(&[9]).unwrap();
        assert!(frame.is_complete());
        assert_eq!(frame.push(&[9]), Err(Error::SensorFault));
        frame.wipe();
        assert!(frame.pixels().is_empty() && !frame.is_complete());
        frame.start(640, 480).unwrap();
        frame.push(&[1; MAX_PIXELS]).unwrap();
        assert_eq!(frame.pixels.as_ptr(), memory, "pixels were copied");
    }
}
