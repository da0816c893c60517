//! From a file to a template.

use super::matcher::{self, MAX_PIXELS, MAX_SIDE, Template};
use anyhow::{Context, Result, bail};
use image::{DynamicImage, ImageDecoder, ImageReader};
use std::path::Path;

/// What the trusted application would keep of the image in `path`, or why nothing.
pub fn template(path: &Path) -> Result<Template> {
    let decoder = ImageReader::open(path)
        .context("cannot be opened")?
        .with_guessed_format()
        .context("cannot be read")?
        .into_decoder()
        .context("not an image")?;
    // Before its pixels are decoded: a small file may hold a huge image.
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE || width * height > MAX_PIXELS {
        bail!(
            "{width}x{height} pixels are more than the trusted application takes: {MAX_PIXELS}, \
             and {MAX_SIDE} a side"
        );
    }
    let image = DynamicImage::from_decoder(decoder)
        .context("a damaged image")?
        .into_luma8();
    matcher::extract(image.as_raw(), width as usize, height as usize)
}
