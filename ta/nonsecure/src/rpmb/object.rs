//! An object as OP-TEE lays it out in a file (`core/tee/tee_svc_storage.c`, and
//! `tee_svc_cryp.c` for keys): a head, a key's attributes, data.

/// Bytes of a head: the attributes' size, two sizes of the object, its usage, its type, and
/// which attributes it has, each a little-endian u32.
pub const HEAD: usize = 24;

/// The attributes of the types: so many numbers, each with its length, then so many u32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Type {
    /// Data alone.
    Data = 0xA000_00BF,
    /// Of P-256: private value, x, y; the curve.
    EcdsaKeypair = 0xA100_0041,
    /// n, e, d, p, q, d mod p - 1, d mod q - 1, 1/q mod p.
    RsaKeypair = 0xA100_0030,
}

impl Type {
    fn attributes(self) -> (usize, usize) {
        match self {
            Self::Data => (0, 0),
            Self::EcdsaKeypair => (3, 1),
            Self::RsaKeypair => (8, 0),
        }
    }
}

/// What is wrong with an object that cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// OP-TEE deletes it when it is opened.
    Corrupt,
    /// Of no type that OP-TEE knows: left as it is.
    Unknown,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    kind: Type,
    /// A key's.
    pub attributes: Vec<u8>,
    /// A record, alone or beside a key.
    pub data: Vec<u8>,
}

impl Object {
    /// A record alone.
    pub fn record(bytes: &[u8]) -> Self {
        Self {
            kind: Type::Data,
            attributes: Vec::new(),
            data: bytes.to_vec(),
        }
    }

    /// A key of these numbers, without leading zeros as OP-TEE has them.
    pub fn key(kind: Type, numbers: &[&[u8]]) -> Self {
        let mut attributes = Vec::new();
        for number in numbers {
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            let number = &number[zeros..];
            attributes.extend((number.len() as u32).to_be_bytes());
            attributes.extend(number);
        }
        let (_, values) = kind.attributes();
        // The one value of these types is a curve: NIST's P-256.
        attributes.extend([0, 0, 0, 3].repeat(values));
        Self {
            kind,
            attributes,
            data: Vec::new(),
        }
    }

    /// The same key with a record.
    pub fn with(&self, record: &[u8]) -> Self {
        Self {
            data: record.to_vec(),
            ..self.clone()
        }
    }

    /// A key's numbers.
    pub fn numbers(&self) -> Vec<&[u8]> {
        numbers(self.kind, &self.attributes).unwrap_or_default()
    }

    pub fn is(&self, kind: Type) -> bool {
        self.kind == kind
    }

    /// As a file.
    pub fn parts(&self) -> ([u8; HEAD], &[u8], &[u8]) {
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(&(self.attributes.len() as u32).to_le_bytes());
        head[16..20].copy_from_slice(&(self.kind as u32).to_le_bytes());
        (head, &self.attributes, &self.data)
    }

    /// Where in the file the data begins.
    pub fn data_at(&self) -> usize {
        HEAD + self.attributes.len()
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let field = |at: usize| {
            let bytes = bytes.get(at..at + 4)?.first_chunk()?;
            Some(u32::from_le_bytes(*bytes))
        };
        let (size, kind) = (field(0), field(16));
        let rest = bytes.get(HEAD..).ok_or(Damage::Corrupt)?;
        let size = usize::try_from(size.unwrap_or(u32::MAX)).unwrap_or(usize::MAX);
        let (attributes, data) = rest.split_at_checked(size).ok_or(Damage::Corrupt)?;
        let kinds = [Type::Data, Type::EcdsaKeypair, Type::RsaKeypair];
        let kind = kinds.into_iter().find(|known| Some(*known as u32) == kind);
        let kind = kind.ok_or(Damage::Unknown)?;
        numbers(kind, attributes).ok_or(Damage::Corrupt)?;
        Ok(Self {
            kind,
            attributes: attributes.to_vec(),
            data: data.to_vec(),
        })
    }
}

fn numbers(kind: Type, attributes: &[u8]) -> Option<Vec<&[u8]>> {
    let (count, _) = kind.attributes();
    let mut rest = attributes;
    let mut numbers = Vec::new();
    for _ in 0..count {
        let (len, after) = rest.split_first_chunk()?;
        let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
        let (number, after) = after.split_at_checked(len)?;
        numbers.push(number);
        rest = after;
    }
    Some(numbers)
}
