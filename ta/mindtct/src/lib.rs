// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! # touchseal-mindtct
//!
//! A `no_std` reimplementation of **MINDTCT**, NIST NBIS's minutiae detector: from the image of a
//! fingerprint to where its ridges end and fork, as `x`, `y`, `theta` and quality, which are those
//! of the stock NBIS tool.
//!
//! It is the crate `fprint-mindtct` 0.1.0, changed to run inside a trusted application, on images
//! that an attacker may choose: work and memory are bounded by [`Limits`], what cannot be detected
//! within them is a [`DetectError`], and what it holds of the finger is wiped when it is freed. The
//! README says what differs from upstream, and why.
//!
//! ## Provenance
//!
//! MINDTCT is public-domain U.S. Government software (title 17 §105). `fprint-mindtct` is a port of
//! stock upstream NBIS, which `xyt`-exactness requires to follow closely, and public domain permits.
//! It is not derived from libfprint's patched `nbis/` copy, whose changes carry LGPL terms. The crate
//! carries `MIT OR Apache-2.0`.
//!
//! ## Stages
//!
//! | module | NBIS | |
//! |-|-|-|
//! | `maps` | `maps.c`, `dft.c` | for each block of 8x8 pixels, the direction of its ridges |
//! | `binarize`, `bitmap` | `binar.c` | ridges and valleys, one bit a pixel |
//! | `detect`, `contour`, `loops` | `minutia.c`, `contour.c`, `loop.c` | where they end: candidates |
//! | `remove` | `remove.c` | the false ones go |
//! | `quality` | `quality.c` | how far to trust the others |

#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a port that follows the reference's index arithmetic; sides are validated, and \
              tests/hostile.rs runs hostile images with overflow checks on"
)]

extern crate alloc;

mod binarize;
mod bitmap;
mod bounds;
mod consts;
mod contour;
mod detect;
mod grids;
mod image;
mod line;
mod loops;
mod maps;
mod num;
mod patch;
mod quality;
mod remove;
mod waves;

use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use bounds::{Budget, room};
pub use bounds::{DetectError, Effort, Limits, MAX_SIDE, MIN_SIDE};
use detect::Candidate;
pub use image::GrayImage;
use maps::Maps;
use num::sround;

/// One minutia, as NIST's `xyt` files have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Zeroize)]
pub struct Minutia {
    /// Column, in pixels, from the left.
    pub x: i32,
    /// Row, in pixels, from the bottom, where the reference counts from 1.
    pub y: i32,
    /// Direction of the ridge in degrees, `0..=359`, 0 to the right, counterclockwise.
    pub theta: i32,
    /// How far it is to be trusted, `0..=100`.
    pub quality: i32,
}

impl Minutia {
    /// `lfs2nist_minutia_XYT`.
    fn new(image: &GrayImage<'_>, maps: &Maps, candidate: &Candidate) -> Self {
        let (x, y) = candidate.at();
        // Of 32 directions, each has 11.25 degrees.
        let degrees = sround(f64::from(candidate.direction) * 11.25);
        Self {
            x,
            y: image.height() - y,
            theta: (270 - degrees).rem_euclid(360),
            quality: sround(quality::reliability(image, maps, (x, y)) * 100.0),
        }
    }

    /// The `(x, y, theta)` triple, which is what a matcher takes.
    #[must_use]
    pub const fn as_xyt(&self) -> (i32, i32, i32) {
        (self.x, self.y, self.theta)
    }
}

/// The minutiae of an image, in NIST's order: by `x`, then from the top.
///
/// It does not panic, and neither works nor allocates beyond what `limits` allow: see
/// [`Limits::heap_bound`]. There may be none.
///
/// # Errors
///
/// Every [`DetectError`] but those of [`GrayImage::new`].
///
/// ```
/// use touchseal_mindtct::{GrayImage, Limits, detect};
///
/// // Ridges with gaps in them.
/// let (width, height) = (128, 128);
/// let pixels: Vec<u8> = (0..width * height)
///     .map(|i| {
///         let (x, y) = (i % width, i / width);
///         let gap = (48..80).contains(&x) && (y / 8) % 2 == 0;
///         if y % 8 < 4 && !gap { 32 } else { 224 }
///     })
///     .collect();
///
/// let image = GrayImage::new(&pixels, width, height)?;
/// let minutiae = detect(image, &Limits::TRUSTED_APPLICATION)?;
/// assert!(!minutiae.is_empty());
/// assert!(minutiae.iter().all(|m| (48..80).contains(&m.x)));
/// # Ok::<(), touchseal_mindtct::DetectError>(())
/// ```
pub fn detect(
    image: GrayImage<'_>,
    limits: &Limits,
) -> Result<Zeroizing<Vec<Minutia>>, DetectError> {
    detect_effort(image, limits).0
}

/// [`detect()`], and what it did cost, also when it was refused: for choosing [`Limits`].
pub fn detect_effort(
    image: GrayImage<'_>,
    limits: &Limits,
) -> (Result<Zeroizing<Vec<Minutia>>, DetectError>, Effort) {
    let mut budget = Budget::new(limits);
    let minutiae = run(&image, limits, &mut budget);
    (minutiae, budget.effort)
}

/// `get_minutiae`.
fn run(
    image: &GrayImage<'_>,
    limits: &Limits,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<Minutia>>, DetectError> {
    let (width, height) = (image.width(), image.height());
    if width.max(height) as usize > limits.side || (width * height) as usize > limits.pixels {
        return Err(DetectError::TooLarge);
    }
    let maps = Maps::new(image, budget)?;
    let mut bitmap = binarize::binarize(image, &maps.direction, budget)?;
    let mut list = detect::candidates(&mut bitmap, &maps, limits.minutiae, budget)?.list;
    remove::false_minutiae(&mut list, &mut bitmap, &maps, budget)?;
    drop(bitmap);

    // As the reference does it, before it counts the ridges between minutiae: for an image higher
    // than wide, this is not quite by `x`.
    remove::sort_by_place(&mut list, |(x, y)| x * width + y, budget)?;
    list.dedup_by(|next, kept| {
        let same = next.at() == kept.at();
        if same {
            *kept = *next;
        }
        same
    });

    budget.spend(list.len().saturating_mul(600))?;
    let mut minutiae = room(list.len())?;
    for candidate in list.iter() {
        minutiae.push(Minutia::new(image, &maps, candidate));
    }
    Ok(minutiae)
}
