//! A payment costs one authenticated RPMB write. So does a wrong finger; a right one
//! costs none, but for the first after a start.

mod device;

use device::{Owner, begin, life, touch};
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
    assert_eq!(costs, [2, 0, 0]);
}

#[test]
fn asking_writes_nothing() {
    let device = Device::default();
    let mut owner = Owner::of(&device);
    owner.payments.info().unwrap();
    owner.fingers.fingers().unwrap();
    assert_eq!(device.rpmb().writes(), 0);
}
