//! Fingers, the sensor, and what comes from it.

use super::{
    Bench, Outcome, Sensor, allowed, client, enroll, fingers, image, label, pay, payment, payments,
    ready, refused, show, shown_password, statement,
};
use touchseal::finger::Image;
use touchseal::proto::command::{FingerprintCommand, Request};
use touchseal::proto::message::{Authenticate, Guidance, Impression, Latch, PlaceImage};
use touchseal::proto::signed::Sensor as SensorKind;
use touchseal::proto::status::Status;
use touchseal::proto::token::{AuthToken, FINGERPRINT, SIMULATED};
use touchseal::proto::transport::{Transport, call};
use touchseal::proto::wire::{Wire, encode};

fn of_grey(width: u16, height: u16, grey: impl Fn(usize, usize) -> u8) -> Image {
    let pixels = (0..usize::from(height))
        .flat_map(|y| (0..usize::from(width)).map(move |x| (x, y)))
        .map(|(x, y)| grey(x, y))
        .collect();
    Image {
        width,
        height,
        pixels,
    }
}

fn noise(width: u16, height: u16) -> Image {
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    let pixels = (0..usize::from(width) * usize::from(height)).map(|_| next());
    Image {
        width,
        height,
        pixels: pixels.collect(),
    }
}

/// Shows an image for the finger that is being enrolled.
fn add<B: Bench>(settings: &mut Sensor<B>, image: &Image) -> Impression {
    settings.place(image).unwrap();
    settings.add_impression().unwrap()
}

pub fn an_enrolment_is_guided<B: Bench>(bench: &B) {
    ready(bench);
    let mut settings = fingers(bench, 0);
    settings.remove_fingers().unwrap();
    let token = allowed(bench, &mut settings);
    let wanted = settings.begin_enroll(token).unwrap();
    refused(settings.add_impression(), Status::NoFingerOnSensor);
    let mut expect = |image: &Image, guidance, taken| {
        let impression = add::<B>(&mut settings, image);
        assert_eq!((impression.guidance, impression.taken), (guidance, taken));
        assert_eq!(impression.wanted, wanted);
        impression.finger
    };
    let first = image(7, 0);
    expect(&of_grey(256, 288, |_, _| 255), Guidance::TooSmall, 0);
    expect(&first, Guidance::Taken, 1);
    expect(&first, Guidance::TooSimilar, 1);
    expect(&image(8, 1), Guidance::WrongFinger, 1);
    for n in 1..wanted - 1 {
        expect(&image(7, n.into()), Guidance::Taken, n + 1);
    }
    let number = expect(&image(7, u64::from(wanted) - 1), Guidance::Enrolled, wanted);
    assert_eq!(settings.fingers().unwrap().fingers.as_slice(), [number]);
    show(&mut settings, 5, 7).unwrap();
    refused(show(&mut settings, 5, 8), Status::FingerNotRecognized);
    show(&mut settings, 4, 7).unwrap();
}

pub fn an_enrolment_is_begun_and_given_up<B: Bench>(bench: &B) {
    ready(bench);
    let mut settings = fingers(bench, 0);
    let before = settings.fingers().unwrap();
    refused(settings.add_impression(), Status::NoEnrolment);
    let token = allowed(bench, &mut settings);
    settings.begin_enroll(token).unwrap();
    assert_eq!(add::<B>(&mut settings, &image(7, 0)).taken, 1);
    settings.abort_enroll().unwrap();
    refused(settings.add_impression(), Status::NoEnrolment);
    // Begun anew, nothing is left of the one before.
    let token = allowed(bench, &mut settings);
    settings.begin_enroll(token).unwrap();
    assert_eq!(add::<B>(&mut settings, &image(8, 0)).taken, 1);
    let token = allowed(bench, &mut settings);
    settings.begin_enroll(token).unwrap();
    assert_eq!(add::<B>(&mut settings, &image(7, 0)).taken, 1);
    settings.abort_enroll().unwrap();
    assert_eq!(settings.fingers().unwrap(), before);
    // What is half enrolled matches nothing.
    refused(show(&mut settings, 1, 7), Status::FingerNotRecognized);
}

