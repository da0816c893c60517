//! What the two worlds of touchseal say to each other.
//!
//! The table of commands is [`command`]; the structs that travel are
//! [`message`]; everything that the normal world ever learns of a failure is
//! [`status`]; the bytes that get signed are [`signed`]; a fingerprint match
//! looks like [`token`]. `PROTOCOL.md` beside this crate has the byte layouts.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

pub mod command;
pub mod label;
pub mod message;
pub mod signed;
pub mod status;
pub mod token;
pub mod transport;
pub mod wire;

/// Version of the protocol: the first byte of every request and response.
pub const PROTOCOL_VERSION: u8 = 1;

/// UUID of the trusted application that holds the keys.
pub const PAYMENT_TA: &str = "5b1ef81c-0f0c-4b3c-9d1a-6a2f9c1b7e44";

/// UUID of the fingerprint trusted application whose images are injected by the
/// normal world: the build for emulators and tests. Payments made with it say
/// "simulated sensor" in their signed bytes.
pub const SIMULATED_FINGERPRINT_TA: &str = "b6a7d0a3-1c35-4e0a-8d5f-2f0f7d9c4e21";

/// Version of the trusted applications: in everything they sign. Sealed state that a
/// newer version wrote is refused by an older one.
pub const TA_VERSION: u32 = 1;
