//! What a key pair is, in an ordinary process.

use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{Signature as EcdsaSignature, SigningKey};
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pss::Pss;
use rsa::traits::PublicKeyParts;
use sha2::Sha256;
use touchseal_core::error::{Error, Result};
use touchseal_proto::message::{MAX_SPARES, PublicKey, Signature};
use touchseal_proto::soter::{RsaPublicKey, RsaSignature};

/// An algorithm with its key pairs. A sealed key is the private half's length (u16), the
/// private half, then its record.
pub trait Algorithm: 'static {
    /// A key pair.
    type KeyPair: Clone + Send;
    /// A public half.
    type PublicKey: AsRef<[u8]>;
    /// A signature.
    type Signature: AsMut<[u8]>;
    /// See [`KeyStore::SPARES`](touchseal_core::platform::KeyStore::SPARES).
    const SPARES: u8;
    /// Makes a key pair.
    fn generate() -> Result<Self::KeyPair>;
    /// The private half.
    fn to_bytes(key: &Self::KeyPair) -> Result<Vec<u8>>;
    /// The key pair of a private half.
    fn from_bytes(bytes: &[u8]) -> Result<Self::KeyPair>;
    /// The public half.
    fn public_key(key: &Self::KeyPair) -> Result<Self::PublicKey>;
    /// Signs a digest.
    fn sign(key: &Self::KeyPair, digest: &[u8; 32]) -> Result<Self::Signature>;
    /// Verifies a signature.
    fn verify(key: &Self::KeyPair, digest: &[u8; 32], signature: &Self::Signature) -> Result<()>;
}

/// ECDSA on P-256.
pub struct P256;

impl Algorithm for P256 {
    type KeyPair = SigningKey;
    type PublicKey = PublicKey;
    type Signature = Signature;
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
    fn to_bytes(key: &SigningKey) -> Result<Vec<u8>> {
        Ok(key.to_bytes().to_vec())
    }
    fn from_bytes(bytes: &[u8]) -> Result<SigningKey> {
        SigningKey::from_slice(bytes).map_err(|_| Error::StorageDamaged)
    }
    fn public_key(key: &SigningKey) -> Result<PublicKey> {
        let point = key.verifying_key().to_sec1_point(false);
        match point.as_bytes() {
            [4, xy @ ..] => xy.try_into().map_err(|_| Error::Platform),
            _ => Err(Error::Platform),
        }
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
    const SPARES: u8 = MAX_SPARES;

    fn generate() -> Result<rsa::PrivateKey> {
        rsa::PrivateKey::new(&mut getrandom::SysRng, 2048).map_err(|_| Error::Platform)
    }
    fn to_bytes(key: &rsa::PrivateKey) -> Result<Vec<u8>> {
        let der = key.to_pkcs1_der().map_err(|_| Error::Platform)?;
        Ok(der.as_bytes().to_vec())
    }
    fn from_bytes(bytes: &[u8]) -> Result<rsa::PrivateKey> {
        rsa::PrivateKey::from_pkcs1_der(bytes).map_err(|_| Error::StorageDamaged)
    }
    fn public_key(key: &rsa::PrivateKey) -> Result<RsaPublicKey> {
        key.n_bytes()
            .as_ref()
            .try_into()
            .map_err(|_| Error::Platform)
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
