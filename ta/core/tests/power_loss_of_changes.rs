//! Power is lost at every RPMB write of what changes keys: a replacement, a removal, a
//! reset, the latch, and the same of the SOTER TA. What was there is there, or what was
//! asked for; never both for long, never neither.

mod device;

use device::{APP, Outcome, Owner, begin, life, shop};
use touchseal::proto::label::Lot;
use touchseal::proto::message::{Generated, KeyState, Latch, PublicKey, Slot};
use touchseal::proto::signed::{KeyStatement, Statement};
use touchseal::proto::status::Status;
use touchseal::{PaymentClient, SoterClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, NonsecureTransport};

const ROOT: Login = Login::App { uid: 0 };

fn root(device: &Device) -> PaymentClient<NonsecureTransport> {
    PaymentClient::new(device.payment(ROOT))
}

fn soter(device: &Device, login: Login) -> SoterClient<NonsecureTransport> {
    SoterClient::new(device.soter(login))
}

fn objects(device: &Device) -> (u16, u16) {
    let payment = root(device).diagnose().unwrap();
    let soter = soter(device, ROOT).diagnose().unwrap();
    assert_eq!((payment.slot_a, payment.slot_b), (Slot::Good, Slot::Good));
    (payment.objects, soter.objects)
}

fn keys(device: &Device) -> (PublicKey, PublicKey) {
    let mut owner = Owner::of(device).payments;
    let key = |bytes: &[u8]| KeyStatement::from_bytes(bytes).unwrap().public_key;
    (
        key(&owner.export_app_key().unwrap().statement),
        key(&owner.export_payment_key(shop()).unwrap().statement),
    )
}

fn pays(device: &Device) {
    let mut owner = Owner::of(device);
    let handle = begin(&mut owner).unwrap();
    let token = device::touch(&mut owner, handle);
    owner.payments.finish(handle, token).unwrap();
}

/// Cuts the power at every write that `change` makes on a device that has `lived`, and
/// looks at it after the reboot.
fn cut_at_every_write(
    lived: impl Fn() -> Device + Sync,
    change: impl Fn(&Device) -> Outcome<()> + Sync,
    look: impl Fn(&mut Device, u64) + Sync,
) {
    let device = lived();
    let start = device.rpmb().writes();
    change(&device).unwrap();
    let writes = device.rpmb().writes() - start;
    assert!(writes > 0);
    let try_cut = &|cut| {
        let mut device = lived();
        device.rpmb().lose_power_at(cut);
        change(&device).expect_err("the power was cut");
        device.reboot();
        look(&mut device, cut);
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for first in 0..threads as u64 {
            scope.spawn(move || (first..writes).step_by(threads).for_each(try_cut));
        }
    });
}

fn lived() -> Device {
    let device = Device::default();
    life(&device).unwrap();
    device
}

#[test]
fn a_replacement_leaves_the_old_key_or_the_new_one() {
    let whole = objects(&lived());
    let replaced = |device: &Device| {
        let mut owner = Owner::of(device).payments;
        owner.generate_app_key(true)?;
        owner.generate_payment_key(shop(), true)?;
        // Back into the first place.
        owner.generate_payment_key(shop(), true).map(drop)
    };
    cut_at_every_write(lived, replaced, |device, cut| {
        let found = keys(device);
        assert_eq!(found, keys(device));
        pays(device);
        device.reboot();
        assert_eq!(
            found,
            keys(device),
            "cut at {cut}: the key has changed by itself"
        );
        let mut owner = Owner::of(device).payments;
        assert_eq!(owner.list_payment_keys().unwrap().keys.len(), 1);
        // What the cut has left is swept by whoever asks for the key next.
        assert!(!owner.generate_app_key(false).unwrap().new);
        assert!(!owner.generate_payment_key(shop(), false).unwrap().new);
        assert_eq!(found, keys(device), "cut at {cut}");
        assert_eq!(objects(device), whole, "cut at {cut}: an orphan");
        replaced(device).unwrap();
        pays(device);
        assert_eq!(objects(device), whole, "cut at {cut}");
    });
}

