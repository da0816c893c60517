//! What a build is.

use touchseal_proto::signed::{SecurityLevel, Sensor};

/// What a build of a trusted application is.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Version of the trusted application.
    pub ta_version: u32,
    /// Where it runs.
    pub security_level: SecurityLevel,
    /// What sensor the fingerprint TA has whose matches it believes.
    pub sensor: Sensor,
}
