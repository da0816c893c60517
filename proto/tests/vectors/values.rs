//! What the vectors are of.

use super::{hex, vector};
use touchseal_proto::label::Label;
use touchseal_proto::message::*;
use touchseal_proto::signed::*;
use touchseal_proto::soter::{Blob, Challenge, CpuId};
use touchseal_proto::status::Status;
use touchseal_proto::token::{AuthToken, FINGERPRINT, PASSWORD, SIMULATED};

pub const HANDLE: u64 = 0x0102_0304_0506_0708;
pub const EPOCH: u64 = 0x1122_3344_5566_7788;
pub const TOKEN_KEY: &str = "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
pub const PASSWORD_KEY: &str = "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f";
pub const NONCE: &str = "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
pub const DEVICE_ID: &str = "acee591a25cdfe5ec5c5c96f248d15a0";
/// The private keys are 1, 2, 3 and 4, and these are P-256's base point G, 2G, 3G and 4G.
pub const DEVICE_KEY: &str = "
    6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296
    4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
pub const APP_KEY: &str = "
    7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978
    07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1";
pub const PAYMENT_KEY: &str = "
    5ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c
    8734640c4998ff7e374b06ce1a64a2ecd82ab036384fb83d9a79b127a27d5032";
pub const ISSUER: &str = "
    e2534a3532d08fbba02dde659ee62bd0031fe2db785596ef509302446b030852
    e0f1575a4c633cc719dfee5fda862d764efc96c3f30ee0055c42c23f184ed8c6";
/// SHA-256 of the JSON in `soter_app_key` and in `soter_signature`.
pub const APP_KEY_JSON: &str = "3191dc814c6d0a6d25057593cec3089baff12691ecf89bdfda10eac4bd31089f";
pub const CHALLENGE_JSON: &str = "5e5d28921fcfb183579eaba624c61f41290f64af4f3d6252b1ac0d4557555504";
/// The audit chain before each of the three counted statements, and after them.
pub const AUDIT_HEADS: [&str; 4] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "75d534133e8c8540108e6e1f06d46d64aa2c3d2971586f318d894049730f8dca",
    "5a2a5786550fbc74944ee5e59051663bb15e8976d832daa24e75910b83e2e643",
    "d6c771754b1cc75abd620cc53949b4d0e6791881744e5fa4aa3bca5e83076b98",
];

pub fn label<const N: usize>(text: &str) -> Label<N> {
    Label::new(text).unwrap()
}

pub fn payment() -> Payment {
    Payment {
        amount: 1999,
        currency: Currency::new("EUR").unwrap(),
        payee: label("Caffè Rossi"),
        order: label("2026-0042"),
        nonce: hex(NONCE),
    }
}

/// Of the simulated sensor, as the payment that it is for says.
pub fn token() -> AuthToken {
    AuthToken {
        challenge: HANDLE,
        user_id: 3,
        authenticator_id: EPOCH,
        authenticator_type: FINGERPRINT | SIMULATED,
        timestamp: 123_456_789,
        mac: hex("e1c9a5d1a5e5f0d129605989e6840e77fc5bbb5d7ee07079399527689bbdb0e7"),
    }
}

pub fn token_of_secure_uart() -> AuthToken {
    AuthToken {
        authenticator_type: FINGERPRINT,
        mac: hex("c4dc4dfc91270ade6a533a4a65e8fe081a1bbba7085c82c868fc35935489db28"),
        ..token()
    }
}

pub fn token_of_password() -> AuthToken {
    AuthToken {
        user_id: 0xffee_ddcc_bbaa_9988,
        authenticator_id: 0,
        authenticator_type: PASSWORD,
        mac: hex("374c2b64a88bf3710b97d2b5f6e7962b6bed0bf965a6fa85922e3d590d2cae42"),
        ..token()
    }
}

pub fn header(counter: u8, sensor: Sensor, epoch: u64) -> Header {
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

pub fn app_key() -> KeyStatement {
    KeyStatement {
        header: header(1, Sensor::None, 0),
        kind: KeyKind::App,
        public_key: hex(APP_KEY),
        scene: None,
    }
}

pub fn payment_key() -> KeyStatement {
    KeyStatement {
        header: header(2, Sensor::None, EPOCH),
        kind: KeyKind::Payment,
        public_key: hex(PAYMENT_KEY),
        scene: Some(label("shop")),
    }
}

pub fn signed_payment() -> PaymentStatement {
    PaymentStatement {
        header: header(3, Sensor::Simulated, EPOCH),
        finger: 3,
        scene: label("shop"),
        payment: payment(),
    }
}

fn report(dialect: Dialect, command: u32, status: Status, slot_b: Slot) -> ReportStatement {
    ReportStatement {
        header: Header {
            audit_head: hex(AUDIT_HEADS[3]),
            ..header(3, Sensor::None, EPOCH)
        },
        dialect,
        command,
        status,
        slot_a: Slot::Good,
        slot_b,
        nonce: hex(NONCE),
    }
}

/// Nothing has failed.
pub fn report_native() -> ReportStatement {
    report(Dialect::Native, 0, Status::Ok, Slot::Good)
}

/// An app key was not made.
pub fn report_soter() -> ReportStatement {
    report(Dialect::Soter, 10, Status::StorageFull, Slot::Damaged)
}

pub fn challenge() -> Challenge {
    Challenge::new("Pay \"19.99\" to Caffè Rossi 支付 🎉\\/\n\t\0\u{7f}").unwrap()
}

pub fn cpu_id() -> CpuId {
    CpuId {
        root: Root::Test,
        security_level: SecurityLevel::TrustedEnvironment,
        device_id: hex(DEVICE_ID),
    }
}

/// What the vector `name` is: a JSON text behind its length, then a signature.
pub fn blob(name: &str) -> Blob {
    let golden = vector(name);
    let (json, signature) = golden[4..].split_last_chunk().unwrap();
    Blob {
        json: json.iter().copied().collect(),
        signature: *signature,
    }
}
