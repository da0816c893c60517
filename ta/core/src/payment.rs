//! The payment TA: keys, and payments signed with them after a match.

mod journal;
mod keys;
mod operation;

use crate::dispatch::{Login, Reply, request_body};
use crate::error::{Error, Result};
use crate::platform::{PaymentPlatform, random_nonzero};
use journal::{Journal, State};
use keys::Keys;
use operation::Pending;
use touchseal_proto::command::PaymentCommand;
use touchseal_proto::label::Scene;
use touchseal_proto::message::*;
use touchseal_proto::signed::{
    KeyKind, KeyStatement, PaymentStatement, Root, SecurityLevel, Sensor,
};

pub use journal::State as StateRecord;
pub use keys::KeyRecord;

/// So many sessions at once: each takes memory, and anyone may open one.
const MAX_SESSIONS: usize = 64;

/// So many of one login, so that no app takes the others' place.
pub const MAX_SESSIONS_OF_ONE: usize = 8;

/// An operation waits this long for its match.
pub const OPERATION_LIFETIME_MS: u32 = 60_000;

/// What a build of the payment TA is.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Version of the trusted application.
    pub ta_version: u32,
    /// Where it runs.
    pub security_level: SecurityLevel,
    /// How its device key comes to be.
    pub root: Root,
    /// What sensor the fingerprint TA has whose matches it believes.
    pub sensor: Sensor,
}

/// A client's session. Its operation ends with it.
#[derive(Default)]
pub struct Session {
    login: Login,
    pending: Option<Pending>,
}

impl Session {
    /// The uid whose keys the session may use.
    fn uid(&self) -> Result<u32> {
        match self.login {
            Login::App { uid } => Ok(uid),
            _ => Err(Error::WrongCaller),
        }
    }
}

/// The payment TA.
pub struct PaymentTa<P: PaymentPlatform> {
    platform: P,
    config: Config,
    token_key: TokenKey,
    journal: Journal,
    sessions: heapless::Vec<Login, MAX_SESSIONS>,
}

impl<P: PaymentPlatform> PaymentTa<P> {
    /// Starts, with a new token key.
    pub fn new(mut platform: P, config: Config) -> Self {
        let mut token_key = TokenKey { key: [0; 32] };
        platform.fill(&mut token_key.key);
        Self {
            platform,
            config,
            token_key,
            journal: Journal::new(config.ta_version),
            sessions: heapless::Vec::new(),
        }
    }

    /// Opens a session of `login`. It must be [closed](Self::close).
    pub fn open(&mut self, login: Login) -> Result<Session> {
        let of_this_login = self.sessions.iter().filter(|open| **open == login).count();
        if of_this_login >= MAX_SESSIONS_OF_ONE {
            return Err(Error::TooManySessions);
        }
        self.sessions
            .push(login)
            .map_err(|_| Error::TooManySessions)?;
        Ok(Session {
            login,
            pending: None,
        })
    }

    /// Closes a session.
    pub fn close(&mut self, session: Session) {
        if let Some(at) = self.sessions.iter().position(|open| *open == session.login) {
            self.sessions.swap_remove(at);
        }
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
        let caller = PaymentCommand::caller(command).ok_or(Error::UnknownCommand)?;
        session.login.require(caller)?;
        let request = PaymentCommand::decode(command, request_body(request)?)?;
        // Refuses to run on what a newer trusted application has sealed.
        self.journal.state(&mut self.platform)?;
        match request {
            PaymentCommand::GetInfo(GetInfo {}) => reply.send(self.info()),
            PaymentCommand::Provision(Provision {}) => reply.send(self.provision()),
            PaymentCommand::ExportDeviceKey(ExportDeviceKey {}) => {
                reply.send(self.export_device_key())
            }
            PaymentCommand::GenerateAppKey(GenerateAppKey {}) => {
                reply.send(self.generate_app_key(session.uid()?))
            }
            PaymentCommand::ExportAppKey(ExportAppKey {}) => {
                reply.send(self.export_app_key(session.uid()?))
            }
            PaymentCommand::GeneratePaymentKey(request) => {
                reply.send(self.generate_payment_key(session.uid()?, request.scene))
            }
            PaymentCommand::ExportPaymentKey(request) => {
                reply.send(self.export_payment_key(session.uid()?, request.scene))
            }
            PaymentCommand::ListPaymentKeys(ListPaymentKeys {}) => {
                let uid = session.uid()?;
                reply.send(self.keys().scenes(uid).map(|scenes| PaymentKeys { scenes }))
            }
            PaymentCommand::RemovePaymentKey(RemovePaymentKey { scene }) => {
                let uid = session.uid()?;
                reply.send(self.keys().remove(uid, scene).map(|()| Done {}))
            }
            PaymentCommand::RemoveAppKeys(RemoveAppKeys {}) => {
                let uid = session.uid()?;
                reply.send(self.keys().remove_all(uid).map(|()| Done {}))
            }
            PaymentCommand::Begin(request) => reply.send(self.begin(session, request)),
            PaymentCommand::Finish(request) => reply.send(self.finish(session, &request)),
            PaymentCommand::Abort(Abort { handle }) => {
                reply.send(Pending::take(&mut session.pending, handle).map(|_| Done {}))
            }
            PaymentCommand::GetTokenKey(GetTokenKey {}) => reply.send(Ok(TokenKey {
                key: self.token_key.key,
            })),
        }
    }

