//! A face's program in the guest, as an app that runs it.

use super::ROOT;
use crate::boot::platform;
use serde_json::Value;
use std::cell::RefCell;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use touchseal::proto::status::Status;
use touchseal_qemu::{Command, Emmc, Guest, Options, Owner, Platform, patiently_where};

/// RSA keys take seconds, on an emulator that has little of the machine many.
const LIMIT: Duration = Duration::from_secs(180);

/// A way to the trusted applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    Rust,
    CommandLine,
    C,
    Binder,
}

impl Face {
    fn program(self, guest: &Guest) -> Command {
        let example = match self {
            Self::CommandLine => return Command::new("touchseal"),
            Self::Rust => "wallet",
            Self::C => "wallet-c",
            Self::Binder => "wallet-binder",
        };
        guest.example(example).unwrap()
    }
}

/// A new device, and the face to use.
pub struct Device {
    face: Face,
    platform: Platform,
    guest: RefCell<Guest>,
    /// Shared with the guest.
    shared: tempfile::TempDir,
    _emmc: Emmc,
}

impl Device {
    pub fn new(face: Face) -> Self {
        let platform = platform();
        let shared = tempfile::tempdir().unwrap();
        std::fs::set_permissions(shared.path(), Permissions::from_mode(0o777)).unwrap();
        let mut options = Options::new(shared.path().join("logs"));
        options.programs = Some(platform.programs.clone());
        options.read_write = vec![shared.path().into()];
        let emmc = Emmc::scratch().unwrap();
        let mut guest = Guest::boot(&platform, &emmc, &options).unwrap();
        if face == Face::Binder {
            guest.start_hal().unwrap();
        }
        Self {
            face,
            platform,
            guest: guest.into(),
            shared,
            _emmc: emmc,
        }
    }

    /// The face's program, as a user.
    pub fn wallet(&self, uid: u32) -> Wallet<'_> {
        Wallet { device: self, uid }
    }

    /// What root does, whatever the face.
    pub fn root(&self, args: &[&str]) {
        let command = Command::new("touchseal").args(args.iter().copied());
        self.run(&command.uid(ROOT)).expect_done();
    }

    /// Enrols a finger.
    pub fn enroll(&self, image: &str) {
        let hand = self.guest.borrow().hand().clone();
        Owner::new(&self.platform, image)
            .unwrap()
            .place_again(&hand);
        self.root(&["enroll"]);
        hand.lift();
    }

    pub fn shell(&self, script: &str) {
        let command = Command::new("sh").args(["-c", script]);
        self.run(&command).expect_done();
    }

    /// A file that the guest may write.
    pub fn file(&self, name: &str) -> String {
        self.shared.path().join(name).display().to_string()
    }

    pub fn power_off(self) {
        self.guest.into_inner().power_off().unwrap();
    }

    fn run(&self, command: &Command) -> Outcome {
        let output = self.guest.borrow_mut().run(command, LIMIT).unwrap();
        let answer = match output.stdout.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
        };
        Outcome {
            code: output.code,
            answer,
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// An app, through the device's face.
pub struct Wallet<'a> {
    pub device: &'a Device,
    uid: u32,
}

impl Wallet<'_> {
    pub fn run(&self, args: &[&str]) -> Outcome {
        let program = self.device.face.program(&self.device.guest.borrow());
        let command = program.args(args.iter().copied());
        self.device.run(&command.arg("--json").uid(self.uid))
    }

    /// The same, with a finger on the sensor.
    pub fn with_finger(&self, image: &str, args: &[&str]) -> Outcome {
        let hand = self.device.guest.borrow().hand().clone();
        let owner = Owner::new(&self.device.platform, image).unwrap();
        patiently_where(
            |outcome: &Outcome, status| outcome.answer["error"]["cause"]["name"] == status.name(),
            || {
                owner.place(&hand);
                let outcome = self.run(args);
                hand.lift();
                outcome
            },
        )
    }

    /// What is done, and the RPMB writes that it costs.
    pub fn counted<R>(&self, act: impl FnOnce() -> R) -> (R, u64) {
        let writes = || self.device.guest.borrow().rpmb_writes().unwrap();
        let before = writes();
        (act(), writes() - before)
    }

    pub fn file(&self, name: &str) -> String {
        self.device.file(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap()
    }
}

/// What a program answered.
#[derive(Debug)]
pub struct Outcome {
    code: i32,
    answer: Value,
    said: String,
}

impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        (self.code, &self.answer) == (other.code, &other.answer)
    }
}

impl Outcome {
    pub fn done(answer: Value) -> Self {
        Self {
            code: 0,
            answer,
            said: String::new(),
        }
    }

    #[track_caller]
    pub fn expect_done(self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        self.answer
    }

    /// The cause in its three forms, and a remedy.
    #[track_caller]
    pub fn expect_refusal(self, status: Status) {
        let code = if status as u16 >= 50 { 3 } else { 1 };
        assert_eq!(self.code, code, "{status:?}: {self:?}");
        let cause = &self.answer["error"]["cause"];
        assert_eq!(cause["name"], status.name(), "{self:?}");
        assert_eq!(cause["number"], status as u16, "{self:?}");
        assert_eq!(cause["sentence"], status.sentence(), "{self:?}");
        let remedy = cause["remedy"].as_str().unwrap_or_default();
        assert!(!remedy.is_empty(), "{self:?}");
        assert!(!self.said.is_empty(), "nothing for a person");
    }

    /// Refused before anything was asked of the secure world.
    #[track_caller]
    pub fn expect_misuse(self) {
        assert_eq!(self.code, 2, "{self:?}");
        assert!(!self.said.is_empty(), "nothing for a person");
    }
}
