//! The commands of payments in any order: recorded and replayed, in their session and in
//! others, with tokens that were made for others, from clients that leave or are killed.

use super::raw::Raw;
use super::target::{PAYMENT, body, bytes, send};
use super::witness::Witness;
use crate::blackbox::{Bench, client, label, payment, touch};
use crate::{Optee, as_uid};
use fastrand::Rng;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use touchseal::proto::command::Request;
use touchseal::proto::message::*;
use touchseal::proto::signed::{PaymentStatement, Statement};
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::transport::teec::Teec;

/// The first session is never closed.
const TILLS: [u32; 4] = [10_093, 10_093, 10_093, 10_094];
/// A token is good for ten seconds; one of about that age is not shown.
const FRESH: Duration = Duration::from_secs(7);
const STALE: Duration = Duration::from_secs(12);
/// An operation ends after a minute.
const OPEN: Duration = Duration::from_secs(45);

/// A session with the payment TA, and what is open in it.
struct Till {
    uid: u32,
    session: Raw,
    pending: Option<Pending>,
}

#[derive(Clone, Copy)]
struct Pending {
    handle: u64,
    amount: u64,
    began: Instant,
}

/// A request that was sent, and what it says.
#[derive(Clone)]
struct Sent {
    request: Vec<u8>,
    says: Says,
}

#[derive(Clone)]
enum Says {
    Begin { amount: u64 },
    Finish { handle: u64, shown: Shown },
    Abort { handle: u64 },
}

/// A token, and when it was made.
#[derive(Clone)]
struct Shown {
    token: AuthToken,
    at: Instant,
}

/// Sessions, and all that was ever seen in them.
pub struct Orders<'a> {
    optee: &'a Optee,
    tills: Vec<Till>,
    sent: Vec<Sent>,
    shown: Vec<Shown>,
    handles: BTreeSet<u64>,
    counter: u64,
    pub signed: u64,
    pub refused: u64,
}

impl<'a> Orders<'a> {
    pub fn new(optee: &'a Optee) -> Self {
        let counter = TILLS.map(|uid| client(optee, uid).info().unwrap().counter);
        let till = |uid| Till {
            uid,
            session: Raw::of(uid, PAYMENT.uuid),
            pending: None,
        };
        Self {
            optee,
            tills: TILLS.map(till).into(),
            sent: Vec::new(),
            shown: Vec::new(),
            handles: BTreeSet::new(),
            counter: counter[0],
            signed: 0,
            refused: 0,
        }
    }

    /// Does one thing or another.
    pub fn step(&mut self, rng: &mut Rng) {
        let till = rng.usize(..self.tills.len());
        let of = self.tills[rng.usize(..self.tills.len())].pending;
        match rng.u8(..20) {
            0..6 => {
                let amount = rng.u64(1..);
                let says = Says::Begin { amount };
                self.send(till, &Sent::new(says));
            }
            6..9 => {
                if let Some(pending) = of.filter(|pending| pending.began.elapsed() < OPEN) {
                    let token = touch(self.optee, TILLS[till], pending.handle);
                    let at = Instant::now();
                    self.shown.push(Shown { token, at });
                    self.finish(till, pending.handle, self.shown.len() - 1);
                }
            }
            9..13 => {
                if let (Some(pending), 1..) = (of, self.shown.len()) {
                    let shown = rng.usize(self.shown.len().saturating_sub(8)..self.shown.len());
                    self.finish(till, pending.handle, shown);
                }
            }
            13..15 => {
                let handle = of.map_or(1, |pending| pending.handle);
                self.send(till, &Sent::new(Says::Abort { handle }));
            }
            15 if till != 0 => {
                let uid = self.tills[till].uid;
                self.tills[till].pending = None;
                self.tills[till].session = Raw::of(uid, PAYMENT.uuid);
            }
            _ => {
                if let 1.. = self.sent.len() {
                    let sent = self.sent[rng.usize(..self.sent.len())].clone();
                    self.send(till, &sent);
                }
            }
        }
    }

    fn finish(&mut self, till: usize, handle: u64, shown: usize) {
        let shown = self.shown[shown].clone();
        self.send(till, &Sent::new(Says::Finish { handle, shown }));
    }

