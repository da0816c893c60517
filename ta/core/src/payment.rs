//! The payment TA: keys, and payments signed with them after a match.

mod journal;
mod operation;

use crate::auth_token::MatchVerifier;
use crate::config::Config;
use crate::device_key;
use crate::dispatch::{Failure, Login, Reply, Sessions, request_body};
use crate::error::{Error, Result};
use crate::keys::{KeyName, KeyRecord, Keys, Recent};
use crate::platform::{PaymentPlatform, random_nonzero};
use crate::signature::sign;
use crate::survey::Survey;
use journal::{Journal, State};
use operation::Pending;
use touchseal_proto::command::PaymentCommand;
use touchseal_proto::label::Scene;
use touchseal_proto::message::*;
use touchseal_proto::signed::{
    Dialect, Header, KeyStatement, PaymentStatement, ReportStatement, Root, SecurityLevel,
    Statement,
};
use touchseal_proto::status::Status;

pub use journal::{LatchRecord, State as StateRecord};

/// An operation waits this long for its match.
pub const OPERATION_LIFETIME_MS: u32 = 60_000;

/// A client's session. Its operation ends with it.
#[derive(Default)]
pub struct Session {
    login: Login,
    pending: Option<Pending>,
    failed: Option<Failure>,
    has_turn: bool,
}

/// The payment TA.
pub struct PaymentTa<P: PaymentPlatform> {
    platform: P,
    config: Config,
    matches: MatchVerifier,
    password_key: TokenKey,
    journal: Journal,
    recent: Recent<P::Key>,
    sessions: Sessions,
    turn_taken: bool,
}

impl<P: PaymentPlatform> PaymentTa<P> {
    /// Starts, with new keys for tokens: one for each kind, so that who vouches for a
    /// password cannot vouch for a finger.
    pub fn new(mut platform: P, config: Config) -> Self {
        let mut random_key = || {
            let mut random = TokenKey { key: [0; 32] };
            platform.fill(&mut random.key);
            random
        };
        let matches = MatchVerifier {
            key: random_key(),
            sensor: config.sensor,
        };
        let password_key = random_key();
        Self {
            platform,
            config,
            matches,
            password_key,
            journal: Journal::new(config.ta_version),
            recent: Recent::default(),
            sessions: Sessions::default(),
            turn_taken: false,
        }
    }

    /// Opens a session of `login`. It must be [closed](Self::close).
    pub fn open(&mut self, login: Login) -> Result<Session> {
        // Anyone can have the SOTER TA open a session for nobody in particular.
        let login = match login {
            Login::KeysTa => Login::Public,
            login => login,
        };
        self.sessions.open(login)?;
        Ok(Session {
            login,
            ..Session::default()
        })
    }

    /// Closes a session.
    pub fn close(&mut self, session: Session) {
        self.sessions.close(session.login);
        if session.has_turn {
            self.turn_taken = false;
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
        Failure::note(&mut session.failed, command, outcome);
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
        let login = session.login;
        match request {
            PaymentCommand::GetInfo(GetInfo {}) => reply.send(self.info()),
            PaymentCommand::GetSensor(GetSensor {}) => reply.send(Ok(TheSensor {
                sensor: self.config.sensor,
            })),
            PaymentCommand::Provision(Provision {}) => reply.send(self.provision()),
            PaymentCommand::ExportDeviceKey(ExportDeviceKey {}) => {
                reply.send(self.export_device_key())
            }
            PaymentCommand::Latch(latch) => reply.send(self.latch(latch)),
            PaymentCommand::Diagnose(Diagnose {}) => reply.send(self.diagnose(login)),
            PaymentCommand::GetReport(GetReport { nonce }) => {
                reply.send(self.report(login.uid()?, Dialect::Native, session.failed, nonce))
            }
            PaymentCommand::RemoveEveryKey(RemoveEveryKey {}) => {
                self.state()?;
                reply.send(self.keys().remove_every().map(|()| Done {}))
            }
            PaymentCommand::GenerateAppKey(GenerateAppKey { replace }) => {
                reply.send(self.generate_app_key(login.uid()?, replace))
            }
            PaymentCommand::ExportAppKey(ExportAppKey {}) => {
                reply.send(self.export_app_key(login.uid()?))
            }
            PaymentCommand::GeneratePaymentKey(GeneratePaymentKey { scene, replace }) => {
                reply.send(self.generate_payment_key(login.uid()?, scene, replace))
            }
            PaymentCommand::ExportPaymentKey(ExportPaymentKey { scene }) => {
                reply.send(self.export_payment_key(login.uid()?, scene))
            }
            PaymentCommand::ListPaymentKeys(ListPaymentKeys {}) => {
                reply.send(self.list(login.uid()?))
            }
            PaymentCommand::RemovePaymentKey(RemovePaymentKey { scene }) => {
                reply.send(self.remove(KeyName::payment(login.uid()?, scene)))
            }
            PaymentCommand::RemoveAppKeys(RemoveAppKeys {}) => {
                reply.send(self.remove_all(login.uid()?))
            }
            PaymentCommand::FindAppKey(FindAppKey {}) => {
                reply.send(self.find(&KeyName::app(login.uid()?)))
            }
            PaymentCommand::FindPaymentKey(FindPaymentKey { scene }) => {
                reply.send(self.find(&KeyName::payment(login.uid()?, scene)))
            }
            PaymentCommand::Begin(request) => reply.send(self.begin(session, request)),
            PaymentCommand::Finish(request) => reply.send(self.finish(session, &request)),
            PaymentCommand::Abort(Abort { handle }) => {
                reply.send(Pending::take(&mut session.pending, handle).map(|_| Done {}))
            }
            PaymentCommand::GetTokenKey(GetTokenKey {}) => reply.send(Ok(TokenKey {
                key: self.matches.key.key,
            })),
            PaymentCommand::GetPasswordKey(GetPasswordKey {}) => reply.send(Ok(TokenKey {
                key: self.password_key.key,
            })),
            PaymentCommand::TakeTurn(TakeTurn {}) => reply.send(self.take_turn(session)),
            PaymentCommand::Count(Count { statement }) => reply.send(self.count(&statement)),
            PaymentCommand::BeginChallenge(request) => {
                reply.send(self.begin_challenge(session, &request))
            }
            PaymentCommand::FinishChallenge(request) => {
                reply.send(self.finish_challenge(session, &request))
            }
            PaymentCommand::SignReport(SignReport {
                command,
                status,
                nonce,
            }) => {
                let failed = (command != 0).then_some(Failure { command, status });
                reply.send(self.report(login.uid()?, Dialect::Soter, failed, nonce))
            }
        }
    }

    fn keys(&mut self) -> Keys<'_, P> {
        Keys::new(&mut self.platform, &mut self.recent)
    }