    fn keys(&mut self) -> Keys<'_, P> {
        Keys {
            store: &mut self.platform,
        }
    }

    fn state(&mut self) -> Result<&State> {
        self.journal
            .state(&mut self.platform)?
            .ok_or(Error::NotProvisioned)
    }

    fn info(&mut self) -> Result<Info> {
        let state = self.journal.state(&mut self.platform)?;
        Ok(Info {
            ta_version: self.config.ta_version,
            security_level: self.config.security_level,
            provisioned: state.is_some_and(|state| state.provisioned),
            counter: state.map_or(0, |state| state.counter),
        })
    }

    /// The state comes first and is completed last. In between, a key pair that is
    /// found in a slot is an interrupted attempt's, which nobody has seen; without a
    /// state, it is a device's whose state is lost, and whose counter must not begin
    /// anew.
    fn provision(&mut self) -> Result<Generated> {
        let state = self.journal.state(&mut self.platform)?;
        let made = state.map(|state| state.provisioned.then_some(state.device_key));
        match made {
            Some(Some(public_key)) => {
                self.keys().repair_device_key(&public_key)?;
                return Ok(Generated { new: false });
            }
            Some(None) => {}
            None if self.keys().device_key_exists()? => return Err(Error::StorageDamaged),
            None => self.journal.begin(&mut self.platform, self.config.root)?,
        }
        let public_key = self.keys().make_device_key()?;
        self.journal.provisioned(&mut self.platform, public_key)?;
        Ok(Generated { new: true })
    }

    fn export_device_key(&mut self) -> Result<DeviceKey> {
        let state = self.state()?;
        Ok(DeviceKey {
            device_id: state.device_id,
            public_key: state.device_key,
        })
    }

    fn generate_app_key(&mut self, uid: u32) -> Result<Generated> {
        self.state()?;
        self.keys().ensure(&KeyRecord {
            kind: KeyKind::App,
            uid,
            epoch: 0,
            scene: None,
        })
    }

    fn export_app_key(&mut self, uid: u32) -> Result<SignedKey> {
        let device_key = self.state()?.device_key;
        let parent = self.keys().open_device_key(&device_key)?;
        let (key, record) = self
            .keys()
            .open(KeyKind::App, uid, None)?
            .ok_or(Error::NoAppKey)?;
        self.sign_key(&parent, &key, record)
    }

    fn generate_payment_key(&mut self, uid: u32, scene: Scene) -> Result<Generated> {
        self.state()?;
        self.keys()
            .open(KeyKind::App, uid, None)?
            .ok_or(Error::NoAppKey)?;
        let epoch = self.platform.enrolment_epoch()?;
        if epoch == 0 {
            return Err(Error::NoFingerEnrolled);
        }
        self.keys().ensure(&KeyRecord {
            kind: KeyKind::Payment,
            uid,
            epoch,
            scene: Some(scene),
        })
    }

    fn export_payment_key(&mut self, uid: u32, scene: Scene) -> Result<SignedKey> {
        self.state()?;
        let (parent, _) = self
            .keys()
            .open(KeyKind::App, uid, None)?
            .ok_or(Error::NoAppKey)?;
        let (key, record) = self.payment_key(uid, &scene)?;
        self.sign_key(&parent, &key, record)
    }

    fn payment_key(&mut self, uid: u32, scene: &Scene) -> Result<(P::Key, KeyRecord)> {
        self.keys()
            .open(KeyKind::Payment, uid, Some(scene))?
            .ok_or(Error::NoPaymentKey)
    }

    fn sign_key(&mut self, parent: &P::Key, key: &P::Key, record: KeyRecord) -> Result<SignedKey> {
        let public_key = self.platform.public_key(key)?;
        let committed = self
            .journal
            .commit(&mut self.platform, &self.config, |header| KeyStatement {
                header: touchseal_proto::signed::Header {
                    uid: record.uid,
                    epoch: record.epoch,
                    ..header
                },
                kind: record.kind,
                public_key,
                scene: record.scene,
            })?;
        let (statement, signature) = committed.sign(&mut self.platform, parent)?;
        Ok(SignedKey {
            statement,
            signature,
        })
    }

    fn begin(&mut self, session: &mut Session, request: Begin) -> Result<Begun> {
        session.pending = None;
        let uid = session.uid()?;
        let Begin { scene, payment } = request;
        self.state()?;
        let (_, record) = self.payment_key(uid, &scene)?;
        if record.epoch != self.platform.enrolment_epoch()? {
            return Err(Error::PaymentKeyInvalidated);
        }
        let handle = random_nonzero(&mut self.platform);
        let now = self.platform.now_ms();
        session.pending = Some(Pending::new(handle, scene, payment, now));
        Ok(Begun {
            handle,
            lifetime_ms: OPERATION_LIFETIME_MS,
        })
    }

    /// The way of a payment: the operation is used up, the token verified, the
    /// counter made durable, and only then the signature made.
    fn finish(&mut self, session: &mut Session, request: &Finish) -> Result<SignedPayment> {
        let uid = session.uid()?;
        let pending = Pending::take(&mut session.pending, request.handle)?;
        let (key, record) = self.payment_key(uid, pending.scene())?;
        let now = self.platform.now_ms();
        let authorized = pending.authorize(&self.token_key, &request.token, record, now)?;
        let committed = self.journal.commit(
            &mut self.platform,
            &self.config,
            |header| -> PaymentStatement { authorized.into_statement(header, self.config.sensor) },
        )?;
        let (statement, signature) = committed.sign(&mut self.platform, &key)?;
        Ok(SignedPayment {
            statement,
            signature,
        })
    }
}
