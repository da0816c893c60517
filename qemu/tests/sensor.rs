//! The finger on the real OP-TEE: pictures that come over the UART of the secure world alone,
//! from sensors that work and from ones that do not, and what is left of an attempt when the
//! power goes. `make test-guest` runs these.

mod boot;

use boot::{APP, Boot, ROOT, owner, platform, refused};
use image::GrayImage;
use std::time::{Duration, Instant};
use touchseal::FingerprintClient;
use touchseal::proto::message::Guidance;
use touchseal::proto::signed::{PaymentStatement, Sensor, Statement};
use touchseal::proto::status::Status;
use touchseal::proto::token::FINGERPRINT;
use touchseal::touch;
use touchseal_qemu::{
    Emmc, Fault, Hand, Impression, Owner, ProxyError, Session, label, patiently, some_payment,
};

/// A capture takes 15 s at most, and what is around it little; an emulator that has little of
/// the machine takes longer.
const BOUND: Duration = Duration::from_secs(30);
/// So long a finger may rest before it is taken for a new one, and a little more.
const REST: Duration = Duration::from_millis(1_600);

type Client = FingerprintClient<Session>;
type Outcome<R> = Result<R, touchseal::Error<ProxyError>>;

/// Asks until a finger is on the sensor.
fn authenticate(sensor: &mut Client) -> Outcome<()> {
    touch::authenticate(sensor, 1, &mut |_, _| Ok(())).map(drop)
}

fn plain(width: u32, height: u32, grey: impl Fn(u32, u32) -> u8) -> Impression {
    Impression {
        image: GrayImage::from_fn(width, height, |x, y| image::Luma([grey(x, y)])),
        ..Impression::default()
    }
}

#[test]
fn a_payment_says_that_its_sensor_is_on_the_secure_uart() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    let mut app = boot.app(APP);
    assert_eq!(app.sensor.fingers().unwrap().sensor, Sensor::SecureUart);
    let another_day = Owner::new(&platform, "p1_2.png").unwrap();
    let begun = app
        .payments
        .begin(label("checkout").unwrap(), some_payment([1; 32]).unwrap())
        .unwrap();
    let hand = boot.guest.hand();
    let token = another_day
        .touch(hand, &mut app.sensor, begun.handle)
        .unwrap();
    assert_eq!(token.authenticator_type, FINGERPRINT);
    let paid = app.payments.finish(begun.handle, token).unwrap();
    let statement = PaymentStatement::from_bytes(&paid.statement).unwrap();
    assert_eq!(statement.header.sensor, Sensor::SecureUart);

    // What is put on a simulated sensor is no command of this one.
    let image = touchseal::finger::Image {
        width: 64,
        height: 64,
        pixels: vec![0; 64 * 64],
    };
    app.sensor.place(&image).unwrap_err();
    boot.power_off();
}

