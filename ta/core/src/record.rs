//! Sealed records as bytes: a magic, a version, a length, then fields at fixed
//! offsets, padded to a fixed size so that a record is always replaced in place.
//! `tests/record_compat.rs` holds every version's bytes for ever.

use crate::error::{Error, Result};
use crate::platform::Store;
use touchseal_proto::wire::{Reader, Wire, Writer};
use zeroize::Zeroizing;

/// A record that is sealed on its own.
pub trait Record: Wire {
    /// What it is.
    const MAGIC: [u8; 4];
    /// Its layout's version.
    const VERSION: u16;
    /// Its size with padding.
    const SIZE: usize;
}

/// The largest sealed record. One that is replaced in place is at most
/// [`RECORD_MAX`](crate::platform::RECORD_MAX).
pub const SEALED_MAX: usize = 256;

/// The room that any record takes.
pub type Bytes = heapless::Vec<u8, SEALED_MAX>;

/// A record's bytes.
pub fn to_bytes<R: Record>(record: &R) -> Result<Zeroizing<Bytes>> {
    let mut bytes = Zeroizing::new(Bytes::new());
    bytes.resize(R::SIZE, 0).map_err(|_| Error::Platform)?;
    let mut out = Writer::new(&mut bytes);
    out.bytes(&R::MAGIC)?;
    out.put(&R::VERSION)?;
    out.put(&u16::try_from(R::SIZE).map_err(|_| Error::Platform)?)?;
    out.put(record)?;
    Ok(bytes)
}

/// The record that `bytes` are. Whatever is not exactly one is damaged, but for a
/// newer version, which is told apart: it must not be overwritten.
pub fn from_bytes<R: Record>(bytes: &[u8]) -> Result<R> {
    parse(bytes).map_err(|error| match error {
        Error::SealedByNewer => error,
        _ => Error::StorageDamaged,
    })
}

fn parse<R: Record>(bytes: &[u8]) -> Result<R> {
    let mut input = Reader::new(bytes);
    if input.array()? != R::MAGIC {
        return Err(Error::StorageDamaged);
    }
    let version: u16 = input.get()?;
    if version > R::VERSION {
        return Err(Error::SealedByNewer);
    }
    let size: u16 = input.get()?;
    if version != R::VERSION || usize::from(size) != bytes.len() || bytes.len() != R::SIZE {
        return Err(Error::StorageDamaged);
    }
    Ok(input.get()?)
}

/// Reads a record; None where there is none.
pub fn load<R: Record>(store: &mut impl Store, id: &[u8]) -> Result<Option<R>> {
    let mut bytes = Zeroizing::new([0; SEALED_MAX]);
    match store.read(id, bytes.as_mut())? {
        None => Ok(None),
        Some(len) => from_bytes(bytes.get(..len).ok_or(Error::StorageDamaged)?).map(Some),
    }
}

/// A record that this trusted application alone writes, in memory as it is sealed.
/// When a write fails, what is sealed is unknown: it is read again before use.
pub struct Sealed<R> {
    id: &'static [u8],
    cached: Option<R>,
}

impl<R: Record> Sealed<R> {
    /// The record of that id, not yet read.
    pub const fn new(id: &'static [u8]) -> Self {
        Self { id, cached: None }
    }

    /// The record; None where there is none.
    pub fn get(&mut self, store: &mut impl Store) -> Result<Option<&R>> {
        if self.cached.is_none() {
            self.cached = load(store, self.id)?;
        }
        Ok(self.cached.as_ref())
    }

    /// Seals the record: created if there is none, else replaced in one
    /// authenticated write.
    pub fn put(&mut self, store: &mut impl Store, record: R) -> Result<()> {
        let exists = self.get(store)?.is_some();
        self.cached = None;
        let bytes = to_bytes(&record)?;
        if exists {
            store.replace(self.id, &bytes)?;
        } else {
            store.create(self.id, &bytes)?;
        }
        self.cached = Some(record);
        Ok(())
    }

    /// Whether the last write went well, so that memory and RPMB agree.
    pub fn is_current(&self) -> bool {
        self.cached.is_some()
    }
}
