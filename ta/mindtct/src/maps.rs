// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is known of each block of 8x8 pixels: the direction of its ridges, and how far to trust it
//! (`maps.c`, `dft.c`, `morph.c`, `block.c`).
//!
//! The order in which blocks and their neighbours are visited is the reference's: a direction that
//! changed is seen by the next block.

use crate::GrayImage;
use crate::bounds::{Budget, DetectError, Secret, filled};
use crate::consts::{
    BLOCK, CONTRAST_MIN, CURVATURE_MIN, DIRECTION_DISTANCE_MAX, DIRECTIONS, FORK_INTERVAL,
    FORK_PART_OF_NORM, FORK_PART_OF_POWER, INTERPOLATE_MIN, PERCENTILE, POWER_MAX, POWER_MIN,
    POWER_NORM_MIN, POWER_SUM_MIN, REMOVE_VALID_MIN, SMOOTH_VALID_MIN, STRENGTH_MIN, VORTICITY_MIN,
    VORTICITY_VALID_MIN, WAVES, WINDOW, WINDOW_OFFSET,
};
use crate::grids::{DoubleAngles, Grids, double_angles};
use crate::num::{positive_angle, quantize, sround};
use crate::patch::Patch;
use crate::waves::DFT_WAVES;

/// A block whose ridges have no direction.
pub(crate) const INVALID: i8 = -1;

/// Maps that are allocated at any one time.
pub(crate) const MAPS: usize = 5;

/// One value for each block.
pub(crate) struct Map {
    cells: Secret<i8>,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl Map {
    fn new(width: i32, height: i32, value: i8) -> Result<Self, DetectError> {
        Ok(Self {
            cells: filled((width * height) as usize, value)?,
            width,
            height,
        })
    }

    fn copy(&self) -> Result<Self, DetectError> {
        let mut copy = Self::new(self.width, self.height, 0)?;
        copy.cells.copy_from_slice(&self.cells);
        Ok(copy)
    }

    pub(crate) fn contains(&self, x: i32, y: i32) -> bool {
        (0..self.width).contains(&x) && (0..self.height).contains(&y)
    }

    /// The value of a block that is in the map.
    #[inline]
    pub(crate) fn get(&self, x: i32, y: i32) -> i8 {
        self.cells[(y * self.width + x) as usize]
    }

    fn set(&mut self, x: i32, y: i32, value: i8) {
        self.cells[(y * self.width + x) as usize] = value;
    }

    fn get_or(&self, x: i32, y: i32, beyond: i8) -> i8 {
        if self.contains(x, y) {
            self.get(x, y)
        } else {
            beyond
        }
    }

    /// The eight neighbours, clockwise from the upper left.
    fn neighbours(&self, x: i32, y: i32) -> [i8; 8] {
        const AROUND: [(i32, i32); 8] = [
            (-1, -1),
            (0, -1),
            (1, -1),
            (1, 0),
            (1, 1),
            (0, 1),
            (-1, 1),
            (-1, 0),
        ];
        AROUND.map(|(dx, dy)| self.get_or(x + dx, y + dy, INVALID))
    }

    /// `num_valid_8nbrs`.
    pub(crate) fn valid_neighbours(&self, x: i32, y: i32) -> i32 {
        self.neighbours(x, y).iter().filter(|&&n| n >= 0).count() as i32
    }
}

/// The maps of an image.
pub(crate) struct Maps {
    /// `INVALID` or `0..16`.
    pub(crate) direction: Map,
    pub(crate) low_contrast: Map,
    pub(crate) low_flow: Map,
    pub(crate) high_curve: Map,
    image: (i32, i32),
}

impl Maps {
    /// `gen_image_maps`.
    pub(crate) fn new(image: &GrayImage<'_>, budget: &mut Budget) -> Result<Self, DetectError> {
        let width = (image.width() as u32).div_ceil(BLOCK as u32) as i32;
        let height = (image.height() as u32).div_ceil(BLOCK as u32) as i32;
        let mut maps = Self {
            direction: Map::new(width, height, INVALID)?,
            low_contrast: Map::new(width, height, 0)?,
            low_flow: Map::new(width, height, 0)?,
            high_curve: Map::new(width, height, 0)?,
            image: (image.width(), image.height()),
        };
        maps.find_directions(image, budget)?;
        close(&mut maps.low_flow)?;

        let angles = double_angles();
        for pass in 0..2 {
            remove_inconsistent(&mut maps.direction, &angles, budget)?;
            smooth(&mut maps.direction, &maps.low_contrast, &angles, budget)?;
            if pass == 0 {
                interpolate(&mut maps.direction, &maps.low_contrast, budget)?;
            }
        }
        invalidate_margin(&mut maps.direction);
        mark_high_curves(&maps.direction, &mut maps.high_curve, budget)?;
        Ok(maps)
    }

