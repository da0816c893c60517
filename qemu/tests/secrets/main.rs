//! No secret leaves the secure world, and none stays there longer than it is used. On the
//! firmware that ships, with nothing in it for tests: after a run the machine's memory is read
//! from outside, and what is secret is found in the secure half by what it does. The token key
//! is what MACs the token that a client was given, a private key what belongs to a public one.
//! Then it must be nowhere else: not in the memory of Linux, not in the eMMC, not in a log.
//! `make test-guest` runs this.

#[path = "../boot/mod.rs"]
mod boot;
mod needles;
mod primes;

use boot::{APP, Boot, ROOT, owner, platform};
use hmac::{Hmac, KeyInit, Mac};
use needles::{Found, LONGEST, Needles, keys};
use p256::ecdsa::SigningKey;
use sha2::Sha256;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;
use touchseal::proto::message::PublicKey;
use touchseal::proto::password::Password;
use touchseal::proto::signed::{KeyStatement, Statement};
use touchseal::proto::soter::{Challenge, RsaPublicKey};
use touchseal::proto::token::AuthToken;
use touchseal_core::fingerprint::frame::Frame;
use touchseal_core::fingerprint::matcher;
use touchseal_core::fingerprint::print::Print;
use touchseal_core::fingerprint::template::{Template, View};
use touchseal_qemu::{Block, Command, Emmc, Memory, Options, Owner, SoterApp, label, some_payment};

const PASSWORD: &[u8] = b"correct horse, battery staple 17";
/// A file of Linux's holds it.
const TOLD: &str = "no secret, and Linux gets to know it";
const LIMIT: Duration = Duration::from_secs(20);
/// What trusted applications keep, and how often it is found in their memory: the gatekeeper its
/// record, the payment TA what its last token was verified with.
const KEPT: [(&str, usize); 3] = [
    ("the key of fingers' tokens", 1),
    ("the password's salt", 1),
    ("the password's verifier", 1),
];
/// Private keys are OP-TEE's, and each is there once.
const PRIVATE_KEY: &str = "a private key";
/// Of the SOTER TA's device key, which it keeps open.
const PRIME: &str = "an RSA prime";
/// What the fingerprint TA has while it compares.
const IN_USE: [&str; 3] = [
    "a picture",
    "minutiae of a print",
    "minutiae of the matcher",
];
/// TF-A's megabyte and OP-TEE core's two (`CFG_TEE_RAM_VA_SIZE`); what follows is the trusted
/// applications'. Core leaves copies of what it passes on, and does not wipe them.
const CORE: usize = 3 << 20;
/// Before the first minutia of a template of one impression.
const HEADERS: usize = 24 + 4;

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
    let owner = owner();
    let run = use_everything(&boot, &owner);
    let in_use = seen_in_use(&mut boot, &owner);
    for what in IN_USE {
        assert!(
            in_use.contains(what),
            "{what} is not found while it is used"
        );
    }
    let mut used_up = Needles::default();
    used_up.add("the password", PASSWORD);
    let hand = boot.guest.hand().clone();
    for picture in hand.pictures() {
        add_finger(&mut used_up, hand.window(), &picture);
    }
    let mut told = Needles::default();
    told.add("what is told", TOLD.as_bytes());
    let tell = format!("printf %s '{TOLD}' >/tmp/told");
    let tell = Command::new("sh").args(["-c", &tell]);
    assert_eq!(boot.guest.run(&tell, LIMIT).unwrap().code, 0);

    let mut kept = Needles::default();
    let look = |memory: &Memory| {
        let secure = memory.secure()?;
        add_keys(&mut kept, &secure, &run);
        Ok([
            kept.count(&secure[..CORE]),
            kept.count(&secure[CORE..]),
            used_up.count(&secure),
            kept.count_in(memory, is_linuxs)?,
            used_up.count_in(memory, is_linuxs)?,
            told.count_in(memory, is_linuxs)?,
        ])
    };
    let looked = boot.guest.look_at_memory(look).unwrap();
    let [
        kept_in_core,
        kept_there,
        used_up_there,
        kept_outside,
        mut used_up_outside,
        told_outside,
    ] = looked;
    boot.power_off();

    // The search finds what is there, and no copy of it; in the memory of Linux what Linux was
    // told.
    let keys: Found = KEPT.into_iter().collect();
    assert_eq!(kept_there, keys, "of the trusted applications");
    let private = kept_in_core.get(PRIVATE_KEY);
    assert_eq!(private, Some(&run.public_keys.len()), "of OP-TEE core");
    assert!(kept_in_core.contains_key(PRIME), "of OP-TEE core");
    assert!(told_outside["what is told"] > 0);
    // And the secrets are where they should be, and nowhere else.
    assert_eq!(
        used_up_there,
        Found::new(),
        "in the secure world, after its use"
    );
    assert_eq!(kept_outside, Found::new(), "in the memory of Linux");
    // The owner has typed it there.
    used_up_outside.remove("the password");
    assert_eq!(used_up_outside, Found::new(), "in the memory of Linux");
    let files = std::fs::read_dir(logs.path())
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut read = 0;
    for file in files.chain([emmc.path().to_owned()]) {
        let bytes = std::fs::read(&file).unwrap();
        read += usize::from(!bytes.is_empty());
        for needles in [&kept, &used_up] {
            assert_eq!(needles.count(&bytes), Found::new(), "in {}", file.display());
        }
    }
    assert!(read >= 4, "{read} of the logs and the eMMC are not empty");
}

