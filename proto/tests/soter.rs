//! The JSON of the SOTER dialect, as an independent parser reads it.

use serde_json::{Value, json};
use touchseal_proto::signed::{Root, SecurityLevel, Sensor};
use touchseal_proto::soter::*;
use touchseal_proto::wire::{WireError, decode, encode};

const CPU_ID: CpuId = CpuId {
    root: Root::Factory,
    security_level: SecurityLevel::Software,
    device_id: [0xa5; 16],
};

fn signed(challenge: &str) -> SignedChallenge {
    SignedChallenge {
        challenge: Challenge::new(challenge).unwrap(),
        finger: u64::MAX,
        counter: u64::MAX,
        tee_version: u32::MAX,
        sensor: Sensor::SecureUart,
        sensor_version: u32::MAX,
        cpu_id: CPU_ID,
        uid: u32::MAX,
    }
}

fn key() -> RsaPublicKey {
    std::array::from_fn(|at| 0x80 | at as u8)
}

/// Every character that JSON escapes, its neighbours, and what other encoders escape.
fn challenges() -> impl Iterator<Item = String> {
    ('\0'..='\u{ff}')
        .chain("\"\\/<>&'\u{2028}\u{d7ff}\u{e000}\u{feff}\u{ffff}🎉\u{10ffff}".chars())
        .flat_map(|c| {
            let c = c.to_string();
            [c.repeat(Challenge::MAX_CHARS), format!("a{c}b"), c]
        })
}

#[test]
fn a_challenge_is_read_back_as_it_was() {
    for challenge in challenges() {
        let json = signed(&challenge).to_json().unwrap();
        assert_eq!(
            serde_json::from_slice::<Value>(&json).unwrap(),
            json!({
                "raw": challenge,
                "fid": "18446744073709551615",
                "counter": u64::MAX,
                "tee_n": "touchseal",
                "tee_v": "4294967295",
                "fp_n": "secure-uart",
                "fp_v": "4294967295",
                "cpu_id": "0100a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5",
                "uid": "4294967295",
            })
        );
        assert!(json.iter().all(|byte| *byte >= 0x20), "{challenge:?}");
    }
}

#[test]
fn a_challenge_has_one_spelling() {
    for (challenge, spelt) in [
        ("\"", r#"\""#),
        ("\\", r"\\"),
        ("\u{8}\u{c}\n\r\t", r"\b\f\n\r\t"),
        ("\0\u{b}\u{1f}", r"\u0000\u000b\u001f"),
        ("/\u{7f}è支🎉\u{2028}", "/\u{7f}è支🎉\u{2028}"),
    ] {
        let json = signed(challenge).to_json().unwrap();
        let text = std::str::from_utf8(&json).unwrap();
        let begin = format!(r#"{{"raw":"{spelt}","fid":"18446744073709551615","counter":"#);
        assert!(text.starts_with(&begin), "{text}");
    }
}

#[test]
fn the_longest_json_and_blob_fit_exactly() {
    let json = signed(&"\0".repeat(Challenge::MAX_CHARS))
        .to_json()
        .unwrap();
    assert_eq!(json.len(), JSON_MAX);
    let blob = Blob {
        json,
        signature: [7; 256],
    };
    let soter = blob.to_soter().unwrap();
    assert_eq!(soter.len(), BLOB_MAX);
    assert_eq!(soter[..4], u32::try_from(JSON_MAX).unwrap().to_le_bytes());
    assert_eq!(soter[4..][..JSON_MAX], blob.json);
    assert_eq!(soter[4 + JSON_MAX..], blob.signature);
}

#[test]
fn a_challenge_is_counted_in_characters() {
    for c in ["a", "\0", "è", "支", "🎉"] {
        assert!(Challenge::new(&c.repeat(512)).is_ok());
        assert_eq!(Challenge::new(&c.repeat(513)), Err(WireError::TooLong));
    }
    assert_eq!(Challenge::new(""), Err(WireError::BadValue));
}

#[test]
fn a_challenge_travels() {
    for challenge in challenges() {
        let challenge = Challenge::new(&challenge).unwrap();
        let mut bytes = [0; 2050];
        let len = encode(&challenge, &mut bytes).unwrap();
        assert_eq!(decode(&bytes[..len]), Ok(challenge));
    }
}

#[test]
fn a_key_is_read_back_as_it_was() {
    let export = KeyExport {
        public_key: key(),
        cpu_id: CPU_ID,
        counter: 240,
        uid: 10115,
    };
    assert_eq!(
        serde_json::from_slice::<Value>(&export.to_json().unwrap()).unwrap(),
        json!({
            "pub_key": spki_pem(&key()).unwrap().as_str(),
            "cpu_id": "0100a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5",
            "counter": 240,
            "uid": "10115",
        })
    );
}

#[test]
fn a_modulus_has_2048_bits() {
    let mut key = key();
    key[0] = 0x7f;
    assert_eq!(spki_pem(&key), Err(WireError::BadValue));
}

#[test]
fn a_pem_has_one_spelling() {
    let pem = spki_pem(&key()).unwrap();
    assert_eq!(from_spki_pem(&pem), Ok(key()));
    assert!(pem.lines().all(|line| line.len() <= 64));
    for other in [
        format!("{pem}\n"),
        pem.replace('\n', "\r\n"),
        pem.replacen("MIIB", "MIIC", 1),
        pem.replacen("AQAB", "AQAD", 1),
        pem.replacen("AQAB", "", 1),
        pem.replacen("AQAB", "AQABAQAB", 1),
        pem.replace("PUBLIC", "PRIVATE"),
        String::new(),
    ] {
        assert_eq!(from_spki_pem(&other), Err(WireError::BadValue), "{other}");
    }
}

#[test]
fn no_finger_no_signature() {
    let mut signed = signed("a");
    signed.sensor = Sensor::None;
    assert_eq!(signed.to_json(), Err(WireError::BadValue));
}

#[test]
fn a_cpu_id_has_one_spelling() {
    let text = CPU_ID.to_string();
    assert_eq!(text.parse(), Ok(CPU_ID));
    for other in [
        text.to_uppercase(),
        text[1..].into(),
        format!("{text}0"),
        text.replacen("0100", "0200", 1),
        text.replacen("0100", "010+", 1),
        text.replacen("a5", "è", 1),
    ] {
        assert_eq!(other.parse::<CpuId>(), Err(WireError::BadValue), "{other}");
    }
}
