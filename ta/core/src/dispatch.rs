//! What every command passes through, whichever trusted application it is for.

use crate::error::{Error, Result};
use crate::platform::RefusalLog;
use touchseal_proto::PROTOCOL_VERSION;
use touchseal_proto::command::{Caller, Request};
use touchseal_proto::message::{GenerateAppKey, GeneratePaymentKey};
use touchseal_proto::status::Status;
use touchseal_proto::wire::{Wire, WireError, Writer};
use zeroize::Zeroize;

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
            Self::Public | Self::FingerprintTa | Self::GatekeeperTa => Err(Error::WrongCaller),
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