    /// The block that the reference's maps of pixels have for a pixel (`pixelize_map`): the last
    /// blocks of rows and columns lie over their neighbours.
    pub(crate) fn block(&self, x: i32, y: i32) -> (i32, i32) {
        let place = |at: i32, side: i32, blocks: i32| {
            if at >= side - BLOCK {
                blocks - 1
            } else {
                at / BLOCK
            }
        };
        (
            place(x, self.image.0, self.direction.width),
            place(y, self.image.1, self.direction.height),
        )
    }

    /// `gen_initial_maps`.
    fn find_directions(
        &mut self,
        image: &GrayImage<'_>,
        budget: &mut Budget,
    ) -> Result<(), DetectError> {
        let grids = Grids::of_windows()?;
        let mut patch = Patch::new()?;
        // Where the window of a block begins; the last blocks are moved into the image, and so are
        // all windows.
        let origin = |block: i32, side: i32| {
            (BLOCK * block)
                .min(side - BLOCK)
                .clamp(WINDOW_OFFSET, WINDOW_OFFSET + side - WINDOW - 1)
                - WINDOW_OFFSET
        };
        for by in 0..self.direction.height {
            for bx in 0..self.direction.width {
                let (x, y) = (origin(bx, image.width()), origin(by, image.height()));
                budget.spend((WINDOW * WINDOW) as usize)?;
                if has_low_contrast(image, x, y) {
                    self.low_contrast.set(bx, by, 1);
                    continue;
                }
                budget.spend((DIRECTIONS * WINDOW * WINDOW) as usize)?;
                patch.take(image, x, y);
                let direction = Powers::new(&patch, &grids).direction();
                self.direction.set(bx, by, direction);
                self.low_flow.set(bx, by, i8::from(direction == INVALID));
            }
        }
        Ok(())
    }
}

/// `low_contrast_block`: whether the darkest and the lightest tenth of a window are alike.
fn has_low_contrast(image: &GrayImage<'_>, x: i32, y: i32) -> bool {
    let mut histogram = [0; 64];
    for y in y..y + WINDOW {
        for x in x..x + WINDOW {
            histogram[usize::from(image.pixel(x, y) >> 2)] += 1;
        }
    }
    let rank = sround(quantize(
        PERCENTILE / 100.0 * f64::from(WINDOW * WINDOW - 1),
    ));
    let reaches_rank = |sum: &mut i32, &count: &i32| {
        *sum += count;
        Some(*sum >= rank)
    };
    let from_dark = histogram.iter().scan(0, reaches_rank).position(|r| r);
    let from_light = histogram.iter().rev().scan(0, reaches_rank).position(|r| r);
    match (from_dark, from_light) {
        (Some(dark), Some(light)) => 63 - light as i32 - (dark as i32) < CONTRAST_MIN,
        // Not for a window of more pixels than the rank.
        _ => true,
    }
}

/// How strong each wave is in each direction of a window.
struct Powers([[f64; DIRECTIONS as usize]; WAVES]);

impl Powers {
    /// `dft_dir_powers`.
    fn new(patch: &Patch, grids: &Grids) -> Self {
        let mut powers = [[0.0; DIRECTIONS as usize]; WAVES];
        for direction in 0..DIRECTIONS as usize {
            let mut sums = [0.0; WINDOW as usize];
            let rows = grids.direction(direction).chunks_exact(WINDOW as usize);
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum = f64::from(patch.sum(0, 0, row));
            }
            for (wave, powers) in DFT_WAVES.iter().zip(&mut powers) {
                let (mut cos_part, mut sin_part) = (0.0, 0.0);
                for (&sum, (cos, sin)) in sums.iter().zip(wave) {
                    cos_part += sum * cos;
                    sin_part += sum * sin;
                }
                powers[direction] = cos_part * cos_part + sin_part * sin_part;
            }
        }
        Self(powers)
    }

