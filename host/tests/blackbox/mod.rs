//! What any touchseal device must do, whatever it runs on: nothing here knows more
//! than a client does.

mod gatekeeper;
mod life;
mod sensor;
mod soter;

pub use gatekeeper::*;
pub use life::*;
pub use sensor::*;
pub use soter::*;

use std::fmt::Debug;
use touchseal::finger::Image;
use touchseal::proto::command::{FingerprintCommand, PaymentCommand};
use touchseal::proto::label::Label;
use touchseal::proto::message::*;
use touchseal::proto::signed::{KeyStatement, PaymentStatement, Statement};
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::proto::transport::Transport;
use touchseal::touch;
use touchseal::{Error, FingerprintClient, Operation, PaymentClient};
use touchseal_nonsecure::finger;
use touchseal_verify::{Chain, Signed, verify};

/// A device under test. It may have lived before: a test takes nothing for granted
/// but what it made.
pub trait Bench {
    /// How to reach it.
    type Transport: Transport<Error: Debug>;
    /// A session of a uid with the payment TA, unless it has too many.
    fn try_payment(&self, uid: u32) -> Option<Self::Transport>;
    /// A session of a uid with the payment TA.
    fn payment(&self, uid: u32) -> Self::Transport {
        self.try_payment(uid).unwrap()
    }
    /// A session of the HAL with the payment TA, for another uid.
    fn payment_on_behalf(&self, uid: u32) -> Self::Transport;
    /// A session of a uid with the SOTER TA.
    fn soter(&self, uid: u32) -> Self::Transport;
    /// A session of a uid with the fingerprint TA.
    fn fingerprint(&self, uid: u32) -> Self::Transport;
    /// A session of a uid with the gatekeeper TA.
    fn gatekeeper(&self, uid: u32) -> Self::Transport;
    /// Lets time pass on the device.
    fn wait_ms(&self, ms: u64);
}

