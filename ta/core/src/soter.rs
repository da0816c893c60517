//! The SOTER TA: RSA keys, and the JSON that SOTER backends parse. What it signs is
//! authorised and counted by the payment TA, whose counter is the device's only one.
//!
//! It runs as an instance a session, so that a key that takes seconds to make keeps nobody
//! from paying. Instances share nothing but the sealed storage: nothing sealed is
//! remembered from one command to the next, but for the device key.

use crate::config::Config;
use crate::device_key::{self, KeyHash};
use crate::dispatch::{Failure, Login, Reply, request_body};
use crate::error::{Error, Result};
use crate::keys::{KeyName, Keys, Recent};
use crate::platform::{RECORD_MAX, SoterPlatform};
use crate::record::{Record, Sealed};
use crate::signature::sign;
use crate::survey::Survey;
use touchseal_proto::command::SoterCommand;
use touchseal_proto::label::Scene;
use touchseal_proto::message::*;
use touchseal_proto::signed::Root;
use touchseal_proto::soter::{Blob, Challenge, CpuId, Json, KeyExport, SignedChallenge};
use touchseal_proto::status::Status;
use touchseal_proto::token::AuthToken;
use touchseal_proto::wire_struct;

wire_struct! {
    /// The state of the SOTER device key. One block, replaced in place.
    #[derive(Clone, Debug, PartialEq, Eq)]
    StateRecord {
        /// The oldest TA version that may use this state.
        ta_version_floor: u32,
        /// Whether the device key was made; until then the rest is zero.
        provisioned: bool,
        /// SHA-256 of the device key's modulus: tells a lost key from one never made.
        device_key: KeyHash,
    }
}

impl Record for StateRecord {
    const MAGIC: [u8; 4] = *b"TSRS";
    const VERSION: u16 = 1;
    const SIZE: usize = RECORD_MAX;
}

const STATE: &[u8] = b"soter.state";

/// How often a statement is made again that another one has overtaken.
const OVERTAKEN: usize = 8;

/// The SOTER TA, in a session.
pub struct SoterTa<P: SoterPlatform> {
    platform: P,
    config: Config,
    recent: Recent<P::Key>,
    login: Login,
    payment: Option<P::Payment>,
    pending: Option<Pending>,
    failed: Option<Failure>,
}

/// A challenge that waits for its match.
struct Pending {
    handle: u64,
    scene: Scene,
    epoch: u64,
    challenge: Challenge,
}

/// A statement that the payment TA has counted. It is signed once, by value.
struct Committed(Json);

impl Committed {
    fn sign<P: SoterPlatform>(self, platform: &mut P, key: &P::Key) -> Result<Blob> {
        let signature = sign(platform, key, &device_key::hash(&self.0))?;
        Ok(Blob {
            json: self.0,
            signature,
        })
    }
}

impl<P: SoterPlatform> SoterTa<P> {
    /// Starts, for a session of `login`: in a session of that login with the payment TA,
    /// which refuses one too many.
    pub fn open(mut platform: P, config: Config, login: Login) -> Result<Self> {
        let payment = platform.open_payment(login.uid().ok())?;
        Ok(Self {
            platform,
            config,
            recent: Recent::default(),
            login,
            payment: Some(payment),
            pending: None,
            failed: None,
        })
    }

    /// Serves one command and returns the length of the response.
    pub fn invoke(&mut self, command: u32, request: &[u8], response: &mut [u8]) -> Result<usize> {
        let mut reply = Reply::new(response);
        let outcome = self.serve(command, request, &mut reply);
        self.recent.close_keys();
        Failure::note(&mut self.failed, command, outcome);
        reply.finish(outcome, command, &mut self.platform)
    }

