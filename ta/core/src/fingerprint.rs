//! The fingerprint TA: enrols fingers, matches them, and vouches for a match.

mod capture;
mod enroll;
mod enrolment;
pub mod frame;
pub mod freshness;
mod lockout;
pub mod matcher;
pub mod print;
pub mod r503;
pub mod sealed_template;
pub mod simulated;
pub mod template;

use crate::auth_token;
use crate::dispatch::{Login, Reply, Sessions, request_body};
use crate::error::{Error, Result};
use crate::platform::{FingerprintPlatform, Sensor, random_nonzero};
use crate::record::Sealed;
use capture::Capture;
use enroll::Enrolling;
use enrolment::State;
use lockout::Lockout;
use touchseal_proto::command::FingerprintCommand;
use touchseal_proto::message::*;
use touchseal_proto::signed;
use touchseal_proto::token::{self, AuthToken};

pub use enrolment::State as StateRecord;

/// The fingerprint TA.
pub struct FingerprintTa<P: FingerprintPlatform, S: Sensor> {
    platform: P,
    capture: Capture<S>,
    enrolling: Option<Enrolling>,
    /// So many enrolments were begun.
    enrolments: u64,
    running: Option<Running>,
    sessions: Sessions,
}

/// A client's session. Its enrolment ends with it.
#[derive(Default)]
pub struct Session {
    login: Login,
    /// What a stronger credential's token has to name, once.
    challenge: Option<u64>,
    /// The last enrolment that was begun here.
    enrolment: u64,
}

impl<P: FingerprintPlatform, S: Sensor> FingerprintTa<P, S> {
    /// Starts.
    pub fn new(platform: P, sensor: S) -> Self {
        Self {
            platform,
            capture: Capture::new(sensor),
            enrolling: None,
            enrolments: 0,
            running: None,
            sessions: Sessions::default(),
        }
    }

    /// Opens a session of `login`. It must be [closed](Self::close).
    pub fn open(&mut self, login: Login) -> Result<Session> {
        self.sessions.open(login)?;
        Ok(Session {
            login,
            ..Session::default()
        })
    }

    /// Closes a session.
    pub fn close(&mut self, session: Session) {
        self.sessions.close(session.login);
        if session.enrolment == self.enrolments {
            self.enrolling = None;
        }
    }

    fn sensor(&mut self) -> &mut S {
        self.capture.sensor()
    }

    fn platform(&mut self) -> &mut P {
        &mut self.platform
    }

