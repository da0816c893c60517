//! Made-up fingers: minutiae in a field of ridges, and impressions that are moved,
//! turned and a little blurred. They exercise the matcher, and prove nothing about
//! its error rates.

use touchseal::proto::message::{Minutia, Print};

struct Rng(u64);

impl Rng {
    fn next(&mut self, below: u64) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % below) as f64
    }
}

const MINUTIAE: usize = 40;

fn minutiae(seed: u64) -> Vec<(f64, f64, f64)> {
    let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..MINUTIAE)
        .map(|_| (60.0 + rng.next(240), 60.0 + rng.next(320), rng.next(360)))
        .collect()
}

fn print(minutiae: impl Iterator<Item = (f64, f64, f64)>) -> Print {
    Print(
        minutiae
            .map(|(x, y, theta)| Minutia {
                x: x.round() as u16,
                y: y.round() as u16,
                theta: theta.round().rem_euclid(360.0) as u16,
            })
            .collect(),
    )
}

/// A finger.
pub fn finger(seed: u64) -> Print {
    print(minutiae(seed).into_iter())
}

/// Another impression of it.
pub fn impression(seed: u64, variation: u64) -> Print {
    let mut rng = Rng(variation);
    let (dx, dy, turn) = (rng.next(30) - 15.0, rng.next(30) - 15.0, rng.next(12) - 6.0);
    let (sin, cos) = turn.to_radians().sin_cos();
    print(minutiae(seed).into_iter().skip(3).map(|(x, y, theta)| {
        let (x, y) = (x - 180.0, y - 220.0);
        (
            180.0 + dx + x * cos - y * sin + rng.next(3) - 1.0,
            220.0 + dy + x * sin + y * cos + rng.next(3) - 1.0,
            theta + turn + rng.next(5) - 2.0,
        )
    }))
}