#[test]
fn a_finger_is_enrolled_as_a_person_is_told() {
    let emmc = Emmc::scratch().unwrap();
    let boot = Boot::of(&platform(), &emmc);
    boot.app(ROOT).payments.provision().unwrap();
    let mut settings = boot.app(ROOT).sensor;
    let hand = boot.guest.hand();
    let finger = Impression::open(&platform().fingers.join("p1_1.png")).unwrap();
    let stranger = Impression::open(&platform().fingers.join("p2_1.png")).unwrap();
    let wanted = settings.begin_enroll(None).unwrap();
    refused(settings.add_impression(), Status::NoFingerOnSensor);
    let mut show = |impression: &Impression, expected| {
        hand.place(impression);
        let until = Instant::now() + BOUND;
        let found = loop {
            match patiently(|| settings.add_impression()) {
                Err(touchseal::Error::Refused(Status::NoFingerOnSensor | Status::LiftFinger))
                    if Instant::now() < until => {}
                outcome => break outcome.unwrap(),
            }
        };
        // It rests: one touch is one impression. Where the machine is slow it may be looked at again.
        if found.guidance != Guidance::Enrolled {
            match patiently(|| settings.add_impression()) {
                Ok(again) => assert_ne!(again.guidance, Guidance::Taken),
                resting => refused(resting, Status::LiftFinger),
            }
        }
        hand.lift();
        assert_eq!(found.guidance, expected);
        found.taken
    };
    assert_eq!(show(&plain(300, 400, |_, _| 255), Guidance::TooSmall), 0);
    assert_eq!(show(&finger, Guidance::Taken), 1);
    assert_eq!(show(&stranger, Guidance::WrongFinger), 1);
    let lying = |dx, dy, degrees| finger.clone().moved(dx, dy, degrees);
    assert_eq!(show(&lying(24, 16, 3.0), Guidance::Taken), 2);
    assert_eq!(show(&lying(-28, 12, -4.0), Guidance::Taken), 3);
    assert_eq!(show(&lying(30, -36, 2.0), Guidance::Enrolled), wanted);
    boot.power_off();
}

/// A module that breaks, lies or is replaced: a clear refusal in bounded time, no attempt
/// counted, and the next touch works.
#[test]
fn a_sensor_that_misbehaves_is_refused_and_recovers() {
    let (owner, emmc) = (owner(), Emmc::scratch().unwrap());
    let boot = Boot::of(&platform(), &emmc);
    boot.set_up(&owner);
    let mut sensor = boot.app(APP).sensor;
    let hand = boot.guest.hand();
    for (fault, expected) in [
        (Fault::Silent, Status::SensorSilent),
        (Fault::StallsAfter(5_000), Status::SensorSilent),
        (Fault::Disconnects, Status::SensorSilent),
        (Fault::Dribbles, Status::SensorSilent),
        (Fault::Truncates, Status::SensorFault),
        (Fault::WrongChecksum, Status::SensorFault),
        (Fault::LiesAboutLength, Status::SensorFault),
        (Fault::ImpossibleSize, Status::SensorFault),
        (Fault::Noise, Status::SensorFault),
    ] {
        // Its size is asked for again after a fault, and only then.
        if fault == Fault::ImpossibleSize {
            hand.misbehave(Fault::Noise);
            owner.place(hand);
            authenticate(&mut sensor).unwrap_err();
        }
        hand.misbehave(fault);
        owner.place(hand);
        std::thread::sleep(REST);
        let began = Instant::now();
        let outcome = authenticate(&mut sensor);
        assert!(began.elapsed() < BOUND, "{fault:?}: {:?}", began.elapsed());
        match outcome {
            Err(touchseal::Error::Refused(found)) => assert_eq!(found, expected, "{fault:?}"),
            other => panic!("{fault:?}: {other:?}"),
        }
        hand.behave();
        owner
            .touch(hand, &mut sensor, 1)
            .unwrap_or_else(|error| panic!("after {fault:?}: {error}"));
    }
    // One that shows its last picture again, and again.
    hand.misbehave(Fault::RepeatsOldFrame);
    for _ in 0..6 {
        std::thread::sleep(REST);
        refused(authenticate(&mut sensor), Status::SensorFault);
    }
    hand.behave();
    owner.touch(hand, &mut sensor, 1).unwrap();
    assert_eq!(sensor.fingers().unwrap().locked_ms, 0);
    boot.power_off();
}