    /// The state of a device that has its key, for a command that uses it: refused to a
    /// trusted application that is older than the state, which a newer one makes its own.
    fn state(&mut self) -> Result<&State> {
        self.journal.raise_floor(&mut self.platform)?;
        self.journal
            .state(&mut self.platform)?
            .filter(|state| state.provisioned)
            .ok_or(Error::NotProvisioned)
    }

    fn info(&mut self) -> Result<Info> {
        let state = self.journal.state(&mut self.platform)?;
        Ok(Info {
            ta_version: self.config.ta_version,
            security_level: self.config.security_level,
            provisioned: state.is_some_and(|state| state.provisioned),
            counter: state.map_or(0, |state| state.counter),
            root: state.map_or(Root::Test, |state| state.root),
            latched: state.is_some_and(|state| state.latched),
            device_id: state.map_or([0; 16], |state| state.device_id),
        })
    }

    /// The state comes first and is completed last. In between, a key pair that is
    /// found in a slot is an interrupted attempt's, which nobody has seen; without a
    /// state, it is a device's whose state is lost, and whose counter must not begin
    /// anew.
    fn provision(&mut self) -> Result<Provisioned> {
        self.journal.raise_floor(&mut self.platform)?;
        let state = self.journal.state(&mut self.platform)?;
        let made = state.map(|state| state.provisioned.then_some(state.device_key));
        match made {
            Some(Some(public_key)) => {
                return self.keys().repair_device_key(&device_key::hash(public_key));
            }
            Some(None) => {}
            None if self.keys().device_key_exists()? => return Err(Error::DeviceKeyMismatch),
            None => self.journal.begin(&mut self.platform)?,
        }
        let public_key = self.keys().make_device_key()?;
        self.journal.provisioned(&mut self.platform, public_key)?;
        Ok(Provisioned {
            new: true,
            repaired: false,
        })
    }

    /// A key that is sealed under a public hardware key, or in no hardware at all, is a
    /// test key for ever.
    fn latch(&mut self, latch: Latch) -> Result<Done> {
        if latch.device_id != self.state()?.device_id {
            return Err(Error::FactoryClosed);
        }
        let hardware = self.config.security_level == SecurityLevel::TrustedEnvironment
            && !self.platform.has_test_key()?;
        let root = if hardware { Root::Factory } else { Root::Test };
        self.journal
            .latch(&mut self.platform, latch, root)
            .map(|()| Done {})
    }

    fn export_device_key(&mut self) -> Result<DeviceKey> {
        let state = self.state()?;
        Ok(DeviceKey {
            device_id: state.device_id,
            public_key: state.device_key,
        })
    }

