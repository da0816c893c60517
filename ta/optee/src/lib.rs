//! The platform of both trusted applications on OP-TEE, over the GlobalPlatform
//! Internal Core API: sealed storage, key objects, callers, parameters.
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod caller;
pub mod entry;
mod error;
mod instance;
mod keys;
mod log;
mod object;
mod panic;
mod peer;
mod platform;
mod store;

pub use caller::login;
pub use instance::Instance;
pub use platform::OpteePlatform;