/// Every test of the suite, for a bench that `$bench` makes.
macro_rules! suite {
    ($bench:expr; $($test:ident),* $(,)?) => {
        $(#[test] fn $test() { blackbox::$test(&$bench); })*
    };
    ($bench:expr) => {
        suite! { $bench;
            a_payment_is_signed_and_verifies,
            the_counter_grows_with_every_signature,
            keys_are_made_once,
            keys_are_listed_and_removed,
            one_app_has_so_many_keys_and_no_more,
            one_app_leaves_room_for_others,
            another_finger_is_refused,
            a_token_is_good_for_its_operation_only,
            a_token_is_good_for_ten_seconds,
            a_changed_token_is_refused,
            a_handle_is_good_once,
            a_handle_is_good_in_its_session_only,
            a_second_begin_ends_the_first,
            an_aborted_operation_is_over,
            an_operation_is_signed_once_or_given_up,
            a_uid_reaches_its_own_keys_only,
            what_is_for_others_is_refused,
            a_new_finger_invalidates_payment_keys,
            without_a_finger_there_is_no_payment_key,
            no_more_fingers_than_there_is_room_for,
            wrong_fingers_lock,
            twenty_wrong_fingers_lock_until_the_password_is_shown,
            a_latched_device_enrols_with_its_owners_password_only,
            an_enrolment_is_guided,
            an_enrolment_is_begun_and_given_up,
            a_removed_finger_is_no_match_and_the_others_are,
            an_invalidated_enrolment_ends_payment_keys,
            an_image_of_no_finger_is_refused_and_costs_no_attempt,
            an_image_is_good_for_one_picture,
            a_payment_says_that_the_sensor_was_simulated,
            malformed_requests_are_refused,
            a_response_that_would_not_fit_is_not_begun,
            a_good_key_is_replaced_only_when_told,
            a_key_is_found_or_invalidated_or_absent,
            the_hal_removes_the_keys_of_an_uninstalled_app,
            a_factory_reset_leaves_the_device_key_and_the_counter,
            a_latch_is_for_ever,
            a_sound_device_is_diagnosed_as_one,
            a_soter_signature_verifies,
            soter_and_payments_share_one_counter,
            soter_keys_are_made_once_and_replaced_when_told,
            soter_keys_can_be_prepared,
            a_soter_token_is_good_for_its_operation_only,
            a_soter_challenge_is_of_any_text_up_to_its_bound,
            a_new_finger_invalidates_soter_keys,
            what_is_for_the_soter_ta_is_refused,
            a_password_is_verified_for_its_challenge,
            a_password_is_changed_by_who_knows_it,
            wrong_passwords_lock,
        }
    };
}
pub(crate) use suite;

pub type Payments<B> = PaymentClient<<B as Bench>::Transport>;

fn payments<B: Bench>(bench: &B, uid: u32) -> Payments<B> {
    PaymentClient::new(bench.payment(uid))
}

fn fingers<B: Bench>(bench: &B, uid: u32) -> FingerprintClient<B::Transport> {
    FingerprintClient::new(bench.fingerprint(uid))
}

pub fn label<const N: usize>(text: &str) -> Label<N> {
    Label::new(text).unwrap()
}

pub fn payment(amount: u64) -> Payment {
    Payment {
        amount,
        currency: Currency::new("EUR").unwrap(),
        payee: label("Caffè Rossi"),
        order: label("order-1"),
        nonce: [7; 32],
    }
}

#[track_caller]
pub fn refused<R: Debug, E: Debug>(outcome: Result<R, Error<E>>, status: Status) {
    match outcome {
        Err(Error::Refused(found)) => assert_eq!(found, status),
        other => panic!("expected {status:?}, got {other:?}"),
    }
}

/// A provisioned device with one finger, and no wrong ones counted.
fn ready<B: Bench>(bench: &B) {
    payments(bench, 0).provision().unwrap();
    let mut settings = fingers(bench, 0);
    let found = settings.fingers().unwrap();
    if found.fingers.len() == 1 && found.locked_ms == 0 && show(&mut settings, 1, 1).is_ok() {
        return;
    }
    gatekeeper::new_owner(bench);
    enroll(bench, 1).unwrap();
    if settings.fingers().unwrap().locked_ms != 0 {
        let token = shown_password(bench, &mut settings);
        settings.reset_lockout(token).unwrap();
    }
    show(&mut settings, 1, 1).unwrap();
}

type Sensor<B> = FingerprintClient<<B as Bench>::Transport>;
type Outcome<R, T> = Result<R, Error<<T as Transport>::Error>>;

/// The finger `seed`, placed for the `n`th time.
fn image(seed: u64, n: u64) -> Image {
    let finger::Picture {
        width,
        height,
        pixels,
    } = finger::impression(seed, n);
    Image {
        width,
        height,
        pixels,
    }
}

/// What allows a session to enrol a finger, and makes it its owner's: the password.
fn allowed<B: Bench>(bench: &B, settings: &mut Sensor<B>) -> Option<AuthToken> {
    Some(shown_password(bench, settings))
}

/// The owner's password, shown for the session's challenge.
fn shown_password<B: Bench>(bench: &B, sensor: &mut Sensor<B>) -> AuthToken {
    let challenge = sensor.challenge().unwrap();
    gatekeeper::password_token(bench, challenge)
}

/// Enrols the finger `seed`, placed a little differently each time.
fn enroll<B: Bench>(bench: &B, seed: u64) -> Outcome<u32, B::Transport> {
    let mut n = 0..;
    let mut settings = fingers(bench, 0);
    let token = allowed(bench, &mut settings);
    touch::enroll(&mut settings, token, &mut |sensor, prompt| match prompt {
        touch::Prompt::Place => sensor.place(&image(seed, n.next().unwrap())),
        // Who does not hear of it has a finger all the same.
        touch::Prompt::Impression(Guidance::Enrolled, _) => Err(Error::Refused(Status::Busy)),
        _ => Ok(()),
    })
}

/// Shows the finger `seed` for an operation.
fn show<T: Transport>(
    sensor: &mut FingerprintClient<T>,
    operation: u64,
    seed: u64,
) -> Outcome<AuthToken, T> {
    sensor.place(&image(seed, operation))?;
    sensor.authenticate(operation)
}

/// A uid with a payment key.
pub fn client<B: Bench>(bench: &B, uid: u32) -> Payments<B> {
    ready(bench);
    let mut client = payments(bench, uid);
    client.generate_app_key(false).unwrap();
    client.generate_payment_key(label("shop"), false).unwrap();
    client
}

pub fn touch<B: Bench>(bench: &B, uid: u32, handle: u64) -> AuthToken {
    show(&mut fingers(bench, uid), handle, 1).unwrap()
}

fn pay<B: Bench>(bench: &B, uid: u32, client: &mut Payments<B>, amount: u64) -> SignedPayment {
    let begun = client.begin(label("shop"), payment(amount)).unwrap();
    client
        .finish(begun.handle, touch(bench, uid, begun.handle))
        .unwrap()
}

fn statement(signed: &SignedPayment) -> PaymentStatement {
    PaymentStatement::from_bytes(&signed.statement).unwrap()
}

pub fn a_payment_is_signed_and_verifies<B: Bench>(bench: &B) {
    let mut client = client(bench, 10001);
    let paid = pay(bench, 10001, &mut client, 1999);
    let device_key = client.export_device_key().unwrap();
    let chain = Chain {
        app_key: Signed::from(client.export_app_key().unwrap()),
        payment_key: Signed::from(client.export_payment_key(label("shop")).unwrap()),
    };
    let verified = verify(&device_key.public_key, &chain, &Signed::from(paid)).unwrap();
    assert_eq!(verified.payment.payment, payment(1999));
    assert_eq!(verified.payment.header.uid, 10001);
    assert_eq!(verified.payment.header.device_id, device_key.device_id);
    assert_eq!(verified.payment.scene, label("shop"));

    let another_device = PaymentClient::new(bench.payment(0))
        .export_device_key()
        .unwrap();
    assert_eq!(another_device, device_key);
}

pub fn the_counter_grows_with_every_signature<B: Bench>(bench: &B) {
    let mut client = client(bench, 10002);
    let mut last = client.info().unwrap().counter;
    for round in 0..3 {
        let paid = statement(&pay(bench, 10002, &mut client, round))
            .header
            .counter;
        let exported = client.export_app_key().unwrap();
        let exported = KeyStatement::from_bytes(&exported.statement)
            .unwrap()
            .header
            .counter;
        assert_eq!((paid, exported), (last + 1, last + 2));
        last = exported;
    }
    assert_eq!(client.info().unwrap().counter, last);
}

pub fn keys_are_made_once<B: Bench>(bench: &B) {
    let mut client = client(bench, 10003);
    let public = |signed: SignedKey| {
        KeyStatement::from_bytes(&signed.statement)
            .unwrap()
            .public_key
    };
    let device = client.export_device_key().unwrap();
    let app = public(client.export_app_key().unwrap());
    let shop = public(client.export_payment_key(label("shop")).unwrap());

    assert!(!payments(bench, 0).provision().unwrap().new);
    assert!(!client.generate_app_key(false).unwrap().new);
    assert!(
        !client
            .generate_payment_key(label("shop"), false)
            .unwrap()
            .new
    );
    assert_eq!(client.export_device_key().unwrap(), device);
    assert_eq!(public(client.export_app_key().unwrap()), app);
    assert_eq!(
        public(client.export_payment_key(label("shop")).unwrap()),
        shop
    );

    client
        .generate_payment_key(label("another shop"), false)
        .unwrap();
    assert_ne!(
        public(client.export_payment_key(label("another shop")).unwrap()),
        shop
    );
}

pub fn keys_are_listed_and_removed<B: Bench>(bench: &B) {
    let mut client = client(bench, 10020);
    let scenes = |client: &mut Payments<B>| {
        let keys = client.list_payment_keys().unwrap().keys;
        let mut scenes: Vec<_> = keys
            .iter()
            .map(|key| key.scene.as_str().to_owned())
            .collect();
        scenes.sort();
        scenes
    };
    client
        .generate_payment_key(label("another shop"), false)
        .unwrap();
    assert_eq!(scenes(&mut client), ["another shop", "shop"]);
    assert!(scenes(&mut payments(bench, 10021)).is_empty());

    let before = client.export_payment_key(label("shop")).unwrap();
    let begun = client.begin(label("shop"), payment(1)).unwrap();
    let token = touch(bench, 10020, begun.handle);
    client.remove_payment_key(label("shop")).unwrap();
    refused(client.finish(begun.handle, token), Status::NoPaymentKey);
    refused(
        client.remove_payment_key(label("shop")),
        Status::NoPaymentKey,
    );
    refused(
        client.begin(label("shop"), payment(1)),
        Status::NoPaymentKey,
    );
    assert!(
        client
            .generate_payment_key(label("shop"), false)
            .unwrap()
            .new
    );
    let after = client.export_payment_key(label("shop")).unwrap();
    let key = |signed: &SignedKey| {
        KeyStatement::from_bytes(&signed.statement)
            .unwrap()
            .public_key
    };
    assert_ne!(key(&before), key(&after));

    client.remove_app_keys().unwrap();
    assert!(scenes(&mut client).is_empty());
    refused(client.export_app_key(), Status::NoAppKey);
    client.remove_app_keys().unwrap();
}

pub fn one_app_has_so_many_keys_and_no_more<B: Bench>(bench: &B) {
    let mut greedy = client(bench, 10022);
    for number in 1..MAX_PAYMENT_KEYS {
        greedy
            .generate_payment_key(label(&format!("scene {number}")), false)
            .unwrap();
    }
    refused(
        greedy.generate_payment_key(label("one more"), false),
        Status::TooManyKeys,
    );
    assert!(
        !greedy
            .generate_payment_key(label("shop"), false)
            .unwrap()
            .new
    );
    assert_eq!(
        greedy.list_payment_keys().unwrap().keys.len(),
        MAX_PAYMENT_KEYS
    );

    client(bench, 10023);
    let mut greedy = client(bench, 10022);
    greedy.remove_app_keys().unwrap();
    assert!(greedy.list_payment_keys().unwrap().keys.is_empty());
}

pub fn one_app_leaves_room_for_others<B: Bench>(bench: &B) {
    ready(bench);
    let mut held = Vec::new();
    while let Some(session) = bench.try_payment(10024) {
        held.push(session);
        assert!(held.len() <= 64, "no end of sessions");
    }
    let mut other = client(bench, 10025);
    pay(bench, 10025, &mut other, 1);
    held.pop();
    assert!(bench.try_payment(10024).is_some());
}

pub fn another_finger_is_refused<B: Bench>(bench: &B) {
    let mut client = client(bench, 10004);
    let begun = client.begin(label("shop"), payment(1)).unwrap();
    let mut sensor = fingers(bench, 10004);
    refused(
        show(&mut sensor, begun.handle, 2),
        Status::FingerNotRecognized,
    );
    let token = touch(bench, 10004, begun.handle);
    client.finish(begun.handle, token).unwrap();
}

pub fn a_token_is_good_for_its_operation_only<B: Bench>(bench: &B) {
    let mut client = client(bench, 10005);
    let first = client.begin(label("shop"), payment(1)).unwrap();
    let token = touch(bench, 10005, first.handle);
    client.finish(first.handle, token.clone()).unwrap();

    let before = client.info().unwrap().counter;
    let second = client.begin(label("shop"), payment(2)).unwrap();
    refused(
        client.finish(second.handle, token.clone()),
        Status::NotAuthorized,
    );
    // The failed finish has used the operation up.
    let good = touch(bench, 10005, second.handle);
    refused(client.finish(second.handle, good), Status::NotAuthorized);

    let third = client.begin(label("shop"), payment(3)).unwrap();
    let moved = AuthToken {
        challenge: third.handle,
        ..token
    };
    refused(client.finish(third.handle, moved), Status::NotAuthorized);
    assert_eq!(client.info().unwrap().counter, before);
}

pub fn a_token_is_good_for_ten_seconds<B: Bench>(bench: &B) {
    let mut client = client(bench, 10070);
    let before = client.info().unwrap().counter;
    let begun = client.begin(label("shop"), payment(1)).unwrap();
    let token = touch(bench, 10070, begun.handle);
    bench.wait_ms(10_001);
    refused(client.finish(begun.handle, token), Status::NotAuthorized);
    assert_eq!(client.info().unwrap().counter, before);
    // The operation itself is good for longer.
    let begun = client.begin(label("shop"), payment(2)).unwrap();
    bench.wait_ms(10_001);
    let token = touch(bench, 10070, begun.handle);
    client.finish(begun.handle, token).unwrap();
}

pub fn a_changed_token_is_refused<B: Bench>(bench: &B) {
    let mut client = client(bench, 10006);
    let changes: [fn(&mut AuthToken); 7] = [
        |token| token.challenge ^= 1,
        |token| token.user_id ^= 1,
        |token| token.authenticator_id ^= 1,
        |token| token.authenticator_type = 1,
        |token| token.timestamp ^= 1,
        |token| token.mac[0] ^= 1,
        |token| token.mac = [0; 32],
    ];
    for change in changes {
        let begun = client.begin(label("shop"), payment(1)).unwrap();
        let mut token = touch(bench, 10006, begun.handle);
        change(&mut token);
        refused(client.finish(begun.handle, token), Status::NotAuthorized);
    }
}

pub fn a_handle_is_good_once<B: Bench>(bench: &B) {
    let mut client = client(bench, 10007);
    let begun = client.begin(label("shop"), payment(1)).unwrap();
    let token = touch(bench, 10007, begun.handle);
    refused(
        client.finish(begun.handle ^ 1, token.clone()),
        Status::NotAuthorized,
    );
    refused(
        client.finish(begun.handle, token.clone()),
        Status::NotAuthorized,
    );

    let begun = client.begin(label("shop"), payment(1)).unwrap();
    let token = touch(bench, 10007, begun.handle);
    client.finish(begun.handle, token.clone()).unwrap();
    refused(client.finish(begun.handle, token), Status::NotAuthorized);
}

pub fn a_handle_is_good_in_its_session_only<B: Bench>(bench: &B) {
    let mut one = client(bench, 10008);
    let mut two = payments(bench, 10008);
    let begun = one.begin(label("shop"), payment(1)).unwrap();
    let token = touch(bench, 10008, begun.handle);
    refused(
        two.finish(begun.handle, token.clone()),
        Status::NotAuthorized,
    );
    one.finish(begun.handle, token).unwrap();

    let begun = two.begin(label("shop"), payment(1)).unwrap();
    let token = touch(bench, 10008, begun.handle);
    drop(two);
    refused(one.finish(begun.handle, token), Status::NotAuthorized);
}

pub fn a_second_begin_ends_the_first<B: Bench>(bench: &B) {
    let mut client = client(bench, 10009);
    let first = client.begin(label("shop"), payment(1)).unwrap();
    let token = touch(bench, 10009, first.handle);
    let second = client.begin(label("shop"), payment(2)).unwrap();
    assert_ne!(first.handle, second.handle);
    refused(client.finish(first.handle, token), Status::NotAuthorized);
}

pub fn an_aborted_operation_is_over<B: Bench>(bench: &B) {
    let mut client = client(bench, 10010);
    refused(client.abort(1), Status::NotAuthorized);
    let begun = client.begin(label("shop"), payment(1)).unwrap();
    client.abort(begun.handle).unwrap();
    let token = touch(bench, 10010, begun.handle);
    refused(client.finish(begun.handle, token), Status::NotAuthorized);
}

/// Begins a payment.
fn begin<T: Transport<Error: Debug>>(
    client: &mut PaymentClient<T>,
    amount: u64,
) -> Operation<'_, T, touchseal::client::Payments> {
    Operation::begin(client, label("shop"), payment(amount)).unwrap()
}

