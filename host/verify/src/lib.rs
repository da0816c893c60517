//! Verifies what a touchseal device signs, with public keys alone: the chain from
//! the registered device key over app key and payment key to the payment. What a
//! payment backend links; it needs no TEE.
//!
//! A backend registers a device's chain once, with [`verify_chain`], and verifies each
//! payment with the chain that it has kept: a chain that comes with a payment may be of a
//! key that was made under a stranger's finger.
//!
//! A signature proves who signed; whether it is *this* order, and of a device and an app
//! that are to be paid with, is for [`Expectations`] to say. A payment is known by its
//! nonce or its counter, never by its signature, which ECDSA lets anyone spell a second way.
//!
//! What a device signs in the SOTER dialect is verified by [`verify_soter`], and
//! [`SoterExpectations`] says whether it is this challenge. [`verify_report`] is for a device
//! that made no key: it tells a broken phone from a lying one.
#![forbid(unsafe_code)]

mod chain;
mod error;
mod evidence;
mod expect;
mod report;
mod soter;

pub use chain::{Verified, VerifiedChain, device_id, verify, verify_chain};
pub use error::{Link, VerifyError};
pub use evidence::{
    Chain, EvidenceError, Signed, device_key_from_text, device_key_to_text, from_json, to_json,
};
pub use expect::{Expectations, Origin, Unexpected};
pub use report::{ReportExpectations, verify_report};
pub use soter::{
    BlobError, SoterBlob, SoterChain, SoterExpectations, SoterVerified, VerifiedSoterChain,
    soter_device_key_from_pem, verify_soter, verify_soter_chain,
};
pub use touchseal_proto::message::PublicKey;
pub use touchseal_proto::soter::RsaPublicKey;
