//! What the trusted applications do when their storage is damaged, full, shared, or was
//! written by a newer version. `make test-guest` runs these.

mod boot;
mod fat;

use boot::{APP, Boot, ROOT, owner, platform, refused};
use std::collections::BTreeMap;
use std::time::Duration;
use touchseal::finger::Image;
use touchseal::proto::label::Scene;
use touchseal::proto::password::Password;
use touchseal::proto::signed::{KeyKind, KeyStatement, Statement};
use touchseal::proto::soter::{Blob, Challenge};
use touchseal::proto::status::Status;
use touchseal::touch::{self, Prompt};
use touchseal::{Error, FingerprintClient};
use touchseal_nonsecure::finger::{Picture, impression};
use touchseal_qemu::{Command, Emmc, Platform, ProxyError, Session, label, some_payment};
use touchseal_verify::{Chain, Signed, SoterBlob, SoterChain, verify, verify_soter};

const LIMIT: Duration = Duration::from_secs(300);
/// What an old trusted application says of a newer one's records.
const TOO_OLD: Status = Status::TaTooOld;

/// Bytes of a key object: of its sizes, without which OP-TEE deletes it when it is opened; of
/// its type; of the key pair.
const DAMAGES: [usize; 3] = [0, 16, 32];

/// Changes a byte of an object.
fn damage(emmc: &Emmc, id: &[u8], byte: usize) {
    let mut rpmb = emmc.read_rpmb().unwrap();
    let data = fat::data_of(&rpmb, id).unwrap();
    rpmb[data.start + byte] ^= 1;
    emmc.write_rpmb(&rpmb).unwrap();
}

#[test]
fn a_device_key_survives_the_loss_of_one_copy() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    let device_key = boot.device_key();
    boot.pay(&owner);
    boot.power_off();

    // Each copy in turn: the second time, what is left is the copy made by the first repair.
    let slots = [b"attk.a", b"attk.b"];
    for (byte, slot) in DAMAGES
        .into_iter()
        .flat_map(|byte| slots.map(|slot| (byte, slot)))
    {
        damage(&emmc, slot, byte);
        let boot = Boot::of(&platform, &emmc);
        boot.app(APP).payments.export_app_key().unwrap();
        let repaired = boot.app(ROOT).payments.provision().unwrap();
        assert!(!repaired.new && repaired.repaired, "byte {byte}");
        assert!(boot.device_key() == device_key, "another device key");
        boot.pay(&owner);
        boot.power_off();
        assert!(fat::data_of(&emmc.read_rpmb().unwrap(), slot).is_some());
    }

    damage(&emmc, b"attk.a", 0);
    damage(&emmc, b"attk.b", 0);
    let boot = Boot::of(&platform, &emmc);
    let mut factory = boot.app(ROOT).payments;
    // Told once: to open a copy whose sizes are damaged deletes it.
    refused(factory.provision(), Status::DeviceKeyMismatch);
    refused(factory.provision(), Status::DeviceKeyLost);
    let mut app = boot.app(APP).payments;
    refused(app.export_app_key(), Status::DeviceKeyLost);
    assert!(boot.device_key() == device_key, "its loss is another key");
}

/// As above, and of the public half.
#[test]
fn a_damaged_key_is_told_and_made_anew() {
    const PUBLIC: usize = 70;
    let damages = [&DAMAGES[..], &[PUBLIC]].concat();
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let scene = || label("checkout").unwrap();
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    let device_key = boot.device_key().public_key;
    let apps: Vec<_> = [KeyKind::App, KeyKind::Payment]
        .into_iter()
        .flat_map(|kind| damages.iter().map(move |byte| (kind, *byte)))
        .zip(11_000..)
        .collect();
    for (_, uid) in &apps {
        let mut app = boot.app(*uid).payments;
        app.generate_app_key(false).unwrap();
        app.generate_payment_key(scene(), false).unwrap();
    }
    boot.power_off();
    for ((kind, byte), uid) in &apps {
        let start = [&[*kind as u8][..], &uid.to_be_bytes()].concat();
        let id = fat::id_from(&emmc.read_rpmb().unwrap(), &start);
        damage(&emmc, &id, *byte);
    }

    let boot = Boot::of(&platform, &emmc);
    for ((kind, byte), uid) in apps {
        let mut app = boot.app(uid);
        let payment = || some_payment([uid as u8; 32]).unwrap();
        let told = match kind {
            KeyKind::App => app.payments.export_payment_key(scene()).map(drop),
            _ => app.pay(scene(), payment(), &owner).map(drop),
        };
        assert!(
            matches!(
                told,
                Err(Error::Refused(Status::KeyDamaged | Status::StorageDamaged))
            ),
            "{kind:?} key, byte {byte}: {told:?}"
        );
        let made = match kind {
            KeyKind::App => app.payments.generate_app_key(false),
            _ => app.payments.generate_payment_key(scene(), false),
        };
        assert!(made.unwrap().new, "{kind:?} key, byte {byte}");
        let chain = Chain {
            app_key: Signed::from(app.payments.export_app_key().unwrap()),
            payment_key: Signed::from(app.payments.export_payment_key(scene()).unwrap()),
        };
        let paid = Signed::from(app.pay(scene(), payment(), &owner).unwrap());
        verify(&device_key, &chain, &paid).unwrap();
    }
    boot.power_off();
}

