//! The gatekeeper TA: verifies the owner's password, and vouches for it.

mod password;
mod throttle;

use crate::auth_token;
use crate::dispatch::{Login, Reply, Sessions, request_body};
use crate::error::{Error, Result};
use crate::platform::GatekeeperPlatform;
use crate::record::Sealed;
use password::State;
use throttle::Throttle;
use touchseal_proto::command::GatekeeperCommand;
use touchseal_proto::message::*;
use touchseal_proto::password::Password;
use touchseal_proto::token;

pub use password::State as StateRecord;

/// The gatekeeper TA.
pub struct GatekeeperTa<P: GatekeeperPlatform> {
    platform: P,
    running: Option<Running>,
    sessions: Sessions,
}

impl<P: GatekeeperPlatform> GatekeeperTa<P> {
    /// Starts.
    pub fn new(platform: P) -> Self {
        Self {
            platform,
            running: None,
            sessions: Sessions::default(),
        }
    }

    /// Opens a session of `login`. It must be [closed](Self::close).
    pub fn open(&mut self, login: Login) -> Result<()> {
        self.sessions.open(login)
    }

    /// Closes a session of `login`.
    pub fn close(&mut self, login: Login) {
        self.sessions.close(login);
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
        let caller = GatekeeperCommand::caller(command).ok_or(Error::UnknownCommand)?;
        login.require(caller)?;
        let request = GatekeeperCommand::decode(command, request_body(request)?)?;
        let platform = &mut self.platform;
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(platform)?,
        };
        let outcome = match request {
            GatekeeperCommand::GetPassword(GetPassword {}) => reply.send(running.state(platform)),
            GatekeeperCommand::SetPassword(SetPassword { current, new }) => {
                reply.send(running.set(platform, current.as_ref(), &new))
            }
            GatekeeperCommand::VerifyPassword(VerifyPassword {
                challenge,
                password,
            }) => reply.send(running.vouch(platform, challenge, &password)),
            GatekeeperCommand::ForgetPassword(ForgetPassword {}) => {
                reply.send(running.forget(platform))
            }
        };
        // Where memory may not be what is sealed, start anew from that.
        if running.sealed.is_current() {
            self.running = Some(running);
        }
        outcome
    }
}

/// What lives from the first command to the end of the instance.
struct Running {
    sealed: Sealed<State>,
    throttle: Throttle,
}

impl Running {
    fn start(platform: &mut impl GatekeeperPlatform) -> Result<Self> {
        let mut sealed = Sealed::new(b"gatekeeper.state");
        let counted = password::read(&mut sealed, platform)?.failures;
        Ok(Self {
            sealed,
            throttle: Throttle::of(counted, platform.now_ms()),
        })
    }

    fn state(&mut self, platform: &mut impl GatekeeperPlatform) -> Result<PasswordState> {
        let state = password::read(&mut self.sealed, platform)?;
        Ok(PasswordState {
            set: state.is_set(),
            locked_ms: self.throttle.remaining_ms(platform.now_ms()),
        })
    }

    fn set(
        &mut self,
        platform: &mut impl GatekeeperPlatform,
        current: Option<&Password>,
        new: &Password,
    ) -> Result<Done> {
        let state = password::read(&mut self.sealed, platform)?;
        let owner = match current {
            Some(current) => Some(self.verify(platform, current)?),
            None if state.is_set() => return Err(Error::PasswordWrong),
            None => None,
        };
        let state = State::with_password(new, owner, platform)?;
        password::write(&mut self.sealed, platform, state)?;
        Ok(Done {})
    }

    fn vouch(
        &mut self,
        platform: &mut impl GatekeeperPlatform,
        challenge: u64,
        password: &Password,
    ) -> Result<Authenticated> {
        let claim = auth_token::Claim {
            challenge,
            user_id: self.verify(platform, password)?,
            authenticator_id: 0,
            authenticator_type: token::PASSWORD,
        };
        let key = platform.password_key()?;
        let token = auth_token::mint(&key, &claim, platform.now_ms())?;
        Ok(Authenticated { token })
    }

    /// Whose password it is. The attempt is counted, then the password is compared.
    fn verify(
        &mut self,
        platform: &mut impl GatekeeperPlatform,
        password: &Password,
    ) -> Result<u64> {
        let state = password::read(&mut self.sealed, platform)?;
        if !state.is_set() {
            return Err(Error::NoPassword);
        }
        self.throttle.check(platform.now_ms())?;
        let failures = state.failures.saturating_add(1);
        let counted = State { failures, ..state };
        password::write(&mut self.sealed, platform, counted.clone())?;
        if !counted.is(password)? {
            self.throttle = Throttle::of(failures, platform.now_ms());
            return Err(Error::PasswordWrong);
        }
        let failures = 0;
        password::write(
            &mut self.sealed,
            platform,
            State {
                failures,
                ..counted
            },
        )?;
        self.throttle = Throttle::of(failures, platform.now_ms());
        Ok(state.secure_user_id)
    }

    /// The failed attempts go with the password: they guarded that one alone.
    fn forget(&mut self, platform: &mut impl GatekeeperPlatform) -> Result<Done> {
        if password::read(&mut self.sealed, platform)?.is_set() {
            password::write(&mut self.sealed, platform, State::default())?;
        }
        self.throttle = Throttle::of(0, platform.now_ms());
        Ok(Done {})
    }
}
