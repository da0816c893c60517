//! What is compared of a finger: its minutiae.

extern crate alloc;

use crate::error::{Error, Result};
use alloc::vec::Vec;
use touchseal_proto::wire_struct;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The largest number of minutiae: the most reliable ones. With more, prints of different
/// fingers come nearer to a match.
pub const MAX_MINUTIAE: usize = 40;

wire_struct! {
    /// One minutia, as NIST counts.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Zeroize)]
    Minutia {
        /// Column, pixels at 500 dpi, increasing to the right.
        x: u16,
        /// Row, pixels at 500 dpi, increasing upwards.
        y: u16,
        /// Ridge direction in degrees, 0 to 359, counter-clockwise from the x axis.
        theta: u16,
    }
}

/// One impression of a finger. It lies on the heap, and is wiped there when dropped: what moves
/// is not it, and leaves no copy of it.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Print(pub Vec<Minutia>);

impl Print {
    /// Takes the memory for the largest.
    pub fn room() -> Result<Self> {
        let mut minutiae = Vec::new();
        minutiae
            .try_reserve_exact(MAX_MINUTIAE)
            .map_err(|_| Error::OutOfMemory)?;
        Ok(Self(minutiae))
    }

    /// Adds a minutia; false where there is no room for it, for memory is taken once.
    #[must_use]
    pub fn push(&mut self, minutia: Minutia) -> bool {
        let fits = self.0.len() < self.0.capacity().min(MAX_MINUTIAE);
        if fits {
            self.0.push(minutia);
        }
        fits
    }
}
