//! The golden bytes of `vectors/`, which other implementations share: laid out by hand
//! from `PROTOCOL.md`, never by this code. A line is hexadecimal digits, then a comment.

use std::fs;
use touchseal_proto::command::{Caller, FingerprintCommand, PaymentCommand, Request};
use touchseal_proto::label::Label;
use touchseal_proto::message::*;
use touchseal_proto::signed::*;
use touchseal_proto::soter::*;
use touchseal_proto::status::Status;
use touchseal_proto::token::{AuthToken, FINGERPRINT};
use touchseal_proto::transport::{CallError, call};
use touchseal_proto::wire::{Wire, WireError, decode, encode};
use touchseal_proto::{FINGERPRINT_TA, PAYMENT_TA, PROTOCOL_VERSION};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
const DOCUMENT: &str = include_str!("../PROTOCOL.md");

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .lines()
        .flat_map(|line| line.split('#').next().unwrap().chars())
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).unwrap())
        .collect();
    assert!(digits.len().is_multiple_of(2));
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap())
        .collect()
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    from_hex(text).try_into().unwrap()
}

fn vector(name: &str) -> Vec<u8> {
    from_hex(&fs::read_to_string(format!("{VECTORS}/{name}.hex")).expect(name))
}

fn bytes_of<T: Wire>(value: &T) -> Vec<u8> {
    let mut bytes = vec![0; T::MAX];
    let len = encode(value, &mut bytes).unwrap();
    bytes.truncate(len);
    bytes
}

/// `golden` decodes to `expected` and is what encodes it. Values are compared by their
/// bytes: secrets have neither comparison nor a text.
fn same<T: Wire>(name: &str, golden: &[u8], expected: &T) {
    assert_eq!(bytes_of(expected), golden, "{name}");
    let decoded: T = decode(golden).expect(name);
    assert_eq!(bytes_of(&decoded), golden, "{name}");
}

/// One command there and back, as it travels. Returns its id and its row in the document,
/// up to the caller.
fn exchange<R: Request>(
    asked: &str,
    request: R,
    answered: &str,
    expected: R::Response,
) -> (u32, String) {
    let (golden_request, golden_response) = (vector(asked), vector(answered));
    let response = call(
        &request,
        &mut [0; 512],
        &mut [0; 512],
        |command, sent, room| {
            assert_eq!(
                (command, sent),
                (R::COMMAND, &golden_request[..]),
                "{asked}"
            );
            room[..golden_response.len()].copy_from_slice(&golden_response);
            Ok::<_, ()>(golden_response.len())
        },
    );
    let Ok(response) = response else {
        panic!("{answered}");
    };
    assert_eq!(bytes_of(&response), bytes_of(&expected), "{answered}");
    same(asked, &golden_request[1..], &request);
    assert_eq!(golden_response[..3], [PROTOCOL_VERSION, 0, 0]);
    same(answered, &golden_response[3..], &expected);
    let row = format!(
        "| {} | {} | {} | {} | {} |",
        R::COMMAND,
        name_of::<R>(),
        1 + R::MAX,
        name_of::<R::Response>(),
        3 + R::Response::MAX
    );
    (R::COMMAND, row)
}

fn name_of<T>() -> &'static str {
    std::any::type_name::<T>().rsplit("::").next().unwrap()
}

/// A command that is in the table and not in `exchanged` has no vectors.
fn complete(exchanged: &[(u32, String)], caller: fn(u32) -> Option<Caller>) {
    for command in 0..=u16::MAX.into() {
        let found = exchanged.iter().find(|(id, _)| *id == command);
        assert_eq!(
            found.is_some(),
            caller(command).is_some(),
            "command {command}"
        );
        if let (Some((_, row)), Some(caller)) = (found, caller(command)) {
            documented(&format!("{row} {caller:?} |"));
        }
    }
}

#[track_caller]
fn documented(row: &str) {
    assert!(
        DOCUMENT.lines().any(|line| line == row),
        "PROTOCOL.md lacks {row}"
    );
}

