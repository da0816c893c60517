//! The fingerprint TA: enrols fingers, matches them, and vouches for a match.

mod enrolment;
pub mod frame;
pub mod freshness;
mod lockout;
mod matcher;
pub mod r503;
pub mod template;

use crate::auth_token;
use crate::dispatch::{Login, Reply, request_body};
use crate::error::{Error, Result};
use crate::platform::FingerprintPlatform;
use crate::record::Sealed;
use enrolment::State;
use lockout::Lockout;
use touchseal_proto::command::FingerprintCommand;
use touchseal_proto::message::*;

pub use enrolment::{State as StateRecord, Template};

/// The fingerprint TA.
pub struct FingerprintTa<P: FingerprintPlatform> {
    platform: P,
    running: Option<Running>,
}

impl<P: FingerprintPlatform> FingerprintTa<P> {
    /// Starts.
    pub fn new(platform: P) -> Self {
        Self {
            platform,
            running: None,
        }
    }

    /// Serves one command and returns the length of the response.
    pub fn invoke(
        &mut self,
        login: Login,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize> {
        let mut reply = Reply::new(response);
        let outcome = self.serve(login, command, request, &mut reply);
        reply.finish(outcome, command, &mut self.platform)
    }

    fn serve(
        &mut self,
        login: Login,
        command: u32,
        request: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<()> {
        let caller = FingerprintCommand::caller(command).ok_or(Error::UnknownCommand)?;
        login.require(caller)?;
        let request = FingerprintCommand::decode(command, request_body(request)?)?;
        let platform = &mut self.platform;
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(platform)?,
        };
        let outcome = match request {
            FingerprintCommand::GetFingers(GetFingers {}) => reply.send(running.fingers(platform)),
            FingerprintCommand::Enroll(request) => {
                reply.send(running.enroll(platform, &request.print))
            }
            FingerprintCommand::RemoveFingers(RemoveFingers {}) => {
                reply.send(enrolment::remove_all(&mut running.state, platform).map(|()| Done {}))
            }
            FingerprintCommand::Authenticate(request) => {
                reply.send(running.authenticate(platform, &request))
            }
        };
        // Where memory may not be what is sealed, start anew from that.
        if running.state.is_current() {
            self.running = Some(running);
        }
        outcome
    }
}

/// What lives from the first command to the end of the instance.
struct Running {
    state: Sealed<State>,
    lockout: Lockout,
}

impl Running {
    fn start(platform: &mut impl FingerprintPlatform) -> Result<Self> {
        let mut state = Sealed::new(b"fingerprint.state");
        let counted = enrolment::read(&mut state, platform)?.attempts;
        Ok(Self {
            state,
            lockout: Lockout::at_start(counted, platform.now_ms()),
        })
    }

    fn fingers(&mut self, platform: &mut impl FingerprintPlatform) -> Result<Fingers> {
        let locked_ms = self.lockout.remaining_ms(platform.now_ms());
        let state = enrolment::read(&mut self.state, platform)?;
        Ok(Fingers {
            authenticator_id: state.authenticator_id(),
            fingers: state.count(),
            locked_ms,
        })
    }

    fn enroll(
        &mut self,
        platform: &mut impl FingerprintPlatform,
        print: &Print,
    ) -> Result<Enrolled> {
        matcher::check_template(print)?;
        let finger = enrolment::add(&mut self.state, platform, print)?;
        Ok(Enrolled {
            finger,
            fingers: enrolment::read(&mut self.state, platform)?.count(),
        })
    }

    /// Counts the attempt, then matches, then vouches for the match. While locked
    /// nothing is matched.
    fn authenticate(
        &mut self,
        platform: &mut impl FingerprintPlatform,
        request: &Authenticate,
    ) -> Result<Authenticated> {
        self.lockout.check(platform.now_ms())?;
        if enrolment::read(&mut self.state, platform)?.count() == 0 {
            return Err(Error::NoFingerEnrolled);
        }
        matcher::check(&request.print)?;
        self.lockout.count_attempt(&mut self.state, platform)?;
        let finger = match enrolment::find(&mut self.state, platform, &request.print) {
            Ok(Some(finger)) => finger,
            outcome => {
                self.lockout.failed(platform.now_ms());
                return Err(outcome.err().unwrap_or(Error::FingerNotRecognized));
            }
        };
        self.lockout.succeeded(&mut self.state, platform)?;
        let epoch = enrolment::read(&mut self.state, platform)?.authenticator_id();
        let key = platform.token_key()?;
        let token = auth_token::mint(
            &key,
            request.operation,
            finger.into(),
            epoch,
            platform.now_ms(),
        )?;
        Ok(Authenticated { token })
    }
}
