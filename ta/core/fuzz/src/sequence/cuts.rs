//! Short sequences of commands, with the power cut at every authenticated write of every
//! command: after the restart everything is looked at, then the sequence goes on.
//!
//! A sequence has a number. The first ones are all sequences of up to two commands, on a device
//! that has lived, on one that is about to lock, and on a new one; those that follow are made of
//! chance, with the number as their seed.

use super::Step;
use super::factory::Step as Factory;
use super::faults::Step as Fault;
use super::fingers::{Finger, Step as Fingers};
use super::keys::{Owner, Step as Key, Which};
use super::passwords::Step as Password;
use super::tills::{Step as Till, Token};
use super::world::World;
use fastrand::Rng;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Commands of a sequence of chance, at the most.
const MOST: usize = 6;

/// What is asked of a device in one go.
type Command = Vec<Step>;

fn commands() -> Vec<Command> {
    let pay = |till| {
        let (handle_of, token_of) = (till, till);
        let begin = Till::Begin {
            till,
            tram: false,
            order: till,
        };
        let finish = Till::Finish {
            till,
            handle_of,
            token_of,
            token: Token::Good,
        };
        vec![Step::Till(begin), Step::Till(finish)]
    };
    let touch = |finger| Step::Finger(Fingers::Touch { finger, till: 0 });
    let one = [
        Step::Factory(Factory::Provision { soter: false }),
        Step::Factory(Factory::Provision { soter: true }),
        Step::Factory(Factory::Latch { lot: true }),
        Step::Factory(Factory::RemoveEveryKey { soter: false }),
        Step::Factory(Factory::RemoveEveryKey { soter: true }),
        Step::Key(Key::Make(Owner::App, Which::App, false)),
        Step::Key(Key::Make(Owner::App, Which::App, true)),
        Step::Key(Key::Make(Owner::App, Which::Tram, false)),
        Step::Key(Key::Make(Owner::App, Which::Shop, true)),
        Step::Key(Key::Remove(Owner::App, Which::Shop)),
        Step::Key(Key::Remove(Owner::App, Which::App)),
        Step::Key(Key::Export(Owner::App, Which::App)),
        Step::Key(Key::Export(Owner::App, Which::Shop)),
        Step::Key(Key::Make(Owner::Soter, Which::Tram, false)),
        Step::Key(Key::Make(Owner::Soter, Which::Shop, true)),
        Step::Key(Key::Remove(Owner::Soter, Which::App)),
        Step::Password(Password::Set {
            current: Some(0),
            new: 1,
        }),
        Step::Password(Password::Set {
            current: None,
            new: 0,
        }),
        Step::Password(Password::Verify { nth: 2 }),
        Step::Password(Password::Forget),
        Step::Finger(Fingers::Enroll {
            second: true,
            with_password: true,
        }),
        touch(Finger::Stranger),
        touch(Finger::Owner),
        Step::Finger(Fingers::Unlock { password: 0 }),
        Step::Finger(Fingers::Remove { second: false }),
        Step::Finger(Fingers::RemoveAll),
        Step::Finger(Fingers::Invalidate),
    ];
    let mut commands: Vec<Command> = one.map(|step| vec![step]).into();
    commands.extend([pay(0), pay(3)]);
    commands
}

/// What the device has seen before.
#[derive(Clone, Copy)]
enum Past {
    Lived,
    /// That, and as many wrong fingers and passwords as do not lock yet.
    Tried,
    Nothing,
}

const PASTS: [Past; 3] = [Past::Lived, Past::Tried, Past::Nothing];

/// Commands of a device.
#[derive(Clone)]
pub struct Sequence {
    past: Past,
    commands: Vec<Command>,
}

/// Where the power is lost: in which step, instead of which of its writes or after it.
#[derive(Clone, Copy, Debug)]
struct Cut {
    step: usize,
    write: u8,
    done: bool,
}

/// How many sequences of up to two commands there are.
pub fn enumerated() -> u64 {
    let count = commands().len() as u64;
    PASTS.len() as u64 * (count + count * count)
}

