// SPDX-FileCopyrightText: 2026 The touchseal authors
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bounds on the work and the memory of one detection. Not part of the upstream crate.
//!
//! An allocation that fails aborts a trusted application, and so does a detection that never ends,
//! in effect. So every table is reserved once, fallibly, at a size that the image's sides and
//! the [`Limits`] fix before its content is known, and every loop whose length the input decides spends
//! from one [`Budget`]. What holds pixels or minutiae is wiped when it is freed.

use alloc::vec::Vec;
use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::Minutia;
use crate::detect::Candidate;
use crate::grids::{BINARIZATION_GRIDS, DFT_GRIDS};
use crate::maps::MAPS;
use crate::patch::PATCH;

/// The shortest side of an image: a window of 24 pixels has to fit in it.
pub const MIN_SIDE: usize = 25;

/// The longest side of an image, which keeps coordinates within what `touchseal-bozorth3` accepts.
pub const MAX_SIDE: usize = 4095;

/// What one detection may cost at most. One that would cost more is refused, with no minutiae.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Pixels of each side. No more than [`MAX_SIDE`] are ever accepted.
    pub side: usize,
    /// Pixels of the image (1 bit each, and 5 bytes for each block of 64).
    pub pixels: usize,
    /// Candidates at any one time, before the false ones are removed (24 bytes each).
    pub minutiae: usize,
    /// Steps: passes of inner loops, whatever the input makes them do.
    pub steps: u64,
}

impl Limits {
    /// For a trusted application: images up to 640x480 or 480x640. The README says what they were
    /// measured on; [`Limits::heap_bound`] says what they may take of the heap.
    pub const TRUSTED_APPLICATION: Self = Self {
        side: 640,
        pixels: 640 * 480,
        minutiae: 2_000,
        steps: 100_000_000,
    };

    /// As far as coordinates go. Not for an input that an attacker can choose: the steps are not
    /// limited in practice.
    pub const REFERENCE: Self = Self {
        side: MAX_SIDE,
        pixels: MAX_SIDE * MAX_SIDE,
        minutiae: u16::MAX as usize,
        steps: u64::MAX,
    };

    /// An upper bound on the bytes that a detection holds allocated at any one time.
    #[must_use]
    pub const fn heap_bound(&self) -> usize {
        let side = min(self.side, MAX_SIDE);
        let pixels = min(self.pixels, side * side);
        // Blocks are 8 pixels wide and high, rounded up; most are added where a side is shortest.
        let narrow = MIN_SIDE.div_ceil(8) * pixels.div_ceil(MIN_SIDE).div_ceil(8);
        let square = pixels.div_ceil(64) + 2 * side.div_ceil(8) + 1;
        let maps = MAPS * min(narrow, square);

        let bits = pixels.div_ceil(8);
        let candidates = size_of::<Candidate>() * self.minutiae;
        let minutiae = size_of::<Minutia>() * self.minutiae;
        let grids = PATCH + max(DFT_GRIDS, BINARIZATION_GRIDS + bits);
        // The bits are gone before the minutiae come.
        maps + max(grids, candidates + max(bits, minutiae))
    }
}

const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// What one detection did cost, to be held against [`Limits`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Effort {
    /// The most candidates at any one time.
    pub minutiae: usize,
    /// Steps.
    pub steps: u64,
}

/// Why there are no minutiae. An image that has none is not an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DetectError {
    /// A side is shorter than [`MIN_SIDE`].
    TooSmall,
    /// A side or the area is larger than [`Limits`] or [`MAX_SIDE`] allow.
    TooLarge,
    /// There are not as many pixels as the sides say.
    WrongSize,
    /// The detection would cost more than the [`Limits`] allow.
    TooComplex,
    /// The heap has no room for a table that the [`Limits`] allow.
    OutOfMemory,
}

impl fmt::Display for DetectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooSmall => "the image is too small",
            Self::TooLarge => "the image is too large",
            Self::WrongSize => "the image is not of the size that it claims",
            Self::TooComplex => "the detection exceeds its limits",
            Self::OutOfMemory => "no memory for the detection",
        })
    }
}

impl core::error::Error for DetectError {}

/// The steps that are left, and what has been used.
pub(crate) struct Budget {
    most: u64,
    pub(crate) effort: Effort,
}

impl Budget {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self {
            most: limits.steps,
            effort: Effort {
                minutiae: 0,
                steps: 0,
            },
        }
    }

    /// Counts `steps` that are about to be done, or just were.
    #[inline]
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), DetectError> {
        self.effort.steps = self.effort.steps.saturating_add(steps as u64);
        if self.effort.steps > self.most {
            return Err(DetectError::TooComplex);
        }
        Ok(())
    }

    /// Counts the comparisons of an in-place sort of `len` rows.
    pub(crate) fn spend_sort(&mut self, len: usize) -> Result<(), DetectError> {
        self.spend(len.saturating_mul(2 * (len | 1).ilog2() as usize))
    }
}

/// A list that is wiped when it is freed.
pub(crate) type Secret<T> = Zeroizing<Vec<T>>;

/// An empty list with room for exactly `len` elements, so that pushing them cannot allocate.
pub(crate) fn room<T: Zeroize>(len: usize) -> Result<Secret<T>, DetectError> {
    let mut list = Vec::new();
    list.try_reserve_exact(len)
        .map_err(|_| DetectError::OutOfMemory)?;
    Ok(Zeroizing::new(list))
}

/// A list of `len` times `value`.
pub(crate) fn filled<T: Zeroize + Clone>(len: usize, value: T) -> Result<Secret<T>, DetectError> {
    let mut list = room(len)?;
    list.resize(len, value);
    Ok(list)
}