const HANDLE: u64 = 0x0102_0304_0506_0708;
const EPOCH: u64 = 0x1122_3344_5566_7788;
const TOKEN_KEY: &str = "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
const NONCE: &str = "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
const DEVICE_ID: &str = "acee591a25cdfe5ec5c5c96f248d15a0";
/// The private keys are 1, 2 and 3, and these are P-256's base point G, 2G and 3G.
const DEVICE_KEY: &str = "
    6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296
    4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const APP_KEY: &str = "
    7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978
    07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1";
const PAYMENT_KEY: &str = "
    5ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c
    8734640c4998ff7e374b06ce1a64a2ecd82ab036384fb83d9a79b127a27d5032";
/// The audit chain before each of the three statements.
const AUDIT_HEADS: [&str; 3] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "75d534133e8c8540108e6e1f06d46d64aa2c3d2971586f318d894049730f8dca",
    "5a2a5786550fbc74944ee5e59051663bb15e8976d832daa24e75910b83e2e643",
];

fn label<const N: usize>(text: &str) -> Label<N> {
    Label::new(text).unwrap()
}

fn payment() -> Payment {
    Payment {
        amount: 1999,
        currency: Currency::new("EUR").unwrap(),
        payee: label("Caffè Rossi"),
        order: label("2026-0042"),
        nonce: hex(NONCE),
    }
}

fn token() -> AuthToken {
    AuthToken {
        challenge: HANDLE,
        user_id: 3,
        authenticator_id: EPOCH,
        authenticator_type: FINGERPRINT,
        timestamp: 123_456_789,
        mac: hex("c4dc4dfc91270ade6a533a4a65e8fe081a1bbba7085c82c868fc35935489db28"),
    }
}

fn print(minutiae: &[(u16, u16, u16)]) -> Print {
    Print(
        minutiae
            .iter()
            .map(|&(x, y, theta)| Minutia { x, y, theta })
            .collect(),
    )
}

fn header(counter: u8, sensor: Sensor, epoch: u64) -> Header {
    Header {
        security_level: SecurityLevel::TrustedEnvironment,
        root: Root::Test,
        sensor,
        ta_version: 1,
        device_id: hex(DEVICE_ID),
        counter: counter.into(),
        audit_head: hex(AUDIT_HEADS[usize::from(counter) - 1]),
        uid: 10042,
        epoch,
    }
}

fn app_key() -> KeyStatement {
    KeyStatement {
        header: header(1, Sensor::None, 0),
        kind: KeyKind::App,
        public_key: hex(APP_KEY),
        scene: None,
    }
}

fn payment_key() -> KeyStatement {
    KeyStatement {
        header: header(2, Sensor::None, EPOCH),
        kind: KeyKind::Payment,
        public_key: hex(PAYMENT_KEY),
        scene: Some(label("shop")),
    }
}

fn signed_payment() -> PaymentStatement {
    PaymentStatement {
        header: header(3, Sensor::Simulated, EPOCH),
        finger: 3,
        scene: label("shop"),
        payment: payment(),
    }
}

/// The last 64 bytes.
fn signature(name: &str) -> Signature {
    *vector(name).last_chunk().unwrap()
}

