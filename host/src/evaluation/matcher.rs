//! The trusted application's own extraction and matching, and its bounds.

use anyhow::{Result, bail};
use touchseal_core::error::Error;
use touchseal_core::fingerprint::frame::{self, Frame};
use touchseal_core::fingerprint::matcher;
use touchseal_core::fingerprint::print::Print;

pub use touchseal_core::fingerprint::matcher::THRESHOLD;

/// What is kept of an impression.
pub type Template = Print;

/// The longest side of an image that is taken, in pixels.
pub const MAX_SIDE: u32 = frame::LONGEST_SIDE as u32;
/// And the most pixels: 640x480, lying or standing.
pub const MAX_PIXELS: u32 = frame::MAX_PIXELS as u32;

/// The minutiae of an image of 8-bit grey pixels at 500 dpi.
pub fn extract(pixels: &[u8], width: usize, height: usize) -> Result<Template> {
    let taken = || {
        let side = |side: usize| u16::try_from(side).map_err(|_| Error::SensorFault);
        let mut frame = Frame::room()?;
        frame.start(side(width)?, side(height)?)?;
        frame.push(pixels)?;
        matcher::extract(&frame)
    };
    match taken() {
        Ok((print, _quality)) => Ok(print),
        Err(Error::PoorImage) => bail!("too few reliable minutiae to compare"),
        Err(error) => bail!("the trusted application takes no such image ({error:?})"),
    }
}

/// How alike two impressions are; `None` is "cannot tell", which is no match at any threshold.
pub fn score(probe: &Template, template: &Template) -> Option<u32> {
    matcher::score(probe, template).ok()
}
