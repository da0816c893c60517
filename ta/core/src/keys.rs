//! The keys of apps: which is sealed where, and what is sealed with it.

use crate::error::{Error, Result};
use crate::platform::{KeyStore, ObjectId, RECORD_MAX, Store};
use crate::record::{self, Record, SEALED_MAX};
use core::ops::ControlFlow;
use sha2::{Digest, Sha256};
use touchseal_proto::label::Scene;
use touchseal_proto::message::{Generated, KeyState, ListedKey, MAX_PAYMENT_KEYS, PaymentKeys};
use touchseal_proto::signed::KeyKind;
use touchseal_proto::wire_struct;

/// A key has two places: its replacement is sealed in the other one.
const PLACES: usize = 2;

/// So many objects are removed in one go.
const BATCH: usize = 32;

wire_struct! {
    /// What is sealed with a key: a key object that turns up under another name
    /// does not pass for another key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    KeyRecord {
        /// Its place in the hierarchy.
        kind: KeyKind,
        /// Whose it is.
        uid: u32,
        /// The enrolment that it was made under.
        epoch: u64,
        /// One more than that of the key that it replaces: of two, the greater counts.
        serial: u32,
        /// A payment key's scene.
        scene: Option<Scene>,
    }
}

impl Record for KeyRecord {
    const MAGIC: [u8; 4] = *b"TSKR";
    const VERSION: u16 = 1;
    const SIZE: usize = 96;
}

/// A hash of a scene.
type SceneHash = [u8; 12];

wire_struct! {
    /// Which payment keys an app may have. Each is named here before it is made and until
    /// it is gone, so that nobody walks past the keys of all apps to find those of one.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    KeyList {
        /// Hashes of their scenes.
        scenes: heapless::Vec<SceneHash, MAX_PAYMENT_KEYS>,
    }
}

impl Record for KeyList {
    const MAGIC: [u8; 4] = *b"TSKL";
    const VERSION: u16 = 1;
    const SIZE: usize = RECORD_MAX;
}

const LIST: &[u8] = b"keys";

fn list_id(uid: u32) -> Result<ObjectId> {
    let mut id = ObjectId::from_slice(LIST).map_err(|_| Error::Platform)?;
    id.extend_from_slice(&uid.to_be_bytes())
        .map_err(|_| Error::Platform)?;
    Ok(id)
}

/// Names a key: an app's own, or that of a scene.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyName {
    /// Whose.
    pub uid: u32,
    /// A payment key's scene.
    pub scene: Option<Scene>,
}

impl KeyName {
    /// The app key of a uid.
    pub fn app(uid: u32) -> Self {
        Self { uid, scene: None }
    }

    /// A payment key of a uid.
    pub fn payment(uid: u32, scene: Scene) -> Self {
        Self {
            uid,
            scene: Some(scene),
        }
    }

    fn kind(&self) -> KeyKind {
        match self.scene {
            None => KeyKind::App,
            Some(_) => KeyKind::Payment,
        }
    }

    fn record(&self, epoch: u64, serial: u32) -> KeyRecord {
        KeyRecord {
            kind: self.kind(),
            uid: self.uid,
            epoch,
            serial,
            scene: self.scene.clone(),
        }
    }

    fn is_of(&self, record: &KeyRecord) -> bool {
        self.record(record.epoch, record.serial) == *record
    }

    /// What there is to say when it is not there.
    pub fn absent(&self) -> Error {
        match self.scene {
            None => Error::NoAppKey,
            Some(_) => Error::NoPaymentKey,
        }
    }

    fn scene_hash(&self) -> Result<SceneHash> {
        let scene = self.scene.as_ref().map_or("", Scene::as_str);
        let hash: [u8; 32] = Sha256::new_with_prefix(b"touchseal.key")
            .chain_update(scene)
            .finalize()
            .into();
        hash.first_chunk().copied().ok_or(Error::Platform)
    }

    fn id(&self) -> Result<ObjectId> {
        key_id(self.kind(), self.uid, &self.scene_hash()?)
    }
}

