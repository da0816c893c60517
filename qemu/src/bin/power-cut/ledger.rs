//! What the world outside knows of a device: what it asked for, what was acknowledged, and
//! what was signed.

use crate::operation::{Operation, Place};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use touchseal::proto::message::PublicKey;
use touchseal::proto::signed::Header;

/// Whether something is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// Never made, or its removal was acknowledged.
    #[default]
    Gone,
    /// Acknowledged.
    There,
    /// Asked for or asked to be removed, and not acknowledged.
    Either,
}

/// A key, and its public half once it was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Key {
    pub known: Known,
    pub public: Option<PublicKey>,
}

/// One device, over all of its boots.
#[derive(Default)]
pub struct Ledger {
    pub device_key: Key,
    pub finger: Known,
    pub keys: BTreeMap<Place, Key>,
    /// The last counter value that was used.
    pub counter: u64,
    /// The audit head after it, where the statement was seen.
    head: Option<[u8; 32]>,
    /// What was asked and not acknowledged.
    pub under_way: Option<(Operation, Place)>,
}

impl Key {
    /// What the device shows must agree with what is known.
    pub fn settle(&mut self, found: Option<PublicKey>) -> Result<()> {
        match found {
            Some(found) => {
                ensure!(self.known != Known::Gone, "it is there, and should not be");
                let seen = *self.public.get_or_insert(found);
                ensure!(seen == found, "its public key has changed");
                self.known = Known::There;
            }
            None => {
                ensure!(
                    self.known != Known::There,
                    "it was acknowledged, and is gone"
                );
                *self = Self::default();
            }
        }
        Ok(())
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

    /// The places whose key is there.
    pub fn there(&self) -> Vec<Place> {
        let there = self
            .keys
            .iter()
            .filter(|(_, key)| key.known == Known::There);
        there.map(|(place, _)| place.clone()).collect()
    }

    /// An operation that will change something: from here until it is acknowledged, both
    /// outcomes are possible.
    pub fn asked(&mut self, operation: Operation, place: &Place) {
        self.under_way = Some((operation, place.clone()));
        match operation {
            Operation::Provision => doubt(&mut self.device_key.known, Known::Gone),
            Operation::Enroll => doubt(&mut self.finger, Known::Gone),
            Operation::GenerateAppKey | Operation::GeneratePaymentKey => {
                doubt(&mut self.key(place).known, Known::Gone);
            }
            Operation::RemovePaymentKey => doubt(&mut self.key(place).known, Known::There),
            Operation::RemoveAppKeys => self
                .keys
                .iter_mut()
                .filter(|(of, _)| of.uid == place.uid)
                .for_each(|(_, key)| doubt(&mut key.known, Known::There)),
            Operation::ExportPaymentKey | Operation::Pay => {}
        }
    }

    /// Its acknowledgement.
    pub fn acknowledged(&mut self) {
        let Some((operation, place)) = self.under_way.take() else {
            return;
        };
        match operation {
            Operation::Provision => self.device_key.known = Known::There,
            Operation::Enroll => self.finger = Known::There,
            Operation::GenerateAppKey | Operation::GeneratePaymentKey => {
                self.key(&place).known = Known::There;
            }
            Operation::RemovePaymentKey => *self.key(&place) = Key::default(),
            Operation::RemoveAppKeys => self.keys.retain(|of, _| of.uid != place.uid),
            Operation::ExportPaymentKey | Operation::Pay => {}
        }
    }

    /// The device's own word on its counter, after a boot: no value is forgotten, and no
    /// more is used up than was asked for. Says whether an interrupted signature was counted.
    pub fn settle_counter(&mut self, found: u64) -> Result<bool> {
        let signing = |(operation, _): &(Operation, Place)| operation.signs();
        let at_most = self.counter + u64::from(self.under_way.as_ref().is_some_and(signing));
        ensure!(
            (self.counter..=at_most).contains(&found),
            "the device's counter is {found}, and should be {} to {at_most}",
            self.counter
        );
        let counted = found > self.counter;
        if counted {
            self.head = None;
        }
        self.counter = found;
        Ok(counted)
    }

    /// A signed statement: it has the next counter and the audit head of all before it, so
    /// that no value is in two.
    pub fn signed(&mut self, header: &Header, statement: &[u8]) -> Result<()> {
        let next = self.counter.checked_add(1).context("the counter's end")?;
        ensure!(
            header.counter == next,
            "a statement has counter {}, and should have {next}",
            header.counter
        );
        ensure!(
            self.head.is_none_or(|head| head == header.audit_head),
            "the statement with counter {next} does not continue the audit chain"
        );
        self.counter = next;
        let digest = Sha256::new_with_prefix(b"touchseal.audit")
            .chain_update(header.audit_head)
            .chain_update(Sha256::digest(statement))
            .finalize();
        self.head = Some(digest.into());
        Ok(())
    }
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

    #[test]
    fn a_key_that_was_acknowledged_must_be_there_and_the_same() {
        let mut key = Key {
            known: Known::There,
            public: Some([1; 64]),
        };
        assert!(key.settle(None).is_err());
        assert!(key.settle(Some([2; 64])).is_err());
        key.settle(Some([1; 64])).unwrap();
    }

    #[test]
    fn a_key_in_doubt_may_be_either_and_then_is_not() {
        for found in [None, Some([1; 64])] {
            let mut key = Key {
                known: Known::Either,
                public: None,
            };
            key.settle(found).unwrap();
            let other = if found.is_none() { Some([1; 64]) } else { None };
            assert!(key.settle(other).is_err());
        }
    }

    #[test]
    fn the_counter_goes_on_by_what_was_asked_and_no_more() {
        let at = |counter, under_way| Ledger {
            counter,
            under_way,
            ..Ledger::default()
        };
        let pay = Some((Operation::Pay, Place::app(10001)));
        let make = Some((Operation::GenerateAppKey, Place::app(10001)));
        assert!(!at(5, pay.clone()).settle_counter(5).unwrap());
        assert!(at(5, pay.clone()).settle_counter(6).unwrap());
        for (under_way, found) in [(pay.clone(), 7), (pay, 4), (make, 6), (None, 6)] {
            assert!(at(5, under_way).settle_counter(found).is_err(), "{found}");
        }
    }
}
