// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! Removes false minutiae (`remove.c`), stage by stage in the reference's order: each sees the list
//! and the image that the one before it left.

use core::f64::consts::PI;

use crate::bitmap::Bitmap;
use crate::bounds::{Budget, DetectError, Secret};
use crate::consts::{
    BLOCK, DIRECTIONS, FREE_TRANSITIONS, FULL_TURN, HALF_LOOP_MAX, HOOK_MAX, INVALID_MARGIN,
    MALFORMATION_DISTANCE, MALFORMATION_FAR, MALFORMATION_NEAR, MALFORMATION_RATIO, NEAR_VALID_MIN,
    OVERLAP_DISTANCE, OVERLAP_JOIN_DISTANCE, POINTING_PIXELS, PORE_ACROSS, PORE_BACKWARD,
    PORE_BEHIND, PORE_FORWARD, PORE_RATIO, QUARTER, REMOVAL_DISTANCE, SIDE_HALF_CONTOUR,
    SMALL_LOOP,
};
use crate::contour::{
    Around, Contour, Edge, Scan, Trace, around, line_direction, squared_distance, trace,
    turn_between,
};
use crate::detect::Candidate;
use crate::line;
use crate::loops;
use crate::maps::{INVALID, Map, Maps};
use crate::num::{quantize, sround};

type Candidates = Secret<Candidate>;

/// `remove_false_minutia_V2`.
pub(crate) fn false_minutiae(
    list: &mut Candidates,
    bitmap: &mut Bitmap,
    maps: &Maps,
    budget: &mut Budget,
) -> Result<(), DetectError> {
    let width = bitmap.width;
    sort_by_place(list, |(x, y)| y * width + x, budget)?;
    pairs(
        list,
        REMOVAL_DISTANCE,
        true,
        bitmap,
        budget,
        on_island_or_lake,
    )?;
    retain(list, budget, |m, budget| is_no_hole(m, bitmap, budget))?;
    retain(list, budget, |m, _| {
        Ok(!points_at_invalid(m, &maps.direction))
    })?;
    retain(list, budget, |m, _| {
        Ok(!is_near_invalid(m, &maps.direction))
    })?;
    retain(list, budget, |m, budget| {
        adjust_side(m, bitmap, &maps.direction, budget)
    })?;
    pairs(list, REMOVAL_DISTANCE, false, bitmap, budget, on_hook)?;
    pairs(list, OVERLAP_DISTANCE, false, bitmap, budget, on_overlap)?;
    retain(list, budget, |m, budget| {
        is_well_formed(m, bitmap, maps, budget)
    })?;
    retain(list, budget, |m, budget| {
        is_no_pore(m, bitmap, maps, budget)
    })
}

/// Sorts by a key of the place. Equals stay in order: that is part of the key, because a stable
/// sort allocates.
pub(crate) fn sort_by_place(
    list: &mut Candidates,
    key: impl Fn((i32, i32)) -> i32,
    budget: &mut Budget,
) -> Result<(), DetectError> {
    budget.spend_sort(list.len())?;
    for (place, candidate) in (0..).zip(list.iter_mut()) {
        candidate.place = place;
    }
    list.sort_unstable_by_key(|candidate| (key(candidate.at()), candidate.place));
    Ok(())
}

/// Keeps, and may change, those that `keep` says, up to its first error.
fn retain(
    list: &mut Candidates,
    budget: &mut Budget,
    mut keep: impl FnMut(&mut Candidate, &mut Budget) -> Result<bool, DetectError>,
) -> Result<(), DetectError> {
    let mut result = Ok(());
    list.retain_mut(|candidate| {
        result.is_ok()
            && budget
                .spend(1)
                .and_then(|()| keep(candidate, budget))
                .unwrap_or_else(|error| {
                    result = Err(error);
                    false
                })
    });
    result
}

/// What a test of two minutiae says.
enum Verdict {
    Both,
    /// The first, which is then compared with no other.
    First,
    Neither,
}

