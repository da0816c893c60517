//! A fault in the processor makes a signature wrong: each one of a device's life, one after the
//! other. None of them leaves, and nothing is lost by it.

mod device;

use device::{APP, Outcome, Owner, begin, enroll, shop, show, touch};
use std::collections::BTreeSet;
use touchseal::proto::message::Slot;
use touchseal::proto::signed::{PaymentStatement, Statement};
use touchseal::proto::soter::{Blob, RsaPublicKey};
use touchseal::proto::status::Status;
use touchseal::{Error, FingerprintClient, PaymentClient, SoterClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, NonsecureTransport, Rpmb};
use touchseal_verify::{
    Chain, SoterBlob, SoterChain, VerifiedChain, verify, verify_chain, verify_report, verify_soter,
};

const ROOT: Login = Login::App { uid: 0 };
const NONCE: [u8; 32] = [9; 32];

fn root(device: &Device) -> PaymentClient<NonsecureTransport> {
    PaymentClient::new(device.payment(ROOT))
}

/// Provisions, makes keys, reports and pays: what is signed is verified, and its counters kept.
fn native_life(device: &Device, counters: &mut BTreeSet<u64>) -> Outcome<()> {
    root(device).provision()?;
    let device_key = root(device).export_device_key()?.public_key;
    let mut settings = FingerprintClient::new(device.fingerprint(ROOT));
    if settings.fingers()?.fingers.is_empty() {
        enroll(&mut settings, 1)?;
    }
    let mut owner = Owner::of(device);
    owner.payments.generate_app_key(false)?;
    owner.payments.generate_payment_key(shop(), false)?;
    let chain = Chain {
        app_key: owner.payments.export_app_key()?.into(),
        payment_key: owner.payments.export_payment_key(shop())?.into(),
    };
    verify_report(&device_key, &owner.payments.report(NONCE)?.into(), None).unwrap();
    let handle = begin(&mut owner)?;
    let token = show(&mut owner.fingers, handle, 1)?;
    let signed = owner.payments.finish(handle, token)?.into();
    let said = verify(&device_key, &chain, &signed).expect("what leaves verifies");
    let registered = VerifiedChain {
        payment_key: said.payment_key.clone(),
        app_key: said.app_key.clone(),
    };
    assert_eq!(verify_chain(&device_key, &chain), Ok(registered));
    for header in [
        said.app_key.header,
        said.payment_key.header,
        said.payment.header,
    ] {
        assert!(counters.insert(header.counter), "a counter twice");
    }
    Ok(())
}

fn blob(blob: &Blob) -> SoterBlob {
    SoterBlob::from_bytes(&blob.to_soter().unwrap()).unwrap()
}

fn soter(device: &Device, login: Login) -> SoterClient<NonsecureTransport> {
    SoterClient::new(device.soter(login))
}

/// Repairs the device key, exports keys that are there, and signs a challenge.
fn soter_life(device: &Device, counters: &mut BTreeSet<u64>) -> Outcome<()> {
    soter(device, ROOT).provision()?;
    let device_key: RsaPublicKey = soter(device, ROOT).export_device_key()?.public_key;
    let mut app = soter(device, Login::App { uid: APP });
    let chain = SoterChain {
        app_key: blob(&app.export_app_key()?),
        payment_key: blob(&app.export_payment_key(shop())?),
    };
    let challenge = touchseal::proto::soter::Challenge::new("order 42").unwrap();
    let begun = app.begin(shop(), challenge)?;
    let mut fingers = FingerprintClient::new(device.fingerprint(Login::App { uid: APP }));
    let token = show(&mut fingers, begun.handle, 1)?;
    let signed = blob(&app.finish(begun.handle, token)?);
    let said = verify_soter(&device_key, &chain, &signed).expect("what leaves verifies");
    for counter in [
        said.app_key.counter,
        said.payment_key.counter,
        said.challenge.counter,
    ] {
        assert!(counters.insert(counter), "a counter twice");
    }
    Ok(())
}

/// How many signatures of `life` there are. Each is spoiled once, on a device that begins with
/// `sealed`; then life goes on, with the keys of before.
fn spoil_every_signature(
    sealed: &Rpmb,
    life: fn(&Device, &mut BTreeSet<u64>) -> Outcome<()>,
) -> u64 {
    for nth in 0.. {
        let device = Device::boot(sealed.clone());
        let mut counters = BTreeSet::new();
        device.spoil_signatures(nth..nth + 1);
        let outcome = life(&device, &mut counters);
        if device.spoils_signatures() {
            outcome.unwrap();
            return nth;
        }
        match outcome {
            Ok(()) => {}
            Err(Error::Refused(Status::KeyDamaged | Status::StorageDamaged)) => {}
            Err(error) => panic!("signature {nth}: {error:?}"),
        }
        let key = root(&device).export_device_key().map(|key| key.public_key);
        life(&device, &mut counters).unwrap_or_else(|error| panic!("after {nth}: {error:?}"));
        if let Ok(key) = key {
            assert_eq!(root(&device).export_device_key().unwrap().public_key, key);
        }
        let found = root(&device).diagnose().unwrap();
        assert_eq!((found.slot_a, found.slot_b), (Slot::Good, Slot::Good));
    }
    unreachable!()
}

