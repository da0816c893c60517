//! The secure world that this program can reach: OP-TEE's, where it is built with the way there.

#[cfg(not(feature = "teec"))]
mod absent;

#[cfg(not(feature = "teec"))]
pub use absent::World;
#[cfg(feature = "teec")]
pub use touchseal::transport::teec::Identity as World;
use touchseal::transport::{SecureWorld, TransportError};

/// A session with one of its trusted applications.
pub type Session = <World as SecureWorld>::Transport;
/// Why it was not reached.
pub type Unreached = TransportError<World>;
