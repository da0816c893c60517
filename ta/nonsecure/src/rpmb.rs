//! A store that fails as OP-TEE's RPMB file system does: it can be full, dead, damaged, or
//! lose power at any authenticated write; and it makes the writes that OP-TEE makes, in their
//! order.

mod blocks;
mod files;
mod object;
#[cfg(test)]
mod tests;

pub use blocks::{Part, Write};
pub(crate) use object::{Object, Type};

use files::{Files, Name};
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::RECORD_MAX;

/// One device's sealed storage. It outlives the trusted applications.
#[derive(Clone, Default)]
pub struct Rpmb {
    files: Files,
    unacknowledged: bool,
    hidden: u32,
}

fn file(id: &[u8]) -> Name {
    Name {
        temporary: false,
        id: id.to_vec(),
    }
}

impl Rpmb {
    /// How many authenticated writes there were.
    pub fn writes(&self) -> u64 {
        self.files.blocks.count()
    }

    /// Which.
    pub fn log(&self) -> &[Write] {
        self.files.blocks.log()
    }

    /// Forgets which there were, not how many.
    pub fn forget_log(&mut self) {
        self.files.blocks.forget_log();
    }

    /// Power fails instead of the `nth` authenticated write from now; 0 is the next one.
    pub fn lose_power_at(&mut self, nth: u64) {
        self.files.blocks.lose_power_at(nth);
    }

    /// Power fails when the `nth` authenticated write from now is done and not acknowledged.
    pub fn lose_power_after(&mut self, nth: u64) {
        self.files.blocks.lose_power_after(nth);
    }

    /// Whether the power has failed.
    pub fn has_lost_power(&self) -> bool {
        self.files.blocks.is_out()
    }

    /// The next record that is replaced is written, but the answer does not arrive. OP-TEE's
    /// RPMB is dead then, for its next request has an old counter; this one goes on, and the
    /// trusted applications must stand that too.
    pub fn lose_next_acknowledgement(&mut self, lose: bool) {
        self.unacknowledged = lose;
    }

    /// The next `count` requests to write are refused. OP-TEE asks ten times for a write; then
    /// the RPMB is dead until it restarts.
    pub fn refuse_requests(&mut self, count: u32) {
        self.files.blocks.refuse_requests(count);
    }

    /// The next `count` objects that are looked for are said not to be there: the one
    /// answer that an RPMB does not authenticate, so that who carries the frames can
    /// give it.
    pub fn hide_next(&mut self, count: u32) {
        self.hidden = count;
    }

    /// Power is back, and OP-TEE starts anew.
    pub fn restart(&mut self) {
        self.files.restart();
    }

    /// Has no room for anything more.
    pub fn set_full(&mut self, full: bool) {
        self.files.full = full;
    }

    /// Answers nothing any more.
    pub fn set_dead(&mut self, dead: bool) {
        self.files.blocks.dead = dead;
    }

    /// Whether an object is there: for tests.
    pub fn contains(&self, id: &[u8]) -> bool {
        self.files.find(&file(id)).is_some()
    }

    /// Removes an object as OP-TEE does when it finds it damaged: for tests.
    pub fn lose(&mut self, id: &[u8]) {
        self.files.lose(&file(id));
    }

    /// Changes the last byte of an object, which is its record's: for tests.
    pub fn damage(&mut self, id: &[u8]) {
        let last = |bytes: &mut [u8]| bytes[bytes.len() - 1] ^= 1;
        self.files.spoil(&file(id), last);
    }

    /// Changes the first byte of an object behind its head, a key's or its record's: for tests.
    pub fn damage_first(&mut self, id: &[u8]) {
        let first = |bytes: &mut [u8]| bytes[object::HEAD] ^= 0x80;
        self.files.spoil(&file(id), first);
    }

    /// Changes a byte of a key's private half, of either algorithm: the first quarter ends in
    /// it. The key is there and opens. For tests.
    pub fn damage_private(&mut self, id: &[u8]) {
        let private = |bytes: &mut [u8]| {
            let size = bytes.first_chunk().copied().map_or(0, u32::from_le_bytes);
            bytes[object::HEAD + size as usize / 4] ^= 1;
        };
        self.files.spoil(&file(id), private);
    }

    /// Makes the head of an object impossible: for tests.
    pub fn damage_head(&mut self, id: &[u8]) {
        let head = |bytes: &mut [u8]| bytes[..4].fill(0xff);
        self.files.spoil(&file(id), head);
    }

    /// The ids of all objects: for tests.
    pub fn ids(&self) -> impl Iterator<Item = &[u8]> {
        let files = self.files.entries().map(|(_, entry)| entry);
        let whole = files.filter(|entry| entry.active && !entry.name.temporary);
        whole.map(|entry| entry.name.id.as_slice())
    }

    /// An object. One whose head or key is impossible is deleted by OP-TEE, and said to be
    /// damaged this once.
    pub(crate) fn get(&mut self, id: &[u8]) -> Result<Option<Object>> {
        self.files.set_up()?;
        if let Some(fewer) = self.hidden.checked_sub(1) {
            self.hidden = fewer;
            return Ok(None);
        }
        self.open(id)
    }

    fn open(&mut self, id: &[u8]) -> Result<Option<Object>> {
        self.files.set_up()?;
        let Some(bytes) = self.files.read(&file(id)) else {
            return Ok(None);
        };
        match Object::from_bytes(&bytes) {
            Ok(object) => Ok(Some(object)),
            Err(damage) => {
                if damage == object::Damage::Corrupt {
                    let _ = self.files.remove(&file(id));
                }
                Err(Error::StorageDamaged)
            }
        }
    }

    /// The ids of one owner's objects; an empty one for each that is damaged, which an
    /// enumeration leaves there.
    pub(crate) fn ids_of(&mut self, owner: u8) -> Result<Vec<Vec<u8>>> {
        self.files.set_up()?;
        let id = |id: &[u8]| {
            let owned = id.strip_prefix(&[owner])?;
            let bytes = self.files.read(&file(id))?;
            let sound = Object::from_bytes(&bytes).is_ok();
            Some(if sound { owned.to_vec() } else { Vec::new() })
        };
        Ok(self.ids().filter_map(id).collect())
    }

    /// The object appears with the last of the writes: with the entry in the FAT. As it is then.
    pub(crate) fn create(&mut self, id: &[u8], object: &Object) -> Result<Object> {
        let (head, attributes, data) = object.parts();
        self.files.create(id, false, &[&head, attributes, data])?;
        self.open(id)?.ok_or(Error::StorageDamaged)
    }

    pub(crate) fn replace(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        let object = self.open(id)?.ok_or(Error::StorageDamaged)?;
        if object.data.len() != bytes.len() || bytes.len() > RECORD_MAX {
            return Err(Error::StorageDamaged);
        }
        self.files.write(&file(id), object.data_at(), bytes)?;
        if std::mem::take(&mut self.unacknowledged) {
            Err(Error::StorageDead)
        } else {
            Ok(())
        }
    }

    /// What cannot be opened is overwritten first, as `RpmbStore` does.
    pub(crate) fn delete(&mut self, id: &[u8]) -> Result<()> {
        match self.open(id) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => self.files.remove(&file(id)),
            Err(Error::StorageDamaged) => {
                let (head, ..) = Object::record(&[]).parts();
                self.files.create(id, true, &[&head])?;
                self.files.remove(&file(id))
            }
            Err(error) => Err(error),
        }
    }
}
