//! Bounded reading and writing: no recursion, no length that is not checked, no
//! trailing bytes. Integers are big-endian.

use core::fmt;
use heapless::Vec;

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// The bytes end inside a field.
    Truncated,
    /// Bytes follow the last field.
    Trailing,
    /// A count is above the field's bound, or the output does not fit.
    TooLong,
    /// A field holds a value that its type does not have.
    BadValue,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the bytes end inside a field",
            Self::Trailing => "bytes follow the last field",
            Self::TooLong => "a field is longer than its bound",
            Self::BadValue => "a field holds what its type does not have",
        })
    }
}

impl core::error::Error for WireError {}

/// A value with a byte layout and a largest size.
pub trait Wire: Sized {
    /// The largest size that [`Wire::write`] produces, in bytes.
    const MAX: usize;
    /// Appends this value.
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError>;
    /// Takes a value off the front.
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError>;
}

/// Takes fields off the front of a byte slice.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (head, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    /// What was not taken yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte, left where it is.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value.
    pub fn get<T: Wire>(&mut self) -> Result<T, WireError> {
        T::read(self)
    }

    /// Succeeds only when every byte was taken.
    pub fn finish(self) -> Result<(), WireError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(WireError::Trailing)
        }
    }
}

/// Fills a byte slice from the front.
pub struct Writer<'a> {
    out: &'a mut [u8],
    used: usize,
}

impl<'a> Writer<'a> {
    /// Writes into `out`.
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, used: 0 }
    }

    /// Appends `bytes`.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let end = self
            .used
            .checked_add(bytes.len())
            .ok_or(WireError::TooLong)?;
        self.out
            .get_mut(self.used..end)
            .ok_or(WireError::TooLong)?
            .copy_from_slice(bytes);
        self.used = end;
        Ok(())
    }

    /// Appends a value.
    pub fn put<T: Wire>(&mut self, value: &T) -> Result<(), WireError> {
        value.write(self)
    }

    /// How many bytes were written.
    pub fn len(&self) -> usize {
        self.used
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }
}

/// Decodes exactly one value from all of `bytes`.
pub fn decode<T: Wire>(bytes: &[u8]) -> Result<T, WireError> {
    let mut input = Reader::new(bytes);
    let value = input.get()?;
    input.finish()?;
    Ok(value)
}

/// Encodes one value at the front of `out` and returns its length.
pub fn encode<T: Wire>(value: &T, out: &mut [u8]) -> Result<usize, WireError> {
    let mut writer = Writer::new(out);
    writer.put(value)?;
    Ok(writer.len())
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl Wire for $int {
            const MAX: usize = size_of::<$int>();
            fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
                out.bytes(&self.to_be_bytes())
            }
            fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
                Ok(<$int>::from_be_bytes(input.array()?))
            }
        }
    )*};
}
integers!(u8, u16, u32, u64);

impl Wire for () {
    const MAX: usize = 0;
    fn write(&self, _: &mut Writer<'_>) -> Result<(), WireError> {
        Ok(())
    }
    fn read(_: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(())
    }
}

impl Wire for bool {
    const MAX: usize = 1;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        u8::from(*self).write(out)
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        match u8::read(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(WireError::BadValue),
        }
    }
}

impl<const N: usize> Wire for [u8; N] {
    const MAX: usize = N;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.bytes(self)
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        input.array()
    }
}

/// A count (u16), then the elements.
impl<T: Wire, const N: usize> Wire for Vec<T, N> {
    #[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
    const MAX: usize = 2 + N * T::MAX;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        u16::try_from(self.len())
            .map_err(|_| WireError::TooLong)?
            .write(out)?;
        self.iter().try_for_each(|element| element.write(out))
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = usize::from(u16::read(input)?);
        let mut all = Self::new();
        for _ in 0..count {
            all.push(T::read(input)?).map_err(|_| WireError::TooLong)?;
        }
        Ok(all)
    }
}

/// Declares a struct whose layout is its fields in order.
#[macro_export]
macro_rules! wire_struct {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl $crate::wire::Wire for $name {
            #[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
            const MAX: usize = 0 $(+ <$type as $crate::wire::Wire>::MAX)*;
            fn write(
                &self,
                #[allow(unused_variables, reason = "a message may have no fields")]
                out: &mut $crate::wire::Writer<'_>,
            ) -> ::core::result::Result<(), $crate::wire::WireError> {
                $(out.put(&self.$field)?;)*
                Ok(())
            }
            fn read(
                #[allow(unused_variables, reason = "a message may have no fields")]
                input: &mut $crate::wire::Reader<'_>,
            ) -> ::core::result::Result<Self, $crate::wire::WireError> {
                Ok(Self { $($field: input.get()?,)* })
            }
        }
    };
}
pub use wire_struct;

/// Declares a fieldless enum that travels as one byte.
macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_meta])* $variant = $value,)* }

        impl $crate::wire::Wire for $name {
            const MAX: usize = 1;
            fn write(&self, out: &mut $crate::wire::Writer<'_>) -> ::core::result::Result<(), $crate::wire::WireError> {
                out.put(&(*self as u8))
            }
            fn read(input: &mut $crate::wire::Reader<'_>) -> ::core::result::Result<Self, $crate::wire::WireError> {
                match input.get::<u8>()? {
                    $($value => Ok(Self::$variant),)*
                    _ => Err($crate::wire::WireError::BadValue),
                }
            }
        }
    };
}
pub(crate) use wire_enum;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_above_the_bound_is_refused() {
        assert_eq!(
            decode::<Vec<u8, 2>>(&[0xff, 0xff, 1, 2, 3]),
            Err(WireError::TooLong)
        );
        assert_eq!(decode::<Vec<u8, 2>>(&[0, 2, 1]), Err(WireError::Truncated));
        assert_eq!(
            decode::<Vec<u8, 2>>(&[0, 1, 1, 9]),
            Err(WireError::Trailing)
        );
    }

    #[test]
    fn a_writer_never_passes_its_end() {
        assert_eq!(encode(&7u32, &mut [0; 3]), Err(WireError::TooLong));
        assert_eq!(encode(&7u32, &mut [0; 4]), Ok(4));
    }

    #[test]
    fn a_bool_is_zero_or_one() {
        assert_eq!(decode::<bool>(&[2]), Err(WireError::BadValue));
    }
}
