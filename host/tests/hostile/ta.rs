//! A hostile TA in the secure world, signed with the same key as ours: `ta/hostile` says what
//! it is told to, as itself. What it may not know, it is not told; what it may not do is
//! refused; and what it makes up is not believed.

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
use touchseal::proto::token::{AuthToken, FINGERPRINT, SIMULATED};
use touchseal::proto::transport::{CallError, call};
use touchseal::proto::{GATEKEEPER_TA, PAYMENT_TA, SIMULATED_FINGERPRINT_TA, SOTER_TA};

pub const HOSTILE_TA: &str = "26494dd0-612d-4437-a1d9-25cdb7bee420";
/// Its command to watch a request's first byte: so many reads, and whether it changed.
pub const WATCH: u32 = 0x7761_7463;
const SECURE_UART: &str = "03985ac7-f440-4efa-8a77-01bcbddcc021";
const ACCESS_DENIED: u32 = 0xffff_0001;

/// What OP-TEE refused a session or a command of the hostile TA with.
#[derive(Debug, PartialEq, Eq)]
struct Denied(u32);

/// The hostile TA asks another, claiming a uid.
fn ask<R: Request>(ta: &str, claimed: u32, request: &R) -> Result<R::Response, CallError<Denied>> {
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
        |command, request, response| relay(ta, claimed, command, request, response),
    )
}

fn relay(
    ta: &str,
    claimed: u32,
    command: u32,
    request: &[u8],
    response: &mut [u8],
) -> Result<usize, Denied> {
    let said = [ta.as_bytes(), request].concat();
    let mut session: Session = as_uid(10070, || {
        let mut context = Context::new().unwrap();
        context
            .open_session(Uuid::parse_str(HOSTILE_TA).unwrap())
            .unwrap()
    });
    let mut operation = Operation::new(
        0,
        ParamTmpRef::new_input(&said),
        ParamTmpRef::new_output(response),
        ParamValue::new(claimed, 0, ParamType::ValueInout),
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
    assert!(ask(PAYMENT_TA, 0, &GetInfo {}).is_ok());
    assert!(ask(SIMULATED_FINGERPRINT_TA.uuid, 0, &GetFingers {}).is_ok());
    assert!(ask(GATEKEEPER_TA, 0, &GetPassword {}).is_ok());
}

/// As the fingerprint TA or the gatekeeper TA it would get the keys of their tokens.
#[test]
fn it_gets_no_token_key() {
    let _alone = Optee::new();
    for claimed in [0, 10070] {
        told_nothing(ask(PAYMENT_TA, claimed, &GetTokenKey {}));
        told_nothing(ask(PAYMENT_TA, claimed, &GetPasswordKey {}));
    }
}

/// As the payment TA it would be given tokens; as the SOTER TA it would count statements.
#[test]
fn it_is_no_app_and_no_soter_ta_whatever_it_claims() {
    let optee = Optee::new();
    client(&optee, 10071);
    for claimed in [0, 10071] {
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

/// The sensor's line is for the fingerprint TA that it belongs to.
#[test]
fn it_does_not_get_at_the_sensor() {
    let _alone = Optee::new();
    for command in 0..4 {
        let denied = relay(SECURE_UART, 0, command, &[0; 16], &mut [0; 16]);
        assert_eq!(denied, Err(Denied(ACCESS_DENIED)));
    }
}

/// A token that it makes up itself, with any key that it can come by.
#[test]
fn its_tokens_are_not_believed() {
    let optee = Optee::new();
    let mut app = client(&optee, 10072);
    let mut sensor = touchseal::FingerprintClient::new(optee.fingerprint(10072));
    let epoch = sensor.fingers().unwrap().authenticator_id;
    let now = crate::blackbox::touch(&optee, 10072, 1).timestamp;
    for key in [[0; 32], [0xff; 32], [0x5a; 32]] {
        let begun = app.begin(label("shop"), payment(1)).unwrap();
        let mut token = AuthToken {
            challenge: begun.handle,
            user_id: 1,
            authenticator_id: epoch,
            authenticator_type: FINGERPRINT | SIMULATED,
            timestamp: now + 1,
            mac: [0; 32],
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(&token.authenticated());
        token.mac = mac.finalize().into_bytes().into();
        refused(app.finish(begun.handle, token), Status::NotAuthorized);
    }
}
