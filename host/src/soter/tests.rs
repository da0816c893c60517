//! The verbs' answers, over a trusted application that answers as told.

use super::*;
use crate::PaymentClient;
use crate::patience::Patience;
use std::collections::BTreeMap;
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::Device;
use touchseal_proto::command::Request;
use touchseal_proto::label::Scene;
use touchseal_proto::message::{
    BeginSoter, Begun, Diagnose, Diagnosis, Done, FindAppKey, FindPaymentKey, FinishSoter, Found,
    GenerateAppKey, Generated, RemoveAppKeys, RemoveEveryKey, RemovePaymentKey, Slot,
};
use touchseal_proto::signed::{Root, SecurityLevel};
use touchseal_proto::wire::{Wire, Writer};
use touchseal_proto::{PROTOCOL_VERSION, soter::Json};

const HANDLE: u64 = 7;

/// A trusted application whose answers are set; NotReached where there is none.
#[derive(Clone, Default)]
struct Told(BTreeMap<u32, Vec<u8>>);

impl Told {
    fn answer<R: Request>(mut self, status: Status, body: Option<R::Response>) -> Self {
        let mut bytes = vec![0; 1 + Status::MAX + R::Response::MAX];
        let mut out = Writer::new(&mut bytes);
        out.put(&PROTOCOL_VERSION).unwrap();
        out.put(&status).unwrap();
        if let Some(body) = body {
            out.put(&body).unwrap();
        }
        let len = out.len();
        bytes.truncate(len);
        self.0.insert(R::COMMAND, bytes);
        self
    }

    fn refuse<R: Request>(self, status: Status) -> Self {
        self.answer::<R>(status, None)
    }

    fn begin(self, lifetime_ms: u32) -> Self {
        let handle = HANDLE;
        self.answer::<BeginSoter>(
            Status::Ok,
            Some(Begun {
                handle,
                lifetime_ms,
            }),
        )
    }

    fn verbs(self) -> Soter<Self> {
        Soter::new(SoterClient::new(self))
    }
}

impl Transport for Told {
    type Error = ();