/// What is no finger, on the largest sensor that there may be.
#[test]
fn a_picture_of_no_finger_costs_no_attempt() {
    let emmc = Emmc::scratch().unwrap();
    let boot = Boot::with_sensor(&platform(), &emmc, Hand::at(640, 480));
    let owner = owner();
    boot.set_up(&owner);
    let mut sensor = boot.app(APP).sensor;
    let hand = boot.guest.hand();
    let random = std::cell::RefCell::new(fastrand::Rng::with_seed(7));
    let pictures = [
        plain(640, 480, |_, _| 255),
        plain(640, 480, |_, _| 0),
        plain(640, 480, |_, _| random.borrow_mut().u8(..)),
        plain(640, 480, |x, y| if (x + y) % 2 == 0 { 0 } else { 255 }),
        plain(640, 480, |x, _| if x % 9 < 4 { 0 } else { 255 }),
        plain(640, 480, |x, y| (x * y) as u8),
        plain(1, 1, |_, _| 0),
    ];
    for (n, picture) in pictures.iter().enumerate() {
        hand.place(picture);
        let outcome = patiently(|| {
            let began = Instant::now();
            let outcome = authenticate(&mut sensor);
            let elapsed = began.elapsed();
            assert!(elapsed < BOUND, "picture {n}: {elapsed:?}");
            outcome
        });
        match outcome {
            Err(touchseal::Error::Refused(found)) => {
                assert_eq!(found, Status::PoorImage, "picture {n}");
            }
            other => panic!("picture {n}: {other:?}"),
        }
        hand.lift();
    }
    assert_eq!(sensor.fingers().unwrap().locked_ms, 0);
    owner.touch(hand, &mut sensor, 1).unwrap();
    boot.power_off();
}

/// It is asked for five times in a row. Where an answer takes longer than a finger may rest, the
/// next is another attempt: how many there are is the machine's affair, but not five.
#[test]
fn a_wrong_finger_that_rests_does_not_lock() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let stranger = Owner::new(&platform, "p2_1.png").unwrap();
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    let mut sensor = boot.app(APP).sensor;
    let hand = boot.guest.hand();
    stranger.place(hand);
    let first = patiently(|| authenticate(&mut sensor));
    refused(first, Status::FingerNotRecognized);
    for _ in 1..5 {
        match patiently(|| sensor.authenticate(1)) {
            Err(touchseal::Error::Refused(Status::LiftFinger | Status::FingerNotRecognized)) => {}
            other => panic!("{other:?}"),
        }
    }
    hand.lift();
    assert_eq!(sensor.fingers().unwrap().locked_ms, 0);
    owner.touch(hand, &mut sensor, 1).unwrap();
    boot.power_off();
}

/// The count of attempts survives a power cut, and so does the lock, which begins anew.
#[test]
fn wrong_fingers_stay_counted_when_the_power_goes() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let stranger = Owner::new(&platform, "p2_1.png").unwrap();
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    boot.pay(&owner);
    drop(boot);

    // The attempt that was reserved by the match before counts as one.
    let mut wrong = 1;
    while wrong < 5 {
        let boot = Boot::of(&platform, &emmc);
        let mut sensor = boot.app(APP).sensor;
        let hand = boot.guest.hand();
        assert_eq!(sensor.fingers().unwrap().locked_ms, 0, "{wrong} wrong");
        let before = boot.guest.rpmb_writes().unwrap();
        let outcome = stranger.touch(hand, &mut sensor, 1);
        // OP-TEE's own write of a boot, when its storage is first written, and the attempt's.
        let writes = boot.guest.rpmb_writes().unwrap() - before;
        refused(outcome, Status::FingerNotRecognized);
        assert!((1..=2).contains(&writes), "{writes} writes");
        wrong += 1;
        // Dropped: the power is cut.
    }
    let boot = Boot::of(&platform, &emmc);
    let mut sensor = boot.app(APP).sensor;
    let hand = boot.guest.hand();
    let locked_ms = sensor.fingers().unwrap().locked_ms;
    assert!((20_000..=30_000).contains(&locked_ms), "{locked_ms}");
    refused(owner.touch(hand, &mut sensor, 1), Status::LockedOut);
    std::thread::sleep(Duration::from_millis(u64::from(locked_ms) + 100));
    owner.touch(hand, &mut sensor, 1).unwrap();
    boot.power_off();
}
