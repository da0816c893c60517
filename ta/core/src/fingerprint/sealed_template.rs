//! A template as it is sealed: an object of its own, which says whose it is. It is created
//! and deleted, never changed.

use super::print::{MAX_MINUTIAE, Minutia, Print};
use super::template::{TEMPLATE_MAX, Template, View, damaged};
use crate::error::{Error, Result};
use crate::platform::Store;
use touchseal_proto::wire::{Reader, Writer};
use zeroize::Zeroizing;

const MAGIC: [u8; 4] = *b"TSFT";

/// The layout that was before: one impression alone, in a record of a fixed size.
const ONE_PRINT: u16 = 1;
const ONE_PRINT_SIZE: u16 = 256;

/// A number (u32) and an ISO/IEC 19794-2 record.
const VERSION: u16 = 2;

/// Magic, version, size of all of it (u16), number.
const HEADER: usize = 12;

#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
const MAX: usize = HEADER + TEMPLATE_MAX;

fn id(finger: u32) -> [u8; 12] {
    let [a, b, c, d] = finger.to_be_bytes();
    [b't', b'e', b'm', b'p', b'l', b'a', b't', b'e', a, b, c, d]
}

/// Seals a finger under a number that has none.
pub fn create(store: &mut impl Store, finger: u32, template: &Template) -> Result<()> {
    store.create(&id(finger), &to_bytes(finger, template)?)
}

/// The finger of a number; None where there is none.
pub fn load(store: &mut impl Store, finger: u32) -> Result<Option<Template>> {
    let mut bytes = Zeroizing::new([0; MAX]);
    match store.read(&id(finger), bytes.as_mut())? {
        None => Ok(None),
        Some(len) => {
            let bytes = bytes.get(..len).ok_or(Error::StorageDamaged)?;
            from_bytes(finger, bytes).map(Some)
        }
    }
}

/// Deletes the finger of a number, if there is one.
pub fn delete(store: &mut impl Store, finger: u32) -> Result<()> {
    store.delete(&id(finger))
}

/// The bytes of a finger.
pub fn to_bytes(finger: u32, template: &Template) -> Result<Zeroizing<heapless::Vec<u8, MAX>>> {
    let record = template.to_bytes()?;
    let len = record.len().saturating_add(HEADER);
    let mut bytes = Zeroizing::new(heapless::Vec::new());
    bytes.resize(len, 0).map_err(|_| Error::Platform)?;
    let mut out = Writer::new(&mut bytes);
    out.bytes(&MAGIC)?;
    out.put(&VERSION)?;
    out.put(&u16::try_from(len).map_err(|_| Error::Platform)?)?;
    out.put(&finger)?;
    out.bytes(&record)?;
    Ok(bytes)
}

/// The finger that `bytes` are. Whatever is not exactly that finger is damaged, but for a
/// newer layout, which is told apart: it must not be lost.
pub fn from_bytes(finger: u32, bytes: &[u8]) -> Result<Template> {
    let mut input = Reader::new(bytes);
    let (magic, version, size) = header(&mut input).map_err(|_| Error::StorageDamaged)?;
    if magic != MAGIC || usize::from(size) != bytes.len() {
        return Err(Error::StorageDamaged);
    }
    match version {
        ONE_PRINT if size == ONE_PRINT_SIZE => of_one_print(&mut input).map_err(damaged),
        VERSION if input.get() == Ok(finger) => Template::from_bytes(input.rest()),
        newer if newer > VERSION => Err(Error::TaTooOld),
        _ => Err(Error::StorageDamaged),
    }
}

fn header(input: &mut Reader<'_>) -> Result<([u8; 4], u16, u16)> {
    Ok((input.array()?, input.get()?, input.get()?))
}

fn of_one_print(input: &mut Reader<'_>) -> Result<Template> {
    let minutiae: Zeroizing<heapless::Vec<Minutia, MAX_MINUTIAE>> = Zeroizing::new(input.get()?);
    if input.rest().iter().any(|byte| *byte != 0) {
        return Err(Error::StorageDamaged);
    }
    let mut print = Print::room()?;
    if !minutiae.iter().all(|minutia| print.push(*minutia)) {
        return Err(Error::StorageDamaged);
    }
    let farthest = |of: fn(&Minutia) -> u16| minutiae.iter().map(of).max();
    let mut template = Template {
        width: farthest(|m| m.x).unwrap_or(0).saturating_add(1),
        height: farthest(|m| m.y).unwrap_or(0).saturating_add(1),
        views: heapless::Vec::new(),
    };
    template
        .views
        .push(View { print, quality: 0 })
        .map_err(|_| Error::StorageDamaged)?;
    Ok(template)
}
