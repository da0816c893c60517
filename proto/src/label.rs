//! Short text that a person reads before paying.

use crate::wire::{Reader, Wire, WireError, Writer};
use heapless::String;

/// UTF-8 text of 1 to `N` bytes that reads as it is signed: no control
/// characters, nothing invisible, nothing that turns the reading direction, no
/// white space at an end. (Letters that look alike are not told apart.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label<const N: usize>(String<N>);

/// Names a payment scene within an app.
pub type Scene = Label<64>;
/// Who gets the money, as shown to the payer.
pub type Payee = Label<64>;
/// The order, in the backend's own numbering.
pub type Order = Label<64>;
/// A production lot, in the factory's own numbering.
pub type Lot = Label<32>;
/// Names a platform, with its version.
pub type Name = Label<48>;

/// Unicode's Default_Ignorable_Code_Point and bidirectional formatting characters,
/// line separators and the blank Braille pattern: with them a shown text can differ
/// from the signed one.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

impl<const N: usize> Label<N> {
    /// `text`, if it is such text.
    pub fn new(text: &str) -> Result<Self, WireError> {
        if text.is_empty() || text.trim() != text || text.chars().any(misleads) {
            return Err(WireError::BadValue);
        }
        String::try_from(text)
            .map(Self)
            .map_err(|_| WireError::TooLong)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> core::fmt::Display for Label<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A length (u8), then `N` bytes, of which those behind the text are zero: every
/// label of a kind takes the same room, so that signed bytes have fixed offsets.
impl<const N: usize> Wire for Label<N> {
    #[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
    const MAX: usize = 1 + N;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.put(&u8::try_from(self.0.len()).map_err(|_| WireError::TooLong)?)?;
        let mut padded = [0; N];
        padded
            .get_mut(..self.0.len())
            .ok_or(WireError::TooLong)?
            .copy_from_slice(self.0.as_bytes());
        out.bytes(&padded)
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let len = usize::from(input.get::<u8>()?);
        let padded: [u8; N] = input.array()?;
        let (text, padding) = padded.split_at_checked(len).ok_or(WireError::TooLong)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(WireError::BadValue);
        }
        Self::new(core::str::from_utf8(text).map_err(|_| WireError::BadValue)?)
    }
}

/// The same room; none is all zero.
impl<const N: usize> Wire for Option<Label<N>> {
    const MAX: usize = Label::<N>::MAX;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        match self {
            Some(label) => out.put(label),
            None => {
                out.put(&0u8)?;
                out.bytes(&[0; N])
            }
        }
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        if input.peek() != Some(0) {
            return Label::read(input).map(Some);
        }
        let _length: u8 = input.get()?;
        if input.array()? == [0; N] {
            Ok(None)
        } else {
            Err(WireError::BadValue)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::wire::{decode, encode};

    #[test]
    fn text_that_could_mislead_a_reader_is_refused() {
        for text in [
            "",
            "a\nb",
            "a\0",
            "pay \u{202e}eciroc",
            "a\u{200b}b",
            "\u{feff}x",
        ] {
            assert!(Label::<64>::new(text).is_err(), "{text:?}");
        }
        for text in ["Caffè Rossi", "支付", "a b", "O'Neill \"&\" <Sons>"] {
            assert!(Label::<64>::new(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn the_bound_is_in_bytes() {
        assert!(Label::<4>::new("abcd").is_ok());
        assert!(Label::<4>::new("abcde").is_err());
        assert!(Label::<4>::new("支付").is_err());
    }

    #[test]
    fn padding_must_be_zero() {
        let mut bytes = [0; 5];
        encode(&Label::<4>::new("ab").unwrap(), &mut bytes).unwrap();
        assert_eq!(bytes, [2, b'a', b'b', 0, 0]);
        bytes[4] = 1;
        assert_eq!(decode::<Label<4>>(&bytes), Err(WireError::BadValue));
    }
}