/// How the ids of a uid's keys of a kind begin.
fn ids_of(kind: KeyKind, uid: u32) -> Result<ObjectId> {
    let mut id = ObjectId::new();
    id.push(kind as u8).map_err(|_| Error::Platform)?;
    id.extend_from_slice(&uid.to_be_bytes())
        .map_err(|_| Error::Platform)?;
    Ok(id)
}

/// The id says whose key it is, so that an object exists whole, or the key was never made.
/// Its kind, its uid, a hash of its scene; then its place.
fn key_id(kind: KeyKind, uid: u32, scene: &SceneHash) -> Result<ObjectId> {
    let mut id = ids_of(kind, uid)?;
    id.extend_from_slice(scene).map_err(|_| Error::Platform)?;
    Ok(id)
}

fn at(id: &[u8], place: usize) -> Result<ObjectId> {
    let mut at = ObjectId::from_slice(id).map_err(|_| Error::Platform)?;
    at.push(u8::try_from(place).map_err(|_| Error::Platform)?)
        .map_err(|_| Error::Platform)?;
    Ok(at)
}

fn spare(number: u8) -> [u8; 6] {
    [b's', b'p', b'a', b'r', b'e', number]
}

/// What is in one of a key's places.
enum Place<K> {
    Empty,
    Damaged,
    Key(K, KeyRecord),
}

