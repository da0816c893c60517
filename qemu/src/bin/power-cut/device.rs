//! One boot of a device: what it shows must agree with the ledger, and what is asked of it
//! goes there first.

use crate::ledger::{Known, Ledger};
use crate::operation::{APPS, Operation, Place};
use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use touchseal::proto::label::Scene;
use touchseal::proto::message::{Generated, Print, PublicKey, SignedKey, SignedPayment};
use touchseal::proto::signed::{KeyStatement, PaymentStatement, Statement};
use touchseal::proto::status::Status;
use touchseal::{Error, FingerprintClient, PaymentClient};
use touchseal_qemu::{App, Guest, Proxy, ProxyError, Session, label, some_payment};
use touchseal_verify::{Chain, Signed, verify};

const UIDS: [u32; 4] = [10001, 10002, 10003, 10004];
/// So many keys are there, at the least, when power is cut.
const FEWEST_KEYS: usize = 8;
const SCENES: [&str; 4] = ["checkout", "parking", "tickets", "transit"];
const ROOT: u32 = 0;

pub struct Device<'a> {
    /// Dropped first, which is the cut.
    guest: Guest,
    ledger: &'a mut Ledger,
    rng: &'a mut Rng,
    print: &'a Print,
    proxy: Proxy,
    factory: PaymentClient<Session>,
    settings: FingerprintClient<Session>,
    apps: BTreeMap<u32, App>,
}

/// How long operations took that were acknowledged.
#[derive(Default)]
pub struct Times(BTreeMap<Operation, (Duration, u32)>);

impl Times {
    fn add(&mut self, operation: Operation, took: Duration) {
        let (sum, count) = self.0.entry(operation).or_default();
        *sum += took;
        *count += 1;
    }

    /// The mean. Before the first, a guess.
    pub fn mean(&self, operation: Operation) -> Duration {
        let time = self.0.get(&operation);
        time.map_or(Duration::from_millis(100), |(sum, count)| *sum / *count)
    }

    pub fn count(&self, operation: Operation) -> u32 {
        self.0.get(&operation).map_or(0, |(_, count)| *count)
    }
}

/// Whether it failed because the power was cut.
pub fn is_cut(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Error<ProxyError>>();
    let opened = error.downcast_ref::<ProxyError>();
    refused == Some(&Error::Transport(ProxyError::NoAnswer))
        || opened == Some(&ProxyError::NoAnswer)
}

