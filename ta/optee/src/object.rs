//! Persistent objects in the RPMB, named explicitly: `TEE_STORAGE_PRIVATE` is the normal
//! world's file system where OP-TEE has one.
//!
//! These call OP-TEE core itself rather than libutee, which ends the TA at every error that
//! the GlobalPlatform specification does not list: an RPMB that stops answering, or whose
//! answers do not verify. Here that is an error like any other, with its cause.

use crate::error::check;
use core::ffi::c_ulong;
use core::ops::ControlFlow;
use optee_utee::raw::{
    _utee_cryp_obj_close, _utee_storage_alloc_enum, _utee_storage_free_enum,
    _utee_storage_next_enum, _utee_storage_obj_create, _utee_storage_obj_del,
    _utee_storage_obj_open, _utee_storage_obj_read, _utee_storage_obj_seek,
    _utee_storage_obj_write, _utee_storage_start_enum, TEE_ERROR_ACCESS_CONFLICT,
    TEE_ERROR_ITEM_NOT_FOUND, TEE_ERROR_NOT_SUPPORTED, TEE_ObjectHandle,
};
use optee_utee::{DataFlag, GenericObject, ObjectStorageConstants, TransientObject};
use touchseal_core::error::{Error, Result};

const RPMB: c_ulong = ObjectStorageConstants::PrivateRpmb as c_ulong;
const FROM_THE_START: c_ulong = 0;

/// An open object. Closed when dropped.
pub struct Object(TEE_ObjectHandle);

impl Object {
    /// libutee's handles are core's numbers, as pointers.
    fn new(number: u32) -> Self {
        Self(core::ptr::without_provenance_mut(number as usize))
    }

    fn number(&self) -> c_ulong {
        self.0.addr() as c_ulong
    }

    /// Opens an object; None where there is none.
    pub fn open(id: &[u8], flags: DataFlag) -> Result<Option<Self>> {
        let mut number = 0;
        // SAFETY: `id` is readable for its length, and `number` is writable.
        let result = unsafe {
            _utee_storage_obj_open(
                RPMB,
                id.as_ptr().cast(),
                id.len(),
                c_ulong::from(flags.bits()),
                &mut number,
            )
        };
        match result {
            TEE_ERROR_ITEM_NOT_FOUND => Ok(None),
            // Of a type that OP-TEE does not know: its head is damaged. Left where it is.
            TEE_ERROR_NOT_SUPPORTED => Err(Error::StorageDamaged),
            result => check(result).map(|()| Some(Self::new(number))),
        }
    }

    /// Deletes an object that cannot be opened: another is put in its place first. That is
    /// not power-safe, and need not be.
    pub fn delete_damaged(id: &[u8]) -> Result<()> {
        Self::create_with(id, None::<&TransientObject>, &[], DataFlag::OVERWRITE)?;
        match Self::open(id, DataFlag::ACCESS_WRITE_META)? {
            None => Ok(()),
            Some(object) => object.delete(),
        }
    }

    /// Creates an object of the attributes of `key`, if any, and of `bytes`, and opens it to be
    /// read. Without the overwrite flag this ends in one write of the FAT entry: all or nothing.
    /// Overwriting is not power-safe, and not used for what is sound.
    ///
    /// What a power cut has left of an earlier attempt OP-TEE writes over in place. Where that
    /// was longer, its last bytes are behind these then. Once more, and nothing is left to be
    /// written over.
    pub fn create(id: &[u8], key: Option<&impl GenericObject>, bytes: &[u8]) -> Result<Self> {
        let created = Self::create_once(id, key, bytes)?;
        if created.size()? == bytes.len() {
            return Ok(created);
        }
        drop(created);
        Self::open(id, DataFlag::ACCESS_WRITE_META)?
            .ok_or(Error::StorageDamaged)?
            .delete()?;
        Self::create_once(id, key, bytes)
    }

    fn create_once(id: &[u8], key: Option<&impl GenericObject>, bytes: &[u8]) -> Result<Self> {
        Self::create_with(id, key, bytes, DataFlag::ACCESS_READ)?;
        let created = Self::open(id, DataFlag::ACCESS_READ | DataFlag::SHARE_READ)?;
        created.ok_or(Error::StorageDamaged)
    }

    fn create_with(
        id: &[u8],
        key: Option<&impl GenericObject>,
        bytes: &[u8],
        flags: DataFlag,
    ) -> Result<()> {
        let attributes = match key {
            // SAFETY: the handle is used while `key` is borrowed.
            Some(key) => unsafe { *key.as_raw_ref() },
            None => core::ptr::null_mut(),
        };
        let mut number = 0;
        // SAFETY: `id` and `bytes` are readable for their lengths, `number` is writable.
        let result = unsafe {
            _utee_storage_obj_create(
                RPMB,
                id.as_ptr().cast(),
                id.len(),
                c_ulong::from(flags.bits()),
                attributes.addr() as c_ulong,
                bytes.as_ptr().cast(),
                bytes.len(),
                &mut number,
            )
        };
        if result == TEE_ERROR_ACCESS_CONFLICT {
            // Or another instance looks whether it is there.
            let there = Self::open(id, DataFlag::ACCESS_READ | DataFlag::SHARE_READ)?;
            return Err(there.map_or(Error::Busy, |_| Error::Exists));
        }
        // Closed at once: it is opened again with the access that is needed.
        check(result).map(|()| drop(Self::new(number)))
    }