    /// The direction of the ridges: `dft_power_stats`, then `primary_dir_test`, then
    /// `secondary_fork_test`.
    fn direction(&self) -> i8 {
        /// Of one wave.
        #[derive(Clone, Copy)]
        struct Peak {
            wave: usize,
            power: f64,
            direction: usize,
            norm: f64,
        }

        // The lowest frequency is none of ridges.
        let mut peaks: [Peak; WAVES - 1] = core::array::from_fn(|i| {
            let powers = &self.0[i + 1];
            let (mut direction, mut sum) = (0, powers[0]);
            for (i, &power) in powers.iter().enumerate().skip(1) {
                sum += power;
                if power > powers[direction] {
                    direction = i;
                }
            }
            let mean = sum.max(POWER_SUM_MIN) / f64::from(DIRECTIONS);
            Peak {
                wave: i + 1,
                power: powers[direction],
                direction,
                norm: powers[direction] / mean,
            }
        });
        peaks.sort_unstable_by(|a, b| {
            let rank = |peak: &Peak| peak.power * peak.norm;
            rank(b).total_cmp(&rank(a)).then(a.wave.cmp(&b.wave))
        });

        let is_ridges =
            |peak: &Peak| peak.power > POWER_MIN && self.0[0][peak.direction] <= POWER_MAX;
        if let Some(peak) = peaks
            .iter()
            .find(|peak| is_ridges(peak) && peak.norm > POWER_NORM_MIN)
        {
            return peak.direction as i8;
        }

        // A fork: of the two directions beside the strongest, exactly one is strong, too.
        let peak = peaks[0];
        if is_ridges(&peak) && peak.norm >= FORK_PART_OF_NORM * POWER_NORM_MIN {
            let beside = |step: i32| {
                let direction = (peak.direction as i32 + step).rem_euclid(DIRECTIONS);
                self.0[peak.wave][direction as usize] > peak.power * FORK_PART_OF_POWER
            };
            if beside(FORK_INTERVAL) != beside(-FORK_INTERVAL) {
                return peak.direction as i8;
            }
        }
        INVALID
    }
}

/// `morph_TF_map`: fills voids, by growing twice and shrinking twice.
fn close(map: &mut Map) -> Result<(), DetectError> {
    let mut before = map.copy()?;
    for (from, to, beyond) in [(0, 1, 0), (0, 1, 0), (1, 0, 1), (1, 0, 1)] {
        before.cells.copy_from_slice(&map.cells);
        for y in 0..map.height {
            for x in 0..map.width {
                let near = |(dx, dy)| before.get_or(x + dx, y + dy, beyond) == to;
                let touches = [(-1, 0), (1, 0), (0, -1), (0, 1)].into_iter().any(near);
                if before.get(x, y) == from && touches {
                    map.set(x, y, to);
                }
            }
        }
    }
    Ok(())
}

/// The direction that neighbours have in common.
struct Average {
    direction: i8,
    strength: f64,
    valid: i32,
}

