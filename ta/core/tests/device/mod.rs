//! A device's life in a few calls, for the tests of this folder.
#![allow(dead_code, reason = "each test uses some")]

use std::collections::BTreeSet;
use touchseal::finger::Image;
use touchseal::proto::label::Label;
use touchseal::proto::message::{Currency, Payment, PublicKey};
use touchseal::proto::signed::{KeyStatement, PaymentStatement, Statement};
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::touch::{self, Prompt};
use touchseal::{Error, FingerprintClient, PaymentClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, NonsecureTransport, finger};

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
        match show(&mut self.fingers, 1, 2) {
            Err(Error::Refused(Status::FingerNotRecognized)) => Attempt::NotRecognized,
            Err(Error::Refused(Status::LockedOut)) => Attempt::Locked,
            Err(Error::Refused(Status::LockedOutForGood)) => Attempt::LockedForGood,
            other => panic!("a wrong finger: {other:?}"),
        }
    }
}

/// A made-up finger, placed for the `n`th time.
pub fn image(seed: u64, n: u64) -> Image {
    let picture = finger::impression(seed, n);
    Image {
        width: picture.width,
        height: picture.height,
        pixels: picture.pixels,
    }
}

/// Enrols a finger.
pub fn enroll(settings: &mut FingerprintClient<NonsecureTransport>, seed: u64) -> Outcome<u32> {
    let mut n = 0..;
    touch::enroll(settings, None, &mut |sensor, prompt| match prompt {
        Prompt::Place => sensor.place(&image(seed, n.next().unwrap())),
        _ => Ok(()),
    })
}

/// Shows a finger for an operation.
pub fn show(
    sensor: &mut FingerprintClient<NonsecureTransport>,
    operation: u64,
    seed: u64,
) -> Outcome<AuthToken> {
    sensor.place(&image(seed, operation))?;
    sensor.authenticate(operation)
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
    show(&mut owner.fingers, handle, 1).unwrap()
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
    if settings.fingers()?.fingers.is_empty() {
        enroll(&mut settings, 1)?;
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
        let token = show(&mut owner.fingers, handle, 1)?;
        let signed = owner.payments.finish(handle, token)?;
        let statement = PaymentStatement::from_bytes(&signed.statement).unwrap();
        assert!(
            traces.counters.insert(statement.header.counter),
            "a counter twice"
        );
    }
    Ok(())
}
