//! Follows the chain of a payment, link by link.

use crate::error::{Link, VerifyError};
use crate::evidence::{Chain, Signed};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use touchseal_proto::message::{DeviceId, PublicKey};
use touchseal_proto::signed::{Header, KeyKind, KeyStatement, PaymentStatement, Statement};

/// What a verified payment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The payment.
    pub payment: PaymentStatement,
    /// The payment key that signed it.
    pub payment_key: KeyStatement,
    /// The app key above.
    pub app_key: KeyStatement,
}

/// What the keys that vouch for a payment say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedChain {
    /// The payment key.
    pub payment_key: KeyStatement,
    /// The app key above.
    pub app_key: KeyStatement,
}

/// The device's id follows from its key.
pub fn device_id(device_key: &PublicKey) -> DeviceId {
    let digest: [u8; 32] = Sha256::new_with_prefix(b"touchseal.device")
        .chain_update(device_key)
        .finalize()
        .into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    id
}

/// Verifies the chain from the registered device key to the payment key, when it is
/// registered. Whoever has the phone's normal world can enrol a finger of his own and make
/// another: that the owner wants a new payment key is for the backend to find out.
pub fn verify_chain(device_key: &PublicKey, chain: &Chain) -> Result<VerifiedChain, VerifyError> {
    let app_key: KeyStatement = open(Link::AppKey, Link::DeviceKey, device_key, &chain.app_key)?;
    let payment_key: KeyStatement = open(
        Link::PaymentKey,
        Link::AppKey,
        &app_key.public_key,
        &chain.payment_key,
    )?;
    if app_key.kind != KeyKind::App {
        return Err(VerifyError::Disagrees(Link::AppKey, "kind"));
    }
    if payment_key.kind != KeyKind::Payment {
        return Err(VerifyError::Disagrees(Link::PaymentKey, "kind"));
    }
    if app_key.header.device_id != device_id(device_key) {
        return Err(VerifyError::Disagrees(Link::AppKey, "device"));
    }
    agree(Link::PaymentKey, &payment_key.header, &app_key.header)?;
    Ok(VerifiedChain {
        payment_key,
        app_key,
    })
}

/// Verifies a payment, with the chain that was registered: one that comes with the payment
/// may be of a payment key that its owner does not know.
pub fn verify(
    device_key: &PublicKey,
    chain: &Chain,
    payment: &Signed,
) -> Result<Verified, VerifyError> {
    let VerifiedChain {
        payment_key,
        app_key,
    } = verify_chain(device_key, chain)?;
    let payment: PaymentStatement = open(
        Link::Payment,
        Link::PaymentKey,
        &payment_key.public_key,
        payment,
    )?;
    agree(Link::Payment, &payment.header, &payment_key.header)?;
    if Some(&payment.scene) != payment_key.scene.as_ref() {
        return Err(VerifyError::Disagrees(Link::Payment, "scene"));
    }
    if payment.header.epoch != payment_key.header.epoch {
        return Err(VerifyError::Disagrees(Link::Payment, "enrolment epoch"));
    }
    Ok(Verified {
        payment,
        payment_key,
        app_key,
    })
}

/// A statement, after its signature was verified over exactly its bytes.
pub fn open<S: Statement>(
    link: Link,
    above: Link,
    key: &PublicKey,
    signed: &Signed,
) -> Result<S, VerifyError> {
    let key = VerifyingKey::from_sec1_bytes(&[&[4], key.as_slice()].concat())
        .map_err(|_| VerifyError::NotAKey(above))?;
    let signature =
        Signature::from_slice(&signed.signature).map_err(|_| VerifyError::SignatureForm(link))?;
    key.verify_prehash(&Sha256::digest(&signed.statement), &signature)
        .map_err(|_| VerifyError::Signature(link))?;
    S::from_bytes(&signed.statement).map_err(|_| VerifyError::Statement(link))
}

fn agree(link: Link, header: &Header, above: &Header) -> Result<(), VerifyError> {
    let checks = [
        ("device", header.device_id == above.device_id),
        ("uid", header.uid == above.uid),
        (
            "security level",
            header.security_level == above.security_level,
        ),
        ("root", header.root == above.root),
    ];
    match checks.iter().find(|(_, agrees)| !agrees) {
        Some((field, _)) => Err(VerifyError::Disagrees(link, field)),
        None => Ok(()),
    }
}