pub fn a_removed_finger_is_no_match_and_the_others_are<B: Bench>(bench: &B) {
    let mut client = client(bench, 10030);
    let mut settings = fingers(bench, 0);
    let first = settings.fingers().unwrap().fingers[0];
    let second = enroll(bench, 2).unwrap();
    client.generate_payment_key(label("shop"), true).unwrap();
    let epoch = settings.fingers().unwrap().authenticator_id;
    refused(settings.remove_finger(second + 1), Status::NoSuchFinger);
    settings.remove_finger(second).unwrap();
    refused(settings.remove_finger(second), Status::NoSuchFinger);
    let left = settings.fingers().unwrap();
    assert_eq!(left.fingers.as_slice(), [first]);
    assert_eq!(left.authenticator_id, epoch, "only a new finger changes it");
    refused(show(&mut settings, 1, 2), Status::FingerNotRecognized);
    pay(bench, 10030, &mut client, 1);
    let third = enroll(bench, 3).unwrap();
    assert!(third > second, "a number is given once");
    assert_ne!(settings.fingers().unwrap().authenticator_id, epoch);
    let mut app = fingers(bench, 10030);
    refused(app.remove_finger(third), Status::NotAuthorized);
    refused(app.begin_enroll(None), Status::NotAuthorized);
    refused(app.add_impression(), Status::NotAuthorized);
    refused(app.invalidate_enrolment(), Status::NotAuthorized);
}

pub fn an_invalidated_enrolment_ends_payment_keys<B: Bench>(bench: &B) {
    let mut client = client(bench, 10031);
    let mut settings = fingers(bench, 0);
    let before = settings.fingers().unwrap();
    settings.invalidate_enrolment().unwrap();
    let after = settings.fingers().unwrap();
    assert_eq!(after.fingers, before.fingers);
    assert_ne!(after.authenticator_id, before.authenticator_id);
    refused(
        client.begin(label("shop"), payment(1)),
        Status::PaymentKeyInvalidated,
    );
    client.generate_payment_key(label("shop"), false).unwrap();
    pay(bench, 10031, &mut client, 1);
    settings.remove_fingers().unwrap();
    refused(settings.invalidate_enrolment(), Status::NoFingerEnrolled);
}

pub fn an_image_of_no_finger_is_refused_and_costs_no_attempt<B: Bench>(bench: &B) {
    ready(bench);
    let mut sensor = fingers(bench, 10032);
    let strange = [
        of_grey(256, 288, |_, _| 0),
        of_grey(256, 288, |_, _| 128),
        of_grey(256, 288, |x, y| if (x + y) % 2 == 0 { 0 } else { 255 }),
        of_grey(256, 288, |x, _| if x % 9 < 4 { 0 } else { 255 }),
        noise(256, 288),
        noise(640, 480),
        of_grey(640, 25, |x, _| (x * 28) as u8),
        of_grey(25, 640, |_, y| (y * 28) as u8),
        of_grey(25, 25, |x, y| (x * y) as u8),
    ];
    for image in &strange {
        sensor.place(image).unwrap();
        refused(sensor.authenticate(1), Status::PoorImage);
    }
    // So many wrong fingers would have locked.
    assert_eq!(sensor.fingers().unwrap().locked_ms, 0);
    for (width, height) in [(0, 0), (24, 24), (641, 25), (640, 481), (65535, 65535)] {
        let part = PlaceImage {
            width,
            height,
            offset: 0,
            pixels: [0; 64].into_iter().collect(),
        };
        refused(raw(bench, &part), Status::SensorFault);
    }
    show(&mut sensor, 1, 1).unwrap();
}

