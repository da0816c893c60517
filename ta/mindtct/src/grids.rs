// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables that depend on nothing but the parameters (`init.c`): the pixels of a grid in each
//! direction, the sines of the directions.

use core::f64::consts::PI;

use crate::bounds::{DetectError, Secret, room};
use crate::consts::{DIRECTIONS, GRID_HEIGHT, GRID_WIDTH, WINDOW};
use crate::num::{quantize, sround};
use crate::patch::Patch;

/// Bytes of the grids that windows are transformed through.
pub(crate) const DFT_GRIDS: usize = 2 * (DIRECTIONS * WINDOW * WINDOW) as usize;
/// Bytes of the grids that pixels are binarized through.
pub(crate) const BINARIZATION_GRIDS: usize = 2 * (DIRECTIONS * GRID_WIDTH * GRID_HEIGHT) as usize;

/// A grid, turned to each direction: where its pixels are in a [`Patch`], row by row.
pub(crate) struct Grids {
    places: Secret<u16>,
    area: usize,
}

impl Grids {
    /// For windows, from the corner of the grid.
    pub(crate) fn of_windows() -> Result<Self, DetectError> {
        let center = f64::from(WINDOW - 1) / 2.0;
        Self::new(WINDOW, WINDOW, center)
    }

    /// For pixels, from the middle of the grid.
    pub(crate) fn of_pixels() -> Result<Self, DetectError> {
        Self::new(GRID_WIDTH, GRID_HEIGHT, 0.0)
    }

    /// `init_rotgrids`.
    fn new(width: i32, height: i32, origin: f64) -> Result<Self, DetectError> {
        let area = (width * height) as usize;
        let mut places = room(DIRECTIONS as usize * area)?;
        let cx = f64::from(width - 1) / 2.0;
        let cy = f64::from(height - 1) / 2.0;
        for direction in 0..DIRECTIONS {
            let theta = PI / 2.0 + f64::from(direction) * (PI / f64::from(DIRECTIONS));
            let (sin, cos) = libm::sincos(theta);
            for iy in 0..height {
                let fxm = -((f64::from(iy) - cy) * sin) + origin;
                let fym = (f64::from(iy) - cy) * cos + origin;
                for ix in 0..width {
                    let x = sround(quantize(fxm + (f64::from(ix) - cx) * cos));
                    let y = sround(quantize(fym + (f64::from(ix) - cx) * sin));
                    places.push(Patch::place(x, y));
                }
            }
        }
        Ok(Self { places, area })
    }

    /// The grid in one direction.
    pub(crate) fn direction(&self, direction: usize) -> &[u16] {
        &self.places[direction * self.area..][..self.area]
    }
}

/// The cosine and sine of twice each direction, which tell directions half a turn apart from the
/// same one (`init_dir2rad`).
pub(crate) type DoubleAngles = [(f64, f64); DIRECTIONS as usize];

/// `init_dir2rad`.
pub(crate) fn double_angles() -> DoubleAngles {
    core::array::from_fn(|i| {
        let theta = i as f64 * (2.0 * PI / f64::from(DIRECTIONS));
        (quantize(libm::cos(theta)), quantize(libm::sin(theta)))
    })
}
