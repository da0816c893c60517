//! Any bytes as any command of any of the trusted applications, in any login: no panic,
//! every answer decodes, who may not is refused, and a refusal says nothing but its status.

use crate::lived::{self, APP, OTHER};
use std::collections::HashMap;
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, NonsecureTransport};
use touchseal_proto::command::{
    Caller, FingerprintCommand, GatekeeperCommand, PaymentCommand, Request, SimulatedSensorCommand,
    SoterCommand,
};
use touchseal_proto::message::*;
use touchseal_proto::status::Status;
use touchseal_proto::transport::Transport;
use touchseal_proto::wire::{Wire, decode, encode};
use touchseal_proto::{HAL_UID, PROTOCOL_VERSION};

/// What the room for a response is filled with before.
const UNTOUCHED: u8 = 0xa5;

/// More calls than that are not made of one input.
const MOST: usize = 16;

/// Each call is its trusted application and login (one byte), its command (one byte), the
/// request's length (u16, little-endian), and the request. All of one trusted application
/// and login are made in one session.
pub fn one_input(mut input: &[u8]) {
    let device = Device::boot(lived::rpmb());
    let mut sessions = HashMap::new();
    for _ in 0..MOST {
        let Some(([peer, command, l0, l1], rest)) = input.split_first_chunk() else {
            return;
        };
        let len = usize::from(u16::from_le_bytes([*l0, *l1])).min(rest.len());
        let (request, rest) = rest.split_at(len);
        let (ta, login) = (
            TAS[usize::from(peer % 4)],
            LOGINS[usize::from(peer / 4 % 9)],
        );
        let session = sessions
            .entry(peer % 36)
            .or_insert_with(|| ta.open(&device, login));
        let command = match command {
            0xff => u32::MAX,
            command => u32::from(*command),
        };
        ta.ask(session, login, command, request);
        input = rest;
    }
}

const LOGINS: [Login; 9] = [
    Login::App { uid: APP },
    Login::App { uid: 0 },
    Login::App { uid: OTHER },
    Login::App { uid: HAL_UID },
    Login::Public,
    Login::KeysTa,
    Login::FingerprintTa,
    Login::GatekeeperTa,
    Login::SoterTa { uid: APP },
];

#[derive(Clone, Copy)]
enum Ta {
    Payment,
    Soter,
    Fingerprint,
    Gatekeeper,
}

const TAS: [Ta; 4] = [Ta::Payment, Ta::Soter, Ta::Fingerprint, Ta::Gatekeeper];

impl Ta {
    fn open(self, device: &Device, login: Login) -> NonsecureTransport {
        match self {
            Self::Payment => device.payment(login),
            Self::Soter => device.soter(login),
            Self::Fingerprint => device.fingerprint(login),
            Self::Gatekeeper => device.gatekeeper(login),
        }
    }

    fn ask(self, session: &mut NonsecureTransport, login: Login, command: u32, request: &[u8]) {
        let (largest_request, largest_response) = self.sizes();
        let mut response = vec![UNTOUCHED; largest_response];
        let Ok(len) = session.invoke(command, request, &mut response) else {
            assert!(request.len() > largest_request, "no answer");
            assert!(response.iter().all(|byte| *byte == UNTOUCHED));
            return;
        };
        let (response, room) = response.split_at(len);
        let [PROTOCOL_VERSION, s0, s1, body @ ..] = response else {
            panic!("no response: {response:x?}");
        };
        let status: Status = decode(&[*s0, *s1]).expect("a status");
        assert_ne!(
            status,
            Status::Internal,
            "{command}: a cause without a name"
        );
        if let Some(refusal) = self.refusal(login, command, request) {
            assert_eq!(status, refusal, "{command} of {login:?}");
        }
        if status == Status::Ok {
            self.check_answer(command, body);
            assert!(room.iter().all(|byte| *byte == UNTOUCHED));
        } else {
            assert!(body.is_empty(), "{command}: {status:?} and {body:x?}");
            let left = room.iter().find(|byte| **byte != 0);
            assert_eq!(left, None, "{command}: something is left behind a refusal");
        }
    }

    fn sizes(self) -> (usize, usize) {
        match self {
            Self::Payment => (PaymentCommand::MAX_REQUEST, PaymentCommand::MAX_RESPONSE),
            Self::Soter => (SoterCommand::MAX_REQUEST, SoterCommand::MAX_RESPONSE),
            Self::Fingerprint => (
                SimulatedSensorCommand::MAX_REQUEST,
                FingerprintCommand::MAX_RESPONSE,
            ),
            Self::Gatekeeper => (
                GatekeeperCommand::MAX_REQUEST,
                GatekeeperCommand::MAX_RESPONSE,
            ),
        }
    }