    /// Deletes the object, which was opened with `ACCESS_WRITE_META`.
    pub fn delete(self) -> Result<()> {
        let number = self.number();
        // Core closes the handle, whatever comes of the removal.
        core::mem::forget(self);
        // SAFETY: a number that core has given; not used afterwards.
        check(unsafe { _utee_storage_obj_del(number) })
    }

    fn rewind(&mut self) -> Result<()> {
        // SAFETY: a number that core has given.
        check(unsafe { _utee_storage_obj_seek(self.number(), 0, FROM_THE_START) })
    }

    /// Reads the data from its start, as far as `out` has room.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        self.rewind()?;
        let mut count = 0;
        // SAFETY: `out` is writable for its length, `count` is writable.
        let result = unsafe {
            _utee_storage_obj_read(
                self.number(),
                out.as_mut_ptr().cast(),
                out.len(),
                &mut count,
            )
        };
        check(result)?;
        usize::try_from(count).map_err(|_| Error::Platform)
    }

    /// Writes over the data from its start.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.rewind()?;
        // SAFETY: `bytes` is readable for its length.
        check(unsafe { _utee_storage_obj_write(self.number(), bytes.as_ptr().cast(), bytes.len()) })
    }

    /// What it is: one of GlobalPlatform's object types.
    pub fn kind(&self) -> Result<u32> {
        Ok(self.info().map_err(crate::error::of)?.object_type())
    }

    /// How long the data is.
    pub fn size(&self) -> Result<usize> {
        Ok(self.info().map_err(crate::error::of)?.data_size())
    }
}

impl GenericObject for Object {
    unsafe fn as_raw_ref(&self) -> &TEE_ObjectHandle {
        &self.0
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: a number that core has given; not used afterwards. Core may have closed it
        // already, when it found the object damaged, and then says so.
        unsafe { _utee_cryp_obj_close(self.number()) };
    }
}

/// Visits the id of every object of this TA, until the visitor says stop.
pub fn visit_ids(visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<()> {
    let mut enumerator = Enumerator::new()?;
    if !enumerator.start()? {
        return Ok(());
    }
    let mut id = [0; ID_MAX];
    loop {
        // A damaged object has no id any more, and is one all the same.
        let len = match enumerator.next(&mut id) {
            Ok(None) => return Ok(()),
            Ok(Some(len)) => len,
            Err(Error::StorageDamaged) => 0,
            Err(error) => return Err(error),
        };
        if visit(id.get(..len).ok_or(Error::Platform)?).is_break() {
            return Ok(());
        }
    }
}

/// GlobalPlatform's `TEE_OBJECT_ID_MAX_LEN`.
const ID_MAX: usize = 64;

struct Enumerator(c_ulong);

impl Enumerator {
    fn new() -> Result<Self> {
        let mut number = 0;
        // SAFETY: `number` is writable.
        check(unsafe { _utee_storage_alloc_enum(&mut number) })?;
        Ok(Self(c_ulong::from(number)))
    }

    /// False where there is nothing.
    fn start(&mut self) -> Result<bool> {
        // SAFETY: a number that core has given.
        let result = unsafe { _utee_storage_start_enum(self.0, RPMB) };
        if result == TEE_ERROR_ITEM_NOT_FOUND {
            return Ok(false);
        }
        check(result).map(|()| true)
    }

    /// The length of the next id; None behind the last.
    fn next(&mut self, id: &mut [u8; ID_MAX]) -> Result<Option<usize>> {
        // SAFETY: a struct of integers.
        let mut info = unsafe { core::mem::zeroed() };
        let mut len = ID_MAX as u64;
        // SAFETY: `id` has the room that core writes at most; `info` and `len` are writable.
        let result =
            unsafe { _utee_storage_next_enum(self.0, &mut info, id.as_mut_ptr().cast(), &mut len) };
        if result == TEE_ERROR_ITEM_NOT_FOUND {
            return Ok(None);
        }
        if result == TEE_ERROR_NOT_SUPPORTED {
            return Err(Error::StorageDamaged);
        }
        check(result)?;
        usize::try_from(len).map(Some).map_err(|_| Error::Platform)
    }
}

impl Drop for Enumerator {
    fn drop(&mut self) {
        // SAFETY: a number that core has given; not used afterwards. Core frees it whatever
        // it answers.
        unsafe { _utee_storage_free_enum(self.0) };
    }
}
