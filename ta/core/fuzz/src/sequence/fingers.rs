//! Fingers, and how often a wrong one is compared.

use super::world::World;
use crate::ask::{ask, enroll, place};
use crate::lived::{APP, OWNER, ROOT, STRANGER, TRIED};
use arbitrary::Arbitrary;
use std::collections::BTreeMap;
use touchseal_core::dispatch::Login;
use touchseal_proto::message::*;
use touchseal_proto::status::Status;
use touchseal_proto::token::AuthToken;

/// Another finger that may be enrolled.
const SECOND: u64 = 3;

/// So many wrong fingers lock, so many for good, and so long is a lock: as in PROTOCOL.md.
const TRIES: usize = 5;
const TRIES_FOR_GOOD: usize = 20;
const LOCK_MS: u64 = 30_000;

/// More pictures are not taken of one input: each takes long.
const PICTURES: u8 = 24;

/// What is done at the sensor.
#[derive(Arbitrary, Clone, Debug)]
pub enum Step {
    Touch {
        finger: Finger,
        till: u8,
    },
    Enroll {
        second: bool,
        with_password: bool,
    },
    Remove {
        second: bool,
    },
    RemoveAll,
    Invalidate,
    /// Ends a lock by the password, and once more by the same.
    Unlock {
        password: u8,
    },
}

#[derive(Arbitrary, Clone, Debug)]
pub enum Finger {
    Owner,
    Second,
    Stranger,
}

