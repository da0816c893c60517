//! Ways to the secure world.

#[cfg(feature = "teec")]
pub mod teec;

use crate::client::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};
use touchseal_proto::status::Status;
use touchseal_proto::transport::{CallError, Transport};

/// Opens sessions with the trusted applications, for one uid.
pub trait SecureWorld {
    /// A session.
    type Transport: Transport;
    /// A session with the payment TA.
    fn payment(&self) -> Result<PaymentClient<Self::Transport>, TransportError<Self>>;
    /// A session with the SOTER TA.
    fn soter(&self) -> Result<SoterClient<Self::Transport>, TransportError<Self>>;
    /// A session with the fingerprint TA.
    fn fingerprint(&self) -> Result<FingerprintClient<Self::Transport>, TransportError<Self>>;
    /// A session with the gatekeeper TA.
    fn gatekeeper(&self) -> Result<GatekeeperClient<Self::Transport>, TransportError<Self>>;
    /// What has happened when the secure world was not reached.
    fn cause(error: &TransportError<Self>) -> Status;

    /// What has happened when a command has no result.
    fn cause_of_call(error: &CallError<TransportError<Self>>) -> Status {
        match error {
            CallError::Transport(error) => Self::cause(error),
            CallError::Protocol(_) => Status::BadRequest,
            CallError::Refused(status) => *status,
        }
    }
}

/// Why a secure world was not reached, or did not answer.
pub type TransportError<W> = <<W as SecureWorld>::Transport as Transport>::Error;
