//! Sealed records as bytes: a magic, a version, a length, then fields at fixed
//! offsets, padded to a fixed size so that a record is always replaced in place.
//! `tests/record_compat.rs` holds every version's bytes for ever.

use crate::error::{Error, Result};
use crate::platform::Store;
use core::mem;
use touchseal_proto::wire::{Reader, Wire, Writer};
use zeroize::Zeroizing;

/// A record that is sealed on its own.
pub trait Record: Wire {
    /// What it is.
    const MAGIC: [u8; 4];
    /// Its layout's version.
    const VERSION: u16;
    /// The oldest version that is read, too: what was added since lies where there was
    /// padding, and zero says that there is none.
    const OLDEST: u16 = Self::VERSION;
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
        Error::TaTooOld => error,
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
        return Err(Error::TaTooOld);
    }
    let size: u16 = input.get()?;
    if version < R::OLDEST || usize::from(size) != bytes.len() || bytes.len() != R::SIZE {
        return Err(Error::StorageDamaged);
    }
    let record = input.get()?;
    if input.rest().iter().any(|byte| *byte != 0) {
        return Err(Error::StorageDamaged);
    }
    Ok(record)
}

/// Reads a record; None where there is none.
pub fn load<R: Record>(store: &mut impl Store, id: &[u8]) -> Result<Option<R>> {
    let mut bytes = Zeroizing::new([0; SEALED_MAX]);
    match store.read(id, bytes.as_mut())? {
        None => Ok(None),
        Some(len) => from_bytes(bytes.get(..len).ok_or(Error::StorageDamaged)?).map(Some),
    }
}

/// Changes a record that other instances may change, too; false where there is none.
pub fn update<R: Record>(
    store: &mut impl Store,
    id: &[u8],
    change: &mut dyn FnMut(&mut R) -> Result<()>,
) -> Result<bool> {
    store.update(id, &mut |bytes| {
        let mut record = from_bytes(bytes)?;
        change(&mut record)?;
        let changed = to_bytes(&record)?;
        if changed.len() != bytes.len() {
            return Err(Error::StorageDamaged);
        }
        bytes.copy_from_slice(&changed);
        Ok(())
    })
}

/// A record that this trusted application alone writes, in memory as it is sealed.
///
/// That a record is not there is the one thing that OP-TEE cannot authenticate: who
/// carries the RPMB's frames can say so, for a moment. So absence is remembered, and
/// an absent record can only be created, which refuses one that is there after all;
/// it is never replaced. When a write fails, what is sealed is unknown: it is read
/// again before use.
pub struct Sealed<R> {
    id: &'static [u8],
    known: Known<R>,
}

enum Known<R> {
    Nothing,
    Absent,
    Present(R),
}

impl<R: Record> Sealed<R> {
    /// The record of that id, not yet read.
    pub const fn new(id: &'static [u8]) -> Self {
        Self {
            id,
            known: Known::Nothing,
        }
    }

    /// The record; None where there is none.
    pub fn get(&mut self, store: &mut impl Store) -> Result<Option<&R>> {
        if let Known::Nothing = self.known {
            self.known = match load(store, self.id)? {
                Some(record) => Known::Present(record),
                None => Known::Absent,
            };
        }
        match &self.known {
            Known::Present(record) => Ok(Some(record)),
            Known::Absent | Known::Nothing => Ok(None),
        }
    }

    /// Seals the record: created if there is none, else replaced in one
    /// authenticated write.
    pub fn put(&mut self, store: &mut impl Store, record: R) -> Result<()> {
        self.get(store)?;
        let bytes = to_bytes(&record)?;
        match mem::replace(&mut self.known, Known::Nothing) {
            Known::Present(_) => store.replace(self.id, &bytes)?,
            Known::Absent | Known::Nothing => store.create(self.id, &bytes)?,
        }
        self.known = Known::Present(record);
        Ok(())
    }

    /// Whether memory and RPMB agree: not after a failed write.
    pub fn is_current(&self) -> bool {
        !matches!(self.known, Known::Nothing)
    }
}
