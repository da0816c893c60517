//! The service behind binder: whoever calls, in the sessions of whom it may speak for.

use crate::caller::{Caller, Subject};
use crate::calls::{Call, Calls};
use crate::failure::{Failure, Result};
use crate::operations::{Operation, Operations, Prompter, Wanted};
use crate::sensor::Sensor;
use crate::sessions::Sessions;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use touchseal::client::{PaymentClient, SoterClient};
use touchseal::diagnosis::is_absent;
use touchseal::proto::label::Scene;
use touchseal::proto::message::{Begun, Payment, SignedPayment};
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::soter::Soter;
use touchseal::touch;
use touchseal::transport::{SecureWorld, TransportError};

/// A secure world whose sessions go from thread to thread.
pub trait World: SecureWorld<Transport: Send> + 'static {}
impl<W: SecureWorld<Transport: Send> + 'static> World for W {}

/// The secure world, as a uid.
pub type Worlds<W> = Box<dyn Fn(u32) -> W + Send + Sync>;

/// What a command came to.
pub type Asked<R, W> = std::result::Result<R, touchseal::Error<TransportError<W>>>;

type Payments<W> = PaymentClient<<W as SecureWorld>::Transport>;
type Soters<W> = Soter<<W as SecureWorld>::Transport>;

/// The service.
pub struct Hal<W: World> {
    worlds: Worlds<W>,
    calls: Calls,
    sessions: Sessions<W>,
    /// The sensor.
    pub sensor: Sensor,
    /// Payments that have begun.
    pub payments: Operations<Payments<W>>,
    /// SOTER's signing sessions.
    pub soters: Operations<Soters<W>>,
}

impl<W: World> Hal<W> {
    /// Over a secure world, which is opened for one uid at a time.
    pub fn new(worlds: impl Fn(u32) -> W + Send + Sync + 'static) -> Self {
        Self {
            worlds: Box::new(worlds),
            calls: Calls::default(),
            sessions: Sessions::default(),
            sensor: Sensor::default(),
            payments: Operations::default(),
            soters: Operations::default(),
        }
    }

    /// Lets a call in, unless there are too many for one. What has become over meanwhile goes.
    pub fn admit(&self, subject: Subject) -> Result<Call<'_>> {
        self.payments.sweep();
        self.soters.sweep();
        self.calls.admit(subject)
    }

    /// Asks the payment TA.
    pub fn ask<R>(
        &self,
        subject: Subject,
        ask: impl FnOnce(&mut Payments<W>) -> Asked<R, W>,
    ) -> Result<R> {
        self.sessions.ask(&self.worlds, subject, ask)
    }

    /// A session with the SOTER TA: each is an instance, and takes memory of its own.
    pub fn soter(&self, subject: Subject) -> Result<SoterClient<W::Transport>> {
        let opened = (self.worlds)(subject.uid()).soter();
        opened.map_err(Failure::not_opened::<W>)
    }

    /// Makes the device keys of both dialects, unless they are there.
    pub fn provision(&self, caller: Caller) -> Result<()> {
        let hal = caller.factory()?;
        self.ask(hal, PaymentClient::provision)?;
        asked::<_, W>(self.soter(hal)?.provision())?;
        Ok(())
    }

    /// Whether the ATTK signs. The slots of a device key are told to root alone; the factory's
    /// command looks at them as well, makes nothing where there is a key, and repairs a copy.
    pub fn verify_attk(&self) -> Result<()> {
        let mut soter = self.soter(Subject::HAL)?;
        match asked::<_, W>(soter.diagnose())?.state {
            Status::Ok => asked::<_, W>(soter.provision()).map(drop),
            cause => Err(cause.into()),
        }
    }

    /// Removes the keys of both dialects, while no call is served that could make another.
    pub fn uninstall(&self, app: Subject) -> Result<()> {
        let barred = self.calls.bar(app);
        self.end_all_of(app);
        barred.wait()?;
        // What a call has begun meanwhile.
        self.end_all_of(app);
        self.ask(app, PaymentClient::remove_app_keys)?;
        let removed = self
            .soter(app)
            .and_then(|mut soter| asked::<_, W>(soter.remove_app_keys()));
        match removed {
            Err(Failure::Cause(cause)) if is_absent(cause) || cause == Status::NotProvisioned => {
                Ok(())
            }
            outcome => outcome.map(drop),
        }
    }

    fn end_all_of(&self, app: Subject) {
        self.payments.end(|one| one.subject == app);
        self.soters.end(|one| one.subject == app);
    }

    /// Begins a payment.
    pub fn begin(
        &self,
        caller: Caller,
        (scene, payment): (Scene, Payment),
        wanted: Arc<Wanted>,
        prompt: Prompter,
    ) -> Result<Begun> {
        let subject = caller.itself()?;
        let opened = (self.worlds)(subject.uid()).payment();
        let mut client = opened.map_err(Failure::not_opened::<W>)?;
        let begun = asked::<_, W>(client.begin(scene, payment))?;
        self.payments.add(Operation {
            owner: caller,
            subject,
            handle: begun.handle,
            until: Instant::now() + Duration::from_millis(begun.lifetime_ms.into()),
            wanted,
            prompt,
            signer: Mutex::new(client),
        })?;
        Ok(begun)
    }

    /// Waits for the finger, and signs the payment. Without a match the operation stays.
    pub fn finish(&self, caller: Caller, handle: u64) -> Result<SignedPayment> {
        let found = self.payments.find(caller, handle);
        let operation = found.ok_or(Status::NotAuthorized)?;
        let mut client = operation.signer()?;
        let touched = self.touch(&operation, &|| operation.is_over());
        let ended = !touched.as_ref().is_err_and(leaves_another_try)
            && self.payments.end(|one| one.handle == handle);
        let token = touched?;
        if !ended {
            return Err(Status::NotAuthorized.into());
        }
        asked::<_, W>(client.finish(handle, token))
    }

    /// Gives a payment up.
    pub fn abort(&self, caller: Caller, handle: u64) -> Result<()> {
        let found = self.payments.find(caller, handle);
        let operation = found.ok_or(Status::NotAuthorized)?;
        match self.payments.end(|one| one.handle == operation.handle) {
            true => Ok(()),
            false => Err(Status::NotAuthorized.into()),
        }
    }

    /// Waits for the finger that is meant for an operation.
    pub fn touch<S>(
        &self,
        operation: &Operation<S>,
        given_up: &dyn Fn() -> bool,
    ) -> Result<AuthToken> {
        let _taken = self.sensor.take()?;
        if given_up() {
            return Err(Status::NotAuthorized.into());
        }
        let opened = (self.worlds)(operation.subject.uid()).fingerprint();
        let mut sensor = opened.map_err(Failure::not_opened::<W>)?;
        let mut owner = |_: &mut _, what| {
            (operation.prompt)(what);
            Ok(())
        };
        let handle = operation.handle;
        let touched = touch::authenticate_unless(&mut sensor, handle, &mut owner, given_up);
        if given_up() {
            return Err(Status::NotAuthorized.into());
        }
        asked::<_, W>(touched)
    }
}

/// What a command came to, for a caller.
pub fn asked<R, W: SecureWorld>(outcome: Asked<R, W>) -> Result<R> {
    outcome.map_err(|error| error.cause().into())
}

/// Whether the finger may be shown again.
fn leaves_another_try(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Cause(
            Status::NoFingerOnSensor
                | Status::LiftFinger
                | Status::FingerNotRecognized
                | Status::PoorImage
                | Status::LockedOut
                | Status::SensorSilent
                | Status::SensorFault
                | Status::Busy
        )
    )
}