pub fn an_operation_is_signed_once_or_given_up<B: Bench>(bench: &B) {
    let mut client = client(bench, 10064);
    let operation = begin(&mut client, 1);
    assert!(operation.lifetime_ms() > 0);
    let token = touch(bench, 10064, operation.handle());
    assert_eq!(
        statement(&operation.finish(token).unwrap()).payment,
        payment(1)
    );

    let given_up = begin(&mut client, 2).handle();
    let token = touch(bench, 10064, given_up);
    refused(
        client.finish(given_up, token.clone()),
        Status::NotAuthorized,
    );
    refused(begin(&mut client, 3).finish(token), Status::NotAuthorized);
}

pub fn a_uid_reaches_its_own_keys_only<B: Bench>(bench: &B) {
    let mut owner = client(bench, 10011);
    let mut other = payments(bench, 10012);
    refused(other.begin(label("shop"), payment(1)), Status::NoPaymentKey);
    refused(other.export_app_key(), Status::NoAppKey);
    refused(other.export_payment_key(label("shop")), Status::NoAppKey);
    refused(
        other.generate_payment_key(label("shop"), false),
        Status::NoAppKey,
    );

    let mut other = client(bench, 10013);
    let key = |signed: SignedKey| KeyStatement::from_bytes(&signed.statement).unwrap();
    let mine = key(owner.export_payment_key(label("shop")).unwrap());
    let theirs = key(other.export_payment_key(label("shop")).unwrap());
    assert_eq!((mine.header.uid, theirs.header.uid), (10011, 10013));
    assert_ne!(mine.public_key, theirs.public_key);
}

