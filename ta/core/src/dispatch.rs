//! What every command passes through, whichever trusted application it is for.

use crate::error::{Error, Result};
use crate::platform::RefusalLog;
use touchseal_proto::command::{Caller, Request};
use touchseal_proto::message::{GenerateAppKey, GeneratePaymentKey};
use touchseal_proto::status::Status;
use touchseal_proto::wire::{Wire, WireError, Writer};
use touchseal_proto::{HAL_UID, PROTOCOL_VERSION};
use zeroize::Zeroize;

/// So many sessions at once: each takes memory, and anyone may open one.
const MAX_SESSIONS: usize = 64;

/// So many of them of apps: some places are left for trusted applications, and for root.
const MAX_SESSIONS_OF_APPS: usize = 48;

/// So many of one uid, its sessions with the SOTER TA among them, so that no app takes the
/// others' place.
pub const MAX_SESSIONS_OF_ONE: usize = 8;

/// The open sessions of a trusted application.
#[derive(Default)]
pub struct Sessions(heapless::Vec<Login, MAX_SESSIONS>);

impl Sessions {
    /// One more, of `login`. It must be [closed](Self::close).
    pub fn open(&mut self, login: Login) -> Result<()> {
        let of_this_uid = |open: &&Login| match (open.uid(), login.uid()) {
            (Ok(open), Ok(uid)) => open == uid,
            _ => **open == login,
        };
        let of_this_uid = self.0.iter().filter(of_this_uid).count();
        let is_apps = login.uid().is_ok_and(|uid| uid != 0) || login == Login::Public;
        if of_this_uid >= MAX_SESSIONS_OF_ONE || is_apps && self.0.len() >= MAX_SESSIONS_OF_APPS {
            return Err(Error::TooManySessions);
        }
        self.0.push(login).map_err(|_| Error::TooManySessions)
    }

    /// One less.
    pub fn close(&mut self, login: Login) {
        if let Some(at) = self.0.iter().position(|open| *open == login) {
            self.0.swap_remove(at);
        }
    }
}

/// Who opened a session, as the platform vouches for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Login {
    /// Anyone.
    #[default]
    Public,
    /// An app, by its kernel uid.
    App {
        /// The uid.
        uid: u32,
    },
    /// The payment TA or the SOTER TA, by their exact UUIDs, for what anyone may ask.
    KeysTa,
    /// The fingerprint TA, by its exact UUID.
    FingerprintTa,
    /// The gatekeeper TA, by its exact UUID.
    GatekeeperTa,
    /// The SOTER TA, by its exact UUID, for a uid that the platform has vouched for there.
    SoterTa {
        /// The uid.
        uid: u32,
    },
}

impl Login {
    /// Refuses a login that may not call.
    pub fn require(self, caller: Caller) -> Result<()> {
        let may = match caller {
            Caller::Anyone => true,
            Caller::App => matches!(self, Self::App { .. }),
            Caller::Provisioner => self == Self::App { uid: 0 },
            Caller::Factory => matches!(self, Self::App { uid: 0 | HAL_UID }),
            Caller::FingerprintTa => self == Self::FingerprintTa,
            Caller::PasswordTa => matches!(self, Self::GatekeeperTa | Self::FingerprintTa),
            Caller::SoterTa => matches!(self, Self::SoterTa { .. }),
        };
        if may { Ok(()) } else { Err(Error::WrongCaller) }
    }

    /// The uid that the session is.
    pub fn uid(self) -> Result<u32> {
        match self {
            Self::App { uid } | Self::SoterTa { uid } => Ok(uid),
            Self::Public | Self::KeysTa | Self::FingerprintTa | Self::GatekeeperTa => {
                Err(Error::WrongCaller)
            }
        }
    }
}

/// Takes the version off a request.
pub fn request_body(request: &[u8]) -> Result<&[u8]> {
    match request.split_first() {
        Some((&PROTOCOL_VERSION, body)) => Ok(body),
        _ => Err(Error::Malformed(WireError::BadValue)),
    }
}

