//! Verifies what a touchseal device signs, with public keys alone: the chain from
//! the registered device key over app key and payment key to the payment. What a
//! payment backend links; it needs no TEE.
//!
//! A signature proves who signed; whether it is *this* order is for
//! [`Expectations`] to say: a backend checks at least its nonce, and that the
//! counter is above the last one it saw of the device.
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

pub use chain::{Verified, device_id, verify};
pub use error::{Link, VerifyError};
pub use evidence::{
    Chain, EvidenceError, Signed, device_key_from_text, device_key_to_text, from_json, to_json,
};
pub use expect::{Expectations, Origin, Unexpected};
pub use report::{ReportExpectations, verify_report};
pub use soter::{
    BlobError, SoterBlob, SoterChain, SoterExpectations, SoterVerified, soter_device_key_from_pem,
    verify_soter,
};
pub use touchseal_proto::message::PublicKey;
pub use touchseal_proto::soter::RsaPublicKey;
