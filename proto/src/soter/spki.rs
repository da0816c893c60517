//! RSA public keys as text: SubjectPublicKeyInfo in PEM, with one spelling.

use super::RsaPublicKey;
use crate::wire::{Reader, Wire, WireError};
use base64ct::{Base64, Decoder, Encoder, LineEnding};
use heapless::String;

/// A `SubjectPublicKeyInfo` in PEM (RFC 7468, 13), 64 columns, without a newline at the end.
pub type Pem = String<PEM_LEN>;

// RFC 8017, A.1; RFC 3279, 2.3.1: with the top bit of the modulus set, every length in the
// DER is known.
const SPKI_PREFIX: &[u8] =
    b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\
      \x03\x82\x01\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01\x00";
const SPKI_SUFFIX: &[u8] = b"\x02\x03\x01\x00\x01";
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----\n";
const PEM_END: &str = "\n-----END PUBLIC KEY-----";
const PEM_COLUMNS: usize = 64;
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
const SPKI_LEN: usize = SPKI_PREFIX.len() + RsaPublicKey::MAX + SPKI_SUFFIX.len();
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
const BASE64_LEN: usize = {
    let characters = SPKI_LEN.div_ceil(3) * 4;
    characters + characters.div_ceil(PEM_COLUMNS) - 1
};
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
const PEM_LEN: usize = PEM_BEGIN.len() + BASE64_LEN + PEM_END.len();

/// How a device key travels, and every key in its export. `BadValue` when the top bit of
/// `key` is not set: then it is no RSA-2048 key.
pub fn spki_pem(key: &RsaPublicKey) -> Result<Pem, WireError> {
    if key.first().is_none_or(|top| *top < 0x80) {
        return Err(WireError::BadValue);
    }
    let mut base64 = [0; BASE64_LEN];
    let base64 = base64_lines(&[SPKI_PREFIX, key, SPKI_SUFFIX], &mut base64)
        .map_err(|_| WireError::TooLong)?;
    let mut pem = Pem::new();
    for part in [PEM_BEGIN, base64, PEM_END] {
        pem.push_str(part).map_err(|_| WireError::TooLong)?;
    }
    Ok(pem)
}

fn base64_lines<'a>(parts: &[&[u8]], out: &'a mut [u8]) -> Result<&'a str, base64ct::Error> {
    let mut encoder = Encoder::<Base64>::new_wrapped(out, PEM_COLUMNS, LineEnding::LF)?;
    parts.iter().try_for_each(|part| encoder.encode(part))?;
    encoder.finish()
}

/// Reads what [`spki_pem`] writes, and no other spelling.
pub fn from_spki_pem(pem: &str) -> Result<RsaPublicKey, WireError> {
    let base64 = pem
        .strip_prefix(PEM_BEGIN)
        .and_then(|rest| rest.strip_suffix(PEM_END))
        .ok_or(WireError::BadValue)?;
    let mut der = [0; SPKI_LEN];
    Decoder::<Base64>::new_wrapped(base64.as_bytes(), PEM_COLUMNS)
        .and_then(|mut decoder| decoder.decode(&mut der).map(|_| ()))
        .map_err(|_| WireError::BadValue)?;
    let mut input = Reader::new(&der);
    input.take(SPKI_PREFIX.len())?;
    let key = input.array()?;
    if spki_pem(&key)? == pem {
        Ok(key)
    } else {
        Err(WireError::BadValue)
    }
}
