//! The platform of the trusted applications on OP-TEE, over the GlobalPlatform
//! Internal Core API: sealed storage, key objects, callers, parameters.
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod algorithm;
mod caller;
pub mod entry;
mod error;
mod hardware;
mod instance;
mod keys;
mod log;
mod object;
mod operation;
mod panic;
mod peer;
pub mod platform;
mod stack;
mod store;
mod uart;

pub use algorithm::{P256, Rsa2048};
pub use caller::login;
pub use instance::Instance;
pub use platform::OpteePlatform;
pub use uart::SecureUart;

/// The fingerprint TA that is believed: in a build for emulators the one with the simulated
/// sensor, and no other.
pub const FINGERPRINT_TA: touchseal_proto::FingerprintTa = if cfg!(feature = "simulated-sensor") {
    touchseal_proto::SIMULATED_FINGERPRINT_TA
} else {
    touchseal_proto::FINGERPRINT_TA
};
