//! What the platform below is worth.

use crate::error;
use crate::peer::unavailable;
use core::fmt::Write;
use hmac::{Hmac, KeyInit, Mac};
use optee_utee::property::{PropertyKey, TeeTrustedOsImplementationVersion};
use optee_utee::{ParamIndex, TaSessionBuilder, TeeParams, Uuid};
use sha2::Sha256;
use touchseal_core::error::{Error, Result};
use touchseal_proto::label::Name;
use zeroize::Zeroizing;

/// OP-TEE's system pseudo TA (`lib/libutee/include/pta_system.h`).
const SYSTEM: &str = "3a2f8978-5dc0-11e8-9c2d-fa7ae01bbebc";
const DERIVE_TA_UNIQUE_KEY: u32 = 1;

/// What OP-TEE takes for a hardware unique key on a platform that has none of its own
/// (`core/kernel/otp_stubs.c`).
const PUBLIC_HARDWARE_KEY: [u8; 16] = [0; 16];

/// `HUK_SUBKEY_UNIQUE_TA` (`core/include/kernel/huk_subkey.h`).
const UNIQUE_TA: u32 = 3;

/// Whether the hardware unique key is OP-TEE's public constant. It does not leave core, but
/// what core derives of it for this TA does: SHA-256 HMAC of a number and the TA's UUID.
pub fn has_test_key(uuid: &str) -> Result<bool> {
    let public = derived_from(&PUBLIC_HARDWARE_KEY, uuid).ok_or(Error::Platform)?;
    Ok(*derived_key()? == *public)
}

fn derived_key() -> Result<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let mut session = TaSessionBuilder::new(Uuid::parse_str(SYSTEM).map_err(error::of)?)
        .build()
        .map_err(unavailable)?;
    let mut parameters = TeeParams::new()
        .with_memref_in(ParamIndex::Arg0, &[])
        .with_memref_out(ParamIndex::Arg1, key.as_mut());
    session
        .invoke_command(DERIVE_TA_UNIQUE_KEY, &mut parameters)
        .map_err(unavailable)?;
    Ok(key)
}

fn derived_from(hardware_key: &[u8; 16], uuid: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mac = Hmac::<Sha256>::new_from_slice(hardware_key)
        .ok()?
        .chain_update(UNIQUE_TA.to_le_bytes())
        .chain_update(in_memory(uuid)?);
    Some(Zeroizing::new(mac.finalize().into_bytes().into()))
}

/// A UUID as `TEE_UUID` lies in memory: its first three fields are little-endian.
fn in_memory(uuid: &str) -> Option<[u8; 16]> {
    let mut digits = uuid.bytes().filter(|digit| *digit != b'-');
    let mut bytes = [0u8; 16];
    for byte in &mut bytes {
        let high = char::from(digits.next()?).to_digit(16)?;
        let low = char::from(digits.next()?).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    for field in [0..4, 4..6, 6..8] {
        bytes.get_mut(field)?.reverse();
    }
    Some(bytes)
}

/// OP-TEE's name and version.
pub fn name() -> Option<Name> {
    let version = TeeTrustedOsImplementationVersion.get().ok()?;
    let mut name = heapless::String::<48>::new();
    write!(name, "OP-TEE {version}").ok()?;
    Name::new(&name).ok()
}
