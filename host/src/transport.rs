//! Ways to the secure world.

#[cfg(feature = "teec")]
pub mod teec;

use crate::client::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};
use touchseal_proto::status::Status;
use touchseal_proto::transport::Transport;

/// The node that clients of OP-TEE open.
pub const DEVICE_NODE: &str = "/dev/tee0";

/// Opens sessions with the trusted applications, for one uid.
pub trait SecureWorld {
    /// A session. When the secure world is not reached, the error says what has happened.
    type Transport: Transport<Error: Copy + Into<Status>>;
    /// A session with the payment TA.
    fn payment(&self) -> Result<PaymentClient<Self::Transport>, TransportError<Self>>;
    /// A session with the SOTER TA.
    fn soter(&self) -> Result<SoterClient<Self::Transport>, TransportError<Self>>;
    /// A session with the fingerprint TA.
    fn fingerprint(&self) -> Result<FingerprintClient<Self::Transport>, TransportError<Self>>;
    /// A session with the gatekeeper TA.
    fn gatekeeper(&self) -> Result<GatekeeperClient<Self::Transport>, TransportError<Self>>;
}

/// Why a secure world was not reached, or did not answer.
pub type TransportError<W> = <<W as SecureWorld>::Transport as Transport>::Error;
