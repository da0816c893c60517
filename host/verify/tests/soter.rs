//! What the verifier of the SOTER dialect accepts, and the exact reasons of what it refuses.

mod common;

use common::*;
use touchseal_proto::signed::{Root, SecurityLevel, Sensor};
use touchseal_verify::{
    BlobError, Link, Origin, SoterBlob, SoterChain, SoterExpectations, SoterVerified,
    VerifiedSoterChain, VerifyError, soter_device_key_from_pem, verify_soter, verify_soter_chain,
};

const CHALLENGE: &str = "Pay \"19.99\" to Caffè Rossi 支付 🎉\\/\n\t\0\u{7f}";
const CPU_ID: &str = "0001acee591a25cdfe5ec5c5c96f248d15a0";

fn golden() -> SoterVerified {
    verify_soter(
        &golden_device_key(),
        &golden_chain(),
        &blob("soter_signature"),
    )
    .unwrap()
}

#[test]
fn the_golden_chain_says_what_was_signed() {
    let SoterVerified {
        challenge,
        payment_key,
        app_key,
    } = golden();
    assert_eq!(challenge.challenge.as_str(), CHALLENGE);
    assert_eq!((challenge.finger, challenge.counter), (3, 6));
    assert_eq!((challenge.tee_version, challenge.sensor_version), (1, 2));
    assert_eq!(challenge.sensor, Sensor::Simulated);
    assert_eq!(challenge.cpu_id.root, Root::Test);
    assert_eq!(
        challenge.cpu_id.security_level,
        SecurityLevel::TrustedEnvironment
    );
    for (cpu_id, uid) in [
        (challenge.cpu_id, challenge.uid),
        (payment_key.cpu_id, payment_key.uid),
        (app_key.cpu_id, app_key.uid),
    ] {
        assert_eq!((cpu_id.to_string().as_str(), uid), (CPU_ID, 10042));
    }
    assert_eq!((app_key.counter, payment_key.counter), (4, 5));
    let registered = VerifiedSoterChain {
        payment_key,
        app_key,
    };
    let chain = verify_soter_chain(&golden_device_key(), &golden_chain());
    assert_eq!(chain, Ok(registered));
}

#[test]
fn a_blob_has_exact_lengths() {
    let golden = vector("soter_signature");
    let json_len = golden.len() - 4 - 256;
    assert_eq!(
        SoterBlob::from_bytes(&golden[..3]),
        Err(BlobError::NoLength)
    );
    for cut in [4, 259, golden.len() - 1] {
        assert_eq!(
            SoterBlob::from_bytes(&golden[..cut]),
            Err(BlobError::Length {
                actual: cut,
                stated: golden.len()
            })
        );
    }
    assert!(SoterBlob::from_bytes(&[&golden[..], &[0]].concat()).is_err());
    let claim = |len: u32, total| {
        let mut bytes = vec![b' '; total];
        bytes[..4].copy_from_slice(&len.to_le_bytes());
        SoterBlob::from_bytes(&bytes).map(|blob| blob.json.len())
    };
    assert_eq!(claim(0, 260), Ok(0));
    assert_eq!(claim(1 << 20, 260 + (1 << 20)), Ok(1 << 20));
    let above = (1 << 20) + 1;
    assert_eq!(
        claim(above, 261 + (1 << 20)),
        Err(BlobError::Garbage(above))
    );
    assert_eq!(claim(u32::MAX, 260), Err(BlobError::Garbage(u32::MAX)));
    // Big-endian, the length is another.
    let mut turned = golden.clone();
    turned[..4].copy_from_slice(&(json_len as u32).to_be_bytes());
    assert!(matches!(
        SoterBlob::from_bytes(&turned),
        Err(BlobError::Garbage(_))
    ));
}

#[test]
fn a_device_key_is_pem() {
    let pem = touchseal_proto::soter::spki_pem(&golden_device_key()).unwrap();
    for text in [pem.to_string(), format!("{pem}\n")] {
        assert_eq!(soter_device_key_from_pem(&text), Ok(golden_device_key()));
    }
    for text in ["".into(), format!("{pem}\n\n"), format!(" {pem}")] {
        assert_eq!(
            soter_device_key_from_pem(&text),
            Err(VerifyError::NotAnRsaKey(Link::DeviceKey))
        );
    }
}

fn refused(chain: &SoterChain, signature: &SoterBlob) -> Option<VerifyError> {
    verify_soter(&golden_device_key(), chain, signature).err()
}

