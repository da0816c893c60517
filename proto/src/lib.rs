//! What the two worlds of touchseal say to each other.
//!
//! The table of commands is [`command`]; the structs that travel are
//! [`message`]; everything that the normal world ever learns of a failure is
//! [`status`]; the bytes that get signed are [`signed`], or [`soter`] in that dialect; a
//! fingerprint match looks like [`token`]. `PROTOCOL.md` beside this crate has the byte layouts.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

pub mod command;
pub mod label;
pub mod message;
pub mod password;
pub mod signed;
pub mod soter;
pub mod status;
pub mod token;
pub mod transport;
pub mod wire;

/// Uid of the Android HAL: the one user that may open sessions for apps other than itself.
/// In the range that Android leaves to device makers, and in `host/hal/android/config.fs`.
pub const HAL_UID: u32 = 2950;

/// Version of the protocol: the first byte of every request and response.
pub const PROTOCOL_VERSION: u8 = 1;

/// UUID of the trusted application that holds the keys.
pub const PAYMENT_TA: &str = "5b1ef81c-0f0c-4b3c-9d1a-6a2f9c1b7e44";

/// UUID of the trusted application that holds the RSA keys of the SOTER dialect.
pub const SOTER_TA: &str = "f19ac2e7-266e-4594-9449-274223624fe1";

/// UUID of the trusted application that verifies the owner's password, and vouches for it.
pub const GATEKEEPER_TA: &str = "8e31c638-fa86-4d70-ae2a-997e5a2770fd";

/// A fingerprint trusted application, and what a match of its says in a payment.
pub struct FingerprintTa {
    /// Its UUID.
    pub uuid: &'static str,
    /// Its sensor.
    pub sensor: signed::Sensor,
}

/// The fingerprint trusted application whose sensor the secure world alone reaches.
pub const FINGERPRINT_TA: FingerprintTa = FingerprintTa {
    uuid: "af69120e-8ecf-4aa5-8dce-6e9e5fa90405",
    sensor: signed::Sensor::SecureUart,
};

/// The one for emulators and tests, whose images the normal world injects. Trusted
/// applications of a product do not believe it: they are built without.
pub const SIMULATED_FINGERPRINT_TA: FingerprintTa = FingerprintTa {
    uuid: "b6a7d0a3-1c35-4e0a-8d5f-2f0f7d9c4e21",
    sensor: signed::Sensor::Simulated,
};

/// The fingerprint trusted application of a sensor.
pub fn fingerprint_ta(sensor: signed::Sensor) -> FingerprintTa {
    match sensor {
        signed::Sensor::Simulated => SIMULATED_FINGERPRINT_TA,
        signed::Sensor::SecureUart | signed::Sensor::None => FINGERPRINT_TA,
    }
}

/// Version of the trusted applications: in everything they sign. Sealed state that a
/// newer version wrote is refused by an older one.
pub const TA_VERSION: u32 = 1;
