//! Makes a print of an image of a finger: minutiae by NIST's MINDTCT.

use anyhow::{Context, Result, bail};
use fprint_mindtct::{GrayImage, detect_minutiae};
use std::path::Path;
use touchseal_proto::message::{MAX_MINUTIAE, Minutia, Print};

/// The resolution that MINDTCT and the templates are in.
const PPI: u16 = 500;

/// Reads an image file (PNG, BMP or PGM, at 500 dpi).
pub fn from_file(path: &Path) -> Result<Print> {
    let image = image::open(path)
        .with_context(|| format!("cannot read an image from {}", path.display()))?
        .into_luma8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    from_pixels(image.as_raw(), width, height)
        .with_context(|| format!("{} shows no usable finger", path.display()))
}

/// The best minutiae of an image of 8-bit grey pixels, row by row from the top.
pub fn from_pixels(pixels: &[u8], width: usize, height: usize) -> Result<Print> {
    let image = GrayImage::new(pixels, width, height, PPI)
        .map_err(|error| anyhow::anyhow!("not a fingerprint image: {error:?}"))?;
    let mut minutiae = detect_minutiae(image);
    // As NBIS does before it matches: the most reliable first.
    minutiae.sort_by_key(|minutia| std::cmp::Reverse(minutia.quality));
    minutiae.truncate(MAX_MINUTIAE);
    if minutiae.is_empty() {
        bail!("no ridge ending or bifurcation was found");
    }
    minutiae
        .iter()
        .map(|m| {
            Ok(Minutia {
                x: m.x.try_into()?,
                y: m.y.try_into()?,
                theta: m.theta.try_into()?,
            })
        })
        .collect::<Result<_>>()
        .map(Print)
}
