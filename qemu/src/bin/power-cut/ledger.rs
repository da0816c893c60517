//! What the world outside knows of a device: what it asked for, what was acknowledged, and
//! what was signed.

use crate::operation::{Dialect, Effect, Operation, Place};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Whether something is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Known {
    /// Never made, or its removal was acknowledged.
    #[default]
    Gone,
    /// Acknowledged.
    There,
    /// Asked for or asked to be removed, and not acknowledged.
    Either,
}

/// SHA-256 of a public key.
pub type KeyHash = [u8; 32];

/// A key, and its public half once it was seen.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Key {
    pub known: Known,
    pub public: Option<KeyHash>,
    /// The public half of the key that another is to replace, until that is acknowledged.
    pub old: Option<KeyHash>,
}

/// One device, over all of its boots.
#[derive(Default, Serialize, Deserialize)]
pub struct Ledger {
    pub finger: Known,
    #[serde(with = "crate::pairs")]
    pub keys: BTreeMap<Place, Key>,
    /// The public halves of those that were removed or replaced: none comes back.
    gone: BTreeSet<KeyHash>,
    /// Between how many and how many spare key pairs are there.
    spares: (u8, u8),
    /// The last counter value that was used.
    pub counter: u64,
    /// The audit head after it, where the statement was seen.
    head: Option<[u8; 32]>,
    /// What was asked and not acknowledged.
    pub under_way: Option<(Operation, Place)>,
}

pub fn hash(public_key: impl AsRef<[u8]>) -> KeyHash {
    Sha256::digest(public_key).into()
}

impl Key {
    /// What the device shows must agree with what is known.
    fn settle(&mut self, found: Option<KeyHash>) -> Result<()> {
        let Some(found) = found else {
            ensure!(
                self.known != Known::There,
                "it was acknowledged, and is gone"
            );
            *self = Self::default();
            return Ok(());
        };
        ensure!(self.known != Known::Gone, "it is there, and should not be");
        ensure!(
            self.public.is_none_or(|seen| seen == found),
            "its public key has changed"
        );
        *self = Self {
            known: Known::There,
            public: Some(found),
            old: None,
        };
        Ok(())
    }

    /// The public halves that were seen.
    fn seen(&self) -> impl Iterator<Item = KeyHash> + use<> {
        self.public.into_iter().chain(self.old)
    }
}

impl Known {
    /// The same for what has no public half.
    pub fn settle(&mut self, found: bool) -> Result<()> {
        match (*self, found) {
            (Self::Gone, true) => anyhow::bail!("it is there, and should not be"),
            (Self::There, false) => anyhow::bail!("it was acknowledged, and is gone"),
            _ => *self = if found { Self::There } else { Self::Gone },
        }
        Ok(())
    }
}

impl Ledger {
    pub fn key(&mut self, place: &Place) -> &mut Key {
        self.keys.entry(place.clone()).or_default()
    }

    /// The device's own word on a key, by its public half. One that is not there any more
    /// stays away.
    pub fn settle(&mut self, place: &Place, found: Option<KeyHash>) -> Result<()> {
        ensure!(
            found.is_none_or(|found| !self.gone.contains(&found)),
            "a key is back that was removed or replaced"
        );
        let key = self.key(place);
        let seen = key.seen();
        key.settle(found)?;
        self.gone.extend(seen.filter(|seen| Some(*seen) != found));
        Ok(())
    }

    /// The places of apps' keys that are there.
    pub fn there(&self, dialect: Dialect) -> Vec<Place> {
        let there = self.keys.iter().filter(|(place, key)| {
            key.known == Known::There && place.dialect == dialect && !place.is_device()
        });
        there.map(|(place, _)| place.clone()).collect()
    }

    /// How many spare key pairs are there, when nothing is under way.
    pub fn spares(&self) -> u8 {
        self.spares.0
    }

    /// Whether the key takes a spare, if there is one.
    fn takes_spare(&mut self, place: &Place) -> bool {
        place.dialect == Dialect::Soter
            && !place.is_device()
            && self.key(place).known == Known::Gone
    }

