//! Operations as they come, until the power is cut.

use crate::device::{Device, SCENES, SOTER_SCENES, SOTER_UIDS, UIDS};
use crate::ledger::Known;
use crate::operation::{APPS, Dialect, Operation, Place};
use crate::times::Times;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// So many keys are there, at the least, when power is cut.
const FEWEST_KEYS: usize = 8;
/// So many spares, at the most.
const MOST_SPARES: u8 = 2;
/// A write that does not come in so many times the usual time does not come.
const PATIENCE: u32 = 3;
const LEAST_PATIENCE: Duration = Duration::from_secs(2);

/// Where in an operation the power is cut.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Cut {
    /// As soon as it has made so many writes.
    AfterWrite(u64),
    /// So long after it has begun.
    AfterTime(Duration),
}

impl Device<'_> {
    /// Operations from this one on, until the cut: does not return without an error, which
    /// [`is_cut`](crate::device::is_cut) tells from a failure.
    pub fn wear(&mut self, first: Operation, cut: Cut, times: &mut Times) -> Result<()> {
        if APPS.contains(&first) {
            while self.ledger.there(Dialect::Payments).len() < FEWEST_KEYS {
                let makers = [Operation::GenerateAppKey, Operation::GeneratePaymentKey];
                let maker = makers[self.rng.usize(..makers.len())];
                let (_, others) = self.app_keys(Dialect::Payments);
                if maker == Operation::GeneratePaymentKey || others.len() > 1 {
                    let place = self.place_for(maker, times)?;
                    self.perform(maker, &place, times)?;
                }
            }
            if times.count(first) == 0 {
                let place = self.place_for(first, times)?;
                self.perform(first, &place, times)?;
            }
        }
        let mut operation = first;
        let mut place = self.place_for(operation, times)?;
        let began = Instant::now();
        match cut {
            Cut::AfterTime(time) => self.fail(began + time, None)?,
            Cut::AfterWrite(number) => {
                let patience = (times.mean(operation) * PATIENCE).max(LEAST_PATIENCE);
                self.fail(began + patience, Some(number))?;
            }
        }
        loop {
            self.perform(operation, &place, times)?;
            operation = APPS[self.rng.usize(..APPS.len())];
            place = self.place_for(operation, times)?;
        }
    }

    /// The places of app keys: those that are there, and the others.
    fn app_keys(&mut self, dialect: Dialect) -> (Vec<Place>, Vec<Place>) {
        let uids = match dialect {
            Dialect::Payments => UIDS.as_slice(),
            Dialect::Soter => SOTER_UIDS.as_slice(),
        };
        let places = uids.iter().map(|uid| Place::app(dialect, *uid));
        places.partition(|place| self.ledger.key(place).known == Known::There)
    }

    /// Somewhere that the operation is possible, which it is made to be where it is not.
    fn place_for(&mut self, operation: Operation, times: &mut Times) -> Result<Place> {
        let dialect = operation.dialect();
        let first = match (operation, dialect) {
            (Operation::Provision, _) => None,
            _ if !self.is_provisioned(Dialect::Payments) => Some(Operation::Provision),
            (Operation::Enroll | Operation::SoterProvision, _) => None,
            _ if self.ledger.finger != Known::There => Some(Operation::Enroll),
            (_, Dialect::Soter) if !self.is_provisioned(Dialect::Soter) => {
                Some(Operation::SoterProvision)
            }
            _ => None,
        };
        if let Some(first) = first {
            let place = self.place_for(first, times)?;
            self.perform(first, &place, times)?;
            return self.place_for(operation, times);
        }
        let (possible, otherwise) = self.places(operation);
        match self.rng.choice(possible) {
            Some(place) => Ok(place),
            None => {
                let place = self.place_for(otherwise, times)?;
                self.perform(otherwise, &place, times)?;
                self.place_for(operation, times)
            }
        }
    }

    /// Where an operation is possible, and what makes it so where there is nowhere.
    fn places(&mut self, operation: Operation) -> (Vec<Place>, Operation) {
        let dialect = operation.dialect();
        let (apps, others) = self.app_keys(dialect);
        let names = match dialect {
            Dialect::Payments => SCENES.as_slice(),
            Dialect::Soter => SOTER_SCENES.as_slice(),
        };
        let scenes = apps.iter().flat_map(|app| {
            let of = |scene: &&'static str| Place::scene(dialect, app.uid, scene);
            names.iter().map(of)
        });
        let (there, absent): (Vec<_>, Vec<_>) =
            scenes.partition(|place| self.ledger.key(place).known == Known::There);
        let mut seen = |places: Vec<Place>| -> Vec<Place> {
            let seen = |place: &Place| self.ledger.key(place).public.is_some();
            places.into_iter().filter(seen).collect()
        };
        match operation {
            Operation::Provision | Operation::Enroll | Operation::SoterProvision => {
                (vec![Place::device(dialect)], operation)
            }
            Operation::GenerateAppKey => (others, Operation::RemoveAppKeys),
            Operation::ReplaceAppKey => (seen(apps), Operation::ExportAppKey),
            Operation::ExportAppKey | Operation::RemoveAppKeys => (apps, Operation::GenerateAppKey),
            Operation::GeneratePaymentKey if apps.is_empty() => (absent, Operation::GenerateAppKey),
            Operation::GeneratePaymentKey => (absent, Operation::RemovePaymentKey),
            Operation::ReplacePaymentKey => (seen(there), Operation::ExportPaymentKey),
            Operation::ExportPaymentKey | Operation::Pay | Operation::RemovePaymentKey => {
                (there, Operation::GeneratePaymentKey)
            }
            Operation::SoterPrepare if self.ledger.spares() >= MOST_SPARES => {
                (Vec::new(), Operation::SoterGeneratePaymentKey)
            }
            Operation::SoterPrepare => (vec![Place::device(dialect)], operation),
            Operation::SoterGenerateAppKey => (others, Operation::SoterRemoveAppKeys),
            Operation::SoterGeneratePaymentKey | Operation::SoterGenerateWithoutSpare
                if apps.is_empty() =>
            {
                (Vec::new(), Operation::SoterGenerateAppKey)
            }
            Operation::SoterGeneratePaymentKey if self.ledger.spares() == 0 => {
                (Vec::new(), Operation::SoterPrepare)
            }
            Operation::SoterGenerateWithoutSpare if self.ledger.spares() > 0 => {
                (Vec::new(), Operation::SoterGeneratePaymentKey)
            }
            Operation::SoterGeneratePaymentKey | Operation::SoterGenerateWithoutSpare => {
                (absent, Operation::SoterRemovePaymentKey)
            }
            Operation::SoterSign | Operation::SoterRemovePaymentKey if apps.is_empty() => {
                (Vec::new(), Operation::SoterGenerateAppKey)
            }
            Operation::SoterSign | Operation::SoterRemovePaymentKey => {
                (there, Operation::SoterGeneratePaymentKey)
            }
            Operation::SoterRemoveAppKeys => (apps, Operation::SoterGenerateAppKey),
        }
    }
}