    /// Never refuses: what is wrong is in the answer. Nothing is written.
    fn diagnose(&mut self, login: Login) -> Result<Diagnosis> {
        let state = self
            .journal
            .state(&mut self.platform)
            .map(Option::<&State>::cloned);
        let named = match &state {
            Ok(state) => Ok(state.as_ref().map(|state| {
                state
                    .provisioned
                    .then(|| device_key::hash(state.device_key))
            })),
            Err(error) => Err(*error),
        };
        let found = Survey::take(&mut self.platform, &mut self.recent, named, login);
        let known = state.ok().flatten();
        let pinned = self.journal.latched(&mut self.platform);
        Ok(Diagnosis {
            ta_version: self.config.ta_version,
            version_floor: self.journal.version_floor(&mut self.platform),
            platform: self.platform.name(),
            security_level: self.config.security_level,
            test_hardware: self.platform.has_test_key().unwrap_or(true),
            state: match pinned {
                Err(error) if found.state == Status::Ok => error.status(),
                _ => found.state,
            },
            slot_a: found.slot_a,
            slot_b: found.slot_b,
            root: known.as_ref().map_or(Root::Test, |state| state.root),
            latched: known.as_ref().is_some_and(|state| state.latched),
            lot: pinned.ok().flatten().map(|pinned| pinned.lot),
            counter: known.map_or(0, |state| state.counter),
            objects: found.objects,
            spares: found.spares,
            enrolment: found.enrolment,
        })
    }

    fn report(
        &mut self,
        uid: u32,
        dialect: Dialect,
        failed: Option<Failure>,
        nonce: [u8; 32],
    ) -> Result<SignedReport> {
        let hash = self.device_key_hash()?;
        let key = self.keys().open_device_key(&hash)?;
        let report = self.signed_report(&key, &hash, |header| ReportStatement {
            header: Header { uid, ..header },
            dialect,
            command: failed.map_or(0, |failed| failed.command),
            status: failed.map_or(Status::Ok, |failed| failed.status),
            slot_a: Slot::Unknown,
            slot_b: Slot::Unknown,
            nonce,
        });
        self.keys().keep_device_key(key);
        report
    }

    fn signed_report(
        &mut self,
        key: &P::Key,
        hash: &device_key::KeyHash,
        build: impl FnOnce(Header) -> ReportStatement,
    ) -> Result<SignedReport> {
        let [slot_a, slot_b] = self.keys().device_slots(hash);
        let header = Header {
            epoch: self.platform.enrolment_epoch().unwrap_or(0),
            ..self.journal.header(&mut self.platform, &self.config)?
        };
        let statement = ReportStatement {
            slot_a,
            slot_b,
            ..build(header)
        }
        .to_bytes()?;
        let signature = sign(&mut self.platform, key, &device_key::hash(statement))?;
        Ok(SignedReport {
            statement,
            signature,
        })
    }

    fn device_key_hash(&mut self) -> Result<device_key::KeyHash> {
        Ok(device_key::hash(self.state()?.device_key))
    }

    /// The device key is looked at first: a key that nothing vouches for is of no use.
    fn generate_app_key(&mut self, uid: u32, replace: bool) -> Result<Generated> {
        let hash = self.device_key_hash()?;
        let device_key = self.keys().open_device_key(&hash)?;
        self.keys().keep_device_key(device_key);
        self.keys().ensure(&KeyName::app(uid), 0, replace)
    }

    fn export_app_key(&mut self, uid: u32) -> Result<SignedKey> {
        let hash = self.device_key_hash()?;
        let name = KeyName::app(uid);
        let (key, record) = self.keys().open(&name)?;
        let parent = self.keys().open_device_key(&hash)?;
        let signed = self.sign_key(&parent, &key, &record);
        self.keys().keep_device_key(parent);
        self.keys().keep(&name, key, record)?;
        signed
    }

    fn generate_payment_key(&mut self, uid: u32, scene: Scene, replace: bool) -> Result<Generated> {
        self.state()?;
        let app = KeyName::app(uid);
        let (app_key, record) = self.keys().open(&app)?;
        self.keys().keep(&app, app_key, record)?;
        let epoch = self.platform.enrolment_epoch()?;
        if epoch == 0 {
            return Err(Error::NoFingerEnrolled);
        }
        self.keys()
            .ensure(&KeyName::payment(uid, scene), epoch, replace)
    }

    fn export_payment_key(&mut self, uid: u32, scene: Scene) -> Result<SignedKey> {
        self.state()?;
        let (app, name) = (KeyName::app(uid), KeyName::payment(uid, scene));
        let (parent, app_record) = self.keys().open(&app)?;
        let (key, record) = self.keys().open(&name)?;
        let signed = self.sign_key(&parent, &key, &record)?;
        self.keys().keep(&app, parent, app_record)?;
        self.keys().keep(&name, key, record)?;
        Ok(signed)
    }

