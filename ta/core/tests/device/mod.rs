//! A device's life in a few calls, for the tests of this folder.
#![allow(dead_code, reason = "each test uses some")]

use std::collections::BTreeSet;
use touchseal::proto::label::Label;
use touchseal::proto::message::{Currency, Minutia, Payment, Print, PublicKey};
use touchseal::proto::signed::{KeyStatement, PaymentStatement, Statement};
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::{Error, FingerprintClient, PaymentClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, NonsecureTransport};

pub const APP: u32 = 10001;

/// What a life has left behind, also when it was cut short.
#[derive(Debug, Default)]
pub struct Traces {
    pub device_key: Option<PublicKey>,
    pub payment_key: Option<PublicKey>,
    pub counters: BTreeSet<u64>,
}

pub struct Owner {
    pub payments: PaymentClient<NonsecureTransport>,
    pub fingers: FingerprintClient<NonsecureTransport>,
}

pub enum Attempt {
    NotRecognized,
    Locked,
    LockedForGood,
}

impl Owner {
    pub fn of(device: &Device) -> Self {
        Self {
            payments: PaymentClient::new(device.payment(Login::App { uid: APP })),
            fingers: FingerprintClient::new(device.fingerprint(Login::App { uid: APP })),
        }
    }

    pub fn wrong_finger(&mut self) -> Attempt {
        match self.fingers.authenticate(1, finger(2)) {
            Err(Error::Refused(Status::FingerNotRecognized)) => Attempt::NotRecognized,
            Err(Error::Refused(Status::LockedOut)) => Attempt::Locked,
            Err(Error::Refused(Status::LockedOutForGood)) => Attempt::LockedForGood,
            other => panic!("a wrong finger: {other:?}"),
        }
    }
}

/// A made-up finger: minutiae spread by a fixed rule.
pub fn finger(seed: u32) -> Print {
    let mut state = seed.wrapping_mul(0x9e37_79b9);
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u16::try_from((state >> 8) % below).unwrap()
    };
    Print(
        (0..30)
            .map(|_| Minutia {
                x: next(300),
                y: next(400),
                theta: next(360),
            })
            .collect(),
    )
}

pub fn shop() -> Label<64> {
    Label::new("shop").unwrap()
}

pub type Outcome<R> = Result<R, Error<touchseal_core::error::Error>>;

pub fn begin(owner: &mut Owner) -> Outcome<u64> {
    let payment = Payment {
        amount: 1999,
        currency: Currency::new("EUR").unwrap(),
        payee: Label::new("Caffè Rossi").unwrap(),
        order: Label::new("order-1").unwrap(),
        nonce: [7; 32],
    };
    Ok(owner.payments.begin(shop(), payment)?.handle)
}

pub fn touch(owner: &mut Owner, handle: u64) -> AuthToken {
    owner.fingers.authenticate(handle, finger(1)).unwrap()
}

/// Provisions, enrols a finger where there is none, makes the keys, and pays twice.
/// Every step is one that a person repeats after a power cut.
pub fn life(device: &Device) -> Result<Traces, Box<Traces>> {
    let mut traces = Traces::default();
    match live(device, &mut traces) {
        Ok(()) => Ok(traces),
        Err(_) => Err(Box::new(traces)),
    }
}

fn live(device: &Device, traces: &mut Traces) -> Result<(), Error<touchseal_core::error::Error>> {
    let mut root = PaymentClient::new(device.payment(Login::App { uid: 0 }));
    let mut settings = FingerprintClient::new(device.fingerprint(Login::App { uid: 0 }));
    root.provision()?;
    traces.device_key = Some(root.export_device_key()?.public_key);
    if settings.fingers()?.fingers == 0 {
        settings.enroll(finger(1))?;
    }
    let mut owner = Owner::of(device);
    owner.payments.generate_app_key(false)?;
    owner.payments.generate_payment_key(shop(), false)?;
    let exported = owner.payments.export_payment_key(shop())?;
    let exported = KeyStatement::from_bytes(&exported.statement).unwrap();
    traces.payment_key = Some(exported.public_key);
    traces.counters.insert(exported.header.counter);
    for _ in 0..2 {
        let handle = begin(&mut owner)?;
        let token = owner.fingers.authenticate(handle, finger(1))?;
        let signed = owner.payments.finish(handle, token)?;
        let statement = PaymentStatement::from_bytes(&signed.statement).unwrap();
        assert!(
            traces.counters.insert(statement.header.counter),
            "a counter twice"
        );
    }
    Ok(())
}
