//! A payment between begin and finish, as a value that is moved from state to
//! state: what has not been authorised cannot become a statement.

use super::{KeyRecord, OPERATION_LIFETIME_MS};
use crate::auth_token;
use crate::error::{Error, Result};
use touchseal_proto::label::Scene;
use touchseal_proto::message::{Payment, TokenKey};
use touchseal_proto::signed::{Header, PaymentStatement, Sensor};
use touchseal_proto::token::AuthToken;

/// Begun, and waiting for its match.
pub struct Pending {
    handle: u64,
    scene: Scene,
    payment: Payment,
    began: u64,
}

/// Matched. Only [`Pending::authorize`] makes one.
pub struct Authorized {
    scene: Scene,
    payment: Payment,
    uid: u32,
    epoch: u64,
    finger: u64,
}

impl Pending {
    pub fn new(handle: u64, scene: Scene, payment: Payment, now: u64) -> Self {
        Self {
            handle,
            scene,
            payment,
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

    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Checks that the match was made for this operation, under the key's enrolment.
    pub fn authorize(
        self,
        token_key: &TokenKey,
        token: &AuthToken,
        key: KeyRecord,
        now: u64,
    ) -> Result<Authorized> {
        let waited = now.checked_sub(self.began).ok_or(Error::OperationExpired)?;
        if waited > u64::from(OPERATION_LIFETIME_MS) {
            return Err(Error::OperationExpired);
        }
        let finger = auth_token::verify(token_key, token, self.handle, key.epoch, now)?;
        Ok(Authorized {
            scene: self.scene,
            payment: self.payment,
            uid: key.uid,
            epoch: key.epoch,
            finger,
        })
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
