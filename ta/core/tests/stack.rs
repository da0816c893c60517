//! The stack that a trusted application has is enough: for enrolling, matching and paying, and for
//! pictures of no finger. Compiled for tests the frames are larger than in the trusted application,
//! and what is computed by OP-TEE core there, or in another trusted application, is on this one: too
//! much for RSA, so that the SOTER TA's is enough only where it runs, in the guest.

mod device;

use device::{Owner, begin, life, shop, show};
use touchseal::finger::Image;
use touchseal::proto::password::Password;
use touchseal::proto::status::Status;
use touchseal::{Error, FingerprintClient, GatekeeperClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::Device;

/// That of each (`ta/*/build.rs`).
const STACK: usize = 64 * 1024;

/// Runs it on a stack of its own; where it is too small, the process ends.
fn on_the_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    thread.unwrap().join().unwrap();
}

#[test]
fn fingers_are_enrolled_compared_and_paid_with_on_it() {
    let device = Device::default();
    life(&device).unwrap();
    let noise = |width: u16, height: u16| Image {
        width,
        height,
        pixels: (0..usize::from(width) * usize::from(height))
            .map(|n| (n.wrapping_mul(n) >> 3) as u8)
            .collect(),
    };
    let pictures = [noise(640, 480), noise(480, 640), noise(25, 25)];
    on_the_stack(move || {
        let mut settings = FingerprintClient::new(device.fingerprint(Login::App { uid: 0 }));
        device::enroll(&mut settings, 3).unwrap();
        let mut owner = Owner::of(&device);
        owner.payments.generate_payment_key(shop(), false).unwrap();
        let handle = begin(&mut owner).unwrap();
        for picture in pictures {
            owner.fingers.place(&picture).unwrap();
            let refused = owner.fingers.authenticate(handle).unwrap_err();
            assert_eq!(refused, Error::Refused(Status::PoorImage));
        }
        let wrong = show(&mut owner.fingers, handle, 5).unwrap_err();
        assert_eq!(wrong, Error::Refused(Status::FingerNotRecognized));
        let token = show(&mut owner.fingers, handle, 3).unwrap();
        owner.payments.finish(handle, token).unwrap();
    });
}

#[test]
fn passwords_are_verified_on_it() {
    let device = Device::default();
    on_the_stack(move || {
        let password = |text: &[u8]| Password::new(text).unwrap();
        let mut gatekeeper = GatekeeperClient::new(device.gatekeeper(Login::App { uid: 0 }));
        gatekeeper.set_password(None, password(b"owner's")).unwrap();
        gatekeeper.verify_password(1, password(b"owner's")).unwrap();
        let wrong = gatekeeper.verify_password(1, password(b"thief's"));
        assert_eq!(wrong.unwrap_err(), Error::Refused(Status::PasswordWrong));
    });
}
