// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! Walks along the edge of a ridge or a valley (`contour.c`, `line2direction` of `util.c`).

use core::f64::consts::PI;

use zeroize::Zeroize;

use crate::bitmap::Bitmap;
use crate::bounds::{Budget, DetectError};
use crate::consts::{FULL_TURN, HALF_LOOP_MAX};
use crate::num::{positive_angle, quantize, sround};

/// A pixel of a feature (a ridge or a valley), and a neighbour of it that is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Zeroize)]
pub(crate) struct Edge {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) ex: i32,
    pub(crate) ey: i32,
}

/// The longest contour: both halves of a loop, and the points where they meet.
pub(crate) const CONTOUR_MAX: usize = 2 * HALF_LOOP_MAX + 2;

/// Edges in the order in which they are walked along.
#[derive(Clone)]
pub(crate) struct Contour {
    edges: [Edge; CONTOUR_MAX],
    len: usize,
}

impl Contour {
    pub(crate) fn new() -> Self {
        Self {
            edges: [Edge::default(); CONTOUR_MAX],
            len: 0,
        }
    }

    pub(crate) fn push(&mut self, edge: Edge) {
        self.edges[self.len] = edge;
        self.len += 1;
    }

    pub(crate) fn extend<'a>(&mut self, edges: impl Iterator<Item = &'a Edge>) {
        edges.for_each(|&edge| self.push(edge));
    }
}

impl core::ops::Deref for Contour {
    type Target = [Edge];

    fn deref(&self) -> &[Edge] {
        &self.edges[..self.len]
    }
}

/// Which way round the neighbours of a pixel are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scan {
    Clockwise,
    Counterclockwise,
}

impl Scan {
    fn after(self, neighbour: i32) -> i32 {
        match self {
            Self::Clockwise => (neighbour + 1) % 8,
            Self::Counterclockwise => (neighbour + 7) % 8,
        }
    }
}

/// `next_contour_pixel`. There is none at the border of the image, and around a single pixel.
fn next(bitmap: &Bitmap, from: Edge, scan: Scan) -> Option<Edge> {
    /// Clockwise from above, so that corners are odd.
    const AROUND: [(i32, i32); 8] = [
        (0, -1),
        (1, -1),
        (1, 0),
        (1, 1),
        (0, 1),
        (-1, 1),
        (-1, 0),
        (-1, -1),
    ];
    let at = |neighbour: i32| {
        let (dx, dy) = AROUND[neighbour as usize];
        let (x, y) = (from.x + dx, from.y + dy);
        bitmap.contains(x, y).then(|| (x, y, bitmap.get(x, y)))
    };

    let feature = bitmap.get(from.x, from.y);
    let edge = bitmap.get(from.ex, from.ey);
    // `start_scan_nbr`, which has no place for corners.
    let mut neighbour = match (from.ex - from.x, from.ey - from.y) {
        (0, 1..) => 4,
        (0, ..=-1) => 0,
        (1.., 0) => 2,
        (..=-1, 0) => 6,
        _ => -1,
    };
    let mut current = (from.ex, from.ey, edge);
    let mut looked_at = 0;
    while looked_at < 8 {
        let before = current;
        neighbour = scan.after(neighbour);
        current = at(neighbour)?;
        looked_at += 1;
        if current.2 == feature && before.2 == edge {
            let found = Some(Edge {
                x: current.0,
                y: current.1,
                ex: before.0,
                ey: before.1,
            });
            if neighbour % 2 == 0 {
                return found;
            }
            // A corner counts when the neighbour after it is of the feature, too. Otherwise it is
            // exposed, and both are passed.
            neighbour = scan.after(neighbour);
            current = at(neighbour)?;
            if current.2 == feature {
                return found;
            }
            looked_at += 1;
        }
    }
    None
}

/// What a walk came to.
pub(crate) enum Trace {
    /// As many edges as were asked for, or as many as there are.
    Open(Contour),
    /// Back where it was to stop. The last edge is the one before that.
    Loop(Contour),
    /// The pixels to begin with are both of the feature, or both not.
    Impossible,
}