/// Sends a request as it is.
fn raw<B: Bench, R: Request>(bench: &B, request: &R) -> Outcome<R::Response, B::Transport> {
    let mut transport = bench.fingerprint(10033);
    call(
        request,
        &mut vec![0; R::MAX + 1],
        &mut [0; FingerprintCommand::MAX_RESPONSE],
        |command, request, response| transport.invoke(command, request, response),
    )
}

pub fn an_image_is_good_for_one_picture<B: Bench>(bench: &B) {
    ready(bench);
    let mut sensor = fingers(bench, 10033);
    let image = image(1, 1);
    let parts = |image: &Image| {
        let mut parts = Vec::new();
        for (n, pixels) in image.pixels.chunks(4096).enumerate() {
            parts.push(PlaceImage {
                width: image.width,
                height: image.height,
                offset: (n * 4096) as u32,
                pixels: pixels.iter().copied().collect(),
            });
        }
        parts
    };
    let parts = parts(&image);
    for part in &parts {
        refused(sensor.authenticate(1), Status::NoFingerOnSensor);
        raw(bench, part).unwrap();
    }
    sensor.authenticate(1).unwrap();
    refused(sensor.authenticate(1), Status::NoFingerOnSensor);
    // A sensor that gives the very same picture again is replaying it.
    for part in &parts {
        raw(bench, part).unwrap();
    }
    refused(sensor.authenticate(1), Status::SensorFault);
    // Parts out of order, of another size, too many.
    let part = |offset, width| PlaceImage {
        offset,
        width,
        ..parts[0].clone()
    };
    raw(bench, &part(0, 256)).unwrap();
    refused(raw(bench, &part(4095, 256)), Status::BadRequest);
    refused(raw(bench, &part(8192, 256)), Status::BadRequest);
    refused(raw(bench, &part(4096, 255)), Status::BadRequest);
    refused(sensor.authenticate(1), Status::NoFingerOnSensor);
    for part in &parts {
        raw(bench, part).unwrap();
    }
    refused(raw(bench, &part(73_728, 256)), Status::SensorFault);
    show(&mut sensor, 2, 1).unwrap();
}

/// Of a hundred and fifty scores against the owner's finger the best was 25, of another made-up
/// finger 39, of the 40 that are a match.
const STRANGER: u64 = 11;

/// Shows a wrong finger `times` times, each for an operation that is given up then.
fn wrong<B: Bench>(bench: &B, client: &mut super::Payments<B>, uid: u32, times: u32) {
    for _ in 0..times {
        let begun = client.begin(label("shop"), payment(1)).unwrap();
        let mut sensor = fingers(bench, uid);
        refused(
            show(&mut sensor, begun.handle, STRANGER),
            Status::FingerNotRecognized,
        );
        client.abort(begun.handle).unwrap();
    }
}

pub fn wrong_fingers_lock<B: Bench>(bench: &B) {
    let mut client = client(bench, 10034);
    wrong(bench, &mut client, 10034, 5);
    let mut sensor = fingers(bench, 10034);
    let begun = client.begin(label("shop"), payment(1)).unwrap();
    refused(show(&mut sensor, begun.handle, 1), Status::LockedOut);
    let locked_ms = sensor.fingers().unwrap().locked_ms;
    assert!((1..=30_000).contains(&locked_ms), "{locked_ms}");
    bench.wait_ms(30_001);
    // Locked, no picture was taken: what was placed is still there.
    let token = sensor.authenticate(begun.handle).unwrap();
    client.finish(begun.handle, token).unwrap();
    assert_eq!(sensor.fingers().unwrap().locked_ms, 0);
    // A match begins the count anew.
    wrong(bench, &mut client, 10034, 4);
    show(&mut sensor, 1, 1).unwrap();
}