    /// An operation that will change something: from here until it is acknowledged, both
    /// outcomes are possible.
    pub fn asked(&mut self, operation: Operation, place: &Place) {
        self.under_way = Some((operation, place.clone()));
        match operation.effect() {
            Effect::Enroll => doubt(&mut self.finger, Known::Gone),
            Effect::Prepare => self.spares.1 += 1,
            Effect::Make => {
                if self.takes_spare(place) {
                    self.spares.0 = self.spares.0.saturating_sub(1);
                }
                doubt(&mut self.key(place).known, Known::Gone);
            }
            Effect::Replace => {
                let key = self.key(place);
                key.old = key.public.take();
            }
            Effect::Remove => doubt(&mut self.key(place).known, Known::There),
            Effect::RemoveApp => {
                for (_, key) in self.keys.iter_mut().filter(|(of, _)| is_of(of, place)) {
                    doubt(&mut key.known, Known::There);
                }
            }
            Effect::Sign => {}
        }
    }

    /// Its acknowledgement.
    pub fn acknowledged(&mut self) {
        let Some((operation, place)) = self.under_way.take() else {
            return;
        };
        match operation.effect() {
            Effect::Enroll => self.finger = Known::There,
            Effect::Prepare => self.spares.0 = self.spares.1,
            Effect::Make => {
                self.spares.1 = self.spares.0;
                self.key(&place).known = Known::There;
            }
            Effect::Replace => {
                let old = self.key(&place).old.take();
                self.gone.extend(old);
            }
            Effect::Remove => {
                let removed = std::mem::take(self.key(&place));
                self.gone.extend(removed.seen());
            }
            Effect::RemoveApp => {
                for (_, key) in self.keys.iter_mut().filter(|(of, _)| is_of(of, &place)) {
                    self.gone.extend(std::mem::take(key).seen());
                }
            }
            Effect::Sign => {}
        }
    }

    /// The device's own word on its spares, after a boot: an interrupted making of a key may
    /// have lost one, and no more.
    pub fn settle_spares(&mut self, found: u8) -> Result<()> {
        let (least, most) = self.spares;
        ensure!(
            (least..=most).contains(&found),
            "there are {found} spares, and should be {least} to {most}"
        );
        self.spares = (found, found);
        Ok(())
    }

    fn counters(&self) -> RangeInclusive<u64> {
        let signs =
            |(operation, _): &(Operation, Place)| u64::from(operation.effect() == Effect::Sign);
        self.counter..=self.counter + self.under_way.as_ref().map_or(0, signs)
    }

    /// The device's own word on its counter, after a boot: no value is forgotten, and no
    /// more is used up than was asked for. Says whether an interrupted signature was counted.
    pub fn settle_counter(&mut self, found: u64) -> Result<bool> {
        let possible = self.counters();
        ensure!(
            possible.contains(&found),
            "the device's counter is {found}, and should be {possible:?}"
        );
        let counted = found > self.counter;
        if counted {
            self.head = None;
        }
        self.counter = found;
        Ok(counted)
    }

    /// A signed statement has the next counter, so that no value is in two, and the audit
    /// head of all before it, where it names one: SOTER's do not.
    pub fn signed(
        &mut self,
        counter: u64,
        audit_head: Option<[u8; 32]>,
        statement: &[u8],
    ) -> Result<()> {
        let next = self.counter.checked_add(1).context("the counter's end")?;
        ensure!(
            counter == next,
            "a statement has counter {counter}, and should have {next}"
        );
        let before = audit_head.or(self.head);
        ensure!(
            self.head.is_none_or(|head| Some(head) == before),
            "the statement with counter {next} does not continue the audit chain"
        );
        self.counter = next;
        self.head = before.map(|head| {
            Sha256::new_with_prefix(b"touchseal.audit")
                .chain_update(head)
                .chain_update(Sha256::digest(statement))
                .finalize()
                .into()
        });
        Ok(())
    }
}

fn is_of(place: &Place, app: &Place) -> bool {
    (place.dialect, place.uid) == (app.dialect, app.uid)
}