/// What there is, or None where the answer is `absent`.
fn unless<R>(outcome: Result<R, Error<ProxyError>>, absent: Status) -> Result<Option<R>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(Error::Refused(status)) if status == absent => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl<'a> Device<'a> {
    pub fn new(
        mut guest: Guest,
        ledger: &'a mut Ledger,
        rng: &'a mut Rng,
        print: &'a Print,
    ) -> Result<Self> {
        let proxy = guest.proxy()?;
        let app = |uid| Ok((uid, App::new(&proxy, uid)?));
        Ok(Self {
            ledger,
            rng,
            print,
            factory: proxy.payment(ROOT)?,
            settings: proxy.fingerprint(ROOT)?,
            apps: UIDS.into_iter().map(app).collect::<Result<_>>()?,
            proxy,
            guest,
        })
    }

    /// Ends the guest in an orderly way.
    pub fn power_off(self) -> Result<()> {
        let Self { guest, .. } = self;
        guest.power_off()
    }

    fn app(&mut self, uid: u32) -> Result<&mut App> {
        self.apps.get_mut(&uid).context("an app without sessions")
    }

    /// Does an operation that must succeed.
    fn perform(&mut self, operation: Operation, place: &Place, times: &mut Times) -> Result<()> {
        let new = !self.is_done(operation, place);
        self.ledger.asked(operation, place);
        let began = Instant::now();
        self.ask(operation, place, new)
            .with_context(|| format!("{operation} for {place}"))?;
        times.add(operation, began.elapsed());
        self.ledger.acknowledged();
        Ok(())
    }

    /// `new`: whether what is to be made is not there yet.
    fn ask(&mut self, operation: Operation, place: &Place, new: bool) -> Result<()> {
        let scene =
            || Ok::<Scene, anyhow::Error>(label(place.scene.context("a place without a scene")?)?);
        match operation {
            Operation::Provision => {
                let made = self.factory.provision()?.new;
                is_new(Generated { new: made }, new)?;
            }
            Operation::Enroll => {
                self.settings.enroll(self.print.clone())?;
            }
            Operation::GenerateAppKey => {
                is_new(self.app(place.uid)?.payments.generate_app_key(false)?, new)?;
            }
            Operation::GeneratePaymentKey => {
                let scene = scene()?;
                let payments = &mut self.app(place.uid)?.payments;
                is_new(payments.generate_payment_key(scene, false)?, new)?;
            }
            Operation::ExportPaymentKey => {
                let scene = scene()?;
                let signed = self.app(place.uid)?.payments.export_payment_key(scene)?;
                self.exported(place, &signed)?;
            }
            Operation::Pay => {
                self.pay(place.uid, scene()?)?;
            }
            Operation::RemovePaymentKey => {
                let scene = scene()?;
                self.app(place.uid)?.payments.remove_payment_key(scene)?;
            }
            Operation::RemoveAppKeys => {
                self.app(place.uid)?.payments.remove_app_keys()?;
            }
        }
        Ok(())
    }

    fn pay(&mut self, uid: u32, scene: Scene) -> Result<SignedPayment> {
        let payment = some_payment(std::array::from_fn(|_| self.rng.u8(..)))?;
        let print = self.print;
        let paid = self.app(uid)?.pay(scene, payment.clone(), print)?;
        let statement: PaymentStatement = read(&paid.statement)?;
        ensure!(statement.payment == payment, "another payment was signed");
        self.ledger.signed(&statement.header, &paid.statement)?;
        Ok(paid)
    }

    /// The statement of a key: counted, and the key the one that is known.
    fn exported(&mut self, place: &Place, signed: &SignedKey) -> Result<()> {
        let statement: KeyStatement = read(&signed.statement)?;
        self.ledger.signed(&statement.header, &signed.statement)?;
        self.ledger.key(place).settle(Some(statement.public_key))
    }

    /// Operations as they come, from this one on, until the power is cut `after` it has
    /// begun: does not return without an error, which [`is_cut`] tells from a failure.
    pub fn wear(&mut self, first: Operation, after: Duration, times: &mut Times) -> Result<()> {
        if APPS.contains(&first) {
            while self.ledger.there().len() < FEWEST_KEYS {
                let makers = [Operation::GenerateAppKey, Operation::GeneratePaymentKey];
                let maker = makers[self.rng.usize(..makers.len())];
                if maker == Operation::GeneratePaymentKey || self.app_keys().1.len() > 1 {
                    let place = self.place_for(maker, times)?;
                    self.perform(maker, &place, times)?;
                }
            }
        }
        let mut operation = first;
        let mut place = self.place_for(operation, times)?;
        self.proxy.answer_until(Instant::now() + after);
        loop {
            self.perform(operation, &place, times)?;
            operation = APPS[self.rng.usize(..APPS.len())];
            place = self.place_for(operation, times)?;
        }
    }

    /// The places of app keys: those that are there, and the others.
    fn app_keys(&mut self) -> (Vec<Place>, Vec<Place>) {
        let places = UIDS.into_iter().map(Place::app);
        places.partition(|place| self.ledger.key(place).known == Known::There)
    }

    /// Somewhere that the operation is possible, which it is made to be where it is not.
    fn place_for(&mut self, operation: Operation, times: &mut Times) -> Result<Place> {
        let factory = Place::app(ROOT);
        if operation != Operation::Provision && self.ledger.device_key.known != Known::There {
            self.perform(Operation::Provision, &factory, times)?;
        }
        if APPS.contains(&operation) && self.ledger.finger != Known::There {
            self.perform(Operation::Enroll, &factory, times)?;
        }
        let (apps, others) = self.app_keys();
        let scenes = apps
            .iter()
            .flat_map(|app| SCENES.map(|scene| Place::scene(app.uid, scene)));
        let (there, absent): (Vec<_>, Vec<_>) =
            scenes.partition(|place| self.ledger.key(place).known == Known::There);
        let (possible, otherwise) = match operation {
            Operation::Provision | Operation::Enroll => return Ok(factory),
            Operation::GenerateAppKey => (others, Operation::RemoveAppKeys),
            Operation::RemoveAppKeys => (apps, Operation::GenerateAppKey),
            Operation::GeneratePaymentKey if apps.is_empty() => (absent, Operation::GenerateAppKey),
            Operation::GeneratePaymentKey => (absent, Operation::RemovePaymentKey),
            Operation::ExportPaymentKey | Operation::Pay | Operation::RemovePaymentKey => {
                (there, Operation::GeneratePaymentKey)
            }
        };
        match self.rng.choice(possible) {
            Some(place) => Ok(place),
            None => {
                let place = self.place_for(otherwise, times)?;
                self.perform(otherwise, &place, times)?;
                self.place_for(operation, times)
            }
        }
    }

    /// Whether what an operation is for is so, as far as is known.
    fn is_done(&mut self, operation: Operation, place: &Place) -> bool {
        match operation {
            Operation::Provision => self.ledger.device_key.known == Known::There,
            Operation::Enroll => self.ledger.finger == Known::There,
            Operation::GenerateAppKey | Operation::GeneratePaymentKey => {
                self.ledger.key(place).known == Known::There
            }
            Operation::RemovePaymentKey | Operation::RemoveAppKeys => {
                self.ledger.key(place).known == Known::Gone
            }
            Operation::ExportPaymentKey | Operation::Pay => false,
        }
    }

    /// After a boot: everything that was acknowledged is there and works, and what was
    /// interrupted is there whole or not at all. Says what that was, and whether it was done.
    pub fn inspect(&mut self, times: &mut Times) -> Result<Option<(Operation, bool)>> {
        let info = self.factory.info()?;
        let counted = self.ledger.settle_counter(info.counter)?;
        let interrupted = self.ledger.under_way.take();
        let device_key = match info.provisioned {
            true => Some(self.factory.export_device_key()?.public_key),
            false => None,
        };
        self.ledger
            .device_key
            .settle(device_key)
            .context("the device key")?;
        let fingers = self.settings.fingers()?;
        ensure!(
            fingers.fingers <= 1 && fingers.locked_ms == 0,
            "{fingers:?}"
        );
        self.ledger
            .finger
            .settle(fingers.fingers == 1)
            .context("the finger")?;
        if let Some(device_key) = device_key {
            for uid in UIDS {
                self.inspect_app(uid, &device_key)
                    .with_context(|| format!("the keys of uid {uid}"))?;
            }
        }
        let Some((operation, place)) = interrupted else {
            return Ok(None);
        };
        let done = self.is_done(operation, &place) || operation.signs() && counted;
        match operation {
            // A second finger would be another one.
            Operation::Enroll if done => {}
            // Whatever is left of it: asking again works, and says whether it is new.
            Operation::Provision
            | Operation::Enroll
            | Operation::GenerateAppKey
            | Operation::GeneratePaymentKey => self.perform(operation, &place, times)?,
            _ => {}
        }
        Ok(Some((operation, done)))
    }

    fn inspect_app(&mut self, uid: u32, device_key: &PublicKey) -> Result<()> {
        let place = Place::app(uid);
        let app_key = unless(self.app(uid)?.payments.export_app_key(), Status::NoAppKey)?;
        match &app_key {
            Some(signed) => self.exported(&place, signed)?,
            None => self.ledger.key(&place).settle(None)?,
        }
        let mut found = Vec::new();
        for name in SCENES {
            let place = Place::scene(uid, name);
            let absent = app_key
                .as_ref()
                .map_or(Status::NoAppKey, |_| Status::NoPaymentKey);
            let payments = &mut self.app(uid)?.payments;
            let payment_key = unless(payments.export_payment_key(label(name)?), absent)?;
            match (&app_key, payment_key) {
                (Some(app_key), Some(payment_key)) => {
                    self.exported(&place, &payment_key).context(name)?;
                    let chain = Chain {
                        app_key: Signed::from(app_key.clone()),
                        payment_key: Signed::from(payment_key),
                    };
                    let paid = self.pay(uid, label(name)?).context(name)?;
                    verify(device_key, &chain, &Signed::from(paid)).context(name)?;
                    found.push(label(name)?);
                }
                _ => self.ledger.key(&place).settle(None).context(name)?,
            }
        }
        let listed = self.app(uid)?.payments.list_payment_keys()?.keys;
        let is_listed = |scene: &Scene| listed.iter().any(|key| key.scene == *scene);
        ensure!(
            listed.len() == found.len() && found.iter().all(is_listed),
            "listed are {listed:?}, and there are {found:?}"
        );
        Ok(())
    }
}

fn is_new(made: Generated, new: bool) -> Result<()> {
    ensure!(made.new == new, "the device says new: {}", made.new);
    Ok(())
}

fn read<S: Statement>(bytes: &[u8]) -> Result<S, Error<ProxyError>> {
    S::from_bytes(bytes).map_err(Error::Protocol)
}
