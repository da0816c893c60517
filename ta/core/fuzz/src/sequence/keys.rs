//! The keys of apps: what may be there, after all that was asked for and has failed.

use super::faults::Object;
use super::world::World;
use crate::ask::{Outcome, ask};
use crate::lived::{APP, OTHER, SPARES, scene};
use arbitrary::{Arbitrary, Unstructured};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::NonsecureTransport;
use touchseal_proto::command::Request;
use touchseal_proto::message::*;
use touchseal_proto::signed::{KeyStatement, Statement};
use touchseal_proto::soter::{Blob, CpuId};
use touchseal_proto::status::Status;

/// The scenes of payment keys.
pub const SCENES: [&str; 2] = ["shop", "tram"];

/// Whose keys, in which dialect.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    App,
    Other,
    Soter,
}

impl Owner {
    pub const ALL: [Self; 3] = [Self::App, Self::Other, Self::Soter];

    pub fn is_soter(self) -> bool {
        self == Self::Soter
    }

    pub fn uid(self) -> u32 {
        match self {
            Self::App | Self::Soter => APP,
            Self::Other => OTHER,
        }
    }

    pub fn open(self, world: &World) -> NonsecureTransport {
        let login = Login::App { uid: self.uid() };
        if self.is_soter() {
            world.device.soter(login)
        } else {
            world.device.payment(login)
        }
    }
}

/// Which key: an app's own, or that of a scene.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Which {
    App,
    Shop,
    Tram,
}

impl Which {
    const ALL: [Self; 3] = [Self::App, Self::Shop, Self::Tram];

    fn scene(self) -> Option<&'static str> {
        match self {
            Self::App => None,
            Self::Shop => Some(SCENES[0]),
            Self::Tram => Some(SCENES[1]),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Step {
    Make(Owner, Which, bool),
    Export(Owner, Which),
    Remove(Owner, Which),
    List(Owner),
}

/// Most are makings: they have the most to lose.
impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let what = input.int_in_range(0..=9u8)?;
        let owner = input.arbitrary()?;
        Ok(match what {
            0..=4 => Self::Make(owner, input.arbitrary()?, input.arbitrary()?),
            5 | 6 => Self::Export(owner, input.arbitrary()?),
            7 | 8 => Self::Remove(owner, input.arbitrary()?),
            _ => Self::List(owner),
        })
    }
}

pub type Name = (Owner, Which);

/// What may be in the place of a name.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Nothing.
    absent: bool,
    /// The key that was seen there last.
    seen: Option<Vec<u8>>,
    /// One that was not seen yet.
    unseen: bool,
    /// Whatever is left of what was damaged.
    pub damaged: bool,
    /// The enrolment that it was made under at the latest.
    enrolment: u32,
    /// How many changes of the enrolment were certain before that.
    pub changes: u32,
}

impl Held {
    fn nothing() -> Self {
        Self {
            absent: true,
            ..Self::default()
        }
    }

    fn made(enrolment: u32, changes: u32) -> Self {
        Self {
            unseen: true,
            enrolment,
            changes,
            ..Self::default()
        }
    }

    fn may_be_absent(&self) -> bool {
        self.absent || self.damaged
    }

    fn may_be_there(&self) -> bool {
        self.seen.is_some() || self.unseen || self.damaged
    }

    /// Whether it can be nothing but usable.
    pub fn is_usable(&self, enrolment: u32) -> bool {
        !self.may_be_absent() && self.enrolment == enrolment
    }

    /// The public half, where it can be no other.
    pub fn public_key(&self) -> Option<&[u8]> {
        let certain = !self.absent && !self.unseen && !self.damaged;
        self.seen.as_deref().filter(|_| certain)
    }
}

