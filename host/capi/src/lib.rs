//! The client library for C: `include/touchseal.h` is generated from here, and its comments
//! are the documentation.
//!
//! Each exported function does one thing of the Rust library's, behind a [`boundary`] that
//! no panic crosses. What comes from C is looked at in [`argument`] alone.
#![cfg(any(test, feature = "teec"))]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod argument;
mod boundary;
mod failure;
mod keys;
mod payment;
mod session;
mod soter;
mod status;
mod touch;
mod world;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails says so"
)]
mod tests;
