//! Minutiae are those of NIST's mindtct.

mod common;

use common::{golden, made_up, xyt};
use touchseal_mindtct::{GrayImage, Limits, detect};

/// Noise has more candidates than a trusted application allows.
const LIMITS: Limits = Limits {
    minutiae: 5_000,
    ..Limits::TRUSTED_APPLICATION
};

#[test]
fn of_fingerprints() {
    for (image, want) in golden() {
        let found = detect(image.gray(), &LIMITS).unwrap();
        assert_eq!(xyt(&found), want, "{image}");
    }
}

/// `tests/nbis.rs` compares `made_up.txt` with NIST's program.
#[test]
fn of_made_up_images() {
    let found: String = made_up()
        .iter()
        .map(|image| {
            let minutiae = detect(image.gray(), &LIMITS).unwrap();
            format!("{image}\n{}", xyt(&minutiae))
        })
        .collect();
    for (found, want) in found
        .lines()
        .zip(include_str!("golden/made_up.txt").lines())
    {
        assert_eq!(found, want);
    }
    assert_eq!(found.len(), include_str!("golden/made_up.txt").len());
}

/// They are within what the matcher accepts, and within the image.
#[test]
fn are_in_range() {
    for image in made_up() {
        let (width, height) = (image.width as i32, image.height as i32);
        for m in detect(image.gray(), &LIMITS).unwrap().iter() {
            assert!(
                (0..width).contains(&m.x) && (1..=height).contains(&m.y),
                "{image}"
            );
            assert!((0..360).contains(&m.theta) && (1..=99).contains(&m.quality));
        }
    }
}

/// What the image is of is not in what it prints.
#[test]
fn pixels_are_not_printed() {
    let pixels = [0xab; 25 * 25];
    let image = GrayImage::new(&pixels, 25, 25).unwrap();
    assert_eq!(format!("{image:?}"), "GrayImage(25x25)");
}