    /// Serves one command and returns the length of the response.
    pub fn invoke(
        &mut self,
        session: &mut Session,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize> {
        let mut reply = Reply::new(response);
        let outcome = self.serve(session, command, request, &mut reply);
        reply.finish(outcome, command, &mut self.platform)
    }

    fn serve(
        &mut self,
        session: &mut Session,
        command: u32,
        request: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<()> {
        let caller = FingerprintCommand::caller(command).ok_or(Error::UnknownCommand)?;
        session.login.require(caller)?;
        let request = FingerprintCommand::decode(command, request_body(request)?)?;
        let now = self.platform.now_ms();
        self.enrolling
            .take_if(|enrolling| !enrolling.is_current(now));
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(&mut self.platform)?,
        };
        let outcome = match request {
            FingerprintCommand::GetFingers(GetFingers {}) => {
                reply.send(running.fingers(&mut self.platform, S::KIND))
            }
            FingerprintCommand::GetChallenge(GetChallenge {}) => {
                reply.send(self.fresh_challenge(session))
            }
            FingerprintCommand::BeginEnroll(BeginEnroll { token }) => {
                reply.send(self.begin_enroll(session, &mut running, token))
            }
            FingerprintCommand::AddImpression(AddImpression {}) => {
                reply.send(self.add_impression(session, &mut running))
            }
            FingerprintCommand::AbortEnroll(AbortEnroll {}) => {
                self.enrolling = None;
                reply.send(Ok(Done {}))
            }
            FingerprintCommand::RemoveFinger(RemoveFinger { finger }) => reply
                .send(enrolment::remove(&mut running.state, &mut self.platform, finger).map(done)),
            FingerprintCommand::RemoveFingers(RemoveFingers {}) => {
                self.enrolling = None;
                reply.send(enrolment::remove_all(&mut running.state, &mut self.platform).map(done))
            }
            FingerprintCommand::InvalidateEnrolment(InvalidateEnrolment {}) => {
                reply.send(enrolment::invalidate(&mut running.state, &mut self.platform).map(done))
            }
            FingerprintCommand::ResetLockout(ResetLockout { token }) => {
                reply.send(self.reset_lockout(session, &mut running, &token))
            }
            FingerprintCommand::Authenticate(Authenticate { operation }) => {
                reply.send(self.authenticate(&mut running, operation))
            }
        };
        // Where memory may not be what is sealed, start anew from that.
        if running.state.is_current() {
            self.running = Some(running);
        }
        outcome
    }

    fn fresh_challenge(&mut self, session: &mut Session) -> Result<FreshChallenge> {
        let challenge = random_nonzero(&mut self.platform);
        session.challenge = Some(challenge);
        Ok(FreshChallenge { challenge })
    }

    /// Checks that a stronger credential was shown just now, for the session's last challenge,
    /// which is used up.
    fn require_password(&mut self, session: &mut Session, token: &AuthToken) -> Result<()> {
        let challenge = session.challenge.take().ok_or(Error::TokenForOther)?;
        let key = self.platform.password_key()?;
        let now = self.platform.now_ms();
        auth_token::verify(&key, token, token::PASSWORD, challenge, now)
    }

    /// Without a token only while the factory mode is open, and the fingers have no owner.
    fn begin_enroll(
        &mut self,
        session: &mut Session,
        running: &mut Running,
        token: Option<AuthToken>,
    ) -> Result<EnrollBegun> {
        let state = enrolment::read(&mut running.state, &mut self.platform)?;
        if state.fingers.is_full() {
            return Err(Error::TooManyFingers);
        }
        match &token {
            Some(token) => {
                self.require_password(session, token)?;
                enrolment::admit(&mut running.state, &mut self.platform, token.user_id)?;
            }
            None if state.has_owner() => return Err(Error::PasswordRequired),
            None => self.require_factory_mode()?,
        }
        self.enrolments = self.enrolments.saturating_add(1);
        session.enrolment = self.enrolments;
        let admitted = token.map(|token| token.user_id);
        self.enrolling = Some(Enrolling::begin(admitted, self.platform.now_ms()));
        Ok(EnrollBegun { wanted: WANTED })
    }

    /// Open until it is closed. Nothing says so where there is no device key, or the payment
    /// TA was told that it has none.
    fn require_factory_mode(&mut self) -> Result<()> {
        match self.platform.payment_info()? {
            info if !info.provisioned => Err(Error::NotProvisioned),
            info if info.latched => Err(Error::PasswordRequired),
            _ => Ok(()),
        }
    }

    fn add_impression(&mut self, session: &Session, running: &mut Running) -> Result<Impression> {
        let enrolling = self
            .enrolling
            .as_mut()
            .filter(|_| session.enrolment == self.enrolments);
        let enrolling = enrolling.ok_or(Error::NoEnrolment)?;
        let captured = match self.capture.take(&mut self.platform) {
            Ok(captured) => Some(captured),
            Err(Error::PoorImage) => None,
            Err(error) => return Err(error),
        };
        let guidance = enrolling.add(captured, self.platform.now_ms())?;
        let taken = enrolling.taken();
        let impression = |guidance, finger| Impression {
            guidance,
            taken,
            wanted: WANTED,
            finger,
        };
        if enrolling.template().is_none() {
            return Ok(impression(guidance, 0));
        }
        let finger = self.finish_enroll(running)?;
        Ok(impression(Guidance::Enrolled, finger))
    }

    /// Whatever comes of it, the enrolment is over. The factory mode that has allowed it may
    /// have been closed since.
    fn finish_enroll(&mut self, running: &mut Running) -> Result<u32> {
        let enrolling = self.enrolling.take().ok_or(Error::NoEnrolment)?;
        let template = enrolling.template().ok_or(Error::NoEnrolment)?;
        let admitted = enrolling.admitted();
        if admitted.is_none() {
            self.require_factory_mode()?;
        }
        enrolment::add(&mut running.state, &mut self.platform, template, admitted)
    }

    fn reset_lockout(
        &mut self,
        session: &mut Session,
        running: &mut Running,
        token: &AuthToken,
    ) -> Result<Done> {
        self.require_password(session, token)?;
        enrolment::require_owner(&mut running.state, &mut self.platform, token.user_id)?;
        running
            .lockout
            .reset(&mut running.state, &mut self.platform)
            .map(done)
    }

    /// Counts the attempt, then matches, then vouches for the match. While locked nothing
    /// is matched, and no picture is taken. A finger that is being enrolled is no attempt.
    fn authenticate(&mut self, running: &mut Running, operation: u64) -> Result<Authenticated> {
        if self.enrolling.is_some() {
            return Err(Error::Busy);
        }
        let platform = &mut self.platform;
        running.lockout.check(platform.now_ms())?;
        let state = enrolment::read(&mut running.state, platform)?;
        if state.fingers.is_empty() {
            return Err(Error::NoFingerEnrolled);
        }
        let print = self.capture.take(platform)?.print;
        running
            .lockout
            .count_attempt(&mut running.state, platform)?;
        let finger = match enrolment::find(&mut running.state, platform, &print) {
            Ok(Some(finger)) => finger,
            outcome => {
                running.lockout.failed(platform.now_ms());
                return Err(outcome.err().unwrap_or(Error::FingerNotRecognized));
            }
        };
        running.lockout.succeeded(&mut running.state, platform)?;
        let key = platform.token_key()?;
        let claim = auth_token::Claim {
            challenge: operation,
            user_id: finger.into(),
            authenticator_id: state.authenticator_id(),
            authenticator_type: auth_token::fingerprint_type(S::KIND),
        };
        let token = auth_token::mint(&key, &claim, platform.now_ms())?;
        Ok(Authenticated { token })
    }
}

#[allow(clippy::cast_possible_truncation, reason = "4")]
const WANTED: u8 = enroll::WANTED as u8;

fn done((): ()) -> Done {
    Done {}
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

    fn fingers(
        &mut self,
        platform: &mut impl FingerprintPlatform,
        sensor: signed::Sensor,
    ) -> Result<Fingers> {
        let locked_ms = self.lockout.remaining_ms(platform.now_ms());
        let state = enrolment::read(&mut self.state, platform)?;
        Ok(Fingers {
            sensor,
            authenticator_id: state.authenticator_id(),
            fingers: state.fingers,
            locked_ms,
        })
    }
}
