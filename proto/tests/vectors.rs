//! The golden bytes of `vectors/`, which other implementations share: laid out by hand
//! from `PROTOCOL.md`, never by this code. A line is hexadecimal digits, then a comment.

#[path = "vectors/commands.rs"]
mod commands;
#[path = "vectors/document.rs"]
mod document;
#[path = "vectors/fingerprint.rs"]
mod fingerprint;
#[path = "vectors/gatekeeper.rs"]
mod gatekeeper;
#[path = "vectors/refused.rs"]
mod refused;
#[path = "vectors/statements.rs"]
mod statements;
#[path = "vectors/values.rs"]
mod values;

use std::fs;
use touchseal_proto::wire::{Wire, decode, encode};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .lines()
        .flat_map(|line| line.split('#').next().unwrap().chars())
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).unwrap())
        .collect();
    assert!(digits.len().is_multiple_of(2));
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap())
        .collect()
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    from_hex(text).try_into().unwrap()
}

fn vector(name: &str) -> Vec<u8> {
    from_hex(&fs::read_to_string(format!("{VECTORS}/{name}.hex")).expect(name))
}

fn bytes_of<T: Wire>(value: &T) -> Vec<u8> {
    let mut bytes = vec![0; T::MAX];
    let len = encode(value, &mut bytes).unwrap();
    bytes.truncate(len);
    bytes
}

/// `golden` decodes to `expected` and is what encodes it. Values are compared by their
/// bytes: secrets have neither comparison nor a text.
fn same<T: Wire>(name: &str, golden: &[u8], expected: &T) {
    assert_eq!(bytes_of(expected), golden, "{name}");
    let decoded: T = decode(golden).expect(name);
    assert_eq!(bytes_of(&decoded), golden, "{name}");
}