/// As above, and of the first prime behind 24 bytes of head, modulus and exponents.
#[test]
fn a_damaged_soter_key_is_told_and_made_anew() {
    const SHOPPER: u32 = 11_100;
    const PRIME: usize = 600;
    let damages = [&DAMAGES[..], &[PRIME]].concat();
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let scenes: Vec<Scene> = (1..=damages.len())
        .map(|number| label(&format!("scene-{number}")).unwrap())
        .collect();
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    boot.soter(ROOT).soter.provision().unwrap();
    let device_key = boot.soter(ROOT).soter.export_device_key().unwrap();
    let mut app = boot.soter(SHOPPER);
    app.soter.generate_app_key(false).unwrap();
    for scene in &scenes {
        app.soter
            .generate_payment_key(scene.clone(), false)
            .unwrap();
    }
    boot.power_off();
    let ids = |kind| {
        let start = [&[kind as u8][..], &SHOPPER.to_be_bytes()].concat();
        fat::ids_from(&emmc.read_rpmb().unwrap(), &start)
    };
    let payment_keys = ids(KeyKind::Payment);
    assert_eq!(payment_keys.len(), damages.len());
    for (id, byte) in payment_keys.iter().zip(&damages) {
        damage(&emmc, id, *byte);
    }
    damage(&emmc, &ids(KeyKind::App)[0], PRIME);

    let boot = Boot::of(&platform, &emmc);
    let mut app = boot.soter(SHOPPER);
    let order = || Challenge::new("order 42").unwrap();
    let damaged = [Status::KeyDamaged, Status::StorageDamaged];
    let told = app.soter.export_app_key().map(drop);
    assert!(told.is_ok(), "the device key signs: {told:?}");
    for scene in &scenes {
        let told = app.soter.export_payment_key(scene.clone()).map(drop);
        assert!(matches!(told, Err(Error::Refused(status)) if damaged.contains(&status)));
    }
    assert!(app.soter.generate_app_key(false).unwrap().new);
    for scene in scenes {
        // OP-TEE has deleted the one whose sizes are damaged.
        let told = app.sign(scene.clone(), order(), &owner).map(drop);
        let gone = Status::NoPaymentKey;
        assert!(
            matches!(told, Err(Error::Refused(status)) if status == gone || damaged.contains(&status)),
            "{told:?}"
        );
        let made = app.soter.generate_payment_key(scene.clone(), false);
        assert!(made.unwrap().new);
        let blob = |blob: Blob| SoterBlob::from_bytes(&blob.to_soter().unwrap()).unwrap();
        let chain = SoterChain {
            app_key: blob(app.soter.export_app_key().unwrap()),
            payment_key: blob(app.soter.export_payment_key(scene.clone()).unwrap()),
        };
        let signed = blob(app.sign(scene, order(), &owner).unwrap());
        verify_soter(&device_key.public_key, &chain, &signed).unwrap();
    }
    boot.power_off();
}