    fn caller(self, command: u32) -> Option<Caller> {
        match self {
            Self::Payment => PaymentCommand::caller(command),
            Self::Soter => SoterCommand::caller(command),
            Self::Fingerprint => SimulatedSensorCommand::caller(command)
                .or_else(|| FingerprintCommand::caller(command)),
            Self::Gatekeeper => GatekeeperCommand::caller(command),
        }
    }

    fn decodes(self, command: u32, body: &[u8]) -> bool {
        match self {
            Self::Payment => PaymentCommand::decode(command, body).is_ok(),
            Self::Soter => SoterCommand::decode(command, body).is_ok(),
            Self::Fingerprint => {
                SimulatedSensorCommand::decode(command, body).is_ok()
                    || FingerprintCommand::decode(command, body).is_ok()
            }
            Self::Gatekeeper => GatekeeperCommand::decode(command, body).is_ok(),
        }
    }

    /// What every command is refused for, in this order, as PROTOCOL.md has it.
    fn refusal(self, login: Login, command: u32, request: &[u8]) -> Option<Status> {
        let Some(caller) = self.caller(command) else {
            return Some(Status::BadRequest);
        };
        if !may(login, caller) {
            return Some(Status::NotAuthorized);
        }
        match request.split_first() {
            Some((&PROTOCOL_VERSION, body)) if self.decodes(command, body) => None,
            _ => Some(Status::BadRequest),
        }
    }

    fn check_answer(self, command: u32, body: &[u8]) {
        match self {
            Self::Payment => check_answer!(command, body;
                GetInfo, Provision, ExportDeviceKey, Latch, Diagnose, GetReport, RemoveEveryKey,
                GetSensor, GenerateAppKey, ExportAppKey, GeneratePaymentKey, ExportPaymentKey,
                ListPaymentKeys, RemovePaymentKey, RemoveAppKeys, FindAppKey, FindPaymentKey,
                Begin, Finish, Abort, GetTokenKey, GetPasswordKey, TakeTurn, Count,
                BeginChallenge, FinishChallenge, SignReport),
            Self::Soter => check_answer!(command, body;
                Provision, Diagnose, GetReport, RemoveEveryKey, GenerateAppKey,
                GeneratePaymentKey, ListPaymentKeys, RemovePaymentKey, RemoveAppKeys, FindAppKey,
                FindPaymentKey, Abort, ExportSoterDeviceKey, ExportSoterAppKey,
                ExportSoterPaymentKey, BeginSoter, FinishSoter, Prepare),
            Self::Fingerprint => check_answer!(command, body;
                GetFingers, GetChallenge, BeginEnroll, AddImpression, AbortEnroll, RemoveFinger,
                RemoveFingers, InvalidateEnrolment, ResetLockout, Authenticate, PlaceImage),
            Self::Gatekeeper => check_answer!(command, body;
                GetPassword, SetPassword, VerifyPassword, ForgetPassword),
        }
    }
}

/// The answer is the one of its command, in the one way to write it.
macro_rules! check_answer {
    ($command:expr, $body:expr; $($request:ty),*) => {
        match $command {
            $(<$request as Request>::COMMAND => {
                is_answer::<<$request as Request>::Response>($body)
            })*
            other => panic!("{other}: an answer to no command"),
        }
    };
}
use check_answer;

fn is_answer<R: Wire>(body: &[u8]) {
    let answer: R = decode(body).expect("an answer decodes");
    let mut again = vec![0; body.len()];
    assert_eq!(encode(&answer, &mut again), Ok(body.len()));
    assert_eq!(again, body);
}

fn may(login: Login, caller: Caller) -> bool {
    match (caller, login) {
        (Caller::Anyone, _) => true,
        (Caller::App, Login::App { .. }) => true,
        (Caller::Provisioner | Caller::Factory, Login::App { uid: 0 }) => true,
        (Caller::Factory, Login::App { uid }) => uid == HAL_UID,
        (Caller::FingerprintTa | Caller::PasswordTa, Login::FingerprintTa) => true,
        (Caller::PasswordTa, Login::GatekeeperTa) => true,
        (Caller::SoterTa, Login::SoterTa { .. }) => true,
        _ => false,
    }
}
