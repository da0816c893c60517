// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! # touchseal-bozorth3
//!
//! A `no_std` reimplementation of **BOZORTH3** — NIST NBIS's minutiae fingerprint matcher, which
//! **tolerates rotation and translation** between two impressions of a finger. Given two prints as
//! lists of minutiae, it returns an integer match score reproducing the stock NBIS tool's output;
//! higher means more corresponding ridge structure.
//!
//! It is the crate `fprint-bozorth3` 0.1.0, changed to run inside a trusted application, on input
//! that an attacker may choose: work and memory are bounded by [`Limits`], the input's ranges are
//! checked, and what cannot be scored is a [`MatchError`]. The README says what differs from
//! upstream, and why.
//!
//! The two tolerances differ in strength:
//!
//! * **Translation is exact.** Shifting a print by any whole number of pixels does not move the
//!   score: stage 1 reads only `dx`/`dy`, and the one absolute-coordinate reader (the cluster
//!   centroid) enters the score only as a difference between two centroids of the same print.
//!   The centroid divides with truncation, so this holds while coordinate sums stay non-negative,
//!   which every real print satisfies.
//! * **Rotation is a threshold.** Rotating a print runs its coordinates through trig and rounds
//!   them back to integers, changing the `(x, y)` sort order and so the rows stage 1 emits. A
//!   rotated impression does not reproduce the score; it keeps enough of it to out-score an
//!   unrelated print.
//!
//! ## Provenance
//!
//! BOZORTH3 is public-domain U.S. Government software (title 17 §105). This crate is a faithful
//! port of stock upstream NBIS, verified black-box against the stock C tool; score-exactness requires following its arithmetic closely, which public domain
//! permits. It is not derived from libfprint's patched `nbis/` copy, whose changes carry LGPL
//! terms. The crate carries `MIT OR Apache-2.0`.
//!
//! ## Types
//!
//! The crate takes its own [`Minutia`] (`{ x, y, theta }`) — the `xyt` triple is an
//! interoperability fact, so the matcher stays a self-contained arithmetic kernel with no
//! dependency on the domain model. A consumer converts its own at the boundary — one `map` into [`Minutia`]:
//!
//! ```
//! use touchseal_bozorth3::{Limits, Minutia, match_score};
//!
//! // Your type, whatever it is.
//! struct MyMinutia { col: i32, row: i32, angle_deg: i32 }
//!
//! fn to_bozorth(mine: &[MyMinutia]) -> Vec<Minutia> {
//!     mine.iter()
//!         .map(|m| Minutia { x: m.col, y: m.row, theta: m.angle_deg })
//!         .collect()
//! }
//!
//! let mine: Vec<MyMinutia> = (0..12)
//!     .map(|i| MyMinutia { col: 20 + i * 9, row: 30 + (i * 17) % 40, angle_deg: (i * 30) % 360 })
//!     .collect();
//! let print = to_bozorth(&mine);
//!
//! assert!(match_score(&print, &print, &Limits::TRUSTED_APPLICATION).is_ok_and(|score| score > 0));
//! ```

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a port that follows the reference's index arithmetic; inputs are validated, and \
              tests/hostile.rs runs hostile ones with overflow checks on"
)]

extern crate alloc;

mod bounds;
mod cluster;
mod consts;
mod inter;
mod intra;
mod xyt;

use bounds::Budget;
pub use bounds::{Effort, Limits, MAX_COORDINATE, MAX_THETA, MatchError};
pub use consts::{DEFAULT_BOZORTH_MINUTIAE, MAX_BOZORTH_MINUTIAE, MIN_COMPUTABLE_BOZORTH_MINUTIAE};

/// One detected minutia: pixel position and ridge direction.
///
/// The ranges are those of [`MAX_COORDINATE`] and [`MAX_THETA`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Minutia {
    /// Column, in pixels, increasing right, `0..=4095`.
    pub x: i32,
    /// Row, in pixels, `0..=4095`, in the same direction for both prints (NBIS: increasing up).
    pub y: i32,
    /// Ridge orientation in integer **degrees**, `0..=359`: no other is accepted, because the
    /// reference's arithmetic gives `theta` and `theta - 360`, which are one direction, two
    /// different scores.
    pub theta: i32,
}