    fn sign_key(&mut self, parent: &P::Key, key: &P::Key, record: &KeyRecord) -> Result<SignedKey> {
        let public_key = self.platform.public_key(key)?;
        let committed = self
            .journal
            .commit(&mut self.platform, &self.config, |header| KeyStatement {
                header: Header {
                    uid: record.uid,
                    epoch: record.epoch,
                    ..header
                },
                kind: record.kind,
                public_key,
                scene: record.scene.clone(),
            })?;
        let (statement, signature) = committed.sign(&mut self.platform, parent)?;
        Ok(SignedKey {
            statement,
            signature,
        })
    }

    fn list(&mut self, uid: u32) -> Result<PaymentKeys> {
        self.journal.raise_floor(&mut self.platform)?;
        let epoch = self.platform.enrolment_epoch()?;
        self.keys().listed(uid, epoch)
    }

    fn find(&mut self, name: &KeyName) -> Result<Found> {
        self.journal.raise_floor(&mut self.platform)?;
        let epoch = match name.scene {
            None => 0,
            Some(_) => self.platform.enrolment_epoch()?,
        };
        let state = self.keys().state(name, epoch)?;
        Ok(Found { state })
    }

    fn remove(&mut self, name: KeyName) -> Result<Done> {
        self.journal.raise_floor(&mut self.platform)?;
        self.keys().remove(&name).map(|()| Done {})
    }

    fn remove_all(&mut self, uid: u32) -> Result<Done> {
        self.journal.raise_floor(&mut self.platform)?;
        self.keys().remove_all(uid).map(|()| Done {})
    }

    fn begin(&mut self, session: &mut Session, request: Begin) -> Result<Begun> {
        session.pending = None;
        let uid = session.login.uid()?;
        let Begin { scene, payment } = request;
        self.state()?;
        let name = KeyName::payment(uid, scene.clone());
        let (key, record) = self.keys().open(&name)?;
        let epoch = record.epoch;
        self.keys().keep(&name, key, record)?;
        if epoch != self.platform.enrolment_epoch()? {
            return Err(Error::PaymentKeyInvalidated);
        }
        let now = self.platform.now_ms();
        let handle = random_nonzero(&mut self.platform);
        session.pending = Some(Pending::payment(handle, scene, payment, now));
        Ok(begun(handle))
    }

    /// The way of a payment: the operation is used up, the token verified, the
    /// counter made durable, and only then the signature made.
    fn finish(&mut self, session: &mut Session, request: &Finish) -> Result<SignedPayment> {
        let uid = session.login.uid()?;
        let pending = Pending::take(&mut session.pending, request.handle)?;
        let name = KeyName::payment(uid, pending.scene()?.clone());
        let (key, record) = self.keys().open(&name)?;
        let now = self.platform.now_ms();
        let authorized = pending.authorize(&self.matches, &request.token, &record, now)?;
        let committed = self.journal.commit(
            &mut self.platform,
            &self.config,
            |header| -> PaymentStatement { authorized.into_statement(header, self.config.sensor) },
        )?;
        let (statement, signature) = committed.sign(&mut self.platform, &key)?;
        self.keys().keep(&name, key, record)?;
        Ok(SignedPayment {
            statement,
            signature,
        })
    }

    fn take_turn(&mut self, session: &mut Session) -> Result<Done> {
        if self.turn_taken && !session.has_turn {
            return Err(Error::Busy);
        }
        self.turn_taken = true;
        session.has_turn = true;
        Ok(Done {})
    }

    fn count(&mut self, statement: &Counted) -> Result<Done> {
        self.state()?;
        self.journal
            .commit_for_other(&mut self.platform, statement)
            .map(|()| Done {})
    }

    fn begin_challenge(
        &mut self,
        session: &mut Session,
        request: &BeginChallenge,
    ) -> Result<Begun> {
        session.pending = None;
        self.state()?;
        if request.epoch == 0 || request.epoch != self.platform.enrolment_epoch()? {
            return Err(Error::PaymentKeyInvalidated);
        }
        let now = self.platform.now_ms();
        let handle = random_nonzero(&mut self.platform);
        session.pending = Some(Pending::challenge(handle, request.epoch, now));
        Ok(begun(handle))
    }

    fn finish_challenge(
        &mut self,
        session: &mut Session,
        request: &FinishChallenge,
    ) -> Result<Done> {
        self.state()?;
        // A statement that another one has overtaken is made again: that uses up nothing.
        self.journal
            .check_next(&mut self.platform, &request.statement)?;
        let pending = Pending::take(&mut session.pending, request.handle)?;
        let now = self.platform.now_ms();
        pending.authorize_challenge(&self.matches, &request.token, now)?;
        self.journal
            .commit_for_other(&mut self.platform, &request.statement)
            .map(|()| Done {})
    }
}

fn begun(handle: u64) -> Begun {
    Begun {
        handle,
        lifetime_ms: OPERATION_LIFETIME_MS,
    }
}
