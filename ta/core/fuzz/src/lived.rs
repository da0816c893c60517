//! A device that has everything: both dialects' keys, a finger and a password.

use crate::ask::{Outcome, ask, enroll, place};
use std::sync::LazyLock;
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, Rpmb};
use touchseal_proto::label::{Label, Scene};
use touchseal_proto::message::*;
use touchseal_proto::password::Password;
use touchseal_proto::status::Status;

/// An app, with keys in both dialects.
pub const APP: u32 = 10001;
/// Another one, with keys in the native dialect.
pub const OTHER: u32 = 10002;
/// Root.
pub const ROOT: Login = Login::App { uid: 0 };
/// The made-up finger that is enrolled.
pub const OWNER: u64 = 1;
/// A made-up finger that never is.
pub const STRANGER: u64 = 2;
/// One wrong finger more locks, and one wrong password more.
pub const TRIED: usize = 4;
/// So many key pairs are prepared ahead.
pub const SPARES: u8 = 4;

/// A scene of payment keys.
pub fn scene(name: &str) -> Scene {
    Label::new(name).expect("a label")
}

/// The scene whose keys are there.
pub fn shop() -> Scene {
    scene("shop")
}

/// A password; the owner's is the first.
pub fn password(nth: u8) -> Password {
    Password::new(&[b'0' + nth; 8]).expect("a password")
}

/// Its sealed storage.
pub fn rpmb() -> Rpmb {
    static LIVED: LazyLock<Rpmb> = LazyLock::new(|| {
        let device = Device::default();
        live(&device).expect("nothing fails here");
        device.rpmb().clone()
    });
    LIVED.clone()
}

/// The same, after all the wrong fingers and passwords that do not lock yet.
pub fn tried() -> Rpmb {
    static TRIED: LazyLock<Rpmb> = LazyLock::new(|| {
        let device = Device::boot(rpmb());
        try_wrong(&device).expect("nothing fails here");
        device.rpmb().clone()
    });
    TRIED.clone()
}

fn try_wrong(device: &Device) -> Outcome<()> {
    let mut sensor = device.fingerprint(Login::App { uid: APP });
    let mut gatekeeper = device.gatekeeper(Login::App { uid: APP });
    for nth in 0..TRIED {
        place(&mut sensor, STRANGER, nth as u64)?;
        let touched = ask(&mut sensor, &Authenticate { operation: 1 });
        assert_eq!(touched, Err(Status::FingerNotRecognized));
        let wrong = VerifyPassword {
            challenge: 1,
            password: password(2),
        };
        let verified = ask(&mut gatekeeper, &wrong);
        assert_eq!(verified, Err(Status::PasswordWrong));
    }
    Ok(())
}

fn live(device: &Device) -> Outcome<()> {
    ask(&mut device.payment(ROOT), &Provision {})?;
    enroll(&mut device.fingerprint(ROOT), None, OWNER)?;
    let first = SetPassword {
        current: None,
        new: password(0),
    };
    ask(&mut device.gatekeeper(ROOT), &first)?;
    for uid in [APP, OTHER] {
        let mut app = device.payment(Login::App { uid });
        ask(&mut app, &GenerateAppKey { replace: false })?;
        ask(&mut app, &payment_key(shop()))?;
    }
    let mut factory = device.soter(ROOT);
    ask(&mut factory, &Provision {})?;
    let mut app = device.soter(Login::App { uid: APP });
    ask(&mut app, &GenerateAppKey { replace: false })?;
    ask(&mut app, &payment_key(shop()))?;
    while ask(&mut factory, &Prepare {})?.spares < SPARES {}
    Ok(())
}

fn payment_key(scene: Scene) -> GeneratePaymentKey {
    GeneratePaymentKey {
        scene,
        replace: false,
    }
}
