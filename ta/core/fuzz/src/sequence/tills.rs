//! Operations: begun, matched, finished and given up, in sessions that last.

use super::keys::{Name, Owner, Which};
use super::world::World;
use crate::ask::ask;
use crate::lived::{OWNER, scene};
use arbitrary::Arbitrary;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use touchseal_core::auth_token::{self, Claim, LIFETIME_MS};
use touchseal_core::dispatch::Login;
use touchseal_core::payment::OPERATION_LIFETIME_MS;
use touchseal_nonsecure::NonsecureTransport;
use touchseal_proto::label::Label;
use touchseal_proto::message::*;
use touchseal_proto::signed::{PaymentStatement, Statement};
use touchseal_proto::soter::{Blob, Challenge};
use touchseal_proto::token::{AuthToken, FINGERPRINT, PASSWORD, SIMULATED};

/// Whose sessions there are: of one app two.
const TILLS: [Owner; 4] = [Owner::App, Owner::App, Owner::Other, Owner::Soter];

/// What is done at a till.
#[derive(Arbitrary, Clone, Debug)]
pub enum Step {
    Begin {
        till: u8,
        tram: bool,
        order: u8,
    },
    /// With the handle that a till was given last, and a token for that of another.
    Finish {
        till: u8,
        handle_of: u8,
        token_of: u8,
        token: Token,
    },
    Abort {
        till: u8,
        handle_of: u8,
    },
    Close {
        till: u8,
    },
}

/// What is shown for a match.
#[derive(Arbitrary, Clone, Debug)]
pub enum Token {
    Good,
    /// The one that the sensor gave last.
    OfSensor,
    FlippedBit(u16),
    OfAnotherSensor,
    OfPassword,
    OfAnotherEnrolment,
    Old,
    OfTomorrow,
}

/// A session, and its operation.
#[derive(Default)]
pub struct Till {
    session: Option<NonsecureTransport>,
    /// The handle that was given here last.
    pub handle: u64,
    waiting: Option<Waiting>,
}

struct Waiting {
    which: Which,
    payment: Payment,
    challenge: Challenge,
    began: u64,
    /// Whether nothing has changed since.
    revision: u64,
}

/// The tills of a boot.
pub type Tills = [Till; 4];

fn payment(order: u8) -> Payment {
    Payment {
        amount: u64::from(order) * 100,
        currency: Currency::new("EUR").expect("a currency"),
        payee: Label::new("Caffè Rossi").expect("a label"),
        order: Label::new(&format!("order-{order}")).expect("a label"),
        nonce: [order; 32],
    }
}

impl World {
    pub fn till(&mut self, step: &Step) {
        let at = |till: &u8| usize::from(till % 4);
        match step {
            Step::Begin { till, tram, order } => self.begin(at(till), *tram, *order),
            Step::Finish {
                till,
                handle_of,
                token_of,
                token,
            } => {
                let handle = self.tills[at(handle_of)].handle;
                let challenge = self.tills[at(token_of)].handle;
                self.finish(at(till), handle, challenge, token);
            }
            Step::Abort { till, handle_of } => {
                let handle = self.tills[at(handle_of)].handle;
                self.abort(at(till), handle);
            }
            Step::Close { till } => self.tills[at(till)] = Till::default(),
        }
    }

    fn with_session<R>(
        &mut self,
        till: usize,
        act: impl FnOnce(&mut NonsecureTransport) -> R,
    ) -> R {
        let mut session = match self.tills[till].session.take() {
            Some(session) => session,
            None => TILLS[till].open(self),
        };
        let outcome = act(&mut session);
        self.tills[till].session = Some(session);
        outcome
    }

    fn begin(&mut self, till: usize, tram: bool, order: u8) {
        let which = if tram { Which::Tram } else { Which::Shop };
        let scene = scene(if tram { "tram" } else { "shop" });
        let payment = payment(order);
        let challenge = Challenge::new(&format!("challenge {order}")).expect("a challenge");
        let owner = TILLS[till];
        self.keys.soter_used |= owner.is_soter();
        let begun = self.with_session(till, |session| {
            if owner.is_soter() {
                let challenge = challenge.clone();
                ask(session, &BeginSoter { scene, challenge })
            } else {
                let payment = payment.clone();
                ask(session, &Begin { scene, payment })
            }
        });
        let waiting = Waiting {
            which,
            payment,
            challenge,
            began: self.device.now_ms(),
            revision: self.revision,
        };
        self.tills[till].waiting = match &begun {
            Ok(begun) => {
                self.tills[till].handle = begun.handle;
                Some(waiting)
            }
            Err(_) => None,
        };
        let enrolment = self.fingers.enrolment;
        let held = self.keys.held((owner, which)).clone();
        if begun.is_err() && !self.excused() && self.factory.is_provisioned(owner.is_soter()) {
            let usable = held.is_usable(enrolment) && !self.fingers.may_be_none();
            assert!(!usable, "{owner:?} {which:?}: {begun:?} of a usable key");
        }
    }

    fn abort(&mut self, till: usize, handle: u64) {
        let waited = self.tills[till].waiting.take().is_some();
        let right = waited && handle == self.tills[till].handle;
        let aborted = self.with_session(till, |session| ask(session, &Abort { handle }));
        assert_eq!(aborted.is_ok(), right, "{aborted:?}");
    }

