//! What the store does wrong, and what that excuses.

use arbitrary::{Arbitrary, Unstructured};
use touchseal_nonsecure::Rpmb;

/// A fault to come, or one that ends.
#[derive(Clone, Debug)]
pub enum Step {
    /// Power is lost instead of a write of the steps to come.
    CutAt(u8),
    /// Power is lost when such a write is done, and not acknowledged.
    CutAfter(u8),
    /// During the next step, the first records that are looked for are not there. A trusted
    /// application may believe that until it restarts.
    Hide(u8),
    /// During the next step, one write is done and not acknowledged.
    LoseAcknowledgement,
    Full(bool),
    Dead,
    /// A byte of an object is another.
    Damage {
        object: u8,
        place: Place,
    },
    /// An object is deleted.
    Lose {
        object: u8,
    },
}

/// Which byte of an object.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    Last,
    First,
    /// Of a key: it opens, and does not sign.
    Private,
}

impl<'a> Arbitrary<'a> for Place {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match input.int_in_range(0..=2u8)? {
            0 => Self::Last,
            1 => Self::First,
            _ => Self::Private,
        })
    }
}

/// Half of them are cuts, soon enough to be in the middle of what comes next.
impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match input.int_in_range(0..=13u8)? {
            0..=4 => Self::CutAt(input.int_in_range(0..=20)?),
            5 | 6 => Self::CutAfter(input.int_in_range(0..=20)?),
            7 | 8 => Self::Hide(input.int_in_range(1..=8)?),
            9 => Self::LoseAcknowledgement,
            10 => Self::Full(input.arbitrary()?),
            11 => Self::Dead,
            12 => Self::Damage {
                object: input.arbitrary()?,
                place: input.arbitrary()?,
            },
            _ => Self::Lose {
                object: input.arbitrary()?,
            },
        })
    }
}

/// The faults of now.
#[derive(Default)]
pub struct Faults {
    passing: bool,
    hidden: bool,
    full: bool,
    dead: bool,
}

impl Faults {
    /// Makes the store fail so.
    pub fn arm(&mut self, step: &Step, rpmb: &mut Rpmb) {
        match step {
            Step::CutAt(nth) => rpmb.lose_power_at((*nth).into()),
            Step::CutAfter(nth) => rpmb.lose_power_after((*nth).into()),
            Step::Hide(count) => {
                self.hidden = true;
                rpmb.hide_next((*count).into());
            }
            Step::LoseAcknowledgement => {
                self.passing = true;
                rpmb.lose_next_acknowledgement(true);
            }
            Step::Full(full) => {
                self.full = *full;
                rpmb.set_full(*full);
            }
            Step::Dead => {
                self.dead = true;
                rpmb.set_dead(true);
            }
            Step::Damage { .. } | Step::Lose { .. } => {}
        }
    }

    /// Ends what is for one step.
    pub fn pass(&mut self, rpmb: &mut Rpmb) {
        self.passing = false;
        rpmb.hide_next(0);
        rpmb.lose_next_acknowledgement(false);
    }

    /// Ends all of them, but for damage: what a restart does.
    pub fn end(&mut self, rpmb: &mut Rpmb) {
        self.pass(rpmb);
        rpmb.restart();
        rpmb.set_full(false);
        rpmb.set_dead(false);
        *self = Self::default();
    }

    /// Whether a step may fail, or be answered wrongly, because of the store: but for a cut,
    /// which excuses nothing before power is lost.
    pub fn excuse(&self) -> bool {
        self.passing || self.hidden || self.full || self.dead
    }
}

/// What an object is, by its id: of which trusted application, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A copy of a device key: of which dialect, and in which slot.
    Slot { soter: bool },
    /// An app or payment key, in one of its places.
    Key { soter: bool, id: Vec<u8> },
    /// Which payment keys an app has: made anew of these.
    List { soter: bool, id: Vec<u8> },
    /// A key pair that nobody has yet.
    Spare,
    /// The state of the fingerprint TA, or a finger.
    Finger,
    /// The gatekeeper's state.
    Password,
    /// The rest: what tells a device whose state is lost from a new one.
    State,
}

impl Object {
    /// The object of that id in the store.
    pub fn of(id: &[u8]) -> Self {
        let (owner, id) = id.split_first().expect("an owner");
        let soter = *owner == b's';
        match (owner, id) {
            (b'f', _) => Self::Finger,
            (b'g', _) => Self::Password,
            (_, b"attk.a" | b"attk.b") => Self::Slot { soter },
            (_, [b'k', b'e', b'y', b's', ..]) => Self::List {
                soter,
                id: id.to_vec(),
            },
            (_, [b's', b'p', b'a', b'r', b'e', _]) => Self::Spare,
            // Kind, uid, hash of the scene; then the place.
            (_, [2 | 3, .., _]) if id.len() == 18 => Self::Key {
                soter,
                id: id[..17].to_vec(),
            },
            _ => Self::State,
        }
    }
}
