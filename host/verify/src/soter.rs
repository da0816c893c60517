//! Follows the chain of a SOTER signature, link by link.

mod blob;
mod expect;
mod json;
mod pss;

pub use blob::{BlobError, SoterBlob};
pub use expect::SoterExpectations;

use crate::error::{Link, VerifyError};
use touchseal_proto::soter::{CpuId, KeyExport, RsaPublicKey, SignedChallenge, from_spki_pem};

/// The keys that vouch for a SOTER signature: what a device uploads once. The device key
/// (ATTK) is not in it: the backend has that from the factory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoterChain {
    /// The app key (ASK), signed by the device key.
    pub app_key: SoterBlob,
    /// The payment key (AuthKey), signed by the app key.
    pub payment_key: SoterBlob,
}

/// What a verified SOTER signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoterVerified {
    /// The challenge.
    pub challenge: SignedChallenge,
    /// The payment key (AuthKey) that signed it.
    pub payment_key: KeyExport,
    /// The app key (ASK) above.
    pub app_key: KeyExport,
}

/// What the keys that vouch for a SOTER signature say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSoterChain {
    /// The payment key (AuthKey).
    pub payment_key: KeyExport,
    /// The app key (ASK) above.
    pub app_key: KeyExport,
}

/// Reads the file of a device key (ATTK): PEM in the one spelling of `touchseal_proto`'s
/// `spki_pem`, and an optional newline.
pub fn soter_device_key_from_pem(text: &str) -> Result<RsaPublicKey, VerifyError> {
    from_spki_pem(text.strip_suffix('\n').unwrap_or(text))
        .map_err(|_| VerifyError::NotAnRsaKey(Link::DeviceKey))
}

/// Verifies the chain from the registered device key (ATTK) to the payment key (AuthKey), when
/// it is registered. An AuthKey says neither its scene nor its fingers: what it is for, and
/// that its owner wants it, is for the backend to find out.
pub fn verify_soter_chain(
    device_key: &RsaPublicKey,
    chain: &SoterChain,
) -> Result<VerifiedSoterChain, VerifyError> {
    pss::verify(Link::AppKey, Link::DeviceKey, device_key, &chain.app_key)?;
    let app_key = json::key_export(Link::AppKey, &chain.app_key.json)?;
    pss::verify(
        Link::PaymentKey,
        Link::AppKey,
        &app_key.public_key,
        &chain.payment_key,
    )?;
    let payment_key = json::key_export(Link::PaymentKey, &chain.payment_key.json)?;
    agree(
        Link::PaymentKey,
        (&payment_key.cpu_id, payment_key.uid),
        (&app_key.cpu_id, app_key.uid),
    )?;
    Ok(VerifiedSoterChain {
        payment_key,
        app_key,
    })
}

/// Verifies a signature, with the chain that was registered: one that comes with the signature
/// may be of a key for something else. The counters are in no order: a device exports its keys
/// whenever it is asked.
pub fn verify_soter(
    device_key: &RsaPublicKey,
    chain: &SoterChain,
    signature: &SoterBlob,
) -> Result<SoterVerified, VerifyError> {
    let VerifiedSoterChain {
        payment_key,
        app_key,
    } = verify_soter_chain(device_key, chain)?;
    pss::verify(
        Link::Challenge,
        Link::PaymentKey,
        &payment_key.public_key,
        signature,
    )?;
    let challenge = json::signed_challenge(Link::Challenge, &signature.json)?;

    agree(
        Link::Challenge,
        (&challenge.cpu_id, challenge.uid),
        (&app_key.cpu_id, app_key.uid),
    )?;
    Ok(SoterVerified {
        challenge,
        payment_key,
        app_key,
    })
}

fn agree(
    link: Link,
    (cpu_id, uid): (&CpuId, u32),
    (cpu_id_above, uid_above): (&CpuId, u32),
) -> Result<(), VerifyError> {
    if cpu_id != cpu_id_above {
        return Err(VerifyError::Disagrees(link, "cpu_id"));
    }
    if uid != uid_above {
        return Err(VerifyError::Disagrees(link, "uid"));
    }
    Ok(())
}
