// SPDX-FileCopyrightText: 2026 The touchseal authors
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bounds on the work and the memory of one match. Not part of the upstream crate.
//!
//! An allocation that fails aborts a trusted application, and so does a match that never ends, in
//! effect. So every table is reserved once, fallibly, at a size that the [`Limits`] fix before its
//! content is known, and every loop whose length the input decides spends from one [`Budget`]. Every
//! table is wiped when it is freed: geometry of minutiae is biometric.

use alloc::vec::Vec;
use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::Minutia;
use crate::cluster::{CLUSTER_BYTES, CLUSTERS, GROUPS, LINKS, SEARCH};
use crate::consts::{
    DEFAULT_BOZORTH_MINUTIAE, MIN_COMPUTABLE_BOZORTH_MINUTIAE, QQ_SIZE, TABLE_OVERFLOW_LIMIT,
};
use crate::inter::ColpRow;
use crate::intra::CompRow;

/// The largest coordinate that is accepted, on both axes; the smallest is 0.
pub const MAX_COORDINATE: i32 = 4095;

/// The largest angle that is accepted, in degrees; the smallest is 0.
pub const MAX_THETA: i32 = 359;

/// What one match may cost at most. A match that would cost more is refused, with no score.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Minutiae in each print. No more than [`DEFAULT_BOZORTH_MINUTIAE`] are ever accepted.
    pub minutiae: usize,
    /// Compatible edge pairs between the two prints (rows of 12 bytes, and 18 bytes of work arrays
    /// for each). The reference ends its table at 19999 rows, and no more are ever kept.
    pub pairs: usize,
    /// Clusters of compatible pairs (66 bytes each, and 8 in the search). The reference
    /// stops at 2000, and no more are ever formed.
    pub clusters: usize,
    /// Pairs of compatible clusters (4 bytes each).
    pub links: usize,
    /// Entries on the stack of the search for the best set of clusters (2 bytes each).
    pub search: usize,
    /// Steps: passes of inner loops, whatever the input makes them do.
    pub steps: u64,
}

impl Limits {
    /// For a trusted application; the README says what they were measured on. Less than 400 KB of
    /// heap, see [`Limits::heap_bound`].
    pub const TRUSTED_APPLICATION: Self = Self {
        minutiae: 80,
        pairs: 5_000,
        clusters: 2_000,
        links: 16_000,
        search: 2_000,
        steps: 30_000_000,
    };

    /// As far as the reference itself goes. Not for an input that an attacker can choose: the steps
    /// are not limited in practice.
    pub const REFERENCE: Self = Self {
        minutiae: DEFAULT_BOZORTH_MINUTIAE,
        pairs: TABLE_OVERFLOW_LIMIT,
        clusters: CLUSTERS,
        links: LINKS,
        search: SEARCH,
        steps: u64::MAX,
    };

    /// An upper bound on the bytes that a match holds allocated at any one time.
    #[must_use]
    pub const fn heap_bound(&self) -> usize {
        let minutiae = min(self.minutiae, DEFAULT_BOZORTH_MINUTIAE);
        let pairs = min(self.pairs, TABLE_OVERFLOW_LIMIT);
        let clusters = min(self.clusters, CLUSTERS);
        let int = size_of::<i32>();

        let columns = 2 * 3 * int * minutiae;
        let sorting = size_of::<(i32, i32, i32, i32)>() * minutiae;
        let webs = 2 * size_of::<CompRow>() * (minutiae * minutiae.saturating_sub(1) / 2);
        let table = size_of::<ColpRow>() * (pairs + 1);

        let ends = minutiae + 2;
        let by_edge = size_of::<u16>() * pairs + 4 * int * (max(pairs, minutiae) + 2);
        let by_end = (4 + 2 * GROUPS) * int * ends;
        let queue = int * (QQ_SIZE as usize + 2);
        let by_cluster =
            CLUSTER_BYTES * clusters + size_of::<(u16, u16)>() * min(self.links, LINKS);
        let search = size_of::<u16>() * min(self.search, SEARCH) + 8 * (clusters + 1);

        let tables = max(sorting, webs + table);
        let clustering = table + by_edge + by_end + queue + by_cluster + search;
        columns + max(tables, clustering)
    }
}

