//! Prints made up from a seed.
#![allow(dead_code, reason = "each test file uses a part")]

use touchseal_bozorth3::Minutia;

/// A small deterministic generator: these tests need variety, not randomness.
pub struct Seeded(u64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1))
    }

    /// A number in `0..end`.
    pub fn below(&mut self, end: i32) -> i32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i32 % end
    }
}

/// Minutiae anywhere in a square, at any angle.
pub fn random(count: usize, side: i32, seed: u64) -> Vec<Minutia> {
    let mut seeded = Seeded::new(seed);
    (0..count)
        .map(|_| Minutia {
            x: seeded.below(side),
            y: seeded.below(side),
            theta: seeded.below(360),
        })
        .collect()
}

/// Minutiae as a finger has them: 10 pixels apart at least, angles along a smooth field of ridges.
pub fn finger(count: usize, side: i32, seed: u64) -> Vec<Minutia> {
    let mut seeded = Seeded::new(seed);
    let mut print: Vec<Minutia> = Vec::new();
    while print.len() < count {
        let (x, y) = (100 + seeded.below(side), 100 + seeded.below(side));
        if print
            .iter()
            .any(|m| (m.x - x).pow(2) + (m.y - y).pow(2) < 100)
        {
            continue;
        }
        let (dx, dy) = (f64::from(x - 100 - side / 2), f64::from(y - 100 - side / 2));
        let ridge = dx.atan2(dy + 0.1).to_degrees() as i32 + 90;
        let theta = (ridge + seeded.below(21) - 10 + 180 * seeded.below(2)).rem_euclid(360);
        print.push(Minutia { x, y, theta });
    }
    print
}

/// The same finger again: turned, shifted, imprecise, and with a tenth of the minutiae lost.
pub fn again(print: &[Minutia], degrees: i32, seed: u64) -> Vec<Minutia> {
    let mut seeded = Seeded::new(seed);
    let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
    print
        .iter()
        .skip(print.len() / 10)
        .map(|m| {
            let (x, y) = (f64::from(m.x), f64::from(m.y));
            let mut near = |value: f64| value as i32 + seeded.below(5) - 2;
            Minutia {
                x: near(x * cos - y * sin + 700.0),
                y: near(x * sin + y * cos + 700.0),
                theta: near(f64::from(m.theta + degrees)).rem_euclid(360),
            }
        })
        .collect()
}

/// Equal angles on a grid: every edge is like many others, the worst case of the matcher.
pub fn lattice(count: i32, spacing: i32) -> Vec<Minutia> {
    (0..count)
        .map(|i| Minutia {
            x: 50 + i % 12 * spacing,
            y: 50 + i / 12 * spacing,
            theta: 45,
        })
        .collect()
}
