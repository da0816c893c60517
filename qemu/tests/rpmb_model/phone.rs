//! A device that the same life is lived on: the guest, and the model of `ta/nonsecure`.

#[path = "../boot/mod.rs"]
mod boot;

use boot::{Boot, ROOT};
use std::cell::Cell;
use touchseal::finger::Image;
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::proto::transport::Transport;
use touchseal::touch::{self, Prompt};
use touchseal::{Error, FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, NonsecureTransport};
use touchseal_qemu::{Emmc, Owner, Platform, Session};

/// What became of a command.
pub type Outcome<R> = Result<R, Status>;

pub fn outcome<R, E: std::fmt::Debug>(outcome: Result<R, Error<E>>) -> Outcome<R> {
    outcome.map_err(|error| match error {
        Error::Refused(status) => status,
        other => panic!("{other:?}"),
    })
}

/// What is asked of it, and what it wrote.
pub trait Phone {
    type Transport: Transport<Error: std::fmt::Debug>;
    fn payment(&self, uid: u32) -> PaymentClient<Self::Transport>;
    fn soter(&self, uid: u32) -> SoterClient<Self::Transport>;
    fn fingerprint(&self, uid: u32) -> FingerprintClient<Self::Transport>;
    fn gatekeeper(&self, uid: u32) -> GatekeeperClient<Self::Transport>;
    /// Enrols the owner's finger.
    fn enroll(&self) -> Outcome<u32>;
    /// The owner's finger, or a stranger's.
    fn touch(&self, operation: u64, owner: bool) -> Outcome<AuthToken>;
    /// The blocks that were written since the device is switched on.
    fn blocks(&self) -> Vec<u64>;
    fn reboot(&mut self);
    /// Refuses the next requests to write.
    fn refuse_writes(&mut self, requests: u32);
    /// Asks for an app key, cuts the power after so many writes of that, and starts again: after
    /// how many it went.
    fn cut_app_key(&mut self, uid: u32, after: usize) -> usize;
}

/// OP-TEE in QEMU.
pub struct Guest {
    platform: Platform,
    emmc: Emmc,
    owner: Owner,
    stranger: Owner,
    boot: Option<Boot>,
}

impl Guest {
    pub fn new() -> Self {
        let platform = boot::platform();
        let emmc = Emmc::scratch().unwrap();
        let boot = Some(Boot::of(&platform, &emmc));
        let owner = |image| Owner::new(&platform, image).unwrap();
        Self {
            owner: owner("p1_1.png"),
            stranger: owner("p2_1.png"),
            boot,
            emmc,
            platform,
        }
    }

    fn boot(&self) -> &Boot {
        self.boot.as_ref().unwrap()
    }
}

impl Phone for Guest {
    type Transport = Session;

    fn payment(&self, uid: u32) -> PaymentClient<Session> {
        self.boot().proxy.payment(uid).unwrap()
    }
    fn soter(&self, uid: u32) -> SoterClient<Session> {
        self.boot().proxy.soter(uid).unwrap()
    }
    fn fingerprint(&self, uid: u32) -> FingerprintClient<Session> {
        self.boot().proxy.fingerprint(uid).unwrap()
    }
    fn gatekeeper(&self, uid: u32) -> GatekeeperClient<Session> {
        self.boot().proxy.gatekeeper(uid).unwrap()
    }
    fn enroll(&self) -> Outcome<u32> {
        outcome(self.boot().app(ROOT).enroll(&self.owner))
    }
    fn touch(&self, operation: u64, owner: bool) -> Outcome<AuthToken> {
        let who = if owner { &self.owner } else { &self.stranger };
        outcome(self.boot().app(ROOT).touch(who, operation))
    }
    fn blocks(&self) -> Vec<u64> {
        self.boot().guest.rpmb_blocks().unwrap()
    }
    fn reboot(&mut self) {
        self.boot.take().unwrap().power_off();
        self.boot = Some(Boot::of(&self.platform, &self.emmc));
    }
    fn refuse_writes(&mut self, requests: u32) {
        const REFUSED: u32 = 1;
        const GENERIC: u32 = 0xffff_0000;
        // A block that is written in part is read before.
        const READS: u32 = 1;
        let boot = self.boot.as_mut().unwrap();
        boot.tell_lies(REFUSED, GENERIC, READS, requests);
    }
    fn cut_app_key(&mut self, uid: u32, after: usize) -> usize {
        let boot = self.boot.take().unwrap();
        let written = boot.cut(
            after,
            |boot| boot.proxy.payment(uid).unwrap(),
            |app| app.generate_app_key(false),
        );
        self.boot = Some(Boot::of(&self.platform, &self.emmc));
        written
    }
}