fn is_linuxs(block: &Block) -> bool {
    !block.is_secure()
}

/// What of a finger is found in the secure world while it is compared.
fn seen_in_use(boot: &mut Boot, owner: &Owner) -> BTreeSet<&'static str> {
    let (mut app, hand) = (boot.app(APP), boot.guest.hand().clone());
    let mut seen = BTreeSet::new();
    std::thread::scope(|scope| {
        let touching = scope.spawn(move || app.touch(owner, 9));
        while !touching.is_finished() {
            let mut needles = Needles::default();
            if let Some(picture) = hand.pictures().first() {
                add_finger(&mut needles, hand.window(), picture);
            }
            let look = |memory: &Memory| Ok(needles.count(&memory.secure()?));
            seen.extend(boot.guest.look_at_memory(look).unwrap().into_keys());
        }
        touching.join().unwrap().unwrap();
    });
    seen
}

/// A device's life: fingers, a password, payments, and the same in the SOTER dialect.
fn use_everything(boot: &Boot, owner: &Owner) -> Run {
    boot.set_up(owner);
    let mut gatekeeper = boot.proxy.gatekeeper(ROOT).unwrap();
    let password = || Password::new(PASSWORD).unwrap();
    gatekeeper.set_password(None, password()).unwrap();
    let password_token = gatekeeper.verify_password(7, password()).unwrap();
    let mut app = boot.app(APP);
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
    Run {
        soter_device_key: soter.soter.export_device_key().unwrap().public_key,
        _soter: soter,
        finger_token,
        password_token,
        public_keys: public_keys.collect(),
    }
}

/// The keys that are kept in the secure world, found by what they do.
fn add_keys(kept: &mut Needles, secure: &[u8], run: &Run) {
    let all: HashSet<&[u8; 32]> = keys(secure, 1).collect();
    let mac = |key: &[u8; 32], of: &[u8]| -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(of);
        mac.finalize().into_bytes().into()
    };
    for key in &all {
        for (what, token) in [
            ("the key of fingers' tokens", &run.finger_token),
            ("the key of passwords' tokens", &run.password_token),
        ] {
            if mac(key, &token.authenticated()) == token.mac {
                kept.add(what, *key);
            }
        }
        let verifier = mac(key, PASSWORD);
        if all.contains(&verifier) {
            kept.add("the password's salt", *key);
            kept.add("the password's verifier", &verifier);
        }
    }
    // Numbers of core's are aligned, and their least byte comes first.
    let numbers: HashSet<&[u8; 32]> = keys(secure, 8).collect();
    for number in numbers {
        let mut scalar = *number;
        scalar.reverse();
        let Ok(key) = SigningKey::from_slice(&scalar) else {
            continue;
        };
        let point = key.verifying_key().to_sec1_point(false);
        if run
            .public_keys
            .iter()
            .any(|public| point.as_bytes()[1..] == public[..])
        {
            kept.add_number(PRIVATE_KEY, &scalar);
        }
    }
    for prime in primes::of(&run.soter_device_key, secure) {
        for part in prime.chunks(LONGEST) {
            kept.add_number(PRIME, part);
        }
    }
}

/// A finger as it was shown: its picture as it is uploaded and as it is kept, and its minutiae
/// as a print, as the matcher's and as a template's.
fn add_finger(needles: &mut Needles, (width, height): (u16, u16), picture: &[u8]) {
    let mut frame = Frame::room().unwrap();
    frame.start(width, height).unwrap();
    frame.push_nibbles(picture).unwrap();
    for (what, bytes) in [
        ("a picture, uploaded", picture),
        ("a picture", frame.pixels()),
    ] {
        let rows = bytes.chunks(bytes.len() / usize::from(height));
        for row in rows.skip(100).step_by(25).take(8) {
            needles.add(what, &row[row.len() / 2..][..32]);
        }
    }
    let Ok((print, quality)) = matcher::extract(&frame) else {
        return;
    };
    for three in print.0.windows(3) {
        let numbers = || three.iter().flat_map(|m| [m.x, m.y, m.theta]);
        let narrow: Vec<_> = numbers().flat_map(u16::to_le_bytes).collect();
        let wide: Vec<_> = numbers().flat_map(|n| i32::from(n).to_le_bytes()).collect();
        needles.add("minutiae of a print", &narrow);
        needles.add("minutiae of the matcher", &wide);
    }
    let template = template(width, height, print, quality);
    for minutiae in template[HEADERS..].windows(18).step_by(6) {
        needles.add("minutiae of a template", minutiae);
    }
}

fn template(width: u16, height: u16, print: Print, quality: u8) -> Vec<u8> {
    let mut template = Template {
        width,
        height,
        views: heapless::Vec::new(),
    };
    assert!(template.views.push(View { print, quality }).is_ok());
    template.to_bytes().unwrap().to_vec()
}
