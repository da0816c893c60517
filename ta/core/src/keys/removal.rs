//! Keys that go.

use super::list::{self, KeyList};
use super::name::{KeyName, at, key_id};
use super::{Keys, Place, newest};
use crate::error::{Error, Result};
use crate::platform::{KeyStore, ObjectId, Store};
use crate::record;
use core::ops::ControlFlow;
use touchseal_proto::signed::KeyKind;

/// So many objects are removed in one go.
const BATCH: usize = 32;

impl<S: Store + KeyStore> Keys<'_, S> {
    /// Removes a payment key.
    pub fn remove(&mut self, name: &KeyName) -> Result<()> {
        if !self.delete(&name.id()?)? {
            return Err(name.absent());
        }
        let hash = name.scene_hash()?;
        self.key_list(name.uid)?;
        record::update(
            self.store,
            &list::list_id(name.uid)?,
            &mut |list: &mut KeyList| {
                list.scenes.retain(|listed| *listed != hash);
                Ok(())
            },
        )
        .map(drop)
    }

    /// Deletes a key from both places, if it is there. What it has replaced, if that is
    /// there yet, goes first: it must not count again.
    pub(super) fn delete(&mut self, id: &[u8]) -> Result<bool> {
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
        self.store.delete(&list::list_id(uid)?)?;
        self.delete(&KeyName::app(uid).id()?).map(drop)
    }

    /// Removes the keys of every app.
    pub fn remove_every(&mut self) -> Result<()> {
        self.recent.close_keys();
        self.remove_ids(&[KeyKind::Payment as u8], Self::delete_at)?;
        self.remove_ids(list::LIST, |keys, id| keys.store.delete(id))?;
        self.remove_ids(&[KeyKind::App as u8], Self::delete_at)
    }

    /// Deletes the key that has this place, from both.
    fn delete_at(&mut self, id: &[u8]) -> Result<()> {
        match id.split_last() {
            Some((_, id)) => self.delete(id).map(drop),
            None => Ok(()),
        }
    }

    fn remove_ids(
        &mut self,
        prefix: &[u8],
        remove: impl Fn(&mut Self, &[u8]) -> Result<()>,
    ) -> Result<()> {
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
            ids.iter().try_for_each(|id| remove(self, id))?;
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
