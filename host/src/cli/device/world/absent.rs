//! Built without OP-TEE's client library, a program has every command, and says of those that need
//! a device why they cannot be done.

use std::fmt;
use touchseal::proto::status::Status;
use touchseal::proto::transport::Transport;
use touchseal::transport::SecureWorld;
use touchseal::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};

/// A user without a secure world.
#[derive(Clone, Copy)]
pub struct World {
    /// The user.
    pub uid: u32,
}

impl From<u32> for World {
    fn from(uid: u32) -> Self {
        Self { uid }
    }
}

/// There is none.
pub enum Session {}

/// Why there is none.
#[derive(Clone, Copy, Debug)]
pub struct Absent;

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this touchseal was built without OP-TEE's client library: on a device, use one that \
             is built with the feature teec",
        )
    }
}

impl std::error::Error for Absent {}

impl From<Absent> for Status {
    fn from(Absent: Absent) -> Self {
        Self::NotReached
    }
}

impl Transport for Session {
    type Error = Absent;

    fn invoke(&mut self, _: u32, _: &[u8], _: &mut [u8]) -> Result<usize, Absent> {
        match *self {}
    }
}

impl SecureWorld for World {
    type Transport = Session;

    fn payment(&self) -> Result<PaymentClient<Session>, Absent> {
        Err(Absent)
    }
    fn soter(&self) -> Result<SoterClient<Session>, Absent> {
        Err(Absent)
    }
    fn fingerprint(&self) -> Result<FingerprintClient<Session>, Absent> {
        Err(Absent)
    }
    fn gatekeeper(&self) -> Result<GatekeeperClient<Session>, Absent> {
        Err(Absent)
    }
}
