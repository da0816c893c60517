//! Key pairs as GlobalPlatform key objects: generated, sealed and used inside
//! OP-TEE core, which alone ever holds the private half.

use crate::{error, store};
use optee_utee::{
    AlgorithmId, Asymmetric, AttributeId, AttributeValue, DataFlag, ElementId, GenericObject,
    ObjectHandle, ObjectStorageConstants, OperationMode, PersistentObject, TransientObject,
    TransientObjectType, UsageFlag,
};
use touchseal_core::error::{Error, Result};
use touchseal_proto::message::{PublicKey, Signature};

const BITS: usize = 256;
const OPEN: DataFlag = DataFlag::ACCESS_READ.union(DataFlag::SHARE_READ);

/// Generates a P-256 key pair and seals it.
pub fn generate(id: &[u8], record: &[u8]) -> Result<PersistentObject> {
    let mut key =
        TransientObject::allocate(TransientObjectType::EcdsaKeypair, BITS).map_err(error::of)?;
    let curve =
        AttributeValue::from_value(AttributeId::EccCurve, ElementId::EccCurveNistP256 as u32, 0);
    key.generate_key(BITS, &[curve.into()]).map_err(error::of)?;
    // A generated key is extractable until it is said not to be.
    key.restrict_usage(UsageFlag::SIGN).map_err(error::of)?;
    seal(id, &key, record)
}

/// Seals a copy of a sealed key pair.
pub fn copy(key: &PersistentObject, id: &[u8], record: &[u8]) -> Result<()> {
    seal(id, key, record).map(drop)
}

fn seal(id: &[u8], key: &impl GenericObject, record: &[u8]) -> Result<PersistentObject> {
    // SAFETY: `key` is open, so that its handle is valid.
    let handle = unsafe { *key.as_raw_ref() };
    create(id, handle, record)?;
    open(id)?.ok_or(Error::StorageDamaged)
}

/// `PersistentObject::create` closes the handle that it takes the attributes from;
/// here the caller keeps it.
fn create(id: &[u8], attributes: optee_utee::raw::TEE_ObjectHandle, record: &[u8]) -> Result<()> {
    let mut created = core::ptr::null_mut();
    // SAFETY: every pointer is to memory of this call, of the length beside it.
    let result = unsafe {
        optee_utee::raw::TEE_CreatePersistentObject(
            ObjectStorageConstants::PrivateRpmb as u32,
            id.as_ptr().cast(),
            id.len(),
            DataFlag::ACCESS_READ.bits(),
            attributes,
            record.as_ptr().cast(),
            record.len(),
            &mut created,
        )
    };
    if result != optee_utee::raw::TEE_SUCCESS {
        return Err(error::of(optee_utee::Error::from_raw_error(result)));
    }
    // Closed here: the key is opened again with the access that it needs.
    ObjectHandle::from_raw(created).map(drop).map_err(error::of)
}

/// Opens a sealed key pair.
pub fn open(id: &[u8]) -> Result<Option<PersistentObject>> {
    store::open(id, OPEN)
}

/// The public half. OP-TEE drops leading zeros of a coordinate.
pub fn public(key: &PersistentObject) -> Result<PublicKey> {
    let mut public = [0; 64];
    let (x, y) = public.split_at_mut(32);
    for (id, coordinate) in [
        (AttributeId::EccPublicValueX, x),
        (AttributeId::EccPublicValueY, y),
    ] {
        let mut bytes = [0; 32];
        let len = key.ref_attribute(id, &mut bytes).map_err(error::of)?;
        let start = coordinate.len().checked_sub(len).ok_or(Error::Platform)?;
        coordinate
            .get_mut(start..)
            .zip(bytes.get(..len))
            .ok_or(Error::Platform)
            .map(|(to, from)| to.copy_from_slice(from))?;
    }
    Ok(public)
}

/// ECDSA over a SHA-256 digest.
pub fn sign(key: &PersistentObject, digest: &[u8; 32]) -> Result<Signature> {
    let mut operation = Asymmetric::allocate(AlgorithmId::EcDsaSha256, OperationMode::Sign, BITS)
        .map_err(error::of)?;
    operation.set_key(key).map_err(error::of)?;
    let mut signature = [0; 64];
    match operation.sign_digest(&[], digest, &mut signature) {
        Ok(64) => Ok(signature),
        Ok(_) => Err(Error::Platform),
        Err(failed) => Err(error::of(failed)),
    }
}
