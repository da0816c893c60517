//! The fields of a record, and a minutia in them.

use crate::error::{Error, Result};
use crate::fingerprint::print::Minutia;
use touchseal_proto::wire_struct;

/// The format identifier, and the edition's version number.
pub const FORMAT: [u8; 8] = *b"FMR\0 20\0";
/// 500 dpi, in pixels a centimetre.
pub const RESOLUTION: u16 = 197;
/// What a field says that does not say anything.
pub const UNKNOWN: u8 = 0;
/// The length of a view's extended data.
pub const NO_EXTENDED_DATA: u16 = 0;
const HALF_TURN: u8 = 128;

wire_struct! {
    /// What a record begins with.
    #[derive(PartialEq, Eq)]
    Header {
        format: [u8; 8],
        /// Of the whole record, in bytes.
        length: u32,
        /// The capture equipment's certification (4 bits) and type (12 bits).
        equipment: [u8; 2],
        width: u16,
        height: u16,
        x_resolution: u16,
        y_resolution: u16,
        views: u8,
        reserved: u8,
    }
}

wire_struct! {
    /// What a view begins with.
    #[derive(PartialEq, Eq)]
    ViewHeader {
        finger: u8,
        /// The view's number, then the kind of impression: 4 bits each. Kind 0 is a
        /// plain impression on a live-scan sensor.
        number: u8,
        quality: u8,
        minutiae: u8,
    }
}

wire_struct! {
    /// A minutia.
    #[derive(PartialEq, Eq)]
    MinutiaRecord {
        /// The type (2 bits), then the column. Type 0 is "other", or unknown.
        x: u16,
        /// Reserved (2 bits), then the row.
        y: u16,
        angle: u8,
        quality: u8,
    }
}

impl MinutiaRecord {
    /// Of a minutia in an image of that height.
    pub fn of(minutia: &Minutia, height: u16) -> Self {
        Self {
            x: minutia.x,
            y: height.saturating_sub(minutia.y),
            angle: angle(minutia.theta),
            quality: UNKNOWN,
        }
    }

    /// The minutia. A row below the image comes out as y 0, which is none of its rows either.
    pub fn minutia(&self, height: u16) -> Result<Minutia> {
        if self.quality != UNKNOWN {
            return Err(Error::StorageDamaged);
        }
        Ok(Minutia {
            x: self.x,
            y: height.saturating_sub(self.y),
            theta: theta(self.angle),
        })
    }
}

/// 256ths of a turn, the other way, from degrees: rounded.
fn angle(theta: u16) -> u8 {
    let [_, units] = (theta.saturating_mul(32).saturating_add(22) / 45).to_be_bytes();
    units.wrapping_add(HALF_TURN)
}

/// Degrees, the other way, from 256ths of a turn: rounded. There are more degrees than
/// 256ths, so that [`angle`] gives the same 256th again.
fn theta(angle: u8) -> u16 {
    u16::from(angle.wrapping_add(HALF_TURN))
        .saturating_mul(45)
        .saturating_add(16)
        / 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use touchseal_bozorth3::MAX_THETA;

    #[test]
    fn every_angle_survives() {
        for code in 0..=u8::MAX {
            assert!(i32::from(theta(code)) <= MAX_THETA);
            assert_eq!(angle(theta(code)), code);
        }
    }

    #[test]
    fn a_theta_changes_by_a_degree_at_most() {
        for degrees in 0..360 {
            let turned = theta(angle(degrees)).abs_diff(degrees);
            assert!(turned <= 1 || turned == 359, "{degrees}");
        }
    }

    #[test]
    fn a_direction_is_the_opposite_of_nists() {
        assert_eq!(angle(0), 128);
        assert_eq!(angle(90), 192);
        assert_eq!(angle(180), 0);
        assert_eq!(angle(270), 64);
    }
}
