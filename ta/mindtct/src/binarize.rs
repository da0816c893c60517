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
use crate::patch::Patch;

/// `binarize_V2`.
pub(crate) fn binarize(
    image: &GrayImage<'_>,
    directions: &Map,
    budget: &mut Budget,
) -> Result<Bitmap, DetectError> {
    let grids = Grids::of_pixels()?;
    let mut patch = Patch::new()?;
    let mut bitmap = Bitmap::new(image.width(), image.height())?;
    for by in 0..directions.height {
        for bx in 0..directions.width {
            // Where ridges have no direction, all is valley.
            let Ok(direction) = usize::try_from(directions.get(bx, by)) else {
                continue;
            };
            let (x, y) = (BLOCK * bx, BLOCK * by);
            let (width, height) = (image.width() - x, image.height() - y);
            patch.take(image, x, y);
            for dy in 0..height.min(BLOCK) {
                for dx in 0..width.min(BLOCK) {
                    budget.spend((GRID_WIDTH * GRID_HEIGHT) as usize)?;
                    let ridge = is_ridge(&patch, dx, dy, grids.direction(direction));
                    bitmap.set(x + dx, y + dy, ridge);
                }
            }
        }
    }
    for _ in 0..HOLE_PASSES {
        bitmap.fill_holes(budget)?;
    }
    Ok(bitmap)
}

/// `dirbinarize`.
fn is_ridge(patch: &Patch, x: i32, y: i32, grid: &[u16]) -> bool {
    let mut all = 0;
    let mut center = 0;
    for (i, row) in grid.chunks_exact(GRID_WIDTH as usize).enumerate() {
        let sum = patch.sum(x, y, row);
        all += sum;
        if i as i32 == (GRID_HEIGHT - 1) / 2 {
            center = sum;
        }
    }
    center * GRID_HEIGHT < all
}
