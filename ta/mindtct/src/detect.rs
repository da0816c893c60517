// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finds where ridges and valleys end (`minutia.c`, `matchpat.c`): two scans of the binary image,
//! along rows and along columns, for ends of a width of any number of pixels.

use zeroize::Zeroize;

use crate::bitmap::Bitmap;
use crate::bounds::{Budget, DetectError, Secret, room};
use crate::consts::{CURVE_HALF_CONTOUR, CURVE_THETA_MAX, DIRECTIONS, MINUTIA_DELTA, QUARTER};
use crate::contour::{Around, Edge, around, is_on_contour, line_direction, sharpest, turn_between};
use crate::loops;
use crate::maps::{INVALID, Maps};

/// What may be a minutia.
#[derive(Clone, Copy, Debug, Zeroize)]
pub(crate) struct Candidate {
    pub(crate) edge: Edge,
    /// On the whole turn, 0 up, clockwise.
    pub(crate) direction: i32,
    /// The end of a ridge, or else of a valley, which is where a ridge forks.
    pub(crate) ridge: bool,
    /// To be removed at the end of a stage.
    pub(crate) removed: bool,
    /// Its place before a sort, to keep the order of equals.
    pub(crate) place: u16,
}

impl Candidate {
    pub(crate) fn new(edge: Edge, direction: i32, ridge: bool) -> Self {
        Self {
            edge,
            direction,
            ridge,
            removed: false,
            place: 0,
        }
    }

    pub(crate) fn at(&self) -> (i32, i32) {
        (self.edge.x, self.edge.y)
    }

    /// Whether it is of the same kind as another, near, and of about its direction.
    fn resembles(&self, other: &Self) -> bool {
        (self.edge.x - other.edge.x).abs() < MINUTIA_DELTA
            && (self.edge.y - other.edge.y).abs() < MINUTIA_DELTA
            && self.ridge == other.ridge
            && turn_between(self.direction, other.direction) <= QUARTER
    }
}

/// What was found, in the order in which it was.
pub(crate) struct Candidates {
    pub(crate) list: Secret<Candidate>,
    most: usize,
}

impl Candidates {
    fn new(most: usize) -> Result<Self, DetectError> {
        let most = most.min(u16::MAX.into());
        Ok(Self {
            list: room(most)?,
            most,
        })
    }

    fn push(&mut self, candidate: Candidate, budget: &mut Budget) -> Result<(), DetectError> {
        if self.list.len() == self.most {
            return Err(DetectError::TooComplex);
        }
        self.list.push(candidate);
        budget.effort.minutiae = budget.effort.minutiae.max(self.list.len());
        Ok(())
    }

    /// `update_minutiae`: adds an end of a loop, unless it is there already.
    pub(crate) fn add_of_loop(
        &mut self,
        candidate: Candidate,
        bitmap: &Bitmap,
        budget: &mut Budget,
    ) -> Result<(), DetectError> {
        budget.spend(self.list.len())?;
        for known in self.list.iter().filter(|known| known.resembles(&candidate)) {
            if is_same(&candidate, known, bitmap, budget)? {
                return Ok(());
            }
        }
        self.push(candidate, budget)
    }

    /// `update_minutiae_V2`: adds what a scan found. Of those that are the same minutia, it keeps
    /// the one that was found by the scan across the ridges.
    fn add_of_scan(
        &mut self,
        candidate: Candidate,
        scan_is_across: bool,
        bitmap: &Bitmap,
        budget: &mut Budget,
    ) -> Result<(), DetectError> {
        budget.spend(self.list.len())?;
        for i in (0..self.list.len()).rev() {
            let known = self.list[i];
            if known.resembles(&candidate) && is_same(&candidate, &known, bitmap, budget)? {
                if !scan_is_across || known.at() == candidate.at() {
                    return Ok(());
                }
                budget.spend(self.list.len() - i)?;
                self.list.remove(i);
            }
        }
        self.push(candidate, budget)
    }
}

