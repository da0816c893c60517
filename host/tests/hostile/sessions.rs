//! Sessions of whoever, with parameters of every type: a uid that the kernel vouches for, or
//! nobody.

use super::raw::{Parameter, Raw, claim};
use super::target::{FINGERPRINT, GATEKEEPER, Memory, PAYMENT, SOTER, Target, refusal};
use super::witness::Witness;
use crate::{Optee, as_uid};
use optee_teec::ConnectionMethods::{
    LoginApplication, LoginPublic, LoginUser, LoginUserApplication, Unknown,
};
use optee_teec::{ConnectionMethods, ErrorKind, ParamType};
use touchseal::proto::status::Status;
use touchseal::transport::teec::Teec;

const APP: u32 = 10_091;

/// A command of each trusted application that is for apps.
const FOR_APPS: [(Target, u32); 4] = [
    (PAYMENT, 14),
    (SOTER, 14),
    (FINGERPRINT, 10),
    (GATEKEEPER, 3),
];

/// Whether a session is an app's: it is told that its request is no message, and nobody that
/// it is not authorised.
fn is_an_apps(session: &mut Raw, target: &Target, command: u32) -> bool {
    let memory = Memory::new(1, target.largest_response);
    let (outcome, after) = session.call(command, memory.parameters());
    assert_eq!(outcome, Ok(()));
    let start = memory.room().start;
    let answer = memory.response.read(start..start + after[1].size);
    if answer == refusal(Status::BadRequest) {
        return true;
    }
    assert_eq!(answer, refusal(Status::NotAuthorized));
    false
}

/// A claim with one parameter of another type or none, one that is another's, and the good one;
/// and whether a user's login makes of it an app, nobody, or nothing.
fn claims(memory: &Memory) -> Vec<([Parameter; 4], Result<bool, ErrorKind>)> {
    let good = claim([APP; 2]);
    let mut all = vec![
        (good, Ok(true)),
        (claim([APP + 1; 2]), Err(ErrorKind::AccessDenied)),
        (claim([APP, APP + 1]), Err(ErrorKind::AccessDenied)),
    ];
    let of = |at: usize, other| {
        let mut parameters = good;
        parameters[at] = other;
        parameters
    };
    for (at, Parameter { kind, .. }) in good.into_iter().enumerate() {
        let others = memory.of_every_kind();
        let others = others.filter(|other| other.kind as u32 != kind as u32);
        all.extend(others.map(|other| (of(at, other), Ok(false))));
        let none = Parameter::null(ParamType::MemrefTempInout, 0);
        all.push((of(at, none), Err(ErrorKind::BadParameters)));
    }
    all
}

#[test]
fn only_a_claim_that_holds_makes_an_app() {
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    let memory = Memory::new(1, 64);
    for (target, command) in &FOR_APPS {
        for (parameters, of_a_user) in claims(&memory) {
            let of_nobody = of_a_user.map(|_| false);
            let of_nobody = match of_nobody {
                Err(ErrorKind::AccessDenied) => Ok(false),
                of_nobody => of_nobody,
            };
            for (login, expected) in [(LoginUser, of_a_user), (LoginPublic, of_nobody)] {
                let opened = Raw::open(APP, target.uuid, login, parameters)
                    .map(|mut session| is_an_apps(&mut session, target, *command));
                let types = parameters.map(|parameter| parameter.kind as u32);
                assert_eq!(opened, expected, "{} TA, {login:?}, {types:?}", target.name);
            }
        }
    }
    assert_eq!(witness.goes_on(), 0);
}

/// Not even the login of a trusted application, of which OP-TEE knows itself who it is.
#[test]
fn no_other_login_is_anybody() {
    const KERNEL: ConnectionMethods = Unknown(0x8000_0000);
    const TRUSTED_APPLICATION: ConnectionMethods = Unknown(0xf000_0000);
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    let others = [
        LoginApplication,
        LoginUserApplication,
        Unknown(3),
        Unknown(7),
    ];
    for login in others.into_iter().chain([KERNEL, TRUSTED_APPLICATION]) {
        for (target, _) in &FOR_APPS {
            for uid in [0, APP] {
                let opened = Raw::open(uid, target.uuid, login, claim([uid; 2]));
                assert!(opened.is_err(), "{} TA, {login:?}", target.name);
            }
        }
    }
    assert_eq!(witness.goes_on(), 0);
}

/// Sessions that were refused take nobody's place.
#[test]
fn a_refused_session_leaves_nothing() {
    const OF_ONE: usize = 8;
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    for _ in 0..100 {
        let refused = Raw::open(APP, PAYMENT.uuid, LoginUser, claim([APP + 1; 2]));
        assert_eq!(refused.err(), Some(ErrorKind::AccessDenied));
    }
    let open = || as_uid(APP, || Teec::payment(APP)).ok();
    let held: Vec<_> = std::iter::from_fn(open).take(OF_ONE + 1).collect();
    assert_eq!(held.len(), OF_ONE);
    drop(held);
    assert_eq!(witness.goes_on(), 0);
}
