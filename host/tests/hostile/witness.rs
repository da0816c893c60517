//! Who was there before an attack, and goes on after it.

use super::raw::Raw;
use super::target::{TARGETS, send};
use crate::Optee;
use crate::blackbox::{Payments, client, label, payment, touch};
use std::time::{Duration, Instant};
use touchseal::proto::signed::{PaymentStatement, Statement};

const OWNER: u32 = 10_098;
/// In the middle of a long attack the witness is asked so often.
const SOMETIMES: Duration = Duration::from_secs(10);
/// An older payment is begun anew: it ends by itself after a minute, which passes in few calls
/// where another thread takes the processor.
const OPEN: Duration = Duration::from_secs(40);

/// A session with each trusted application, and a payment that has begun.
pub struct Witness<'a> {
    optee: &'a Optee,
    client: Payments<Optee>,
    sessions: Vec<Raw>,
    amount: u64,
    handle: u64,
    began: Instant,
    counter: u64,
}

impl<'a> Witness<'a> {
    pub fn new(optee: &'a Optee) -> Self {
        let mut client = client(optee, OWNER);
        let counter = client.info().unwrap().counter;
        let mut witness = Self {
            optee,
            client,
            sessions: TARGETS.iter().map(|ta| Raw::of(OWNER, ta.uuid)).collect(),
            amount: 0,
            handle: 0,
            began: Instant::now(),
            counter,
        };
        witness.begin();
        witness
    }

    fn begin(&mut self) {
        self.amount += 1;
        let begun = self.client.begin(label("shop"), payment(self.amount));
        self.handle = begun.unwrap().handle;
        self.began = Instant::now();
    }

    /// The same instances answer in the same sessions, and the payment is finished; another
    /// begins. Says how often the device has signed for others meanwhile.
    pub fn goes_on(&mut self) -> u64 {
        for (session, ta) in self.sessions.iter_mut().zip(&TARGETS) {
            let answer = send(session, ta, ta.question, &[1]);
            assert_eq!(answer[..3], [1, 0, 0], "{} TA", ta.name);
        }
        if self.began.elapsed() > OPEN {
            self.begin();
        }
        let token = touch(self.optee, OWNER, self.handle);
        let paid = self.client.finish(self.handle, token).unwrap();
        let paid = PaymentStatement::from_bytes(&paid.statement).unwrap();
        assert_eq!(paid.payment, payment(self.amount));
        let counter = paid.header.counter;
        assert!(counter > self.counter);
        let signed = counter - self.counter - 1;
        self.counter = counter;
        self.begin();
        signed
    }

    /// The same, if that was not asked of late.
    pub fn sometimes(&mut self) -> Option<u64> {
        (self.began.elapsed() > SOMETIMES).then(|| self.goes_on())
    }
}