/// The keys of all owners.
pub struct Keys {
    held: BTreeMap<Name, Held>,
    /// Whose every public half was that was ever seen.
    seen: HashMap<Vec<u8>, Name>,
    /// RSA keys that may yet be made: making one that is not prepared takes long.
    spares: u8,
    /// Whose list was damaged.
    lists: Vec<Owner>,
    /// Whether any of the SOTER TA's were asked for.
    pub soter_used: bool,
}

impl Keys {
    /// Of a new device, or of one that has lived.
    pub fn new(lived: bool) -> Self {
        let mut held = BTreeMap::new();
        for owner in Owner::ALL {
            for which in Which::ALL {
                let there = lived && which != Which::Tram;
                let state = if there {
                    Held::made(0, 0)
                } else {
                    Held::nothing()
                };
                held.insert((owner, which), state);
            }
        }
        Self {
            held,
            seen: HashMap::new(),
            spares: if lived { SPARES } else { 0 },
            lists: Vec::new(),
            soter_used: false,
        }
    }

    /// What may be in the place of a name.
    pub fn held(&mut self, name: Name) -> &mut Held {
        self.held.entry(name).or_default()
    }

    /// A list was damaged, or lost. It is made anew of the keys, where it is not alone in that.
    fn damage_list(&mut self, soter: bool, id: &[u8]) {
        let uid = u32::from_be_bytes(id[4..8].try_into().expect("a uid"));
        let of = |owner: &Owner| owner.is_soter() == soter && owner.uid() == uid;
        self.lists.extend(Owner::ALL.into_iter().filter(of));
        self.doubt_listed();
    }

    /// Where app key and list are both gone, nobody knows of the payment keys.
    fn doubt_listed(&mut self) {
        for owner in self.lists.clone() {
            if self.held((owner, Which::App)).damaged {
                self.held((owner, Which::Shop)).damaged = true;
                self.held((owner, Which::Tram)).damaged = true;
            }
        }
    }

    /// An object of one of them was damaged.
    fn damage(&mut self, soter: bool, id: &[u8]) {
        let uid = u32::from_be_bytes(id[1..5].try_into().expect("a uid"));
        for ((owner, which), held) in &mut self.held {
            let is_app = id[0] == 2;
            let same = owner.is_soter() == soter && owner.uid() == uid;
            // The hash of a scene does not say which it is of.
            if same && is_app == (*which == Which::App) {
                held.damaged = true;
            }
        }
        self.doubt_listed();
    }

    /// The keys of some owners were removed, or were to be.
    pub fn removed(&mut self, done: bool, of: impl Fn(Owner) -> bool) {
        for ((owner, _), held) in &mut self.held {
            if !of(*owner) {
                continue;
            }
            // What nobody knows of may be left.
            if done && !(held.damaged && self.lists.contains(owner)) {
                *held = Held::nothing();
            } else {
                held.absent = true;
            }
        }
    }

    /// What was exported as the key of a name: the one that was seen there, or one that
    /// nobody has ever seen.
    fn export(&mut self, name: Name, public_key: &[u8]) {
        let new = !self.seen.contains_key(public_key);
        let whose = *self.seen.entry(public_key.to_vec()).or_insert(name);
        assert_eq!(whose, name, "one key pair under two names");
        let held = self.held.entry(name).or_default();
        let known = held.seen.as_deref() == Some(public_key);
        assert!(
            known || (held.unseen && new) || held.damaged,
            "{name:?}: another key than the one that was made"
        );
        *held = Held {
            absent: false,
            seen: Some(public_key.to_vec()),
            unseen: false,
            ..*held
        };
    }
}

impl World {
    pub fn key(&mut self, step: &Step) {
        match *step {
            Step::Make(owner, which, replace) => self.make((owner, which), replace),
            Step::Export(owner, which) => drop(self.export((owner, which))),
            Step::Remove(owner, which) => self.remove((owner, which)),
            Step::List(owner) => self.list(owner),
        }
    }