/// Whether two that resemble each other are at the same place, or on the same contour.
fn is_same(
    candidate: &Candidate,
    known: &Candidate,
    bitmap: &Bitmap,
    budget: &mut Budget,
) -> Result<bool, DetectError> {
    Ok(known.at() == candidate.at()
        || is_on_contour(
            bitmap,
            known.edge,
            candidate.at(),
            MINUTIA_DELTA as usize,
            budget,
        )?)
}

/// The direction of a scan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scan {
    Rows,
    Columns,
}

impl Scan {
    /// `choose_scan_direction`: the one across ridges of a direction.
    fn across(direction: i32) -> Self {
        if direction <= DIRECTIONS / 4 || direction > DIRECTIONS / 4 * 3 {
            Self::Rows
        } else {
            Self::Columns
        }
    }

    /// The pixel at a place of a line.
    fn pixel(self, line: i32, place: i32) -> (i32, i32) {
        match self {
            Self::Rows => (place, line),
            Self::Columns => (line, place),
        }
    }
}

/// What three pairs of pixels, beside each other on two lines, are the end of.
struct Pattern {
    ridge: bool,
    /// Whether it is on the second line.
    appearing: bool,
    pairs: [usize; 3],
}

/// `feature_patterns`. A pair is two bits, the first line's above the second's.
const PATTERNS: [Pattern; 10] = [
    pattern(true, true, [0b00, 0b01, 0b00]),
    pattern(true, false, [0b00, 0b10, 0b00]),
    pattern(false, false, [0b11, 0b01, 0b11]),
    pattern(false, true, [0b11, 0b10, 0b11]),
    pattern(false, false, [0b10, 0b01, 0b11]),
    pattern(false, false, [0b11, 0b01, 0b10]),
    pattern(false, true, [0b11, 0b10, 0b01]),
    pattern(false, true, [0b01, 0b10, 0b11]),
    pattern(false, false, [0b10, 0b01, 0b10]),
    pattern(false, true, [0b01, 0b10, 0b01]),
];

const fn pattern(ridge: bool, appearing: bool, pairs: [usize; 3]) -> Pattern {
    Pattern {
        ridge,
        appearing,
        pairs,
    }
}

/// The patterns, one bit each, that have a pair at a place.
const fn having(place: usize, pair: usize) -> u16 {
    let mut patterns = 0;
    let mut i = 0;
    while i < PATTERNS.len() {
        if PATTERNS[i].pairs[place] == pair {
            patterns |= 1 << i;
        }
        i += 1;
    }
    patterns
}

const HAVING: [[u16; 4]; 3] = {
    let mut having_pair = [[0; 4]; 3];
    let mut place = 0;
    while place < 3 {
        let mut pair = 0;
        while pair < 4 {
            having_pair[place][pair] = having(place, pair);
            pair += 1;
        }
        place += 1;
    }
    having_pair
};

/// `detect_minutiae_V2`.
pub(crate) fn candidates(
    bitmap: &mut Bitmap,
    maps: &Maps,
    most: usize,
    budget: &mut Budget,
) -> Result<Candidates, DetectError> {
    let mut candidates = Candidates::new(most)?;
    for scan in [Scan::Rows, Scan::Columns] {
        self::scan(scan, bitmap, maps, &mut candidates, budget)?;
    }
    Ok(candidates)
}

