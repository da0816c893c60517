//! The service on a device in this process.
#![allow(clippy::unwrap_used)]

mod bench;
mod numbers;
mod operations;
mod over_binder;
mod sessions;