/// Tests pairs that are near each other and point away from each other, in the order of the list,
/// and removes what the tests say. The test of some stages passes pairs over that are not of one
/// kind, before anything else.
fn pairs(
    list: &mut Candidates,
    distance: i32,
    of_one_kind: bool,
    bitmap: &mut Bitmap,
    budget: &mut Budget,
    test: fn(&Candidate, &Candidate, &mut Bitmap, &mut Budget) -> Result<Verdict, DetectError>,
) -> Result<(), DetectError> {
    for first in 0..list.len() {
        let m1 = list[first];
        if m1.removed {
            continue;
        }
        for second in first + 1..list.len() {
            budget.spend(1)?;
            let m2 = list[second];
            if of_one_kind && m1.ridge != m2.ridge {
                continue;
            }
            // Their pixels may have been erased.
            if bitmap.get(m1.edge.x, m1.edge.y) != m1.ridge {
                break;
            }
            list[second].removed |= bitmap.get(m2.edge.x, m2.edge.y) != m2.ridge;
            if list[second].removed {
                continue;
            }
            if m2.edge.y - m1.edge.y > distance {
                break;
            }
            let near = squared_distance(m1.at(), m2.at()) <= distance * distance;
            if near && turn_between(m1.direction, m2.direction) > 3 * QUARTER - 1 {
                match test(&m1, &m2, bitmap, budget)? {
                    Verdict::Both => {
                        list[first].removed = true;
                        list[second].removed = true;
                    }
                    Verdict::First => {
                        list[first].removed = true;
                        break;
                    }
                    Verdict::Neither => {}
                }
            }
        }
    }
    list.retain(|candidate| !candidate.removed);
    Ok(())
}

/// `on_island_lake`: two that are on one island or lake, which is erased.
fn on_island_or_lake(
    m1: &Candidate,
    m2: &Candidate,
    bitmap: &mut Bitmap,
    budget: &mut Budget,
) -> Result<Verdict, DetectError> {
    let mut contour = Contour::new();
    for (from, to) in [(m1, m2), (m2, m1)] {
        match trace(
            bitmap,
            from.edge,
            to.at(),
            HALF_LOOP_MAX,
            Scan::Clockwise,
            budget,
        )? {
            Trace::Impossible => return Ok(Verdict::First),
            Trace::Open(_) => return Ok(Verdict::Neither),
            Trace::Loop(half) => {
                contour.push(from.edge);
                contour.extend(half.iter());
            }
        }
    }
    loops::fill(&contour, bitmap, budget)?;
    Ok(Verdict::Both)
}

/// `on_hook`: two of different kinds on one hook at the side of a ridge or a valley.
fn on_hook(
    m1: &Candidate,
    m2: &Candidate,
    bitmap: &mut Bitmap,
    budget: &mut Budget,
) -> Result<Verdict, DetectError> {
    if m1.ridge == m2.ridge {
        return Ok(Verdict::Neither);
    }
    let beside = Edge {
        x: m1.edge.ex,
        y: m1.edge.ey,
        ex: m1.edge.x,
        ey: m1.edge.y,
    };
    for scan in [Scan::Clockwise, Scan::Counterclockwise] {
        match trace(bitmap, beside, m2.at(), HOOK_MAX, scan, budget)? {
            Trace::Impossible => return Ok(Verdict::First),
            Trace::Loop(_) => return Ok(Verdict::Both),
            Trace::Open(_) => {}
        }
    }
    Ok(Verdict::Neither)
}

/// Two of one kind where a ridge or a valley is interrupted.
fn on_overlap(
    m1: &Candidate,
    m2: &Candidate,
    bitmap: &mut Bitmap,
    _: &mut Budget,
) -> Result<Verdict, DetectError> {
    if m1.ridge != m2.ridge {
        return Ok(Verdict::Neither);
    }
    let join = line_direction(m1.at(), m2.at());
    let opposite = (m1.direction + DIRECTIONS) % FULL_TURN;
    let distance = squared_distance(m1.at(), m2.at());
    let joins = turn_between(opposite, join) <= DIRECTIONS / 2
        || distance <= OVERLAP_JOIN_DISTANCE * OVERLAP_JOIN_DISTANCE;
    Ok(if joins && is_free(bitmap, m1.at(), m2.at()) {
        Verdict::Both
    } else {
        Verdict::Neither
    })
}

/// `free_path`: whether a line crosses no more than one ridge or valley.
fn is_free(bitmap: &Bitmap, from: (i32, i32), to: (i32, i32)) -> bool {
    let mut before = bitmap.get(from.0, from.1);
    let changes = line::pixels(from, to).filter(|&(x, y)| {
        let changed = bitmap.get(x, y) != before;
        before ^= changed;
        changed
    });
    changes.count() <= FREE_TRANSITIONS
}

/// `remove_holes`: not a fork on a small loop.
fn is_no_hole(m: &Candidate, bitmap: &Bitmap, budget: &mut Budget) -> Result<bool, DetectError> {
    Ok(m.ridge
        || matches!(
            trace(bitmap, m.edge, m.at(), SMALL_LOOP, Scan::Clockwise, budget)?,
            Trace::Open(_)
        ))
}

/// The sine and the cosine of a direction.
fn sin_cos(direction: i32) -> (f64, f64) {
    libm::sincos(f64::from(direction) * (PI / f64::from(DIRECTIONS)))
}

