//! The owner's password, and how often a wrong one is compared.

use super::world::World;
use crate::ask::ask;
use crate::lived::{APP, ROOT, TRIED, password};
use arbitrary::Arbitrary;
use touchseal_core::dispatch::Login;
use touchseal_proto::message::*;
use touchseal_proto::status::Status;
use touchseal_proto::token::AuthToken;

/// So many wrong passwords are free, and so long is the shortest wait then: as in
/// PROTOCOL.md.
const FREE: usize = 5;
const WAIT_MS: u64 = 30_000;

/// What is done with passwords: there are three.
#[derive(Arbitrary, Clone, Debug)]
pub enum Step {
    Set { current: Option<u8>, new: u8 },
    Verify { nth: u8 },
    Forget,
}

/// What is known of the password.
pub struct Passwords {
    /// Those that it may be.
    possible: Vec<Option<u8>>,
    /// When wrong ones were compared, since one was right.
    wrong: Vec<u64>,
}

impl Passwords {
    pub fn new(lived: bool) -> Self {
        Self {
            possible: vec![lived.then_some(0)],
            wrong: Vec::new(),
        }
    }

    /// As many wrong ones were compared just now as [`TRIED`] says.
    pub fn tried(&mut self) {
        self.wrong = vec![0; TRIED];
    }

    /// The state was damaged, or lost.
    pub fn damage(&mut self) {
        self.possible.push(None);
        self.wrong.clear();
    }

    fn compared(&self, now: u64) {
        if self.wrong.len() >= FREE
            && let Some(last) = self.wrong.last()
        {
            assert!(now - last >= WAIT_MS, "compared after {} ms", now - last);
        }
    }

    fn is_right(&mut self, nth: u8, now: u64) {
        self.compared(now);
        let possible = self.possible.contains(&Some(nth));
        assert!(possible, "password {nth} is right, and was never set");
        self.possible = vec![Some(nth)];
        self.wrong.clear();
    }

    fn is_wrong(&mut self, nth: u8, start: u64, now: u64) {
        self.compared(now);
        self.possible.retain(|possible| *possible != Some(nth));
        let other = self.possible.iter().any(Option::is_some);
        assert!(other, "password {nth} is wrong, and was set");
        self.wrong.push(start);
    }
}

impl World {
    pub fn password(&mut self, step: &Step) {
        match step {
            Step::Set { current, new } => self.set_password(current.map(|nth| nth % 3), new % 3),
            Step::Verify { nth } => drop(self.verify_password(*nth, 1)),
            Step::Forget => self.forget_password(),
        }
    }

    fn set_password(&mut self, current: Option<u8>, new: u8) {
        let request = SetPassword {
            current: current.map(password),
            new: password(new),
        };
        let start = self.now();
        let set = ask(&mut self.device.gatekeeper(ROOT), &request);
        let (excused, now) = (self.excused(), self.now());
        let passwords = &mut self.passwords;
        match (set, current) {
            (Ok(Done {}), Some(current)) => {
                passwords.is_right(current, now);
                passwords.possible = vec![Some(new)];
            }
            (Ok(Done {}), None) => {
                let none = passwords.possible.contains(&None);
                assert!(none, "a password was set without the one before");
                passwords.possible = vec![Some(new)];
                passwords.wrong.clear();
            }
            (Err(Status::PasswordWrong), Some(current)) => passwords.is_wrong(current, start, now),
            (Err(Status::PasswordWrong), None) => {
                passwords.possible.retain(Option::is_some);
                assert!(!passwords.possible.is_empty(), "refused, and none was set");
            }
            (Err(Status::NoPassword), _) if !excused => {
                assert!(passwords.possible.contains(&None), "the password is lost");
            }
            (Err(Status::PasswordLocked), _) => {}
            (Err(error), _) => {
                assert!(excused, "{error:?}");
                // It may have been right.
                if passwords.possible.contains(&current) {
                    passwords.wrong.clear();
                    passwords.possible.push(Some(new));
                }
            }
        }
    }

    /// A token for a challenge, if the password is this one.
    pub fn verify_password(&mut self, nth: u8, challenge: u64) -> Option<AuthToken> {
        let nth = nth % 3;
        let request = VerifyPassword {
            challenge,
            password: password(nth),
        };
        let mut session = self.device.gatekeeper(Login::App { uid: APP });
        let start = self.now();
        let verified = ask(&mut session, &request);
        drop(session);
        let (excused, now) = (self.excused(), self.now());
        match verified {
            Ok(Authenticated { token }) => {
                self.passwords.is_right(nth, now);
                return Some(token);
            }
            Err(Status::PasswordWrong) => self.passwords.is_wrong(nth, start, now),
            Err(Status::NoPassword) if !excused => {
                let none = self.passwords.possible.contains(&None);
                assert!(none, "the password is lost");
            }
            Err(Status::PasswordLocked) => {}
            Err(error) => {
                assert!(excused, "{error:?}");
                // It may have been right.
                if self.passwords.possible.contains(&Some(nth)) {
                    self.passwords.wrong.clear();
                }
            }
        }
        None
    }

    fn forget_password(&mut self) {
        let forgotten = ask(&mut self.device.gatekeeper(ROOT), &ForgetPassword {});
        let excused = self.excused();
        self.passwords.wrong.clear();
        match forgotten {
            Ok(Done {}) if !excused => self.passwords.possible = vec![None],
            // What was hidden from it is there yet.
            Ok(Done {}) => self.passwords.possible.push(None),
            Err(error) => {
                assert!(excused, "{error:?}");
                self.passwords.possible.push(None);
            }
        }
    }

    /// Looks at the password, once no fault is left.
    pub fn settle_passwords(&mut self) {
        let found = ask(&mut self.device.gatekeeper(Login::Public), &GetPassword {});
        let found = found.expect("a device without damage knows whether there is a password");
        self.passwords
            .possible
            .retain(|possible| possible.is_some() == found.set);
        let known = !self.passwords.possible.is_empty();
        assert!(known, "a password that nobody has set, or none");
    }
}
