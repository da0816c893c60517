//! Fingerprint payment keys in an OP-TEE secure world, from the normal world.
//!
//! [`client`] has one method a command, over any
//! [`Transport`](touchseal_proto::transport::Transport); on a device that is
//! `transport::teec` (feature `teec`). [`soter`] has SOTER's verbs over that, [`report`] what
//! a failed making of a key leaves for a backend, [`doctor`] says which link to the keys is
//! broken, by what a [`diagnosis`] comes to. A key waits its turn with [`patience`]; [`words`] are
//! for what a person reads. [`touch`] waits for a finger on the sensor, and enrols one; where the
//! sensor is simulated, [`finger`] has the images. [`evaluation`] measures how often fingers are
//! matched wrongly. What comes out is verified with `touchseal-verify`.
#![forbid(unsafe_code)]

pub mod client;
pub mod diagnosis;
pub mod doctor;
pub mod emmc;
pub mod evaluation;
pub mod finger;
pub mod patience;
pub mod report;
pub mod soter;
pub mod touch;
pub mod transport;
pub mod words;

pub use client::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};
pub use touchseal_proto as proto;
pub use touchseal_proto::transport::CallError as Error;
