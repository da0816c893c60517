//! The owner's password, as it travels.

use crate::wire::{Reader, Wire, WireError, Writer};
use heapless::Vec;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 4 to 64 bytes, whatever they are. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Password(Vec<u8, { Self::MAX_BYTES }>);

impl Password {
    /// The least number of bytes.
    pub const MIN_BYTES: usize = 4;
    /// The largest number of bytes.
    pub const MAX_BYTES: usize = 64;

    /// `bytes`, if they are so many.
    pub fn new(bytes: &[u8]) -> Result<Self, WireError> {
        Vec::from_slice(bytes)
            .map_err(|_| WireError::TooLong)
            .and_then(Self::of)
    }

    fn of(bytes: Vec<u8, { Self::MAX_BYTES }>) -> Result<Self, WireError> {
        // Wiped when it is refused, too.
        let password = Self(bytes);
        if password.0.len() < Self::MIN_BYTES {
            Err(WireError::BadValue)
        } else {
            Ok(password)
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A count (u16), then the bytes.
impl Wire for Password {
    const MAX: usize = <Vec<u8, { Self::MAX_BYTES }> as Wire>::MAX;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.put(&self.0)
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        input.get().and_then(Self::of)
    }
}

/// Whether there is one (u8: 0 or 1), then the password.
impl Wire for Option<Password> {
    #[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
    const MAX: usize = 1 + Password::MAX;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.put(&self.is_some())?;
        self.iter().try_for_each(|password| out.put(password))
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(if input.get()? {
            Some(input.get()?)
        } else {
            None
        })
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_so_many_bytes() {
        for len in [0, 3, 65, 100] {
            assert!(Password::new(&[b'x'; 100][..len]).is_err(), "{len}");
        }
        for len in [4, 64] {
            let bytes = &[0xff; 64][..len];
            assert!(Password::new(bytes).is_ok_and(|password| password.as_bytes() == bytes));
        }
    }
}
