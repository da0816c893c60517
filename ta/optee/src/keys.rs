//! Key pairs as GlobalPlatform key objects: generated, sealed and used inside
//! OP-TEE core, which alone ever holds the private half.

use crate::algorithm::Algorithm;
use crate::error;
use crate::object::Object;
use optee_utee::{DataFlag, GenericObject, TransientObject, UsageFlag};
use touchseal_core::error::{Error, Result};

/// A key signs, and its public half verifies; nothing else, and it cannot be read.
fn usage() -> UsageFlag {
    UsageFlag::SIGN | UsageFlag::VERIFY
}

/// Generates a key pair and seals it.
pub fn generate<A: Algorithm>(id: &[u8], record: &[u8]) -> Result<Object> {
    let mut key = TransientObject::allocate(A::TYPE, A::BITS).map_err(error::of)?;
    A::generate(&mut key).map_err(error::of)?;
    seal(&mut key, id, record)
}

/// Another instance that looks for a key is in its way for as long as it walks past the others.
const SEAL_TRIES: usize = 8;

/// A generated key is extractable until it is said not to be.
fn seal(key: &mut TransientObject, id: &[u8], record: &[u8]) -> Result<Object> {
    key.restrict_usage(usage()).map_err(error::of)?;
    for _ in 1..SEAL_TRIES {
        match Object::create(id, Some(&*key), record) {
            Err(Error::Busy) => {}
            sealed => return sealed,
        }
    }
    Object::create(id, Some(&*key), record)
}

/// A transient copy: what is created of a persistent object has no usage, and cannot sign.
fn transient<A: Algorithm>(key: &Object) -> Result<TransientObject> {
    let mut transient = TransientObject::allocate(A::TYPE, A::BITS).map_err(error::of)?;
    transient.copy_attribute_from(key).map_err(error::of)?;
    Ok(transient)
}

/// Seals a copy of a sealed key pair.
pub fn copy<A: Algorithm>(key: &Object, id: &[u8], record: &[u8]) -> Result<()> {
    seal(&mut transient::<A>(key)?, id, record).map(drop)
}

/// Takes a key pair away and seals it under another name. Opened for itself alone, so that
/// no two instances take the same; deleted first, so that it is never there twice.
pub fn take<A: Algorithm>(from: &[u8], id: &[u8], record: &[u8]) -> Result<Option<Object>> {
    let alone = DataFlag::ACCESS_READ | DataFlag::ACCESS_WRITE_META;
    let key = match open_as::<A>(from, alone) {
        Ok(Some(key)) => key,
        Ok(None) | Err(Error::Busy) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut transient = transient::<A>(&key)?;
    key.delete()?;
    seal(&mut transient, id, record).map(Some)
}

/// Opens a sealed key pair.
pub fn open<A: Algorithm>(id: &[u8]) -> Result<Option<Object>> {
    open_as::<A>(id, DataFlag::ACCESS_READ | DataFlag::SHARE_READ)
}

/// What has the name of a key pair and is none, as after a cut while a damaged one was deleted,
/// is damage: libutee ends the TA when something else is asked for its public half.
fn open_as<A: Algorithm>(id: &[u8], flags: DataFlag) -> Result<Option<Object>> {
    match Object::open(id, flags)? {
        Some(object) if object.kind()? != A::TYPE as u32 => Err(Error::StorageDamaged),
        found => Ok(found),
    }
}
