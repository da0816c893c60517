//! What keys are called, and what is sealed with them.

use crate::error::{Error, Result};
use crate::platform::ObjectId;
use crate::record::Record;
use sha2::{Digest, Sha256};
use touchseal_proto::label::Scene;
use touchseal_proto::signed::KeyKind;
use touchseal_proto::wire_struct;

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
pub type SceneHash = [u8; 12];

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

    pub fn record(&self, epoch: u64, serial: u32) -> KeyRecord {
        KeyRecord {
            kind: self.kind(),
            uid: self.uid,
            epoch,
            serial,
            scene: self.scene.clone(),
        }
    }

    pub fn is_of(&self, record: &KeyRecord) -> bool {
        self.record(record.epoch, record.serial) == *record
    }

    /// What there is to say when it is not there.
    pub fn absent(&self) -> Error {
        match self.scene {
            None => Error::NoAppKey,
            Some(_) => Error::NoPaymentKey,
        }
    }

    pub fn scene_hash(&self) -> Result<SceneHash> {
        let scene = self.scene.as_ref().map_or("", Scene::as_str);
        let hash: [u8; 32] = Sha256::new_with_prefix(b"touchseal.key")
            .chain_update(scene)
            .finalize()
            .into();
        hash.first_chunk().copied().ok_or(Error::Platform)
    }

    pub fn id(&self) -> Result<ObjectId> {
        key_id(self.kind(), self.uid, &self.scene_hash()?)
    }
}

/// How the ids of a uid's keys of a kind begin.
pub fn ids_of(kind: KeyKind, uid: u32) -> Result<ObjectId> {
    let mut id = ObjectId::new();
    id.push(kind as u8).map_err(|_| Error::Platform)?;
    id.extend_from_slice(&uid.to_be_bytes())
        .map_err(|_| Error::Platform)?;
    Ok(id)
}

/// The id says whose key it is, so that an object exists whole, or the key was never made.
/// Its kind, its uid, a hash of its scene; then its place.
pub fn key_id(kind: KeyKind, uid: u32, scene: &SceneHash) -> Result<ObjectId> {
    let mut id = ids_of(kind, uid)?;
    id.extend_from_slice(scene).map_err(|_| Error::Platform)?;
    Ok(id)
}

pub fn at(id: &[u8], place: usize) -> Result<ObjectId> {
    let mut at = ObjectId::from_slice(id).map_err(|_| Error::Platform)?;
    at.push(u8::try_from(place).map_err(|_| Error::Platform)?)
        .map_err(|_| Error::Platform)?;
    Ok(at)
}