    fn invoke(&mut self, command: u32, _: &[u8], response: &mut [u8]) -> Result<usize, ()> {
        let bytes = self.0.get(&command).ok_or(())?;
        response[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

fn token() -> AuthToken {
    touchseal_proto::wire::decode(&[0; AuthToken::MAX]).unwrap()
}

#[track_caller]
fn code<R: std::fmt::Debug>(outcome: Outcome<R, Told>, number: i32) {
    assert_eq!(outcome.unwrap_err().code.number(), number);
}

#[test]
fn a_session_waits_for_its_finger() {
    let blob = Blob {
        json: Json::from_slice(b"{}").unwrap(),
        signature: [1; 256],
    };
    let mut verbs = Told::default()
        .begin(60_000)
        .answer::<FinishSoter>(Status::Ok, Some(blob))
        .verbs();
    code(verbs.finish_sign(HANDLE, None), -1000);
    assert_eq!(verbs.init_sign("pay", "challenge").unwrap(), HANDLE);
    code(verbs.finish_sign(HANDLE, None), -26);
    code(verbs.finish_sign(HANDLE + 1, Some(token())), -1000);
    code(verbs.finish_sign(HANDLE, None), -26);
    let signed = verbs.finish_sign(HANDLE, Some(token())).unwrap();
    assert_eq!(signed[..6], [2, 0, 0, 0, b'{', b'}']);
    code(verbs.finish_sign(HANDLE, Some(token())), -1000);
}

#[test]
fn a_session_runs_out_of_time() {
    let mut verbs = Told::default().begin(0).verbs();
    verbs.init_sign("pay", "challenge").unwrap();
    code(verbs.finish_sign(HANDLE, None), -7);
    code(verbs.finish_sign(HANDLE, None), -1000);
}

#[test]
fn a_refused_match_uses_the_session_up() {
    let mut verbs = Told::default()
        .begin(60_000)
        .refuse::<FinishSoter>(Status::NotAuthorized)
        .verbs();
    verbs.init_sign("pay", "challenge").unwrap();
    code(verbs.finish_sign(HANDLE, Some(token())), -26);
    code(verbs.finish_sign(HANDLE, Some(token())), -1000);
}

#[test]
fn what_is_missing_has_its_code() {
    for (app_key, number) in [(KeyState::Absent, -5), (KeyState::Usable, -6)] {
        let mut verbs = Told::default()
            .refuse::<BeginSoter>(Status::NoPaymentKey)
            .answer::<FindAppKey>(Status::Ok, Some(Found { state: app_key }))
            .verbs();
        code(verbs.init_sign("pay", "challenge"), number);
    }
    for (state, number) in [(KeyState::Absent, -6), (KeyState::Invalidated, -8)] {
        let mut verbs = Told::default()
            .answer::<FindPaymentKey>(Status::Ok, Some(Found { state }))
            .verbs();
        code(verbs.has_auth_key("pay"), number);
    }
    code(Told::default().verbs().get_device_id(), -18);
}

#[test]
fn what_cannot_be_a_name_or_a_challenge_is_refused_here() {
    let mut verbs = Told::default().begin(60_000).verbs();
    code(verbs.init_sign("pay", ""), -16);
    code(verbs.init_sign("pay", &"x".repeat(513)), -16);
    code(verbs.init_sign("pay ", "challenge"), -16);
    code(verbs.generate_auth_key_pair("a\0b"), -16);
}

/// Another session makes a key until so many commands were refused.
struct Queue(u32, Told);

impl Transport for Queue {
    type Error = ();

    fn invoke(&mut self, command: u32, request: &[u8], response: &mut [u8]) -> Result<usize, ()> {
        if self.0 == 0 {
            return self.1.invoke(command, request, response);
        }
        self.0 -= 1;
        let mut busy = Told::default().refuse::<GenerateAppKey>(Status::Busy);
        busy.invoke(GenerateAppKey::COMMAND, request, response)
    }
}

/// A client whose first commands find another session making a key.
fn queued(told: Told) -> SoterClient<Queue> {
    let mut client = SoterClient::new(Queue(2, told));
    client.set_patience(Patience {
        pause: Duration::ZERO,
        ..Patience::default()
    });
    client
}

#[test]
fn a_key_waits_for_its_turn() {
    let made = Told::default().answer::<GenerateAppKey>(Status::Ok, Some(Generated { new: true }));
    assert!(Soter::new(queued(made)).generate_ask_key_pair().is_ok());
}

#[test]
fn a_removal_waits_for_its_turn() {
    let told = Told::default()
        .answer::<RemoveEveryKey>(Status::Ok, Some(Done {}))
        .answer::<RemoveAppKeys>(Status::Ok, Some(Done {}))
        .answer::<RemovePaymentKey>(Status::Ok, Some(Done {}));
    let shop = Scene::new("shop").unwrap();
    assert!(queued(told.clone()).remove_every_key().is_ok());
    assert!(queued(told.clone()).remove_app_keys().is_ok());
    assert!(queued(told).remove_payment_key(shop).is_ok());
}

#[test]
fn one_good_copy_of_the_attk_is_enough() {
    use Slot::{Damaged, Empty, Good, Unknown};
    for (slot_a, slot_b, number) in [
        (Good, Good, 0),
        (Empty, Good, 0),
        (Good, Unknown, 0),
        (Empty, Empty, -2),
        (Damaged, Empty, -3),
        (Unknown, Damaged, -1000),
    ] {
        let diagnosis = Diagnosis {
            slot_a,
            slot_b,
            ..diagnosis(Status::Ok)
        };
        let mut verbs = Told::default()
            .answer::<Diagnose>(Status::Ok, Some(diagnosis))
            .verbs();
        let answer = verbs.verify_attk_key_pair();
        let found = answer.err().map_or(0, |refusal| refusal.code.number());
        assert_eq!(found, number, "{slot_a:?} {slot_b:?}");
    }
    let mut verbs = Told::default()
        .answer::<Diagnose>(Status::Ok, Some(diagnosis(Status::NotProvisioned)))
        .verbs();
    code(verbs.verify_attk_key_pair(), -2);
}

fn diagnosis(state: Status) -> Diagnosis {
    Diagnosis {
        ta_version: 1,
        version_floor: 1,
        platform: None,
        security_level: SecurityLevel::Software,
        test_hardware: true,
        state,
        slot_a: Slot::Unknown,
        slot_b: Slot::Unknown,
        root: Root::Test,
        latched: false,
        lot: None,
        counter: 0,
        objects: 0,
        spares: 0,
        enrolment: Status::Ok,
    }
}

#[test]
fn the_attk_is_made_once_where_the_device_has_its_own_key() {
    let device = Device::default();
    let root = Login::App { uid: 0 };
    let mut verbs = Soter::new(SoterClient::new(device.soter(root)));
    let refusal = verbs.generate_attk_key_pair().unwrap_err();
    assert_eq!(refusal.cause, Some(Error::Refused(Status::NotProvisioned)));
    let mut payment = PaymentClient::new(device.payment(root));
    payment.provision().unwrap();
    verbs.generate_attk_key_pair().unwrap();
    verbs.verify_attk_key_pair().unwrap();
    let made = verbs.export_attk_public_key().unwrap();
    verbs.generate_attk_key_pair().unwrap();
    assert_eq!(verbs.export_attk_public_key().unwrap(), made);
}
