//! A hostile TA in the secure world, signed with the same key as ours: `ta/hostile` says what
//! it is told to, as itself. What it may not know, it is not told; what it may not do is
//! refused; and what it makes up is not believed.

use super::target::{TARGETS, refusal};
use crate::blackbox::{Bench, client, label, payment, refused};
use crate::{Optee, as_uid};
use hmac::{Hmac, KeyInit, Mac};
use optee_teec::{
    Context, Operation, ParamNone, ParamTmpRef, ParamType, ParamValue, Session, Uuid,
};
use sha2::Sha256;
use touchseal::proto::command::{
    FingerprintCommand, GatekeeperCommand, PaymentCommand, Request, SoterCommand,
};
use touchseal::proto::message::*;
use touchseal::proto::status::Status;
use touchseal::proto::token::{AuthToken, FINGERPRINT, PASSWORD, SIMULATED};
use touchseal::proto::transport::{CallError, call};
use touchseal::proto::{GATEKEEPER_TA, HAL_UID, PAYMENT_TA, SIMULATED_FINGERPRINT_TA, SOTER_TA};

pub const HOSTILE_TA: &str = "26494dd0-612d-4437-a1d9-25cdb7bee420";
/// Its command to watch a request's first byte: so many reads, and whether it changed.
pub const WATCH: u32 = 0x7761_7463;
const SECURE_UART: &str = "03985ac7-f440-4efa-8a77-01bcbddcc021";
const ACCESS_DENIED: u32 = 0xffff_0001;

/// What OP-TEE refused a session or a command of the hostile TA with.
#[derive(Debug, PartialEq, Eq)]
struct Denied(u32);

/// The hostile TA asks another, claiming a uid, or none as most of ours do.
fn ask<R: Request>(
    ta: &str,
    claimed: Option<u32>,
    request: &R,
) -> Result<R::Response, CallError<Denied>> {
    let largest = [
        PaymentCommand::MAX_RESPONSE,
        SoterCommand::MAX_RESPONSE,
        FingerprintCommand::MAX_RESPONSE,
        GatekeeperCommand::MAX_RESPONSE,
    ];
    let room = largest.into_iter().max().unwrap();
    call(
        request,
        &mut vec![0; R::MAX + 1],
        &mut vec![0; room],
        |command, request, response| relay(&mut open(), ta, claimed, command, request, response),
    )
}

fn open() -> Session {
    as_uid(10070, || {
        let mut context = Context::new().unwrap();
        context
            .open_session(Uuid::parse_str(HOSTILE_TA).unwrap())
            .unwrap()
    })
}

fn relay(
    session: &mut Session,
    ta: &str,
    claimed: Option<u32>,
    command: u32,
    request: &[u8],
    response: &mut [u8],
) -> Result<usize, Denied> {
    let said = [ta.as_bytes(), request].concat();
    let mut operation = Operation::new(
        0,
        ParamTmpRef::new_input(&said),
        ParamTmpRef::new_output(response),
        ParamValue::new(
            claimed.unwrap_or(0),
            claimed.is_some().into(),
            ParamType::ValueInout,
        ),
        ParamNone,
    );
    session.invoke_command(command, &mut operation).unwrap();
    match operation.parameters().2.a() {
        0 => Ok(operation.parameters().1.updated_size()),
        denied => Err(Denied(denied)),
    }
}

#[track_caller]
fn told_nothing<R>(outcome: Result<R, CallError<Denied>>) {
    match outcome {
        Err(CallError::Refused(status)) => assert_eq!(status, Status::NotAuthorized),
        Err(other) => panic!("not refused as it should be: {other:?}"),
        Ok(_) => panic!("a hostile TA was answered"),
    }
}

/// It reaches us: what anyone may ask is answered.
#[test]
fn it_may_ask_what_anyone_may() {
    let _alone = Optee::new();
    assert!(ask(PAYMENT_TA, None, &GetInfo {}).is_ok());
    assert!(ask(SIMULATED_FINGERPRINT_TA.uuid, None, &GetFingers {}).is_ok());
    assert!(ask(GATEKEEPER_TA, None, &GetPassword {}).is_ok());
}

/// As the fingerprint TA or the gatekeeper TA it would get the keys of their tokens.
#[test]
fn it_gets_no_token_key() {
    let _alone = Optee::new();
    for claimed in [None, Some(0), Some(10070)] {
        told_nothing(ask(PAYMENT_TA, claimed, &GetTokenKey {}));
        told_nothing(ask(PAYMENT_TA, claimed, &GetPasswordKey {}));
    }
}