#[test]
fn payment_commands() {
    let generated = || Generated { new: true };
    let exchanged = [
        exchange(
            "get_info",
            GetInfo {},
            "info",
            Info {
                ta_version: 1,
                security_level: SecurityLevel::TrustedEnvironment,
                provisioned: true,
                counter: 3,
            },
        ),
        exchange("provision", Provision {}, "generated", generated()),
        exchange(
            "export_device_key",
            ExportDeviceKey {},
            "device_key",
            DeviceKey {
                device_id: hex(DEVICE_ID),
                public_key: hex(DEVICE_KEY),
            },
        ),
        exchange(
            "generate_app_key",
            GenerateAppKey {},
            "generated",
            generated(),
        ),
        exchange(
            "export_app_key",
            ExportAppKey {},
            "signed_app_key",
            SignedKey {
                statement: app_key().to_bytes().unwrap(),
                signature: signature("signed_app_key"),
            },
        ),
        exchange(
            "generate_payment_key",
            GeneratePaymentKey {
                scene: label("shop"),
            },
            "generated",
            generated(),
        ),
        exchange(
            "export_payment_key",
            ExportPaymentKey {
                scene: label("shop"),
            },
            "signed_payment_key",
            SignedKey {
                statement: payment_key().to_bytes().unwrap(),
                signature: signature("signed_payment_key"),
            },
        ),
        exchange(
            "list_payment_keys",
            ListPaymentKeys {},
            "payment_keys",
            PaymentKeys {
                scenes: [label("shop"), label("another shop")].into_iter().collect(),
            },
        ),
        exchange(
            "remove_payment_key",
            RemovePaymentKey {
                scene: label("shop"),
            },
            "done",
            Done {},
        ),
        exchange("remove_app_keys", RemoveAppKeys {}, "done", Done {}),
        exchange(
            "begin",
            Begin {
                scene: label("shop"),
                payment: payment(),
            },
            "begun",
            Begun {
                handle: HANDLE,
                lifetime_ms: 60_000,
            },
        ),
        exchange(
            "finish",
            Finish {
                handle: HANDLE,
                token: token(),
            },
            "signed_payment",
            SignedPayment {
                statement: signed_payment().to_bytes().unwrap(),
                signature: signature("signed_payment"),
            },
        ),
        exchange("abort", Abort { handle: HANDLE }, "done", Done {}),
        exchange(
            "get_token_key",
            GetTokenKey {},
            "token_key",
            TokenKey {
                key: hex(TOKEN_KEY),
            },
        ),
    ];
    complete(&exchanged, PaymentCommand::caller);
}

#[test]
fn fingerprint_commands() {
    let minutiae = [(100, 200, 359), (1, 2, 3), (4095, 0, 90)];
    let exchanged = [
        exchange(
            "get_fingers",
            GetFingers {},
            "fingers",
            Fingers {
                authenticator_id: EPOCH,
                fingers: 2,
                locked_ms: 29_999,
            },
        ),
        exchange(
            "enroll",
            Enroll {
                print: print(&minutiae),
            },
            "enrolled",
            Enrolled {
                finger: 3,
                fingers: 2,
            },
        ),
        exchange("remove_fingers", RemoveFingers {}, "done", Done {}),
        exchange(
            "authenticate",
            Authenticate {
                operation: HANDLE,
                print: print(&minutiae[..2]),
            },
            "authenticated",
            Authenticated { token: token() },
        ),
    ];
    complete(&exchanged, FingerprintCommand::caller);
}

#[test]
fn a_refusal_is_a_version_and_a_status() {
    assert_eq!(
        answer::<GetInfo>(GetInfo {}, &vector("refused")).err(),
        Some(CallError::Refused(Status::NotAuthorized))
    );
}

#[test]
fn tokens_and_statements() {
    same("auth_token", &vector("auth_token"), &token());
    statement("key_statement_app", app_key());
    statement("key_statement_payment", payment_key());
    statement("payment_statement", signed_payment());
}

fn statement<S: Statement + PartialEq + std::fmt::Debug>(name: &str, expected: S) {
    let golden = vector(name);
    assert_eq!(expected.to_bytes().unwrap().as_ref(), golden, "{name}");
    assert_eq!(S::from_bytes(&golden), Ok(expected), "{name}");
}

const SOTER_CHALLENGE: &str = "Pay \"19.99\" to Caffè Rossi 支付 🎉\\/\n\t\0\u{7f}";

fn cpu_id() -> CpuId {
    CpuId {
        root: Root::Test,
        security_level: SecurityLevel::TrustedEnvironment,
        device_id: hex(DEVICE_ID),
    }
}

