//! Storage that is full, dead or damaged: each has its cause, and nothing is lost by it.

mod device;

use device::{APP, Owner, begin, life, touch};
use touchseal::proto::status::Status;
use touchseal::{Error, FingerprintClient, PaymentClient};
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
    refused(settings.enroll(device::finger(2)), Status::StorageFull);
    let mut other = PaymentClient::new(device.payment(Login::App { uid: APP + 1 }));
    refused(other.generate_app_key(false), Status::StorageFull);
    life(&device).expect("what is there needs no room");
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
