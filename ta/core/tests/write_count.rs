//! A payment costs one authenticated RPMB write. So does a wrong finger; a right one
//! costs none, but for the first after a start.

mod device;

use device::{APP, Owner, begin, life, touch};
use touchseal::proto::soter::Challenge;
use touchseal::{PaymentClient, SoterClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::Device;

fn cost<R>(device: &Device, action: impl FnOnce() -> R) -> (R, u64) {
    let before = device.rpmb().writes();
    let result = action();
    let after = device.rpmb().writes();
    (result, after - before)
}

#[test]
fn a_payment_is_one_write() {
    let mut device = Device::default();
    life(&device).unwrap();
    let mut owner = Owner::of(&device);
    for _ in 0..3 {
        let (handle, begin_cost) = cost(&device, || begin(&mut owner).unwrap());
        let (token, touch_cost) = cost(&device, || touch(&mut owner, handle));
        let (signed, finish_cost) = cost(&device, || owner.payments.finish(handle, token));
        signed.unwrap();
        assert_eq!((begin_cost, touch_cost, finish_cost), (0, 0, 1));
    }

    let costs = [1, 2, 3].map(|_| cost(&device, || owner.wrong_finger()).1);
    assert_eq!(
        costs,
        [0, 1, 1],
        "the first was reserved by the match before"
    );

    device.reboot();
    let mut owner = Owner::of(&device);
    let handle = begin(&mut owner).unwrap();
    let costs = [1, 2, 3].map(|_| cost(&device, || touch(&mut owner, handle)).1);
    assert_eq!(
        costs,
        [2, 0, 0],
        "OP-TEE's own write of this start was before"
    );
}

#[test]
fn a_soter_signature_is_one_write() {
    let device = Device::default();
    life(&device).unwrap();
    SoterClient::new(device.soter(Login::App { uid: 0 }))
        .provision()
        .unwrap();
    let mut owner = Owner::of(&device);
    let mut app = SoterClient::new(device.soter(Login::App { uid: APP }));
    app.generate_app_key(false).unwrap();
    app.generate_payment_key(device::shop(), false).unwrap();
    for _ in 0..2 {
        let challenge = Challenge::new("1").unwrap();
        let (begun, begin_cost) = cost(&device, || app.begin(device::shop(), challenge).unwrap());
        let token = touch(&mut owner, begun.handle);
        let (signed, finish_cost) = cost(&device, || app.finish(begun.handle, token));
        signed.unwrap();
        assert_eq!((begin_cost, finish_cost), (0, 1));
    }
    let (exported, export_cost) = cost(&device, || app.export_app_key());
    exported.unwrap();
    assert_eq!(export_cost, 1);
}

#[test]
fn asking_writes_nothing() {
    let device = Device::default();
    let ask = || {
        let mut root = PaymentClient::new(device.payment(Login::App { uid: 0 }));
        let mut soter = SoterClient::new(device.soter(Login::App { uid: APP }));
        let mut owner = Owner::of(&device);
        owner.payments.info().unwrap();
        owner.fingers.fingers().unwrap();
        root.diagnose().unwrap();
        soter.diagnose().unwrap();
        owner.payments.find_app_key().unwrap();
        owner.payments.find_payment_key(device::shop()).unwrap();
        owner.payments.list_payment_keys().unwrap();
        soter.list_payment_keys().unwrap();
    };
    ask();
    assert_eq!(device.rpmb().writes(), 3, "OP-TEE's own: a new file system");
    life(&device).unwrap();
    let before = device.rpmb().writes();
    ask();
    let mut owner = Owner::of(&device);
    owner.payments.report([1; 32]).unwrap();
    owner.payments.generate_app_key(false).unwrap();
    owner
        .payments
        .generate_payment_key(device::shop(), false)
        .unwrap();
    assert_eq!(device.rpmb().writes(), before);
}
