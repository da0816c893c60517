// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! The binary image: one bit a pixel, ridges 1 and valleys 0.

use crate::bounds::{Budget, DetectError, Secret, filled};

pub(crate) struct Bitmap {
    bits: Secret<u8>,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl Bitmap {
    /// All valley.
    pub(crate) fn new(width: i32, height: i32) -> Result<Self, DetectError> {
        Ok(Self {
            bits: filled(((width * height) as usize).div_ceil(8), 0)?,
            width,
            height,
        })
    }

    #[inline]
    pub(crate) fn contains(&self, x: i32, y: i32) -> bool {
        (x as u32) < self.width as u32 && (y as u32) < self.height as u32
    }

    /// Whether a pixel is ridge. Beyond an end of a row is the next row, as in the reference, which
    /// does look there; before and after the image, where it would read foreign memory, is valley.
    #[inline]
    pub(crate) fn get(&self, x: i32, y: i32) -> bool {
        let place = y * self.width + x;
        let byte = usize::try_from(place >> 3)
            .ok()
            .and_then(|at| self.bits.get(at));
        byte.is_some_and(|byte| byte >> (place & 7) & 1 == 1)
    }

    /// Sets a pixel that is in the image.
    #[inline]
    pub(crate) fn set(&mut self, x: i32, y: i32, ridge: bool) {
        let place = y * self.width + x;
        let byte = &mut self.bits[(place >> 3) as usize];
        *byte = *byte & !(1 << (place & 7)) | u8::from(ridge) << (place & 7);
    }

    /// `fill_holes`: pixels that differ from both neighbours, first those of rows, then those of
    /// columns. The one after a filled one is not looked at.
    pub(crate) fn fill_holes(&mut self, budget: &mut Budget) -> Result<(), DetectError> {
        budget.spend(2 * (self.width * self.height) as usize)?;
        for y in 0..self.height {
            let mut x = 1;
            while x < self.width - 1 {
                let side = self.get(x - 1, y);
                let hole = side != self.get(x, y) && side == self.get(x + 1, y);
                if hole {
                    self.set(x, y, side);
                }
                x += 1 + i32::from(hole);
            }
        }
        for x in 0..self.width {
            let mut y = 1;
            while y < self.height - 1 {
                let side = self.get(x, y - 1);
                let hole = side != self.get(x, y) && side == self.get(x, y + 1);
                if hole {
                    self.set(x, y, side);
                }
                y += 1 + i32::from(hole);
            }
        }
        Ok(())
    }
}