#[test]
fn a_wrong_signature_does_not_leave() {
    let signatures = spoil_every_signature(&Rpmb::default(), native_life);
    assert!(signatures >= 5, "{signatures}");
}

/// A device with an app's keys of both dialects.
fn lived() -> Device {
    let device = Device::default();
    native_life(&device, &mut BTreeSet::new()).unwrap();
    soter(&device, ROOT).provision().unwrap();
    let mut app = soter(&device, Login::App { uid: APP });
    app.generate_app_key(false).unwrap();
    app.generate_payment_key(shop(), false).unwrap();
    device
}

#[test]
fn a_wrong_soter_signature_does_not_leave() {
    let device = lived();
    let signatures = spoil_every_signature(&device.rpmb(), soter_life);
    assert!(signatures >= 5, "{signatures}");
}

/// Asks for an app's keys of both dialects, and whether each was made.
fn made(device: &Device) -> [bool; 4] {
    let mut owner = Owner::of(device).payments;
    let mut app = soter(device, Login::App { uid: APP });
    [
        owner.generate_app_key(false),
        owner.generate_payment_key(shop(), false),
        app.generate_app_key(false),
        app.generate_payment_key(shop(), false),
    ]
    .map(|made| made.unwrap().new)
}

/// A damaged private half is a fault that stays: the key is there, opens, and does not sign.
#[test]
fn a_key_that_does_not_sign_is_made_anew() {
    let sealed = lived().rpmb().clone();
    // Dialect, and 2 for an app key, 3 for a payment key.
    let kinds = [b"p\x02", b"p\x03", b"s\x02", b"s\x03"];
    for damaged in kinds {
        let device = Device::boot(sealed.clone());
        let id = sealed.ids().find(|id| id.starts_with(damaged)).unwrap();
        device.rpmb().damage_private(id);
        assert_eq!(made(&device), kinds.map(|kind| kind == damaged));
        let mut counters = BTreeSet::new();
        native_life(&device, &mut counters).unwrap();
        soter_life(&device, &mut counters).unwrap();
    }
}

/// OP-TEE tells a lack of memory in the middle of a signature as it tells a damaged key.
#[test]
fn a_key_that_did_not_sign_once_stays() {
    let sealed = lived().rpmb().clone();
    let mut nth = 0;
    loop {
        let device = Device::boot(sealed.clone());
        device.spoil_signatures(nth..nth + 1);
        assert_eq!(made(&device), [false; 4], "{nth}");
        for provisioned in [root(&device).provision(), soter(&device, ROOT).provision()] {
            assert!(!provisioned.unwrap().repaired, "{nth}");
        }
        if device.spoils_signatures() {
            break;
        }
        nth += 1;
    }
    assert!(nth >= 8, "{nth}");
}

#[test]
fn a_spare_that_does_not_sign_becomes_no_key() {
    let device = lived();
    let mut factory = soter(&device, ROOT);
    factory.prepare().unwrap();
    factory.prepare().unwrap();
    device.rpmb().damage_private(b"sspare\0");
    let mut app = soter(&device, Login::App { uid: APP });
    app.generate_payment_key(shop(), true).unwrap();
    soter_life(&device, &mut BTreeSet::new()).unwrap();
    assert_eq!(factory.diagnose().unwrap().spares, 0);

    factory.prepare().unwrap();
    device.rpmb().damage_private(b"sspare\0");
    assert_eq!(factory.prepare().unwrap().spares, 1);
    app.generate_payment_key(shop(), true).unwrap();
    soter_life(&device, &mut BTreeSet::new()).unwrap();
    assert_eq!(factory.diagnose().unwrap().spares, 0);
}

/// The counter was counted: what it was for is not signed again, and the next payment has the
/// next.
#[test]
fn the_counter_of_a_wrong_signature_is_used_up() {
    let device = Device::default();
    native_life(&device, &mut BTreeSet::new()).unwrap();
    let mut owner = Owner::of(&device);
    let before = owner.payments.info().unwrap().counter;
    let handle = begin(&mut owner).unwrap();
    let token = touch(&mut owner, handle);
    device.spoil_signatures(0..1);
    let refused = owner.payments.finish(handle, token.clone()).unwrap_err();
    assert_eq!(refused, Error::Refused(Status::KeyDamaged));
    assert_eq!(owner.payments.info().unwrap().counter, before + 1);
    let again = owner.payments.finish(handle, token).unwrap_err();
    assert_eq!(again, Error::Refused(Status::NotAuthorized));

    let handle = begin(&mut owner).unwrap();
    let token = touch(&mut owner, handle);
    let signed = owner.payments.finish(handle, token).unwrap();
    let statement = PaymentStatement::from_bytes(&signed.statement).unwrap();
    assert_eq!(statement.header.counter, before + 2);
}
