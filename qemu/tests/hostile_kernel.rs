//! A kernel that lies to OP-TEE about the RPMB: refuses, withholds answers, repeats or changes
//! them, says that the key was never programmed, keeps a write for later
//! (`qemu/build/patches/linux-hostile-rpmb.patch`). It can keep the owner from paying, and that is
//! all: nothing is made anew, deleted, put back, or signed twice. `make test-guest` runs these.

mod boot;

use boot::{APP, Boot, ROOT, owner, platform};
use std::time::Duration;
use touchseal::Error;
use touchseal::proto::message::{DeviceKey, Generated, KeyState, Provisioned, SignedPayment};
use touchseal::proto::password::Password;
use touchseal::proto::signed::{KeyStatement, PaymentStatement, Statement};
use touchseal::proto::status::Status;
use touchseal_qemu::{Command, Emmc, Owner, ProxyError, label, some_payment};

const LIMIT: Duration = Duration::from_secs(20);
/// More requests than one command makes.
const MANY: u32 = 1_000_000;

#[derive(Clone, Copy, Debug)]
enum Lie {
    Refuse(u32),
    Withhold(u32),
    Unprogrammed,
    Replay,
    Flip,
    Blank,
    /// To a write: that it was counted further on than it was.
    Future,
}

const CORRUPT_OBJECT: u32 = 0xf010_0001;
const ITEM_NOT_FOUND: u32 = 0xffff_0008;

/// A kernel that shows no RPMB, until it is told otherwise.
const NO_RPMB: &str = "optee.rpmb_lie=8 optee.rpmb_lie_times=1000000";

const LIES: [Lie; 7] = [
    Lie::Refuse(CORRUPT_OBJECT),
    Lie::Refuse(ITEM_NOT_FOUND),
    Lie::Withhold(CORRUPT_OBJECT),
    Lie::Unprogrammed,
    Lie::Replay,
    Lie::Flip,
    Lie::Blank,
];

impl Lie {
    /// After so many requests, and so often.
    fn tell(self, boot: &mut Boot, after: u32, times: u32) {
        let (kind, code) = match self {
            Self::Refuse(code) => (1, code),
            Self::Withhold(code) => (2, code),
            Self::Unprogrammed => (3, 0),
            Self::Replay => (4, 0),
            Self::Flip => (5, 0),
            Self::Blank => (6, 0),
            Self::Future => (7, 0),
        };
        boot.tell_lies(kind, code, after, times);
    }
}

fn parameter(boot: &mut Boot, name: &str) -> String {
    let file = Command::new("cat").arg(format!("/sys/module/optee/parameters/{name}"));
    let read = boot.guest.run(&file, LIMIT).unwrap().stdout;
    String::from_utf8(read).unwrap().trim().to_owned()
}

/// How many of the lies were told.
fn told(boot: &mut Boot, times: u32) -> u32 {
    let left: u32 = parameter(boot, "rpmb_lie_times").parse().unwrap();
    times - left
}

/// What the device has, and has signed so far.
struct Device<'a> {
    owner: &'a Owner,
    device_key: DeviceKey,
    app_key: Vec<u8>,
    payment_key: Vec<u8>,
    counter: u64,
}

/// What a client asks. None of it makes anything where nothing is missing.
#[derive(Clone, Copy, Debug)]
enum Step {
    Provision,
    AppKey,
    PaymentKey,
    Find,
    ExportAppKey,
    ExportPaymentKey,
    Fingers,
    Pay,
}

const STEPS: [Step; 8] = [
    Step::Provision,
    Step::AppKey,
    Step::PaymentKey,
    Step::Find,
    Step::ExportAppKey,
    Step::ExportPaymentKey,
    Step::Fingers,
    Step::Pay,
];

type Outcome<R> = Result<R, Error<ProxyError>>;

