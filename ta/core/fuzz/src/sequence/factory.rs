//! The device keys, and the latch.

use super::faults::Object;
use super::keys::Owner;
use super::world::World;
use crate::ask::{Outcome, ask};
use crate::lived::ROOT;
use arbitrary::Arbitrary;
use touchseal_core::dispatch::Login;
use touchseal_proto::label::{Label, Lot};
use touchseal_proto::message::*;
use touchseal_proto::status::Status;
use touchseal_verify::{Signed, verify_report};

/// What root does.
#[derive(Arbitrary, Clone, Debug)]
pub enum Step {
    Provision { soter: bool },
    RemoveEveryKey { soter: bool },
    Latch { lot: bool },
    Report,
}

/// What is known of a device key.
#[derive(Default)]
struct DeviceKey {
    made: bool,
    /// Its making was interrupted, or it was lost with all that says so.
    uncertain: bool,
    public_key: Option<Vec<u8>>,
    damaged_slots: u8,
}

/// What is known of the factory's doing.
#[derive(Default)]
pub struct Factory {
    keys: [DeviceKey; 2],
    /// The lots that may be pinned, and whether one is.
    lots: Vec<bool>,
    pub latched: bool,
}

impl Factory {
    pub fn new(lived: bool) -> Self {
        let mut factory = Self::default();
        for key in &mut factory.keys {
            key.made = lived;
        }
        factory
    }

    /// Whether the device key was made for certain.
    pub fn is_provisioned(&self, soter: bool) -> bool {
        self.keys[usize::from(soter)].made
    }

    /// Whether there may be a slot to repair, or the key to be made in the end.
    fn is_damaged(&self) -> bool {
        let key = &self.keys[0];
        key.uncertain || key.damaged_slots > 0
    }

    /// A slot was damaged, or lost. With one that is left, all goes on: returns whether.
    pub fn damage(&mut self, object: &Object) -> bool {
        let Object::Slot { soter } = object else {
            return true;
        };
        let key = &mut self.keys[usize::from(*soter)];
        key.damaged_slots += 1;
        key.made && key.damaged_slots < 2
    }
}

fn lot(lot: bool) -> Lot {
    Label::new(if lot { "lot 7" } else { "lot 8" }).expect("a label")
}

impl World {
    pub fn factory(&mut self, step: &Step) {
        match *step {
            Step::Provision { soter } => drop(self.provision(soter)),
            Step::RemoveEveryKey { soter } => self.remove_every_key(soter),
            Step::Latch { lot } => self.latch(lot),
            Step::Report => self.report(),
        }
    }

    /// What was made once is never made anew.
    fn provision(&mut self, soter: bool) -> Outcome<()> {
        if soter && !self.factory.is_provisioned(true) {
            // To make an RSA key takes long.
            return Ok(());
        }
        let mut root = if soter {
            self.device.soter(ROOT)
        } else {
            self.device.payment(ROOT)
        };
        let provisioned = ask(&mut root, &Provision {});
        drop(root);
        let excused = self.excused();
        let key = &mut self.factory.keys[usize::from(soter)];
        match &provisioned {
            Ok(provisioned) => {
                assert!(!(key.made && provisioned.new), "a device key was made anew");
                key.made = true;
                key.uncertain = false;
                if !excused {
                    key.damaged_slots = 0;
                }
                self.compare_device_key(soter);
            }
            Err(_) if excused => key.uncertain |= !key.made,
            Err(error) => {
                // The SOTER TA's needs the payment TA's.
                let cause = soter && *error == Status::NotProvisioned;
                assert!(cause && !self.factory.is_provisioned(false), "{error:?}");
            }
        }
        provisioned.map(drop)
    }

    fn compare_device_key(&mut self, soter: bool) {
        let exported = if soter {
            ask(&mut self.device.soter(ROOT), &ExportSoterDeviceKey {})
                .map(|key| key.public_key.to_vec())
        } else {
            ask(&mut self.device.payment(ROOT), &ExportDeviceKey {})
                .map(|key| key.public_key.to_vec())
        };
        match exported {
            Ok(public_key) => {
                let known = &mut self.factory.keys[usize::from(soter)].public_key;
                let first = known.get_or_insert_with(|| public_key.clone());
                assert_eq!(*first, public_key, "another device key");
            }
            Err(error) => assert!(self.excused(), "{error:?}"),
        }
    }

