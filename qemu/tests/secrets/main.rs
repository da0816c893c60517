//! No secret leaves the secure world, and none stays there longer than it is used. On the
//! firmware that ships, with nothing in it for tests: after a run the machine's memory is read
//! from outside, and what is secret is found in the secure half by what it does. The token key
//! is what MACs the token that a client was given, a private key what belongs to a public one.
//! What is used up was found there before, while it was in use. Then each must be nowhere else:
//! not in the memory of Linux, not in the eMMC, not in a log, however it is written there.
//! `make test-guest` runs this.

#[path = "../boot/mod.rs"]
mod boot;
mod finger;
mod kept;
mod needles;
mod primes;
mod watch;
mod written;

use boot::{APP, Boot, ROOT, owner, platform};
use needles::{Found, Needles};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::time::Duration;
use touchseal::proto::message::PublicKey;
use touchseal::proto::password::Password;
use touchseal::proto::signed::{KeyStatement, Statement};
use touchseal::proto::soter::{Challenge, RsaPublicKey};
use touchseal::proto::token::AuthToken;
use touchseal_qemu::{
    Block, Command, Emmc, Fault, Guest, Memory, Options, Owner, SoterApp, label, some_payment,
};
use watch::watch;

const PASSWORD: &[u8] = b"correct horse, battery staple 17";
const THE_PASSWORD: &str = "the password";
/// A file of Linux's holds it, and its log says it in hexadecimal digits.
const TOLD: &str = "no secret, and Linux gets to know it";
const LIMIT: Duration = Duration::from_secs(20);
/// How often the matcher is watched at most.
const TOUCHES: usize = 4;
/// About half of a picture as it is uploaded, in bytes.
const HALF: usize = 30_000;

/// What clients were given, and what of the secure world follows from it.
struct Run {
    finger_token: AuthToken,
    password_token: AuthToken,
    public_keys: Vec<PublicKey>,
    soter_device_key: RsaPublicKey,
    /// Its session is open yet, and so is what the TA keeps for it.
    _soter: SoterApp,
}

#[test]
fn no_secret_leaves_the_secure_world_or_stays_after_its_use() {
    let (logs, emmc) = (tempfile::tempdir().unwrap(), Emmc::scratch().unwrap());
    let set = |options: &mut Options| options.logs = logs.path().into();
    let mut boot = Boot::with(&platform(), &emmc, set);
    let mut in_use = BTreeSet::new();
    let run = use_everything(&mut boot, &owner(), &mut in_use);
    let mut used_up = Needles::default();
    used_up.add(THE_PASSWORD, PASSWORD);
    let hand = boot.guest.hand().clone();
    for picture in hand.pictures() {
        finger::add(&mut used_up, hand.window(), &picture);
    }
    assert_eq!(in_use, used_up.kinds(), "in the secure world, in use");
    let told = tell(&mut boot.guest);

    let look = |memory: &Memory| {
        let secure = memory.secure()?;
        let kept = kept::find(&secure, &run);
        Ok((
            [kept.count(&secure), used_up.count(&secure)],
            [
                kept.count_in(memory, is_linuxs)?,
                used_up.count_in(memory, is_linuxs)?,
                told.count_in(memory, is_linuxs)?,
            ],
            kept,
        ))
    };
    let (secure, linuxs, kept) = boot.guest.look_at_memory(look).unwrap();
    let [kept_there, used_up_there] = secure;
    let [kept_outside, mut used_up_outside, told_outside] = linuxs;
    boot.power_off();

    // The search finds what is there, and no copy of it; in the memory of Linux what Linux was
    // told.
    assert!(
        kept::is_expected(&kept_there, &run),
        "in the secure world: {kept_there:?}"
    );
    assert!(told_outside.contains_key("what is told"));
    // And the secrets are where they should be, and nowhere else.
    let none = Found::new();
    assert_eq!(used_up_there, none, "in the secure world, after its use");
    assert_eq!(kept_outside, none, "in the memory of Linux");
    // The owner has typed it there.
    used_up_outside.remove(THE_PASSWORD);
    assert_eq!(used_up_outside, none, "in the memory of Linux");
    let sealed = std::fs::read(emmc.path()).unwrap();
    for needles in [&kept, &used_up] {
        assert_eq!(needles.count(&sealed), none, "in the eMMC");
        assert_eq!(in_logs(logs.path(), needles), none, "in a log");
    }
    assert!(in_logs(logs.path(), &told).contains_key("what is told"));
}

/// What is in a directory's logs, as it is or written as bytes are.
fn in_logs(logs: &Path, needles: &Needles) -> Found {
    let (mut found, mut read) = (Found::new(), 0);
    let pieces = needles.pieces();
    for file in std::fs::read_dir(logs).unwrap() {
        let text = std::fs::read(file.unwrap().path()).unwrap();
        read += usize::from(!text.is_empty());
        found.extend(needles.count(&text));
        for bytes in written::bytes(&text) {
            found.extend(pieces.count(&bytes));
        }
    }
    assert!(read >= 3, "{read} of the logs are not empty");
    found
}

