//! The keys of apps. A key has two places: its replacement is sealed in the other one.

mod list;
mod name;
mod removal;
mod spares;

use crate::error::{Error, Result};
use crate::platform::{KeyStore, ObjectId, Store};
use crate::record::{self, SEALED_MAX};
use crate::signature::sign;
use core::ops::ControlFlow;
use name::at;
use touchseal_proto::message::{Generated, KeyState};

pub use list::KeyList;
pub use name::{KeyName, KeyRecord};

const PLACES: usize = 2;

/// What is in one of a key's places.
enum Place<K> {
    Empty,
    /// With its serial, where that can be read.
    Damaged(Option<u32>),
    Key(K, KeyRecord),
}

impl<K> Place<K> {
    fn record(&self) -> Option<&KeyRecord> {
        match self {
            Self::Key(_, record) => Some(record),
            Self::Empty | Self::Damaged(_) => None,
        }
    }

    fn serial(&self) -> Option<u32> {
        match self {
            Self::Empty => None,
            Self::Damaged(serial) => *serial,
            Self::Key(_, record) => Some(record.serial),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// The place of the key that counts.
fn newest<K>(places: &[Place<K>; PLACES]) -> Option<usize> {
    places
        .iter()
        .enumerate()
        .filter_map(|(place, found)| Some((found.record()?.serial, place)))
        .max()
        .map(|(_, place)| place)
}

/// The place for a new key: not that of the key that counts. Where none does, one that is
/// empty, or the older one, for what is taken for damaged may be sound.
fn free<K>([first, second]: &[Place<K>; PLACES], newest: Option<usize>) -> usize {
    match newest {
        Some(0) => 1,
        Some(_) => 0,
        None if first.is_empty() => 0,
        None if second.is_empty() => 1,
        None => usize::from(second.serial() < first.serial()),
    }
}

const RECENT: usize = 4;

/// Keys that stay open, for OP-TEE finds one by walking past the others: the device key,
/// and those that were used last. Whoever deletes one lets go of it first.
pub struct Recent<K> {
    /// The device key.
    pub(crate) device: Option<K>,
    keys: heapless::Vec<(ObjectId, K, KeyRecord), RECENT>,
}

impl<K> Default for Recent<K> {
    fn default() -> Self {
        Self {
            device: None,
            keys: heapless::Vec::new(),
        }
    }
}

impl<K> Recent<K> {
    /// Lets go of all but the device key.
    pub fn close_keys(&mut self) {
        self.keys.clear();
    }

    fn take(&mut self, id: &[u8]) -> Option<(K, KeyRecord)> {
        let found = self.keys.iter().position(|(kept, _, _)| kept == id)?;
        let (_, key, record) = self.keys.remove(found);
        Some((key, record))
    }
}

/// The keys in a platform's key store.
pub struct Keys<'a, S: KeyStore> {
    pub(crate) store: &'a mut S,
    pub(crate) recent: &'a mut Recent<S::Key>,
}

impl<'a, S: Store + KeyStore> Keys<'a, S> {
    /// The keys in `store`.
    pub fn new(store: &'a mut S, recent: &'a mut Recent<S::Key>) -> Self {
        Self { store, recent }
    }

    fn look(&mut self, id: &[u8], place: usize) -> Result<Place<S::Key>> {
        let found = match self.store.open_key(&at(id, place)?) {
            Ok(None) => return Ok(Place::Empty),
            Ok(Some(mut key)) => self.record_of(&mut key).map(|record| (key, record)),
            Err(error) => Err(error),
        };
        match found {
            Ok((key, record)) => Ok(Place::Key(key, record)),
            Err(Error::StorageDamaged | Error::KeyDamaged) => Ok(Place::Damaged(None)),
            Err(error) => Err(error),
        }
    }

    fn places(&mut self, id: &[u8]) -> Result<[Place<S::Key>; PLACES]> {
        Ok([self.look(id, 0)?, self.look(id, 1)?])
    }

    fn record_of(&mut self, key: &mut S::Key) -> Result<KeyRecord> {
        let mut bytes = [0; SEALED_MAX];
        let len = self.store.key_record(key, &mut bytes)?;
        record::from_bytes(bytes.get(..len).ok_or(Error::StorageDamaged)?)
    }

    fn find(&mut self, id: &[u8]) -> Result<Option<(S::Key, KeyRecord)>> {
        let places = self.places(id)?;
        let Some(newest) = newest(&places) else {
            return if places.iter().all(Place::is_empty) {
                Ok(None)
            } else {
                Err(Error::KeyDamaged)
            };
        };
        match places.into_iter().nth(newest) {
            Some(Place::Key(key, record)) => Ok(Some((key, record))),
            _ => Ok(None),
        }
    }

    /// The key of that name, with its record.
    pub fn open(&mut self, name: &KeyName) -> Result<(S::Key, KeyRecord)> {
        let id = name.id()?;
        let found = match self.recent.take(&id) {
            Some(found) => Some(found),
            None => self.find(&id)?,
        };
        let (key, record) = found.ok_or(name.absent())?;
        if name.is_of(&record) {
            Ok((key, record))
        } else {
            Err(Error::StorageDamaged)
        }
    }

    /// Keeps a key open, in place of the one that was not used for longest.
    pub fn keep(&mut self, name: &KeyName, key: S::Key, record: KeyRecord) -> Result<()> {
        if self.recent.keys.is_full() {
            self.recent.keys.remove(0);
        }
        self.recent
            .keys
            .push((name.id()?, key, record))
            .map_err(|_| Error::Platform)
    }

    /// Whether there is a key, and of what use it is under an enrolment.
    pub fn state(&mut self, name: &KeyName, epoch: u64) -> Result<KeyState> {
        match self.open(name) {
            Ok((key, record)) => {
                let usable = record.epoch == epoch;
                self.keep(name, key, record)?;
                Ok(if usable {
                    KeyState::Usable
                } else {
                    KeyState::Invalidated
                })
            }
            Err(error) if error == name.absent() => Ok(KeyState::Absent),
            Err(error) => Err(error),
        }
    }

    /// Whether there is a key of this enrolment, and it signs.
    pub fn has_good(&mut self, name: &KeyName, epoch: u64) -> bool {
        match self.open(name) {
            Ok((key, record)) => record.epoch == epoch && self.signs(&key) == Ok(true),
            Err(_) => false,
        }
    }

    /// Whether a key signs: something that goes nowhere. It is asked twice, for OP-TEE tells
    /// a lack of memory in the middle of a sum as it tells damage.
    pub(crate) fn signs(&mut self, key: &S::Key) -> Result<bool> {
        for _ in 0..2 {
            match sign(self.store, key, &[0; 32]) {
                Ok(_) => return Ok(true),
                Err(Error::KeyDamaged) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Makes a key, unless there is a good one. One made under another enrolment is of no
    /// use to anyone, and is replaced; a good one only if told to. The key is sealed in the
    /// place that is free; from then on it counts, and what it replaces is deleted. Before
    /// that, nothing has changed.
    pub fn ensure(&mut self, name: &KeyName, epoch: u64, replace: bool) -> Result<Generated> {
        let id = name.id()?;
        drop(self.recent.take(&id));
        // Before there is any key, and whatever becomes of it, it is on the list.
        self.put_on_list(name)?;
        let places = self.proven(&id)?;
        let newest = newest(&places);
        let record = newest.and_then(|newest| places.get(newest)?.record());
        let is_good = record.is_some_and(|record| record.epoch == epoch) && !replace;
        let serial = match places.iter().filter_map(Place::serial).max() {
            Some(serial) => serial.checked_add(1).ok_or(Error::CounterExhausted)?,
            None => 0,
        };
        let free = free(&places, newest);
        let leftover = places.get(free).is_some_and(|place| !place.is_empty());
        let replaced = free ^ 1;
        let replaces = places.get(replaced).is_some_and(|place| !place.is_empty());
        drop(places);
        if leftover {
            self.store.delete(&at(&id, free)?)?;
        }
        if is_good {
            return Ok(Generated { new: false });
        }
        let record = record::to_bytes(&name.record(epoch, serial))?;
        match self.seal_new(&at(&id, free)?, &record) {
            // It is there after all, or another client has made it.
            Err(Error::Exists) => return Err(Error::Busy),
            sealed => sealed?,
        }
        if replaces {
            // Another client may have it open. Who asks for the key next sweeps what is left:
            // to say that nothing was made would have it made again.
            let _ = self.store.delete(&at(&id, replaced)?);
        }
        Ok(Generated { new: true })
    }

    /// The places of a key, where one that does not sign counts as damaged.
    fn proven(&mut self, id: &[u8]) -> Result<[Place<S::Key>; PLACES]> {
        let mut places = self.places(id)?;
        for place in &mut places {
            if let Place::Key(key, record) = place
                && !self.signs(key)?
            {
                *place = Place::Damaged(Some(record.serial));
            }
        }
        Ok(places)
    }

    fn exists(&mut self, id: &[u8]) -> Result<bool> {
        Ok(!self.places(id)?.iter().all(Place::is_empty))
    }

    /// How many objects are sealed. OP-TEE opens each: this takes long where there are many.
    pub fn count(&mut self) -> Result<u16> {
        let mut objects = 0u16;
        self.store.visit_ids(&mut |_| {
            objects = objects.saturating_add(1);
            ControlFlow::Continue(())
        })?;
        Ok(objects)
    }
}
