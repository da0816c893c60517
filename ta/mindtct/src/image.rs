// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image that minutiae are looked for in.

use core::fmt;

use crate::bounds::{DetectError, MAX_SIDE, MIN_SIDE};

/// A fingerprint of 8-bit grey pixels at 500 ppi, row by row from the top, black 0, ridges dark.
#[derive(Clone, Copy)]
pub struct GrayImage<'a> {
    pixels: &'a [u8],
    width: i32,
    height: i32,
}

impl fmt::Debug for GrayImage<'_> {
    /// The size alone: pixels are a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrayImage({}x{})", self.width, self.height)
    }
}

impl<'a> GrayImage<'a> {
    /// An image of `width * height` pixels.
    ///
    /// # Errors
    ///
    /// [`DetectError::TooSmall`] and [`DetectError::TooLarge`] when a side is outside
    /// [`MIN_SIDE`]`..=`[`MAX_SIDE`], [`DetectError::WrongSize`] when there are not as many pixels.
    pub fn new(pixels: &'a [u8], width: usize, height: usize) -> Result<Self, DetectError> {
        if width < MIN_SIDE || height < MIN_SIDE {
            return Err(DetectError::TooSmall);
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(DetectError::TooLarge);
        }
        if pixels.len() != width * height {
            return Err(DetectError::WrongSize);
        }
        Ok(Self {
            pixels,
            width: width as i32,
            height: height as i32,
        })
    }

    pub(crate) const fn width(&self) -> i32 {
        self.width
    }

    pub(crate) const fn height(&self) -> i32 {
        self.height
    }

    /// A pixel that is in the image.
    #[inline]
    pub(crate) fn pixel(&self, x: i32, y: i32) -> u8 {
        self.pixels[(y * self.width + x) as usize]
    }

    /// A row of pixels, if it is in the image.
    pub(crate) fn row(&self, y: i32) -> Option<&'a [u8]> {
        let row = usize::try_from(y).ok()?;
        self.pixels.chunks_exact(self.width as usize).nth(row)
    }
}