/// `remove_pointing_invblock_V2`: whether a block without direction is right behind it.
fn points_at_invalid(m: &Candidate, directions: &Map) -> bool {
    let (sin, cos) = sin_cos(m.direction);
    let x = m.edge.x - sround(quantize(sin * POINTING_PIXELS));
    let y = m.edge.y + sround(quantize(cos * POINTING_PIXELS));
    let bx = (x / BLOCK).clamp(0, directions.width - 1);
    let by = (y / BLOCK).clamp(0, directions.height - 1);
    directions.get(bx, by) == INVALID
}

/// `remove_near_invblock_V2`: whether a block beside it has no direction, nor have most blocks
/// around that, or is not in the image.
fn is_near_invalid(m: &Candidate, directions: &Map) -> bool {
    /// Clockwise from above.
    const AROUND: [(i32, i32); 9] = [
        (0, -1),
        (1, -1),
        (1, 0),
        (1, 1),
        (0, 1),
        (-1, 1),
        (-1, 0),
        (-1, -1),
        (0, -1),
    ];
    // The neighbours to look at, for each third of the block.
    let part = |at: i32| match at % BLOCK {
        low if low < INVALID_MARGIN => 0,
        high if high > BLOCK - INVALID_MARGIN - 1 => 2,
        _ => 1,
    };
    let look_at = match (part(m.edge.x), part(m.edge.y)) {
        (0, 0) => 6..=8,
        (1, 0) => 0..=0,
        (2, 0) => 0..=2,
        (0, 1) => 6..=6,
        (2, 1) => 2..=2,
        (0, 2) => 4..=6,
        (1, 2) => 4..=4,
        (2, 2) => 2..=4,
        _ => return false,
    };
    AROUND[look_at].iter().any(|&(dx, dy)| {
        let (x, y) = (m.edge.x / BLOCK + dx, m.edge.y / BLOCK + dy);
        !directions.contains(x, y)
            || directions.get(x, y) == INVALID && directions.valid_neighbours(x, y) < NEAR_VALID_MIN
    })
}

/// `remove_or_adjust_side_minutiae_V2`: moves it to the tip of its contour. There is none when it is
/// at the side of a ridge or a valley.
fn adjust_side(
    m: &mut Candidate,
    bitmap: &Bitmap,
    directions: &Map,
    budget: &mut Budget,
) -> Result<bool, DetectError> {
    const LEN: usize = 2 * SIDE_HALF_CONTOUR + 1;

    let contour = match around(bitmap, m.edge, SIDE_HALF_CONTOUR, budget)? {
        Around::Open(contour) if contour.len() == LEN => contour,
        _ => return Ok(false),
    };
    let (sin, cos) = sin_cos(m.direction);
    let heights: [i32; LEN] = core::array::from_fn(|i| {
        let edge = contour[i];
        sround(quantize(f64::from(edge.x) * sin - f64::from(edge.y) * cos))
    });
    let tip = match turning_points(&heights).as_slice() {
        [(place, Turning::Lowest)] => *place,
        [(first, Turning::Lowest), _, (second, _)] => {
            if heights[*first] < heights[*second] {
                *first
            } else {
                *second
            }
        }
        _ => return Ok(false),
    };
    m.edge = contour[tip];
    Ok(directions.get(m.edge.x / BLOCK, m.edge.y / BLOCK) != INVALID)
}

/// `remove_malformations`: whether its sides part as those of a minutia do.
fn is_well_formed(
    m: &Candidate,
    bitmap: &Bitmap,
    maps: &Maps,
    budget: &mut Budget,
) -> Result<bool, DetectError> {
    let mut sides = [((0, 0), (0, 0)); 2];
    for (side, scan) in sides
        .iter_mut()
        .zip([Scan::Counterclockwise, Scan::Clockwise])
    {
        match trace(bitmap, m.edge, m.at(), MALFORMATION_FAR, scan, budget)? {
            Trace::Open(contour) if contour.len() == MALFORMATION_FAR => {
                let (near, far) = (
                    contour[MALFORMATION_NEAR - 1],
                    contour[MALFORMATION_FAR - 1],
                );
                *side = ((near.x, near.y), (far.x, far.y));
            }
            _ => return Ok(false),
        }
    }
    let [(near1, far1), (near2, far2)] = sides;
    let near = squared_distance(near1, near2);
    let far = squared_distance(far1, far2);
    if near == 0 || far == 0 {
        return Ok(false);
    }
    let low_flow = maps.low_flow.get(m.edge.x / BLOCK, m.edge.y / BLOCK) != 0;
    if low_flow && far > MALFORMATION_DISTANCE * MALFORMATION_DISTANCE {
        return Ok(false);
    }
    let ratio = quantize(libm::sqrt(f64::from(far)) / libm::sqrt(f64::from(near)));
    Ok(ratio <= MALFORMATION_RATIO
        || line::pixels(far1, far2).all(|(x, y)| bitmap.get(x, y) == m.ridge))
}