pub fn what_is_for_others_is_refused<B: Bench>(bench: &B) {
    ready(bench);
    let mut app = payments(bench, 10014);
    refused(app.provision(), Status::NotAuthorized);
    for uid in [0, 10014] {
        let mut raw = bench.payment(uid);
        let mut response = [0; PaymentCommand::MAX_RESPONSE];
        let len = raw.invoke(30, &[1], &mut response).unwrap();
        assert_eq!(response[..len], [1, 0, Status::NotAuthorized as u8]);
    }
    let mut sensor = fingers(bench, 10014);
    refused(sensor.begin_enroll(None), Status::NotAuthorized);
    refused(sensor.remove_fingers(), Status::NotAuthorized);
}

pub fn a_new_finger_invalidates_payment_keys<B: Bench>(bench: &B) {
    let mut client = client(bench, 10015);
    let begun = client.begin(label("shop"), payment(1)).unwrap();
    enroll(bench, 2).unwrap();

    let token = touch(bench, 10015, begun.handle);
    refused(client.finish(begun.handle, token), Status::NotAuthorized);
    refused(
        client.begin(label("shop"), payment(1)),
        Status::PaymentKeyInvalidated,
    );

    assert!(
        client
            .generate_payment_key(label("shop"), false)
            .unwrap()
            .new
    );
    pay(bench, 10015, &mut client, 1);
}

