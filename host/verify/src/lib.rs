//! Verifies what a touchseal device signs, with public keys alone: the chain from
//! the registered device key over app key and payment key to the payment. What a
//! payment backend links; it needs no TEE.
//!
//! A signature proves who signed; whether it is *this* order is for
//! [`Expectations`] to say: a backend checks at least its nonce, and that the
//! counter is above the last one it saw of the device.
#![forbid(unsafe_code)]

mod chain;
mod evidence;
mod expect;

pub use chain::{Link, Verified, VerifyError, device_id, verify};
pub use evidence::{
    Chain, EvidenceError, Signed, device_key_from_text, device_key_to_text, from_json, to_json,
};
pub use expect::{Expectations, Unexpected};
pub use touchseal_proto::message::PublicKey;
