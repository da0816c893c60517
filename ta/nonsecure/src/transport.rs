//! A device in a process, and sessions with its trusted applications.

use crate::algorithm::{P256, Rsa2048};
use crate::platform::NonsecurePlatform;
use crate::rpmb::Rpmb;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use touchseal_core::config::Config;
use touchseal_core::dispatch::Login;
use touchseal_core::error::{Error, Result};
use touchseal_core::fingerprint;
use touchseal_core::fingerprint::simulated::SimulatedFingerprintTa;
use touchseal_core::gatekeeper::GatekeeperTa;
use touchseal_core::payment::{PaymentTa, Session};
use touchseal_core::soter::SoterTa;
use touchseal_proto::command::{
    FingerprintCommand, GatekeeperCommand, PaymentCommand, Request, SimulatedSensorCommand,
    SoterCommand,
};
use touchseal_proto::message::GetFingers;
use touchseal_proto::signed::SecurityLevel;
use touchseal_proto::transport::{Transport, call};

const CONFIG: Config = Config {
    ta_version: touchseal_proto::TA_VERSION,
    security_level: SecurityLevel::Software,
    sensor: touchseal_proto::SIMULATED_FINGERPRINT_TA.sensor,
};

pub(crate) struct Shared {
    rpmb: Mutex<Rpmb>,
    payment: Mutex<Option<PaymentTa<NonsecurePlatform<P256>>>>,
    fingerprint: Mutex<Option<SimulatedFingerprintTa<NonsecurePlatform<()>>>>,
    gatekeeper: Mutex<Option<GatekeeperTa<NonsecurePlatform<()>>>>,
    single: Mutex<()>,
    booted: Instant,
    /// How far the clock was turned forward, in milliseconds.
    skipped: AtomicU64,
    last_refusal: Mutex<Option<Error>>,
    /// Which signatures from now are wrong.
    faults: Mutex<Range<u64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// Whether this thread is in a trusted application that has one instance.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// A thread in the trusted applications that have one instance.
struct Entered<'a>(Option<MutexGuard<'a, ()>>);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if self.0.is_some() {
            INSIDE.set(false);
        }
    }
}

