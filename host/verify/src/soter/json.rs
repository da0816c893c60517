//! What the signed JSON says: members, types and values that touchseal signs, in the one
//! spelling that it has for them.

use crate::error::{Link, VerifyError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;
use touchseal_proto::signed::Sensor;
use touchseal_proto::soter::{
    Challenge, KeyExport, SignedChallenge, TEE_NAME, from_spki_pem, sensor_name,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyMembers {
    pub_key: String,
    cpu_id: String,
    counter: u64,
    uid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChallengeMembers {
    raw: String,
    fid: String,
    counter: u64,
    tee_n: String,
    tee_v: String,
    fp_n: String,
    fp_v: String,
    cpu_id: String,
    uid: String,
}

/// An exported ASK or AuthKey.
pub fn key_export(link: Link, json: &[u8]) -> Result<KeyExport, VerifyError> {
    let members: KeyMembers = members(link, json)?;
    let value = |name| VerifyError::Value(link, name);
    let export = KeyExport {
        public_key: from_spki_pem(&members.pub_key).map_err(|_| VerifyError::NotAnRsaKey(link))?,
        cpu_id: members.cpu_id.parse().map_err(|_| value("cpu_id"))?,
        counter: members.counter,
        uid: decimal(&members.uid).ok_or_else(|| value("uid"))?,
    };
    spelt_so(link, json, export.to_json().ok().as_deref())?;
    Ok(export)
}

/// A signed challenge.
pub fn signed_challenge(link: Link, json: &[u8]) -> Result<SignedChallenge, VerifyError> {
    let members: ChallengeMembers = members(link, json)?;
    let value = |name| VerifyError::Value(link, name);
    if members.tee_n != TEE_NAME {
        return Err(value("tee_n"));
    }
    let signed = SignedChallenge {
        challenge: Challenge::new(&members.raw).map_err(|_| value("raw"))?,
        finger: decimal(&members.fid).ok_or_else(|| value("fid"))?,
        counter: members.counter,
        tee_version: decimal(&members.tee_v).ok_or_else(|| value("tee_v"))?,
        sensor: sensor(&members.fp_n).ok_or_else(|| value("fp_n"))?,
        sensor_version: decimal(&members.fp_v).ok_or_else(|| value("fp_v"))?,
        cpu_id: members.cpu_id.parse().map_err(|_| value("cpu_id"))?,
        uid: decimal(&members.uid).ok_or_else(|| value("uid"))?,
    };
    spelt_so(link, json, signed.to_json().ok().as_deref())?;
    Ok(signed)
}

fn spelt_so(link: Link, json: &[u8], spelt: Option<&[u8]>) -> Result<(), VerifyError> {
    match spelt {
        Some(spelt) if spelt == json => Ok(()),
        _ => Err(VerifyError::Statement(link)),
    }
}

fn members<T: DeserializeOwned>(link: Link, json: &[u8]) -> Result<T, VerifyError> {
    serde_json::from_slice(json).map_err(|_| VerifyError::Statement(link))
}

/// A number in its one spelling: no sign, no leading zero.
fn decimal<T: FromStr + ToString>(text: &str) -> Option<T> {
    let number: T = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn sensor(name: &str) -> Option<Sensor> {
    [Sensor::Simulated, Sensor::SecureUart]
        .into_iter()
        .find(|sensor| sensor_name(*sensor) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use touchseal_proto::soter::{CpuId, RsaPublicKey};

    const CPU_ID: &str = "0001acee591a25cdfe5ec5c5c96f248d15a0";

    /// Each text that differs from `json` in one byte.
    fn substituted(json: &[u8], values: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        (0..json.len()).flat_map(move |at| {
            values.iter().map(move |value| {
                let mut other = json.to_vec();
                other[at] = *value;
                other
            })
        })
    }

    #[test]
    fn a_challenge_that_reads_is_one_that_could_be_signed() {
        let cpu_id: CpuId = CPU_ID.parse().unwrap();
        let signed = SignedChallenge {
            challenge: Challenge::new("a\"\\\n\0è🎉").unwrap(),
            finger: 3,
            counter: 6,
            tee_version: 1,
            sensor: Sensor::Simulated,
            sensor_version: 2,
            cpu_id,
            uid: 10042,
        };
        let json = signed.to_json().unwrap();
        assert_eq!(signed_challenge(Link::Challenge, &json), Ok(signed));
        let all: Vec<u8> = (0..=255).collect();
        for other in substituted(&json, &all) {
            if let Ok(read) = signed_challenge(Link::Challenge, &other) {
                assert_eq!(read.to_json().unwrap(), other[..]);
            }
        }
    }

    #[test]
    fn a_key_that_reads_is_spelt_so() {
        let public_key: RsaPublicKey = [0xa5; 256];
        let export = KeyExport {
            public_key,
            cpu_id: CPU_ID.parse().unwrap(),
            counter: 6,
            uid: 10042,
        };
        let json = export.to_json().unwrap();
        assert_eq!(key_export(Link::AppKey, &json), Ok(export));
        for other in substituted(&json, b"\0\n \"\\+/09=AZaz{}\x7f\x80\xff") {
            if let Ok(read) = key_export(Link::AppKey, &other) {
                assert_eq!(read.to_json().unwrap(), other[..]);
            }
        }
    }
}
