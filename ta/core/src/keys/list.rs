//! Which payment keys an app has.

use super::name::{KeyName, SceneHash, ids_of, key_id};
use super::{Keys, newest};
use crate::error::{Error, Result};
use crate::platform::{KeyStore, ObjectId, RECORD_MAX, Store};
use crate::record::{self, Record};
use core::ops::ControlFlow;
use touchseal_proto::label::Scene;
use touchseal_proto::message::{KeyState, ListedKey, MAX_PAYMENT_KEYS, PaymentKeys};
use touchseal_proto::signed::KeyKind;
use touchseal_proto::wire_struct;

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

pub const LIST: &[u8] = b"keys";

pub fn list_id(uid: u32) -> Result<ObjectId> {
    let mut id = ObjectId::from_slice(LIST).map_err(|_| Error::Platform)?;
    id.extend_from_slice(&uid.to_be_bytes())
        .map_err(|_| Error::Platform)?;
    Ok(id)
}

impl<S: Store + KeyStore> Keys<'_, S> {
    /// The payment keys that a uid may have. The list is there before the app key, and
    /// until after the last payment key; where it is lost or damaged, the keys that there
    /// are tell. None for an app that has neither list nor key.
    pub(super) fn read_list(&mut self, uid: u32) -> Result<Option<KeyList>> {
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
    pub(super) fn key_list(&mut self, uid: u32) -> Result<KeyList> {
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

    /// One app must not take the room of the others: its list has an end.
    pub(super) fn put_on_list(&mut self, name: &KeyName) -> Result<()> {
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
}
