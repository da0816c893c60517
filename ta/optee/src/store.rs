//! Sealed records as data objects in the RPMB.

use crate::object::Object;
use optee_utee::{DataFlag, TransientObject};
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::{ObjectId, RECORD_MAX};

/// Deletes an object; one that is not there is deleted already.
pub fn delete(id: &[u8]) -> Result<()> {
    match Object::open(id, DataFlag::ACCESS_WRITE_META) {
        Ok(None) => Ok(()),
        Ok(Some(object)) => object.delete(),
        Err(Error::StorageDamaged) => Object::delete_damaged(id),
        Err(error) => Err(error),
    }
}

/// The record store. The record that was replaced last stays open: opening one walks
/// the FAT once more.
#[derive(Default)]
pub struct RpmbStore {
    hot: Option<(ObjectId, Object)>,
}

impl RpmbStore {
    fn forget(&mut self, id: &[u8]) {
        self.hot.take_if(|(hot, _)| hot == id);
    }

    /// See [`Store::read`](touchseal_core::platform::Store::read).
    pub fn read(&mut self, id: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
        self.forget(id);
        match Object::open(id, DataFlag::ACCESS_READ)? {
            None => Ok(None),
            Some(mut object) => object.read(out).map(Some),
        }
    }

    /// See [`Store::create`](touchseal_core::platform::Store::create).
    pub fn create(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        Object::create(id, None::<&TransientObject>, bytes)
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
        let id = ObjectId::from_slice(id).map_err(|_| Error::Platform)?;
        self.hot = Some((id, object));
        Ok(())
    }

    /// See [`Store::delete`](touchseal_core::platform::Store::delete).
    pub fn delete(&mut self, id: &[u8]) -> Result<()> {
        self.forget(id);
        delete(id)
    }
}
