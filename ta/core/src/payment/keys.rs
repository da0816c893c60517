//! The key hierarchy: which key is sealed where, and what is sealed with it.

use crate::error::{Error, Result};
use crate::platform::{KeyStore, ObjectId};
use crate::record::{self, Record, SEALED_MAX};
use sha2::{Digest, Sha256};
use touchseal_proto::label::Scene;
use touchseal_proto::message::{Generated, PublicKey};
use touchseal_proto::signed::KeyKind;
use touchseal_proto::wire_struct;

/// The device key is the one key whose loss ends the device: it has two slots.
const DEVICE_SLOTS: [&[u8]; 2] = [b"attk.a", b"attk.b"];

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
    /// whole, or the key was never made.
    fn id(&self) -> Result<ObjectId> {
        let mut name = Sha256::new_with_prefix(b"touchseal.key");
        name.update(self.uid.to_be_bytes());
        name.update(self.scene.as_ref().map_or("", Scene::as_str));
        let mut id = ObjectId::new();
        id.push(self.kind as u8).map_err(|_| Error::Platform)?;
        id.extend_from_slice(name.finalize().get(..16).ok_or(Error::Platform)?)
            .map_err(|_| Error::Platform)?;
        Ok(id)
    }
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
        self.store
            .generate_key(&record.id()?, &record::to_bytes(record)?)?;
        Ok(Generated { new: true })
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
            if let Some(key) = self.open_slot(slot, public_key)? {
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

    fn open_slot(&mut self, slot: &[u8], public_key: &PublicKey) -> Result<Option<S::Key>> {
        match self.store.open_key(slot) {
            Ok(Some(key)) => Ok((self.store.public_key(&key)? == *public_key).then_some(key)),
            Ok(None) | Err(Error::StorageDamaged) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn fill_slot(&mut self, slot: &[u8], key: &S::Key, public_key: &PublicKey) -> Result<()> {
        if self.open_slot(slot, public_key)?.is_some() {
            return Ok(());
        }
        self.store.delete_key(slot)?;
        self.store
            .copy_key(key, slot, &record::to_bytes(&DEVICE_RECORD)?)
    }
}
