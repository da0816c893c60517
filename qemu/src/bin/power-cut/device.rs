//! One boot of a device: what is asked of it goes into the ledger first.

use crate::ledger::{Known, Ledger, hash};
use crate::operation::{Dialect, Effect, Operation, Place, ROOT};
use crate::soter;
use crate::times::Times;
use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::time::Instant;
use touchseal::proto::label::Scene;
use touchseal::proto::message::{Generated, SignedKey, SignedPayment};
use touchseal::proto::signed::{KeyStatement, PaymentStatement, Statement};
use touchseal::proto::soter::{Blob, Challenge};
use touchseal::{Error, FingerprintClient, PaymentClient, SoterClient};
use touchseal_qemu::{
    App, Cut, Guest, Owner, Proxy, ProxyError, Session, SoterApp, Writes, label, some_payment,
};

pub const UIDS: [u32; 4] = [10001, 10002, 10003, 10004];
pub const SCENES: [&str; 4] = ["checkout", "parking", "tickets", "transit"];
/// RSA takes its time: fewer apps, and fewer scenes.
pub const SOTER_UIDS: [u32; 2] = [10001, 10002];
pub const SOTER_SCENES: [&str; 2] = ["checkout", "parking"];

pub struct Device<'a> {
    /// Dropped first, which is the cut.
    guest: Guest,
    pub ledger: &'a mut Ledger,
    pub rng: &'a mut Rng,
    pub owner: &'a Owner,
    proxy: Proxy,
    pub factory: PaymentClient<Session>,
    pub soter_factory: SoterClient<Session>,
    pub settings: FingerprintClient<Session>,
    apps: BTreeMap<u32, App>,
    soter_apps: BTreeMap<u32, SoterApp>,
    writes: Writes,
    /// Of this boot, when the last operation began.
    before: u64,
}

/// Whether it failed because the power was cut, and not because the guest has ended by itself.
pub fn is_cut(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Error<ProxyError>>();
    let opened = error.downcast_ref::<ProxyError>();
    refused == Some(&Error::Transport(ProxyError::Cut)) || opened == Some(&ProxyError::Cut)
}

impl<'a> Device<'a> {
    pub fn new(
        mut guest: Guest,
        ledger: &'a mut Ledger,
        rng: &'a mut Rng,
        owner: &'a Owner,
    ) -> Result<Self> {
        let proxy = guest.proxy()?;
        let hand = guest.hand().clone();
        let app = |uid| Ok((uid, App::new(&proxy, &hand, uid)?));
        let soter_app = |uid| Ok((uid, SoterApp::new(&proxy, &hand, uid)?));
        Ok(Self {
            ledger,
            rng,
            owner,
            factory: proxy.payment(ROOT)?,
            soter_factory: proxy.soter(ROOT)?,
            settings: proxy.fingerprint(ROOT)?,
            apps: UIDS.into_iter().map(app).collect::<Result<_>>()?,
            soter_apps: SOTER_UIDS
                .into_iter()
                .map(soter_app)
                .collect::<Result<_>>()?,
            proxy,
            writes: guest.follow_rpmb_writes()?,
            before: 0,
            guest,
        })
    }

    /// Ends the guest in an orderly way.
    pub fn power_off(self) -> Result<()> {
        let Self { guest, .. } = self;
        guest.power_off()
    }

    /// Cuts the power. Says how many writes there were since the last operation began.
    pub fn cut(self) -> Result<u64> {
        let Self {
            guest,
            mut writes,
            before,
            ..
        } = self;
        drop(guest);
        Ok(writes.count()? - before)
    }

    /// Lets the power fail at this time, or before it once there were so many more writes.
    pub fn fail(&mut self, at: Instant, writes: Option<u64>) -> Result<()> {
        let since = self.writes.count()?;
        let after = match writes {
            Some(writes) => Some((self.guest.follow_rpmb_writes()?, since + writes)),
            None => None,
        };
        self.proxy.answer_until(Cut { at, after });
        Ok(())
    }

    pub fn app(&mut self, uid: u32) -> Result<&mut App> {
        self.apps.get_mut(&uid).context("an app without sessions")
    }

    pub fn soter_app(&mut self, uid: u32) -> Result<&mut SoterApp> {
        let app = self.soter_apps.get_mut(&uid);
        app.context("an app without sessions")
    }

    /// Does an operation that must succeed.
    pub fn perform(
        &mut self,
        operation: Operation,
        place: &Place,
        times: &mut Times,
    ) -> Result<()> {
        let new = !self.is_done(operation, place);
        self.before = self.writes.count()?;
        self.ledger.asked(operation, place);
        let began = Instant::now();
        self.ask(operation, place, new)
            .with_context(|| format!("{operation} for {place}"))?;
        let took = began.elapsed();
        times.add(operation, took, self.writes.count()? - self.before);
        self.ledger.acknowledged();
        Ok(())
    }

