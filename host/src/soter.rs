//! SOTER's fourteen verbs for one app: what a SOTER HAL calls. A session of the secure
//! world is one uid, so that no verb takes one.
//!
//! Making a key is idempotent here, and never deletes a good one: clients that delete
//! their keys when a new one fails do so with the verbs that are for it.
//!
//! ```
//! # use touchseal_core::dispatch::Login;
//! # use touchseal_nonsecure::Device;
//! use touchseal::SoterClient;
//! use touchseal::soter::{Code, Soter};
//!
//! # let device = Device::default();
//! # let session = device.soter(Login::App { uid: 10115 });
//! // On a device: let session = Teec::soter(uid)?;
//! let mut verbs = Soter::new(SoterClient::new(session));
//! let refusal = verbs.has_ask_already().unwrap_err();
//! assert_eq!(refusal.code, Code::AskNotReady);
//! assert_eq!(refusal.code.number(), -5);
//! ```

mod code;
mod remedy;

use crate::Error;
use crate::client::SoterClient;
use crate::diagnosis::device_key;
use std::fmt;
use std::time::{Duration, Instant};
use touchseal_proto::label::Scene;
use touchseal_proto::message::KeyState;
use touchseal_proto::soter::{Blob, Challenge, CpuId, spki_pem};
use touchseal_proto::status::Status;
use touchseal_proto::token::AuthToken;
use touchseal_proto::transport::Transport;

pub use code::Code;
pub use remedy::remedy;

/// Why a verb has no result.
#[derive(Debug)]
pub struct Refusal<E> {
    /// What SOTER's callers are told.
    pub code: Code,
    /// The exact cause, where the secure world gave one.
    pub cause: Option<Error<E>>,
}

impl<E: fmt::Display> fmt::Display for Refusal<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, number) = (self.code, self.code.number());
        match &self.cause {
            Some(cause) => write!(f, "{cause} [SOTER: {code:?}, {number}]"),
            None => write!(f, "{code} [SOTER: {code:?}, {number}]"),
        }
    }
}

impl<E: std::error::Error> std::error::Error for Refusal<E> {}

impl<E> From<Error<E>> for Refusal<E> {
    fn from(cause: Error<E>) -> Self {
        let code = match cause {
            Error::Refused(status) => status.into(),
            Error::Transport(_) | Error::Protocol(_) => Code::SecureHwCommunicationFailed,
        };
        Self {
            code,
            cause: Some(cause),
        }
    }
}

impl<E> From<Status> for Refusal<E> {
    fn from(status: Status) -> Self {
        Error::Refused(status).into()
    }
}

impl<E> From<Code> for Refusal<E> {
    fn from(code: Code) -> Self {
        Self { code, cause: None }
    }
}

/// The outcome of a verb over `T`.
pub type Outcome<R, T> = Result<R, Refusal<<T as Transport>::Error>>;

/// A signing session, which waits for a finger.
struct Signing {
    handle: u64,
    until: Instant,
}

/// The verbs, for the uid of a session with the SOTER TA. Those that make a key wait for their
/// turn as long as the session's [`Patience`](crate::patience::Patience) lasts.
pub struct Soter<T> {
    client: SoterClient<T>,
    signing: Option<Signing>,
}

impl<T: Transport> Soter<T> {
    /// Over an open session.
    pub fn new(client: SoterClient<T>) -> Self {
        Self {
            client,
            signing: None,
        }
    }

    /// Makes the ATTK, or repairs a copy of it. For uid 0, on a device that has its native device
    /// key. There are two copies, whatever number a caller asks for.
    pub fn generate_attk_key_pair(&mut self) -> Outcome<(), T> {
        self.client.provision()?;
        Ok(())
    }

    /// Whether the ATTK signs: one good copy is enough.
    pub fn verify_attk_key_pair(&mut self) -> Outcome<(), T> {
        match device_key(&self.client.diagnose()?) {
            Some(Status::Ok | Status::DeviceKeySlotDamaged) => Ok(()),
            Some(cause) => Err(cause.into()),
            None => Err(Code::Unknown.into()),
        }
    }

    /// The ATTK's public half, in PEM.
    pub fn export_attk_public_key(&mut self) -> Outcome<String, T> {
        let key = self.client.export_device_key()?;
        let pem = spki_pem(&key.public_key).map_err(Error::Protocol)?;
        Ok(pem.as_str().to_owned())
    }

