//! The key hierarchy: which key is sealed where, and what is sealed with it.

use crate::error::{Error, Result};
use crate::platform::{KeyStore, ObjectId};
use crate::record::{self, Record, SEALED_MAX};
use core::ops::ControlFlow;
use sha2::{Digest, Sha256};
use touchseal_proto::label::Scene;
use touchseal_proto::message::{Generated, MAX_PAYMENT_KEYS, PublicKey};
use touchseal_proto::signed::KeyKind;
use touchseal_proto::wire_struct;

/// The device key is the one key whose loss ends the device: it has two slots.
const DEVICE_SLOTS: [&[u8]; 2] = [b"attk.a", b"attk.b"];

/// So many objects in all, the device's own among them: OP-TEE finds one by walking past
/// the others.
pub const MAX_OBJECTS: usize = 256;

const DEVICE_RECORD: KeyRecord = KeyRecord {
    kind: KeyKind::Device,
    uid: 0,
    epoch: 0,
    scene: None,
};

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
        /// A payment key's scene.
        scene: Option<Scene>,
    }
}

impl Record for KeyRecord {
    const MAGIC: [u8; 4] = *b"TSKR";
    const VERSION: u16 = 1;
    const SIZE: usize = 96;
}

impl KeyRecord {
    /// The id says whose key it is, so that no index is needed: an object exists
    /// whole, or the key was never made. Its kind, its uid, then a hash of its scene.
    fn id(&self) -> Result<ObjectId> {
        let scene = self.scene.as_ref().map_or("", Scene::as_str);
        let name = Sha256::new_with_prefix(b"touchseal.key")
            .chain_update(scene)
            .finalize();
        let mut id = ids_of(self.kind, self.uid)?;
        id.extend_from_slice(name.get(..16).ok_or(Error::Platform)?)
            .map_err(|_| Error::Platform)?;
        Ok(id)
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

/// The keys in a platform's key store.
pub struct Keys<'a, S> {
    pub store: &'a mut S,
}

impl<S: KeyStore> Keys<'_, S> {
    fn record_of(&mut self, key: &mut S::Key) -> Result<KeyRecord> {
        let mut bytes = [0; SEALED_MAX];
        let len = self.store.key_record(key, &mut bytes)?;
        record::from_bytes(bytes.get(..len).ok_or(Error::StorageDamaged)?)
    }

    /// The key of that name, with its record.
    pub fn open(
        &mut self,
        kind: KeyKind,
        uid: u32,
        scene: Option<&Scene>,
    ) -> Result<Option<(S::Key, KeyRecord)>> {
        let wanted = KeyRecord {
            kind,
            uid,
            epoch: 0,
            scene: scene.cloned(),
        };
        let Some(mut key) = self.store.open_key(&wanted.id()?)? else {
            return Ok(None);
        };
        let found = self.record_of(&mut key)?;
        if (KeyRecord {
            epoch: 0,
            ..found.clone()
        }) != wanted
        {
            return Err(Error::StorageDamaged);
        }
        Ok(Some((key, found)))
    }

    /// Makes the key, unless it is there. One made under another enrolment is of no
    /// use to anyone and makes room; a good key is never replaced.
    pub fn ensure(&mut self, record: &KeyRecord) -> Result<Generated> {
        if let Some((key, found)) = self.open(record.kind, record.uid, record.scene.as_ref())? {
            if found.epoch == record.epoch {
                return Ok(Generated { new: false });
            }
            drop(key);
            self.store.delete_key(&record.id()?)?;
        }
        self.check_room(record)?;
        self.store
            .generate_key(&record.id()?, &record::to_bytes(record)?)?;
        Ok(Generated { new: true })
    }

    /// One app must not take the room of the others, nor all apps that of a finger.
    fn check_room(&mut self, record: &KeyRecord) -> Result<()> {
        let own = ids_of(record.kind, record.uid)?;
        let (mut of_all, mut of_this_app) = (0usize, 0usize);
        self.store.visit_ids(&mut |id| {
            of_all = of_all.saturating_add(1);
            of_this_app = of_this_app.saturating_add(usize::from(id.starts_with(&own)));
            ControlFlow::Continue(())
        })?;
        if of_all >= MAX_OBJECTS || of_this_app >= MAX_PAYMENT_KEYS {
            return Err(Error::TooManyKeys);
        }
        Ok(())
    }

