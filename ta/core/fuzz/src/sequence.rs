//! Commands of several users in several sessions, in any order, over a store that fails:
//! after each step, and after each restart, what must hold holds.
//!
//! - No key is lost, comes back, or is under two names (`keys`).
//! - The counter of what is signed rises, and the audit chain has no other order
//!   (`ledger`).
//! - Nothing is signed without its match, twice, or as something else (`tills`).
//! - No cut, restart or fault buys an attempt with a finger or a password (`fingers`,
//!   `passwords`).
//! - The device key is there, can be repaired, or is told as lost; a latch is for ever
//!   (`factory`).

pub mod cuts;
mod factory;
mod faults;
mod fingers;
mod keys;
mod ledger;
mod passwords;
mod tills;
mod world;

use arbitrary::{Arbitrary, Unstructured};
use world::World;

/// More steps than that are not taken of one input.
const MOST: usize = 40;

#[derive(Clone, Debug)]
enum Step {
    Key(keys::Step),
    Till(tills::Step),
    Finger(fingers::Step),
    Password(passwords::Step),
    Factory(factory::Step),
    Fault(faults::Step),
    Wait(Wait),
    Reboot,
}

/// Some are worth more of an input than others.
impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match input.int_in_range(0..=19u8)? {
            0..=5 => Self::Key(input.arbitrary()?),
            6..=9 => Self::Till(input.arbitrary()?),
            10..=11 => Self::Finger(input.arbitrary()?),
            12..=13 => Self::Password(input.arbitrary()?),
            14 => Self::Factory(input.arbitrary()?),
            15..=17 => Self::Fault(input.arbitrary()?),
            18 => Self::Wait(input.arbitrary()?),
            _ => Self::Reboot,
        })
    }
}

/// As long as something lives that has an end, and a moment more.
#[derive(Arbitrary, Clone, Debug)]
enum Wait {
    Second,
    Token,
    Lock,
    Operation,
    Day,
}

impl Wait {
    fn ms(&self) -> u64 {
        match self {
            Self::Second => 1_000,
            Self::Token => 10_001,
            Self::Lock => 30_001,
            Self::Operation => 60_001,
            Self::Day => 86_400_001,
        }
    }
}

/// The input says whether the device is new or has lived, and is the steps then.
pub fn one_input(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let mut world = World::new(input.arbitrary().unwrap_or(false));
    for _ in 0..MOST {
        if input.is_empty() {
            break;
        }
        let Ok(step) = input.arbitrary::<Step>() else {
            break;
        };
        world.take(&step);
    }
    world.end();
}