pub fn twenty_wrong_fingers_lock_until_the_password_is_shown<B: Bench>(bench: &B) {
    let mut client = client(bench, 10036);
    for _ in 0..3 {
        wrong(bench, &mut client, 10036, 5);
        bench.wait_ms(30_001);
    }
    wrong(bench, &mut client, 10036, 5);
    let mut sensor = fingers(bench, 10036);
    assert_eq!(sensor.fingers().unwrap().locked_ms, u32::MAX);
    bench.wait_ms(100);
    refused(show(&mut sensor, 1, 1), Status::LockedOutForGood);

    // A token for another challenge, and one that was shown already.
    let token = shown_password(bench, &mut sensor);
    let other = AuthToken {
        challenge: token.challenge + 1,
        ..token.clone()
    };
    refused(sensor.reset_lockout(other), Status::NotAuthorized);
    refused(sensor.reset_lockout(token), Status::NotAuthorized);
    refused(show(&mut sensor, 2, 1), Status::LockedOutForGood);
    // One for another session's challenge.
    let token = shown_password(bench, &mut fingers(bench, 10036));
    refused(sensor.reset_lockout(token), Status::NotAuthorized);
    // Another session's challenge does not take this one's place.
    let token = shown_password(bench, &mut sensor);
    let mut another = fingers(bench, 10037);
    assert_ne!(another.challenge().unwrap(), token.challenge);
    sensor.reset_lockout(token.clone()).unwrap();
    refused(sensor.reset_lockout(token), Status::NotAuthorized);
    show(&mut sensor, 3, 1).unwrap();
}

pub fn a_latched_device_enrols_with_its_owners_password_only<B: Bench>(bench: &B) {
    ready(bench);
    let mut root = payments(bench, 0);
    let latch = Latch {
        device_id: root.info().unwrap().device_id,
        lot: label("lot 7"),
        issuer: [1; 64],
    };
    root.latch(latch).unwrap();
    let mut settings = fingers(bench, 0);
    refused(settings.begin_enroll(None), Status::NotAuthorized);
    // A finger is no password.
    let challenge = settings.challenge().unwrap();
    let finger = show(&mut settings, challenge, 1).unwrap();
    refused(settings.begin_enroll(Some(finger)), Status::NotAuthorized);
    let token = shown_password(bench, &mut settings);
    settings.begin_enroll(Some(token.clone())).unwrap();
    refused(settings.begin_enroll(Some(token)), Status::NotAuthorized);
    enroll(bench, 2).unwrap();
    show(&mut settings, 1, 2).unwrap();
    // Who sets a password without the old one is another owner.
    super::gatekeeper::set_password(bench);
    let token = shown_password(bench, &mut settings);
    refused(settings.begin_enroll(Some(token)), Status::NotAuthorized);
    settings.remove_fingers().unwrap();
    enroll(bench, 3).unwrap();
}

pub fn a_payment_says_that_the_sensor_was_simulated<B: Bench>(bench: &B) {
    let mut client = client(bench, 10035);
    let mut sensor = fingers(bench, 10035);
    assert_eq!(sensor.fingers().unwrap().sensor, SensorKind::Simulated);
    let begun = client.begin(label("shop"), payment(1)).unwrap();
    let token = show(&mut sensor, begun.handle, 1).unwrap();
    assert_eq!(token.authenticator_type, FINGERPRINT | SIMULATED);
    let paid = client.finish(begun.handle, token).unwrap();
    assert_eq!(statement(&paid).header.sensor, SensorKind::Simulated);
    // A request of the layout that carried a print is none.
    let mut bytes = [0; Authenticate::MAX + 3];
    bytes[0] = 1;
    encode(&Authenticate { operation: 1 }, &mut bytes[1..]).unwrap();
    let mut response = vec![0; FingerprintCommand::MAX_RESPONSE];
    let len = bench
        .fingerprint(10035)
        .invoke(10, &bytes, &mut response)
        .unwrap();
    assert_eq!(response[..len], [1, 0, Status::BadRequest as u8]);
    assert!(payments(bench, 10035).info().unwrap().provisioned);
}