    /// The device's id: what the exports and signatures call `cpu_id`.
    pub fn get_device_id(&mut self) -> Outcome<CpuId, T> {
        Ok(self.client.export_device_key()?.cpu_id)
    }

    /// Makes the app's ASK, unless there is one.
    pub fn generate_ask_key_pair(&mut self) -> Outcome<(), T> {
        self.client.generate_app_key(false)?;
        Ok(())
    }

    /// The ASK, signed by the ATTK: a SOTER blob.
    pub fn export_ask_public_key(&mut self) -> Outcome<Vec<u8>, T> {
        Ok(soter_blob(&self.client.export_app_key()?)?)
    }

    /// Refuses where the app has no ASK.
    pub fn has_ask_already(&mut self) -> Outcome<(), T> {
        match self.client.find_app_key()? {
            KeyState::Absent => Err(Status::NoAppKey.into()),
            KeyState::Usable | KeyState::Invalidated => Ok(()),
        }
    }

    /// Removes the app's keys, for ever.
    pub fn remove_all_uid_key(&mut self) -> Outcome<(), T> {
        self.client.remove_app_keys()?;
        Ok(())
    }

    /// Makes the app's AuthKey of a name, unless there is one that the enrolled fingers
    /// can use.
    pub fn generate_auth_key_pair(&mut self, name: &str) -> Outcome<(), T> {
        self.client.generate_payment_key(scene(name)?, false)?;
        Ok(())
    }

    /// The AuthKey, signed by the ASK: a SOTER blob.
    pub fn export_auth_key_public_key(&mut self, name: &str) -> Outcome<Vec<u8>, T> {
        let blob = self.client.export_payment_key(scene(name)?)?;
        Ok(soter_blob(&blob)?)
    }

    /// Refuses where the app has no AuthKey of that name, or one that the enrolled fingers
    /// cannot use any more.
    pub fn has_auth_key(&mut self, name: &str) -> Outcome<(), T> {
        match self.client.find_payment_key(scene(name)?)? {
            KeyState::Usable => Ok(()),
            KeyState::Absent => Err(Status::NoPaymentKey.into()),
            KeyState::Invalidated => Err(Status::PaymentKeyInvalidated.into()),
        }
    }

    /// Removes an AuthKey, for ever.
    pub fn remove_auth_key(&mut self, name: &str) -> Outcome<(), T> {
        self.client.remove_payment_key(scene(name)?)?;
        Ok(())
    }

    /// Begins to sign: returns the session, which is the challenge for the finger. It ends
    /// the one before.
    pub fn init_sign(&mut self, name: &str, challenge: &str) -> Outcome<u64, T> {
        self.signing = None;
        let challenge = Challenge::new(challenge).map_err(|_| Code::InvalidArgument)?;
        let begun = match self.client.begin(scene(name)?, challenge) {
            Err(Error::Refused(Status::NoPaymentKey)) => {
                self.has_ask_already()?;
                return Err(Status::NoPaymentKey.into());
            }
            begun => begun?,
        };
        let lifetime = Duration::from_millis(begun.lifetime_ms.into());
        self.signing = Some(Signing {
            handle: begun.handle,
            until: Instant::now() + lifetime,
        });
        Ok(begun.handle)
    }

    /// Signs with the match that was made for the session: a SOTER blob. Without one the
    /// session stays open until it is out of time; a match uses it up, good or not.
    pub fn finish_sign(&mut self, session: u64, token: Option<AuthToken>) -> Outcome<Vec<u8>, T> {
        let signing = self
            .signing
            .take_if(|signing| signing.handle == session)
            .ok_or(Code::Unknown)?;
        if Instant::now() >= signing.until {
            return Err(Code::SessionOutOfTime.into());
        }
        match token {
            None => {
                self.signing = Some(signing);
                Err(Code::VerificationFailed.into())
            }
            Some(token) => Ok(soter_blob(&self.client.finish(session, token)?)?),
        }
    }
}

fn scene<E>(name: &str) -> Result<Scene, Refusal<E>> {
    Scene::new(name).map_err(|_| Code::InvalidArgument.into())
}

fn soter_blob<E>(blob: &Blob) -> Result<Vec<u8>, Error<E>> {
    Ok(blob.to_soter()?.as_slice().to_vec())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
