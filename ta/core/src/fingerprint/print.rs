//! What is compared of a finger: its minutiae.

use touchseal_proto::wire::{Reader, Wire, WireError, Writer};
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

/// One impression of a finger. Wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Print(pub heapless::Vec<Minutia, MAX_MINUTIAE>);

impl Wire for Print {
    const MAX: usize = <heapless::Vec<Minutia, MAX_MINUTIAE> as Wire>::MAX;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.put(&self.0)
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self(input.get()?))
    }
}
