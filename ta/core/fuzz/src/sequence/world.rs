//! The device, and all that is known of it.

use super::Step;
use super::factory::Factory;
use super::faults::{self, Faults, Object, Place};
use super::fingers::Fingers;
use super::keys::{Keys, Owner, Which};
use super::ledger::Ledger;
use super::passwords::Passwords;
use super::tills::Tills;
use crate::lived;
use touchseal_nonsecure::{Device, Rpmb};

/// More restarts than that there are not: after each, everything is looked at.
const RESTARTS: u8 = 10;

pub struct World {
    pub device: Device,
    pub faults: Faults,
    /// A record is damaged without which nothing is promised, but that it is told.
    pub broken: bool,
    /// Another after each step that may change what an operation is finished with.
    pub revision: u64,
    pub ledger: Ledger,
    pub keys: Keys,
    pub tills: Tills,
    pub fingers: Fingers,
    pub passwords: Passwords,
    pub factory: Factory,
    /// What the clocks of the boots before have come to.
    clock: u64,
    restarts: u8,
}

impl World {
    pub fn new(lived: bool) -> Self {
        if lived {
            Self::lived(lived::rpmb())
        } else {
            Self::of(Device::default(), false)
        }
    }

    /// A device that has lived, and whose keys were exported once: where one comes back that
    /// was to be replaced, it is known.
    fn lived(rpmb: Rpmb) -> Self {
        let mut world = Self::of(Device::boot(rpmb), true);
        for owner in [Owner::App, Owner::Other] {
            for which in [Which::App, Which::Shop] {
                let exported = world.export((owner, which));
                exported.expect("a device that has lived has its keys");
            }
        }
        world.device.reboot();
        world
    }

    fn of(device: Device, lived: bool) -> Self {
        Self {
            device,
            faults: Faults::default(),
            broken: false,
            revision: 0,
            ledger: Ledger::default(),
            keys: Keys::new(lived),
            tills: Tills::default(),
            fingers: Fingers::new(lived),
            passwords: Passwords::new(lived),
            factory: Factory::new(lived),
            clock: 0,
            restarts: 0,
        }
    }

    /// A device that has lived, and one wrong finger and one wrong password before a lock.
    pub fn tried() -> Self {
        let mut world = Self::lived(lived::tried());
        world.fingers.tried();
        world.passwords.tried();
        world
    }

    /// Milliseconds since the beginning, whatever was restarted.
    pub fn now(&self) -> u64 {
        self.clock + self.device.now_ms()
    }

    /// Whether a step may fail, or be answered wrongly.
    pub fn excused(&self) -> bool {
        self.broken || self.faults.excuse() || self.device.rpmb().has_lost_power()
    }

    /// Takes a step, and says whether power was lost. What is armed for one step is over after
    /// the next.
    pub fn take(&mut self, step: &Step) -> bool {
        if let Step::Fault(fault) = step {
            self.fault(fault);
            return false;
        }
        let touch = matches!(step, Step::Finger(super::fingers::Step::Touch { .. }));
        if !touch && !matches!(step, Step::Till(_) | Step::Wait(_)) {
            self.revision += 1;
        }
        match step {
            Step::Key(step) => self.key(step),
            Step::Till(step) => self.till(step),
            Step::Finger(step) => self.finger(step),
            Step::Password(step) => self.password(step),
            Step::Factory(step) => self.factory(step),
            Step::Wait(wait) => self.device.skip_ms(wait.ms()),
            Step::Reboot => self.reboot(),
            Step::Fault(_) => {}
        }
        self.faults.pass(&mut self.device.rpmb());
        let lost = self.device.rpmb().has_lost_power();
        if lost {
            self.reboot();
        }
        lost
    }

    fn fault(&mut self, fault: &faults::Step) {
        self.revision += 1;
        self.faults.arm(fault, &mut self.device.rpmb());
        let (object, change): (u8, fn(&mut Rpmb, &[u8])) = match fault {
            faults::Step::Damage { object, place } => (
                *object,
                match place {
                    Place::Last => Rpmb::damage,
                    Place::First => Rpmb::damage_first,
                    Place::Private => Rpmb::damage_private,
                },
            ),
            faults::Step::Lose { object } => (*object, Rpmb::lose),
            _ => return,
        };
        let ids: Vec<Vec<u8>> = self.device.rpmb().ids().map(<[u8]>::to_vec).collect();
        let Some(id) = usize::from(object)
            .checked_rem(ids.len())
            .map(|at| &ids[at])
        else {
            return;
        };
        change(&mut self.device.rpmb(), id);
        let object = Object::of(id);
        match &object {
            Object::Key { .. } | Object::List { .. } => self.damaged_key(&object),
            Object::Spare => {}
            Object::Slot { .. } => self.broken |= !self.factory.damage(&object),
            Object::Finger => {
                self.fingers.damage();
                self.broken = true;
            }
            Object::Password => {
                self.passwords.damage();
                self.broken = true;
            }
            Object::State => self.broken = true,
        }
        // What is open yet is not what is sealed.
        self.reboot();
    }

    /// The last restart, after which everything is looked at.
    pub fn end(&mut self) {
        self.restarts = 0;
        self.reboot();
    }

    /// Off and on, without a fault but damage; then everything is looked at.
    pub fn reboot(&mut self) {
        self.clock += self.device.now_ms();
        self.tills = Tills::default();
        self.fingers.last_token = None;
        self.revision += 1;
        self.faults.end(&mut self.device.rpmb());
        self.device.reboot();
        self.restarts += 1;
        if self.restarts > RESTARTS {
            return;
        }
        self.settle_factory();
        if !self.broken {
            self.settle_fingers();
            self.settle_passwords();
            self.settle_keys();
        }
    }
}
