//! A store that fails as OP-TEE's RPMB file system does: it can be full, dead, or
//! lose power at any authenticated write.

use std::collections::BTreeMap;
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::RECORD_MAX;

/// What OP-TEE 4.10 was seen to write for creating an object that fits a block.
const WRITES_TO_CREATE: u64 = 7;

/// One device's sealed storage. It outlives the trusted applications.
#[derive(Clone, Default)]
pub struct Rpmb {
    objects: BTreeMap<Vec<u8>, Vec<u8>>,
    writes: u64,
    power_lost_at: Option<u64>,
    unacknowledged: bool,
    hidden: u32,
    full: bool,
    dead: bool,
}

impl Rpmb {
    /// Authenticated writes so far.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// Power fails at the `nth` authenticated write from now; 0 is the next one.
    pub fn lose_power_at(&mut self, nth: u64) {
        self.power_lost_at = Some(self.writes + nth);
    }

    /// The next record that is replaced is written, but the answer does not arrive.
    pub fn lose_next_acknowledgement(&mut self, lose: bool) {
        self.unacknowledged = lose;
    }

    /// The next `count` objects that are looked for are said not to be there: the one
    /// answer that an RPMB does not authenticate, so that who carries the frames can
    /// give it.
    pub fn hide_next(&mut self, count: u32) {
        self.hidden = count;
    }

    /// Power is back.
    pub fn restore_power(&mut self) {
        self.power_lost_at = None;
    }

    /// Refuses to create anything more.
    pub fn set_full(&mut self, full: bool) {
        self.full = full;
    }

    /// Answers nothing any more.
    pub fn set_dead(&mut self, dead: bool) {
        self.dead = dead;
    }

    /// Whether an object is there: for tests.
    pub fn contains(&self, id: &[u8]) -> bool {
        self.objects.contains_key(id)
    }

    /// Removes an object as OP-TEE does when it finds it damaged: for tests.
    pub fn lose(&mut self, id: &[u8]) {
        self.objects.remove(id);
    }

    /// Changes the last byte of an object: for tests.
    pub fn damage(&mut self, id: &[u8]) {
        if let Some(last) = self.objects.get_mut(id).and_then(|bytes| bytes.last_mut()) {
            *last ^= 1;
        }
    }

    /// Changes the first byte of an object: for tests.
    pub fn damage_first(&mut self, id: &[u8]) {
        if let Some(first) = self.objects.get_mut(id).and_then(|bytes| bytes.first_mut()) {
            *first ^= 0x80;
        }
    }

    /// The ids of all objects: for tests.
    pub fn ids(&self) -> impl Iterator<Item = &[u8]> {
        self.objects.keys().map(Vec::as_slice)
    }

    fn powered(&self) -> Result<()> {
        let lost = self.power_lost_at.is_some_and(|at| self.writes >= at);
        if self.dead || lost {
            Err(Error::StorageDead)
        } else {
            Ok(())
        }
    }

    fn write_blocks(&mut self, count: u64) -> Result<()> {
        for _ in 0..count {
            self.powered()?;
            self.writes += 1;
        }
        Ok(())
    }

    pub(crate) fn get(&mut self, id: &[u8]) -> Result<Option<&[u8]>> {
        self.powered()?;
        if let Some(fewer) = self.hidden.checked_sub(1) {
            self.hidden = fewer;
            return Ok(None);
        }
        Ok(self.objects.get(id).map(Vec::as_slice))
    }

    /// The ids of one owner's objects.
    pub(crate) fn ids_of(&self, owner: u8) -> Result<Vec<Vec<u8>>> {
        self.powered()?;
        let owned = self
            .objects
            .keys()
            .filter_map(|id| id.strip_prefix(&[owner]));
        Ok(owned.map(<[u8]>::to_vec).collect())
    }

    pub(crate) fn check_room(&self) -> Result<()> {
        self.powered()?;
        if self.full {
            Err(Error::StorageFull)
        } else {
            Ok(())
        }
    }

    /// The object appears with the last of the writes: with the entry in the FAT.
    pub(crate) fn create(&mut self, id: &[u8], bytes: Vec<u8>) -> Result<()> {
        self.powered()?;
        if self.objects.contains_key(id) {
            return Err(Error::Exists);
        }
        self.check_room()?;
        let more_blocks = u64::try_from(bytes.len() / RECORD_MAX).map_err(|_| Error::Platform)?;
        self.write_blocks(WRITES_TO_CREATE + more_blocks)?;
        self.objects.insert(id.to_vec(), bytes);
        Ok(())
    }

    pub(crate) fn replace(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        self.powered()?;
        match self.objects.get(id) {
            Some(old) if old.len() == bytes.len() && bytes.len() <= RECORD_MAX => {}
            _ => return Err(Error::StorageDamaged),
        }
        self.write_blocks(1)?;
        self.objects.insert(id.to_vec(), bytes.to_vec());
        if std::mem::take(&mut self.unacknowledged) {
            Err(Error::StorageDead)
        } else {
            Ok(())
        }
    }

    pub(crate) fn delete(&mut self, id: &[u8]) -> Result<()> {
        self.powered()?;
        if self.objects.contains_key(id) {
            self.write_blocks(1)?;
            self.objects.remove(id);
        }
        Ok(())
    }
}