    /// Whatever comes of it, the operation is over.
    fn finish(&mut self, till: usize, handle: u64, challenge: u64, token: &Token) {
        let Some((token, genuine)) = self.token(challenge, token) else {
            return;
        };
        let owner = TILLS[till];
        let waiting = self.tills[till].waiting.take();
        let right = waiting.filter(|waiting| {
            let waited = self.device.now_ms() - waiting.began;
            genuine
                && handle == self.tills[till].handle
                && token.challenge == handle
                && waited <= u64::from(OPERATION_LIFETIME_MS)
        });
        let shown = token.clone();
        let told = if owner.is_soter() {
            let request = FinishSoter { handle, token };
            match self.with_session(till, |session| ask(session, &request)) {
                Ok(blob) => {
                    let waiting = right.as_ref().expect("a challenge without its match");
                    self.check_challenge(&blob, waiting, &shown);
                    self.check_enrolment((owner, waiting.which));
                    return;
                }
                Err(error) => error,
            }
        } else {
            let request = Finish { handle, token };
            match self.with_session(till, |session| ask(session, &request)) {
                Ok(signed) => {
                    let waiting = right.as_ref().expect("a payment without its match");
                    self.check_payment(owner, &signed, waiting, &shown);
                    self.check_enrolment((owner, waiting.which));
                    return;
                }
                Err(error) => error,
            }
        };
        if let Some(waiting) = right {
            let undisturbed = waiting.revision == self.revision && !self.excused();
            let near = self.device.now_ms() - waiting.began + 2_000;
            let in_time = near < u64::from(OPERATION_LIFETIME_MS)
                && self.device.now_ms() - shown.timestamp + 2_000 < LIFETIME_MS;
            assert!(
                !(undisturbed && in_time),
                "{owner:?}: {told:?} of a payment that was matched"
            );
        }
    }

    fn check_payment(
        &mut self,
        owner: Owner,
        signed: &SignedPayment,
        waiting: &Waiting,
        token: &AuthToken,
    ) {
        let statement = PaymentStatement::from_bytes(&signed.statement).expect("a statement");
        self.ledger.native(&statement.header, &signed.statement);
        assert_eq!(statement.payment, waiting.payment);
        assert_eq!(statement.header.uid, owner.uid());
        assert_eq!(statement.header.epoch, token.authenticator_id);
        assert_eq!(statement.finger, token.user_id);
        let held = self.keys.held((owner, waiting.which));
        if let Some(public_key) = held.public_key() {
            let point = [&[4], public_key].concat();
            let key = VerifyingKey::from_sec1_bytes(&point).expect("a key");
            let signature = Signature::from_slice(&signed.signature).expect("a signature");
            key.verify_prehash(&Sha256::digest(signed.statement), &signature)
                .expect("another key than the one that was exported has signed");
        }
    }

    fn check_challenge(&mut self, blob: &Blob, waiting: &Waiting, token: &AuthToken) {
        let object = self.signed_json(blob);
        assert_eq!(object["raw"], waiting.challenge.as_str());
        assert_eq!(object["fid"], token.user_id.to_string());
        assert_eq!(object["uid"], Owner::Soter.uid().to_string());
    }

    /// What has signed is of the enrolment of now.
    fn check_enrolment(&mut self, name: Name) {
        let changes = self.fingers.changes;
        let of = self.keys.held(name).changes;
        assert_eq!(of, changes, "{name:?} of an old enrolment has signed");
    }

    /// A token, and whether it is of a match for that challenge just now. None where the
    /// sensor has given none yet.
    fn token(&mut self, challenge: u64, token: &Token) -> Option<(AuthToken, bool)> {
        let now = self.device.now_ms();
        if let Token::OfSensor = token {
            let token = self.fingers.last_token.clone()?;
            let age = now - token.timestamp;
            return Some((token, age <= LIFETIME_MS));
        }
        let epoch = ask(&mut self.device.fingerprint(Login::Public), &GetFingers {})
            .map_or(1, |fingers| fingers.authenticator_id);
        let mut trusted = self.device.payment(Login::FingerprintTa);
        let of_finger = ask(&mut trusted, &GetTokenKey {}).expect("always there");
        let of_password = ask(&mut trusted, &GetPasswordKey {}).expect("always there");
        let mut claim = Claim {
            challenge,
            user_id: OWNER,
            authenticator_id: epoch,
            authenticator_type: FINGERPRINT | SIMULATED,
        };
        let (mut key, mut timestamp, mut genuine) = (&of_finger, now, true);
        match token {
            Token::Good | Token::OfSensor | Token::FlippedBit(_) => {}
            Token::OfAnotherSensor => claim.authenticator_type = FINGERPRINT,
            Token::OfPassword => {
                claim.authenticator_type = PASSWORD;
                key = &of_password;
            }
            Token::OfAnotherEnrolment => claim.authenticator_id ^= 1,
            Token::Old => timestamp = now.checked_sub(LIFETIME_MS + 1)?,
            // Farther than a slow machine gets meanwhile.
            Token::OfTomorrow => timestamp = now + 86_400_000,
        }
        let mut minted = auth_token::mint(key, &claim, timestamp).expect("mints");
        if let Token::FlippedBit(bit) = token {
            minted.mac[usize::from(bit / 8 % 32)] ^= 1 << (bit % 8);
        }
        genuine &= matches!(token, Token::Good);
        Some((minted, genuine))
    }
}
