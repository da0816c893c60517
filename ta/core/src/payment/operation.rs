//! A payment between begin and finish, as a value that is moved from state to
//! state: what has not been authorised cannot become a statement.

use super::OPERATION_LIFETIME_MS;
use crate::auth_token::MatchVerifier;
use crate::error::{Error, Result};
use crate::keys::KeyRecord;
use touchseal_proto::label::Scene;
use touchseal_proto::message::Payment;
use touchseal_proto::signed::{Header, PaymentStatement, Sensor};
use touchseal_proto::token::AuthToken;

/// Begun, and waiting for its match.
pub struct Pending {
    handle: u64,
    subject: Subject,
    began: u64,
}

/// What a match is waited for.
#[allow(clippy::large_enum_variant, reason = "one a session")]
enum Subject {
    /// A payment with the key of a scene.
    Payment(Scene, Payment),
    /// A challenge of the SOTER TA, with a key that was made under an enrolment.
    Challenge { epoch: u64 },
}

/// A payment, matched. Only [`Pending::authorize`] makes one.
pub struct Authorized {
    scene: Scene,
    payment: Payment,
    uid: u32,
    epoch: u64,
    finger: u64,
}

impl Pending {
    /// A payment.
    pub fn payment(handle: u64, scene: Scene, payment: Payment, now: u64) -> Self {
        Self {
            handle,
            subject: Subject::Payment(scene, payment),
            began: now,
        }
    }

    /// A challenge of the SOTER TA.
    pub fn challenge(handle: u64, epoch: u64, now: u64) -> Self {
        Self {
            handle,
            subject: Subject::Challenge { epoch },
            began: now,
        }
    }

    /// Takes the operation out of its session. Another handle uses it up as well:
    /// nobody gets to guess twice.
    pub fn take(slot: &mut Option<Self>, handle: u64) -> Result<Self> {
        slot.take()
            .filter(|pending| pending.handle == handle)
            .ok_or(Error::UnknownOperation)
    }

    /// The scene of a payment.
    pub fn scene(&self) -> Result<&Scene> {
        match &self.subject {
            Subject::Payment(scene, _) => Ok(scene),
            Subject::Challenge { .. } => Err(Error::UnknownOperation),
        }
    }

    /// Checks that the match was made for this payment, under the key's enrolment.
    pub fn authorize(
        self,
        matches: &MatchVerifier,
        token: &AuthToken,
        key: &KeyRecord,
        now: u64,
    ) -> Result<Authorized> {
        let finger = self.verify(matches, token, key.epoch, now)?;
        match self.subject {
            Subject::Payment(scene, payment) => Ok(Authorized {
                scene,
                payment,
                uid: key.uid,
                epoch: key.epoch,
                finger,
            }),
            Subject::Challenge { .. } => Err(Error::UnknownOperation),
        }
    }

    /// Checks that the match was made for this challenge, under its key's enrolment.
    pub fn authorize_challenge(
        self,
        matches: &MatchVerifier,
        token: &AuthToken,
        now: u64,
    ) -> Result<()> {
        match self.subject {
            Subject::Challenge { epoch } => self.verify(matches, token, epoch, now).map(drop),
            Subject::Payment(..) => Err(Error::UnknownOperation),
        }
    }

    fn verify(
        &self,
        matches: &MatchVerifier,
        token: &AuthToken,
        epoch: u64,
        now: u64,
    ) -> Result<u64> {
        let waited = now.checked_sub(self.began).ok_or(Error::OperationExpired)?;
        if waited > u64::from(OPERATION_LIFETIME_MS) {
            return Err(Error::OperationExpired);
        }
        matches.finger(token, self.handle, epoch, now)
    }
}

impl Authorized {
    /// What gets signed.
    pub fn into_statement(self, header: Header, sensor: Sensor) -> PaymentStatement {
        PaymentStatement {
            header: Header {
                sensor,
                uid: self.uid,
                epoch: self.epoch,
                ..header
            },
            finger: self.finger,
            scene: self.scene,
            payment: self.payment,
        }
    }
}