impl<K> Place<K> {
    fn record(&self) -> Option<&KeyRecord> {
        match self {
            Self::Key(_, record) => Some(record),
            Self::Empty | Self::Damaged => None,
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
            Err(Error::StorageDamaged | Error::KeyDamaged) => Ok(Place::Damaged),
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
        let old = newest(&places);
        let record = old.and_then(|old| places.get(old)?.record());
        let is_good = record.is_some_and(|record| record.epoch == epoch) && !replace;
        let serial = match record {
            Some(record) => record
                .serial
                .checked_add(1)
                .ok_or(Error::CounterExhausted)?,
            None => 0,
        };
        let other = if old == Some(0) { 1 } else { 0 };
        let leftover = places.get(other).is_some_and(|place| !place.is_empty());
        drop(places);
        if leftover {
            self.store.delete(&at(&id, other)?)?;
        }
        if is_good {
            return Ok(Generated { new: false });
        }
        let record = record::to_bytes(&name.record(epoch, serial))?;
        match self.seal_new(&at(&id, other)?, &record) {
            // Another client has made it meanwhile.
            Err(Error::Exists) if replace => return Err(Error::Busy),
            Err(Error::Exists) => return Ok(Generated { new: false }),
            sealed => sealed?,
        }
        if let Some(old) = old {
            self.store.delete(&at(&id, old)?)?;
        }
        Ok(Generated { new: true })
    }

    fn seal_new(&mut self, id: &[u8], record: &[u8]) -> Result<()> {
        for number in 0..S::SPARES {
            match self.store.take_key(&spare(number), id, record) {
                Ok(None) => {}
                Ok(Some(_)) => return Ok(()),
                Err(Error::StorageDamaged) => self.store.delete(&spare(number))?,
                Err(error) => return Err(error),
            }
        }
        self.store.generate_key(id, record).map(drop)
    }

    /// The places of a key, where one that does not sign counts as damaged.
    fn proven(&mut self, id: &[u8]) -> Result<[Place<S::Key>; PLACES]> {
        let mut places = self.places(id)?;
        for place in &mut places {
            if let Place::Key(key, _) = place {
                match self.store.sign(key, &[0; 32]) {
                    Ok(_) => {}
                    Err(Error::KeyDamaged) => *place = Place::Damaged,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(places)
    }

    /// The payment keys that a uid may have. The list is there before the app key, and
    /// until after the last payment key; where it is lost or damaged, the keys that there
    /// are tell. None for an app that has neither list nor key.
    fn read_list(&mut self, uid: u32) -> Result<Option<KeyList>> {
        match record::load(self.store, &list_id(uid)?) {
            Ok(Some(list)) => return Ok(Some(list)),
            Ok(None) if self.exists(&KeyName::app(uid).id()?)? => {}
            Ok(None) => return Ok(None),
            Err(Error::StorageDamaged) => {}
            Err(error) => return Err(error),
        }
        let mut list = KeyList::default();
        let own = ids_of(KeyKind::Payment, uid)?;
        self.store.visit_ids(&mut |id| {
            let hash = id
                .strip_prefix(own.as_slice())
                .and_then(<[u8]>::first_chunk);
            if let Some(hash) = hash
                && !list.scenes.contains(hash)
                && list.scenes.push(*hash).is_err()
            {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(Some(list))
    }

    /// The list, for who changes it: whole, and sealed.
    fn key_list(&mut self, uid: u32) -> Result<KeyList> {
        let whole = record::load::<KeyList>(self.store, &list_id(uid)?);
        if let Ok(Some(list)) = whole {
            return Ok(list);
        }
        let list = self.read_list(uid)?.unwrap_or_default();
        if whole == Err(Error::StorageDamaged) {
            self.store.delete(&list_id(uid)?)?;
        }
        match self.store.create(&list_id(uid)?, &record::to_bytes(&list)?) {
            // It is there after all, or another instance has made it.
            Err(Error::Exists) => Err(Error::Busy),
            created => created.map(|()| list),
        }
    }

    fn exists(&mut self, id: &[u8]) -> Result<bool> {
        Ok(!self.places(id)?.iter().all(Place::is_empty))
    }

    /// One app must not take the room of the others: its list has an end.
    fn put_on_list(&mut self, name: &KeyName) -> Result<()> {
        let list = self.key_list(name.uid)?;
        if name.scene.is_none() {
            return Ok(());
        }
        let hash = name.scene_hash()?;
        if list.scenes.contains(&hash) {
            return Ok(());
        }
        let lost = if list.scenes.is_full() {
            self.lost(name.uid, &list)?
        } else {
            KeyList::default()
        };
        record::update(
            self.store,
            &list_id(name.uid)?,
            &mut |list: &mut KeyList| {
                list.scenes.retain(|listed| !lost.scenes.contains(listed));
                if list.scenes.contains(&hash) {
                    return Ok(());
                }
                list.scenes.push(hash).map_err(|_| Error::TooManyKeys)
            },
        )
        .map(drop)
    }

    /// What is on a list, and is not there, or is no key any more: an interrupted making,
    /// or damage. What is left of it is deleted.
    fn lost(&mut self, uid: u32, list: &KeyList) -> Result<KeyList> {
        let mut lost = KeyList::default();
        for hash in &list.scenes {
            let id = key_id(KeyKind::Payment, uid, hash)?;
            if newest(&self.places(&id)?).is_none() {
                self.delete(&id)?;
                lost.scenes.push(*hash).map_err(|_| Error::Platform)?;
            }
        }
        Ok(lost)
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

    /// How many key pairs are prepared. A damaged one is none.
    pub fn spares(&mut self) -> Result<u8> {
        let mut spares = 0u8;
        for number in 0..S::SPARES {
            spares = spares.saturating_add(u8::from(self.has_spare(number)?));
        }
        Ok(spares)
    }

    fn has_spare(&mut self, number: u8) -> Result<bool> {
        match self.store.open_key(&spare(number)) {
            Ok(found) => Ok(found.is_some()),
            // Another instance takes it.
            Err(Error::StorageDamaged | Error::Busy) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes a key pair for the next key that is wanted; returns how many there are.
    pub fn prepare(&mut self) -> Result<u8> {
        for number in 0..S::SPARES {
            if !self.has_spare(number)? {
                self.store.delete(&spare(number))?;
                self.store.generate_key(&spare(number), &[])?;
                break;
            }
        }
        self.spares()
    }

    /// The scenes of a uid's payment keys, and the enrolments that they were made under.
    fn list(&mut self, uid: u32) -> Result<heapless::Vec<(Scene, u64), MAX_PAYMENT_KEYS>> {
        let mut listed = heapless::Vec::new();
        for hash in &self.read_list(uid)?.unwrap_or_default().scenes {
            let found = match self.find(&key_id(KeyKind::Payment, uid, hash)?) {
                // It has no scene any more; whoever asks for it by its scene is told.
                Err(Error::KeyDamaged) => None,
                found => found?,
            };
            if let Some((_, record)) = found
                && let Some(scene) = record.scene
            {
                listed
                    .push((scene, record.epoch))
                    .map_err(|_| Error::Platform)?;
            }
        }
        Ok(listed)
    }

    /// A uid's payment keys, as the caller may know them.
    pub fn listed(&mut self, uid: u32, epoch: u64) -> Result<PaymentKeys> {
        let mut keys = heapless::Vec::new();
        for (scene, made_under) in self.list(uid)? {
            let state = if made_under == epoch {
                KeyState::Usable
            } else {
                KeyState::Invalidated
            };
            keys.push(ListedKey { scene, state })
                .map_err(|_| Error::Platform)?;
        }
        Ok(PaymentKeys { keys })
    }

    /// Removes a payment key.
    pub fn remove(&mut self, name: &KeyName) -> Result<()> {
        if !self.delete(&name.id()?)? {
            return Err(name.absent());
        }
        let hash = name.scene_hash()?;
        self.key_list(name.uid)?;
        record::update(
            self.store,
            &list_id(name.uid)?,
            &mut |list: &mut KeyList| {
                list.scenes.retain(|listed| *listed != hash);
                Ok(())
            },
        )
        .map(drop)
    }

    /// Deletes a key from both places, if it is there. What it has replaced, if that is
    /// there yet, goes first: it must not count again.
    fn delete(&mut self, id: &[u8]) -> Result<bool> {
        drop(self.recent.take(id));
        let places = self.places(id)?;
        if places.iter().all(Place::is_empty) {
            return Ok(false);
        }
        let last = newest(&places).unwrap_or(0);
        drop(places);
        let first = if last == 0 { 1 } else { 0 };
        self.store.delete(&at(id, first)?)?;
        self.store.delete(&at(id, last)?)?;
        Ok(true)
    }

    /// Removes all keys of a uid. The app key goes last: as long as it is there, an
    /// interrupted removal can be seen and repeated.
    pub fn remove_all(&mut self, uid: u32) -> Result<()> {
        let Some(list) = self.read_list(uid)? else {
            return Ok(());
        };
        for hash in &list.scenes {
            self.delete(&key_id(KeyKind::Payment, uid, hash)?)?;
        }
        self.store.delete(&list_id(uid)?)?;
        self.delete(&KeyName::app(uid).id()?).map(drop)
    }

    /// Removes the keys of every app.
    pub fn remove_every(&mut self) -> Result<()> {
        self.recent.close_keys();
        self.remove_ids(&[KeyKind::Payment as u8])?;
        self.remove_ids(LIST)?;
        self.remove_ids(&[KeyKind::App as u8])
    }

    fn remove_ids(&mut self, prefix: &[u8]) -> Result<()> {
        let mut last = None;
        loop {
            let ids = self.ids(prefix)?;
            let Some(first) = ids.first() else {
                return Ok(());
            };
            // It was deleted, and is there again: whoever carries the frames plays games.
            if last.as_ref() == Some(first) {
                return Err(Error::StorageDamaged);
            }
            ids.iter().try_for_each(|id| self.store.delete(id))?;
            last = Some(first.clone());
        }
    }

    /// Ids that begin so, a batch of them.
    fn ids(&mut self, prefix: &[u8]) -> Result<heapless::Vec<ObjectId, BATCH>> {
        let mut found = heapless::Vec::new();
        self.store.visit_ids(&mut |id| {
            if id.starts_with(prefix)
                && let Ok(id) = ObjectId::from_slice(id)
                && found.push(id).is_err()
            {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }
}
