//! What a key pair is, in an ordinary process.

use crate::rpmb::{Object, Type};
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{Signature as EcdsaSignature, SigningKey};
use rsa::pkcs1::der::Encode;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, RsaPrivateKeyRef, UintRef};
use rsa::pss::Pss;
use sha2::Sha256;
use touchseal_core::error::{Error, Result};
use touchseal_proto::message::{MAX_SPARES, PublicKey, Signature};
use touchseal_proto::soter::{RsaPublicKey, RsaSignature};

/// An algorithm with its key pairs.
pub trait Algorithm: 'static {
    /// A key pair.
    type KeyPair: Clone + Send;
    /// A public half.
    type PublicKey: AsRef<[u8]>;
    /// A signature.
    type Signature: AsMut<[u8]>;
    /// The type of its key pairs.
    const TYPE: Type;
    /// See [`KeyStore::SPARES`](touchseal_core::platform::KeyStore::SPARES).
    const SPARES: u8;
    /// Makes a key pair.
    fn generate() -> Result<Self::KeyPair>;
    /// The key pair as OP-TEE seals it.
    fn to_object(key: &Self::KeyPair) -> Result<Object>;
    /// The key pair of an object.
    fn from_object(object: &Object) -> Result<Self::KeyPair>;
    /// The public half of an object's key pair, which may be of another private half.
    fn public_key(object: &Object) -> Result<Self::PublicKey>;
    /// Signs a digest.
    fn sign(key: &Self::KeyPair, digest: &[u8; 32]) -> Result<Self::Signature>;
    /// Verifies a signature.
    fn verify(key: &Self::KeyPair, digest: &[u8; 32], signature: &Self::Signature) -> Result<()>;
}

/// A number of an object, with the leading zeros that OP-TEE drops.
fn number<const N: usize>(object: &Object, at: usize) -> Result<[u8; N]> {
    let numbers = object.numbers();
    let number = numbers.get(at).ok_or(Error::KeyDamaged)?;
    let zeros = N.checked_sub(number.len()).ok_or(Error::KeyDamaged)?;
    let mut out = [0; N];
    out[zeros..].copy_from_slice(number);
    Ok(out)
}

/// ECDSA on P-256.
pub struct P256;

/// A point as two numbers.
fn xy(key: &SigningKey) -> Result<PublicKey> {
    let point = key.verifying_key().to_sec1_point(false);
    match point.as_bytes() {
        [4, xy @ ..] => xy.try_into().map_err(|_| Error::Platform),
        _ => Err(Error::Platform),
    }
}

impl Algorithm for P256 {
    type KeyPair = SigningKey;
    type PublicKey = PublicKey;
    type Signature = Signature;
    const TYPE: Type = Type::EcdsaKeypair;
    const SPARES: u8 = 0;

    fn generate() -> Result<SigningKey> {
        loop {
            let mut scalar = [0; 32];
            getrandom::fill(&mut scalar).map_err(|_| Error::Platform)?;
            if let Ok(key) = SigningKey::from_slice(&scalar) {
                return Ok(key);
            }
        }
    }
    fn to_object(key: &SigningKey) -> Result<Object> {
        let public = xy(key)?;
        let (x, y) = public.split_at(32);
        let numbers = [&key.to_bytes()[..], x, y];
        Ok(Object::key(Self::TYPE, &numbers))
    }
    fn from_object(object: &Object) -> Result<SigningKey> {
        let scalar = number::<32>(object, 0)?;
        let key = SigningKey::from_slice(&scalar).map_err(|_| Error::KeyDamaged)?;
        if xy(&key)? != Self::public_key(object)? {
            return Err(Error::KeyDamaged);
        }
        Ok(key)
    }
    fn public_key(object: &Object) -> Result<PublicKey> {
        let [x, y] = [number::<32>(object, 1)?, number(object, 2)?];
        [x, y].concat().try_into().map_err(|_| Error::Platform)
    }
    fn sign(key: &SigningKey, digest: &[u8; 32]) -> Result<Signature> {
        let signature: EcdsaSignature = key.sign_prehash(digest).map_err(|_| Error::Platform)?;
        Ok(signature.to_bytes().into())
    }
    fn verify(key: &SigningKey, digest: &[u8; 32], signature: &Signature) -> Result<()> {
        EcdsaSignature::from_slice(signature)
            .and_then(|signature| key.verifying_key().verify_prehash(digest, &signature))
            .map_err(|_| Error::KeyDamaged)
    }
}

/// RSASSA-PSS with 2048 bits and 20 bytes of salt.
pub struct Rsa2048;

fn pss() -> Pss<Sha256> {
    Pss::new_with_salt(20)
}

impl Algorithm for Rsa2048 {
    type KeyPair = rsa::PrivateKey;
    type PublicKey = RsaPublicKey;
    type Signature = RsaSignature;
    const TYPE: Type = Type::RsaKeypair;
    const SPARES: u8 = MAX_SPARES;

    fn generate() -> Result<rsa::PrivateKey> {
        rsa::PrivateKey::new(&mut getrandom::SysRng, 2048).map_err(|_| Error::Platform)
    }
    fn to_object(key: &rsa::PrivateKey) -> Result<Object> {
        let der = key.to_pkcs1_der().map_err(|_| Error::Platform)?;
        let key = RsaPrivateKeyRef::try_from(der.as_bytes()).map_err(|_| Error::Platform)?;
        let numbers = [
            key.modulus,
            key.public_exponent,
            key.private_exponent,
            key.prime1,
            key.prime2,
            key.exponent1,
            key.exponent2,
            key.coefficient,
        ];
        let numbers = numbers.each_ref().map(UintRef::as_bytes);
        Ok(Object::key(Self::TYPE, &numbers))
    }
    fn from_object(object: &Object) -> Result<rsa::PrivateKey> {
        let number = |bytes| UintRef::new(bytes).map_err(|_| Error::KeyDamaged);
        let numbers = object.numbers().into_iter().map(number);
        let numbers = numbers.collect::<Result<Vec<_>>>()?;
        let [
            modulus,
            public_exponent,
            private_exponent,
            prime1,
            prime2,
            exponent1,
            exponent2,
            coefficient,
        ] = numbers[..]
        else {
            return Err(Error::KeyDamaged);
        };
        let key = RsaPrivateKeyRef {
            modulus,
            public_exponent,
            private_exponent,
            prime1,
            prime2,
            exponent1,
            exponent2,
            coefficient,
            other_prime_infos: None,
        };
        let der = key.to_der().map_err(|_| Error::KeyDamaged)?;
        rsa::PrivateKey::from_pkcs1_der(&der).map_err(|_| Error::KeyDamaged)
    }
    fn public_key(object: &Object) -> Result<RsaPublicKey> {
        number(object, 0)
    }
    fn sign(key: &rsa::PrivateKey, digest: &[u8; 32]) -> Result<RsaSignature> {
        let signature = key
            .sign_with_rng(&mut getrandom::SysRng, pss(), digest)
            .map_err(|_| Error::Platform)?;
        signature.try_into().map_err(|_| Error::Platform)
    }
    fn verify(key: &rsa::PrivateKey, digest: &[u8; 32], signature: &RsaSignature) -> Result<()> {
        key.to_public_key()
            .verify(pss(), digest, signature)
            .map_err(|_| Error::KeyDamaged)
    }
}
