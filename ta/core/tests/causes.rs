//! Storage that is full, dead or damaged: each has its cause, and nothing is lost by it.

mod device;

use device::{APP, Owner, begin, life, touch};
use touchseal::proto::message::{KeyState, Slot};
use touchseal::proto::signed::{ReportStatement, Statement};
use touchseal::proto::status::Status;
use touchseal::{Error, FingerprintClient, PaymentClient, SoterClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::Device;

const ROOT: Login = Login::App { uid: 0 };

#[track_caller]
fn refused<R: std::fmt::Debug>(outcome: device::Outcome<R>, status: Status) {
    assert_eq!(outcome.unwrap_err(), Error::Refused(status));
}

#[test]
fn full() {
    let device = Device::default();
    let mut root = PaymentClient::new(device.payment(ROOT));
    device.rpmb().set_full(true);
    refused(root.provision(), Status::StorageFull);
    device.rpmb().set_full(false);
    life(&device).unwrap();

    device.rpmb().set_full(true);
    let mut settings = FingerprintClient::new(device.fingerprint(ROOT));
    refused(device::enroll(&mut settings, 2), Status::StorageFull);
    let mut other = PaymentClient::new(device.payment(Login::App { uid: APP + 1 }));
    refused(other.generate_app_key(false), Status::StorageFull);
    let mut owner = Owner::of(&device).payments;
    refused(owner.generate_app_key(true), Status::StorageFull);
    refused(
        owner.generate_payment_key(device::shop(), true),
        Status::StorageFull,
    );
    let another = || touchseal::proto::label::Scene::new("another").unwrap();
    refused(
        owner.generate_payment_key(another(), false),
        Status::StorageFull,
    );
    assert_eq!(owner.find_payment_key(another()).unwrap(), KeyState::Absent);
    let mut soter = SoterClient::new(device.soter(ROOT));
    refused(soter.provision(), Status::StorageFull);
    life(&device).expect("what is there needs no room");

    device.rpmb().set_full(false);
    soter.provision().unwrap();
    soter.prepare().unwrap();
    let mut app = SoterClient::new(device.soter(Login::App { uid: APP }));
    device.rpmb().set_full(true);
    refused(app.generate_app_key(false), Status::StorageFull);
    assert_eq!(app.find_app_key().unwrap(), KeyState::Absent);
    device.rpmb().set_full(false);
    app.generate_app_key(false).unwrap();
}

/// The backend's nonce, what failed and how, by the device key: also when the storage does
/// not answer any more.
#[test]
fn a_key_that_was_not_made_is_reported_under_the_device_key() {
    let device = Device::default();
    life(&device).unwrap();
    let mut owner = Owner::of(&device).payments;
    let device_key = owner.export_device_key().unwrap().public_key;
    let nonce = [9; 32];
    let mut reported = |fail: &dyn Fn(), status| {
        owner.generate_app_key(false).unwrap();
        fail();
        refused(
            owner.generate_payment_key(touchseal::proto::label::Scene::new("x").unwrap(), false),
            status,
        );
        let report = owner.report(nonce).unwrap();
        let signed = touchseal_verify::Signed::from(report);
        touchseal_verify::verify_report(&device_key, &signed, Some(&nonce)).unwrap()
    };
    let counter = |device: &Device| Owner::of(device).payments.info().unwrap().counter;
    let before = (counter(&device), device.rpmb().writes());

    let full = reported(&|| device.rpmb().set_full(true), Status::StorageFull);
    assert_eq!((full.command, full.status), (12, Status::StorageFull));
    assert_eq!((full.slot_a, full.slot_b), (Slot::Good, Slot::Good));
    assert_eq!((full.header.uid, full.header.counter), (APP, before.0));
    device.rpmb().set_full(false);

    let dead = reported(&|| device.rpmb().set_dead(true), Status::StorageDead);
    assert_eq!(dead.status, Status::StorageDead);
    assert_eq!((dead.slot_a, dead.slot_b), (Slot::Unknown, Slot::Unknown));
    device.rpmb().set_dead(false);
    assert_eq!(counter(&device), before.0, "a report is not counted");

    // Where nothing failed, it says so; a refused authorisation is not reported.
    let mut stranger = PaymentClient::new(device.payment(Login::App { uid: APP + 9 }));
    refused(stranger.provision(), Status::NotAuthorized);
    let report = stranger.report(nonce).unwrap();
    let report = ReportStatement::from_bytes(&report.statement).unwrap();
    assert_eq!((report.command, report.status), (0, Status::Ok));
}

#[test]
fn a_damaged_key_is_told_and_made_anew() {
    // An app key's id begins with 2, a payment key's with 3.
    for kind in [2, 3] {
        let mut device = Device::default();
        life(&device).unwrap();
        let id = device
            .rpmb()
            .ids()
            .find(|id| id[..2] == [b'p', kind])
            .unwrap()
            .to_vec();
        device.reboot();
        device.rpmb().damage(&id);
        let mut owner = Owner::of(&device).payments;
        for _ in 0..2 {
            refused(owner.export_payment_key(device::shop()), Status::KeyDamaged);
        }
        let listed = owner.list_payment_keys().unwrap().keys.len();
        assert_eq!(listed, usize::from(kind == 2));
        assert_eq!(owner.generate_app_key(false).unwrap().new, kind == 2);
        let made = owner.generate_payment_key(device::shop(), false).unwrap();
        assert_eq!(made.new, kind == 3);
        drop(owner);
        life(&device).unwrap();
    }
}

/// The list of an app's keys is no key: where it is lost or damaged, it is made anew.
#[test]
fn a_lost_list_loses_no_key() {
    let spoil: [fn(&Device, &[u8]); 2] = [
        |device, id| device.rpmb().lose(id),
        |device, id| device.rpmb().damage(id),
    ];
    for spoil in spoil {
        let device = Device::default();
        let made = life(&device).unwrap();
        let id = [&b"pkeys"[..], &APP.to_be_bytes()].concat();
        assert!(device.rpmb().contains(&id));
        spoil(&device, &id);
        let mut owner = Owner::of(&device).payments;
        let listed = owner.list_payment_keys().unwrap().keys;
        assert_eq!(listed.len(), 1);
        assert_eq!(life(&device).unwrap().payment_key, made.payment_key);
        assert!(
            device.rpmb().contains(&id),
            "whoever asks for a key seals it anew"
        );

        spoil(&device, &id);
        owner.remove_app_keys().unwrap();
        let scene = owner.find_payment_key(device::shop()).unwrap();
        assert_eq!(
            scene,
            KeyState::Absent,
            "a key is left for the next owner of the uid"
        );
        life(&device).unwrap();
    }
}

#[test]
fn a_full_list_makes_room_for_what_is_lost() {
    let device = Device::default();
    life(&device).unwrap();
    let scene = |number| touchseal::proto::label::Scene::new(&format!("scene {number}")).unwrap();
    let mut owner = Owner::of(&device).payments;
    for number in 1..16 {
        owner.generate_payment_key(scene(number), false).unwrap();
    }
    refused(
        owner.generate_payment_key(scene(16), false),
        Status::TooManyKeys,
    );
    let key = device
        .rpmb()
        .ids()
        .find(|id| id[..2] == [b'p', 3])
        .unwrap()
        .to_vec();
    device.rpmb().damage(&key);
    let mut reopened = device.clone();
    drop(owner);
    reopened.reboot();
    let mut owner = Owner::of(&reopened).payments;
    assert!(owner.generate_payment_key(scene(16), false).unwrap().new);
    assert_eq!(owner.list_payment_keys().unwrap().keys.len(), 16);
}

#[test]
fn one_app_has_so_many_soter_keys_and_no_more() {
    let device = Device::default();
    life(&device).unwrap();
    SoterClient::new(device.soter(ROOT)).provision().unwrap();
    let scene = |number| touchseal::proto::label::Scene::new(&format!("scene {number}")).unwrap();
    let mut greedy = SoterClient::new(device.soter(Login::App { uid: APP }));
    greedy.generate_app_key(false).unwrap();
    for number in 0..16 {
        greedy.generate_payment_key(scene(number), false).unwrap();
    }
    refused(
        greedy.generate_payment_key(scene(16), false),
        Status::TooManyKeys,
    );
    assert!(!greedy.generate_payment_key(scene(0), false).unwrap().new);
    assert_eq!(greedy.list_payment_keys().unwrap().keys.len(), 16);
    greedy.remove_payment_key(scene(0)).unwrap();
    assert!(greedy.generate_payment_key(scene(16), false).unwrap().new);
}

#[test]
fn a_damaged_spare_is_none() {
    let device = Device::default();
    life(&device).unwrap();
    let mut root = SoterClient::new(device.soter(ROOT));
    root.provision().unwrap();
    root.prepare().unwrap();
    device.rpmb().damage_first(b"sspare\0");
    assert_eq!(root.diagnose().unwrap().spares, 0);
    let mut app = SoterClient::new(device.soter(Login::App { uid: APP }));
    app.generate_app_key(false).unwrap();
    assert_eq!(root.prepare().unwrap().spares, 1);
}

#[test]
fn keys_without_a_state_are_a_mismatch() {
    let mut device = Device::default();
    life(&device).unwrap();
    device.rpmb().lose(b"ppayment.state");
    device.reboot();
    let mut root = PaymentClient::new(device.payment(ROOT));
    refused(root.provision(), Status::DeviceKeyMismatch);
    assert_eq!(root.diagnose().unwrap().state, Status::DeviceKeyMismatch);
}

#[test]
fn dead() {
    let mut device = Device::default();
    let made = life(&device).unwrap();
    let mut owner = Owner::of(&device);
    let handle = begin(&mut owner).unwrap();
    let token = touch(&mut owner, handle);
    device.rpmb().set_dead(true);
    refused(owner.payments.finish(handle, token), Status::StorageDead);
    drop(owner);

    device.rpmb().set_dead(false);
    device.reboot();
    let after = life(&device).unwrap();
    assert_eq!(
        (made.device_key, made.payment_key),
        (after.device_key, after.payment_key)
    );
    assert!(made.counters.is_disjoint(&after.counters));
}

#[test]
fn a_lost_slot_is_repaired_and_two_are_told() {
    for (lost, left) in [(b"pattk.a", b"pattk.b"), (b"pattk.b", b"pattk.a")] {
        let mut device = Device::default();
        let made = life(&device).unwrap();
        device.rpmb().lose(lost);
        device.reboot();
        let mut root = PaymentClient::new(device.payment(ROOT));
        Owner::of(&device)
            .payments
            .export_app_key()
            .expect("the other slot signs");
        assert!(!root.provision().unwrap().new);
        drop(root);
        assert!(device.rpmb().contains(lost));

        device.rpmb().lose(left);
        device.reboot();
        assert_eq!(life(&device).unwrap().device_key, made.device_key);
        device.rpmb().lose(lost);
        device.rpmb().lose(left);
        device.reboot();
        let mut root = PaymentClient::new(device.payment(ROOT));
        refused(root.provision(), Status::DeviceKeyLost);
    }
}
