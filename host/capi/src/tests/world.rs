//! A secure world in this process: each test has a device of its own, and a finger.

use crate::touch::Prompt;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::fmt;
use touchseal::finger::Image;
use touchseal::proto::status::Status;
use touchseal::proto::transport::Transport;
use touchseal::transport::SecureWorld;
use touchseal::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient, touch};
use touchseal_core::dispatch::Login;
use touchseal_core::error::Error;
use touchseal_nonsecure::finger::impression;
use touchseal_nonsecure::{Device, NonsecureTransport};

const ROOT: Login = Login::App { uid: 0 };
pub const APP: u32 = 10115;
const OWNERS: u64 = 1;
pub const STRANGERS: u64 = 2;

/// Where the next call of this thread panics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Panic {
    Nowhere,
    AtTheBoundary,
    InTheTransport,
}

thread_local! {
    static DEVICE: RefCell<Device> = RefCell::default();
    pub static PANIC: Cell<Panic> = const { Cell::new(Panic::Nowhere) };
}

pub fn panic_if_told(here: Panic) {
    assert!(PANIC.get() != here, "as told");
}

/// This thread's device.
pub fn device() -> Device {
    DEVICE.with_borrow(Clone::clone)
}

/// An app on a device.
pub struct Here(Device);

pub fn here() -> Here {
    Here(device())
}

/// Why a device in this process does not answer.
#[derive(Clone, Copy, Debug)]
pub struct Unanswered(Error);

impl From<Unanswered> for Status {
    fn from(Unanswered(error): Unanswered) -> Self {
        error.status()
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.status().fmt(f)
    }
}

pub struct Wire(NonsecureTransport);

impl Transport for Wire {
    type Error = Unanswered;

    fn invoke(
        &mut self,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize, Unanswered> {
        panic_if_told(Panic::InTheTransport);
        self.0
            .invoke(command, request, response)
            .map_err(Unanswered)
    }
}

const LOGIN: Login = Login::App { uid: APP };

impl SecureWorld for Here {
    type Transport = Wire;

    fn payment(&self) -> Result<PaymentClient<Wire>, Unanswered> {
        // OP-TEE says so of a session too many.
        let busy = |_| Unanswered(Error::Peer(Status::Busy));
        let session = self.0.try_payment(LOGIN).map_err(busy)?;
        Ok(PaymentClient::new(Wire(session)))
    }
    fn soter(&self) -> Result<SoterClient<Wire>, Unanswered> {
        Ok(SoterClient::new(Wire(self.0.soter(LOGIN))))
    }
    fn fingerprint(&self) -> Result<FingerprintClient<Wire>, Unanswered> {
        Ok(FingerprintClient::new(Wire(self.0.fingerprint(LOGIN))))
    }
    fn gatekeeper(&self) -> Result<GatekeeperClient<Wire>, Unanswered> {
        Ok(GatekeeperClient::new(Wire(self.0.gatekeeper(LOGIN))))
    }
}

/// Makes the device keys, and enrols the owner's finger.
pub fn provision() {
    let device = device();
    PaymentClient::new(device.payment(ROOT))
        .provision()
        .unwrap();
    let mut settings = FingerprintClient::new(device.fingerprint(ROOT));
    let mut placement = 0;
    touch::enroll(&mut settings, None, &mut |settings, prompt| {
        if prompt == touch::Prompt::Place {
            place(settings, OWNERS, placement);
            placement += 1;
        }
        Ok(())
    })
    .unwrap();
}

pub fn provision_soter() {
    SoterClient::new(device().soter(ROOT)).provision().unwrap();
}

fn place(sensor: &mut FingerprintClient<NonsecureTransport>, finger: u64, placement: u64) {
    let picture = impression(finger, placement);
    let image = Image {
        width: picture.width,
        height: picture.height,
        pixels: picture.pixels,
    };
    sensor.place(&image).unwrap();
}

/// A person who does as the prompts say, if they want to.
pub struct Person {
    pub finger: u64,
    pub waits: bool,
    pub prompts: Vec<&'static str>,
    device: Device,
}

impl Person {
    pub fn new(finger: u64) -> Self {
        Self {
            finger,
            waits: true,
            prompts: Vec::new(),
            device: device(),
        }
    }

    pub fn owner() -> Self {
        Self::new(OWNERS)
    }

    /// Does not wait.
    pub fn in_a_hurry() -> Self {
        Self {
            waits: false,
            ..Self::owner()
        }
    }

    pub fn user(&mut self) -> *mut c_void {
        std::ptr::from_mut(self).cast()
    }
}

/// The callback of a [`Person`].
pub unsafe extern "C" fn follow(user: *mut c_void, prompt: Prompt) -> bool {
    // SAFETY: the tests pass a person, and wait until the call is over.
    let person = unsafe { &mut *user.cast::<Person>() };
    person.prompts.push(match prompt {
        Prompt::Place => "place",
        Prompt::Lift => "lift",
    });
    if person.waits {
        let mut sensor = FingerprintClient::new(person.device.fingerprint(LOGIN));
        place(&mut sensor, person.finger, 0);
    }
    person.waits
}