/// As the payment TA it would be given tokens; as the SOTER TA it would count statements.
#[test]
fn it_is_no_app_and_no_soter_ta_whatever_it_claims() {
    let optee = Optee::new();
    client(&optee, 10071);
    for claimed in [None, Some(0), Some(10071)] {
        let fingerprint = SIMULATED_FINGERPRINT_TA.uuid;
        told_nothing(ask(fingerprint, claimed, &Authenticate { operation: 1 }));
        told_nothing(ask(fingerprint, claimed, &BeginEnroll { token: None }));
        told_nothing(ask(fingerprint, claimed, &RemoveFingers {}));
        told_nothing(ask(PAYMENT_TA, claimed, &Provision {}));
        told_nothing(ask(PAYMENT_TA, claimed, &RemoveEveryKey {}));
        told_nothing(ask(PAYMENT_TA, claimed, &ListPaymentKeys {}));
        told_nothing(ask(PAYMENT_TA, claimed, &TakeTurn {}));
        told_nothing(ask(PAYMENT_TA, claimed, &BeginChallenge { epoch: 1 }));
        told_nothing(ask(GATEKEEPER_TA, claimed, &ForgetPassword {}));
        let scene = label("shop");
        told_nothing(ask(SOTER_TA, claimed, &RemovePaymentKey { scene }));
    }
}

/// Of all commands, and of numbers that are none: those that anyone may give are read.
#[test]
fn it_is_anyone_to_every_command() {
    let _alone = Optee::new();
    let mut session = open();
    for target in &TARGETS {
        for command in target.commands() {
            let mut response = vec![0; target.largest_response];
            for claimed in [None, Some(0), Some(HAL_UID)] {
                let no_message = [0];
                let uuid = target.uuid;
                let len = relay(
                    &mut session,
                    uuid,
                    claimed,
                    command,
                    &no_message,
                    &mut response,
                );
                let expected = match target.may(None, command) {
                    Some(false) => Status::NotAuthorized,
                    _ => Status::BadRequest,
                };
                let answer = &response[..len.unwrap()];
                assert_eq!(answer, refusal(expected), "{} TA, {command}", target.name);
            }
        }
    }
}

/// The sensor's line is for the fingerprint TA that it belongs to.
#[test]
fn it_does_not_get_at_the_sensor() {
    let _alone = Optee::new();
    for command in 0..4 {
        let denied = relay(
            &mut open(),
            SECURE_UART,
            None,
            command,
            &[0; 16],
            &mut [0; 16],
        );
        assert_eq!(denied, Err(Denied(ACCESS_DENIED)));
    }
}

/// Keys that it can come by.
const KEYS: [[u8; 32]; 3] = [[0; 32], [0xff; 32], [0x5a; 32]];

/// A token that it makes up itself.
fn forged(key: &[u8; 32], token: AuthToken) -> AuthToken {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(&token.authenticated());
    let mac = mac.finalize().into_bytes().into();
    AuthToken { mac, ..token }
}

#[test]
fn its_tokens_are_not_believed() {
    let optee = Optee::new();
    let mut app = client(&optee, 10072);
    let mut sensor = touchseal::FingerprintClient::new(optee.fingerprint(10072));
    let mut settings = touchseal::FingerprintClient::new(optee.fingerprint(0));
    let epoch = sensor.fingers().unwrap().authenticator_id;
    let now = crate::blackbox::touch(&optee, 10072, 1).timestamp;
    for key in KEYS {
        let begun = app.begin(label("shop"), payment(1)).unwrap();
        let of_a_finger = AuthToken {
            challenge: begun.handle,
            user_id: 1,
            authenticator_id: epoch,
            authenticator_type: FINGERPRINT | SIMULATED,
            timestamp: now + 1,
            mac: [0; 32],
        };
        let of_a_password = |challenge| AuthToken {
            challenge,
            authenticator_id: 0,
            authenticator_type: PASSWORD,
            ..of_a_finger.clone()
        };
        let password = forged(&key, of_a_password(sensor.challenge().unwrap()));
        refused(sensor.reset_lockout(password), Status::NotAuthorized);
        let password = forged(&key, of_a_password(settings.challenge().unwrap()));
        let enrolment = settings.begin_enroll(Some(password));
        refused(enrolment, Status::NotAuthorized);
        let finger = forged(&key, of_a_finger);
        refused(app.finish(begun.handle, finger), Status::NotAuthorized);
    }
}
