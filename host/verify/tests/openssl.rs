//! Two independent crypto libraries give the same verdict: OpenSSL's command, and ours.
//! OpenSSL is told only which bytes are key, message and signature.

mod common;

use base64ct::{Base64, Encoding};
use common::*;
use p256::ecdsa::Signature;
use touchseal_proto::soter::{from_spki_pem, spki_pem};
use touchseal_verify::{Chain, RsaPublicKey, Signed, SoterBlob, SoterChain, verify, verify_soter};

/// Where a mutation flips a byte: both ends, and between.
fn places(len: usize) -> impl Iterator<Item = usize> {
    (0..8).map(move |eighth| eighth * (len - 1) / 7)
}

struct Native {
    device_key: Vec<u8>,
    statements: [Vec<u8>; 3],
    signatures: [Vec<u8>; 3],
}

impl Native {
    fn golden() -> Self {
        let split = |name| {
            let golden = vector(name);
            let (statement, signature) = golden[3..].split_at(golden.len() - 3 - 64);
            (statement.to_vec(), signature.to_vec())
        };
        let [app, payment_key, payment] =
            ["signed_app_key", "signed_payment_key", "signed_payment"].map(split);
        Self {
            device_key: vector("device_key")[3 + 16..].to_vec(),
            statements: [app.0, payment_key.0, payment.0],
            signatures: [app.1, payment_key.1, payment.1],
        }
    }

    fn parts(&mut self) -> impl Iterator<Item = &mut Vec<u8>> {
        std::iter::once(&mut self.device_key)
            .chain(&mut self.statements)
            .chain(&mut self.signatures)
    }

    fn ours(&self) -> bool {
        let [app_key, payment_key, payment] = [0, 1, 2].map(|link| Signed {
            statement: self.statements[link].clone(),
            signature: self.signatures[link].clone(),
        });
        let chain = Chain {
            app_key,
            payment_key,
        };
        let device_key = self.device_key[..].try_into().unwrap();
        verify(&device_key, &chain, &payment).is_ok()
    }

    fn openssl(&self) -> bool {
        let keys = [
            &self.device_key[..],
            &self.statements[0][93..157],
            &self.statements[1][93..157],
        ];
        (0..3).all(|link| {
            let signature = der(&self.signatures[link]);
            openssl_verifies(
                &[],
                &p256_pem(keys[link]),
                &self.statements[link],
                &signature,
            )
        })
    }
}

/// SubjectPublicKeyInfo of a P-256 key (RFC 5480, 2).
fn p256_pem(key: &[u8]) -> String {
    let spki = [
        &hex::decode("3059301306072a8648ce3d020106082a8648ce3d03010703420004").unwrap(),
        key,
    ]
    .concat();
    let base64 = Base64::encode_string(&spki);
    let (first, second) = base64.split_at(64);
    format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
}

/// ECDSA-Sig-Value (RFC 3279, 2.2.3) of r, then s.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let mut digits = bytes[zeros..].to_vec();
        if digits.first().is_none_or(|top| *top >= 0x80) {
            digits.insert(0, 0);
        }
        [&[2, digits.len() as u8], &digits[..]].concat()
    };
    let (r, s) = signature.split_at(32);
    let both = [integer(r), integer(s)].concat();
    [&[0x30, both.len() as u8], &both[..]].concat()
}

#[test]
fn native_verdicts_agree() {
    let mut native = Native::golden();
    assert!(native.ours() && native.openssl());
    for part in 0..7 {
        let len = native.parts().nth(part).unwrap().len();
        for place in places(len) {
            native.parts().nth(part).unwrap()[place] ^= 0x01;
            let verdicts = (native.ours(), native.openssl());
            assert_eq!(verdicts, (false, false), "part {part}, byte {place}");
            native.parts().nth(part).unwrap()[place] ^= 0x01;
        }
    }
    assert!(native.ours() && native.openssl());
}

/// ECDSA's other signature of the same statement, and what is none.
#[test]
fn native_edge_cases_agree() {
    let golden = Native::golden();
    let signature = Signature::from_slice(&golden.signatures[2]).unwrap();
    let (r, s) = signature.split_scalars();
    let negated = Signature::from_scalars(r, -s).unwrap();
    let order =
        hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let (r, s) = golden.signatures[2].split_at(32);
    let zero = [0; 32];
    for (signature, good) in [
        (negated.to_vec(), true),
        ([&zero[..], s].concat(), false),
        ([r, &zero].concat(), false),
        ([&order, s].concat(), false),
        ([r, &order].concat(), false),
        ([s, r].concat(), false),
    ] {
        let mut native = Native::golden();
        native.signatures[2] = signature;
        assert_eq!((native.ours(), native.openssl()), (good, good));
    }
}

struct Soter {
    device_key: RsaPublicKey,
    blobs: [SoterBlob; 3],
}