/// `average_8nbr_dir`.
fn average(map: &Map, x: i32, y: i32, angles: &DoubleAngles) -> Average {
    let (mut cos_part, mut sin_part, mut valid) = (0.0, 0.0, 0);
    for neighbour in map.neighbours(x, y) {
        if let Ok(direction) = usize::try_from(neighbour) {
            let (cos, sin) = angles[direction];
            cos_part += cos;
            sin_part += sin;
            valid += 1;
        }
    }
    let none = Average {
        direction: INVALID,
        strength: 0.0,
        valid,
    };
    if valid == 0 {
        return none;
    }
    cos_part /= f64::from(valid);
    sin_part /= f64::from(valid);
    let strength = quantize(cos_part * cos_part + sin_part * sin_part);
    if strength < STRENGTH_MIN {
        return none;
    }
    let theta = positive_angle(sin_part, cos_part);
    let unit = 2.0 * core::f64::consts::PI / f64::from(DIRECTIONS);
    let direction = sround(quantize(theta / unit)) % DIRECTIONS;
    Average {
        direction: direction as i8,
        strength,
        valid,
    }
}

/// `closest_dir_dist` on the half turn, and -1 with an invalid direction.
fn distance(a: i8, b: i8) -> i32 {
    if a < 0 || b < 0 {
        return -1;
    }
    let direct = (i32::from(a) - i32::from(b)).abs();
    direct.min(DIRECTIONS - direct)
}

/// `remove_incon_dirs`: removes directions that their neighbours do not bear out, in squares from
/// the middle outwards, until none is left.
fn remove_inconsistent(
    map: &mut Map,
    angles: &DoubleAngles,
    budget: &mut Budget,
) -> Result<(), DetectError> {
    let (width, height) = (map.width, map.height);
    let (cx, cy) = (width >> 1, height >> 1);
    loop {
        budget.spend(8 * (width * height) as usize)?;
        let mut removed = 0;
        let mut test = |x: i32, y: i32| removed += u32::from(remove_if_odd(map, x, y, angles));
        test(cx, cy);
        let (mut left, mut top, mut right, mut bottom) = (cx - 1, cy - 1, cx + 1, cy + 1);
        while left >= 0 || right < width || top >= 0 || bottom < height {
            if top >= 0 {
                (left.max(0)..=(right - 1).min(width - 1)).for_each(|x| test(x, top));
            }
            if right < width {
                (top.max(0)..=(bottom - 1).min(height - 1)).for_each(|y| test(right, y));
            }
            if bottom < height {
                let row = (left - 1).max(0)..=right.min(width - 1);
                row.rev().for_each(|x| test(x, bottom));
            }
            if left >= 0 {
                let column = (top - 1).max(0)..=bottom.min(height - 1);
                column.rev().for_each(|y| test(left, y));
            }
            left -= 1;
            top -= 1;
            right += 1;
            bottom += 1;
        }
        if removed == 0 {
            return Ok(());
        }
    }
}

/// `remove_dir`.
fn remove_if_odd(map: &mut Map, x: i32, y: i32, angles: &DoubleAngles) -> bool {
    let direction = map.get(x, y);
    if direction == INVALID {
        return false;
    }
    let average = average(map, x, y, angles);
    let odd = average.valid < REMOVE_VALID_MIN
        || average.strength >= STRENGTH_MIN
            && distance(average.direction, direction) > DIRECTION_DISTANCE_MAX;
    if odd {
        map.set(x, y, INVALID);
    }
    odd
}

/// `smooth_direction_map`.
fn smooth(
    map: &mut Map,
    low_contrast: &Map,
    angles: &DoubleAngles,
    budget: &mut Budget,
) -> Result<(), DetectError> {
    budget.spend(8 * (map.width * map.height) as usize)?;
    for y in 0..map.height {
        for x in 0..map.width {
            if low_contrast.get(x, y) != 0 {
                continue;
            }
            let average = average(map, x, y, angles);
            let enough = if map.get(x, y) == INVALID {
                SMOOTH_VALID_MIN
            } else {
                REMOVE_VALID_MIN
            };
            if average.strength >= STRENGTH_MIN && average.valid >= enough {
                map.set(x, y, average.direction);
            }
        }
    }
    Ok(())
}

