//! A device whose sensor is simulated, and the service over it.

use crate::caller::Caller;
use crate::failure::{Failure, Result};
use crate::hal::Hal;
use crate::operations::Wanted;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use touchseal::finger::Image;
use touchseal::proto::label::Label;
use touchseal::proto::message::{Begun, Currency, Payment};
use touchseal::proto::status::Status;
use touchseal::proto::transport::Transport;
use touchseal::touch::{self, Prompt};
use touchseal::transport::{SecureWorld, TransportError};
use touchseal::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};
use touchseal_core::dispatch::Login;
use touchseal_core::error::Error;
use touchseal_nonsecure::{Device, NonsecureTransport, finger};

pub const APP: u32 = 10115;
pub const ANOTHER: u32 = 10116;
pub const FRAMEWORK: u32 = 1000;
pub const ROOT: u32 = 0;
/// The scene of the key that an app has.
pub const SCENE: &str = "shop";

/// How long something may take that takes no time.
pub const PROMPTLY: Duration = Duration::from_secs(5);

/// A device whose trusted applications can be made to die.
#[derive(Clone, Default)]
pub struct Bench {
    device: Device,
    kills: Arc<AtomicBool>,
}

/// The secure world, as a uid.
pub struct AsUid {
    bench: Bench,
    login: Login,
}

/// A session that its trusted application does not survive, when told.
pub struct Mortal {
    session: NonsecureTransport,
    kills: Arc<AtomicBool>,
    dead: bool,
}

impl Transport for Mortal {
    type Error = Error;

    fn invoke(
        &mut self,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> std::result::Result<usize, Error> {
        self.dead |= self.kills.swap(false, Ordering::Relaxed);
        if self.dead {
            return Err(Error::Peer(Status::TaDied));
        }
        self.session.invoke(command, request, response)
    }
}

impl AsUid {
    fn mortal(&self, session: NonsecureTransport) -> Mortal {
        let kills = self.bench.kills.clone();
        Mortal {
            session,
            kills,
            dead: false,
        }
    }
}

type Opened<C> = std::result::Result<C, TransportError<AsUid>>;

impl SecureWorld for AsUid {
    type Transport = Mortal;

    fn payment(&self) -> Opened<PaymentClient<Mortal>> {
        let session = self.bench.device.try_payment(self.login)?;
        Ok(PaymentClient::new(self.mortal(session)))
    }
    fn soter(&self) -> Opened<SoterClient<Mortal>> {
        let session = self.bench.device.soter(self.login);
        Ok(SoterClient::new(self.mortal(session)))
    }
    fn fingerprint(&self) -> Opened<FingerprintClient<Mortal>> {
        let session = self.bench.device.fingerprint(self.login);
        Ok(FingerprintClient::new(self.mortal(session)))
    }
    fn gatekeeper(&self) -> Opened<GatekeeperClient<Mortal>> {
        let session = self.bench.device.gatekeeper(self.login);
        Ok(GatekeeperClient::new(self.mortal(session)))
    }
}

impl Bench {
    /// With a device key, a finger, and an app's keys.
    pub fn ready() -> (Self, Arc<Hal<AsUid>>) {
        let bench = Self::default();
        let hal = bench.hal();
        hal.ask(
            Caller::with_uid(ROOT).factory().unwrap(),
            PaymentClient::provision,
        )
        .unwrap();
        let mut placement = 0..;
        let mut settings = bench.as_uid(ROOT).fingerprint().unwrap();
        touch::enroll(&mut settings, None, &mut |sensor, prompt| match prompt {
            Prompt::Place => sensor.place(&image(1, placement.next().unwrap())),
            _ => Ok(()),
        })
        .unwrap();
        bench.make_keys(&hal, APP);
        (bench, hal)
    }

    pub fn hal(&self) -> Arc<Hal<AsUid>> {
        let bench = self.clone();
        Arc::new(Hal::new(move |uid| bench.as_uid(uid)))
    }

    /// Its app key, and its payment key.
    pub fn make_keys(&self, hal: &Hal<AsUid>, uid: u32) {
        let app = Caller::with_uid(uid).itself().unwrap();
        hal.ask(app, |client| client.generate_app_key(false))
            .unwrap();
        hal.ask(app, |client| {
            client.generate_payment_key(label(SCENE), false)
        })
        .unwrap();
    }

    fn as_uid(&self, uid: u32) -> AsUid {
        AsUid {
            bench: self.clone(),
            login: Login::App { uid },
        }
    }

    /// Puts a finger on the sensor, for one picture.
    pub fn place(&self, finger: u64) {
        let mut sensor = self.as_uid(ANOTHER).fingerprint().unwrap();
        sensor.place(&image(finger, 9)).unwrap();
    }

    /// The next command finds its trusted application dead.
    pub fn kill(&self) {
        self.kills.store(true, Ordering::Relaxed);
    }
}

fn image(seed: u64, placement: u64) -> Image {
    let finger::Picture {
        width,
        height,
        pixels,
    } = finger::impression(seed, placement);
    Image {
        width,
        height,
        pixels,
    }
}

pub fn label<const N: usize>(text: &str) -> Label<N> {
    Label::new(text).unwrap()
}

pub fn payment(amount: u64) -> Payment {
    Payment {
        amount,
        currency: Currency::new("EUR").unwrap(),
        payee: label("Caffè Rossi"),
        order: label("order-1"),
        nonce: [7; 32],
    }
}

/// Begins a payment with nobody to prompt.
pub fn begin(hal: &Hal<AsUid>, uid: u32) -> Result<Begun> {
    begin_prompting(hal, uid, |_| ())
}

/// Begins a payment for someone who is prompted.
pub fn begin_prompting(
    hal: &Hal<AsUid>,
    uid: u32,
    prompt: impl Fn(Prompt) + Send + Sync + 'static,
) -> Result<Begun> {
    let what = (label(SCENE), payment(1999));
    let wanted = Arc::<Wanted>::default();
    hal.begin(Caller::with_uid(uid), what, wanted, Box::new(prompt))
}

/// Begins a payment, and tells when its wait for a finger has the sensor.
pub fn begin_watched(hal: &Hal<AsUid>, uid: u32) -> (u64, impl Fn() -> bool + use<>) {
    let prompted = Arc::<AtomicBool>::default();
    let watched = prompted.clone();
    let begun = begin_prompting(hal, uid, move |_| prompted.store(true, Ordering::Relaxed));
    (begun.unwrap().handle, move || {
        watched.load(Ordering::Relaxed)
    })
}

#[track_caller]
pub fn refused<R: Debug>(outcome: Result<R>, cause: Status) {
    match outcome {
        Err(Failure::Cause(found)) => assert_eq!(found, cause),
        other => panic!("expected {cause:?}, got {other:?}"),
    }
}

/// Waits for what happens in another thread.
#[track_caller]
pub fn until(happened: impl Fn() -> bool) {
    let limit = Instant::now() + PROMPTLY;
    while !happened() {
        assert!(Instant::now() < limit, "it does not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}
