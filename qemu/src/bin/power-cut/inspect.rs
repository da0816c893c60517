//! What a device shows after a boot must agree with the ledger.

use crate::device::{Device, SCENES, SOTER_SCENES, SOTER_UIDS, UIDS};
use crate::ledger::hash;
use crate::operation::{Dialect, Effect, Operation, Place};
use crate::soter;
use crate::times::Times;
use anyhow::{Context, Result, ensure};
use touchseal::Error;
use touchseal::proto::label::Scene;
use touchseal::proto::message::{ListedKey, PublicKey};
use touchseal::proto::soter::RsaPublicKey;
use touchseal::proto::status::Status;
use touchseal_qemu::{ProxyError, label};
use touchseal_verify::{Chain, Signed, SoterChain, verify, verify_soter};

/// What there is, or None where the answer is `absent`.
fn unless<R>(outcome: Result<R, Error<ProxyError>>, absent: Status) -> Result<Option<R>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(Error::Refused(status)) if status == absent => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Device<'_> {
    /// After a boot: everything that was acknowledged is there and works, and what was
    /// interrupted is there whole or not at all. Says what that was, and whether it was done.
    pub fn inspect(&mut self, times: &mut Times) -> Result<Option<(Operation, bool)>> {
        let info = self.factory.info()?;
        let counted = self.ledger.settle_counter(info.counter)?;
        let interrupted = self.ledger.under_way.take();
        let old = match &interrupted {
            Some((_, place)) => self.ledger.key(place).old,
            None => None,
        };
        let spares = self.ledger.spares();
        self.inspect_settings()?;
        self.inspect_payments()?;
        self.inspect_soter()?;
        let Some((operation, place)) = interrupted else {
            return Ok(None);
        };
        let done = match operation.effect() {
            Effect::Sign => counted,
            Effect::Replace => self.ledger.key(&place).public != old,
            Effect::Prepare => self.ledger.spares() > spares,
            _ => self.is_done(operation, &place),
        };
        match operation.effect() {
            // A second finger would be another one, and a second spare another spare.
            Effect::Enroll | Effect::Prepare | Effect::Replace if done => {}
            // Whatever is left of it: asking again works, and says whether it is new.
            Effect::Make | Effect::Enroll | Effect::Prepare | Effect::Replace => {
                self.perform(operation, &place, times)?;
            }
            Effect::Sign | Effect::Remove | Effect::RemoveApp => {}
        }
        Ok(Some((operation, done)))
    }

    fn inspect_settings(&mut self) -> Result<()> {
        let fingers = self.settings.fingers()?;
        ensure!(
            fingers.fingers.len() <= 1 && fingers.locked_ms == 0,
            "{fingers:?}"
        );
        let finger = &mut self.ledger.finger;
        finger
            .settle(fingers.fingers.len() == 1)
            .context("the finger")
    }

    fn inspect_payments(&mut self) -> Result<()> {
        let device_key = unless(self.factory.export_device_key(), Status::NotProvisioned)?
            .map(|exported| exported.public_key);
        let place = Place::device(Dialect::Payments);
        self.ledger
            .settle(&place, device_key.map(hash))
            .context("the device key")?;
        let Some(device_key) = device_key else {
            return Ok(());
        };
        for uid in UIDS {
            self.inspect_app(uid, &device_key)
                .with_context(|| format!("the keys of uid {uid}"))?;
        }
        Ok(())
    }

    fn inspect_app(&mut self, uid: u32, device_key: &PublicKey) -> Result<()> {
        let place = Place::app(Dialect::Payments, uid);
        let app_key = unless(self.app(uid)?.payments.export_app_key(), Status::NoAppKey)?;
        match &app_key {
            Some(signed) => self.exported(&place, signed)?,
            None => self.ledger.settle(&place, None)?,
        }
        let mut found = Vec::new();
        for name in SCENES {
            let place = Place::scene(Dialect::Payments, uid, name);
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
                _ => self.ledger.settle(&place, None).context(name)?,
            }
        }
        let listed = self.app(uid)?.payments.list_payment_keys()?.keys;
        are_listed(&found, &listed)
    }

    fn inspect_soter(&mut self) -> Result<()> {
        let exported = self.soter_factory.export_device_key();
        let device_key =
            unless(exported, Status::NotProvisioned)?.map(|exported| exported.public_key);
        let place = Place::device(Dialect::Soter);
        self.ledger
            .settle(&place, device_key.map(hash))
            .context("the ATTK")?;
        // Not asked as the factory, for whom the objects would be counted.
        let diagnosis = self.soter_app(SOTER_UIDS[0])?.soter.diagnose()?;
        self.ledger.settle_spares(diagnosis.spares)?;
        let Some(device_key) = device_key else {
            return Ok(());
        };
        for uid in SOTER_UIDS {
            self.inspect_soter_app(uid, &device_key)
                .with_context(|| format!("the SOTER keys of uid {uid}"))?;
        }
        Ok(())
    }

    fn inspect_soter_app(&mut self, uid: u32, device_key: &RsaPublicKey) -> Result<()> {
        let place = Place::app(Dialect::Soter, uid);
        let app_key = unless(
            self.soter_app(uid)?.soter.export_app_key(),
            Status::NoAppKey,
        )?;
        match &app_key {
            Some(blob) => self.soter_exported(&place, blob)?,
            None => self.ledger.settle(&place, None)?,
        }
        let mut found = Vec::new();
        for name in SOTER_SCENES {
            let place = Place::scene(Dialect::Soter, uid, name);
            let absent = app_key
                .as_ref()
                .map_or(Status::NoAppKey, |_| Status::NoPaymentKey);
            let keys = &mut self.soter_app(uid)?.soter;
            let payment_key = unless(keys.export_payment_key(label(name)?), absent)?;
            match (&app_key, payment_key) {
                (Some(app_key), Some(payment_key)) => {
                    self.soter_exported(&place, &payment_key).context(name)?;
                    let chain = SoterChain {
                        app_key: soter::uploaded(app_key),
                        payment_key: soter::uploaded(&payment_key),
                    };
                    let (challenge, blob) = self.sign(uid, label(name)?).context(name)?;
                    let verified = verify_soter(device_key, &chain, &soter::uploaded(&blob));
                    let signed = verified.context(name)?.challenge;
                    ensure!(
                        signed.challenge == challenge,
                        "another challenge was signed"
                    );
                    found.push(label(name)?);
                }
                _ => self.ledger.settle(&place, None).context(name)?,
            }
        }
        let listed = self.soter_app(uid)?.soter.list_payment_keys()?.keys;
        are_listed(&found, &listed)
    }
}

fn are_listed(found: &[Scene], listed: &[ListedKey]) -> Result<()> {
    let is_listed = |scene: &Scene| listed.iter().any(|key| key.scene == *scene);
    ensure!(
        listed.len() == found.len() && found.iter().all(is_listed),
        "listed are {listed:?}, and there are {found:?}"
    );
    Ok(())
}
