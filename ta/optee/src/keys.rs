//! Key pairs as GlobalPlatform key objects: generated, sealed and used inside
//! OP-TEE core, which alone ever holds the private half.

use crate::error;
use crate::object::Object;
use optee_utee::{
    AlgorithmId, Asymmetric, AttributeId, AttributeValue, DataFlag, ElementId, GenericObject,
    OperationMode, TransientObject, TransientObjectType, UsageFlag,
};
use touchseal_core::error::{Error, Result};
use touchseal_proto::message::{PublicKey, Signature};

const BITS: usize = 256;

/// Generates a P-256 key pair and seals it.
pub fn generate(id: &[u8], record: &[u8]) -> Result<Object> {
    let mut key =
        TransientObject::allocate(TransientObjectType::EcdsaKeypair, BITS).map_err(error::of)?;
    let curve =
        AttributeValue::from_value(AttributeId::EccCurve, ElementId::EccCurveNistP256 as u32, 0);
    key.generate_key(BITS, &[curve.into()]).map_err(error::of)?;
    // A generated key is extractable until it is said not to be.
    key.restrict_usage(UsageFlag::SIGN).map_err(error::of)?;
    Object::create(id, Some(&key), record)?;
    open(id)?.ok_or(Error::StorageDamaged)
}

/// Seals a copy of a sealed key pair. By way of a transient object: what is created of a
/// persistent one has no usage, and cannot sign.
pub fn copy(key: &Object, id: &[u8], record: &[u8]) -> Result<()> {
    let mut transient =
        TransientObject::allocate(TransientObjectType::EcdsaKeypair, BITS).map_err(error::of)?;
    transient.copy_attribute_from(key).map_err(error::of)?;
    Object::create(id, Some(&transient), record)
}

/// Opens a sealed key pair.
pub fn open(id: &[u8]) -> Result<Option<Object>> {
    Object::open(id, DataFlag::ACCESS_READ | DataFlag::SHARE_READ)
}

/// The public half. OP-TEE drops leading zeros of a coordinate.
pub fn public(key: &Object) -> Result<PublicKey> {
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
pub fn sign(key: &Object, digest: &[u8; 32]) -> Result<Signature> {
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