    /// Sends a request, and sees that it is answered as what is open in the session wants it.
    fn send(&mut self, till: usize, sent: &Sent) {
        let Till {
            uid,
            session,
            pending,
        } = &mut self.tills[till];
        let mut answer = |command| send(session, &PAYMENT, command, &sent.request);
        match &sent.says {
            Says::Begin { amount } => {
                let handle = body::<Begun>(&answer(Begin::COMMAND)).unwrap().handle;
                assert!(self.handles.insert(handle), "a handle comes again");
                *pending = Some(Pending {
                    handle,
                    amount: *amount,
                    began: Instant::now(),
                });
            }
            Says::Abort { handle } => {
                let open = pending.take().filter(|open| open.handle == *handle);
                let aborted = body::<Done>(&answer(Abort::COMMAND)).map(drop);
                assert_eq!(aborted, open.map(drop).ok_or(Status::NotAuthorized));
            }
            Says::Finish { handle, shown } => {
                let age = shown.at.elapsed();
                let began = pending.map_or(Duration::ZERO, |open| open.began.elapsed());
                if age > FRESH && age < STALE || began > OPEN {
                    return;
                }
                let open = pending.take().filter(|open| {
                    open.handle == *handle && shown.token.challenge == *handle && age < FRESH
                });
                let finished = body::<SignedPayment>(&answer(Finish::COMMAND));
                match (finished, open) {
                    (Ok(paid), Some(open)) => {
                        let paid = PaymentStatement::from_bytes(&paid.statement).unwrap();
                        assert_eq!(paid.payment, payment(open.amount));
                        assert_eq!(paid.header.uid, *uid);
                        assert!(paid.header.counter > self.counter);
                        self.counter = paid.header.counter;
                        self.signed += 1;
                    }
                    (Err(status), None) => {
                        assert_eq!(status, Status::NotAuthorized);
                        self.refused += 1;
                    }
                    (finished, _) => panic!("{:?}", finished.map(drop)),
                }
            }
        }
        self.sent.push(sent.clone());
    }
}

impl Sent {
    fn new(says: Says) -> Self {
        let request = match &says {
            Says::Begin { amount } => bytes(&Begin {
                scene: label("shop"),
                payment: payment(*amount),
            }),
            Says::Abort { handle } => bytes(&Abort { handle: *handle }),
            Says::Finish { handle, shown } => bytes(&Finish {
                handle: *handle,
                token: shown.token.clone(),
            }),
        };
        Self { request, says }
    }
}

#[test]
fn a_signature_is_for_its_match_in_whatever_order() {
    const STEPS: usize = 150;
    let optee = Optee::new();
    let mut orders = Orders::new(&optee);
    let mut rng = Rng::with_seed(1);
    for _ in 0..STEPS {
        orders.step(&mut rng);
    }
    let (signed, refused) = (orders.signed, orders.refused);
    println!("{signed} signed, {refused} refused");
    assert!(signed > 0 && refused > signed);
}

/// Another process, which speaks to the trusted applications as it is told to.
struct Client(Child);

impl Client {
    fn start() -> Self {
        let programs = PathBuf::from(std::env::var_os("TOUCHSEAL_PROGRAMS").unwrap());
        let started = Command::new(programs.join("examples/proxy"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        Self(started.unwrap())
    }

    fn say(&mut self, line: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        let answers = self.0.stdout.as_mut().unwrap();
        BufReader::with_capacity(1, answers)
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with("ok "), "{line}");
        line
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_client_that_is_killed_leaves_nothing_behind() {
    const UID: u32 = 10_095;
    const KILLED: u32 = 16;
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    let mut app = client(&optee, UID);
    let before = app.info().unwrap().counter;
    let ask = |command, request: &[u8]| {
        let (room, request) = (PAYMENT.largest_response, hex::encode(request));
        format!("invoke 1 {command} {room} {request}")
    };
    let begin = bytes(&Begin {
        scene: label("shop"),
        payment: payment(1),
    });
    for number in 0..KILLED {
        let mut killed = Client::start();
        for _ in 0..4 {
            killed.say(&format!("open payment {UID}"));
            killed.hear();
        }
        killed.say(&ask(Begin::COMMAND, &begin));
        let begun = killed.hear();
        let answer = hex::decode(begun.trim_end().rsplit(' ').next().unwrap()).unwrap();
        body::<Begun>(&answer).unwrap();
        // In the middle of what is counted, written and signed, or before, or after.
        killed.say(&ask(ExportAppKey::COMMAND, &bytes(&ExportAppKey {})));
        std::thread::sleep(number * Duration::from_millis(40));
    }
    let signed = app.info().unwrap().counter - before;
    assert!((1..=u64::from(KILLED)).contains(&signed), "{signed}");
    drop(app);
    let open = || as_uid(UID, || Teec::payment(UID)).ok();
    assert_eq!(
        std::iter::from_fn(open).take(9).collect::<Vec<_>>().len(),
        8
    );
    assert_eq!(witness.goes_on(), signed);
    drop(optee.payment(UID));
}
