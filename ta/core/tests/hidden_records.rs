//! Who carries the RPMB's frames can say, unauthenticated, that an object is not
//! there. Whenever that is said, nothing begins anew: no counter, no lockout, no key.

mod device;

use device::{APP, Attempt, Owner, life};
use touchseal::proto::label::Lot;
use touchseal::proto::message::Latch;
use touchseal::proto::status::Status;
use touchseal::{Error, FingerprintClient, PaymentClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, NonsecureTransport};

/// A provisioned device after a restart, about to look for an object.
fn restarted() -> Device {
    let mut device = Device::default();
    life(&device).unwrap();
    device.reboot();
    device
}

#[test]
fn provisioning_never_begins_the_counter_anew() {
    for hidden in 1..6 {
        let mut device = restarted();
        let before = Owner::of(&device).payments.info().unwrap().counter;
        let key = Owner::of(&device).payments.export_device_key().unwrap();
        device.reboot();
        device.rpmb().hide_next(hidden);
        let mut root = PaymentClient::new(device.payment(Login::App { uid: 0 }));
        root.provision().expect_err("the state is hidden");
        drop(root);

        device.rpmb().hide_next(0);
        device.reboot();
        let mut owner = Owner::of(&device);
        assert_eq!(
            owner.payments.info().unwrap().counter,
            before,
            "{hidden} hidden"
        );
        assert_eq!(owner.payments.export_device_key().unwrap(), key);
        life(&device).unwrap();
    }
}

#[test]
fn a_hidden_state_does_not_lift_the_lock() {
    let mut device = restarted();
    while !matches!(Owner::of(&device).wrong_finger(), Attempt::Locked) {}
    for hidden in 1..6 {
        device.reboot();
        device.rpmb().hide_next(hidden);
        let mut sensor = Owner::of(&device).fingers;
        for _ in 0..10 {
            device::show(&mut sensor, 1, 2).expect_err("nothing to compare with");
            assert_ne!(
                device.last_refusal(),
                Some(touchseal_core::error::Error::FingerNotRecognized),
                "a finger was compared behind the lock"
            );
        }
    }
}

/// Which would let anybody with root's rights enrol a finger without the owner's password.
#[test]
fn a_hidden_latch_does_not_open_the_factory_mode() {
    for removed in [false, true] {
        let mut device = restarted();
        let root = Login::App { uid: 0 };
        let mut factory = PaymentClient::new(device.payment(root));
        let device_id = factory.info().unwrap().device_id;
        let latch = Latch {
            device_id,
            lot: Lot::new("lot 7").unwrap(),
            issuer: [1; 64],
        };
        factory.latch(latch).unwrap();
        drop(factory);
        device.reboot();
        device.rpmb().hide_next(1);
        let info = PaymentClient::new(device.payment(root)).info().unwrap();
        assert!(!info.latched, "the state is hidden");
        let mut settings = FingerprintClient::new(device.fingerprint(root));
        if removed {
            settings.remove_fingers().unwrap();
        }
        let refused = settings.begin_enroll(None).unwrap_err();
        assert_eq!(refused, Error::Refused(Status::NotProvisioned));
    }
}

#[test]
fn a_hidden_key_is_not_made_anew() {
    for hidden in 1..6 {
        let mut device = restarted();
        let key = Owner::of(&device).payments.export_app_key().unwrap();
        for warm in [false, true] {
            device.reboot();
            let mut owner = PaymentClient::new(device.payment(Login::App { uid: APP }));
            owner.info().unwrap();
            if warm {
                owner.export_app_key().unwrap();
            }
            device.rpmb().hide_next(hidden);
            if let Ok(generated) = owner.generate_app_key(false) {
                assert!(
                    !generated.new,
                    "{hidden} hidden: the key is there after all"
                );
            }
            device.rpmb().hide_next(0);
            let again = owner.export_app_key().unwrap();
            assert_eq!(again.statement[93..157], key.statement[93..157]);
        }
    }
}

/// The owner's finger matches and the stranger's does not, whatever was tried while the
/// first `hidden` objects were hidden.
fn the_owners_finger_is_safe_from(
    tried: impl Fn(&mut FingerprintClient<NonsecureTransport>) -> bool,
) {
    for hidden in 1..6 {
        let mut device = restarted();
        device.rpmb().hide_next(hidden);
        let mut settings = FingerprintClient::new(device.fingerprint(Login::App { uid: 0 }));
        let done = tried(&mut settings);
        device.rpmb().hide_next(0);
        device.reboot();

        let mut owner = Owner::of(&device);
        if done && owner.fingers.fingers().unwrap().fingers.is_empty() {
            continue;
        }
        device::show(&mut owner.fingers, 1, 2)
            .expect_err("a stranger's finger is behind the owner's keys");
        device::show(&mut owner.fingers, 1, 1).expect("the owner's finger is there");
    }
}

#[test]
fn no_finger_is_enrolled_in_anothers_place() {
    the_owners_finger_is_safe_from(|settings| {
        device::enroll(settings, 2).expect_err("the state is hidden");
        false
    });
}

#[test]
fn no_template_is_removed_and_its_finger_kept() {
    the_owners_finger_is_safe_from(|settings| settings.remove_fingers().is_ok());
}
