//! Sealed records as GlobalPlatform data objects in the RPMB, named explicitly:
//! `TEE_STORAGE_PRIVATE` is the normal world's file system where OP-TEE has one.

use crate::error;
use optee_utee::{
    DataFlag, ErrorKind, GenericObject, ObjectStorageConstants, PersistentObject, Whence,
};
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::{ObjectId, RECORD_MAX};

/// An object that is there may be opened; None where it is not.
pub fn open(id: &[u8], flags: DataFlag) -> Result<Option<PersistentObject>> {
    match PersistentObject::open(ObjectStorageConstants::PrivateRpmb, id, flags) {
        Ok(object) => Ok(Some(object)),
        Err(found) if found.kind() == ErrorKind::ItemNotFound => Ok(None),
        Err(found) => Err(error::of(found)),
    }
}

/// Deletes an object; one that is not there is deleted already.
pub fn delete(id: &[u8]) -> Result<()> {
    match open(id, DataFlag::ACCESS_WRITE_META)? {
        None => Ok(()),
        Some(object) => object.close_and_delete().map_err(error::of),
    }
}

/// Reads an object's data stream from its start.
pub fn read(object: &mut PersistentObject, out: &mut [u8]) -> Result<usize> {
    if object.info().map_err(error::of)?.data_size() > out.len() {
        return Err(Error::StorageDamaged);
    }
    object.seek(0, Whence::DataSeekSet).map_err(error::of)?;
    let count = object.read(out).map_err(error::of)?;
    usize::try_from(count).map_err(|_| Error::Platform)
}

/// The record store. The record that was replaced last stays open: opening one walks
/// the whole FAT, and the payment's way should not.
#[derive(Default)]
pub struct RpmbStore {
    hot: Option<(ObjectId, PersistentObject)>,
}

impl RpmbStore {
    fn forget(&mut self, id: &[u8]) {
        self.hot.take_if(|(hot, _)| hot == id);
    }

    /// See [`Store::read`](touchseal_core::platform::Store::read).
    pub fn read(&mut self, id: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
        self.forget(id);
        match open(id, DataFlag::ACCESS_READ)? {
            None => Ok(None),
            Some(mut object) => read(&mut object, out).map(Some),
        }
    }

    /// Without the overwrite flag, OP-TEE's creation ends in one write of the FAT
    /// entry: all or nothing. Overwriting is not power-safe, and never used.
    pub fn create(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        PersistentObject::create(
            ObjectStorageConstants::PrivateRpmb,
            id,
            DataFlag::ACCESS_READ,
            None,
            bytes,
        )
        .map(drop)
        .map_err(error::of)
    }

    /// A write that stays within one RPMB block and does not grow the object is done
    /// in place, in one authenticated write.
    pub fn replace(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        let mut object = match self.hot.take() {
            Some((hot, object)) if hot == id => object,
            _ => open(id, DataFlag::ACCESS_READ | DataFlag::ACCESS_WRITE)?
                .ok_or(Error::StorageDamaged)?,
        };
        let size = object.info().map_err(error::of)?.data_size();
        if size != bytes.len() || size > RECORD_MAX {
            return Err(Error::StorageDamaged);
        }
        object.seek(0, Whence::DataSeekSet).map_err(error::of)?;
        object.write(bytes).map_err(error::of)?;
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
