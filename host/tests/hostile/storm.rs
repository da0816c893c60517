//! All of it in a seeded mixture: `make hostile N=1000000`.

use super::attack::Attack;
use super::orders::Orders;
use super::raw::{KINDS, MadeUp, NULL, Parameter};
use super::snapshots::while_flipping;
use super::target::{Answer, Memory, TARGETS, Target, bytes};
use super::witness::Witness;
use crate::Optee;
use crate::blackbox::{label, payment};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Instant;
use touchseal::proto::command::Request;
use touchseal::proto::message::*;
use touchseal::proto::password::Password;
use touchseal::proto::soter::Challenge;
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;

const APP: u32 = 10_096;
/// So many invocations in `make test`.
const FEW: u64 = 3000;
/// One in so many is a payment's, which takes long.
const PAYMENTS: u64 = 200;

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable}={value} is no number")),
    )
}

/// Messages of apps, as they are sent, by their commands.
fn messages() -> Vec<(u32, Vec<u8>)> {
    fn message<R: Request>(request: R) -> (u32, Vec<u8>) {
        (R::COMMAND, bytes(&request))
    }
    let scene = || label("shop");
    let token = AuthToken {
        challenge: 1,
        user_id: 1,
        authenticator_id: 1,
        authenticator_type: 2,
        timestamp: 1,
        mac: [0; 32],
    };
    let shown = || token.clone();
    vec![
        message(Begin {
            scene: scene(),
            payment: payment(1),
        }),
        message(Finish {
            handle: 1,
            token: shown(),
        }),
        message(Abort { handle: 1 }),
        message(GetReport { nonce: [1; 32] }),
        message(ExportPaymentKey { scene: scene() }),
        message(FindPaymentKey { scene: scene() }),
        message(RemovePaymentKey { scene: scene() }),
        message(GeneratePaymentKey {
            scene: scene(),
            replace: false,
        }),
        message(ExportSoterPaymentKey { scene: scene() }),
        message(BeginSoter {
            scene: scene(),
            challenge: Challenge::new("order").unwrap(),
        }),
        message(FinishSoter {
            handle: 1,
            token: shown(),
        }),
        message(ResetLockout { token: shown() }),
        message(Authenticate { operation: 1 }),
        message(VerifyPassword {
            challenge: 1,
            password: Password::new(b"guess").unwrap(),
        }),
        message(PlaceImage {
            width: 300,
            height: 400,
            offset: 0,
            pixels: [7; 400].into_iter().collect(),
        }),
    ]
}

struct Storm {
    rng: Rng,
    sessions: Vec<Attack>,
    messages: Vec<(u32, Vec<u8>)>,
    made_up: MadeUp,
    outcomes: BTreeMap<(&'static str, String), u64>,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let sessions = TARGETS
            .iter()
            .flat_map(|target| [Some(APP), Some(0), None].map(|uid| Attack::new(target, uid)));
        Self {
            rng: Rng::with_seed(seed),
            sessions: sessions.collect(),
            messages: messages(),
            made_up: MadeUp::new(NULL),
            outcomes: BTreeMap::new(),
        }
    }

    fn one_of<T>(&mut self, all: impl IntoIterator<Item = T>) -> T {
        let all: Vec<_> = all.into_iter().collect();
        self.rng.choice(all).unwrap()
    }

    fn command(&mut self, target: &Target) -> u32 {
        match self.rng.u8(..10) {
            0 => self.rng.u32(..),
            1 => self.rng.u32(..0x100),
            _ => self.one_of(target.commands()),
        }
    }

    /// A request: of a message, changed or not; of nothing but the version; of any bytes.
    fn request(&mut self, target: &Target, command: u32) -> Vec<u8> {
        let of_command = self.messages.iter().filter(|(of, _)| *of == command);
        let message = self.rng.choice(of_command.collect::<Vec<_>>());
        let mut request = message.map_or(vec![1], |(_, message)| message.clone());
        let rng = &mut self.rng;
        match rng.u8(..4) {
            0 => {}
            1 => {
                let len = rng.usize(..target.largest_request + 2);
                request = std::iter::repeat_with(|| rng.u8(..)).take(len).collect();
            }
            _ => {
                for _ in 0..rng.usize(1..4) {
                    let len = request.len();
                    match rng.u8(..4) {
                        0 => request.truncate(rng.usize(..=len)),
                        1 => request.push(rng.u8(..)),
                        _ if len > 0 => request[rng.usize(..len)] ^= 1 << rng.u8(..8),
                        _ => {}
                    }
                }
            }
        }
        request
    }

