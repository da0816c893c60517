//! The logic of the trusted applications. What it needs of the world around it
//! are the traits of [`platform`]; on OP-TEE `touchseal-optee` implements them, in
//! tests `touchseal-nonsecure`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

pub mod auth_token;
pub mod config;
mod device_key;
pub mod dispatch;
pub mod error;
pub mod fingerprint;
pub mod gatekeeper;
mod keys;
pub mod payment;
pub mod platform;
pub mod record;
pub mod signature;
pub mod soter;
mod survey;

pub use keys::{KeyList, KeyRecord};