impl Device<'_> {
    /// Asks, and looks at the answer: what it has is there, or it cannot be told.
    fn take(&mut self, boot: &Boot, step: Step) -> Outcome<()> {
        let scene = || label("checkout").unwrap();
        let (mut factory, mut app) = (boot.app(ROOT), boot.app(APP));
        match step {
            Step::Provision => {
                let Provisioned { new, .. } = factory.payments.provision()?;
                assert!(!new, "another device key");
            }
            Step::AppKey => was_there(app.payments.generate_app_key(false)?),
            Step::PaymentKey => was_there(app.payments.generate_payment_key(scene(), false)?),
            Step::Find => {
                let found = app.payments.find_payment_key(scene())?;
                assert_eq!(found, KeyState::Usable);
            }
            Step::ExportAppKey => {
                let signed = app.payments.export_app_key()?.statement;
                assert!(self.exported(&signed) == self.app_key, "another app key");
            }
            Step::ExportPaymentKey => {
                let signed = app.payments.export_payment_key(scene())?.statement;
                assert!(
                    self.exported(&signed) == self.payment_key,
                    "another payment key"
                );
            }
            Step::Fingers => assert_eq!(app.sensor.fingers()?.fingers.len(), 1),
            Step::Pay => {
                let paid = app.pay(scene(), some_payment([7; 32])?, self.owner)?;
                self.paid(&paid);
            }
        }
        Ok(())
    }

    fn exported(&mut self, statement: &[u8]) -> Vec<u8> {
        let statement = KeyStatement::from_bytes(statement).unwrap();
        self.count(statement.header.counter);
        statement.public_key.to_vec()
    }

    fn paid(&mut self, paid: &SignedPayment) {
        let statement = PaymentStatement::from_bytes(&paid.statement).unwrap();
        self.count(statement.header.counter);
    }

    fn count(&mut self, counter: u64) {
        assert!(counter > self.counter, "counter {counter} twice");
        self.counter = counter;
    }

    /// Nothing lies: everything is there.
    fn is_whole(&mut self, boot: &Boot) {
        assert!(boot.device_key() == self.device_key, "another device key");
        for step in STEPS {
            self.take(boot, step)
                .unwrap_or_else(|error| panic!("{step:?}: {error}"));
        }
    }
}

fn was_there(Generated { new }: Generated) {
    assert!(!new, "a key was made in place of one that is there");
}

/// What may be said once the RPMB has shown its key: that it does not answer as it must.
const OF_THE_STORAGE: [Status; 4] = [
    Status::StorageDead,
    Status::StorageUnavailable,
    Status::RpmbKeyedForOther,
    Status::PeerUnavailable,
];

#[track_caller]
fn told_as_storage(outcome: Outcome<()>) {
    match outcome {
        Ok(()) => {}
        Err(Error::Refused(status)) if OF_THE_STORAGE.contains(&status) => {}
        Err(error) => panic!("{error}"),
    }
}

/// Before OP-TEE has verified the RPMB's key, that something is not there may be a lie.
#[track_caller]
fn refused_whatever_is_said(outcome: Outcome<()>) {
    match outcome {
        Ok(()) | Err(Error::Refused(_)) => {}
        Err(error) => panic!("{error}"),
    }
}

/// A device with a key in each place, and what it has signed.
fn living<'a>(owner: &'a Owner, boot: &Boot) -> Device<'a> {
    boot.set_up(owner);
    let mut device = Device {
        owner,
        device_key: boot.device_key(),
        app_key: Vec::new(),
        payment_key: Vec::new(),
        counter: boot.pay(owner),
    };
    let scene = label("checkout").unwrap();
    let mut app = boot.app(APP).payments;
    device.app_key = device.exported(&app.export_app_key().unwrap().statement);
    device.payment_key = device.exported(&app.export_payment_key(scene).unwrap().statement);
    device
}