    /// `new`: whether what is to be made is not there yet.
    fn ask(&mut self, operation: Operation, place: &Place, new: bool) -> Result<()> {
        let uid = place.uid;
        let scene =
            || Ok::<Scene, anyhow::Error>(label(place.scene.context("a place without a scene")?)?);
        match operation {
            Operation::Provision => is_new(self.factory.provision()?.new, new)?,
            Operation::SoterProvision => is_new(self.soter_factory.provision()?.new, new)?,
            Operation::Enroll => {
                self.owner.enroll(self.guest.hand(), &mut self.settings)?;
            }
            Operation::GenerateAppKey | Operation::ReplaceAppKey => {
                let replace = operation.effect() == Effect::Replace;
                let Generated { new: made } = self.app(uid)?.payments.generate_app_key(replace)?;
                is_new(made, new)?;
            }
            Operation::GeneratePaymentKey | Operation::ReplacePaymentKey => {
                let replace = operation.effect() == Effect::Replace;
                let keys = &mut self.app(uid)?.payments;
                is_new(keys.generate_payment_key(scene()?, replace)?.new, new)?;
            }
            Operation::ExportAppKey => {
                let signed = self.app(uid)?.payments.export_app_key()?;
                self.exported(place, &signed)?;
            }
            Operation::ExportPaymentKey => {
                let signed = self.app(uid)?.payments.export_payment_key(scene()?)?;
                self.exported(place, &signed)?;
            }
            Operation::Pay => {
                self.pay(uid, scene()?)?;
            }
            Operation::RemovePaymentKey => {
                self.app(uid)?.payments.remove_payment_key(scene()?)?;
            }
            Operation::RemoveAppKeys => {
                self.app(uid)?.payments.remove_app_keys()?;
            }
            Operation::SoterRemoveAppKeys => {
                self.soter_app(uid)?.soter.remove_app_keys()?;
            }
            Operation::SoterPrepare => {
                let spares = self.soter_factory.prepare()?.spares;
                let wanted = self.ledger.spares() + 1;
                ensure!(spares == wanted, "{spares} spares, and not {wanted}");
            }
            Operation::SoterGenerateAppKey => {
                is_new(self.soter_app(uid)?.soter.generate_app_key(false)?.new, new)?;
            }
            Operation::SoterGeneratePaymentKey | Operation::SoterGenerateWithoutSpare => {
                let keys = &mut self.soter_app(uid)?.soter;
                is_new(keys.generate_payment_key(scene()?, false)?.new, new)?;
            }
            Operation::SoterSign => {
                self.sign(uid, scene()?)?;
            }
            Operation::SoterRemovePaymentKey => {
                self.soter_app(uid)?.soter.remove_payment_key(scene()?)?;
            }
        }
        Ok(())
    }

    pub fn pay(&mut self, uid: u32, scene: Scene) -> Result<SignedPayment> {
        let payment = some_payment(std::array::from_fn(|_| self.rng.u8(..)))?;
        let owner = self.owner;
        let paid = self.app(uid)?.pay(scene, payment.clone(), owner)?;
        let statement: PaymentStatement = read(&paid.statement)?;
        ensure!(statement.payment == payment, "another payment was signed");
        let header = &statement.header;
        let head = Some(header.audit_head);
        self.ledger.signed(header.counter, head, &paid.statement)?;
        Ok(paid)
    }

    /// A challenge, signed.
    pub fn sign(&mut self, uid: u32, scene: Scene) -> Result<(Challenge, Blob)> {
        let challenge = Challenge::new(&format!("order-{:016x}", self.rng.u64(..)))
            .map_err(Error::<ProxyError>::Protocol)?;
        let owner = self.owner;
        let app = self.soter_app(uid)?;
        let blob = app.sign(scene, challenge.clone(), owner)?;
        self.ledger
            .signed(soter::counter(&blob)?, None, &blob.json)?;
        Ok((challenge, blob))
    }

    /// The statement of a key: counted, and the key the one that is known.
    pub fn exported(&mut self, place: &Place, signed: &SignedKey) -> Result<()> {
        let statement: KeyStatement = read(&signed.statement)?;
        let header = &statement.header;
        let head = Some(header.audit_head);
        self.ledger
            .signed(header.counter, head, &signed.statement)?;
        let found = hash(statement.public_key);
        self.ledger.settle(place, Some(found))
    }

    /// The same in the SOTER dialect.
    pub fn soter_exported(&mut self, place: &Place, blob: &Blob) -> Result<()> {
        self.ledger
            .signed(soter::counter(blob)?, None, &blob.json)?;
        self.ledger.settle(place, Some(soter::key(blob)?))
    }

    /// Whether what an operation is for is so, as far as is known.
    pub fn is_done(&mut self, operation: Operation, place: &Place) -> bool {
        match operation.effect() {
            Effect::Enroll => self.ledger.finger == Known::There,
            Effect::Make => self.ledger.key(place).known == Known::There,
            Effect::Remove | Effect::RemoveApp => self.ledger.key(place).known == Known::Gone,
            Effect::Replace | Effect::Sign | Effect::Prepare => false,
        }
    }

    /// Whether the dialect has its device key.
    pub fn is_provisioned(&mut self, dialect: Dialect) -> bool {
        self.ledger.key(&Place::device(dialect)).known == Known::There
    }
}

fn is_new(made: bool, new: bool) -> Result<()> {
    ensure!(made == new, "the device says new: {made}");
    Ok(())
}

fn read<S: Statement>(bytes: &[u8]) -> Result<S, Error<ProxyError>> {
    S::from_bytes(bytes).map_err(Error::Protocol)
}
