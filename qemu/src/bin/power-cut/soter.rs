//! What the drill reads of a SOTER blob, whose signature is verified elsewhere.

use crate::ledger::{KeyHash, hash};
use anyhow::{Context, Result};
use serde_json::Value;
use touchseal::proto::soter::Blob;
use touchseal_verify::SoterBlob;

pub fn counter(blob: &Blob) -> Result<u64> {
    parse(blob)?["counter"].as_u64().context("no counter")
}

/// The exported key, by its PEM.
pub fn key(blob: &Blob) -> Result<KeyHash> {
    let json = parse(blob)?;
    Ok(hash(json["pub_key"].as_str().context("no key")?))
}

fn parse(blob: &Blob) -> Result<Value> {
    serde_json::from_slice(&blob.json).context("a SOTER blob without JSON")
}

/// As a backend has it.
pub fn uploaded(blob: &Blob) -> SoterBlob {
    SoterBlob {
        json: blob.json.to_vec(),
        signature: blob.signature,
    }
}
