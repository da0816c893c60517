// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! From grey to ridges and valleys (`binar.c`): a pixel is ridge when the row through it, along the
//! ridges, is darker than the grid around it.

use crate::GrayImage;
use crate::bitmap::Bitmap;
use crate::bounds::{Budget, DetectError};
use crate::consts::{BLOCK, GRID_HEIGHT, GRID_WIDTH, HOLE_PASSES};
use crate::grids::Grids;
use crate::maps::Map;

/// `binarize_V2`.
pub(crate) fn binarize(
    image: &GrayImage<'_>,
    directions: &Map,
    budget: &mut Budget,
) -> Result<Bitmap, DetectError> {
    let grids = Grids::of_pixels()?;
    let mut bitmap = Bitmap::new(image.width(), image.height())?;
    for y in 0..image.height() {
        for x in 0..image.width() {
            // Where ridges have no direction, all is valley.
            if let Ok(direction) = usize::try_from(directions.get(x / BLOCK, y / BLOCK)) {
                budget.spend((GRID_WIDTH * GRID_HEIGHT) as usize)?;
                bitmap.set(x, y, is_ridge(image, x, y, grids.direction(direction)));
            }
        }
    }
    for _ in 0..HOLE_PASSES {
        bitmap.fill_holes(budget)?;
    }
    Ok(bitmap)
}

/// `dirbinarize`.
fn is_ridge(image: &GrayImage<'_>, x: i32, y: i32, grid: &[(i8, i8)]) -> bool {
    let mut all = 0;
    let mut center = 0;
    for (i, row) in grid.chunks_exact(GRID_WIDTH as usize).enumerate() {
        let sum: i32 = row
            .iter()
            .map(|&(dx, dy)| image.padded(x + i32::from(dx), y + i32::from(dy)))
            .sum();
        all += sum;
        if i as i32 == (GRID_HEIGHT - 1) / 2 {
            center = sum;
        }
    }
    center * GRID_HEIGHT < all
}