/// An object without a key has the name of one, and a key that of one without: as after a cut
/// while a damaged key was deleted.
#[test]
fn what_is_no_key_is_damage_under_a_keys_name() {
    const SHOPPER: u32 = 11_200;
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let list = |uid: u32| [b"keys", &uid.to_be_bytes()[..]].concat();
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    let device_key = boot.device_key();
    boot.power_off();
    let mut rpmb = emmc.read_rpmb().unwrap();
    fat::exchange(&mut rpmb, b"attk.a", &list(APP));
    emmc.write_rpmb(&rpmb).unwrap();

    let boot = Boot::of(&platform, &emmc);
    boot.app(APP).payments.export_app_key().unwrap();
    let repaired = boot.app(ROOT).payments.provision().unwrap();
    assert!(!repaired.new && repaired.repaired);
    assert!(boot.device_key() == device_key, "another device key");
    let listed = boot.app(APP).payments.list_payment_keys().unwrap();
    assert_eq!(listed.keys.len(), 1);
    boot.pay(&owner);

    boot.soter(ROOT).soter.provision().unwrap();
    boot.soter(SHOPPER).soter.generate_app_key(false).unwrap();
    boot.soter(ROOT).soter.prepare().unwrap();
    boot.power_off();
    let mut rpmb = emmc.read_rpmb().unwrap();
    fat::exchange(&mut rpmb, b"spare\0", &list(SHOPPER));
    emmc.write_rpmb(&rpmb).unwrap();

    let boot = Boot::of(&platform, &emmc);
    let mut shopper = boot.soter(SHOPPER).soter;
    let scene = || label("checkout").unwrap();
    assert!(shopper.generate_payment_key(scene(), false).unwrap().new);
    shopper.export_payment_key(scene()).unwrap();
    boot.power_off();
}

/// What a cut leaves of a template is written over by the next one, which may be shorter. Made-up
/// fingers: the real ones have all the minutiae that a template has room for.
#[test]
fn a_finger_that_is_enrolled_after_a_cut_matches() {
    let platform = platform().simulated().unwrap();
    for (cut_short, finger) in [(1, 3), (3, 1)] {
        let emmc = emmc_with_a_template_left(&platform, cut_short);
        let boot = Boot::of(&platform, &emmc);
        let mut sensor = boot.app(ROOT).sensor;
        enroll(&mut sensor, finger).unwrap();
        sensor.place(&picture(finger, 9)).unwrap();
        sensor.authenticate(1).unwrap();
        boot.power_off();
    }
}

type Sensor = FingerprintClient<Session>;

fn picture(finger: u64, nth: u64) -> Image {
    let Picture {
        width,
        height,
        pixels,
    } = impression(finger, nth);
    Image {
        width,
        height,
        pixels,
    }
}

fn enroll(sensor: &mut Sensor, finger: u64) -> Result<u32, Error<ProxyError>> {
    let mut nth = 0..;
    touch::enroll(sensor, None, &mut |sensor, prompt| match prompt {
        Prompt::Place => sensor.place(&picture(finger, nth.next().unwrap())),
        _ => Ok(()),
    })
}

/// The power was cut before the last write of a template, with which it would have appeared.
fn emmc_with_a_template_left(platform: &Platform, finger: u64) -> Emmc {
    let new = || {
        let emmc = Emmc::scratch().unwrap();
        let boot = Boot::of(platform, &emmc);
        boot.app(ROOT).payments.provision().unwrap();
        (emmc, boot)
    };
    let (_emmc, boot) = new();
    let before = boot.guest.rpmb_blocks().unwrap().len();
    enroll(&mut boot.app(ROOT).sensor, finger).unwrap();
    // After it there is the state's, which makes it count.
    let left = boot.guest.rpmb_blocks().unwrap().len() - before - 2;
    boot.power_off();
    loop {
        let (emmc, boot) = new();
        let sensor = |boot: &Boot| boot.app(ROOT).sensor;
        // A cut may come too late.
        if boot.cut(left, sensor, |sensor| enroll(sensor, finger)) == left {
            return emmc;
        }
    }
}