impl Soter {
    fn golden() -> Self {
        Self {
            device_key: golden_device_key(),
            blobs: ["soter_app_key", "soter_payment_key", "soter_signature"].map(blob),
        }
    }

    fn with_signature(json: &[u8], signature: Vec<u8>) -> Self {
        let mut soter = Self::golden();
        soter.blobs[2] = SoterBlob {
            json: json.to_vec(),
            signature: signature.try_into().unwrap(),
        };
        soter
    }

    fn parts(&mut self) -> impl Iterator<Item = &mut [u8]> {
        std::iter::once(&mut self.device_key[..]).chain(
            self.blobs
                .iter_mut()
                .flat_map(|blob| [&mut blob.json[..], &mut blob.signature[..]]),
        )
    }

    fn ours(&self) -> bool {
        let [app_key, payment_key, signature] = self.blobs.clone();
        let chain = SoterChain {
            app_key,
            payment_key,
        };
        verify_soter(&self.device_key, &chain, &signature).is_ok()
    }

    fn openssl_with(&self, options: &[&str]) -> bool {
        let exported = |blob: &SoterBlob| {
            let json: serde_json::Value = serde_json::from_slice(&blob.json).ok()?;
            Some(json.get("pub_key")?.as_str()?.to_owned())
        };
        let keys = [
            spki_pem(&self.device_key).ok().map(|pem| pem.to_string()),
            exported(&self.blobs[0]),
            exported(&self.blobs[1]),
        ];
        keys.iter().zip(&self.blobs).all(|(key, blob)| {
            key.as_ref()
                .is_some_and(|key| openssl_verifies(options, key, &blob.json, &blob.signature))
        })
    }

    fn openssl(&self) -> bool {
        self.openssl_with(&PSS_SALT_20)
    }
}

#[test]
fn soter_verdicts_agree() {
    let mut soter = Soter::golden();
    assert!(soter.ours() && soter.openssl());
    for part in 0..7 {
        let len = soter.parts().nth(part).unwrap().len();
        for place in places(len) {
            soter.parts().nth(part).unwrap()[place] ^= 0x01;
            let verdicts = (soter.ours(), soter.openssl());
            assert_eq!(verdicts, (false, false), "part {part}, byte {place}");
            soter.parts().nth(part).unwrap()[place] ^= 0x01;
        }
    }
    assert!(soter.ours() && soter.openssl());
}

/// The right key over the right bytes, but not RSASSA-PSS with SHA-256 throughout and 20
/// bytes of salt.
#[test]
fn soter_schemes_agree() {
    const PSS: &str = "rsa_padding_mode:pss";
    let json = blob("soter_signature").json;
    let sign = |digest, options: &[&str]| {
        Soter::with_signature(&json, openssl_signs(digest, options, "payment_key", &json))
    };
    let right = sign("-sha256", &PSS_SALT_20);
    assert!(right.ours() && right.openssl());

    for salt in ["0", "19", "21", "32", "222"] {
        let salted = sign("-sha256", &[PSS, &format!("rsa_pss_saltlen:{salt}")]);
        assert_eq!((salted.ours(), salted.openssl()), (false, false), "{salt}");
        assert!(salted.openssl_with(&[PSS, "rsa_pss_saltlen:auto"]));
    }
    for (digest, options) in [
        ("-sha256", &[][..]),
        (
            "-sha256",
            &[PSS, "rsa_pss_saltlen:20", "rsa_mgf1_md:sha512"],
        ),
        ("-sha384", &PSS_SALT_20),
        ("-sha512", &PSS_SALT_20),
    ] {
        let other = sign(digest, options);
        assert_eq!((other.ours(), other.openssl()), (false, false), "{digest}");
    }
}

/// The sum of two big-endian numbers, if it is as short as they are.
fn sum(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    let mut carry = 0;
    let mut digits: Vec<u8> = (a.iter().zip(b).rev())
        .map(|(a, b)| {
            carry += u16::from(*a) + u16::from(*b);
            let digit = carry as u8;
            carry >>= 8;
            digit
        })
        .collect();
    digits.reverse();
    (carry == 0).then_some(digits)
}

/// A signature is below the modulus (RFC 8017, 5.2.2): adding the modulus makes no second one.
#[test]
fn a_signature_above_the_modulus_is_refused_by_both() {
    let key = blob("soter_payment_key").json;
    let key: serde_json::Value = serde_json::from_slice(&key).unwrap();
    let modulus = from_spki_pem(key["pub_key"].as_str().unwrap()).unwrap();
    let json = blob("soter_signature").json;
    let raised =
        std::iter::repeat_with(|| openssl_signs("-sha256", &PSS_SALT_20, "payment_key", &json))
            .find_map(|signature| sum(&signature, &modulus))
            .unwrap();
    let soter = Soter::with_signature(&json, raised);
    assert_eq!((soter.ours(), soter.openssl()), (false, false));
}
