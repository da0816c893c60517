//! touchseal's trusted applications in an ordinary process: the same logic over a
//! store that fails as an RPMB does. NOTHING HERE IS SECURE: keys are in plain
//! memory. It reports `security_level = Software` in everything it signs, and no
//! release program links it.
#![forbid(unsafe_code)]

mod algorithm;
pub mod finger;
mod platform;
mod rpmb;
mod transport;

pub use rpmb::{Part, Rpmb, Write};
pub use transport::{Device, NonsecureTransport};