#[test]
fn two_processes_make_one_soter_key() {
    const KEYS: usize = 3;
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let mut boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    boot.soter(ROOT).soter.provision().unwrap();
    boot.soter(APP).soter.generate_app_key(false).unwrap();
    let race = format!(
        "for n in $(seq {KEYS}); do
             touchseal soter payment-key --scene race-$n &
             touchseal soter payment-key --scene race-$n &
             wait
         done"
    );
    let race = Command::new("sh").args(["-c", &race]).uid(APP);
    // Both wait for each other at first; then with two spares, neither does.
    for spares in [0, 2] {
        for _ in 0..spares {
            boot.soter(ROOT).soter.prepare().unwrap();
        }
        let mut app = boot.soter(APP);
        for number in 1..=KEYS {
            let scene = label(&format!("race-{number}")).unwrap();
            match app.soter.remove_payment_key(scene) {
                Ok(_) | Err(Error::Refused(Status::NoPaymentKey)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        let output = boot.guest.run(&race, LIMIT).unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines.len(), 2 * KEYS, "{said}");
        for pair in lines.chunks(2) {
            let mut pair = pair.to_vec();
            pair.sort_unstable();
            assert_eq!(pair, ["AuthKey: made", "AuthKey: was there, and is kept"]);
        }
        let listed = boot.soter(APP).soter.list_payment_keys().unwrap();
        assert_eq!(listed.keys.len(), KEYS);
    }
}

#[test]
fn payments_go_on_while_a_soter_key_is_made() {
    const ENOUGH: usize = 3;
    const ATTEMPTS: usize = 60;
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let mut boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    boot.soter(ROOT).soter.provision().unwrap();
    let other = boot.guest.proxy().unwrap();
    let mut maker = other.soter(10116).unwrap();
    maker.generate_app_key(false).unwrap();
    let mut payer = boot.app(APP);
    let mut pay = || {
        let scene = label("checkout").unwrap();
        let payment = some_payment([7; 32]).unwrap();
        payer.pay(scene, payment, &owner).unwrap();
    };
    // Primes may be found at once: then there is no time to pay.
    let mut paid = 0;
    for _ in 0..ATTEMPTS {
        std::thread::scope(|scope| {
            let making =
                scope.spawn(|| maker.generate_payment_key(label("checkout").unwrap(), true));
            // The first may have begun before.
            pay();
            loop {
                pay();
                if making.is_finished() {
                    break;
                }
                paid += 1;
            }
            assert!(making.join().unwrap().unwrap().new);
        });
        if paid >= ENOUGH {
            break;
        }
    }
    assert!(
        paid >= ENOUGH,
        "{paid} payments during {ATTEMPTS} generations"
    );
    boot.power_off();
}

#[test]
fn two_processes_make_one_key() {
    const KEYS: usize = 15;
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let mut boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    let race = format!(
        "for n in $(seq {KEYS}); do
             touchseal payment-key --scene race-$n &
             touchseal payment-key --scene race-$n &
             wait
         done"
    );
    let race = Command::new("sh").args(["-c", &race]).uid(APP);
    let output = boot.guest.run(&race, LIMIT).unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2 * KEYS, "{said}");
    for pair in lines.chunks(2) {
        let mut pair = pair.to_vec();
        pair.sort_unstable();
        assert_eq!(
            pair,
            ["payment key: made", "payment key: was there, and is kept"]
        );
    }
    let listed = boot.app(APP).payments.list_payment_keys().unwrap();
    assert_eq!(listed.keys.len(), KEYS + 1);
}

#[test]
fn a_full_rpmb_keeps_what_is_in_it() {
    let (platform, owner) = (platform(), owner());
    let emmc = Emmc::scratch_with_rpmb(128 << 10).unwrap();
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    boot.power_off();
    // Most of it is another trusted application's, or to fill it takes minutes.
    let mut rpmb = emmc.read_rpmb().unwrap();
    fat::leave(&mut rpmb, 16 << 10);
    emmc.write_rpmb(&rpmb).unwrap();

    let boot = Boot::of(&platform, &emmc);
    let mut made = BTreeMap::new();
    let full = 'full: loop {
        let uid = 11_000 + u32::try_from(made.len()).unwrap();
        let mut app = boot.app(uid).payments;
        match app.generate_app_key(false) {
            Ok(_) => made.insert(uid, 0),
            Err(error) => break error,
        };
        for number in 0..16 {
            match app.generate_payment_key(label(&format!("scene-{number}")).unwrap(), false) {
                Ok(_) => *made.get_mut(&uid).unwrap() += 1,
                Err(error) => break 'full error,
            }
        }
    };
    refused::<()>(Err(full), Status::StorageFull);

    let mut keys = Vec::new();
    for (uid, count) in &made {
        let mut app = boot.app(*uid).payments;
        let listed = app.list_payment_keys().unwrap().keys;
        assert_eq!(listed.len(), *count);
        keys.extend(listed.into_iter().map(|key| (*uid, key.scene)));
    }
    boot.pay(&owner);
    boot.power_off();

    let boot = Boot::of(&platform, &emmc);
    for (uid, scene) in [keys.first(), keys.last()].into_iter().flatten() {
        let payment = some_payment([8; 32]).unwrap();
        boot.app(*uid).pay(scene.clone(), payment, &owner).unwrap();
    }
    for (uid, scene) in &keys {
        let mut app = boot.app(*uid).payments;
        let signed = app.export_payment_key(scene.clone()).unwrap();
        KeyStatement::from_bytes(&signed.statement).unwrap();
    }
    let (uid, scene) = keys.pop().unwrap();
    let mut app = boot.app(uid).payments;
    app.remove_payment_key(scene.clone()).unwrap();
    assert!(app.generate_payment_key(scene, false).unwrap().new);
}

