//! Fingers, by who shows them, when, and what is left of the others.

mod device;

use device::{APP, enroll, image, show};
use touchseal::proto::label::Label;
use touchseal::proto::message::{Guidance, Latch};
use touchseal::proto::password::Password;
use touchseal::proto::status::Status;
use touchseal::{Error, FingerprintClient, GatekeeperClient, PaymentClient};
use touchseal_core::dispatch::{Login, MAX_SESSIONS_OF_ONE};
use touchseal_nonsecure::{Device, NonsecureTransport};

const ROOT: Login = Login::App { uid: 0 };

/// A device with a device key: nobody enrols before.
fn provisioned() -> Device {
    let device = Device::default();
    PaymentClient::new(device.payment(ROOT))
        .provision()
        .unwrap();
    device
}

fn settings(device: &Device) -> FingerprintClient<NonsecureTransport> {
    FingerprintClient::new(device.fingerprint(ROOT))
}

fn app(device: &Device) -> FingerprintClient<NonsecureTransport> {
    FingerprintClient::new(device.fingerprint(Login::App { uid: APP }))
}

#[track_caller]
fn refused<R>(outcome: device::Outcome<R>, status: Status) {
    match outcome {
        Err(Error::Refused(found)) => assert_eq!(found, status),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("expected {status:?}"),
    }
}

/// An app that asks all the time would turn the owner's enrolment into wrong fingers.
#[test]
fn a_finger_that_is_being_enrolled_is_no_attempt() {
    let device = provisioned();
    let (mut settings, mut app) = (settings(&device), app(&device));
    enroll(&mut settings, 1).unwrap();
    settings.begin_enroll(None).unwrap();
    for n in 0..4 {
        settings.place(&image(2, n)).unwrap();
        for _ in 0..10 {
            refused(app.authenticate(1), Status::Busy);
        }
        assert_ne!(
            settings.add_impression().unwrap().guidance,
            Guidance::WrongFinger
        );
    }
    assert_eq!(app.fingers().unwrap().fingers.len(), 2);
    show(&mut app, 1, 2).unwrap();
}

#[test]
fn an_enrolment_is_its_sessions_and_ends_with_it_or_in_time() {
    let device = provisioned();
    let (mut first, mut other) = (settings(&device), settings(&device));
    enroll(&mut first, 1).unwrap();
    first.begin_enroll(None).unwrap();
    first.place(&image(2, 0)).unwrap();
    first.add_impression().unwrap();
    refused(other.add_impression(), Status::NoEnrolment);
    drop(first);
    refused(other.add_impression(), Status::NoEnrolment);
    show(&mut other, 1, 1).unwrap();

    other.begin_enroll(None).unwrap();
    refused(other.authenticate(1), Status::Busy);
    device.skip_ms(60_001);
    refused(other.add_impression(), Status::NoEnrolment);
    show(&mut other, 1, 1).unwrap();
    // Another's takes its place.
    let mut third = settings(&device);
    other.begin_enroll(None).unwrap();
    third.begin_enroll(None).unwrap();
    refused(other.add_impression(), Status::NoEnrolment);
    third.place(&image(2, 0)).unwrap();
    assert_eq!(third.add_impression().unwrap().taken, 1);
}

/// What the factory mode has allowed, its end forbids.
#[test]
fn an_enrolment_is_not_finished_once_the_factory_mode_is_closed() {
    let device = provisioned();
    let mut root = PaymentClient::new(device.payment(ROOT));
    let mut settings = settings(&device);
    let wanted = u64::from(settings.begin_enroll(None).unwrap());
    for n in 0..wanted - 1 {
        settings.place(&image(1, n)).unwrap();
        assert_eq!(settings.add_impression().unwrap().guidance, Guidance::Taken);
    }
    let latch = Latch {
        device_id: root.info().unwrap().device_id,
        lot: Label::new("lot 7").unwrap(),
        issuer: [1; 64],
    };
    root.latch(latch).unwrap();
    settings.place(&image(1, wanted - 1)).unwrap();
    refused(settings.add_impression(), Status::NotAuthorized);
    assert!(settings.fingers().unwrap().fingers.is_empty());
    refused(settings.add_impression(), Status::NoEnrolment);
}

#[test]
fn a_damaged_template_takes_no_other_finger_with_it() {
    let mut device = provisioned();
    for seed in [1, 2, 3] {
        enroll(&mut settings(&device), seed).unwrap();
    }
    let second = [&b"ftemplate"[..], &2u32.to_be_bytes()].concat();
    assert!(device.rpmb().contains(&second));
    device.rpmb().damage_first(&second);
    device.reboot();
    let mut app = app(&device);
    for _ in 0..3 {
        show(&mut app, 1, 1).unwrap();
        show(&mut app, 2, 3).unwrap();
        refused(show(&mut app, 3, 2), Status::StorageDamaged);
    }
    let mut settings = settings(&device);
    settings.remove_finger(2).unwrap();
    refused(show(&mut app, 4, 2), Status::FingerNotRecognized);
    enroll(&mut settings, 2).unwrap();
    show(&mut app, 5, 2).unwrap();
}

#[test]
fn fingers_that_have_an_owner_get_no_strangers_beside_them() {
    let device = provisioned();
    let password = || Password::new(b"owner's").unwrap();
    let mut gatekeeper = GatekeeperClient::new(device.gatekeeper(ROOT));
    gatekeeper.set_password(None, password()).unwrap();
    let mut settings = settings(&device);
    enroll(&mut settings, 1).unwrap();
    // Enrolled without the password, they have none; with it, from then on they have.
    enroll(&mut settings, 2).unwrap();
    let challenge = settings.challenge().unwrap();
    let token = gatekeeper.verify_password(challenge, password()).unwrap();
    settings.begin_enroll(Some(token)).unwrap();
    settings.abort_enroll().unwrap();
    refused(settings.begin_enroll(None), Status::NotAuthorized);
    settings.remove_fingers().unwrap();
    enroll(&mut settings, 3).unwrap();
}

#[test]
fn no_app_takes_the_others_sessions() {
    let device = Device::default();
    let app = Login::App { uid: APP };
    let held: Vec<_> = (0..MAX_SESSIONS_OF_ONE)
        .map(|_| (device.fingerprint(app), device.gatekeeper(app)))
        .collect();
    for too_many in [Device::fingerprint, Device::gatekeeper] {
        let opened = std::panic::AssertUnwindSafe(|| too_many(&device, app));
        assert!(std::panic::catch_unwind(opened).is_err());
        too_many(&device, Login::App { uid: APP + 1 });
        too_many(&device, ROOT);
    }
    drop(held);
    device.fingerprint(app);
    device.gatekeeper(app);
}

/// They are anyone's to open: such a session is as the app's that asks for it.
#[test]
fn the_soter_tas_sessions_for_nobody_take_no_place_that_is_not_for_apps() {
    let device = Device::default();
    let open = |uid| device.try_payment(Login::App { uid }).ok();
    let held: Vec<_> = (APP..).map_while(open).collect();
    let opened = std::panic::AssertUnwindSafe(|| device.soter(Login::Public));
    assert!(std::panic::catch_unwind(opened).is_err());
    for login in [ROOT, Login::FingerprintTa, Login::GatekeeperTa] {
        device.payment(login);
    }
    device.soter(ROOT);
    drop(held);
    device.soter(Login::Public);
}