    fn make(&mut self, name: Name, replace: bool) {
        let (owner, which) = name;
        if owner.is_soter() {
            if self.keys.spares == 0 {
                return;
            }
            self.keys.spares -= 1;
            self.keys.soter_used = true;
        }
        let mut session = owner.open(self);
        let made = match which.scene() {
            None => ask(&mut session, &GenerateAppKey { replace }),
            Some(text) => {
                let scene = scene(text);
                ask(&mut session, &GeneratePaymentKey { scene, replace })
            }
        };
        drop(session);
        let (enrolment, changes) = (self.fingers.enrolment, self.fingers.changes);
        let excused = self.excused();
        let held = self.keys.held(name);
        if made.is_ok() || excused {
            held.changes = changes;
        }
        match made {
            Ok(Generated { new: true }) if excused => {
                // What was hidden from it counts yet.
                held.absent = false;
                held.unseen = true;
            }
            Ok(Generated { new: true }) => {
                let good = held.is_usable(if which == Which::App { 0 } else { enrolment });
                assert!(replace || !good, "{name:?}: a good key was replaced");
                *held = Held::made(if which == Which::App { 0 } else { enrolment }, changes);
            }
            Ok(Generated { new: false }) => {
                assert!(held.may_be_there(), "{name:?}: kept, and was not there");
                held.absent = false;
                if which != Which::App && !excused {
                    held.enrolment = enrolment;
                }
            }
            Err(_) if excused => held.unseen = true,
            Err(error) => self.must_be_told(error, name),
        }
    }

    /// A refusal without a fault has its cause in what is there, or was damaged.
    fn must_be_told(&mut self, error: Status, (owner, which): Name) {
        let app = self.keys.held((owner, Which::App)).clone();
        let held = self.keys.held((owner, which)).clone();
        let cause = match error {
            Status::NotProvisioned => !self.factory.is_provisioned(owner.is_soter()),
            Status::NoAppKey => app.may_be_absent(),
            Status::NoPaymentKey => held.may_be_absent(),
            Status::NoFingerEnrolled => self.fingers.may_be_none(),
            Status::KeyDamaged => app.damaged || held.damaged,
            _ => false,
        };
        assert!(cause, "{owner:?} {which:?}: {error:?} without a cause");
    }

    fn remove(&mut self, name: Name) {
        let (owner, which) = name;
        self.keys.soter_used |= owner.is_soter();
        let mut session = owner.open(self);
        let removed = match which.scene() {
            None => ask(&mut session, &RemoveAppKeys {}),
            Some(text) => {
                let scene = scene(text);
                ask(&mut session, &RemovePaymentKey { scene })
            }
        };
        drop(session);
        let excused = self.excused();
        let gone = |keys: &mut Keys, done| match which {
            Which::App => keys.removed(done, |other| other == owner),
            _ if done => *keys.held(name) = Held::nothing(),
            _ => keys.held(name).absent = true,
        };
        match removed {
            // What was hidden from it is there yet.
            Ok(Done {}) if excused => gone(&mut self.keys, false),
            Ok(Done {}) => gone(&mut self.keys, true),
            Err(_) if excused => gone(&mut self.keys, false),
            Err(error) => self.must_be_told(error, name),
        }
    }

    fn list(&mut self, owner: Owner) {
        let listed = ask(&mut owner.open(self), &ListPaymentKeys {});
        if self.excused() {
            return;
        }
        let listed = match listed {
            Ok(listed) => listed.keys,
            Err(error) => return self.must_be_told(error, (owner, Which::App)),
        };
        for which in [Which::Shop, Which::Tram] {
            let there = listed
                .iter()
                .any(|key| Some(key.scene.as_str()) == which.scene());
            self.looked((owner, which), there);
        }
    }

    /// What was seen when somebody looked.
    fn looked(&mut self, name: Name, there: bool) {
        let held = self.keys.held(name);
        if there {
            assert!(held.may_be_there(), "{name:?} is back");
            held.absent = false;
        } else {
            assert!(held.may_be_absent(), "{name:?} is lost");
            if !held.damaged {
                *held = Held::nothing();
            }
        }
    }

