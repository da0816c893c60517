//! What a person may have mistyped, in words.

mod signed;

use anyhow::{Result, bail};
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use touchseal_proto::message::DeviceId;
use touchseal_proto::soter::CpuId;

pub use signed::{challenge, currency, label};

/// The value of an option, from text.
fn text<T: Clone + Send + Sync + 'static>(
    parse: fn(&str) -> Result<T>,
) -> impl TypedValueParser<Value = T> {
    OsStringValueParser::new().try_map(move |given: OsString| match given.to_str() {
        Some(text) => parse(text).map_err(|error| error.to_string()),
        None => Err("it is not UTF-8".into()),
    })
}

fn digits<const N: usize>(text: &str) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    match hex::decode_to_slice(text, &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => bail!("it is not {} hexadecimal digits", 2 * N),
    }
}

/// A backend's nonce.
pub fn nonce() -> impl TypedValueParser<Value = [u8; 32]> {
    text(digits)
}

/// A device's id.
pub fn device_id() -> impl TypedValueParser<Value = DeviceId> {
    text(digits)
}

/// A device's id in the SOTER dialect.
pub fn cpu_id() -> impl TypedValueParser<Value = CpuId> {
    text(|text| match text.parse() {
        Ok(id) => Ok(id),
        Err(_) => bail!("it is not the 36 lower-case hexadecimal digits of a cpu_id"),
    })
}