impl Shared {
    /// As OP-TEE does, lets one thread at a time into all of them together, for they ask each
    /// other: each with a lock of its own would wait for the other for ever.
    fn enter(&self) -> Entered<'_> {
        Entered((!INSIDE.get()).then(|| {
            let guard = lock(&self.single);
            INSIDE.set(true);
            guard
        }))
    }

    pub(crate) fn rpmb(&self) -> MutexGuard<'_, Rpmb> {
        lock(&self.rpmb)
    }

    pub(crate) fn now_ms(&self) -> u64 {
        let since = u64::try_from(self.booted.elapsed().as_millis()).unwrap_or(u64::MAX);
        since.saturating_add(self.skipped.load(Ordering::Relaxed))
    }

    pub(crate) fn note_refusal(&self, error: Error) {
        *lock(&self.last_refusal) = Some(error);
    }

    /// Whether the processor computes the signature of now wrong.
    pub(crate) fn is_faulty(&self) -> bool {
        let mut faults = lock(&self.faults);
        let is_faulty = faults.contains(&0);
        *faults = faults.start.saturating_sub(1)..faults.end.saturating_sub(1);
        is_faulty
    }

    pub(crate) fn enrolment_epoch(&self) -> Result<u64> {
        let mut session = self.open_fingerprint(Login::KeysTa)?;
        let answer = call(
            &GetFingers {},
            &mut [0; FingerprintCommand::MAX_REQUEST],
            &mut [0; FingerprintCommand::MAX_RESPONSE],
            |command, request, response| self.fingerprint(&mut session, command, request, response),
        );
        self.close_fingerprint(session);
        Ok(answer?.authenticator_id)
    }

    /// A trusted application asks the payment TA.
    pub(crate) fn ask_payment<R: Request>(&self, login: Login, request: &R) -> Result<R::Response> {
        let mut session = self.open(login)?;
        let answer = call(
            request,
            &mut [0; PaymentCommand::MAX_REQUEST],
            &mut [0; PaymentCommand::MAX_RESPONSE],
            |command, request, response| self.payment(&mut session, command, request, response),
        );
        self.close(session);
        Ok(answer?)
    }

    /// A session of `login` with the payment TA, unless it has too many.
    pub(crate) fn try_payment(shared: &Arc<Self>, login: Login) -> Result<NonsecureTransport> {
        let session = Box::new(shared.open(login)?);
        Ok(NonsecureTransport {
            device: Device(shared.clone()),
            peer: Peer::Payment(session),
        })
    }

    fn open(&self, login: Login) -> Result<Session> {
        let _entered = self.enter();
        lock(&self.payment)
            .as_mut()
            .ok_or(Error::PeerUnavailable)?
            .open(login)
    }

    fn close(&self, session: Session) {
        let _entered = self.enter();
        if let Some(ta) = lock(&self.payment).as_mut() {
            ta.close(session);
        }
    }

    fn payment(
        &self,
        session: &mut Session,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize> {
        let _entered = self.enter();
        lock(&self.payment)
            .as_mut()
            .ok_or(Error::PeerUnavailable)?
            .invoke(session, command, request, response)
    }

    fn open_fingerprint(&self, login: Login) -> Result<fingerprint::Session> {
        let _entered = self.enter();
        lock(&self.fingerprint)
            .as_mut()
            .ok_or(Error::PeerUnavailable)?
            .open(login)
    }

    fn close_fingerprint(&self, session: fingerprint::Session) {
        let _entered = self.enter();
        if let Some(ta) = lock(&self.fingerprint).as_mut() {
            ta.close(session);
        }
    }

    fn fingerprint(
        &self,
        session: &mut fingerprint::Session,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize> {
        let _entered = self.enter();
        lock(&self.fingerprint)
            .as_mut()
            .ok_or(Error::PeerUnavailable)?
            .invoke(session, command, request, response)
    }

    fn gatekeeper(
        &self,
        login: Login,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize> {
        let _entered = self.enter();
        lock(&self.gatekeeper)
            .as_mut()
            .ok_or(Error::PeerUnavailable)?
            .invoke(login, command, request, response)
    }
}

fn platform<A>(device: &Arc<Shared>, owner: u8) -> NonsecurePlatform<A> {
    NonsecurePlatform {
        device: Arc::downgrade(device),
        owner,
        algorithm: PhantomData,
    }
}

/// A device: its sealed storage, and the trusted applications running on it.
#[derive(Clone)]
pub struct Device(Arc<Shared>);

impl Default for Device {
    fn default() -> Self {
        Self::boot(Rpmb::default())
    }
}

impl Device {
    /// Starts the trusted applications on `rpmb`.
    pub fn boot(mut rpmb: Rpmb) -> Self {
        rpmb.restart();
        let shared = Arc::new(Shared {
            rpmb: Mutex::new(rpmb),
            payment: Mutex::new(None),
            fingerprint: Mutex::new(None),
            gatekeeper: Mutex::new(None),
            single: Mutex::default(),
            booted: Instant::now(),
            skipped: AtomicU64::new(0),
            last_refusal: Mutex::new(None),
            faults: Mutex::default(),
        });
        *lock(&shared.payment) = Some(PaymentTa::new(platform(&shared, b'p'), CONFIG));
        *lock(&shared.fingerprint) = Some(SimulatedFingerprintTa::new(platform(&shared, b'f')));
        *lock(&shared.gatekeeper) = Some(GatekeeperTa::new(platform(&shared, b'g')));
        Self(shared)
    }

    #[cfg(test)]
    pub(crate) fn platform<A>(&self) -> NonsecurePlatform<A> {
        platform(&self.0, b'p')
    }

    /// Power off and on: what is sealed stays, all else is gone.
    pub fn reboot(&mut self) {
        let rpmb = std::mem::take(&mut *self.0.rpmb());
        *self = Self::boot(rpmb);
    }

    /// The sealed storage.
    pub fn rpmb(&self) -> MutexGuard<'_, Rpmb> {
        self.0.rpmb()
    }

    /// What the clock of its trusted applications says, in milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }

    /// Turns the clock forward.
    pub fn skip_ms(&self, ms: u64) {
        self.0.skipped.fetch_add(ms, Ordering::Relaxed);
    }

    /// Faults in the processor spoil these signatures from now; 0 is the next one.
    pub fn spoil_signatures(&self, which: Range<u64>) {
        *lock(&self.0.faults) = which;
    }

    /// Whether a fault is still to come.
    pub fn spoils_signatures(&self) -> bool {
        !lock(&self.0.faults).is_empty()
    }

    /// Why the last command was refused: what the secure log would say.
    pub fn last_refusal(&self) -> Option<Error> {
        *lock(&self.0.last_refusal)
    }

    /// A session of `login` with the payment TA, unless it has too many.
    pub fn try_payment(&self, login: Login) -> Result<NonsecureTransport> {
        Shared::try_payment(&self.0, login)
    }

    /// A session of `login` with the payment TA.
    ///
    /// # Panics
    ///
    /// When it has too many.
    pub fn payment(&self, login: Login) -> NonsecureTransport {
        self.try_payment(login)
            .expect("no more sessions of this login")
    }

    /// A session of `login` with the SOTER TA: an instance of its own.
    ///
    /// # Panics
    ///
    /// When it has too many.
    pub fn soter(&self, login: Login) -> NonsecureTransport {
        let instance = SoterTa::open(platform(&self.0, b's'), CONFIG, login)
            .expect("no more sessions of this login");
        NonsecureTransport {
            device: self.clone(),
            peer: Peer::Soter(Box::new(instance)),
        }
    }

    /// A session of `login` with the fingerprint TA.
    ///
    /// # Panics
    ///
    /// When it has too many.
    pub fn fingerprint(&self, login: Login) -> NonsecureTransport {
        let session = self.0.open_fingerprint(login);
        NonsecureTransport {
            device: self.clone(),
            peer: Peer::Fingerprint(session.expect("no more sessions of this login")),
        }
    }

    /// A session of `login` with the gatekeeper TA.
    ///
    /// # Panics
    ///
    /// When it has too many.
    pub fn gatekeeper(&self, login: Login) -> NonsecureTransport {
        let _entered = self.0.enter();
        let opened = lock(&self.0.gatekeeper).as_mut().map(|ta| ta.open(login));
        assert!(opened == Some(Ok(())), "no more sessions of this login");
        NonsecureTransport {
            device: self.clone(),
            peer: Peer::Gatekeeper(login),
        }
    }
}

enum Peer {
    Payment(Box<Session>),
    Soter(Box<SoterTa<NonsecurePlatform<Rsa2048>>>),
    Fingerprint(fingerprint::Session),
    Gatekeeper(Login),
}

/// A session with one of the trusted applications.
pub struct NonsecureTransport {
    device: Device,
    peer: Peer,
}

impl Transport for NonsecureTransport {
    type Error = Error;

    /// As the entry points on OP-TEE do, refuses what is larger than any request, and
    /// a response buffer that not every response fits.
    fn invoke(&mut self, command: u32, request: &[u8], response: &mut [u8]) -> Result<usize> {
        let shared = &self.device.0;
        let (largest_request, largest_response) = match self.peer {
            Peer::Payment(_) => (PaymentCommand::MAX_REQUEST, PaymentCommand::MAX_RESPONSE),
            Peer::Soter(_) => (SoterCommand::MAX_REQUEST, SoterCommand::MAX_RESPONSE),
            Peer::Fingerprint(_) => (
                SimulatedSensorCommand::MAX_REQUEST,
                FingerprintCommand::MAX_RESPONSE,
            ),
            Peer::Gatekeeper(_) => (
                GatekeeperCommand::MAX_REQUEST,
                GatekeeperCommand::MAX_RESPONSE,
            ),
        };
        if request.len() > largest_request || response.len() < largest_response {
            return Err(Error::Platform);
        }
        match &mut self.peer {
            Peer::Payment(session) => shared.payment(session, command, request, response),
            Peer::Soter(instance) => instance.invoke(command, request, response),
            Peer::Fingerprint(session) => shared.fingerprint(session, command, request, response),
            Peer::Gatekeeper(login) => shared.gatekeeper(*login, command, request, response),
        }
    }
}

impl Drop for NonsecureTransport {
    fn drop(&mut self) {
        let device = &self.device.0;
        match &mut self.peer {
            Peer::Payment(session) => device.close(std::mem::take(session)),
            Peer::Soter(_) => {}
            Peer::Fingerprint(session) => device.close_fingerprint(std::mem::take(session)),
            Peer::Gatekeeper(login) => {
                let _entered = device.enter();
                if let Some(ta) = lock(&device.gatekeeper).as_mut() {
                    ta.close(*login);
                }
            }
        }
    }
}