#[test]
fn each_link_is_signed_by_the_key_above_it() {
    let (chain, signature) = (golden_chain(), blob("soter_signature"));
    let mut wrong = golden_device_key();
    wrong[0] = 0x7f;
    assert_eq!(
        verify_soter(&wrong, &chain, &signature),
        Err(VerifyError::NotAnRsaKey(Link::DeviceKey))
    );
    wrong[0] = 0xff;
    assert_eq!(
        verify_soter(&wrong, &chain, &signature),
        Err(VerifyError::Signature(Link::AppKey))
    );
    let swapped = SoterChain {
        app_key: chain.app_key.clone(),
        payment_key: chain.app_key.clone(),
    };
    assert_eq!(
        refused(&swapped, &signature),
        Some(VerifyError::Signature(Link::PaymentKey))
    );
    let by_another = signed("app_key", signature.json.clone());
    assert_eq!(
        refused(&chain, &by_another),
        Some(VerifyError::Signature(Link::Challenge))
    );
}

/// The golden JSON `name`, with `from` replaced.
fn edited(name: &str, from: &str, to: &str) -> String {
    let json = String::from_utf8(blob(name).json).unwrap();
    assert_eq!(json.matches(from).count(), 1, "{from}");
    json.replace(from, to)
}

#[test]
fn a_well_signed_challenge_must_be_one() {
    let chain = golden_chain();
    let statement = VerifyError::Statement(Link::Challenge);
    let value = |name| VerifyError::Value(Link::Challenge, name);
    for (from, to, error) in [
        (r#"{"raw":"#, r#" {"raw":"#, Some(statement.clone())),
        (r#""fid":"3""#, r#""fid": "3""#, Some(statement.clone())),
        (r"\n", r"\u000a", Some(statement.clone())),
        (r#"{"raw":"#, r#"{"more":1,"raw":"#, Some(statement.clone())),
        (
            r#"{"raw":"#,
            r#"{"fid":"3","raw":"#,
            Some(statement.clone()),
        ),
        (r#"{"raw":"#, "\u{feff}{\"raw\":", Some(statement.clone())),
        (
            r#""uid":"10042"}"#,
            r#""uid":"10042"}}"#,
            Some(statement.clone()),
        ),
        (
            r#""uid":"10042""#,
            r#""uid":10042"#,
            Some(statement.clone()),
        ),
        (r#","uid":"10042""#, "", Some(statement.clone())),
        (
            r#""counter":6"#,
            r#""counter":"6""#,
            Some(statement.clone()),
        ),
        (
            r#""counter":6"#,
            r#""counter":6.0"#,
            Some(statement.clone()),
        ),
        (r#""counter":6"#, r#""counter":-6"#, Some(statement.clone())),
        (
            r#""counter":6"#,
            r#""counter":18446744073709551616"#,
            Some(statement.clone()),
        ),
        (r"\n", "\n", Some(statement.clone())),
        (r#""fid":"3""#, r#""fid":"03""#, Some(value("fid"))),
        (r#""fid":"3""#, r#""fid":"+3""#, Some(value("fid"))),
        (
            r#""uid":"10042""#,
            r#""uid":"4294967296""#,
            Some(value("uid")),
        ),
        (r#""tee_v":"1""#, r#""tee_v":"1.0""#, Some(value("tee_v"))),
        (r#""fp_v":"2""#, r#""fp_v":"""#, Some(value("fp_v"))),
        ("touchseal", "another", Some(value("tee_n"))),
        ("simulated", "another", Some(value("fp_n"))),
        ("0001acee", "0001ACEE", Some(value("cpu_id"))),
        ("0001acee", "0201acee", Some(value("cpu_id"))),
    ] {
        let json = edited("soter_signature", from, to);
        assert_eq!(refused(&chain, &signed("payment_key", json)), error, "{to}");
    }
    let golden = String::from_utf8(blob("soter_signature").json).unwrap();
    let (_, rest) = golden.split_at(golden.find(r#"","fid""#).unwrap());
    for raw in [String::new(), "x".repeat(513)] {
        let json = format!(r#"{{"raw":"{raw}{rest}"#);
        let error = refused(&chain, &signed("payment_key", json));
        assert_eq!(error, Some(value("raw")));
    }
    let key = signed("payment_key", chain.app_key.json.clone());
    assert_eq!(refused(&chain, &key), Some(statement));
}

#[test]
fn a_well_signed_key_must_be_one() {
    let signature = blob("soter_signature");
    let link = Link::PaymentKey;
    for (from, to, error) in [
        (
            "PUBLIC KEY-----\\nMIIB",
            "PUBLIC KEY-----\\r\\nMIIB",
            VerifyError::NotAnRsaKey(link),
        ),
        ("\\nMIIBIj", "\\nMIIBIk", VerifyError::NotAnRsaKey(link)),
        ("AQAB", "AQAD", VerifyError::NotAnRsaKey(link)),
        (
            r#""counter":5"#,
            r#""counter":"5""#,
            VerifyError::Statement(link),
        ),
        (
            r#","uid":"10042""#,
            r#","uid":"10042","a":{}"#,
            VerifyError::Statement(link),
        ),
        (
            r#""uid":"10042""#,
            r#""uid":"-1""#,
            VerifyError::Value(link, "uid"),
        ),
        ("0001acee", "00acee", VerifyError::Value(link, "cpu_id")),
        (
            r#""uid":"10042""#,
            r#""uid":"10043""#,
            VerifyError::Disagrees(link, "uid"),
        ),
        (
            "0001acee",
            "0101acee",
            VerifyError::Disagrees(link, "cpu_id"),
        ),
        (
            "0001acee",
            "0001acef",
            VerifyError::Disagrees(link, "cpu_id"),
        ),
    ] {
        let json = edited("soter_payment_key", from, to);
        let chain = SoterChain {
            payment_key: signed("app_key", json),
            ..golden_chain()
        };
        assert_eq!(refused(&chain, &signature), Some(error), "{to}");
    }
    let json = edited("soter_signature", r#""uid":"10042""#, r#""uid":"10043""#);
    assert_eq!(
        refused(&golden_chain(), &signed("payment_key", json)),
        Some(VerifyError::Disagrees(Link::Challenge, "uid"))
    );
}

/// Keys may be exported in any order, and again.
#[test]
fn the_counters_of_keys_are_in_no_order() {
    let json = edited("soter_payment_key", r#""counter":5"#, r#""counter":900"#);
    let chain = SoterChain {
        payment_key: signed("app_key", json),
        ..golden_chain()
    };
    assert_eq!(refused(&chain, &blob("soter_signature")), None);
}

#[test]
fn only_what_was_expected_is_accepted() {
    let verified = golden();
    let origin = Origin {
        uid: Some(10042),
        last_counter: Some(5),
        min_ta_version: Some(1),
        require_tee: true,
        ..Origin::default()
    };
    let met = SoterExpectations {
        origin: origin.clone(),
        cpu_id: Some(CPU_ID.parse().unwrap()),
        challenge: Some(CHALLENGE.into()),
    };
    assert_eq!(met.check(&verified), Ok(()));

    let other = |change: fn(&mut SoterExpectations)| {
        let mut other = met.clone();
        change(&mut other);
        other.check(&verified).unwrap_err().field
    };
    assert_eq!(other(|e| e.challenge = Some("a".into())), "challenge");
    // What was signed may hold what a terminal obeys.
    let asked = SoterExpectations {
        challenge: Some("\u{1b}[2K".into()),
        ..met.clone()
    };
    let told = asked.check(&verified).unwrap_err().to_string();
    assert!(!told.contains(char::is_control), "{told:?}");
    assert_eq!(
        other(|e| e.cpu_id.as_mut().unwrap().device_id[0] = 0),
        "cpu_id"
    );
    assert_eq!(other(|e| e.origin.uid = Some(1)), "uid");
    assert_eq!(other(|e| e.origin.last_counter = Some(6)), "counter");
    assert_eq!(other(|e| e.origin.min_ta_version = Some(2)), "TA version");
    assert_eq!(other(|e| e.origin.require_factory = true), "device key");
    assert_eq!(other(|e| e.origin.require_real_sensor = true), "sensor");

    let mut software = golden();
    software.challenge.cpu_id.security_level = SecurityLevel::Software;
    let expected = SoterExpectations {
        origin,
        ..SoterExpectations::default()
    };
    assert_eq!(
        expected.check(&software).unwrap_err().field,
        "security level"
    );
}

/// SplitMix64: the same mutations every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, random.byte()),
        2 => {
            bytes.remove(at);
        }
        // A length that fits, whatever the bytes are.
        3 => {
            let (from, len) = (random.below(bytes.len()), random.below(64));
            let copied: Vec<u8> = bytes.iter().skip(from).take(len).copied().collect();
            bytes.splice(at..at, copied);
            if let Some(json_len) = bytes.len().checked_sub(260) {
                bytes[..4].copy_from_slice(&(json_len as u32).to_le_bytes());
            }
        }
        4 => bytes[random.below(4)] = random.byte(),
        5 => {
            let other = random.below(bytes.len());
            bytes.swap(at, other);
        }
        _ => bytes[at] ^= 1 << random.below(8),
    }
}

#[test]
fn ten_thousand_mutations_never_verify() {
    const NAMES: [&str; 3] = ["soter_app_key", "soter_payment_key", "soter_signature"];
    let (device_key, golden) = (golden_device_key(), NAMES.map(vector));
    let mut random = Random(1);
    let mut mutations = 0;
    while mutations < 10_000 {
        let mut blobs = golden.clone();
        let which = random.below(3);
        for _ in 0..=random.below(3) {
            if !blobs[which].is_empty() {
                mutate(&mut blobs[which], &mut random);
            }
        }
        if blobs == golden {
            continue;
        }
        mutations += 1;
        let [Ok(app_key), Ok(payment_key), Ok(signature)] =
            blobs.each_ref().map(|blob| SoterBlob::from_bytes(blob))
        else {
            continue;
        };
        let chain = SoterChain {
            app_key,
            payment_key,
        };
        let verified = verify_soter(&device_key, &chain, &signature);
        assert!(verified.is_err(), "{blobs:x?}");
    }
}
