//! The blob that a SOTER client uploads: `u32` little-endian length, JSON, signature.

use touchseal_proto::soter::RsaSignature;

/// A larger length is garbage, as SOTER's own parsers have it.
const JSON_LIMIT: usize = 1 << 20;
const SIGNATURE_LEN: usize = size_of::<RsaSignature>();

/// A JSON text and its signature. The text is kept as it was signed, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoterBlob {
    /// The signed bytes.
    pub json: Vec<u8>,
    /// Over exactly `json`.
    pub signature: RsaSignature,
}

/// Why bytes are not a blob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// There is no length.
    #[error("the blob ends inside its length, which has 4 bytes")]
    NoLength,
    /// The length is absurd.
    #[error("the blob claims {0} bytes of JSON, and above 1 MiB it is garbage")]
    Garbage(u32),
    /// The blob is longer or shorter than its length says.
    #[error("the blob has {actual} bytes, and with its JSON and signature would have {stated}")]
    Length {
        /// Bytes that there are.
        actual: usize,
        /// Bytes that the length and a signature of 256 bytes would make.
        stated: usize,
    },
}

impl SoterBlob {
    /// The blob that all of `bytes` are.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlobError> {
        let (len, rest) = bytes.split_first_chunk().ok_or(BlobError::NoLength)?;
        let claimed = u32::from_le_bytes(*len);
        let json_len = usize::try_from(claimed)
            .ok()
            .filter(|len| *len <= JSON_LIMIT)
            .ok_or(BlobError::Garbage(claimed))?;
        match rest.split_last_chunk::<SIGNATURE_LEN>() {
            Some((json, signature)) if json.len() == json_len => Ok(Self {
                json: json.to_vec(),
                signature: *signature,
            }),
            _ => Err(BlobError::Length {
                actual: bytes.len(),
                stated: len.len() + json_len + SIGNATURE_LEN,
            }),
        }
    }
}