#[test]
fn lies_about_the_rpmb_delay_and_do_no_more() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let boot = Boot::of(&platform, &emmc);
    let mut device = living(&owner, &boot);
    boot.power_off();

    let mut lies = 0;
    for lie in LIES {
        // From the first request on that a trusted application makes.
        let mut boot = Boot::of(&platform, &emmc);
        lie.tell(&mut boot, 0, MANY);
        for step in STEPS {
            refused_whatever_is_said(device.take(&boot, step));
        }
        let at_first = told(&mut boot, MANY);
        boot.power_off();

        let mut boot = Boot::of(&platform, &emmc);
        device.is_whole(&boot);
        // Always from now on.
        lie.tell(&mut boot, 0, MANY);
        for step in STEPS {
            told_as_storage(device.take(&boot, step));
        }
        let always = told(&mut boot, MANY);
        // Once, at each request of what looks for a key, and of what opens one and counts. At
        // last, for the answer to a write that is not told makes OP-TEE give the RPMB up.
        let mut once = 0;
        for step in [Step::PaymentKey, Step::ExportPaymentKey] {
            for after in 0.. {
                lie.tell(&mut boot, after, 1);
                told_as_storage(device.take(&boot, step));
                if told(&mut boot, 1) == 0 {
                    break;
                }
                once += 1;
            }
        }
        println!("{lie:?}: told {at_first} times at first, {always} later, {once} once");
        assert!(at_first > 0 && always > 0 && once > 0, "{lie:?}");
        lies += at_first + always + once;
        boot.power_off();
    }
    let boot = Boot::of(&platform, &emmc);
    device.is_whole(&boot);
    boot.power_off();
    println!("{lies} lies");
}

#[test]
fn no_write_is_kept_for_a_counter_to_come() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let mut boot = Boot::of(&platform, &emmc);
    let mut device = living(&owner, &boot);
    Lie::Future.tell(&mut boot, 0, 1);
    // Each is one write. The kernel would keep the first, and put it in the fourth's place.
    for _ in 0..4 {
        device.take(&boot, Step::ExportAppKey).unwrap();
    }
    assert_eq!(told(&mut boot, 1), 1);
    let foreseen = parameter(&mut boot, "rpmb_foreseen");
    boot.power_off();
    let boot = Boot::of(&platform, &emmc);
    device.is_whole(&boot);
    boot.power_off();
    assert_eq!(foreseen, "N", "a write was made for a counter to come");
}

/// OP-TEE keeps the names of 64 objects, and asks for the others' anew.
fn fill(boot: &Boot) {
    for uid in APP + 1..APP + 5 {
        let mut app = boot.app(uid).payments;
        app.generate_app_key(false).unwrap();
        for scene in 0..16 {
            let scene = label(&format!("scene {scene}")).unwrap();
            app.generate_payment_key(scene, false).unwrap();
        }
    }
}

#[test]
fn no_second_object_is_made_while_a_name_is_looked_up() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let password = |text: &[u8]| Password::new(text).unwrap();
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    fill(&boot);
    let mut gatekeeper = boot.proxy.gatekeeper(ROOT).unwrap();
    gatekeeper.set_password(None, password(b"owner's")).unwrap();
    boot.power_off();
    for after in 0.. {
        let mut boot = Boot::with(&platform, &emmc, |options| {
            options.kernel_parameters = NO_RPMB;
        });
        let mut gatekeeper = boot.proxy.gatekeeper(ROOT).unwrap();
        // Before OP-TEE has seen its RPMB there seems to be nothing.
        let hidden = gatekeeper.verify_password(1, password(b"owner's"));
        assert_eq!(hidden, Err(Error::Refused(Status::NoPassword)));
        Lie::Refuse(ITEM_NOT_FOUND).tell(&mut boot, after, 1);
        let set = gatekeeper.set_password(None, password(b"thief's"));
        assert!(set.is_err(), "another password after {after} requests");
        let told = told(&mut boot, 1);
        boot.tell_lies(0, 0, 0, 0);
        gatekeeper.verify_password(1, password(b"owner's")).unwrap();
        boot.power_off();
        if told == 0 {
            println!("{after} requests, one of them refused each time");
            break;
        }
    }
}
