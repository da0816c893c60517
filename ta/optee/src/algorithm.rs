//! What a key pair is to OP-TEE.

use crate::object::Object;
use crate::operation::Attribute;
use optee_utee::{
    AlgorithmId, AttributeId, AttributeValue, ElementId, GenericObject, TransientObject,
    TransientObjectType,
};
use touchseal_core::error::{Error, Result};
use touchseal_proto::message::{MAX_SPARES, PublicKey, Signature};
use touchseal_proto::soter::{RsaPublicKey, RsaSignature};

/// An algorithm with its key pairs.
pub trait Algorithm {
    /// A public half.
    type PublicKey: AsRef<[u8]>;
    /// A signature.
    type Signature: AsRef<[u8]> + AsMut<[u8]>;
    /// The type of its key pairs.
    const TYPE: TransientObjectType;
    /// The type of their public halves.
    const PUBLIC_TYPE: TransientObjectType;
    /// Their size.
    const BITS: usize;
    /// What they sign.
    const SIGNING: AlgorithmId;
    /// Parameters of a signature.
    const PARAMETERS: &[Attribute];
    /// Parameters with which it must not verify, where there are some.
    const WRONG_PARAMETERS: &[Attribute];
    /// See [`KeyStore::SPARES`](touchseal_core::platform::KeyStore::SPARES).
    const SPARES: u8;
    /// Generates a key pair.
    fn generate(key: &mut TransientObject) -> optee_utee::Result<()>;
    /// The public half.
    fn public_key(key: &Object) -> Result<Self::PublicKey>;
    /// Room for a signature.
    fn room() -> Self::Signature;
}

/// Reads a number that is an attribute: OP-TEE drops its leading zeros.
fn number(key: &Object, id: AttributeId, out: &mut [u8]) -> Result<()> {
    let len = key.ref_attribute(id, out).map_err(|_| Error::KeyDamaged)?;
    let zeros = out.len().checked_sub(len).ok_or(Error::Platform)?;
    out.rotate_right(zeros);
    out.get_mut(..zeros).ok_or(Error::Platform)?.fill(0);
    Ok(())
}

/// ECDSA on P-256.
pub struct P256;

impl Algorithm for P256 {
    type PublicKey = PublicKey;
    type Signature = Signature;
    const TYPE: TransientObjectType = TransientObjectType::EcdsaKeypair;
    const PUBLIC_TYPE: TransientObjectType = TransientObjectType::EcdsaPublicKey;
    const BITS: usize = 256;
    const SIGNING: AlgorithmId = AlgorithmId::EcDsaSha256;
    const PARAMETERS: &[Attribute] = &[];
    const WRONG_PARAMETERS: &[Attribute] = &[];
    const SPARES: u8 = 0;

    fn generate(key: &mut TransientObject) -> optee_utee::Result<()> {
        let curve = AttributeValue::from_value(
            AttributeId::EccCurve,
            ElementId::EccCurveNistP256 as u32,
            0,
        );
        key.generate_key(Self::BITS, &[curve.into()])
    }
    fn public_key(key: &Object) -> Result<PublicKey> {
        let mut public = [0; 64];
        let (x, y) = public.split_at_mut(32);
        number(key, AttributeId::EccPublicValueX, x)?;
        number(key, AttributeId::EccPublicValueY, y)?;
        Ok(public)
    }
    fn room() -> Signature {
        [0; 64]
    }
}

/// RSASSA-PSS with 2048 bits and 20 bytes of salt, over SHA-256.
pub struct Rsa2048;

impl Algorithm for Rsa2048 {
    type PublicKey = RsaPublicKey;
    type Signature = RsaSignature;
    const TYPE: TransientObjectType = TransientObjectType::RsaKeypair;
    const PUBLIC_TYPE: TransientObjectType = TransientObjectType::RsaPublicKey;
    const BITS: usize = 2048;
    const SIGNING: AlgorithmId = AlgorithmId::RsassaPkcs1PssMgf1Sha256;
    const PARAMETERS: &[Attribute] = &[Attribute::value(AttributeId::RsaPssSaltLength, 20)];
    /// OP-TEE's mbedtls takes 32, and any, whatever it is told.
    const WRONG_PARAMETERS: &[Attribute] = &[Attribute::value(AttributeId::RsaPssSaltLength, 32)];
    const SPARES: u8 = MAX_SPARES;

    fn generate(key: &mut TransientObject) -> optee_utee::Result<()> {
        key.generate_key(Self::BITS, &[])
    }
    fn public_key(key: &Object) -> Result<RsaPublicKey> {
        let mut modulus = [0; 256];
        number(key, AttributeId::RsaModulus, &mut modulus)?;
        Ok(modulus)
    }
    fn room() -> RsaSignature {
        [0; 256]
    }
}
