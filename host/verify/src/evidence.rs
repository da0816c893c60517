//! What a device hands to a backend, as JSON files. Each has one spelling only:
//! lower-case hexadecimal, fixed order, fixed indentation; a file that is spelt
//! otherwise is refused, with the place.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use touchseal_proto::message::{PublicKey, SignedKey, SignedPayment, SignedReport};

/// A statement and its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The signed bytes.
    #[serde(with = "hexadecimal")]
    pub statement: Vec<u8>,
    /// r, then s.
    #[serde(with = "hexadecimal")]
    pub signature: Vec<u8>,
}

impl From<SignedKey> for Signed {
    fn from(key: SignedKey) -> Self {
        Self {
            statement: key.statement.to_vec(),
            signature: key.signature.to_vec(),
        }
    }
}

impl From<SignedPayment> for Signed {
    fn from(payment: SignedPayment) -> Self {
        Self {
            statement: payment.statement.to_vec(),
            signature: payment.signature.to_vec(),
        }
    }
}

impl From<SignedReport> for Signed {
    fn from(report: SignedReport) -> Self {
        Self {
            statement: report.statement.to_vec(),
            signature: report.signature.to_vec(),
        }
    }
}

/// The keys that vouch for a payment key: what a device uploads once. The device key
/// is not in it: the backend has that from the factory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The app key, signed by the device key.
    pub app_key: Signed,
    /// The payment key, signed by the app key.
    pub payment_key: Signed,
}

/// Why a file is not one of these.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Not such JSON.
    #[error("the file is not well-formed")]
    Json(#[from] serde_json::Error),
    /// Not such a line.
    #[error("the device key is not 128 lower-case hexadecimal digits and a line end")]
    DeviceKey,
    /// Such JSON, spelt otherwise.
    #[error("the file differs from its only spelling at line {line}, column {column}")]
    Spelling {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
}

/// The text of a file of [`Signed`] or [`Chain`].
pub fn to_json<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads the text of such a file.
pub fn from_json<T: Serialize + DeserializeOwned>(text: &[u8]) -> Result<T, EvidenceError> {
    let value: T = serde_json::from_slice(text)?;
    let only = to_json(&value);
    if text == only.as_bytes() {
        return Ok(value);
    }
    let same = text
        .iter()
        .zip(only.as_bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let before = &text[..same];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    Err(EvidenceError::Spelling {
        line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
        column: 1 + same - line_start,
    })
}

/// The text of a device key's file: 128 hexadecimal digits, and a line end.
pub fn device_key_to_text(key: &PublicKey) -> String {
    format!("{}\n", hex::encode(key))
}

/// Reads the text of a device key's file, which has one spelling only, too.
pub fn device_key_from_text(text: &[u8]) -> Result<PublicKey, EvidenceError> {
    let mut key = [0; 64];
    let digits = text.strip_suffix(b"\n").ok_or(EvidenceError::DeviceKey)?;
    hex::decode_to_slice(digits, &mut key).map_err(|_| EvidenceError::DeviceKey)?;
    if device_key_to_text(&key).as_bytes() == text {
        Ok(key)
    } else {
        Err(EvidenceError::DeviceKey)
    }
}

mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(input)?).map_err(D::Error::custom)
    }
}
