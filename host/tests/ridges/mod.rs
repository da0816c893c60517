//! Made-up fingerprint images: a carrier of ridges, and a spiral of its phase for each minutia
//! (the AM-FM model). They exercise the way from a file to a rate, and prove nothing about the
//! rates of real fingers.

use image::GrayImage;
use std::f64::consts::TAU;

pub const WIDTH: u32 = 320;
pub const HEIGHT: u32 = 400;

/// Pixels from ridge to ridge, at 500 dpi.
const PERIOD: f64 = 9.0;
const MINUTIAE: usize = 30;
/// No two minutiae are closer, so that both are found.
const APART: f64 = 36.0;

struct Rng(u64);

impl Rng {
    fn unit(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}

struct Minutia {
    x: f64,
    y: f64,
    turn: f64,
}

/// What a seed's finger looks like.
pub struct Finger {
    /// Where the ridges' circles have their middle.
    middle: (f64, f64),
    minutiae: Vec<Minutia>,
}

impl Finger {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        rng.unit();
        let middle = (rng.between(60.0, 260.0), rng.between(450.0, 700.0));
        let mut minutiae: Vec<Minutia> = Vec::new();
        while minutiae.len() < MINUTIAE {
            let x = rng.between(40.0, f64::from(WIDTH) - 40.0);
            let y = rng.between(40.0, f64::from(HEIGHT) - 40.0);
            if minutiae.iter().all(|m| (m.x - x).hypot(m.y - y) >= APART) {
                let turn = if rng.unit() < 0.5 { 1.0 } else { -1.0 };
                minutiae.push(Minutia { x, y, turn });
            }
        }
        Self { middle, minutiae }
    }

    fn phase(&self, x: f64, y: f64) -> f64 {
        let distance = (x - self.middle.0).hypot(y - self.middle.1);
        let spirals = self
            .minutiae
            .iter()
            .map(|m| m.turn * (y - m.y).atan2(x - m.x));
        TAU * distance / PERIOD + spirals.sum::<f64>()
    }

    /// An image of it: moved, turned and noisy, as the seed has it.
    pub fn impression(&self, seed: u64) -> GrayImage {
        let mut rng = Rng(seed.wrapping_add(77).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        rng.unit();
        let (dx, dy) = (rng.between(-8.0, 8.0), rng.between(-8.0, 8.0));
        let (sin, cos) = rng.between(-6.0, 6.0).to_radians().sin_cos();
        let (cx, cy) = (f64::from(WIDTH) / 2.0, f64::from(HEIGHT) / 2.0);
        GrayImage::from_fn(WIDTH, HEIGHT, |column, row| {
            let (x, y) = (f64::from(column) - cx, f64::from(row) - cy);
            let phase = self.phase(cx + dx + x * cos - y * sin, cy + dy + x * sin + y * cos);
            let grey = 127.0 + 100.0 * phase.cos() + rng.between(-25.0, 25.0);
            image::Luma([grey.clamp(0.0, 255.0) as u8])
        })
    }
}
