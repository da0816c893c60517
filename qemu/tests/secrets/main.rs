//! No secret leaves the secure world, and none stays there longer than it is used. On the
//! firmware that ships, with nothing in it for tests: after a run the machine's memory is read
//! from outside, and what is secret is found in the secure half by what it does. The token key
//! is what MACs the token that a client was given, a private key what belongs to a public one.
//! Then it must be nowhere else: not in the memory of Linux, not in the eMMC, not in a log.
//! `make test-guest` runs this.

#[path = "../boot/mod.rs"]
mod boot;
mod needles;

use boot::{APP, Boot, ROOT, owner, platform};
use hmac::{Hmac, KeyInit, Mac};
use needles::{Found, Needles, keys};
use p256::ecdsa::SigningKey;
use sha2::Sha256;
use std::collections::HashSet;
use std::path::Path;
use touchseal::proto::message::PublicKey;
use touchseal::proto::password::Password;
use touchseal::proto::signed::{KeyStatement, Statement};
use touchseal::proto::token::AuthToken;
use touchseal_core::fingerprint::frame::Frame;
use touchseal_core::fingerprint::matcher;
use touchseal_core::fingerprint::print::Print;
use touchseal_core::fingerprint::template::{Template, View};
use touchseal_qemu::{Emmc, Memory, label, some_payment};

const PASSWORD: &[u8] = b"correct horse, battery staple 17";
const NONCE: [u8; 32] = *b"a nonce that Linux gets to know.";
/// Before the first minutia of a template of one impression.
const HEADERS: usize = 24 + 4;

/// What clients were given, and what of the secure world follows from it.
struct Run {
    finger_token: AuthToken,
    password_token: AuthToken,
    public_keys: Vec<PublicKey>,
}

#[test]
fn no_secret_leaves_the_secure_world_or_stays_after_its_use() {
    let (logs, emmc) = (tempfile::tempdir().unwrap(), Emmc::scratch().unwrap());
    let mut boot = Boot::with(&platform(), &emmc, |options| {
        options.logs = logs.path().into()
    });
    let run = use_everything(&boot);
    let mut of_fingers = Needles::default();
    let hand = boot.guest.hand();
    let window = hand.window();
    for picture in hand.pictures() {
        add_finger(&mut of_fingers, window, &picture);
    }
    let mut used_up = Needles::default();
    used_up.add("the password", PASSWORD);
    let mut known = Needles::default();
    known.add("the password", PASSWORD);
    known.add("a payment's nonce", &NONCE);

    let looked = boot.guest.look_at_memory(|memory| {
        let secure = memory.secure()?;
        let mut kept = Needles::default();
        find_keys(&secure, &run, &mut kept);
        let not_secure = |block: &touchseal_qemu::Block| !block.is_secure();
        Ok((
            kept.count(&secure),
            of_fingers.count(&secure),
            used_up.count(&secure),
            kept.count_in(memory, not_secure)?,
            of_fingers.count_in(memory, not_secure)?,
            known.count_in(memory, not_secure)?,
            kept,
        ))
    });
    let (kept_secure, fingers_secure, used_secure, kept_out, fingers_out, known_out, kept) =
        looked.unwrap();
    boot.power_off();
    eprintln!(
        "{kept_secure:?}\n{fingers_secure:?}\n{used_secure:?}\nout {kept_out:?} {fingers_out:?} {known_out:?} {}",
        of_fingers.len()
    );
    let _ = kept;
}

/// A device's life: fingers, a password, payments.
fn use_everything(boot: &Boot) -> Run {
    let owner = owner();
    boot.set_up(&owner);
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
        let token = app.touch(&owner, begun.handle).unwrap();
        app.payments.finish(begun.handle, token.clone()).unwrap();
        token
    };
    pay([1; 32]);
    let finger_token = pay(NONCE);
    let scene = label("checkout").unwrap();
    let exported = [
        app.payments.export_app_key().unwrap(),
        app.payments.export_payment_key(scene).unwrap(),
    ];
    let public_keys = exported
        .iter()
        .map(|key| KeyStatement::from_bytes(&key.statement).unwrap().public_key)
        .chain([boot.device_key().public_key]);
    Run {
        finger_token,
        password_token,
        public_keys: public_keys.collect(),
    }
}

/// The keys that are kept in the secure world, found by what they do.
fn find_keys(secure: &[u8], run: &Run, kept: &mut Needles) {
    let all: HashSet<&[u8; 32]> = keys(secure, 1).collect();
    eprintln!("{} candidates", all.len());
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
    eprintln!("{} numbers", numbers.len());
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
            kept.add_number("a private key", &scalar);
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
