//! The trusted application's own extraction and matching, and its bounds.

use crate::finger;
use anyhow::{Result, bail};
use touchseal_bozorth3::{Limits, MIN_COMPUTABLE_BOZORTH_MINUTIAE, Minutia, match_score};
use touchseal_proto::message::Print;

/// What is kept of an impression.
pub type Template = Print;

/// The score from which on two impressions are of one finger.
pub const THRESHOLD: u32 = 40;
/// The longest side of an image that is taken, in pixels.
pub const MAX_SIDE: u32 = 640;
/// And the most pixels: 640x480, lying or standing.
pub const MAX_PIXELS: u32 = 640 * 480;

/// The minutiae of an image of 8-bit grey pixels at 500 dpi.
pub fn extract(pixels: &[u8], width: usize, height: usize) -> Result<Template> {
    let print = finger::from_pixels(pixels, width, height)?;
    let found = print.0.len();
    if found < MIN_COMPUTABLE_BOZORTH_MINUTIAE {
        bail!("{found} minutiae are too few: {MIN_COMPUTABLE_BOZORTH_MINUTIAE} are needed");
    }
    Ok(print)
}

/// How alike two impressions are; `None` is "cannot tell", which is no match at any threshold.
pub fn score(probe: &Template, template: &Template) -> Option<u32> {
    let (probe, template) = (minutiae(probe), minutiae(template));
    match_score(&probe, &template, &Limits::TRUSTED_APPLICATION).ok()
}

fn minutiae(print: &Template) -> Vec<Minutia> {
    print
        .0
        .iter()
        .map(|m| Minutia {
            x: m.x.into(),
            y: m.y.into(),
            theta: m.theta.into(),
        })
        .collect()
}