/// The model, with the same two people: how long a template is depends on the finger.
pub struct Model {
    device: Device,
    before: usize,
    owner: Image,
    stranger: Image,
    /// No picture is taken twice.
    pictures: Cell<usize>,
}

impl Model {
    pub fn new() -> Self {
        let fingers = boot::platform().fingers;
        let finger = |name| Image::from_file(&fingers.join(name)).unwrap();
        Self {
            device: Device::default(),
            before: 0,
            owner: finger("p1_1.png"),
            stranger: finger("p2_1.png"),
            pictures: Cell::new(0),
        }
    }

    fn place(&self, sensor: &mut FingerprintClient<NonsecureTransport>, who: &Image) -> Placed {
        let nth = self.pictures.replace(self.pictures.get() + 1);
        sensor.place(&seen(who, nth).with_noise())
    }
}

/// What the window of the guest's sensor sees of a finger, placed for the `nth` time.
fn seen(finger: &Image, nth: usize) -> Image {
    const PLACES: [(u16, u16); 5] = [(50, 50), (20, 40), (80, 60), (40, 20), (60, 80)];
    let (width, height) = (300, 400);
    let (left, top) = PLACES[nth % PLACES.len()];
    let row = |y| {
        let start = usize::from(top + y) * usize::from(finger.width) + usize::from(left);
        &finger.pixels[start..start + usize::from(width)]
    };
    Image {
        width,
        height,
        pixels: (0..height).flat_map(row).copied().collect(),
    }
}

type Placed = Result<(), Error<touchseal_core::error::Error>>;

impl Phone for Model {
    type Transport = NonsecureTransport;

    fn payment(&self, uid: u32) -> PaymentClient<NonsecureTransport> {
        PaymentClient::new(self.device.payment(Login::App { uid }))
    }
    fn soter(&self, uid: u32) -> SoterClient<NonsecureTransport> {
        SoterClient::new(self.device.soter(Login::App { uid }))
    }
    fn fingerprint(&self, uid: u32) -> FingerprintClient<NonsecureTransport> {
        FingerprintClient::new(self.device.fingerprint(Login::App { uid }))
    }
    fn gatekeeper(&self, uid: u32) -> GatekeeperClient<NonsecureTransport> {
        GatekeeperClient::new(self.device.gatekeeper(Login::App { uid }))
    }
    fn enroll(&self) -> Outcome<u32> {
        let place = &mut |sensor: &mut FingerprintClient<_>, prompt| match prompt {
            Prompt::Place => self.place(sensor, &self.owner),
            _ => Ok(()),
        };
        outcome(touch::enroll(&mut self.fingerprint(ROOT), None, place))
    }
    fn touch(&self, operation: u64, owner: bool) -> Outcome<AuthToken> {
        let mut sensor = self.fingerprint(ROOT);
        let who = if owner { &self.owner } else { &self.stranger };
        outcome(self.place(&mut sensor, who))?;
        outcome(sensor.authenticate(operation))
    }
    fn blocks(&self) -> Vec<u64> {
        let rpmb = self.device.rpmb();
        let since = rpmb.log()[self.before..].iter();
        since.map(|write| write.block.into()).collect()
    }
    fn reboot(&mut self) {
        self.before = self.device.rpmb().log().len();
        self.device.reboot();
    }
    fn refuse_writes(&mut self, requests: u32) {
        self.device.rpmb().refuse_requests(requests);
    }
    fn cut_app_key(&mut self, uid: u32, after: usize) -> usize {
        self.device.rpmb().lose_power_at(after as u64);
        outcome(self.payment(uid).generate_app_key(false)).unwrap_err();
        self.reboot();
        after
    }
}