const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// What one match did cost, to be held against [`Limits`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Effort {
    /// Compatible edge pairs.
    pub pairs: usize,
    /// Pairs of compatible clusters.
    pub links: usize,
    /// Clusters.
    pub clusters: usize,
    /// The most entries that were on the search stack at once.
    pub search: usize,
    /// Steps.
    pub steps: u64,
}

/// Why there is no score.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MatchError {
    /// A print has fewer than [`MIN_COMPUTABLE_BOZORTH_MINUTIAE`] minutiae: nothing can be said. It
    /// is not a non-match. (Upstream returns the score 0.)
    TooFewMinutiae,
    /// A print has more minutiae than [`Limits::minutiae`].
    TooManyMinutiae,
    /// A coordinate is outside `0..=4095`, or an angle outside `0..=359`.
    OutOfRange,
    /// The match would cost more than the [`Limits`] allow.
    TooComplex,
    /// The heap has no room for a table that the [`Limits`] allow.
    OutOfMemory,
}

impl fmt::Display for MatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooFewMinutiae => "too few minutiae to tell",
            Self::TooManyMinutiae => "too many minutiae",
            Self::OutOfRange => "a minutia is out of range",
            Self::TooComplex => "the match exceeds its limits",
            Self::OutOfMemory => "no memory for the match",
        })
    }
}

impl core::error::Error for MatchError {}

/// Whether a print can be matched at all: every later stage relies on what is checked here.
pub(crate) fn check(print: &[Minutia], limits: &Limits) -> Result<(), MatchError> {
    if print.len() > limits.minutiae.min(DEFAULT_BOZORTH_MINUTIAE) {
        return Err(MatchError::TooManyMinutiae);
    }
    let coordinates = 0..=MAX_COORDINATE;
    let angles = 0..=MAX_THETA;
    if !print.iter().all(|m| {
        coordinates.contains(&m.x) && coordinates.contains(&m.y) && angles.contains(&m.theta)
    }) {
        return Err(MatchError::OutOfRange);
    }
    if print.len() < MIN_COMPUTABLE_BOZORTH_MINUTIAE {
        return Err(MatchError::TooFewMinutiae);
    }
    Ok(())
}

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
                pairs: 0,
                clusters: 0,
                links: 0,
                search: 0,
                steps: 0,
            },
        }
    }

    /// Counts `steps` that are about to be done, or just were.
    #[inline]
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), MatchError> {
        self.effort.steps = self.effort.steps.saturating_add(steps as u64);
        if self.effort.steps > self.most {
            return Err(MatchError::TooComplex);
        }
        Ok(())
    }

    /// Counts the comparisons of an in-place sort of `len` rows.
    pub(crate) fn spend_sort(&mut self, len: usize) -> Result<(), MatchError> {
        self.spend(len.saturating_mul(2 * (len | 1).ilog2() as usize))
    }
}

/// A list that is wiped when it is freed.
pub(crate) type Secret<T> = Zeroizing<Vec<T>>;

/// An empty list with room for exactly `len` elements, so that pushing them cannot allocate.
pub(crate) fn room<T: Zeroize>(len: usize) -> Result<Secret<T>, MatchError> {
    let mut list = Vec::new();
    list.try_reserve_exact(len)
        .map_err(|_| MatchError::OutOfMemory)?;
    Ok(Zeroizing::new(list))
}

/// A list of `len` zeros.
pub(crate) fn zeros<T: Zeroize + Clone + Default>(len: usize) -> Result<Secret<T>, MatchError> {
    let mut list = room(len)?;
    list.resize(len, T::default());
    Ok(list)
}