    fn remove_every_key(&mut self, soter: bool) {
        self.keys.soter_used |= soter;
        let removed = if soter {
            ask(&mut self.device.soter(ROOT), &RemoveEveryKey {})
        } else {
            ask(&mut self.device.payment(ROOT), &RemoveEveryKey {})
        };
        let excused = self.excused();
        if removed.is_ok() || excused {
            let done = removed.is_ok() && !excused;
            self.keys
                .removed(done, |owner: Owner| owner.is_soter() == soter);
        } else {
            let cause = removed == Err(Status::NotProvisioned);
            assert!(cause && !self.factory.is_provisioned(soter), "{removed:?}");
        }
    }

    fn latch(&mut self, wanted: bool) {
        let mut root = self.device.payment(ROOT);
        let Ok(info) = ask(&mut root, &GetInfo {}) else {
            assert!(self.excused());
            return;
        };
        let latch = Latch {
            device_id: info.device_id,
            lot: lot(wanted),
            issuer: [7; 64],
        };
        let latched = ask(&mut root, &latch);
        drop(root);
        let excused = self.excused();
        let factory = &mut self.factory;
        match latched {
            Ok(Done {}) => {
                let first = !factory.latched || factory.lots == [wanted];
                assert!(first, "a latch is for ever");
                factory.latched = true;
                factory.lots = vec![wanted];
            }
            Err(_) if excused => {
                if !factory.latched {
                    factory.lots.push(wanted);
                }
            }
            Err(Status::FactoryClosed) => {
                let other = factory.lots.contains(&!wanted);
                assert!(other, "closed, and by nobody");
                // Pinned, if not latched yet.
                factory.lots = vec![!wanted];
            }
            Err(error) => {
                let cause = error == Status::NotProvisioned;
                assert!(cause && !factory.is_provisioned(false), "{error:?}");
            }
        }
    }

    fn report(&mut self) {
        let nonce = [9; 32];
        let app = Login::App {
            uid: Owner::App.uid(),
        };
        let reported = ask(&mut self.device.payment(app), &GetReport { nonce });
        match (reported, &self.factory.keys[0].public_key) {
            (Ok(report), Some(device_key)) => {
                let device_key = device_key.as_slice().try_into().expect("a key");
                let report = Signed::from(report);
                let report = verify_report(&device_key, &report, Some(&nonce));
                let report = report.expect("a report verifies");
                let last = self.ledger.last(&report.header.device_id);
                assert!(report.header.counter >= last, "the counter went back");
            }
            (Ok(_), None) => {}
            (Err(error), _) => {
                let cause = error == Status::NotProvisioned && !self.factory.is_provisioned(false);
                assert!(cause || self.excused(), "{error:?}");
            }
        }
    }

    /// Looks at the device, once no fault is left but damage.
    pub fn settle_factory(&mut self) {
        if self.broken {
            return self.is_told();
        }
        let Ok(info) = ask(&mut self.device.payment(ROOT), &GetInfo {}) else {
            panic!("a device without damage does not say how it is");
        };
        let last = self.ledger.last(&info.device_id);
        assert!(info.counter >= last, "the counter went back");
        let (damaged, made) = (
            self.factory.is_damaged(),
            self.factory.is_provisioned(false),
        );
        if damaged {
            self.provision(false).expect("the device key is there");
        } else if made {
            self.compare_device_key(false);
        }
        if made && (damaged || self.factory.latched) {
            let found = ask(&mut self.device.payment(ROOT), &Diagnose {}).expect("never refuses");
            assert_eq!(found.state, Status::Ok);
            assert_eq!((found.slot_a, found.slot_b), (Slot::Good, Slot::Good));
            if self.factory.latched {
                assert!(found.latched, "the factory mode is open again");
                assert_eq!(found.lot, Some(lot(self.factory.lots[0])));
            }
        }
        if self.keys.soter_used && self.factory.is_provisioned(true) {
            self.provision(true).expect("the SOTER device key is there");
        }
    }

    /// What cannot be repaired is told. As long as anything of it is there, nothing begins
    /// anew.
    fn is_told(&mut self) {
        let left = {
            let rpmb = self.device.rpmb();
            [&b"ppayment.state"[..], b"pattk.a", b"pattk.b"]
                .iter()
                .any(|id| rpmb.contains(id))
        };
        let known = self.factory.keys[0].public_key.clone();
        let provisioned = ask(&mut self.device.payment(ROOT), &Provision {});
        if let (true, Some(known), Ok(provisioned)) = (left, known, provisioned) {
            assert!(!provisioned.new, "a device key was made anew");
            let exported = ask(&mut self.device.payment(ROOT), &ExportDeviceKey {});
            if let Ok(exported) = exported {
                assert_eq!(exported.public_key[..], known[..], "another device key");
            }
        }
    }
}