    fn serve(&mut self, command: u32, request: &[u8], reply: &mut Reply<'_>) -> Result<()> {
        let caller = SoterCommand::caller(command).ok_or(Error::UnknownCommand)?;
        self.login.require(caller)?;
        let request = SoterCommand::decode(command, request_body(request)?)?;
        match request {
            SoterCommand::Provision(Provision {}) => reply.send(self.provision()),
            SoterCommand::Diagnose(Diagnose {}) => reply.send(self.diagnose()),
            SoterCommand::GetReport(GetReport { nonce }) => reply.send(self.report(nonce)),
            SoterCommand::RemoveEveryKey(RemoveEveryKey {}) => {
                reply.send(self.remove(|keys| keys.remove_every()))
            }
            SoterCommand::GenerateAppKey(GenerateAppKey { replace }) => {
                reply.send(self.generate_app_key(replace))
            }
            SoterCommand::GeneratePaymentKey(GeneratePaymentKey { scene, replace }) => {
                reply.send(self.generate_payment_key(scene, replace))
            }
            SoterCommand::ListPaymentKeys(ListPaymentKeys {}) => reply.send(self.list()),
            SoterCommand::RemovePaymentKey(RemovePaymentKey { scene }) => {
                let name = KeyName::payment(self.login.uid()?, scene);
                reply.send(self.remove(|keys| keys.remove(&name)))
            }
            SoterCommand::RemoveAppKeys(RemoveAppKeys {}) => {
                let uid = self.login.uid()?;
                reply.send(self.remove(|keys| keys.remove_all(uid)))
            }
            SoterCommand::FindAppKey(FindAppKey {}) => {
                let name = KeyName::app(self.login.uid()?);
                reply.send(self.find(&name, 0))
            }
            SoterCommand::FindPaymentKey(FindPaymentKey { scene }) => {
                let name = KeyName::payment(self.login.uid()?, scene);
                let epoch = self.platform.enrolment_epoch()?;
                reply.send(self.find(&name, epoch))
            }
            SoterCommand::Abort(Abort { handle }) => reply.send(self.abort(handle)),
            SoterCommand::ExportSoterDeviceKey(ExportSoterDeviceKey {}) => {
                reply.send(self.export_device_key())
            }
            SoterCommand::ExportSoterAppKey(ExportSoterAppKey {}) => {
                reply.send(self.export_app_key())
            }
            SoterCommand::ExportSoterPaymentKey(ExportSoterPaymentKey { scene }) => {
                reply.send(self.export_payment_key(scene))
            }
            SoterCommand::BeginSoter(request) => reply.send(self.begin(request)),
            SoterCommand::FinishSoter(FinishSoter { handle, token }) => {
                reply.send(self.finish(handle, &token))
            }
            SoterCommand::Prepare(Prepare {}) => reply.send(self.prepare()),
        }
    }