/// The vector `name` is `json`, and a signature.
fn soter_blob(name: &str, json: Json) {
    let golden = vector(name);
    let blob = Blob {
        json,
        signature: *golden.last_chunk().unwrap(),
    };
    assert_eq!(blob.to_soter().unwrap(), golden[..], "{name}");
    same(name, &bytes_of(&blob), &blob);
}

#[test]
fn soter_blobs() {
    let challenge = Challenge::new(SOTER_CHALLENGE).unwrap();
    same("soter_challenge", &vector("soter_challenge"), &challenge);
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
        challenge,
        finger: 3,
        counter: 6,
        tee_version: 1,
        sensor: Sensor::Simulated,
        sensor_version: 2,
        cpu_id: cpu_id(),
        uid: 10042,
    };
    soter_blob("soter_signature", signed.to_json().unwrap());
    documented(&format!("| JSON | {JSON_MAX} |"));
    documented(&format!("| SOTER blob | {BLOB_MAX} |"));
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
}

/// The client's side of a command that is answered by `response`.
fn answer<R: Request>(request: R, response: &[u8]) -> Result<R::Response, CallError<()>> {
    call(&request, &mut [0; 512], &mut [0; 512], |_, _, room| {
        room[..response.len()].copy_from_slice(response);
        Ok(response.len())
    })
}

fn refusal(message: &str, bytes: &[u8]) -> Option<WireError> {
    fn request<R: Request>(bytes: &[u8]) -> Option<WireError> {
        assert_eq!(bytes[0], PROTOCOL_VERSION);
        decode::<R>(&bytes[1..]).err()
    }
    match message {
        "GetInfo" => request::<GetInfo>(bytes),
        "Begin" => request::<Begin>(bytes),
        "Finish" => request::<Finish>(bytes),
        "Abort" => request::<Abort>(bytes),
        "Enroll" => request::<Enroll>(bytes),
        "Authenticate" => request::<Authenticate>(bytes),
        "Info" => match answer(GetInfo {}, bytes) {
            Err(CallError::Protocol(error)) => Some(error),
            _ => None,
        },
        "AuthToken" => decode::<AuthToken>(bytes).err(),
        "KeyStatement" => KeyStatement::from_bytes(bytes).err(),
        "PaymentStatement" => PaymentStatement::from_bytes(bytes).err(),
        "SoterChallenge" => decode::<Challenge>(bytes).err(),
        "SoterCpuId" => decode::<CpuId>(bytes).err(),
        _ => panic!("no message {message}"),
    }
}

/// The first line of a bad vector says of what and how it is refused.
#[test]
fn bad_vectors_are_refused() {
    let mut seen = 0;
    for entry in fs::read_dir(VECTORS).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.starts_with("bad_") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let (message, error) = text
            .strip_prefix("# ")
            .and_then(|text| text.split_once(':'))
            .and_then(|(stated, _why)| stated.split_once(", refused as "))
            .expect(name);
        let refused = refusal(message, &from_hex(&text)).map(|error| format!("{error:?}"));
        assert_eq!(refused.as_deref(), Some(error), "{name}");
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn trusted_applications_and_statuses_are_documented() {
    documented(&format!(
        "| payment TA | `{PAYMENT_TA}` | {} | {} |",
        PaymentCommand::MAX_REQUEST,
        PaymentCommand::MAX_RESPONSE
    ));
    documented(&format!(
        "| fingerprint TA, simulated sensor | `{}` | {} | {} |",
        FINGERPRINT_TA.uuid,
        FingerprintCommand::MAX_REQUEST,
        FingerprintCommand::MAX_RESPONSE
    ));
    for status in Status::ALL {
        let (number, name) = (*status as u16, status.name());
        let (sentence, remedy) = (status.sentence(), status.remedy());
        documented(&format!("| {number} | {name} | {sentence} | {remedy} |"));
    }
}