fn replace(device: &Device) -> Outcome<Generated> {
    Owner::of(device)
        .payments
        .generate_payment_key(shop(), true)
}

/// Authenticated writes of a replacement.
fn writes_of_replacing(device: &Device) -> u64 {
    let start = device.rpmb().writes();
    assert!(replace(device).unwrap().new);
    device.rpmb().writes() - start
}

/// To say that it was not made would have it made again, and again.
#[test]
fn a_new_key_is_told_though_the_old_one_does_not_go() {
    let writes = writes_of_replacing(&lived());
    let device = lived();
    device.rpmb().lose_power_after(writes - 1);
    assert!(replace(&device).unwrap().new);
    assert!(device.rpmb().has_lost_power());
}

/// A replacement was cut just before the old key's end: both places are taken.
fn with_what_was_replaced(lived: impl Fn() -> Device) -> Device {
    let writes = writes_of_replacing(&lived());
    let mut device = lived();
    let before = keys(&device);
    device.rpmb().lose_power_at(writes - 1);
    replace(&device).expect_err("cut at the old key's end");
    device.reboot();
    assert_ne!(keys(&device).1, before.1);
    device
}

/// Where nothing is short of memory any more, a key that did not sign may be sound.
#[test]
fn a_key_that_did_not_sign_is_there_until_another_is() {
    let whole = objects(&lived());
    let without_memory = |device: &Device| {
        device.spoil_signatures(0..4);
        let made = Owner::of(device)
            .payments
            .generate_payment_key(shop(), false);
        device.spoil_signatures(0..0);
        assert!(made?.new);
        Ok(())
    };
    for before in [lived, || with_what_was_replaced(lived)] {
        cut_at_every_write(before, without_memory, |device, cut| {
            let found = keys(device);
            pays(device);
            let mut owner = Owner::of(device).payments;
            assert!(!owner.generate_payment_key(shop(), false).unwrap().new);
            assert_eq!(found, keys(device), "cut at {cut}: another key");
            assert_eq!(objects(device), whole, "cut at {cut}: an orphan");
        });
    }
}

#[test]
fn a_removal_does_not_bring_an_older_key_back() {
    let remove = |device: &Device| {
        Owner::of(device)
            .payments
            .remove_payment_key(shop())
            .map(drop)
    };
    let before = || with_what_was_replaced(lived);
    cut_at_every_write(before, remove, |device, cut| {
        let mut owner = Owner::of(device).payments;
        if owner.find_payment_key(shop()).unwrap() == KeyState::Usable {
            pays(device);
            remove(device).unwrap();
        }
        device.reboot();
        let mut owner = Owner::of(device).payments;
        assert_eq!(
            owner.find_payment_key(shop()).unwrap(),
            KeyState::Absent,
            "cut at {cut}: an older key is back"
        );
        assert!(owner.list_payment_keys().unwrap().keys.is_empty());
    });
}

#[test]
fn a_reset_can_be_repeated() {
    let reset = |device: &Device| root(device).remove_every_key().map(drop);
    cut_at_every_write(lived, reset, |device, cut| {
        let counter = root(device).info().unwrap().counter;
        assert!(counter >= 3, "cut at {cut}");
        let device_key = root(device).export_device_key().unwrap();
        reset(device).unwrap();
        let mut owner = Owner::of(device).payments;
        assert_eq!(owner.find_app_key().unwrap(), KeyState::Absent);
        assert!(owner.list_payment_keys().unwrap().keys.is_empty());
        // The state and the two slots.
        assert_eq!(objects(device).0, 3, "cut at {cut}");
        assert_eq!(root(device).info().unwrap().counter, counter);
        assert_eq!(root(device).export_device_key().unwrap(), device_key);
        life(device).unwrap_or_else(|error| panic!("cut at {cut}: {error:?}"));
    });
}

