// SPDX-FileCopyrightText: 2026 The touchseal authors
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! The pixels around a block. Grids of many directions read each of them many times, so each is
//! looked up in the image, and held against its border, once.

use crate::GrayImage;
use crate::bounds::{DetectError, Secret, filled};
use crate::consts::{PAD_VALUE, WINDOW};

/// How far a turned grid reaches beyond the window, or the pixel, that it lies on.
const MARGIN: i32 = 5;
const SIDE: i32 = MARGIN + WINDOW + MARGIN;
/// Bytes of a patch.
pub(crate) const PATCH: usize = (SIDE * SIDE) as usize;

/// A square of the image, of 6 bits a pixel.
pub(crate) struct Patch(Secret<u8>);

impl Patch {
    pub(crate) fn new() -> Result<Self, DetectError> {
        filled(PATCH, 0).map(Self)
    }

    /// Takes the square around the window whose corner is a pixel, or around the block there. The
    /// reference copies the image into a larger one with a grey border, and has that beyond it.
    pub(crate) fn take(&mut self, image: &GrayImage<'_>, x: i32, y: i32) {
        let left = x - MARGIN;
        let (from, to) = (left.max(0), (left + SIDE).min(image.width()));
        for (y, row) in (y - MARGIN..).zip(self.0.chunks_exact_mut(SIDE as usize)) {
            row.fill(PAD_VALUE);
            if let Some(pixels) = image.row(y) {
                let pixels = &pixels[from as usize..to as usize];
                for (taken, pixel) in row[(from - left) as usize..].iter_mut().zip(pixels) {
                    *taken = pixel >> 2;
                }
            }
        }
    }

    /// Where a pixel is, `x` and `y` from the corner of the window, for [`Self::sum`].
    pub(crate) const fn place(x: i32, y: i32) -> u16 {
        ((y + MARGIN) * SIDE + x + MARGIN) as u16
    }

    /// The sum of a row of a grid that lies `x` and `y` from the corner of the window.
    #[inline]
    pub(crate) fn sum(&self, x: i32, y: i32, row: &[u16]) -> i32 {
        let pixels = &self.0[(y * SIDE + x) as usize..];
        row.iter()
            .map(|&place| i32::from(pixels[usize::from(place)]))
            .sum()
    }
}
