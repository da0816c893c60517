//! A device of the tests of this folder, in a few calls.
#![allow(dead_code, reason = "each test uses some")]

use std::fmt::Debug;
use std::time::{Duration, Instant};
use touchseal::Error;
use touchseal::proto::message::DeviceKey;
use touchseal::proto::signed::{PaymentStatement, Statement};
use touchseal::proto::status::Status;
use touchseal_qemu::{
    App, Command, Cut, Emmc, Guest, Hand, Options, Owner, Platform, Proxy, ProxyError, SoterApp,
    label, some_payment,
};

pub const ROOT: u32 = 0;
const LIMIT: Duration = Duration::from_secs(20);
/// No command takes so long.
const COMMAND: Duration = Duration::from_secs(60);
pub const APP: u32 = 10115;

pub fn platform() -> Platform {
    Platform::from_env().unwrap()
}

pub fn owner() -> Owner {
    Owner::new(&platform(), "p1_1.png").unwrap()
}

/// A boot of a device.
pub struct Boot {
    pub guest: Guest,
    pub proxy: Proxy,
    pub _logs: tempfile::TempDir,
}

impl Boot {
    pub fn of(platform: &Platform, emmc: &Emmc) -> Self {
        Self::with_sensor(platform, emmc, Hand::default())
    }

    pub fn with_sensor(platform: &Platform, emmc: &Emmc, hand: Hand) -> Self {
        Self::with(platform, emmc, |options| options.hand = hand)
    }

    pub fn with(platform: &Platform, emmc: &Emmc, set: impl FnOnce(&mut Options)) -> Self {
        let logs = tempfile::tempdir().unwrap();
        let mut options = Options::new(logs.path());
        options.programs = Some(platform.programs.clone());
        set(&mut options);
        let mut guest = Guest::boot(platform, emmc, &options).unwrap();
        Self {
            proxy: guest.proxy().unwrap(),
            guest,
            _logs: logs,
        }
    }

    pub fn app(&self, uid: u32) -> App {
        App::new(&self.proxy, self.guest.hand(), uid).unwrap()
    }

    pub fn soter(&self, uid: u32) -> SoterApp {
        SoterApp::new(&self.proxy, self.guest.hand(), uid).unwrap()
    }

    /// Makes a device key, a finger, and the app's keys for a scene.
    pub fn set_up(&self, owner: &Owner) {
        let mut factory = self.app(ROOT);
        factory.payments.provision().unwrap();
        factory.enroll(owner).unwrap();
        let mut app = self.app(APP);
        app.payments.generate_app_key(false).unwrap();
        let scene = label("checkout").unwrap();
        app.payments.generate_payment_key(scene, false).unwrap();
    }

    pub fn device_key(&self) -> DeviceKey {
        self.app(ROOT).payments.export_device_key().unwrap()
    }

    /// The counter of a payment that goes through.
    pub fn pay(&self, owner: &Owner) -> u64 {
        let scene = label("checkout").unwrap();
        let payment = some_payment([7; 32]).unwrap();
        let paid = self.app(APP).pay(scene, payment, owner).unwrap();
        let statement = PaymentStatement::from_bytes(&paid.statement).unwrap();
        statement.header.counter
    }

    /// Lets the kernel lie about the RPMB (`qemu/build/patches/linux-hostile-rpmb.patch`): of
    /// a kind, with a code, after so many requests, and so often.
    pub fn tell_lies(&mut self, kind: u32, code: u32, after: u32, times: u32) {
        let parameters = [
            ("", kind),
            ("_code", code),
            ("_after", after),
            ("_times", times),
        ];
        let lines = parameters.map(|(name, value)| {
            format!("echo {value} >/sys/module/optee/parameters/rpmb_lie{name}\n")
        });
        let script = Command::new("sh").args(["-ec", &lines.concat()]);
        let told = self.guest.run(&script, LIMIT).unwrap();
        assert_eq!(told.code, 0, "this kernel tells no lies");
    }

    /// Cuts the power once so many writes of a command are seen, which is asked of what `open`
    /// opens: how many there were.
    pub fn cut<C, R: Debug>(
        self,
        after: usize,
        open: impl FnOnce(&Self) -> C,
        ask: impl FnOnce(&mut C) -> Result<R, Error<ProxyError>>,
    ) -> usize {
        let mut client = open(&self);
        let Self {
            guest,
            proxy,
            _logs,
        } = self;
        let before = guest.rpmb_blocks().unwrap().len();
        proxy.answer_until(Cut {
            at: Instant::now() + COMMAND,
            after: Some((guest.follow_rpmb_writes().unwrap(), (before + after) as u64)),
        });
        match ask(&mut client) {
            Err(Error::Transport(ProxyError::Cut)) => guest.cut().unwrap().len() - before,
            other => panic!("{other:?}"),
        }
    }

    pub fn power_off(self) {
        self.guest.power_off().unwrap();
    }
}

#[track_caller]
pub fn refused<R>(outcome: Result<R, Error<ProxyError>>, status: Status) {
    match outcome {
        Err(Error::Refused(found)) => assert_eq!(found, status),
        Err(other) => panic!("expected {status:?}, got {other}"),
        Ok(_) => panic!("expected {status:?}, and it went through"),
    }
}
