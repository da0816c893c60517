//! Made-up fingers: ridges as a wave whose phase turns once around each minutia (the AM-FM
//! model of fingerprints), and impressions that are moved, turned and noisy. They exercise
//! extraction and matching, and prove nothing about error rates.

use std::collections::HashMap;
use std::f64::consts::TAU;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A picture's width: that of common sensors.
pub const WIDTH: u16 = 256;
/// Its height.
pub const HEIGHT: u16 = 288;

const RIDGE_PERIOD: f64 = 9.0;
/// Nearer minutiae than this would disturb each other.
const APART: f64 = 30.0;
/// Half the sides of the area where a finger has minutiae: larger than a picture.
const HALF: (f64, f64) = (180.0, 200.0);
/// How far the noise goes, in grey levels.
const NOISE: i32 = 5;

/// An 8-bit grey picture, row by row from the top, at 500 dpi.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// The pixels.
    pub pixels: Vec<u8>,
}

struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: u16) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit)) as f64
    }
}

struct Finger {
    /// Where, and which way the phase turns: 1 or -1.
    minutiae: Vec<(f64, f64, f64)>,
    /// The ridges' centre, below the picture.
    centre: (f64, f64),
}

impl Finger {
    fn new(seed: u64) -> Self {
        let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut minutiae = Vec::<(f64, f64, f64)>::new();
        for _ in 0..4000 {
            let (x, y) = (rng.below(360) - HALF.0, rng.below(400) - HALF.1);
            if minutiae.iter().all(|m| (m.0 - x).hypot(m.1 - y) > APART) {
                minutiae.push((
                    x,
                    y,
                    if minutiae.len().is_multiple_of(2) {
                        1.0
                    } else {
                        -1.0
                    },
                ));
            }
        }
        let centre = (rng.below(120) - 60.0, 160.0 + rng.below(80));
        Self { minutiae, centre }
    }

    /// The wave at a place, -1 to 1: the product of a turn for each minutia and of the
    /// ridges' own phase, as complex numbers.
    fn wave(&self, x: f64, y: f64) -> f64 {
        let distance = (x - self.centre.0).hypot(y - self.centre.1);
        let (mut im, mut re) = (distance * TAU / RIDGE_PERIOD).sin_cos();
        for (mx, my, turn) in &self.minutiae {
            // The scale keeps the product within a double's range.
            let (c, s) = ((x - mx) / HALF.0, turn * (y - my) / HALF.0);
            (re, im) = (re * c - im * s, re * s + im * c);
        }
        let length = re.hypot(im);
        if length > 0.0 { re / length } else { 0.0 }
    }

    /// Moved by so many pixels and turned by so many degrees.
    fn picture(&self, dx: f64, dy: f64, degrees: f64) -> Vec<u8> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let centred = |at: u16, side: u16| f64::from(at) - f64::from(side) / 2.0;
        let grey = |i: u16, j: u16| {
            let (x, y) = (centred(i, WIDTH) - dx, centred(j, HEIGHT) - dy);
            127.0 + 100.0 * self.wave(x * cos - y * sin, x * sin + y * cos)
        };
        (0..HEIGHT)
            .flat_map(|j| (0..WIDTH).map(move |i| (i, j)))
            .map(|(i, j)| grey(i, j) as u8)
            .collect()
    }
}

/// How a finger was placed: far enough from each other to add something, near enough to
/// be of one finger.
const PLACEMENTS: [(f64, f64, f64); 6] = [
    (0.0, 0.0, 0.0),
    (22.0, 9.0, 4.0),
    (-20.0, 14.0, -5.0),
    (6.0, -26.0, 2.0),
    (10.0, 4.0, 1.0),
    (-9.0, -8.0, -2.0),
];

type Drawn = Mutex<HashMap<(u64, usize), Arc<Vec<u8>>>>;

/// An impression of the finger `seed`, with a sensor's noise: no two are the same bytes.
pub fn impression(seed: u64, placement: u64) -> Picture {
    static DRAWN: LazyLock<Drawn> = LazyLock::new(Mutex::default);
    static TAKEN: AtomicU64 = AtomicU64::new(1);
    let placement = (placement % PLACEMENTS.len() as u64) as usize;
    let drawn = {
        let mut all = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
        let (dx, dy, degrees) = PLACEMENTS[placement];
        all.entry((seed, placement))
            .or_insert_with(|| Arc::new(Finger::new(seed).picture(dx, dy, degrees)))
            .clone()
    };
    let mut rng = Rng(TAKEN.fetch_add(1, Ordering::Relaxed) << 16);
    let pixels = drawn
        .iter()
        .map(|grey| {
            let grey = i32::from(*grey) + rng.below(2 * NOISE as u16 + 1) as i32 - NOISE;
            grey.clamp(0, 255) as u8
        })
        .collect();
    Picture {
        width: WIDTH,
        height: HEIGHT,
        pixels,
    }
}
