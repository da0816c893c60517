// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! Contours that close: islands and lakes (`loop.c`, `chaincod.c`, `shape.c`).

use crate::bitmap::Bitmap;
use crate::bounds::{Budget, DetectError};
use crate::consts::{DIRECTIONS, FULL_TURN, LOOP_ASPECT_DISTANCE, LOOP_ASPECT_RATIO, LOOP_MIN};
use crate::contour::{CONTOUR_MAX, Edge, line_direction, squared_distance};
use crate::detect::{Candidate, Candidates};

/// `is_loop_clockwise`: whether a loop turns right. When it cannot be told, it does.
pub(crate) fn is_clockwise(contour: &[Edge]) -> bool {
    /// The eight directions by rows, counterclockwise from the right.
    const CODES: [i32; 9] = [3, 2, 1, 4, -1, 0, 5, 6, 7];

    let len = contour.len();
    if len <= 3 {
        return true;
    }
    let code = |i: usize| {
        let (from, to) = (contour[i % len], contour[(i + 1) % len]);
        CODES[((to.y - from.y + 1) * 3 + to.x - from.x + 1) as usize]
    };
    let turn = |i: usize| match code(i + 1) - code(i) {
        turn @ 4.. => turn - 8,
        turn @ ..=-4 => turn + 8,
        turn => turn,
    };
    (0..len).map(turn).sum::<i32>() <= 0
}

/// Pairs of opposite points of a loop.
struct Aspect {
    narrowest: i32,
    widest: i32,
    /// Where it is widest.
    ends: (usize, usize),
}

/// `get_loop_aspect`.
fn aspect(contour: &[Edge]) -> Aspect {
    let len = contour.len();
    let half = len / 2;
    let squared = |i: usize| {
        let (a, b) = (contour[i], contour[(i + half) % len]);
        squared_distance((a.x, a.y), (b.x, b.y))
    };
    let mut aspect = Aspect {
        narrowest: squared(0),
        widest: squared(0),
        ends: (0, half),
    };
    for i in 1..if len.is_multiple_of(2) { half } else { len } {
        let squared = squared(i);
        aspect.narrowest = aspect.narrowest.min(squared);
        if squared > aspect.widest {
            aspect.widest = squared;
            aspect.ends = (i, (i + half) % len);
        }
    }
    aspect
}

/// `process_loop_V2`: a long loop has a minutia at each end. Any other is erased.
pub(crate) fn process(
    contour: &[Edge],
    bitmap: &mut Bitmap,
    candidates: &mut Candidates,
    budget: &mut Budget,
) -> Result<(), DetectError> {
    if contour.len() > LOOP_MIN {
        let feature = bitmap.get(contour[0].x, contour[0].y);
        let aspect = aspect(contour);
        let ratio = f64::from(aspect.widest) / f64::from(aspect.narrowest);
        if aspect.narrowest < LOOP_ASPECT_DISTANCE || ratio >= LOOP_ASPECT_RATIO {
            let (from, to) = (contour[aspect.ends.0], contour[aspect.ends.1]);
            let middle = ((from.x + to.x) >> 1, (from.y + to.y) >> 1);
            if bitmap.get(middle.0, middle.1) == feature {
                let direction = line_direction((from.x, from.y), (to.x, to.y));
                let opposite = (direction + DIRECTIONS) % FULL_TURN;
                for (edge, direction) in [(from, direction), (to, opposite)] {
                    let candidate = Candidate::new(edge, direction, feature);
                    candidates.add_of_loop(candidate, bitmap, budget)?;
                }
                return Ok(());
            }
        }
    }
    fill(contour, bitmap, budget)
}

/// `fill_loop`: erases what a loop encloses, row by row, but not where it is concave.
pub(crate) fn fill(
    contour: &[Edge],
    bitmap: &mut Bitmap,
    budget: &mut Budget,
) -> Result<(), DetectError> {
    let Some(first) = contour.first() else {
        return Ok(());
    };
    let edge = !bitmap.get(first.x, first.y);
    let top = contour.iter().fold(first.y, |y, point| y.min(point.y));
    let bottom = contour.iter().fold(first.y, |y, point| y.max(point.y));
    for y in top..=bottom {
        budget.spend(8 * contour.len())?;
        let mut row = [0; CONTOUR_MAX];
        let mut count = 0;
        for point in contour.iter().filter(|point| point.y == y) {
            if !row[..count].contains(&point.x) {
                row[count] = point.x;
                count += 1;
            }
        }
        let row = &mut row[..count];
        row.sort_unstable();
        let Some((&first, rest)) = row.split_first() else {
            return Ok(());
        };
        bitmap.set(first, y, edge);
        // As in the reference, `x` stays behind when a gap is filled.
        let mut x = first;
        for &point in rest {
            x += 1;
            if bitmap.get(x, y) == edge {
                x = point;
                bitmap.set(x, y, edge);
            } else {
                (x..=point).for_each(|x| bitmap.set(x, y, edge));
            }
        }
    }
    Ok(())
}
