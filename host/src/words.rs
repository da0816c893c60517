//! The words for what the protocol numbers.

use touchseal_proto::message::Slot;
use touchseal_proto::signed::{Dialect, Root, SecurityLevel, Sensor};

/// What is in a slot of the device key.
pub fn slot(slot: Slot) -> &'static str {
    match slot {
        Slot::Empty => "empty",
        Slot::Good => "good",
        Slot::Damaged => "damaged",
        Slot::Unknown => "not told",
    }
}

/// Where keys live.
pub fn security_level(level: SecurityLevel) -> &'static str {
    match level {
        SecurityLevel::TrustedEnvironment => "trusted execution environment",
        SecurityLevel::Software => "SOFTWARE: an ordinary process, no protection",
    }
}

/// Where the finger was.
pub fn sensor(sensor: Sensor) -> &'static str {
    match sensor {
        Sensor::None => "none",
        Sensor::Simulated => "SIMULATED: the image came from the normal world",
        Sensor::SecureUart => "on a serial line that the secure world alone reaches",
    }
}

/// How the device key came to be.
pub fn root(root: Root) -> &'static str {
    match root {
        Root::Factory => "made in a factory",
        Root::Test => "TEST: made on demand, outside a factory",
    }
}

/// In which dialect.
pub fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Native => "native",
        Dialect::Soter => "SOTER",
    }
}
