//! What gets signed, at its offsets.

use crate::values::*;
use crate::{bytes_of, hex, same, vector};
use touchseal_proto::message::{KeyState, Slot};
use touchseal_proto::signed::*;
use touchseal_proto::soter::{Json, KeyExport, RsaPublicKey, SignedChallenge, from_spki_pem};

#[test]
fn tokens_and_statements() {
    for (name, token) in [
        ("auth_token", token()),
        ("auth_token_secure_uart", token_of_secure_uart()),
        ("auth_token_password", token_of_password()),
    ] {
        same(name, &vector(name), &token);
    }
    statement("key_statement_app", app_key());
    statement("key_statement_payment", payment_key());
    statement("payment_statement", signed_payment());
    statement("report_statement_native", report_native());
    statement("report_statement_soter", report_soter());
}

fn statement<S: Statement + PartialEq + std::fmt::Debug>(name: &str, expected: S) {
    let golden = vector(name);
    assert_eq!(expected.to_bytes().unwrap().as_ref(), golden, "{name}");
    assert_eq!(S::from_bytes(&golden), Ok(expected), "{name}");
}

/// The vector `name` is `json`, and a signature.
fn soter_blob(name: &str, json: Json) {
    let blob = blob(name);
    assert_eq!(blob.json, json, "{name}");
    assert_eq!(blob.to_soter().unwrap(), vector(name)[..], "{name}");
}

#[test]
fn soter_blobs() {
    same("soter_challenge", &vector("soter_challenge"), &challenge());
    same("soter_cpu_id", &vector("soter_cpu_id"), &cpu_id());
    // The keys are random, so they are read from their own exports.
    let key = |name, counter| {
        let golden = vector(name);
        let pem = std::str::from_utf8(&golden[16..][..458]).unwrap();
        let public_key = from_spki_pem(&pem.replace("\\n", "\n")).unwrap();
        let export = KeyExport {
            public_key,
            cpu_id: cpu_id(),
            counter,
            uid: 10042,
        };
        soter_blob(name, export.to_json().unwrap());
        public_key
    };
    let device_key: RsaPublicKey = vector("soter_device_key").try_into().unwrap();
    let keys = [
        device_key,
        key("soter_app_key", 4),
        key("soter_payment_key", 5),
    ];
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[2] != keys[0]);
    let signed = SignedChallenge {
        challenge: challenge(),
        finger: 3,
        counter: 6,
        tee_version: 1,
        sensor: Sensor::Simulated,
        sensor_version: 2,
        cpu_id: cpu_id(),
        uid: 10042,
    };
    soter_blob("soter_signature", signed.to_json().unwrap());
}

/// The fields, each at its offset, are all of `bytes`.
fn laid_out(bytes: &[u8], fields: &[(usize, &[u8])]) {
    let mut end = 0;
    for (offset, field) in fields {
        assert_eq!(end, *offset);
        end += field.len();
        assert_eq!(bytes[*offset..end], **field, "at {offset}");
    }
    assert_eq!(end, bytes.len());
}

#[test]
fn a_key_statement_has_fixed_offsets() {
    let heads = AUDIT_HEADS.map(hex::<32>);
    laid_out(
        &payment_key().to_bytes().unwrap(),
        &[
            (0, b"touchseal.key.v1"),
            (16, &[1, 0, 0, 1]),
            (20, &[0, 0, 0, 1]),
            (24, &hex::<16>(DEVICE_ID)),
            (40, &[0, 0, 0, 0, 0, 0, 0, 2]),
            (48, &heads[1]),
            (80, &[0, 0, 0x27, 0x3a]),
            (84, &[0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]),
            (92, &[3]),
            (93, &hex::<64>(PAYMENT_KEY)),
            (157, b"\x04shop"),
            (162, &[0; 60]),
        ],
    );
    let app_key = app_key().to_bytes().unwrap();
    assert_eq!(app_key[84..93], [0, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(app_key[157..], [0; 65]);
}

#[test]
fn a_payment_statement_has_fixed_offsets() {
    let heads = AUDIT_HEADS.map(hex::<32>);
    laid_out(
        &signed_payment().to_bytes().unwrap(),
        &[
            (0, b"touchseal.pay.v1"),
            (16, &[1, 0, 1, 1]),
            (20, &[0, 0, 0, 1]),
            (24, &hex::<16>(DEVICE_ID)),
            (40, &[0, 0, 0, 0, 0, 0, 0, 3]),
            (48, &heads[2]),
            (80, &[0, 0, 0x27, 0x3a]),
            (84, &[0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]),
            (92, &[0, 0, 0, 0, 0, 0, 0, 3]),
            (100, b"\x04shop"),
            (105, &[0; 60]),
            (165, &[0, 0, 0, 0, 0, 0, 0x07, 0xcf]),
            (173, b"EUR"),
            (176, b"\x0cCaff\xc3\xa8 Rossi"),
            (189, &[0; 52]),
            (241, b"\x092026-0042"),
            (251, &[0; 55]),
            (306, &hex::<32>(NONCE)),
        ],
    );
}

#[test]
fn a_report_has_fixed_offsets() {
    laid_out(
        &report_soter().to_bytes().unwrap(),
        &[
            (0, b"touchseal.rpt.v1"),
            (16, &[1, 0, 0, 1]),
            (20, &[0, 0, 0, 1]),
            (24, &hex::<16>(DEVICE_ID)),
            (40, &[0, 0, 0, 0, 0, 0, 0, 3]),
            (48, &hex::<32>(AUDIT_HEADS[3])),
            (80, &[0, 0, 0x27, 0x3a]),
            (84, &[0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]),
            (92, &[2]),
            (93, &[0, 0, 0, 10]),
            (97, &[0, 31]),
            (99, &[1]),
            (100, &[2]),
            (101, &hex::<32>(NONCE)),
        ],
    );
}

/// Bytes of equal value in the vectors, told apart.
#[test]
fn each_enum_has_its_own_byte() {
    let enums = |security_level, root, sensor| {
        let mut statement = signed_payment();
        statement.header.security_level = security_level;
        statement.header.root = root;
        statement.header.sensor = sensor;
        let bytes = statement.to_bytes().unwrap();
        assert_eq!(PaymentStatement::from_bytes(&bytes), Ok(statement));
        bytes[16..20].to_vec()
    };
    let (tee, software) = (SecurityLevel::TrustedEnvironment, SecurityLevel::Software);
    assert_eq!(enums(software, Root::Test, Sensor::Simulated), [0, 0, 1, 1]);
    assert_eq!(enums(tee, Root::Factory, Sensor::Simulated), [1, 1, 1, 1]);
    assert_eq!(
        enums(software, Root::Factory, Sensor::Simulated),
        [0, 1, 1, 1]
    );
    let slots = [Slot::Empty, Slot::Good, Slot::Damaged, Slot::Unknown];
    assert_eq!(slots.map(|slot| bytes_of(&slot)), [[0], [1], [2], [3]]);
    let states = [KeyState::Absent, KeyState::Usable, KeyState::Invalidated];
    assert_eq!(states.map(|state| bytes_of(&state)), [[0], [1], [2]]);
    let dialects = [Dialect::Native, Dialect::Soter];
    assert_eq!(dialects.map(|dialect| bytes_of(&dialect)), [[1], [2]]);
}
