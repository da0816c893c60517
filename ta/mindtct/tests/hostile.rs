//! Whatever the image is: no panic (these tests run with overflow checks), no endless work, no more
//! candidates than the limits allow.

mod common;

use common::{Image, Seeded, blank, checkerboard, finger, golden, grating, noise};
use touchseal_mindtct::{
    DetectError, GrayImage, Limits, MAX_SIDE, MIN_SIDE, detect, detect_effort,
};

/// More candidates than in a trusted application, so that more of the code is reached.
const LIMITS: Limits = Limits {
    side: MAX_SIDE,
    minutiae: 5_000,
    ..Limits::TRUSTED_APPLICATION
};

/// How many minutiae there are, if it is not too complex.
fn minutiae(image: &Image) -> Option<usize> {
    let (result, effort) = detect_effort(image.gray(), &LIMITS);
    assert!(effort.minutiae <= LIMITS.minutiae, "{image}");
    match result {
        Ok(minutiae) => Some(minutiae.len()),
        Err(error) => {
            assert_eq!(error, DetectError::TooComplex, "{image}");
            assert!(effort.steps < LIMITS.steps + 100_000, "stops soon: {image}");
            None
        }
    }
}

#[test]
fn blank_images_have_none() {
    for grey in [0, 1, 31, 32, 127, 128, 254, 255] {
        for size in [(25, 25), (26, 31), (160, 160), (640, 480)] {
            assert_eq!(minutiae(&blank(size, grey)), Some(0));
        }
    }
}

#[test]
fn gratings_and_checkerboards() {
    for size in [(160, 120), (97, 131)] {
        for field in 1..=24 {
            minutiae(&checkerboard(size, field));
            minutiae(&checkerboard(size, field).noisy(90, 1));
        }
        for period in 4..60 {
            for degrees in (0..180).step_by(31) {
                minutiae(&grating(size, f64::from(period) / 2.0, degrees));
            }
        }
    }
}

#[test]
fn noise_of_every_strength() {
    for seed in 0..16 {
        let seeded = seed as usize;
        minutiae(&noise((120 + seeded, 150 - seeded), seed));
        minutiae(&finger((150, 140), seed).noisy(19 * seeded, seed));
        minutiae(&finger((150, 140), seed).blotted(9 * seeded, seed));
    }
}

/// Features of one pixel, alone and in every distance, on every ground.
#[test]
fn single_pixels_and_lines() {
    for (ground, ink) in [(0, 255), (255, 0), (128, 90)] {
        for step in 1..12 {
            let dots = |x: usize, y: usize| {
                if x.is_multiple_of(step) && y.is_multiple_of(step + 1) {
                    ink
                } else {
                    ground
                }
            };
            let rows = |_: usize, y: usize| if y.is_multiple_of(step) { ink } else { ground };
            let corners = |x: usize, y: usize| {
                if (x / step) ^ (y / step) & 3 == 1 {
                    ink
                } else {
                    ground
                }
            };
            minutiae(&Image::new("dots", (90, 70), dots));
            minutiae(&Image::new("rows", (90, 70), rows));
            minutiae(&Image::new("corners", (90, 70), corners));
        }
    }
}

#[test]
fn every_shape_of_image() {
    for side in (25..=42).chain([80, 81, 255, 1201]) {
        for other in [25, 26, 31, 32, 33, 34] {
            let seed = (side * other) as u64;
            for size in [(side, other), (other, side)] {
                minutiae(&grating(size, 7.0, side as i32).blotted(side / 3, seed));
                minutiae(&noise(size, seed));
            }
        }
    }
}

/// Whatever an attacker changes of a fingerprint.
#[test]
fn mutations_of_fingerprints() {
    let mut seeded = Seeded::new(11);
    let golden = golden();
    for round in 0..200 {
        let mut image = golden[round % golden.len()].0.clone();
        for _ in 0..1 + seeded.below(6) {
            let (from, length) = (seeded.below(image.pixels.len()), seeded.below(3000));
            let until = (from + length).min(image.pixels.len());
            let grey = seeded.below(256) as u8;
            match seeded.below(4) {
                0 => image.pixels[from..until].fill(grey),
                1 => image.pixels[from..until].reverse(),
                2 => image.pixels[from..until].rotate_left((until - from) / 3),
                _ => image.pixels[from..until]
                    .iter_mut()
                    .for_each(|p| *p ^= grey),
            }
        }
        // The same pixels in lines of another length.
        if round.is_multiple_of(3) {
            image.width = 25 + seeded.below(300);
            image.height = image.pixels.len() / image.width;
            image.pixels.truncate(image.width * image.height);
        }
        if image.height >= MIN_SIDE {
            minutiae(&image);
        }
    }
}

#[test]
fn noise_is_too_complex_for_a_trusted_application() {
    let image = noise((640, 480), 1);
    let result = detect(image.gray(), &Limits::TRUSTED_APPLICATION);
    assert_eq!(result, Err(DetectError::TooComplex));
}

#[test]
fn each_limit_refuses() {
    let image = finger((180, 150), 2);
    let (result, effort) = detect_effort(image.gray(), &Limits::REFERENCE);
    let exact = Limits {
        side: 180,
        pixels: 180 * 150,
        minutiae: effort.minutiae,
        steps: effort.steps,
    };
    assert!(result.as_ref().unwrap().len() > 5 && effort.minutiae > 10);
    assert_eq!(detect(image.gray(), &exact), result);
    for (limits, error) in [
        (Limits { side: 179, ..exact }, DetectError::TooLarge),
        (
            Limits {
                pixels: exact.pixels - 1,
                ..exact
            },
            DetectError::TooLarge,
        ),
        (
            Limits {
                minutiae: exact.minutiae - 1,
                ..exact
            },
            DetectError::TooComplex,
        ),
        (
            Limits {
                steps: exact.steps - 1,
                ..exact
            },
            DetectError::TooComplex,
        ),
    ] {
        assert_eq!(detect(image.gray(), &limits), Err(error), "{limits:?}");
    }
    for steps in (0..exact.steps).step_by(exact.steps as usize / 50) {
        let (result, effort) = detect_effort(image.gray(), &Limits { steps, ..exact });
        assert_eq!(result, Err(DetectError::TooComplex));
        assert!(effort.steps < steps + 100_000, "stops soon");
    }
}

#[test]
fn the_step_count_depends_on_nothing_but_the_image() {
    let image = finger((150, 150), 3);
    let effort = || detect_effort(image.gray(), &LIMITS).1;
    assert_eq!(effort(), effort());
}

#[test]
fn sizes_are_checked() {
    let pixels = vec![0; MAX_SIDE * 26];
    let size = |width, height, length| GrayImage::new(&pixels[..length], width, height).err();
    assert_eq!(size(25, 25, 625), None);
    assert_eq!(size(MAX_SIDE, 25, MAX_SIDE * 25), None);
    for (width, height, length, error) in [
        (24, 25, 600, DetectError::TooSmall),
        (25, 24, 600, DetectError::TooSmall),
        (0, 0, 0, DetectError::TooSmall),
        (MAX_SIDE + 1, 25, 25, DetectError::TooLarge),
        (25, usize::MAX, 0, DetectError::TooLarge),
        (25, 25, 624, DetectError::WrongSize),
        (25, 25, 626, DetectError::WrongSize),
        (25, 26, 0, DetectError::WrongSize),
    ] {
        assert_eq!(size(width, height, length), Some(error), "{width}x{height}");
    }
}