impl Sequence {
    /// The sequence with this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        let all = commands();
        let mut of_chance = Rng::with_seed(number);
        let (past, commands) = if number < enumerated() {
            let nth = number as usize / PASTS.len();
            let two = nth.checked_sub(all.len());
            let first = two.map(|nth| nth / all.len());
            let last = two.map_or(nth, |nth| nth % all.len());
            let chosen = first.into_iter().chain([last]);
            let past = PASTS[number as usize % PASTS.len()];
            (past, chosen.collect::<Vec<_>>())
        } else {
            let count = of_chance.usize(3..=MOST);
            let chosen = (0..count).map(|_| of_chance.usize(..all.len()));
            let chosen = chosen.collect();
            (PASTS[of_chance.usize(..PASTS.len())], chosen)
        };
        let commands = commands.into_iter().map(|nth| all[nth].clone()).collect();
        Self { past, commands }
    }

    fn steps(&self) -> Vec<Step> {
        self.commands.concat()
    }

    /// Cuts at every write: how many cuts there were, or the shortest sequence that is left
    /// when what is not needed to break something is left out.
    pub fn cut_at_every_write(&self) -> Result<u64, Broken> {
        self.try_cuts().map_err(|broken| broken.shrunk())
    }

    fn try_cuts(&self) -> Result<u64, Broken> {
        let mut cuts = 0;
        let mut writes = Vec::new();
        self.run(None, |world, step| {
            let before = world.device.rpmb().writes();
            world.take(step);
            writes.push((world.device.rpmb().writes() - before) as u8);
        })?;
        for (step, writes) in writes.into_iter().enumerate() {
            let before = (0..writes).map(|write| (write, false));
            let after = writes.checked_sub(1).map(|write| (write, true));
            for (write, done) in before.chain(after) {
                let cut = Cut { step, write, done };
                let mut at = 0;
                self.run(Some(cut), |world, next| {
                    if at == step {
                        let fault = if done {
                            Fault::CutAfter(write)
                        } else {
                            Fault::CutAt(write)
                        };
                        world.take(&Step::Fault(fault));
                    }
                    cuts += u64::from(world.take(next));
                    at += 1;
                })?;
            }
        }
        Ok(cuts)
    }

    fn run(&self, cut: Option<Cut>, mut take: impl FnMut(&mut World, &Step)) -> Result<(), Broken> {
        let run = || {
            let mut world = match self.past {
                Past::Lived => World::new(true),
                Past::Tried => World::tried(),
                Past::Nothing => World::new(false),
            };
            for step in self.steps() {
                take(&mut world, &step);
            }
            world.end();
            if matches!(self.past, Past::Tried) {
                // The first may lock, the second is not compared then.
                for _ in 0..2 {
                    world.try_a_finger();
                    world.verify_password(2, 1);
                }
            }
        };
        catch_unwind(AssertUnwindSafe(run)).map_err(|panic| Broken {
            sequence: self.clone(),
            cut,
            why: said(&*panic),
        })
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref().map(|text: &&str| (*text).to_owned()));
    text.unwrap_or_default()
}

/// A sequence, and a cut, after which something does not hold.
pub struct Broken {
    sequence: Sequence,
    cut: Option<Cut>,
    why: String,
}

impl Broken {
    /// As long as a command can be left out and something breaks, it is left out.
    fn shrunk(mut self) -> Self {
        while let Some(shorter) = self.shorter() {
            self = shorter;
        }
        self
    }

    fn shorter(&self) -> Option<Self> {
        (0..self.sequence.commands.len()).find_map(|without| {
            let mut sequence = self.sequence.clone();
            sequence.commands.remove(without);
            sequence.try_cuts().err()
        })
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let past = match self.sequence.past {
            Past::Lived => "that has lived",
            Past::Tried => "that is about to lock",
            Past::Nothing => "that is new",
        };
        writeln!(f, "{}\non a device {past}:", self.why)?;
        for (at, step) in self.sequence.steps().iter().enumerate() {
            write!(f, "  {step:?}")?;
            match self.cut.filter(|cut| cut.step == at) {
                Some(Cut {
                    write, done: false, ..
                }) => {
                    writeln!(f, "  <- power lost before write {write}")?;
                }
                Some(Cut { write, .. }) => writeln!(f, "  <- power lost after write {write}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
