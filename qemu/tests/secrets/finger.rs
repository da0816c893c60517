//! A finger as it was shown, in each of the forms in which the secure world has it.

use crate::needles::{Needles, START, different};
use touchseal_core::fingerprint::frame::Frame;
use touchseal_core::fingerprint::matcher;
use touchseal_core::fingerprint::print::Print;
use touchseal_core::fingerprint::template::{Template, View};

/// As it comes from the sensor.
pub const UPLOADED: &str = "a picture, uploaded";
const PICTURE: &str = "a picture";
const PRINT: &str = "minutiae of a print";
pub const MATCHERS: &str = "minutiae of the matcher";
const TEMPLATE: &str = "minutiae of a template";
/// Before the first minutia of a template of one impression.
const HEADERS: usize = 24 + 4;
/// Of the first bytes of what is of a finger so many are different, and fewer of its background.
const RIDGES: u32 = 5;

/// Its picture as it is uploaded and as it is kept, and its minutiae as a print, as the
/// matcher's and as a template's.
pub fn add(needles: &mut Needles, (width, height): (u16, u16), picture: &[u8]) {
    let mut frame = Frame::room().unwrap();
    frame.start(width, height).unwrap();
    frame.push_nibbles(picture).unwrap();
    for (what, bytes) in [(UPLOADED, picture), (PICTURE, frame.pixels())] {
        // Of each row: the last ones that came stay longest.
        for row in bytes.chunks(bytes.len() / usize::from(height)) {
            let mut pieces = row[row.len() / 2..].windows(32);
            if let Some(piece) = pieces.find(|piece| different(&piece[..START]) >= RIDGES) {
                needles.add(what, piece);
            }
        }
    }
    let Ok((print, quality)) = matcher::extract(&frame) else {
        return;
    };
    for three in print.0.windows(3) {
        let numbers = || three.iter().flat_map(|m| [m.x, m.y, m.theta]);
        let narrow: Vec<_> = numbers().flat_map(u16::to_le_bytes).collect();
        let wide: Vec<_> = numbers().flat_map(|n| i32::from(n).to_le_bytes()).collect();
        needles.add(PRINT, &narrow);
        needles.add(MATCHERS, &wide);
    }
    let template = template(width, height, print, quality);
    for minutiae in template[HEADERS..].windows(18).step_by(6) {
        needles.add(TEMPLATE, minutiae);
    }
}

fn template(width: u16, height: u16, print: Print, quality: u8) -> Vec<u8> {
    let mut template = Template {
        width,
        height,
        views: heapless::Vec::new(),
    };
    assert!(template.views.push(View { print, quality }).is_ok());
    template.to_bytes().unwrap().to_vec()
}
