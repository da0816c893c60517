//! Which secure world a session is opened with: OP-TEE; in this crate's own tests a process
//! that no release links.

#[cfg(not(test))]
pub use touchseal::transport::teec::Identity as Here;

/// The calling process's effective user, at the secure world.
#[cfg(not(test))]
pub fn here() -> Here {
    rustix::process::geteuid().as_raw().into()
}

#[cfg(test)]
pub use crate::tests::world::{Here, here};