impl Minutia {
    /// Construct a minutia from the `xyt` triple. The value is stored as given;
    /// [`match_score`] checks it.
    #[must_use]
    pub const fn from_xyt(x: i32, y: i32, theta: i32) -> Self {
        Self { x, y, theta }
    }

    /// The `(x, y, theta)` triple, for moving a minutia between kernels that name the same fact.
    #[must_use]
    pub const fn as_xyt(&self) -> (i32, i32, i32) {
        (self.x, self.y, self.theta)
    }
}

impl From<(i32, i32, i32)> for Minutia {
    fn from((x, y, theta): (i32, i32, i32)) -> Self {
        Self { x, y, theta }
    }
}

/// The BOZORTH3 match score between a `probe` and a `gallery` minutia set; higher means more
/// corresponding ridge structure. The caller decides a threshold.
///
/// Runs the full stock pipeline: build each print's intra-comparison Web (pruned by edge length),
/// form the inter-print compatibility list, then cluster it.
///
/// The score is asymmetric by construction — stage 2's loop bounds are — so `match_score(a, b, l)`
/// and `match_score(b, a, l)` need not agree. Pick an order and keep it.
///
/// It does not panic, and neither works nor allocates beyond what `limits` allow: see
/// [`Limits::heap_bound`].
///
/// # Errors
///
/// Every [`MatchError`]. None of them is a non-match, and none may be counted as a match.
///
/// ```
/// use touchseal_bozorth3::{Limits, MatchError, Minutia, match_score};
///
/// let probe: Vec<Minutia> = (0..12)
///     .map(|i| Minutia { x: 20 + i * 9, y: 30 + (i * 17) % 40, theta: (i * 30) % 360 })
///     .collect();
/// let gallery: Vec<Minutia> = probe
///     .iter()
///     .map(|m| Minutia { x: m.x + 2, y: m.y + 2, theta: m.theta })
///     .collect();
///
/// let limits = Limits::TRUSTED_APPLICATION;
/// assert!(match_score(&probe, &gallery, &limits)? > 0);
/// assert_eq!(match_score(&probe[..9], &gallery, &limits), Err(MatchError::TooFewMinutiae));
/// # Ok::<(), MatchError>(())
/// ```
pub fn match_score(
    probe: &[Minutia],
    gallery: &[Minutia],
    limits: &Limits,
) -> Result<u32, MatchError> {
    match_effort(probe, gallery, limits).0
}

/// [`match_score`], and what it did cost, also when it was refused: for choosing [`Limits`].
pub fn match_effort(
    probe: &[Minutia],
    gallery: &[Minutia],
    limits: &Limits,
) -> (Result<u32, MatchError>, Effort) {
    let mut budget = Budget::new(limits);
    let score = run(probe, gallery, limits, &mut budget);
    (score, budget.effort)
}

fn run(
    probe: &[Minutia],
    gallery: &[Minutia],
    limits: &Limits,
    budget: &mut Budget,
) -> Result<u32, MatchError> {
    bounds::check(probe, limits)?;
    bounds::check(gallery, limits)?;
    let p = xyt::prepare(probe, DEFAULT_BOZORTH_MINUTIAE)?;
    let g = xyt::prepare(gallery, DEFAULT_BOZORTH_MINUTIAE)?;

    let colp = {
        let p_comp = intra::comp(&p, budget)?;
        let g_comp = intra::comp(&g, budget)?;
        let p_len = intra::prune_len(&p_comp);
        let g_len = intra::prune_len(&g_comp);
        inter::bz_match(&p_comp[..p_len], &g_comp[..g_len], limits.pairs, budget)?
    };
    let score = cluster::match_score(&colp, &p, &g, limits, budget)?;
    Ok(score.max(0) as u32)
}
