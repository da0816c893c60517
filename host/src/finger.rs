//! Images of fingers, for a simulated sensor.

use anyhow::{Context, Result, bail};
use std::path::Path;

/// A window of this size is what a common sensor sees of a finger.
const WINDOW: (u16, u16) = (256, 288);

/// Where the window lies about the image's centre, one after the other: far enough apart
/// that each shows something new.
const PLACEMENTS: [(i32, i32); 8] = [
    (0, 0),
    (24, 16),
    (-28, 12),
    (36, -36),
    (-12, -30),
    (12, 40),
    (-40, -10),
    (44, 10),
];

/// How far a sensor's noise goes, in grey levels.
const NOISE: u8 = 2;

/// An image of a finger: 8-bit grey, row by row from the top, at 500 dpi.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// The pixels.
    pub pixels: Vec<u8>,
}

impl Image {
    /// Reads an image file (PNG, BMP or PGM, at 500 dpi).
    pub fn from_file(path: &Path) -> Result<Self> {
        let image = image::open(path)
            .with_context(|| format!("cannot read an image from {}", path.display()))?
            .into_luma8();
        let (Ok(width), Ok(height)) = (image.width().try_into(), image.height().try_into()) else {
            bail!("the image in {} is too large", path.display());
        };
        Ok(Self {
            width,
            height,
            pixels: image.into_raw(),
        })
    }

    /// The part of the finger that a sensor would see, placed for the `n`th time a little
    /// differently. An image that is no larger than a sensor's window is all that there is.
    pub fn placement(&self, n: usize) -> Self {
        let (width, height) = (self.width.min(WINDOW.0), self.height.min(WINDOW.1));
        let (dx, dy) = PLACEMENTS[n % PLACEMENTS.len()];
        let left = within(self.width - width, dx);
        let top = within(self.height - height, dy);
        let rows = self.pixels.chunks(usize::from(self.width).max(1));
        let pixels = rows
            .skip(top)
            .take(height.into())
            .flat_map(|row| &row[left..left + usize::from(width)])
            .copied()
            .collect();
        Self {
            width,
            height,
            pixels,
        }
    }

    /// As a sensor gives it: no two pictures of a finger are the same.
    pub fn with_noise(&self) -> Self {
        let mut noise = vec![0; self.pixels.len()];
        let mut rng = fastrand::Rng::new();
        rng.fill(&mut noise);
        let noisy = |(grey, noise): (&u8, &u8)| {
            grey.saturating_add(noise % (2 * NOISE + 1))
                .saturating_sub(NOISE)
        };
        Self {
            pixels: self.pixels.iter().zip(&noise).map(noisy).collect(),
            ..*self
        }
    }
}

/// Half of `spare`, moved by `by`, but not beyond either end.
fn within(spare: u16, by: i32) -> usize {
    let at = (i32::from(spare) / 2 + by).clamp(0, spare.into());
    usize::try_from(at).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn striped(width: u16, height: u16) -> Image {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x + 3 * y) as u8));
        Image {
            width,
            height,
            pixels: pixels.collect(),
        }
    }

    #[test]
    fn placements_are_windows_of_the_image() {
        let image = striped(400, 500);
        for n in 0..PLACEMENTS.len() {
            let seen = image.placement(n);
            assert_eq!((seen.width, seen.height), WINDOW);
            assert_eq!(seen.pixels.len(), 256 * 288);
        }
        assert_eq!(image.placement(0).pixels[0], (72 + 3 * 106) as u8);
        assert_ne!(image.placement(0), image.placement(1));
        let small = striped(100, 300);
        assert_eq!(small.placement(3).width, 100);
        let window = striped(256, 288);
        assert_eq!(window.placement(5), window);
    }

    #[test]
    fn noise_is_small_and_never_the_same() {
        let image = striped(256, 288);
        let (one, two) = (image.with_noise(), image.with_noise());
        assert_ne!(one, two);
        let pairs = image.pixels.iter().zip(&one.pixels);
        assert!(pairs.into_iter().all(|(a, b)| a.abs_diff(*b) <= NOISE));
    }
}