    /// Parameters of any types and sizes.
    fn parameters(&mut self, request: usize, room: usize, memory: &Memory) -> [Parameter; 4] {
        let mut parameters = memory.sized(request, room);
        match self.rng.u8(..8) {
            0 => {
                let room = self.one_of([0, 1, room - 1, room]);
                parameters = memory.sized(request, room);
            }
            1 => parameters = parameters.map(|_| self.one_of(memory.of_every_kind())),
            2 => {
                let at = self.rng.usize(..4);
                parameters[at] = self.one_of(memory.of_every_kind());
            }
            3 => {
                let kind = self.one_of(&KINDS[7..]);
                let [at, size] = [self.rng.usize(..1 << 40), self.rng.usize(..1 << 40)];
                let made_up = Parameter::registered(*kind, &mut self.made_up, at..at + size);
                parameters[self.rng.usize(..4)] = made_up;
            }
            _ => {}
        }
        parameters
    }

    /// Whether a command would do more than to be in the way of the others: root's do what they
    /// say, and a SOTER key takes seconds.
    fn is_spared(attack: &Attack, command: u32) -> bool {
        attack.uid == Some(0) || attack.target.name == "SOTER" && matches!(command, 10 | 12)
    }

    /// One invocation.
    fn call(&mut self) {
        let at = self.rng.usize(..self.sessions.len());
        let Attack { target, uid, .. } = self.sessions[at];
        if self.rng.u16(..) < 64 {
            self.sessions[at] = Attack::new(target, uid);
        }
        let command = self.command(target);
        let mut request = self.request(target, command);
        let spared = Self::is_spared(&self.sessions[at], command);
        if spared && target.understands(command, &request) {
            request.clear();
        }
        let memory = Memory::new(request.len(), target.largest_response);
        memory.request.write(0, &request);
        let parameters = self.parameters(request.len(), target.largest_response, &memory);
        let attack = &self.sessions[at];
        let mut expected = attack.expected(command, &memory, &parameters);
        let answered = matches!(
            expected,
            Answer::Served | Answer::Refused(Status::BadRequest)
        );
        let outcome = if answered && !spared && self.rng.u8(..) == 0 {
            expected = Answer::Served;
            let other = self.request(target, command);
            let other = &other[..other.len().min(request.len())];
            let attack = &mut self.sessions[at];
            while_flipping(&memory.request, 0, [&request, other], || {
                attack.call_expecting(expected, command, &memory, parameters)
            })
        } else {
            self.sessions[at].call_expecting(expected, command, &memory, parameters)
        };
        *self.outcomes.entry((target.name, outcome)).or_default() += 1;
    }
}

/// `make hostile` sets how many invocations, and the seed that repeats them.
#[test]
fn a_storm_of_calls_changes_nothing() {
    let calls = number("TOUCHSEAL_CALLS").unwrap_or(FEW);
    let seed = number("TOUCHSEAL_SEED").unwrap_or(1);
    println!("{calls} invocations, SEED={seed}");
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    let mut orders = Orders::new(&optee);
    let mut storm = Storm::new(seed);
    let start = Instant::now();
    for done in 0..calls {
        if done % PAYMENTS == 0 {
            orders.step(&mut storm.rng);
        }
        storm.call();
        if witness.sometimes().is_some() {
            let rate = done as f64 / start.elapsed().as_secs_f64();
            let Orders {
                signed, refused, ..
            } = orders;
            println!(
                "{done} of {calls}, {rate:.0}/s; payments: {signed} signed, {refused} refused"
            );
            std::io::stdout().flush().unwrap();
        }
    }
    println!("{:>12} {:>12}  result", "TA", "invocations");
    for ((ta, result), count) in &storm.outcomes {
        println!("{ta:>12} {count:>12}  {result}");
    }
    witness.goes_on();
}