    fn keys(&mut self) -> Keys<'_, P> {
        Keys::new(&mut self.platform, &mut self.recent)
    }

    /// Asks the payment TA, in the session that this one has with it.
    fn ask<R: touchseal_proto::command::Request>(&mut self, request: &R) -> Result<R::Response> {
        let mut payment = match self.payment.take() {
            Some(payment) => payment,
            None => self.platform.open_payment(self.login.uid().ok())?,
        };
        let answer = self.platform.ask(&mut payment, request);
        if !matches!(answer, Err(Error::PeerUnavailable)) {
            self.payment = Some(payment);
        }
        answer
    }

    /// The sealed state, read anew: another instance may have written it. What is written
    /// goes through the same value, which remembers that there was none.
    fn sealed(&mut self) -> Result<(Sealed<StateRecord>, Option<StateRecord>)> {
        let mut sealed = Sealed::new(STATE);
        let state = sealed.get(&mut self.platform)?.cloned();
        Ok((sealed, state))
    }

    /// The state, for a command that uses keys: refused to a trusted application that is
    /// older than the state, which a newer one makes its own.
    fn state(&mut self) -> Result<(Sealed<StateRecord>, Option<StateRecord>)> {
        let (mut sealed, state) = self.sealed()?;
        let own = self.config.ta_version;
        match &state {
            Some(state) if state.ta_version_floor > own => return Err(Error::TaTooOld),
            Some(state) if state.ta_version_floor < own => {
                let raised = StateRecord {
                    ta_version_floor: own,
                    ..state.clone()
                };
                sealed.put(&mut self.platform, raised)?;
            }
            _ => {}
        }
        Ok((sealed, state))
    }

    fn device_key_hash(&mut self) -> Result<KeyHash> {
        self.state()?
            .1
            .filter(|state| state.provisioned)
            .map(|state| state.device_key)
            .ok_or(Error::NotProvisioned)
    }

    /// While it is held, no other instance makes a key.
    fn turn(&mut self) -> Result<P::Payment> {
        let mut turn = self.platform.open_payment(Some(self.login.uid()?))?;
        self.platform.ask(&mut turn, &TakeTurn {})?;
        Ok(turn)
    }

    /// The state comes first and is completed last, as for the payment TA's device key,
    /// which must be there: it is what names the device.
    fn provision(&mut self) -> Result<Provisioned> {
        if !self.ask(&GetInfo {})?.provisioned {
            return Err(Error::NotProvisioned);
        }
        let _turn = self.turn()?;
        let (mut sealed, state) = self.state()?;
        let begun = StateRecord {
            ta_version_floor: self.config.ta_version,
            provisioned: false,
            device_key: [0; 32],
        };
        match state {
            Some(state) if state.provisioned => {
                return self.keys().repair_device_key(&state.device_key);
            }
            Some(_) => {}
            None if self.keys().device_key_exists()? => return Err(Error::DeviceKeyMismatch),
            None => sealed.put(&mut self.platform, begun.clone())?,
        }
        let made = StateRecord {
            provisioned: true,
            device_key: device_key::hash(self.keys().make_device_key()?),
            ..begun
        };
        sealed.put(&mut self.platform, made)?;
        Ok(Provisioned {
            new: true,
            repaired: false,
        })
    }

    /// Never refuses: what is wrong is in the answer. Nothing is written.
    fn diagnose(&mut self) -> Result<Diagnosis> {
        let info = self.ask(&GetInfo {}).ok();
        let state = self.sealed().map(|(_, state)| state);
        let known = state.as_ref().ok().and_then(Option::as_ref);
        let version_floor = known.map_or(0, |state| state.ta_version_floor);
        let named = match &state {
            Ok(Some(_)) if version_floor > self.config.ta_version => Err(Error::TaTooOld),
            Ok(state) => Ok(state
                .as_ref()
                .map(|state| state.provisioned.then_some(state.device_key))),
            Err(error) => Err(*error),
        };
        let found = Survey::take(&mut self.platform, &mut self.recent, named, self.login);
        Ok(Diagnosis {
            ta_version: self.config.ta_version,
            version_floor,
            platform: self.platform.name(),
            security_level: self.config.security_level,
            test_hardware: self.platform.has_test_key().unwrap_or(true),
            state: found.state,
            slot_a: found.slot_a,
            slot_b: found.slot_b,
            root: info.as_ref().map_or(Root::Test, |info| info.root),
            latched: false,
            lot: None,
            counter: info.map_or(0, |info| info.counter),
            objects: found.objects,
            spares: found.spares,
            enrolment: found.enrolment,
        })
    }

    fn report(&mut self, nonce: [u8; 32]) -> Result<SignedReport> {
        let failed = self.failed;
        self.ask(&SignReport {
            command: failed.map_or(0, |failed| failed.command),
            status: failed.map_or(Status::Ok, |failed| failed.status),
            nonce,
        })
    }

    /// Removes keys, in turn with those who make some.
    fn remove(&mut self, remove: impl FnOnce(&mut Keys<'_, P>) -> Result<()>) -> Result<Done> {
        self.device_key_hash()?;
        let _turn = self.turn()?;
        remove(&mut self.keys()).map(|()| Done {})
    }

    /// Makes a key, in turn with other instances: making one may take seconds.
    fn ensure(&mut self, name: &KeyName, epoch: u64, replace: bool) -> Result<Generated> {
        if !replace && self.keys().has_good(name, epoch) {
            return Ok(Generated { new: false });
        }
        let _turn = self.turn()?;
        self.keys().ensure(name, epoch, replace)
    }

    /// The device key is looked at first: a key that nothing vouches for is of no use.
    fn generate_app_key(&mut self, replace: bool) -> Result<Generated> {
        let hash = self.device_key_hash()?;
        let device_key = self.keys().open_device_key(&hash)?;
        self.keys().keep_device_key(device_key);
        let name = KeyName::app(self.login.uid()?);
        self.ensure(&name, 0, replace)
    }

    fn generate_payment_key(&mut self, scene: Scene, replace: bool) -> Result<Generated> {
        self.device_key_hash()?;
        let uid = self.login.uid()?;
        self.keys().open(&KeyName::app(uid))?;
        let epoch = self.platform.enrolment_epoch()?;
        if epoch == 0 {
            return Err(Error::NoFingerEnrolled);
        }
        self.ensure(&KeyName::payment(uid, scene), epoch, replace)
    }

    fn prepare(&mut self) -> Result<Prepared> {
        self.device_key_hash()?;
        let _turn = self.turn()?;
        let spares = self.keys().prepare()?;
        Ok(Prepared { spares })
    }

    fn list(&mut self) -> Result<PaymentKeys> {
        self.state()?;
        let uid = self.login.uid()?;
        let epoch = self.platform.enrolment_epoch()?;
        self.keys().listed(uid, epoch)
    }

    fn find(&mut self, name: &KeyName, epoch: u64) -> Result<Found> {
        self.state()?;
        let state = self.keys().state(name, epoch)?;
        Ok(Found { state })
    }

    fn export_device_key(&mut self) -> Result<SoterDeviceKey> {
        let hash = self.device_key_hash()?;
        let key = self.keys().open_device_key(&hash)?;
        let public_key = self.platform.public_key(&key)?;
        self.keys().keep_device_key(key);
        let info = self.ask(&GetInfo {})?;
        Ok(SoterDeviceKey {
            cpu_id: cpu_id(&info),
            public_key,
        })
    }

    fn export_app_key(&mut self) -> Result<Blob> {
        let hash = self.device_key_hash()?;
        let name = KeyName::app(self.login.uid()?);
        let (key, _) = self.keys().open(&name)?;
        let parent = self.keys().open_device_key(&hash)?;
        let blob = self.sign_key(&parent, &key);
        self.keys().keep_device_key(parent);
        blob
    }

    fn export_payment_key(&mut self, scene: Scene) -> Result<Blob> {
        self.device_key_hash()?;
        let uid = self.login.uid()?;
        let (parent, _) = self.keys().open(&KeyName::app(uid))?;
        let (key, _) = self.keys().open(&KeyName::payment(uid, scene))?;
        self.sign_key(&parent, &key)
    }

    fn sign_key(&mut self, parent: &P::Key, key: &P::Key) -> Result<Blob> {
        let public_key = self.platform.public_key(key)?;
        let uid = self.login.uid()?;
        let committed = self.commit(
            |info, counter| {
                KeyExport {
                    public_key,
                    cpu_id: cpu_id(info),
                    counter,
                    uid,
                }
                .to_json()
            },
            |ta, statement| ta.ask(&Count { statement }),
        )?;
        committed.sign(&mut self.platform, parent)
    }

    /// A statement with the next counter value, which `count` makes durable. Another
    /// instance may take that value first: then with the next.
    fn commit(
        &mut self,
        build: impl Fn(&Info, u64) -> core::result::Result<Json, touchseal_proto::wire::WireError>,
        count: impl Fn(&mut Self, Counted) -> Result<Done>,
    ) -> Result<Committed> {
        for _ in 0..OVERTAKEN {
            let info = self.ask(&GetInfo {})?;
            let counter = info.counter.checked_add(1).ok_or(Error::CounterExhausted)?;
            let json = build(&info, counter)?;
            let digest = device_key::hash(&json);
            match count(self, Counted { counter, digest }) {
                Ok(Done {}) => return Ok(Committed(json)),
                Err(Error::Peer(Status::Busy)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    fn begin(&mut self, request: BeginSoter) -> Result<Begun> {
        self.pending = None;
        self.device_key_hash()?;
        let BeginSoter { scene, challenge } = request;
        let name = KeyName::payment(self.login.uid()?, scene.clone());
        let (_, record) = self.keys().open(&name)?;
        let epoch = record.epoch;
        let begun = self.ask(&BeginChallenge { epoch })?;
        self.pending = Some(Pending {
            handle: begun.handle,
            scene,
            epoch,
            challenge,
        });
        Ok(begun)
    }

    fn abort(&mut self, handle: u64) -> Result<Done> {
        self.take_pending(handle).map(|_| Done {})
    }

    /// Takes the operation out of the session. Another handle uses it up as well. The
    /// payment TA's half of it is of no use to anyone then, and ends with the next one.
    fn take_pending(&mut self, handle: u64) -> Result<Pending> {
        self.pending
            .take()
            .filter(|pending| pending.handle == handle)
            .ok_or(Error::UnknownOperation)
    }

    /// The token is verified by the payment TA, in the step that counts the statement: its
    /// finger is the one that the statement names.
    fn finish(&mut self, handle: u64, token: &AuthToken) -> Result<Blob> {
        let pending = self.take_pending(handle)?;
        let uid = self.login.uid()?;
        let (key, record) = self.keys().open(&KeyName::payment(uid, pending.scene))?;
        if record.epoch != pending.epoch {
            return Err(Error::TokenStaleEpoch);
        }
        let config = self.config;
        let challenge = pending.challenge;
        let committed = self.commit(
            |info, counter| {
                SignedChallenge {
                    challenge: challenge.clone(),
                    finger: token.user_id,
                    counter,
                    tee_version: config.ta_version,
                    sensor: config.sensor,
                    sensor_version: config.ta_version,
                    cpu_id: cpu_id(info),
                    uid,
                }
                .to_json()
            },
            |ta, statement| {
                ta.ask(&FinishChallenge {
                    handle,
                    token: token.clone(),
                    statement,
                })
            },
        )?;
        committed.sign(&mut self.platform, &key)
    }
}

fn cpu_id(info: &Info) -> CpuId {
    CpuId {
        root: info.root,
        security_level: info.security_level,
        device_id: info.device_id,
    }
}