/// What was `before` may or may not be so from now on.
fn doubt(known: &mut Known, before: Known) {
    if *known == before {
        *known = Known::Either;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there() -> Key {
        Key {
            known: Known::There,
            public: Some([1; 32]),
            old: None,
        }
    }

    /// A ledger with that key.
    fn with_key(place: &Place) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.keys.insert(place.clone(), there());
        ledger
    }

    #[test]
    fn a_key_that_was_acknowledged_must_be_there_and_the_same() {
        let mut key = there();
        assert!(key.settle(None).is_err());
        assert!(key.settle(Some([2; 32])).is_err());
        key.settle(Some([1; 32])).unwrap();
    }

    #[test]
    fn a_key_in_doubt_may_be_either_and_then_is_not() {
        for found in [None, Some([1; 32])] {
            let mut key = Key {
                known: Known::Either,
                ..Key::default()
            };
            key.settle(found).unwrap();
            let other = if found.is_none() { Some([1; 32]) } else { None };
            assert!(key.settle(other).is_err());
        }
    }

    #[test]
    fn a_replaced_key_is_old_or_new_until_the_new_one_is_acknowledged() {
        let place = Place::app(Dialect::Payments, 10001);
        for found in [[1; 32], [2; 32]] {
            let mut ledger = with_key(&place);
            ledger.asked(Operation::ReplaceAppKey, &place);
            assert!(ledger.settle(&place, None).is_err());
            ledger.settle(&place, Some(found)).unwrap();
            assert!(ledger.settle(&place, Some([3 - found[0]; 32])).is_err());
        }
        let mut ledger = with_key(&place);
        ledger.asked(Operation::ReplaceAppKey, &place);
        ledger.acknowledged();
        assert!(ledger.settle(&place, Some([1; 32])).is_err());
        ledger.settle(&place, Some([2; 32])).unwrap();
    }

    #[test]
    fn a_key_that_went_does_not_come_back() {
        let app = Place::app(Dialect::Payments, 10001);
        let place = Place::scene(Dialect::Payments, 10001, "parking");
        for (ends, makes) in [
            (Operation::RemovePaymentKey, Operation::GeneratePaymentKey),
            (Operation::RemoveAppKeys, Operation::GeneratePaymentKey),
            (Operation::ReplacePaymentKey, Operation::ReplacePaymentKey),
        ] {
            for acknowledged in [true, false] {
                let mut ledger = with_key(&place);
                let of = if ends == Operation::RemoveAppKeys {
                    &app
                } else {
                    &place
                };
                ledger.asked(ends, of);
                if acknowledged {
                    ledger.acknowledged();
                }
                // Or else a look shows that it was done.
                let made = (makes == ends).then_some([2; 32]);
                ledger.settle(&place, made).unwrap();
                ledger.asked(makes, &place);
                ledger.acknowledged();
                let back = ledger.settle(&place, Some([1; 32])).unwrap_err();
                assert!(back.to_string().contains("is back"), "{ends}: {back}");
                ledger.settle(&place, Some([3; 32])).unwrap();
            }
        }
    }

    #[test]
    fn an_interrupted_key_may_cost_its_spare() {
        let place = Place::app(Dialect::Soter, 10001);
        for found in [0, 1] {
            let mut ledger = Ledger::default();
            ledger.asked(Operation::SoterPrepare, &Place::device(Dialect::Soter));
            ledger.acknowledged();
            ledger.asked(Operation::SoterGenerateAppKey, &place);
            ledger.settle_spares(found).unwrap();
            assert!(ledger.settle_spares(1 - found).is_err());
        }
    }

    #[test]
    fn the_counter_goes_on_by_what_was_asked_and_no_more() {
        let at = |counter, under_way| Ledger {
            counter,
            under_way,
            ..Ledger::default()
        };
        let app = || Place::app(Dialect::Payments, 10001);
        let pay = Some((Operation::Pay, app()));
        let make = Some((Operation::GenerateAppKey, app()));
        assert!(!at(5, pay.clone()).settle_counter(5).unwrap());
        assert!(at(5, pay.clone()).settle_counter(6).unwrap());
        for (under_way, found) in [(pay.clone(), 7), (pay, 4), (make, 6), (None, 6)] {
            assert!(at(5, under_way).settle_counter(found).is_err(), "{found}");
        }
    }
}
