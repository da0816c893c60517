//! Every command, there and back.

use crate::document::rows_below;
use crate::values::*;
use crate::{bytes_of, hex, same, vector};
use touchseal_proto::PROTOCOL_VERSION;
use touchseal_proto::command::{Caller, PaymentCommand, Request, SoterCommand};
use touchseal_proto::message::*;
use touchseal_proto::signed::*;
use touchseal_proto::status::Status;
use touchseal_proto::transport::call;
use touchseal_proto::wire::Wire;

/// One command there and back, as it travels. Returns its id and its row in the document,
/// up to the caller.
pub fn exchange<R: Request>(
    asked: &str,
    request: R,
    answered: &str,
    expected: R::Response,
) -> (u32, String) {
    let (golden_request, golden_response) = (vector(asked), vector(answered));
    let response = call(
        &request,
        &mut vec![0; 1 + R::MAX],
        &mut vec![0; 3 + R::Response::MAX],
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

/// A command that is in the table and not in `exchanged` has no vectors. What the
/// document has of the trusted application `ta` is just these commands.
pub fn complete(ta: &str, mut exchanged: Vec<(u32, String)>, caller: fn(u32) -> Option<Caller>) {
    exchanged.sort();
    let served = (0..=u16::MAX.into()).filter(|command| caller(*command).is_some());
    assert!(
        served.eq(exchanged.iter().map(|(command, _)| *command)),
        "{ta}"
    );
    let rows: Vec<String> = exchanged
        .iter()
        .map(|(command, row)| format!("{row} {:?} |", caller(*command).unwrap()))
        .collect();
    assert_eq!(rows_below(&format!("| **{ta}** | | | | | |")), rows);
}

/// The last 64 bytes.
fn signature(name: &str) -> Signature {
    *vector(name).last_chunk().unwrap()
}

fn generated() -> Generated {
    Generated { new: true }
}

fn signed_report(name: &str, statement: &ReportStatement) -> SignedReport {
    SignedReport {
        statement: statement.to_bytes().unwrap(),
        signature: signature(name),
    }
}

fn diagnosis() -> Diagnosis {
    Diagnosis {
        ta_version: 2,
        version_floor: 1,
        platform: Some(label("OP-TEE 4.10.0")),
        security_level: SecurityLevel::TrustedEnvironment,
        test_hardware: true,
        state: Status::Ok,
        slot_a: Slot::Good,
        slot_b: Slot::Damaged,
        root: Root::Test,
        latched: true,
        lot: Some(label("LOT-2026-07")),
        counter: 3,
        objects: 9,
        spares: 2,
        enrolment: Status::NoFingerEnrolled,
    }
}

#[test]
fn a_diagnosis_may_lack_platform_and_lot() {
    let bare = Diagnosis {
        platform: None,
        security_level: SecurityLevel::Software,
        latched: false,
        lot: None,
        ..diagnosis()
    };
    same("diagnosis_bare", &vector("diagnosis_bare")[3..], &bare);
}

/// What the payment TA and the SOTER TA share.
fn about_keys() -> Vec<(u32, String)> {
    let scene = || label("shop");
    vec![
        exchange(
            "provision",
            Provision {},
            "provisioned",
            Provisioned {
                new: false,
                repaired: true,
            },
        ),
        exchange("diagnose", Diagnose {}, "diagnosis", diagnosis()),
        exchange(
            "get_report",
            GetReport { nonce: hex(NONCE) },
            "signed_report",
            signed_report("signed_report", &report_native()),
        ),
        exchange("remove_every_key", RemoveEveryKey {}, "done", Done {}),
        exchange(
            "generate_app_key",
            GenerateAppKey { replace: false },
            "generated",
            generated(),
        ),
        exchange(
            "generate_payment_key",
            GeneratePaymentKey {
                scene: scene(),
                replace: true,
            },
            "generated",
            generated(),
        ),
        exchange(
            "list_payment_keys",
            ListPaymentKeys {},
            "payment_keys",
            PaymentKeys {
                keys: [
                    ListedKey {
                        scene: scene(),
                        state: KeyState::Usable,
                    },
                    ListedKey {
                        scene: label("another shop"),
                        state: KeyState::Invalidated,
                    },
                ]
                .into_iter()
                .collect(),
            },
        ),
        exchange(
            "remove_payment_key",
            RemovePaymentKey { scene: scene() },
            "done",
            Done {},
        ),
        exchange("remove_app_keys", RemoveAppKeys {}, "done", Done {}),
        exchange(
            "find_app_key",
            FindAppKey {},
            "found",
            Found {
                state: KeyState::Usable,
            },
        ),
        exchange(
            "find_payment_key",
            FindPaymentKey { scene: scene() },
            "found",
            Found {
                state: KeyState::Usable,
            },
        ),
        exchange("abort", Abort { handle: HANDLE }, "done", Done {}),
    ]
}

fn begun() -> Begun {
    Begun {
        handle: HANDLE,
        lifetime_ms: 60_000,
    }
}

fn counted(counter: u64, digest: &str) -> Counted {
    Counted {
        counter,
        digest: hex(digest),
    }
}

#[test]
fn payment_commands() {
    let mut exchanged = about_keys();
    exchanged.extend([
        exchange(
            "get_info",
            GetInfo {},
            "info",
            Info {
                ta_version: 1,
                security_level: SecurityLevel::TrustedEnvironment,
                provisioned: true,
                counter: 3,
                root: Root::Test,
                latched: true,
                device_id: hex(DEVICE_ID),
            },
        ),
        exchange(
            "get_sensor",
            GetSensor {},
            "the_sensor",
            TheSensor {
                sensor: Sensor::SecureUart,
            },
        ),
        exchange(
            "latch",
            Latch {
                device_id: hex(DEVICE_ID),
                lot: label("LOT-2026-07"),
                issuer: hex(ISSUER),
            },
            "done",
            Done {},
        ),
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
            "export_app_key",
            ExportAppKey {},
            "signed_app_key",
            SignedKey {
                statement: app_key().to_bytes().unwrap(),
                signature: signature("signed_app_key"),
            },
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
            "begin",
            Begin {
                scene: label("shop"),
                payment: payment(),
            },
            "begun",
            begun(),
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
        exchange(
            "get_token_key",
            GetTokenKey {},
            "token_key",
            TokenKey {
                key: hex(TOKEN_KEY),
            },
        ),
        exchange(
            "get_password_key",
            GetPasswordKey {},
            "password_key",
            TokenKey {
                key: hex(PASSWORD_KEY),
            },
        ),
        exchange("take_turn", TakeTurn {}, "done", Done {}),
        exchange(
            "count",
            Count {
                statement: counted(4, APP_KEY_JSON),
            },
            "done",
            Done {},
        ),
        exchange(
            "begin_challenge",
            BeginChallenge { epoch: EPOCH },
            "begun",
            begun(),
        ),
        exchange(
            "finish_challenge",
            FinishChallenge {
                handle: HANDLE,
                token: token(),
                statement: counted(6, CHALLENGE_JSON),
            },
            "done",
            Done {},
        ),
        exchange(
            "sign_report",
            SignReport {
                command: GenerateAppKey::COMMAND,
                status: Status::StorageFull,
                nonce: hex(NONCE),
            },
            "signed_report_soter",
            signed_report("signed_report_soter", &report_soter()),
        ),
    ]);
    complete("payment TA", exchanged, PaymentCommand::caller);
}

#[test]
fn soter_commands() {
    let mut exchanged = about_keys();
    exchanged.extend([
        exchange(
            "export_soter_device_key",
            ExportSoterDeviceKey {},
            "exported_soter_device_key",
            SoterDeviceKey {
                cpu_id: cpu_id(),
                public_key: vector("soter_device_key").try_into().unwrap(),
            },
        ),
        exchange(
            "export_soter_app_key",
            ExportSoterAppKey {},
            "blob_app_key",
            blob("soter_app_key"),
        ),
        exchange(
            "export_soter_payment_key",
            ExportSoterPaymentKey {
                scene: label("shop"),
            },
            "blob_payment_key",
            blob("soter_payment_key"),
        ),
        exchange(
            "begin_soter",
            BeginSoter {
                scene: label("shop"),
                challenge: challenge(),
            },
            "begun",
            begun(),
        ),
        exchange(
            "finish_soter",
            FinishSoter {
                handle: HANDLE,
                token: token(),
            },
            "blob_signature",
            blob("soter_signature"),
        ),
        exchange("prepare", Prepare {}, "prepared", Prepared { spares: 2 }),
    ]);
    complete("SOTER TA", exchanged, SoterCommand::caller);
}
