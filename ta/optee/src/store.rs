//! Sealed records as data objects in the RPMB.

use crate::object::Object;
use optee_utee::{DataFlag, TransientObject};
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::{ObjectId, RECORD_MAX};

/// The record store.
pub struct RpmbStore {
    /// Where no other instance waits for it, the record that was replaced last stays open:
    /// opening one walks the FAT once more.
    keeps_open: bool,
    hot: Option<(ObjectId, Object)>,
}

impl RpmbStore {
    /// Of a TA that has one instance.
    pub fn of_the_only_instance() -> Self {
        Self {
            keeps_open: true,
            hot: None,
        }
    }

    /// Of a TA that has an instance a session.
    pub fn of_one_instance() -> Self {
        Self {
            keeps_open: false,
            hot: None,
        }
    }

    fn forget(&mut self, id: &[u8]) {
        self.hot.take_if(|(hot, _)| hot == id);
    }

    /// See [`Store::read`](touchseal_core::platform::Store::read).
    pub fn read(&mut self, id: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
        self.forget(id);
        match Object::open(id, DataFlag::ACCESS_READ | DataFlag::SHARE_READ)? {
            None => Ok(None),
            Some(mut object) => object.read(out).map(Some),
        }
    }

    /// See [`Store::create`](touchseal_core::platform::Store::create).
    pub fn create(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        Object::create(id, None::<&TransientObject>, bytes).map(drop)
    }

    /// A write that stays within one RPMB block and does not grow the object is done
    /// in place, in one authenticated write.
    pub fn replace(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        let mut object = match self.hot.take() {
            Some((hot, object)) if hot == id => object,
            _ => Object::open(id, DataFlag::ACCESS_READ | DataFlag::ACCESS_WRITE)?
                .ok_or(Error::StorageDamaged)?,
        };
        let size = object.size()?;
        if size != bytes.len() || size > RECORD_MAX {
            return Err(Error::StorageDamaged);
        }
        object.write(bytes)?;
        if self.keeps_open {
            let id = ObjectId::from_slice(id).map_err(|_| Error::Platform)?;
            self.hot = Some((id, object));
        }
        Ok(())
    }

    /// Opened for itself alone: no other instance comes between.
    pub fn update(
        &mut self,
        id: &[u8],
        change: &mut dyn FnMut(&mut [u8]) -> Result<()>,
    ) -> Result<bool> {
        self.forget(id);
        let alone = DataFlag::ACCESS_READ | DataFlag::ACCESS_WRITE;
        let Some(mut object) = Object::open(id, alone)? else {
            return Ok(false);
        };
        let mut bytes = [0; RECORD_MAX];
        let len = object.read(&mut bytes)?;
        if len != object.size()? {
            return Err(Error::StorageDamaged);
        }
        let bytes = bytes.get_mut(..len).ok_or(Error::StorageDamaged)?;
        let mut before = [0; RECORD_MAX];
        let before = before.get_mut(..len).ok_or(Error::StorageDamaged)?;
        before.copy_from_slice(bytes);
        change(bytes)?;
        if bytes != before {
            object.write(bytes)?;
        }
        Ok(true)
    }

    /// See [`Store::delete`](touchseal_core::platform::Store::delete).
    pub fn delete(&mut self, id: &[u8]) -> Result<()> {
        self.forget(id);
        match Object::open(id, DataFlag::ACCESS_WRITE_META) {
            Ok(None) => Ok(()),
            Ok(Some(object)) => object.delete(),
            Err(Error::StorageDamaged) => Object::delete_damaged(id),
            Err(error) => Err(error),
        }
    }
}