impl Finger {
    fn seed(&self) -> u64 {
        match self {
            Self::Owner => OWNER,
            Self::Second => SECOND,
            Self::Stranger => STRANGER,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Enrolled {
    No,
    Yes(u32),
    Perhaps,
}

/// What is known of the fingers.
pub struct Fingers {
    /// Another for each change of the enrolment, or attempt at one.
    pub enrolment: u32,
    /// How many changes of it are certain: after each, no key from before it signs.
    pub changes: u32,
    enrolled: BTreeMap<u64, Enrolled>,
    /// The token that the sensor has given last.
    pub last_token: Option<AuthToken>,
    /// When fingers were compared that were wrong, since one was right.
    wrong: Vec<u64>,
    pictures: u8,
}

impl Fingers {
    pub fn new(lived: bool) -> Self {
        let owner = if lived {
            Enrolled::Yes(1)
        } else {
            Enrolled::No
        };
        Self {
            enrolment: 0,
            changes: 0,
            enrolled: [
                (OWNER, owner),
                (SECOND, Enrolled::No),
                (STRANGER, Enrolled::No),
            ]
            .into(),
            last_token: None,
            wrong: Vec::new(),
            pictures: 0,
        }
    }

    /// As many wrong ones were compared just now as [`TRIED`] says.
    pub fn tried(&mut self) {
        self.wrong = vec![0; TRIED];
    }

    pub fn may_be_none(&self) -> bool {
        !self
            .enrolled
            .values()
            .any(|enrolled| matches!(enrolled, Enrolled::Yes(_)))
    }

    /// The state of the fingerprint TA was damaged, or lost: its attempts with it.
    pub fn damage(&mut self) {
        self.wrong.clear();
        self.enrolment += 1;
        self.doubt(|_| true);
    }

    fn doubt(&mut self, of: impl Fn(u64) -> bool) {
        for (seed, enrolled) in &mut self.enrolled {
            if of(*seed) && *enrolled != Enrolled::No {
                *enrolled = Enrolled::Perhaps;
            }
        }
    }

    /// A finger was compared now: not the sixth within a lock, nor the 21st.
    fn compared(&self, now: u64) {
        assert!(
            self.wrong.len() < TRIES_FOR_GOOD,
            "compared, locked for good"
        );
        if let Some(fifth) = self.wrong.len().checked_sub(TRIES) {
            let since = now - self.wrong[fifth];
            assert!(since >= LOCK_MS, "six compared in {since} ms");
        }
    }

    fn budget(&mut self, pictures: u8) -> bool {
        self.pictures += pictures;
        self.pictures <= PICTURES
    }
}

impl World {
    pub fn finger(&mut self, step: &Step) {
        match step {
            Step::Touch { finger, till } => self.touch(finger.seed(), *till),
            Step::Enroll {
                second,
                with_password,
            } => self.enroll(if *second { SECOND } else { OWNER }, *with_password),
            Step::Remove { second } => self.remove_finger(if *second { SECOND } else { OWNER }),
            Step::RemoveAll => self.remove_fingers(),
            Step::Invalidate => self.invalidate(),
            Step::Unlock { password } => self.unlock(*password),
        }
    }

    fn touch(&mut self, seed: u64, till: u8) {
        if !self.fingers.budget(1) {
            return;
        }
        let operation = self.tills[usize::from(till % 4)].handle;
        let mut sensor = self.device.fingerprint(Login::App { uid: APP });
        let nth = u64::from(self.fingers.pictures);
        let start = self.now();
        let outcome = place(&mut sensor, seed, nth)
            .and_then(|()| ask(&mut sensor, &Authenticate { operation }));
        drop(sensor);
        let now = self.now();
        let enrolled = self.fingers.enrolled[&seed];
        match outcome {
            Ok(Authenticated { token }) => {
                self.fingers.compared(now);
                assert!(enrolled != Enrolled::No, "finger {seed} matches");
                assert_eq!(token.challenge, operation);
                self.fingers.wrong.clear();
                self.fingers.last_token = Some(token);
            }
            Err(Status::FingerNotRecognized) => {
                self.fingers.compared(now);
                let known = matches!(enrolled, Enrolled::Yes(_));
                assert!(!known || self.excused(), "finger {seed} is not recognised");
                self.fingers.wrong.push(start);
            }
            Err(Status::LockedOut | Status::LockedOutForGood) => {}
            Err(Status::NoFingerEnrolled) => {
                assert!(self.fingers.may_be_none() || self.excused());
            }
            Err(error) => {
                assert!(self.excused(), "{error:?}");
                // It may have matched.
                if enrolled != Enrolled::No {
                    self.fingers.wrong.clear();
                }
            }
        }
    }

    fn enroll(&mut self, seed: u64, with_password: bool) {
        if self.fingers.enrolled[&seed] != Enrolled::No || !self.fingers.budget(4) {
            return;
        }
        let mut root = self.device.fingerprint(ROOT);
        let token = if with_password {
            let Ok(FreshChallenge { challenge }) = ask(&mut root, &GetChallenge {}) else {
                return;
            };
            let Some(token) = self.verify_password(0, challenge) else {
                return;
            };
            Some(token)
        } else {
            None
        };
        let outcome = enroll(&mut root, token, seed);
        drop(root);
        let excused = self.excused();
        self.fingers.enrolment += 1;
        match outcome {
            Ok(finger) => {
                let allowed = with_password || !self.factory.latched;
                assert!(allowed, "enrolled without a password in the closed factory");
                self.fingers.enrolled.insert(seed, Enrolled::Yes(finger));
                self.fingers.changes += u32::from(!excused);
            }
            // Refused at once, or a fault at its last step.
            Err(_) if excused => drop(self.fingers.enrolled.insert(seed, Enrolled::Perhaps)),
            Err(Status::NotAuthorized) => {}
            Err(Status::NotProvisioned) => {
                let cause = !with_password && !self.factory.is_provisioned(false);
                assert!(cause, "no device key without a cause");
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    fn remove_finger(&mut self, seed: u64) {
        let Enrolled::Yes(finger) = self.fingers.enrolled[&seed] else {
            return;
        };
        let removed = ask(&mut self.device.fingerprint(ROOT), &RemoveFinger { finger });
        let excused = self.excused();
        // The last one takes the enrolment with it.
        self.fingers.enrolment += 1;
        match removed {
            Ok(Done {}) => drop(self.fingers.enrolled.insert(seed, Enrolled::No)),
            Err(_) if excused => self.fingers.doubt(|other| other == seed),
            Err(error) => panic!("{error:?}"),
        }
    }

    fn remove_fingers(&mut self) {
        let removed = ask(&mut self.device.fingerprint(ROOT), &RemoveFingers {});
        let excused = self.excused();
        self.fingers.enrolment += 1;
        match removed {
            // What was hidden from it is there yet.
            Ok(Done {}) if !excused => {
                for enrolled in self.fingers.enrolled.values_mut() {
                    *enrolled = Enrolled::No;
                }
            }
            _ if excused => self.fingers.doubt(|_| true),
            other => panic!("{other:?}"),
        }
    }

    fn invalidate(&mut self) {
        let invalidated = ask(&mut self.device.fingerprint(ROOT), &InvalidateEnrolment {});
        let excused = self.excused();
        self.fingers.enrolment += 1;
        match invalidated {
            Ok(Done {}) => self.fingers.changes += u32::from(!excused),
            Err(Status::NoFingerEnrolled) if self.fingers.may_be_none() => {}
            Err(error) => assert!(excused, "{error:?}"),
        }
    }

    fn unlock(&mut self, password: u8) {
        let mut session = self.device.fingerprint(Login::App { uid: APP });
        let Ok(FreshChallenge { challenge }) = ask(&mut session, &GetChallenge {}) else {
            return;
        };
        let Some(token) = self.verify_password(password, challenge) else {
            return;
        };
        let twice = token.clone();
        let unlocked = ask(&mut session, &ResetLockout { token });
        let again = ask(&mut session, &ResetLockout { token: twice });
        assert!(again.is_err(), "one token ends a lock twice");
        drop(session);
        if unlocked.is_ok() || self.excused() {
            self.fingers.wrong.clear();
        } else {
            assert_eq!(unlocked, Err(Status::NotAuthorized), "of another owner");
        }
    }

    /// One more wrong finger, which is compared only if there were not too many.
    pub fn try_a_finger(&mut self) {
        self.fingers.pictures = 0;
        self.touch(STRANGER, 0);
    }

    /// Looks at the fingers, once no fault is left.
    pub fn settle_fingers(&mut self) {
        let found = ask(&mut self.device.fingerprint(Login::Public), &GetFingers {});
        let found = found
            .expect("a device without damage knows its fingers")
            .fingers;
        for (seed, enrolled) in &self.fingers.enrolled {
            if let Enrolled::Yes(finger) = enrolled {
                assert!(found.contains(finger), "finger {seed} is lost");
            }
        }
        let certain = |enrolled: &Enrolled| *enrolled != Enrolled::Perhaps;
        if self.fingers.enrolled.values().all(certain) {
            let known = self.fingers.enrolled.values();
            let known = known.filter(|enrolled| **enrolled != Enrolled::No);
            assert_eq!(
                found.len(),
                known.count(),
                "a finger that nobody has enrolled"
            );
        }
    }
}