/// `scan4minutiae_horizontally_V2` and `scan4minutiae_vertically_V2`.
fn scan(
    scan: Scan,
    bitmap: &mut Bitmap,
    maps: &Maps,
    candidates: &mut Candidates,
    budget: &mut Budget,
) -> Result<(), DetectError> {
    let (lines, end) = match scan {
        Scan::Rows => (bitmap.height, bitmap.width),
        Scan::Columns => (bitmap.width, bitmap.height),
    };
    for line in 0..lines - 1 {
        let pair = |bitmap: &Bitmap, place: i32| {
            let (first, second) = (scan.pixel(line, place), scan.pixel(line + 1, place));
            usize::from(bitmap.get(first.0, first.1)) << 1
                | usize::from(bitmap.get(second.0, second.1))
        };
        let mut place = 0;
        while place < end {
            budget.spend(1)?;
            let patterns = HAVING[0][pair(bitmap, place)];
            place += 1;
            if place == end {
                break;
            }
            let second = place;
            let second_pair = pair(bitmap, second);
            let patterns = patterns & HAVING[1][second_pair];
            if patterns == 0 {
                continue;
            }
            while place < end && pair(bitmap, place) == second_pair {
                budget.spend(1)?;
                place += 1;
            }
            if place == end {
                break;
            }
            let patterns = patterns & HAVING[2][pair(bitmap, place)];
            if let Some(pattern) = PATTERNS.get(patterns.trailing_zeros() as usize) {
                let found = (place + second) >> 1;
                let (on, beside) = if pattern.appearing {
                    (line + 1, line)
                } else {
                    (line, line + 1)
                };
                let ((x, y), (ex, ey)) = (scan.pixel(on, found), scan.pixel(beside, found));
                let edge = Edge { x, y, ex, ey };
                found_by(scan, pattern, edge, bitmap, maps, candidates, budget)?;
            }
            // A third pair of unlike pixels may be a first one.
            let third = pair(bitmap, place);
            if third == 0b01 || third == 0b10 {
                place -= 1;
            }
        }
    }
    Ok(())
}

/// `process_horizontal_scan_minutia_V2` and `process_vertical_scan_minutia_V2`.
fn found_by(
    scan: Scan,
    pattern: &Pattern,
    edge: Edge,
    bitmap: &mut Bitmap,
    maps: &Maps,
    candidates: &mut Candidates,
    budget: &mut Budget,
) -> Result<(), DetectError> {
    let (bx, by) = maps.block(edge.x, edge.y);
    let of_block = maps.direction.get(bx, by);
    if of_block == INVALID {
        return Ok(());
    }
    let of_block = i32::from(of_block);
    let found = if maps.high_curve.get(bx, by) != 0 {
        where_curved(edge, bitmap, candidates, budget)?
    } else {
        // `get_low_curvature_direction`: the direction of the block, or the opposite one.
        let back = if of_block <= DIRECTIONS / 2 && scan == Scan::Rows {
            pattern.appearing
        } else {
            !pattern.appearing
        };
        Some((edge, of_block + if back { DIRECTIONS } else { 0 }))
    };
    if let Some((edge, direction)) = found {
        let candidate = Candidate::new(edge, direction, pattern.ridge);
        let is_across = Scan::across(of_block) == scan;
        candidates.add_of_scan(candidate, is_across, bitmap, budget)?;
    }
    Ok(())
}

/// `adjust_high_curvature_minutia_V2`: the sharpest bend of the contour, and its direction. A loop
/// has none; one that turns left is made into minutiae of its own, or erased.
fn where_curved(
    edge: Edge,
    bitmap: &mut Bitmap,
    candidates: &mut Candidates,
    budget: &mut Budget,
) -> Result<Option<(Edge, i32)>, DetectError> {
    const ARM: usize = CURVE_HALF_CONTOUR / 2;

    let feature = bitmap.get(edge.x, edge.y);
    let contour = match around(bitmap, edge, CURVE_HALF_CONTOUR, budget)? {
        Around::Open(contour) => contour,
        Around::Loop(contour) => {
            if !loops::is_clockwise(&contour) {
                loops::process(&contour, bitmap, candidates, budget)?;
            }
            return Ok(None);
        }
        Around::Incomplete => return Ok(None),
    };
    budget.spend(8 * contour.len())?;
    let sharp = sharpest(&contour, ARM).filter(|(_, theta)| *theta < CURVE_THETA_MAX);
    let Some((place, _)) = sharp else {
        return Ok(None);
    };
    let (left, right) = (contour[place - ARM], contour[place + ARM]);
    let middle = ((left.x + right.x) >> 1, (left.y + right.y) >> 1);
    if bitmap.get(middle.0, middle.1) != feature {
        return Ok(None);
    }
    let bend = contour[place];
    Ok(Some((bend, line_direction((bend.x, bend.y), middle))))
}
