// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! How far a minutia is to be trusted: by the maps, and by the contrast around it (`quality.c`).

use crate::GrayImage;
use crate::consts::{IDEAL_DEVIATION, IDEAL_MEAN, QUALITY_BLOCKS, QUALITY_RADIUS};
use crate::maps::{INVALID, Maps};

/// `combined_minutia_quality`, `0.01..=0.99`.
pub(crate) fn reliability(image: &GrayImage<'_>, maps: &Maps, (x, y): (i32, i32)) -> f64 {
    let contrast = contrast(image, x, y);
    match of_block(maps, maps.block(x, y)) {
        4 => 0.50 + 0.49 * contrast,
        3 => 0.25 + 0.24 * contrast,
        2 => 0.10 + 0.14 * contrast,
        1 => 0.05 + 0.04 * contrast,
        _ => 0.01,
    }
}

/// `gen_quality_map`, for one block: 0 to 4.
fn of_block(maps: &Maps, (x, y): (i32, i32)) -> i32 {
    let is_void = |x, y| maps.low_contrast.get(x, y) != 0 || maps.direction.get(x, y) == INVALID;
    let is_poor = |x, y| maps.low_flow.get(x, y) != 0 || maps.high_curve.get(x, y) != 0;
    if is_void(x, y) {
        return 0;
    }
    let (xs, ys) = (
        x - QUALITY_BLOCKS..=x + QUALITY_BLOCKS,
        y - QUALITY_BLOCKS..=y + QUALITY_BLOCKS,
    );
    if !maps.direction.contains(*xs.start(), *ys.start())
        || !maps.direction.contains(*xs.end(), *ys.end())
    {
        return 1;
    }
    let mut around = ys.flat_map(|y| xs.clone().map(move |x| (x, y)));
    let worst = if around.clone().any(|(x, y)| is_void(x, y)) {
        2
    } else {
        i32::from(around.any(|(x, y)| is_poor(x, y)))
    };
    4 - i32::from(is_poor(x, y)) - worst
}

/// `grayscale_reliability`: 1 when the pixels around a minutia are half light and half dark, 0 at
/// the border of the image.
fn contrast(image: &GrayImage<'_>, x: i32, y: i32) -> f64 {
    let (mean, deviation) = mean_and_deviation(image, x, y);
    let by_deviation = if deviation > IDEAL_DEVIATION {
        1.0
    } else {
        deviation / IDEAL_DEVIATION
    };
    let by_mean = 1.0 - (mean - IDEAL_MEAN).abs() / IDEAL_MEAN;
    // Not `f64::min`: the deviation may be the root of a little less than 0, which is not a number.
    if by_deviation < by_mean {
        by_deviation
    } else {
        by_mean
    }
}

/// `get_neighborhood_stats`.
fn mean_and_deviation(image: &GrayImage<'_>, x: i32, y: i32) -> (f64, f64) {
    let inside = |at: i32, side: i32| (QUALITY_RADIUS..side - QUALITY_RADIUS).contains(&at);
    if !inside(x, image.width()) || !inside(y, image.height()) {
        return (0.0, 0.0);
    }
    let (mut sum, mut squares) = (0, 0);
    for y in y - QUALITY_RADIUS..=y + QUALITY_RADIUS {
        for x in x - QUALITY_RADIUS..=x + QUALITY_RADIUS {
            let pixel = i32::from(image.pixel(x, y));
            sum += pixel;
            squares += pixel * pixel;
        }
    }
    let count = f64::from((2 * QUALITY_RADIUS + 1).pow(2));
    let mean = f64::from(sum) / count;
    let variance = f64::from(squares) / count - mean * mean;
    (mean, libm::sqrt(variance))
}
