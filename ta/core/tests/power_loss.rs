//! Power is lost at every single RPMB write of a device's life, from provisioning to
//! payment. After the reboot the person tries again: whatever was made is still there
//! or cleanly absent, and no counter value is ever signed twice.

mod device;

use device::{Attempt, Owner, begin, enroll, life, show, touch};
use std::collections::BTreeSet;
use touchseal::proto::signed::{PaymentStatement, Statement};
use touchseal::{Error, FingerprintClient, PaymentClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::Device;

/// How many writes the life takes without a cut.
fn writes_of_a_life() -> u64 {
    let device = Device::default();
    life(&device).expect("without a cut, all goes well");
    device.rpmb().writes()
}

#[test]
fn a_cut_at_any_write_loses_nothing() {
    for cut in 0..writes_of_a_life() {
        let mut device = Device::default();
        device.rpmb().lose_power_at(cut);
        let before = life(&device).expect_err("the power was cut");
        device.reboot();

        let after = life(&device).unwrap_or_else(|error| panic!("cut at {cut}: {error:?}"));
        assert!(
            before.counters.is_disjoint(&after.counters),
            "cut at {cut}: a counter twice"
        );
        if let Some(key) = before.device_key {
            assert_eq!(
                Some(key),
                after.device_key,
                "cut at {cut}: another device key"
            );
        }
        if let Some(key) = before.payment_key {
            assert_eq!(
                Some(key),
                after.payment_key,
                "cut at {cut}: another payment key"
            );
        }
    }
}

/// What a cut leaves of a template is written over by the next one, which may be shorter.
#[test]
fn a_finger_that_is_enrolled_after_a_cut_matches() {
    let provisioned = || {
        let device = Device::default();
        let mut root = PaymentClient::new(device.payment(Login::App { uid: 0 }));
        root.provision().unwrap();
        device
    };
    let enrolled = |device: &Device, finger| {
        let mut settings = FingerprintClient::new(device.fingerprint(Login::App { uid: 0 }));
        enroll(&mut settings, finger)
    };
    let device = provisioned();
    let before = device.rpmb().writes();
    enrolled(&device, 1).unwrap();
    let writes = device.rpmb().writes() - before;
    for (cut_short, finger) in [(1, 3), (3, 1)] {
        for cut in 0..writes {
            let mut device = provisioned();
            device.rpmb().lose_power_at(cut);
            enrolled(&device, cut_short).expect_err("the power was cut");
            device.reboot();
            enrolled(&device, finger).unwrap();
            let matched = show(&mut Owner::of(&device).fingers, 1, finger);
            matched.unwrap_or_else(|error| panic!("finger {finger}, cut at {cut}: {error:?}"));
        }
    }
}

/// The write may have been done although it was not acknowledged: the TA must not
/// sign that counter again, in this boot either.
#[test]
fn an_unacknowledged_write_is_never_signed_again() {
    let device = Device::default();
    life(&device).unwrap();
    let mut owner = Owner::of(&device);
    let mut counters = BTreeSet::new();
    for unacknowledged in [false, true, false, true, false] {
        let begun = begin(&mut owner).unwrap();
        let token = touch(&mut owner, begun);
        device.rpmb().lose_next_acknowledgement(unacknowledged);
        match owner.payments.finish(begun, token) {
            Ok(signed) => {
                let statement = PaymentStatement::from_bytes(&signed.statement).unwrap();
                assert!(counters.insert(statement.header.counter), "a counter twice");
            }
            Err(Error::Refused(_)) => assert!(unacknowledged),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(counters.len(), 3);
}

/// Wrong fingers are counted though power is cut after each: 20 in all, then no more.
#[test]
fn reboots_do_not_buy_attempts() {
    let mut device = Device::default();
    life(&device).unwrap();
    let mut tried = 0;
    for _ in 0..21 {
        device.reboot();
        let mut owner = Owner::of(&device);
        let mut attempt = owner.wrong_finger();
        if let Attempt::Locked = attempt {
            device.skip_ms(30_001);
            attempt = owner.wrong_finger();
        }
        match attempt {
            Attempt::NotRecognized => tried += 1,
            Attempt::LockedForGood => {
                assert!(tried <= 20, "{tried} attempts");
                return;
            }
            Attempt::Locked => panic!("locked for longer than it says"),
        }
    }
    panic!("{tried} attempts, and no lock");
}

/// What an owner changes later: another finger, which makes a new payment key necessary,
/// keys removed, all fingers removed.
fn changes(device: &Device) -> device::Outcome<()> {
    let root = Login::App { uid: 0 };
    let mut settings = FingerprintClient::new(device.fingerprint(root));
    device::enroll(&mut settings, 3)?;
    let mut owner = Owner::of(device);
    owner.payments.generate_payment_key(device::shop(), false)?;
    let handle = begin(&mut owner)?;
    let token = device::show(&mut owner.fingers, handle, 3)?;
    owner.payments.finish(handle, token)?;
    owner.payments.remove_payment_key(device::shop())?;
    owner.payments.remove_app_keys()?;
    settings.remove_fingers().map(drop)
}

#[test]
fn a_cut_at_any_write_of_a_change_leaves_a_device_that_works() {
    let lived = || {
        let device = Device::default();
        let traces = life(&device).unwrap();
        (device, traces)
    };
    let (device, _) = lived();
    let start = device.rpmb().writes();
    changes(&device).unwrap();
    let writes = device.rpmb().writes() - start;
    assert!(writes > 20, "{writes}");

    for cut in 0..writes {
        let (mut device, before) = lived();
        let counter = Owner::of(&device).payments.info().unwrap().counter;
        device.rpmb().lose_power_at(cut);
        changes(&device).expect_err("the power was cut");
        device.reboot();

        // With the owner's first finger, where the cut has left it.
        let mut owner = Owner::of(&device);
        if !owner.fingers.fingers().unwrap().fingers.is_empty() {
            device::show(&mut owner.fingers, 1, 1)
                .unwrap_or_else(|error| panic!("cut at {cut}: {error:?}"));
        }
        let after = life(&device).unwrap_or_else(|error| panic!("cut at {cut}: {error:?}"));
        assert_eq!(before.device_key, after.device_key, "cut at {cut}");
        let first = after.counters.first().unwrap();
        assert!(*first > counter, "cut at {cut}: {first} after {counter}");
        changes(&device).unwrap_or_else(|error| panic!("cut at {cut}: {error:?}"));
    }
}