/// `trace_contour`: at most `most` edges from `start`, and no further than the pixel `stop`.
pub(crate) fn trace(
    bitmap: &Bitmap,
    start: Edge,
    stop: (i32, i32),
    most: usize,
    scan: Scan,
    budget: &mut Budget,
) -> Result<Trace, DetectError> {
    budget.spend(8)?;
    if bitmap.get(start.x, start.y) == bitmap.get(start.ex, start.ey) {
        return Ok(Trace::Impossible);
    }
    let mut contour = Contour::new();
    let mut current = start;
    while contour.len < most {
        budget.spend(8)?;
        match next(bitmap, current, scan) {
            Some(edge) if (edge.x, edge.y) == stop => return Ok(Trace::Loop(contour)),
            Some(edge) => current = edge,
            None => break,
        }
        contour.push(current);
    }
    Ok(Trace::Open(contour))
}

/// `search_contour`: whether a walk of `most` edges, either way, comes to the pixel `sought`.
pub(crate) fn is_on_contour(
    bitmap: &Bitmap,
    start: Edge,
    sought: (i32, i32),
    most: usize,
    budget: &mut Budget,
) -> Result<bool, DetectError> {
    for scan in [Scan::Clockwise, Scan::Counterclockwise] {
        let mut current = start;
        for _ in 0..most {
            budget.spend(8)?;
            match next(bitmap, current, scan) {
                Some(edge) if (edge.x, edge.y) == sought => return Ok(true),
                Some(edge) => current = edge,
                None => break,
            }
        }
    }
    Ok(false)
}

/// The contour to both sides of an edge.
pub(crate) enum Around {
    /// `half` edges to each side, fewer to the second when they end at those of the first.
    Open(Contour),
    /// It closes on the first side.
    Loop(Contour),
    /// It ends before.
    Incomplete,
}

/// `get_high_curvature_contour`, and `get_centered_contour`, which takes whole ones only.
///
/// The first of them means to report a loop also when the second side closes it, but has overwritten
/// by then what it knew.
pub(crate) fn around(
    bitmap: &Bitmap,
    middle: Edge,
    half: usize,
    budget: &mut Budget,
) -> Result<Around, DetectError> {
    let start = (middle.x, middle.y);
    let mut contour = Contour::new();
    let first = match trace(bitmap, middle, start, half, Scan::Clockwise, budget)? {
        Trace::Impossible => return Ok(Around::Incomplete),
        Trace::Loop(edges) => {
            contour.push(middle);
            contour.extend(edges.iter().rev());
            return Ok(Around::Loop(contour));
        }
        Trace::Open(edges) => edges,
    };
    let Some(end) = first.last().filter(|_| first.len == half) else {
        return Ok(Around::Incomplete);
    };
    let stop = (end.x, end.y);
    let second = match trace(bitmap, middle, stop, half, Scan::Counterclockwise, budget)? {
        Trace::Open(edges) if edges.len == half => edges,
        Trace::Loop(edges) => edges,
        _ => return Ok(Around::Incomplete),
    };
    contour.extend(first.iter().rev());
    contour.push(middle);
    contour.extend(second.iter());
    Ok(Around::Open(contour))
}

/// `min_contour_theta`: where a contour is bent most, seen over `arm` edges to each side, and the
/// angle there. There is none on a straight contour, or a short one.
pub(crate) fn sharpest(contour: &[Edge], arm: usize) -> Option<(usize, f64)> {
    let angle =
        |from: Edge, to: Edge| libm::atan2(f64::from(from.y - to.y), f64::from(to.x - from.x));
    let mut least = quantize(PI);
    let mut place = None;
    for (i, arms) in contour.windows(2 * arm + 1).enumerate() {
        let turn = (angle(arms[arm], arms[2 * arm]) - angle(arms[arm], arms[0])).abs();
        let inner = quantize(turn.min(PI * 2.0 - turn));
        if inner < least {
            least = inner;
            place = Some(i + arm);
        }
    }
    place.map(|place| (place, least))
}

/// `line2direction`: from one pixel to another, 0 up, clockwise, on the whole turn.
pub(crate) fn line_direction(from: (i32, i32), to: (i32, i32)) -> i32 {
    let theta = positive_angle(f64::from(to.0 - from.0), f64::from(from.1 - to.1));
    let unit = f64::from(FULL_TURN) / (PI * 2.0);
    sround(quantize(theta * unit)) % FULL_TURN
}

/// `closest_dir_dist` on the whole turn.
pub(crate) fn turn_between(a: i32, b: i32) -> i32 {
    let direct = (a - b).abs();
    direct.min(FULL_TURN - direct)
}

/// The square of the distance of two pixels.
pub(crate) fn squared_distance(a: (i32, i32), b: (i32, i32)) -> i32 {
    (a.0 - b.0).pow(2) + (a.1 - b.1).pow(2)
}