/// Tells Linux something that is looked for there, and in its log.
fn tell(guest: &mut Guest) -> Needles {
    let digits = hex::encode(TOLD);
    let tell = format!("printf %s '{TOLD}' >/tmp/told && echo '<0>{digits}' >/dev/kmsg");
    let tell = Command::new("sh").args(["-c", &tell]);
    assert_eq!(guest.run(&tell, LIMIT).unwrap().code, 0);
    let mut told = Needles::default();
    told.add("what is told", TOLD.as_bytes());
    told
}

fn is_linuxs(block: &Block) -> bool {
    !block.is_secure()
}

/// A device's life: fingers, a password, payments, and the same in the SOTER dialect. What is
/// found in the secure world while it is used is added to `in_use`.
fn use_everything(boot: &mut Boot, owner: &Owner, in_use: &mut BTreeSet<&'static str>) -> Run {
    enroll(boot, owner, in_use);
    let password_token = type_password(boot, in_use);
    let mut app = boot.app(APP);
    app.payments.generate_app_key(false).unwrap();
    let scene = label("checkout").unwrap();
    app.payments.generate_payment_key(scene, false).unwrap();
    let mut pay = |nonce| {
        let scene = label("checkout").unwrap();
        let begun = app
            .payments
            .begin(scene, some_payment(nonce).unwrap())
            .unwrap();
        let token = app.touch(owner, begun.handle).unwrap();
        app.payments.finish(begun.handle, token.clone()).unwrap();
        token
    };
    pay([1; 32]);
    let finger_token = pay([2; 32]);
    let scene = label("checkout").unwrap();
    let exported = [
        app.payments.export_app_key().unwrap(),
        app.payments.export_payment_key(scene).unwrap(),
    ];
    let public_keys = exported
        .iter()
        .map(|key| KeyStatement::from_bytes(&key.statement).unwrap().public_key)
        .chain([boot.device_key().public_key]);
    let mut soter = boot.soter(APP);
    boot.soter(ROOT).soter.provision().unwrap();
    soter.soter.generate_app_key(false).unwrap();
    let scene = || label("checkout").unwrap();
    soter.soter.generate_payment_key(scene(), false).unwrap();
    let challenge = Challenge::new("order 42").unwrap();
    soter.sign(scene(), challenge, owner).unwrap();
    let soter_device_key = soter.soter.export_device_key().unwrap().public_key;
    // The last: nothing has overwritten what it leaves. What the matcher has is there for a
    // moment, and may be missed.
    for _ in 0..TOUCHES {
        watch_finger(&mut boot.guest, in_use, || app.touch(owner, 9)).unwrap();
        if in_use.contains(finger::MATCHERS) {
            break;
        }
    }
    Run {
        soter_device_key,
        _soter: soter,
        finger_token,
        password_token,
        public_keys: public_keys.collect(),
    }
}

/// Enrols a finger of a device that has its key from now on. The sensor stalls in the middle of
/// its pictures until one is seen on its way.
fn enroll(boot: &mut Boot, owner: &Owner, in_use: &mut BTreeSet<&'static str>) {
    let mut factory = boot.app(ROOT);
    factory.payments.provision().unwrap();
    boot.guest.hand().misbehave(Fault::StallsAfter(HALF));
    watch_finger(&mut boot.guest, in_use, || factory.enroll(owner)).unwrap();
}

fn watch_finger<R: Send>(
    guest: &mut Guest,
    in_use: &mut BTreeSet<&'static str>,
    done: impl FnOnce() -> R + Send,
) -> R {
    let hand = guest.hand().clone();
    let (mut needles, mut pictures) = (Needles::default(), HashSet::new());
    let look = |secure: &[u8]| {
        for picture in hand.pictures() {
            if pictures.insert(picture.clone()) {
                finger::add(&mut needles, hand.window(), &picture);
            }
        }
        in_use.extend(needles.count(secure).into_keys());
        if in_use.contains(finger::UPLOADED) {
            hand.behave();
        }
    };
    watch(guest, look, done)
}

fn type_password(boot: &mut Boot, in_use: &mut BTreeSet<&'static str>) -> AuthToken {
    let mut gatekeeper = boot.proxy.gatekeeper(ROOT).unwrap();
    let password = || Password::new(PASSWORD).unwrap();
    gatekeeper.set_password(None, password()).unwrap();
    let mut needles = Needles::default();
    needles.add(THE_PASSWORD, PASSWORD);
    let look = |secure: &[u8]| in_use.extend(needles.count(secure).into_keys());
    let verify = || gatekeeper.verify_password(7, password());
    watch(&mut boot.guest, look, verify).unwrap()
}