pub fn without_a_finger_there_is_no_payment_key<B: Bench>(bench: &B) {
    ready(bench);
    fingers(bench, 0).remove_fingers().unwrap();
    let mut client = payments(bench, 10016);
    client.generate_app_key(false).unwrap();
    refused(
        client.generate_payment_key(label("shop"), false),
        Status::NoFingerEnrolled,
    );
    refused(
        show(&mut fingers(bench, 10016), 1, 1),
        Status::NoFingerEnrolled,
    );
}

pub fn no_more_fingers_than_there_is_room_for<B: Bench>(bench: &B) {
    ready(bench);
    let mut settings = fingers(bench, 0);
    for seed in 2..=5 {
        enroll(bench, seed).unwrap();
    }
    refused(enroll(bench, 6), Status::TooManyFingers);
    assert_eq!(settings.fingers().unwrap().fingers.len(), 5);
    show(&mut settings, 1, 4).unwrap();
}

pub fn malformed_requests_are_refused<B: Bench>(bench: &B) {
    let mut client = client(bench, 10018);
    let mut raw = bench.payment(10018);
    let mut answer = |command, request: &[u8]| {
        let mut response = [0xaa; PaymentCommand::MAX_RESPONSE];
        raw.invoke(command, request, &mut response)
            .map(|len| response[..len].to_vec())
    };
    let bad = vec![1, 0, Status::BadRequest as u8];
    let good = answer(1, &[1]).unwrap();
    assert_eq!(good[..3], [1, 0, 0]);
    for (command, request) in [
        (1, &[][..]),                                        // no version
        (1, &[0]),                                           // an older one
        (1, &[2]),                                           // a newer one
        (1, &[1, 0]),                                        // trailing
        (0, &[1]),                                           // no such command
        (u32::MAX, &[1]),                                    // nor such
        (20, &[1]),                                          // truncated
        (20, &[1, 64]),                                      // inside a label
        (12, &[&[1, 65], &[b'a'; 64][..]].concat()),         // a length past its field
        (12, &[&[1, 0], &[0; 64][..]].concat()),             // an empty label
        (12, &[&[1, 2, b'a', 0], &[0; 62][..]].concat()),    // a NUL
        (12, &[&[1, 2, 0xc3, 0x28], &[0; 62][..]].concat()), // not UTF-8
        (21, &[1; 9]),                                       // no token
        (21, &[1; 70]),                                      // truncated token
    ] {
        assert_eq!(
            answer(command, request).unwrap(),
            bad,
            "command {command}, {request:?}"
        );
    }
    assert!(answer(20, &[1; 100_000]).is_err());

    let mut sensor = bench.fingerprint(10018);
    let mut response = [0; FingerprintCommand::MAX_RESPONSE];
    let trailing = [&[1][..], &[0; 9]].concat();
    let len = sensor.invoke(10, &trailing, &mut response).unwrap();
    assert_eq!(response[..len], bad);

    pay(bench, 10018, &mut client, 1);
}

pub fn a_response_that_would_not_fit_is_not_begun<B: Bench>(bench: &B) {
    let mut client = client(bench, 10019);
    let before = client.info().unwrap().counter;
    let mut raw = bench.payment(10019);
    for room in [0, 1, PaymentCommand::MAX_RESPONSE - 1] {
        assert!(raw.invoke(11, &[1], &mut vec![0; room]).is_err());
    }
    assert_eq!(client.info().unwrap().counter, before);
}