    fn payment_key_ids(&mut self, uid: u32) -> Result<heapless::Vec<ObjectId, MAX_PAYMENT_KEYS>> {
        let own = ids_of(KeyKind::Payment, uid)?;
        let mut found = heapless::Vec::new();
        self.store.visit_ids(&mut |id| {
            let full = match ObjectId::from_slice(id) {
                Ok(id) if id.starts_with(&own) => found.push(id).is_err(),
                _ => false,
            };
            if full {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        Ok(found)
    }

    /// The scenes of a uid's payment keys.
    pub fn scenes(&mut self, uid: u32) -> Result<heapless::Vec<Scene, MAX_PAYMENT_KEYS>> {
        let mut scenes = heapless::Vec::new();
        for id in self.payment_key_ids(uid)? {
            let Some(mut key) = self.store.open_key(&id)? else {
                continue;
            };
            if let Some(scene) = self.record_of(&mut key)?.scene {
                scenes.push(scene).map_err(|_| Error::Platform)?;
            }
        }
        Ok(scenes)
    }

    /// Removes a payment key.
    pub fn remove(&mut self, uid: u32, scene: Scene) -> Result<()> {
        let record = KeyRecord {
            kind: KeyKind::Payment,
            uid,
            epoch: 0,
            scene: Some(scene),
        };
        let id = record.id()?;
        if self.store.open_key(&id)?.is_none() {
            return Err(Error::NoPaymentKey);
        }
        self.store.delete_key(&id)
    }

    /// Removes all keys of a uid. The app key goes last: as long as it is there, an
    /// interrupted removal can be seen and repeated.
    pub fn remove_all(&mut self, uid: u32) -> Result<()> {
        loop {
            let ids = self.payment_key_ids(uid)?;
            if ids.is_empty() {
                break;
            }
            ids.iter().try_for_each(|id| self.store.delete_key(id))?;
        }
        let app_key = KeyRecord {
            kind: KeyKind::App,
            uid,
            epoch: 0,
            scene: None,
        };
        self.store.delete_key(&app_key.id()?)
    }

    /// Whether any slot holds a key.
    pub fn device_key_exists(&mut self) -> Result<bool> {
        for slot in DEVICE_SLOTS {
            if self.store.open_key(slot)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes the device key in both slots. A key pair that an interrupted attempt
    /// left in a slot is taken over.
    pub fn make_device_key(&mut self) -> Result<PublicKey> {
        let record = record::to_bytes(&DEVICE_RECORD)?;
        let [first, second] = DEVICE_SLOTS;
        let key = match self.store.open_key(first)? {
            Some(key) => key,
            None => self.store.generate_key(first, &record)?,
        };
        let public_key = self.store.public_key(&key)?;
        self.fill_slot(second, &key, &public_key)?;
        Ok(public_key)
    }

    /// The device key, from whichever slot has it.
    pub fn open_device_key(&mut self, public_key: &PublicKey) -> Result<S::Key> {
        for slot in DEVICE_SLOTS {
            if let Slot::DeviceKey(key) = self.look_into(slot, public_key)? {
                return Ok(key);
            }
        }
        Err(Error::DeviceKeyLost)
    }

    /// Makes both slots hold the device key again, as long as one does.
    pub fn repair_device_key(&mut self, public_key: &PublicKey) -> Result<()> {
        let key = self.open_device_key(public_key)?;
        for slot in DEVICE_SLOTS {
            self.fill_slot(slot, &key, public_key)?;
        }
        Ok(())
    }

    fn look_into(&mut self, slot: &[u8], public_key: &PublicKey) -> Result<Slot<S::Key>> {
        match self.store.open_key(slot) {
            Ok(Some(key)) if self.store.public_key(&key)? == *public_key => {
                Ok(Slot::DeviceKey(key))
            }
            Ok(Some(_)) => Ok(Slot::AnotherKey),
            Ok(None) | Err(Error::StorageDamaged) => Ok(Slot::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Only what has proved to be another key is deleted. A copy counts when it signs: the
    /// signature is of nothing, and goes nowhere.
    fn fill_slot(&mut self, slot: &[u8], key: &S::Key, public_key: &PublicKey) -> Result<()> {
        match self.look_into(slot, public_key)? {
            Slot::DeviceKey(_) => return Ok(()),
            Slot::AnotherKey => self.store.delete_key(slot)?,
            Slot::Nothing => {}
        }
        self.store
            .copy_key(key, slot, &record::to_bytes(&DEVICE_RECORD)?)?;
        match self.look_into(slot, public_key)? {
            Slot::DeviceKey(copy) => self.store.sign(&copy, &[0; 32]).map(|_| ()),
            Slot::AnotherKey | Slot::Nothing => Err(Error::StorageDamaged),
        }
    }
}

/// What is in a slot.
enum Slot<K> {
    DeviceKey(K),
    AnotherKey,
    Nothing,
}
