//! The device key is the one key whose loss ends the device: it is sealed in two slots,
//! and the state names it by a hash of its public half.

use crate::error::{Error, Result};
use crate::keys::{KeyRecord, Keys};
use crate::platform::{KeyStore, Store};
use crate::record;
use sha2::{Digest, Sha256};
use touchseal_proto::message::{Provisioned, Slot};
use touchseal_proto::signed::KeyKind;

/// Where it is sealed.
pub const DEVICE_SLOTS: [&[u8]; 2] = [b"attk.a", b"attk.b"];

const DEVICE_RECORD: KeyRecord = KeyRecord {
    kind: KeyKind::Device,
    uid: 0,
    epoch: 0,
    serial: 0,
    scene: None,
};

/// SHA-256 of a public half.
pub type KeyHash = [u8; 32];

/// What names a device key.
pub fn hash(public_key: impl AsRef<[u8]>) -> KeyHash {
    Sha256::digest(public_key).into()
}

/// What is in a slot.
enum Found<K> {
    DeviceKey(K),
    /// Another key, or none that can be used.
    Damage,
    Nothing,
}

impl<S: Store + KeyStore> Keys<'_, S> {
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
    pub fn make_device_key(&mut self) -> Result<S::PublicKey> {
        let record = record::to_bytes(&DEVICE_RECORD)?;
        let [first, second] = DEVICE_SLOTS;
        let key = match self.store.open_key(first)? {
            Some(key) => key,
            // The first slot is filled first: what is in the second has lost it.
            None if self.store.open_key(second)?.is_some() => {
                return Err(Error::DeviceKeyMismatch);
            }
            None => self.store.generate_key(first, &record)?,
        };
        let public_key = self.store.public_key(&key)?;
        self.fill_slot(second, &key, &hash(&public_key))?;
        Ok(public_key)
    }

    /// The device key, from whichever slot has it. To be [kept](Self::keep_device_key)
    /// when it was used.
    pub fn open_device_key(&mut self, wanted: &KeyHash) -> Result<S::Key> {
        if let Some(key) = self.recent.device.take() {
            return Ok(key);
        }
        let mut damaged = false;
        for slot in DEVICE_SLOTS {
            match self.look_into(slot, wanted)? {
                Found::DeviceKey(key) => return Ok(key),
                Found::Damage => damaged = true,
                Found::Nothing => {}
            }
        }
        Err(if damaged {
            Error::DeviceKeyMismatch
        } else {
            Error::DeviceKeyLost
        })
    }

    /// Keeps the device key open: with it a report can be signed when the storage does
    /// not answer any more.
    pub fn keep_device_key(&mut self, key: S::Key) {
        self.recent.device = Some(key);
    }

    /// Makes both slots hold the device key again, as long as one does.
    pub fn repair_device_key(&mut self, wanted: &KeyHash) -> Result<Provisioned> {
        self.recent.device = None;
        let key = self.open_device_key(wanted)?;
        let mut repaired = false;
        for slot in DEVICE_SLOTS {
            repaired |= self.fill_slot(slot, &key, wanted)?;
        }
        Ok(Provisioned {
            new: false,
            repaired,
        })
    }

    /// What is in both slots, for a person who asks.
    pub fn device_slots(&mut self, wanted: &KeyHash) -> [Slot; 2] {
        DEVICE_SLOTS.map(|slot| match self.look_into(slot, wanted) {
            Ok(Found::DeviceKey(_)) => Slot::Good,
            Ok(Found::Damage) => Slot::Damaged,
            Ok(Found::Nothing) => Slot::Empty,
            Err(_) => Slot::Unknown,
        })
    }

    /// A copy counts when it signs: the signature is of nothing, and goes nowhere.
    fn look_into(&mut self, slot: &[u8], wanted: &KeyHash) -> Result<Found<S::Key>> {
        match self.prove(slot, wanted) {
            Ok(Some(key)) => Ok(Found::DeviceKey(key)),
            Ok(None) => Ok(Found::Nothing),
            Err(Error::StorageDamaged | Error::KeyDamaged) => Ok(Found::Damage),
            Err(error) => Err(error),
        }
    }

    fn prove(&mut self, slot: &[u8], wanted: &KeyHash) -> Result<Option<S::Key>> {
        let Some(key) = self.store.open_key(slot)? else {
            return Ok(None);
        };
        if hash(self.store.public_key(&key)?) != *wanted {
            return Err(Error::KeyDamaged);
        }
        if !self.signs(&key)? {
            return Err(Error::KeyDamaged);
        }
        Ok(Some(key))
    }

    /// Fills a slot that does not hold the device key. Only what has proved to be damaged
    /// is deleted.
    fn fill_slot(&mut self, slot: &[u8], key: &S::Key, wanted: &KeyHash) -> Result<bool> {
        match self.look_into(slot, wanted)? {
            Found::DeviceKey(_) => return Ok(false),
            Found::Damage => self.store.delete(slot)?,
            Found::Nothing => {}
        }
        self.store
            .copy_key(key, slot, &record::to_bytes(&DEVICE_RECORD)?)?;
        match self.look_into(slot, wanted)? {
            Found::DeviceKey(_) => Ok(true),
            Found::Damage | Found::Nothing => Err(Error::StorageDamaged),
        }
    }
}
