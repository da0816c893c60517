//! The verifier of the SOTER dialect: blobs, PEM, and signed JSON. What verifies is what was
//! signed, and says what any reader of JSON reads in it.

use crate::golden::{Edit, vector};
use arbitrary::Unstructured;
use base64ct::{Base64, Encoding};
use rsa::pkcs8::DecodePrivateKey;
use rsa::pss::Pss;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use touchseal_proto::soter::{
    KeyExport, RsaPublicKey, SignedChallenge, TEE_NAME, sensor_name, spki_pem,
};
use touchseal_verify::{SoterBlob, SoterChain, soter_device_key_from_pem, verify_soter};

/// The input is a blob or a PEM text; or changes of a chain that verifies, signed anew or
/// not.
pub fn one_input(input: &[u8]) {
    let Some((way, input)) = input.split_first() else {
        return;
    };
    match way % 4 {
        0 => blob(input),
        1 => pem(input),
        2 => drop(forged(&mut Unstructured::new(input))),
        _ => drop(signed_anew(&mut Unstructured::new(input))),
    }
}

fn blob(bytes: &[u8]) {
    let Ok(blob) = SoterBlob::from_bytes(bytes) else {
        return;
    };
    let again = [
        &(blob.json.len() as u32).to_le_bytes(),
        &blob.json[..],
        &blob.signature,
    ];
    assert_eq!(again.concat(), bytes);
    for at in 0..3 {
        let mut blobs = golden();
        blobs[at] = blob.clone();
        assert!(!verifies(&blobs) || blobs == golden(), "forged");
    }
}

fn pem(text: &[u8]) {
    if let Ok(text) = std::str::from_utf8(text)
        && let Ok(key) = soter_device_key_from_pem(text)
    {
        let spelt = spki_pem(&key).expect("what was read can be written");
        assert_eq!(text.strip_suffix('\n').unwrap_or(text), &*spelt);
    }
}

/// App key, payment key, challenge.
type Blobs = [SoterBlob; 3];

fn golden() -> Blobs {
    static GOLDEN: LazyLock<Blobs> = LazyLock::new(|| {
        [
            vector!("soter_app_key"),
            vector!("soter_payment_key"),
            vector!("soter_signature"),
        ]
        .map(|bytes| SoterBlob::from_bytes(&bytes).expect("a golden blob"))
    });
    GOLDEN.clone()
}

fn device_key() -> RsaPublicKey {
    vector!("soter_device_key").try_into().expect("a modulus")
}

fn verifies(blobs: &Blobs) -> bool {
    let [app_key, payment_key, signature] = blobs.clone();
    let chain = SoterChain {
        app_key,
        payment_key,
    };
    let Ok(verified) = verify_soter(&device_key(), &chain, &signature) else {
        return false;
    };
    says_key(&chain.app_key, &verified.app_key);
    says_key(&chain.payment_key, &verified.payment_key);
    says_challenge(&signature, &verified.challenge);
    for (cpu_id, uid) in [
        (&verified.payment_key.cpu_id, verified.payment_key.uid),
        (&verified.challenge.cpu_id, verified.challenge.uid),
    ] {
        assert_eq!(
            (cpu_id, uid),
            (&verified.app_key.cpu_id, verified.app_key.uid)
        );
    }
    true
}

fn says_key(blob: &SoterBlob, read: &KeyExport) {
    let pem = spki_pem(&read.public_key).expect("an RSA key");
    says(
        blob,
        &[
            ("pub_key", (*pem).into()),
            ("cpu_id", read.cpu_id.to_string().into()),
            ("counter", read.counter.into()),
            ("uid", read.uid.to_string().into()),
        ],
    );
}

fn says_challenge(blob: &SoterBlob, read: &SignedChallenge) {
    says(
        blob,
        &[
            ("raw", read.challenge.as_str().into()),
            ("fid", read.finger.to_string().into()),
            ("counter", read.counter.into()),
            ("tee_n", TEE_NAME.into()),
            ("tee_v", read.tee_version.to_string().into()),
            ("fp_n", sensor_name(read.sensor).into()),
            ("fp_v", read.sensor_version.to_string().into()),
            ("cpu_id", read.cpu_id.to_string().into()),
            ("uid", read.uid.to_string().into()),
        ],
    );
}

/// The signed text has exactly these members.
fn says(blob: &SoterBlob, members: &[(&str, Value)]) {
    let text: Value = serde_json::from_slice(&blob.json).expect("JSON");
    let object = text.as_object().expect("an object");
    assert_eq!(object.len(), members.len());
    for (name, value) in members {
        assert_eq!(object.get(*name), Some(value), "{name}");
    }
}

/// Without the keys nothing else verifies.
fn forged(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let mut blobs = golden();
    while !input.is_empty() {
        let part = input.int_in_range(0..=5)?;
        let edit: Edit = input.arbitrary()?;
        let blob = &mut blobs[part / 2];
        if part % 2 == 0 {
            edit.make(&mut blob.json);
        } else {
            let mut signature = blob.signature.to_vec();
            edit.make(&mut signature);
            if let Ok(signature) = signature.try_into() {
                blob.signature = signature;
            }
        }
    }
    assert!(!verifies(&blobs) || blobs == golden(), "forged");
    Ok(())
}

/// With the keys: `verifies` looks at what is read.
fn signed_anew(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let mut blobs = golden();
    let link = input.int_in_range(0..=2)?;
    let blob = &mut blobs[link];
    while !input.is_empty() {
        input.arbitrary::<Edit>()?.make(&mut blob.json);
    }
    blob.signature = sign(&TEST_KEYS[link], &blob.json);
    let changed = blob.json != golden()[link].json;
    assert!(
        verifies(&blobs) || changed,
        "the golden text does not verify"
    );
    Ok(())
}

/// The TEST keys of device, app and payment.
static TEST_KEYS: LazyLock<[rsa::PrivateKey; 3]> = LazyLock::new(|| {
    [
        include_str!("../../../../host/verify/tests/keys/TEST_device_key.pem"),
        include_str!("../../../../host/verify/tests/keys/TEST_app_key.pem"),
        include_str!("../../../../host/verify/tests/keys/TEST_payment_key.pem"),
    ]
    .map(|pem| {
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = Base64::decode_vec(&base64).expect("base64");
        rsa::PrivateKey::from_pkcs8_der(&der).expect("a private key")
    })
});

fn sign(key: &rsa::PrivateKey, text: &[u8]) -> [u8; 256] {
    let pss = Pss::<Sha256>::new_with_salt(20);
    let digest = Sha256::digest(text);
    key.sign_with_rng(&mut getrandom::SysRng, pss, &digest)
        .expect("signs")
        .try_into()
        .expect("256 bytes")
}
