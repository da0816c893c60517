//! The golden vectors, and what may be changed of them.

use arbitrary::Arbitrary;

/// The bytes of a vector's lines.
pub fn bytes(text: &str) -> Vec<u8> {
    let digits: String = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .collect();
    hex::decode(digits).expect("hexadecimal")
}

/// The bytes of a golden vector.
macro_rules! vector {
    ($name:literal) => {
        $crate::golden::bytes(include_str!(concat!(
            "../../../../proto/vectors/",
            $name,
            ".hex"
        )))
    };
}
pub(crate) use vector;

/// A change.
#[derive(Arbitrary, Debug)]
pub enum Edit<'a> {
    Set {
        at: u16,
        to: u8,
    },
    Flip {
        at: u16,
        bit: u8,
    },
    Swap {
        at: u16,
        with: u16,
    },
    Insert {
        at: u16,
        bytes: &'a [u8],
    },
    Remove {
        at: u16,
        count: u8,
    },
    Cut {
        at: u16,
    },
    /// A part once more, behind itself.
    Repeat {
        at: u16,
        count: u8,
    },
}

impl Edit<'_> {
    /// Makes the change, somewhere within.
    pub fn make(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        let within = |at: &u16| usize::from(*at).checked_rem(len);
        let part = |at: &u16, count: &u8| {
            let at = within(at)?;
            Some(at..len.min(at + usize::from(*count)))
        };
        match self {
            Self::Set { at, to } => within(at).map(|at| bytes[at] = *to),
            Self::Flip { at, bit } => within(at).map(|at| bytes[at] ^= 1 << (bit % 8)),
            Self::Swap { at, with } => within(at)
                .zip(within(with))
                .map(|(at, with)| bytes.swap(at, with)),
            Self::Insert { at, bytes: more } => {
                let at = within(at).unwrap_or(0);
                bytes.splice(at..at, more.iter().copied());
                None
            }
            Self::Remove { at, count } => part(at, count).map(|part| drop(bytes.drain(part))),
            Self::Cut { at } => within(at).map(|at| bytes.truncate(at)),
            Self::Repeat { at, count } => part(at, count).map(|part| {
                let again = bytes[part.clone()].to_vec();
                bytes.splice(part.end..part.end, again);
            }),
        };
    }
}