/// Firmware with an older version put back, as somebody does who hopes that it is weaker.
/// Nothing of the normal world is kept over a boot (its root file system is in memory), so
/// this is also the case where the normal world's storage was wiped; `rollback` looks there.
#[test]
fn an_old_version_does_not_touch_what_a_newer_has_sealed() {
    let (old, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let newer = old.next().unwrap();
    let password = || Password::new(b"owner's").unwrap();

    let boot = Boot::of(&old, &emmc);
    boot.set_up(&owner);
    let device_key = boot.device_key();
    let first = boot.pay(&owner);
    boot.soter(ROOT).soter.provision().unwrap();
    let soter_key = boot.soter(ROOT).soter.export_device_key().unwrap();
    let version = boot.app(ROOT).payments.info().unwrap().ta_version;
    boot.power_off();

    let boot = Boot::of(&newer, &emmc);
    let info = boot.app(ROOT).payments.info().unwrap();
    assert_eq!(info.ta_version, version + 1);
    let second = boot.pay(&owner);
    assert_eq!(second, first + 1);
    boot.soter(APP).soter.find_app_key().unwrap();
    let mut passwords = boot.proxy.gatekeeper(ROOT).unwrap();
    passwords.set_password(None, password()).unwrap();
    drop(passwords);
    boot.power_off();

    let boot = Boot::of(&old, &emmc);
    let scene = || label("checkout").unwrap();
    let mut factory = boot.app(ROOT);
    refused(factory.payments.provision(), TOO_OLD);
    refused(factory.sensor.begin_enroll(None), TOO_OLD);
    refused(factory.sensor.remove_fingers(), TOO_OLD);
    let mut app = boot.app(APP);
    refused(app.sensor.authenticate(1), TOO_OLD);
    let payments = &mut app.payments;
    refused(payments.generate_app_key(false), TOO_OLD);
    refused(payments.export_app_key(), TOO_OLD);
    refused(payments.generate_payment_key(scene(), false), TOO_OLD);
    refused(payments.export_payment_key(scene()), TOO_OLD);
    refused(payments.remove_payment_key(scene()), TOO_OLD);
    refused(payments.remove_app_keys(), TOO_OLD);
    let payment = some_payment([9; 32]).unwrap();
    refused(payments.begin(scene(), payment), TOO_OLD);
    refused(factory.payments.remove_every_key(), TOO_OLD);
    let mut soter = boot.soter(ROOT).soter;
    refused(soter.provision(), TOO_OLD);
    refused(soter.generate_app_key(false), TOO_OLD);
    refused(soter.remove_every_key(), TOO_OLD);
    let mut passwords = boot.proxy.gatekeeper(ROOT).unwrap();
    let set = passwords.set_password(Some(password()), password());
    refused(set, TOO_OLD);
    refused(passwords.verify_password(1, password()), TOO_OLD);
    refused(passwords.forget_password(), TOO_OLD);
    boot.power_off();

    let boot = Boot::of(&newer, &emmc);
    assert!(boot.device_key() == device_key, "another device key");
    let after = boot.soter(ROOT).soter.export_device_key().unwrap();
    assert!(after == soter_key, "another SOTER device key");
    let listed = boot.app(APP).payments.list_payment_keys().unwrap();
    let scenes: Vec<_> = listed.keys.into_iter().map(|key| key.scene).collect();
    assert_eq!(scenes, [scene()]);
    let mut passwords = boot.proxy.gatekeeper(ROOT).unwrap();
    passwords.verify_password(1, password()).unwrap();
    assert_eq!(boot.pay(&owner), second + 1);
    boot.power_off();
}