/// `interpolate_direction_map`: gives blocks without a direction that of the nearest blocks above,
/// right, below and left, near ones weighing more.
fn interpolate(map: &mut Map, low_contrast: &Map, budget: &mut Budget) -> Result<(), DetectError> {
    let before = map.copy()?;
    for y in 0..map.height {
        for x in 0..map.width {
            if low_contrast.get(x, y) != 0 || before.get(x, y) != INVALID {
                continue;
            }
            let mut near = [None; 4];
            let towards = [(0, -1), (1, 0), (0, 1), (-1, 0)];
            for (found, step) in near.iter_mut().zip(towards) {
                *found = find_valid(&before, low_contrast, (x, y), step, budget)?;
            }
            let found = || near.iter().flatten();
            if (found().count() as i32) < INTERPOLATE_MIN {
                continue;
            }
            let distances: i32 = found().map(|(_, distance)| distance).sum();
            let weights: i32 = found().map(|(_, distance)| distances - distance).sum();
            let mut average = 0.0;
            for &(direction, distance) in found() {
                let weight = f64::from(distances - distance) / f64::from(weights);
                average += f64::from(direction) * weight;
            }
            map.set(x, y, sround(quantize(average)) as i8);
        }
    }
    Ok(())
}

/// `find_valid_block`: the nearest block that has a direction, and how far it is.
fn find_valid(
    map: &Map,
    low_contrast: &Map,
    (x, y): (i32, i32),
    (dx, dy): (i32, i32),
    budget: &mut Budget,
) -> Result<Option<(i8, i32)>, DetectError> {
    for distance in 1.. {
        budget.spend(1)?;
        let (x, y) = (x + distance * dx, y + distance * dy);
        if !map.contains(x, y) || low_contrast.get(x, y) != 0 {
            break;
        }
        if map.get(x, y) != INVALID {
            return Ok(Some((map.get(x, y), distance)));
        }
    }
    Ok(None)
}

/// `set_margin_blocks`.
fn invalidate_margin(map: &mut Map) {
    for x in 0..map.width {
        map.set(x, 0, INVALID);
        map.set(x, map.height - 1, INVALID);
    }
    for y in 0..map.height {
        map.set(0, y, INVALID);
        map.set(map.width - 1, y, INVALID);
    }
}

/// `gen_high_curve_map`: blocks near cores and deltas.
fn mark_high_curves(
    directions: &Map,
    high_curve: &mut Map,
    budget: &mut Budget,
) -> Result<(), DetectError> {
    budget.spend(16 * (directions.width * directions.height) as usize)?;
    for y in 0..directions.height {
        for x in 0..directions.width {
            let direction = directions.get(x, y);
            let around = directions.neighbours(x, y);
            let curved = if direction == INVALID {
                directions.valid_neighbours(x, y) >= VORTICITY_VALID_MIN
                    && vorticity(&around) >= VORTICITY_MIN
            } else {
                around
                    .iter()
                    .any(|&neighbour| distance(direction, neighbour) >= CURVATURE_MIN)
            };
            high_curve.set(x, y, i8::from(curved));
        }
    }
    Ok(())
}

/// How far directions turn with a walk around a block.
fn vorticity(around: &[i8; 8]) -> i32 {
    let mut turns = 0;
    for (i, &from) in around.iter().enumerate() {
        let to = around[(i + 1) % 8];
        if from != to && from >= 0 && to >= 0 {
            let turn = (i32::from(to) - i32::from(from)).rem_euclid(DIRECTIONS);
            turns += if turn > DIRECTIONS / 2 { -1 } else { 1 };
        }
    }
    turns
}
