//! RSASSA-PSS (RFC 8017, 8.1.2), verification only.

use super::blob::SoterBlob;
use crate::error::{Link, VerifyError};
use rsa::BoxedUint;
use rsa::pss::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use sha2::Sha256;
use touchseal_proto::soter::RsaPublicKey;

const SALT_LEN: usize = 20;
const BITS: usize = 2048;

/// `key`, which is the public key of `above`, signed exactly the bytes of `signed`.
pub fn verify(
    link: Link,
    above: Link,
    key: &RsaPublicKey,
    signed: &SoterBlob,
) -> Result<(), VerifyError> {
    let modulus = BoxedUint::from_be_slice_vartime(key);
    let key = rsa::PublicKey::new_with_size_limits(modulus, 65537u64.into(), BITS..=BITS)
        .map_err(|_| VerifyError::NotAnRsaKey(above))?;
    let signature =
        Signature::try_from(&signed.signature[..]).map_err(|_| VerifyError::SignatureForm(link))?;
    VerifyingKey::<Sha256>::new_with_salt_len(key, SALT_LEN)
        .verify(&signed.json, &signature)
        .map_err(|_| VerifyError::Signature(link))
}