/// `remove_pores_V2`: in a block that is not to be trusted, whether it is no pore.
fn is_no_pore(
    m: &Candidate,
    bitmap: &Bitmap,
    maps: &Maps,
    budget: &mut Budget,
) -> Result<bool, DetectError> {
    let (bx, by) = (m.edge.x / BLOCK, m.edge.y / BLOCK);
    let trusted = maps.low_flow.get(bx, by) == 0 && maps.high_curve.get(bx, by) == 0;
    if trusted || maps.direction.get(bx, by) == INVALID {
        return Ok(true);
    }
    let (sin, cos) = sin_cos(m.direction);
    let x = sround(quantize(f64::from(m.edge.x) - sin * PORE_BEHIND));
    let y = sround(quantize(f64::from(m.edge.y) + cos * PORE_BEHIND));
    if bitmap.get(x, y) == m.ridge {
        return Ok(true);
    }

    // To each side of the point behind it, the contour of the pore, forward and backward.
    let mut ends = [[(0, 0); 2]; 2];
    let sides = [
        (-1.0, [Scan::Counterclockwise, Scan::Clockwise]),
        (1.0, [Scan::Clockwise, Scan::Counterclockwise]),
    ];
    for (ends, (side, scans)) in ends.iter_mut().zip(sides) {
        budget.spend(PORE_ACROSS)?;
        let step = (side * cos, side * sin);
        let Some(edge) = find_towards(bitmap, m.ridge, (x, y), step) else {
            return Ok(false);
        };
        for (end, (scan, steps)) in ends
            .iter_mut()
            .zip(scans.into_iter().zip([PORE_FORWARD, PORE_BACKWARD]))
        {
            match trace(bitmap, edge, (edge.x, edge.y), steps, scan, budget)? {
                Trace::Open(contour) if contour.len() == steps => {
                    let last = contour[steps - 1];
                    *end = (last.x, last.y);
                }
                _ => return Ok(false),
            }
        }
    }
    let [[forward1, backward1], [forward2, backward2]] = ends;
    let forward = f64::from(squared_distance(forward1, forward2));
    let backward = squared_distance(backward1, backward2);
    Ok(backward == 0 || forward / f64::from(backward) > PORE_RATIO)
}

/// `search_in_direction`: the first pixel of a kind, and the one before it.
fn find_towards(bitmap: &Bitmap, ridge: bool, from: (i32, i32), step: (f64, f64)) -> Option<Edge> {
    let (mut fx, mut fy) = (f64::from(from.0), f64::from(from.1));
    let (mut ex, mut ey) = from;
    for _ in 0..PORE_ACROSS {
        fx += step.0;
        fy += step.1;
        let (x, y) = (sround(fx), sround(fy));
        if !bitmap.contains(x, y) {
            return None;
        }
        if bitmap.get(x, y) == ridge {
            return Some(beside(bitmap, Edge { x, y, ex, ey }));
        }
        (ex, ey) = (x, y);
    }
    None
}

/// `fix_edge_pixel_pair`: makes the two pixels meet at a side, if they meet at a corner.
fn beside(bitmap: &Bitmap, edge: Edge) -> Edge {
    let Edge { x, y, ex, ey } = edge;
    if (ex - x).abs() != 1 || (ey - y).abs() != 1 {
        return edge;
    }
    let feature = bitmap.get(x, y);
    if bitmap.get(x, ey) != feature {
        Edge { ex: x, ..edge }
    } else if bitmap.get(ex, y) != feature {
        Edge { ey: y, ..edge }
    } else {
        Edge { y: ey, ..edge }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turning {
    Lowest,
    Highest,
}

/// Places of turning points: no more than there are between the ends of a contour.
struct TurningPoints {
    points: [(usize, Turning); 2 * SIDE_HALF_CONTOUR],
    len: usize,
}

impl TurningPoints {
    fn as_slice(&self) -> &[(usize, Turning)] {
        &self.points[..self.len]
    }
}

/// `minmaxs`: where heights turn, in the middle of what is level.
fn turning_points(heights: &[i32; 2 * SIDE_HALF_CONTOUR + 1]) -> TurningPoints {
    let mut found = TurningPoints {
        points: [(0, Turning::Lowest); 2 * SIDE_HALF_CONTOUR],
        len: 0,
    };
    let mut trend = (heights[1] - heights[0]).signum();
    let mut start = 0;
    for i in 1..heights.len() - 1 {
        let now = (heights[i + 1] - heights[i]).signum();
        if now == 0 {
            continue;
        }
        if trend == -now || trend == 0 && i - start > 1 {
            let turning = if now > 0 {
                Turning::Lowest
            } else {
                Turning::Highest
            };
            found.points[found.len] = ((start + i) / 2, turning);
            found.len += 1;
        }
        trend = now;
        start = i;
    }
    found
}