/// A response in the making: what a handler returns is encoded here at once.
pub struct Reply<'a> {
    response: &'a mut [u8],
    len: usize,
}

impl<'a> Reply<'a> {
    /// Will fill `response`.
    pub fn new(response: &'a mut [u8]) -> Self {
        Self { response, len: 0 }
    }

    fn write<T: Wire>(&mut self, status: Status, body: &T) -> Result<()> {
        let mut out = Writer::new(self.response);
        out.put(&PROTOCOL_VERSION)?;
        out.put(&status)?;
        out.put(body)?;
        self.len = out.len();
        Ok(())
    }

    /// Answers with what a handler returned.
    pub fn send<T: Wire>(&mut self, body: Result<T>) -> Result<()> {
        self.write(Status::Ok, &body?)
    }

    /// Answers a refusal: logged once, told as far as the normal world may know.
    /// Returns the length of the response.
    pub fn finish(
        mut self,
        outcome: Result<()>,
        command: u32,
        log: &mut impl RefusalLog,
    ) -> Result<usize> {
        if let Err(error) = outcome {
            log.refused(command, error);
            self.response.zeroize();
            self.write(error.status(), &())?;
        }
        Ok(self.len)
    }
}

/// A making of a key that failed.
#[derive(Clone, Copy)]
pub struct Failure {
    /// The command.
    pub command: u32,
    /// How.
    pub status: Status,
}

impl Failure {
    /// What a session remembers of an outcome: of a making of a key, whether it failed.
    pub fn note(failed: &mut Option<Self>, command: u32, outcome: Result<()>) {
        if command != GenerateAppKey::COMMAND && command != GeneratePaymentKey::COMMAND {
            return;
        }
        *failed = match outcome.map_err(Error::status) {
            Ok(()) | Err(Status::NotAuthorized | Status::BadRequest) => None,
            Err(status) => Some(Self { command, status }),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Login = Login::App { uid: 0 };
    const APP: Login = Login::App { uid: 10001 };
    const SOTER: Login = Login::SoterTa { uid: 10001 };
    const TOO_MANY: Result<()> = Err(Error::TooManySessions);

    #[test]
    fn a_uid_has_eight_and_those_of_the_soter_ta_are_among_them() {
        let mut sessions = Sessions::default();
        for login in [[APP, SOTER]; 4].into_iter().flatten() {
            assert_eq!(sessions.open(login), Ok(()));
        }
        for login in [APP, SOTER] {
            assert_eq!(sessions.open(login), TOO_MANY);
        }
        assert_eq!(sessions.open(Login::App { uid: 10002 }), Ok(()));
        sessions.close(SOTER);
        assert_eq!(sessions.open(APP), Ok(()));
        assert_eq!(sessions.open(SOTER), TOO_MANY);
    }

    #[test]
    fn of_sixty_four_the_last_sixteen_are_for_root_and_trusted_applications() {
        let mut sessions = Sessions::default();
        for login in (10001..=10006).flat_map(|uid| [Login::App { uid }; 8]) {
            assert_eq!(sessions.open(login), Ok(()));
        }
        let another = Login::App { uid: 10007 };
        for login in [another, Login::SoterTa { uid: 10007 }, Login::Public] {
            assert_eq!(sessions.open(login), TOO_MANY, "{login:?}");
        }
        sessions.close(APP);
        assert_eq!(sessions.open(another), Ok(()));

        let ours = [
            ROOT,
            Login::KeysTa,
            Login::FingerprintTa,
            Login::GatekeeperTa,
        ];
        for login in [ours; 4].into_iter().flatten() {
            assert_eq!(sessions.open(login), Ok(()), "{login:?}");
        }
        for login in ours {
            assert_eq!(sessions.open(login), TOO_MANY, "{login:?}");
        }
        sessions.close(another);
        assert_eq!(sessions.open(APP), TOO_MANY);
        assert_eq!(sessions.open(ROOT), Ok(()));
    }
}
