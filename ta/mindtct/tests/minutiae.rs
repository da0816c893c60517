//! Minutiae are those of NIST's mindtct, and of the crate that this one is a port of.

mod common;

use common::{Image, made_up, real_and_spoilt};
use touchseal_mindtct::{DetectError, Limits, Minutia, detect};

const LIMITS: Limits = Limits::TRUSTED_APPLICATION;

fn upstream(image: &Image) -> Vec<Minutia> {
    let gray =
        fprint_mindtct::GrayImage::new(&image.pixels, image.width, image.height, 500).unwrap();
    fprint_mindtct::detect_minutiae(gray)
        .iter()
        .map(|m| Minutia {
            x: m.x,
            y: m.y,
            theta: m.theta,
            quality: m.quality,
        })
        .collect()
}

/// How many minutiae were compared.
fn compare(images: &[Image]) -> usize {
    let mut minutiae = 0;
    for image in images {
        match detect(image.gray(), &LIMITS) {
            Ok(found) => {
                assert_eq!(*found, upstream(image), "{image}");
                minutiae += found.len();
            }
            Err(error) => assert_eq!(error, DetectError::TooComplex, "{image}"),
        }
    }
    minutiae
}

#[test]
fn of_made_up_images_as_upstream() {
    let minutiae = compare(&made_up());
    assert!(minutiae > 1000, "{minutiae}");
}

/// Where `TOUCHSEAL_FINGERS` names real images, of those, too.
#[test]
fn of_real_images_as_upstream() {
    let images = real_and_spoilt();
    assert!(compare(&images) >= 20 * images.len());
}