/// Whichever of its two places comes first where objects are listed.
#[test]
fn a_reset_does_not_bring_an_older_key_back() {
    let replaced_once = || {
        let device = lived();
        replace(&device).unwrap();
        device
    };
    for before in [lived, replaced_once] {
        let device = with_what_was_replaced(before);
        let newest = keys(&device).1;
        let sealed = device.rpmb().clone();
        for cut in 0.. {
            let mut device = Device::boot(sealed.clone());
            device.rpmb().lose_power_at(cut);
            let _ = root(&device).remove_every_key();
            if !device.rpmb().has_lost_power() {
                assert!(cut > 4, "{cut} writes");
                break;
            }
            device.reboot();
            let mut owner = Owner::of(&device).payments;
            if owner.find_payment_key(shop()).unwrap() == KeyState::Usable {
                assert_eq!(
                    keys(&device).1,
                    newest,
                    "cut at {cut}: an older key is back"
                );
            }
        }
    }
}

#[test]
fn a_latch_is_closed_or_open_and_closes_with_what_came_first() {
    let latch = |device: &Device, lot: &str| {
        let mut root = root(device);
        let device_id = root.info().unwrap().device_id;
        root.latch(Latch {
            device_id,
            lot: Lot::new(lot).unwrap(),
            issuer: [7; 64],
        })
        .map(drop)
    };
    cut_at_every_write(
        lived,
        |device| latch(device, "lot 7"),
        |device, cut| {
            let pinned = latch(device, "lot 8");
            let found = root(device).diagnose().unwrap();
            match pinned {
                Ok(()) => assert_eq!(found.lot, Lot::new("lot 8").ok(), "cut at {cut}"),
                Err(error) => {
                    let closed = touchseal::Error::Refused(Status::FactoryClosed);
                    assert_eq!(error, closed, "cut at {cut}");
                    latch(device, "lot 7").unwrap();
                }
            }
            assert!(root(device).diagnose().unwrap().latched);
            pays(device);
        },
    );
}

/// One life in the SOTER dialect. Key pairs come from spares where there are some: these
/// are never under two names, whenever the power fails.
fn soter_life(device: &Device) -> Outcome<()> {
    let mut factory = soter(device, ROOT);
    factory.provision()?;
    factory.prepare()?;
    let mut app = soter(device, Login::App { uid: APP });
    app.generate_app_key(false)?;
    app.generate_payment_key(shop(), false)?;
    app.export_app_key()?;
    app.export_payment_key(shop()).map(drop)
}

#[test]
fn soter_keys_survive_and_share_nothing() {
    let modulus = |blob: touchseal::proto::soter::Blob| {
        let json = String::from_utf8(blob.json.to_vec()).unwrap();
        json.split('"').nth(3).unwrap().to_owned()
    };
    cut_at_every_write(lived, soter_life, |device, cut| {
        let counter = root(device).info().unwrap().counter;
        soter_life(device).unwrap_or_else(|error| panic!("cut at {cut}: {error:?}"));
        assert!(root(device).info().unwrap().counter >= counter + 2);
        let mut app = soter(device, Login::App { uid: APP });
        let ask = modulus(app.export_app_key().unwrap());
        let auth_key = modulus(app.export_payment_key(shop()).unwrap());
        let mut other = soter(device, Login::App { uid: APP + 1 });
        other.generate_app_key(false).unwrap();
        let others = modulus(other.export_app_key().unwrap());
        assert!(
            ask != auth_key && auth_key != others && others != ask,
            "cut at {cut}: one key pair under two names"
        );
        let found = soter(device, ROOT).diagnose().unwrap();
        assert_eq!(found.state, Status::Ok);
        assert_eq!((found.slot_a, found.slot_b), (Slot::Good, Slot::Good));
    });
}
