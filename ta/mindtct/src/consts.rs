// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! The parameters of the reference's version 2 (`lfs.h`, `lfsparms_V2`): those that decide about
//! minutiae and their quality.

use core::f64::consts::PI;

/// Directions of a half turn: ridges have no head. Those of minutiae are counted on the whole turn.
pub(crate) const DIRECTIONS: i32 = 16;
pub(crate) const FULL_TURN: i32 = 2 * DIRECTIONS;
/// What is called 45 degrees, on the whole turn.
pub(crate) const QUARTER: i32 = DIRECTIONS / 4;

// Block maps.
pub(crate) const BLOCK: i32 = 8;
/// The side of the window around a block that its direction is taken from.
pub(crate) const WINDOW: i32 = 24;
pub(crate) const WINDOW_OFFSET: i32 = 8;
/// What is beyond the border of the image, of 6 bits (`PAD_VALUE` is 128).
pub(crate) const PAD_VALUE: u8 = 32;
pub(crate) const REMOVE_VALID_MIN: i32 = 3;
pub(crate) const STRENGTH_MIN: f64 = 0.2;
pub(crate) const DIRECTION_DISTANCE_MAX: i32 = 3;
pub(crate) const SMOOTH_VALID_MIN: i32 = 7;
pub(crate) const VORTICITY_VALID_MIN: i32 = 7;
pub(crate) const VORTICITY_MIN: i32 = 5;
pub(crate) const CURVATURE_MIN: i32 = 5;
pub(crate) const INTERPOLATE_MIN: i32 = 2;
pub(crate) const PERCENTILE: f64 = 10.0;
pub(crate) const CONTRAST_MIN: i32 = 5;

// Discrete Fourier transforms of windows.
pub(crate) const WAVES: usize = 4;
pub(crate) const POWER_MIN: f64 = 100_000.0;
pub(crate) const POWER_NORM_MIN: f64 = 3.8;
pub(crate) const POWER_MAX: f64 = 50_000_000.0;
pub(crate) const POWER_SUM_MIN: f64 = 10.0;
pub(crate) const FORK_INTERVAL: i32 = 2;
pub(crate) const FORK_PART_OF_POWER: f64 = 0.7;
pub(crate) const FORK_PART_OF_NORM: f64 = 0.75;

// Binarization.
pub(crate) const GRID_WIDTH: i32 = 7;
pub(crate) const GRID_HEIGHT: i32 = 9;
pub(crate) const HOLE_PASSES: usize = 3;

// Detection.
pub(crate) const MINUTIA_DELTA: i32 = 10;
pub(crate) const CURVE_THETA_MAX: f64 = PI / 3.0;
pub(crate) const CURVE_HALF_CONTOUR: usize = 14;
pub(crate) const LOOP_MIN: usize = 20;
pub(crate) const LOOP_ASPECT_DISTANCE: i32 = 1;
pub(crate) const LOOP_ASPECT_RATIO: f64 = 2.25;

// Removal of false minutiae.
pub(crate) const REMOVAL_DISTANCE: i32 = 16;
pub(crate) const HOOK_MAX: usize = 30;
pub(crate) const HALF_LOOP_MAX: usize = 30;
pub(crate) const POINTING_PIXELS: f64 = 4.0;
pub(crate) const SMALL_LOOP: usize = 15;
pub(crate) const SIDE_HALF_CONTOUR: usize = 7;
pub(crate) const INVALID_MARGIN: i32 = 4;
pub(crate) const NEAR_VALID_MIN: i32 = 7;
pub(crate) const OVERLAP_DISTANCE: i32 = 8;
pub(crate) const OVERLAP_JOIN_DISTANCE: i32 = 6;
pub(crate) const FREE_TRANSITIONS: usize = 2;
pub(crate) const MALFORMATION_NEAR: usize = 10;
pub(crate) const MALFORMATION_FAR: usize = 20;
pub(crate) const MALFORMATION_RATIO: f64 = 2.0;
pub(crate) const MALFORMATION_DISTANCE: i32 = 20;
pub(crate) const PORE_BEHIND: f64 = 3.0;
pub(crate) const PORE_ACROSS: usize = 12;
pub(crate) const PORE_FORWARD: usize = 10;
pub(crate) const PORE_BACKWARD: usize = 8;
pub(crate) const PORE_RATIO: f64 = 2.25;

// Quality.
/// Pixels to each side of a minutia: 11 at 500 ppi.
pub(crate) const QUALITY_RADIUS: i32 = 11;
pub(crate) const IDEAL_DEVIATION: f64 = 64.0;
pub(crate) const IDEAL_MEAN: f64 = 127.0;
/// Blocks to each side that lower the quality of a block.
pub(crate) const QUALITY_BLOCKS: i32 = 2;