    /// Exports a key, and compares it with what is known.
    pub fn export(&mut self, name: Name) -> Outcome<()> {
        let (owner, which) = name;
        self.keys.soter_used |= owner.is_soter();
        let mut session = owner.open(self);
        let exported = match (owner.is_soter(), which.scene()) {
            (false, None) => self.native(&mut session, &ExportAppKey {}),
            (false, Some(text)) => {
                let scene = scene(text);
                self.native(&mut session, &ExportPaymentKey { scene })
            }
            (true, None) => self.json(&mut session, &ExportSoterAppKey {}),
            (true, Some(text)) => {
                let scene = scene(text);
                self.json(&mut session, &ExportSoterPaymentKey { scene })
            }
        };
        drop(session);
        match &exported {
            Ok(public_key) => self.keys.export(name, public_key),
            Err(_) if self.excused() => {}
            Err(error) => self.must_be_told(*error, name),
        }
        exported.map(drop)
    }

    fn native<R: Request<Response = SignedKey>>(
        &mut self,
        session: &mut NonsecureTransport,
        request: &R,
    ) -> Outcome<Vec<u8>> {
        let signed = ask(session, request)?;
        let statement = KeyStatement::from_bytes(&signed.statement).expect("a statement");
        self.ledger.native(&statement.header, &signed.statement);
        Ok(statement.public_key.to_vec())
    }

    fn json<R: Request<Response = Blob>>(
        &mut self,
        session: &mut NonsecureTransport,
        request: &R,
    ) -> Outcome<Vec<u8>> {
        let blob = ask(session, request)?;
        let object = self.signed_json(&blob);
        Ok(object["pub_key"].as_str().expect("a key").into())
    }

    /// The members of what was signed in the SOTER dialect, once it is in the ledger.
    pub fn signed_json(&mut self, blob: &Blob) -> Value {
        let object: Value = serde_json::from_slice(&blob.json).expect("JSON");
        let cpu_id: CpuId = object["cpu_id"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .expect("a cpu_id");
        let counter = object["counter"].as_u64().expect("a counter");
        self.ledger.json(cpu_id.device_id, counter, &blob.json);
        object
    }

    /// Looks at every key, once no fault is left.
    pub fn settle_keys(&mut self) {
        for owner in Owner::ALL {
            if owner.is_soter() && !self.keys.soter_used {
                continue;
            }
            for which in Which::ALL {
                self.settle_key((owner, which));
            }
            self.list(owner);
        }
    }

    fn settle_key(&mut self, name: Name) {
        let (owner, which) = name;
        let mut session = owner.open(self);
        let found = match which.scene() {
            None => ask(&mut session, &FindAppKey {}),
            Some(text) => {
                let scene = scene(text);
                ask(&mut session, &FindPaymentKey { scene })
            }
        };
        drop(session);
        let enrolment = self.fingers.enrolment;
        match found {
            Ok(Found { state }) => {
                self.looked(name, state != KeyState::Absent);
                if state == KeyState::Invalidated {
                    let held = self.keys.held(name);
                    assert!(which != Which::App, "an app key of an enrolment");
                    let usable = held.is_usable(enrolment);
                    assert!(
                        !usable,
                        "{name:?} is of the last enrolment, and is not usable"
                    );
                }
                if state != KeyState::Absent {
                    let _ = self.export(name);
                }
            }
            Err(error) => self.must_be_told(error, name),
        }
    }

    /// What an object that was damaged, or lost, excuses.
    pub fn damaged_key(&mut self, object: &Object) {
        match object {
            Object::Key { soter, id } => self.keys.damage(*soter, id),
            Object::List { soter, id } => self.keys.damage_list(*soter, id),
            _ => {}
        }
    }
}
