//! The owner's password, as a thief or somebody with root would go about it: guess, cut the
//! power, hide the record, forget the password and set another, move a token elsewhere.

use touchseal::proto::command::{PaymentCommand, Request};
use touchseal::proto::label::{Label, Lot};
use touchseal::proto::message::{Currency, GetPasswordKey, GetTokenKey, Latch, Payment, TokenKey};
use touchseal::proto::password::Password;
use touchseal::proto::status::Status;
use touchseal::proto::token::{AuthToken, FINGERPRINT, PASSWORD, SIMULATED};
use touchseal::proto::transport::{CallError, Transport, call};
use touchseal::{FingerprintClient, GatekeeperClient, PaymentClient};
use touchseal_core::auth_token::{Claim, LIFETIME_MS, mint};
use touchseal_core::dispatch::Login;
use touchseal_core::error::Error;
use touchseal_nonsecure::{Device, NonsecureTransport, finger};

const ROOT: Login = Login::App { uid: 0 };
const APP: Login = Login::App { uid: 10001 };
/// The sealed state.
const RECORD: &[u8] = b"ggatekeeper.state";

type Outcome<R> = Result<R, CallError<Error>>;

fn gatekeeper(device: &Device, login: Login) -> GatekeeperClient<NonsecureTransport> {
    GatekeeperClient::new(device.gatekeeper(login))
}

fn fingers(device: &Device) -> FingerprintClient<NonsecureTransport> {
    FingerprintClient::new(device.fingerprint(ROOT))
}

fn payments(device: &Device, login: Login) -> PaymentClient<NonsecureTransport> {
    PaymentClient::new(device.payment(login))
}

fn password(text: &str) -> Password {
    Password::new(text.as_bytes()).unwrap()
}

fn set(device: &Device, current: Option<&str>, new: &str) -> Outcome<()> {
    let current = current.map(password);
    gatekeeper(device, ROOT)
        .set_password(current, password(new))
        .map(drop)
}

fn show(device: &Device, challenge: u64, text: &str) -> Outcome<AuthToken> {
    gatekeeper(device, APP).verify_password(challenge, password(text))
}

#[track_caller]
fn refused<R>(outcome: Outcome<R>, status: Status) {
    assert_eq!(outcome.err(), Some(CallError::Refused(status)));
}

/// Asks the payment TA for a key, as another trusted application.
fn key<R: Request<Response = TokenKey>>(
    device: &Device,
    login: Login,
    ask: &R,
) -> Outcome<TokenKey> {
    let mut session = device.payment(login);
    call(
        ask,
        &mut [0; PaymentCommand::MAX_REQUEST],
        &mut [0; PaymentCommand::MAX_RESPONSE],
        |command, request, response| session.invoke(command, request, response),
    )
}

/// With the factory mode closed and a password.
fn latched() -> Device {
    let device = Device::default();
    let mut root = payments(&device, ROOT);
    root.provision().unwrap();
    let device_id = root.info().unwrap().device_id;
    root.latch(Latch {
        device_id,
        lot: Lot::new("lot 7").unwrap(),
        issuer: [1; 64],
    })
    .unwrap();
    set(&device, None, "owner's").unwrap();
    device
}

fn enroll(device: &Device, token: Option<AuthToken>) -> Outcome<u32> {
    enroll_in(&mut fingers(device), token)
}

fn enroll_in(
    sensor: &mut FingerprintClient<NonsecureTransport>,
    token: Option<AuthToken>,
) -> Outcome<u32> {
    sensor.begin_enroll(token)?;
    for placement in 0..24 {
        let picture = finger::impression(1, placement);
        sensor.place(&touchseal::finger::Image {
            width: picture.width,
            height: picture.height,
            pixels: picture.pixels,
        })?;
        let enrolled = sensor.add_impression()?.finger;
        if enrolled != 0 {
            return Ok(enrolled);
        }
    }
    panic!("so many impressions are enough");
}

fn enroll_with(device: &Device, text: &str) -> Outcome<u32> {
    let mut sensor = fingers(device);
    let challenge = sensor.challenge()?;
    enroll_in(&mut sensor, Some(show(device, challenge, text)?))
}

fn unlock_with(device: &Device, text: &str) -> Outcome<()> {
    let mut sensor = fingers(device);
    let challenge = sensor.challenge()?;
    let token = show(device, challenge, text)?;
    sensor.reset_lockout(token).map(drop)
}

#[test]
fn who_knows_the_password_passes() {
    let device = Device::default();
    let mut root = gatekeeper(&device, ROOT);
    assert!(!root.password().unwrap().set);
    refused(show(&device, 1, "owner's"), Status::NoPassword);
    refused(set(&device, Some("owner's"), "another"), Status::NoPassword);
    set(&device, None, "owner's").unwrap();
    assert!(root.password().unwrap().set);

    refused(set(&device, None, "thief's"), Status::PasswordWrong);
    refused(
        set(&device, Some("wrong"), "thief's"),
        Status::PasswordWrong,
    );
    let first = show(&device, 1, "owner's").unwrap();
    set(&device, Some("owner's"), "changed").unwrap();
    refused(show(&device, 1, "owner's"), Status::PasswordWrong);
    let changed = show(&device, 1, "changed").unwrap();
    assert_eq!(changed.user_id, first.user_id, "the owner is the same");
    assert_eq!(changed.authenticator_type, PASSWORD);

    root.forget_password().unwrap();
    refused(show(&device, 1, "changed"), Status::NoPassword);
    set(&device, None, "changed").unwrap();
    let anew = show(&device, 1, "changed").unwrap();
    assert_ne!(anew.user_id, first.user_id, "the owner is a new one");
}

#[test]
fn the_password_is_set_by_root_and_shown_by_apps() {
    let device = Device::default();
    let mut app = gatekeeper(&device, APP);
    refused(
        app.set_password(None, password("app's")),
        Status::NotAuthorized,
    );
    set(&device, None, "owner's").unwrap();
    refused(app.forget_password(), Status::NotAuthorized);
    for login in [Login::Public, Login::FingerprintTa, Login::GatekeeperTa] {
        let mut other = gatekeeper(&device, login);
        refused(
            other.verify_password(1, password("owner's")),
            Status::NotAuthorized,
        );
        assert!(other.password().unwrap().set);
    }
    show(&device, 1, "owner's").unwrap();
}

#[test]
fn wrong_passwords_lock_longer_and_longer() {
    let mut device = Device::default();
    set(&device, None, "owner's").unwrap();
    for _ in 0..5 {
        refused(show(&device, 1, "wrong"), Status::PasswordWrong);
    }
    for (wait, reboot) in [(30_000, false), (30_000, true), (30_000, false)] {
        let locked_ms = |device: &Device| gatekeeper(device, APP).password().unwrap().locked_ms;
        refused(show(&device, 1, "owner's"), Status::PasswordLocked);
        refused(
            set(&device, Some("owner's"), "another"),
            Status::PasswordLocked,
        );
        device.skip_ms(wait - 1000);
        if reboot {
            device.reboot();
            assert!(locked_ms(&device) > 29_000, "the wait begins anew");
            device.skip_ms(wait);
        } else {
            assert!(locked_ms(&device) <= 1000);
            device.skip_ms(1000);
        }
        assert_eq!(locked_ms(&device), 0);
        refused(show(&device, 1, "wrong"), Status::PasswordWrong);
    }
    device.skip_ms(30_000);
    show(&device, 1, "owner's").unwrap();
    for _ in 0..4 {
        refused(show(&device, 1, "wrong"), Status::PasswordWrong);
    }
    show(&device, 1, "owner's").expect("the wrong ones before do not count any more");
}

/// Of what there is one of, guessing takes days, whatever is rebooted between.
#[test]
fn reboots_do_not_buy_guesses() {
    let mut device = Device::default();
    set(&device, None, "owner's").unwrap();
    let mut waited_ms = 0;
    for _ in 0..60 {
        device.reboot();
        let wait = gatekeeper(&device, APP).password().unwrap().locked_ms;
        device.skip_ms(wait.into());
        // A millisecond may pass while the wait begins and is asked for.
        waited_ms += u64::from(wait).next_multiple_of(30_000);
        refused(show(&device, 1, "wrong"), Status::PasswordWrong);
    }
    // The 6th to the 40th guess wait 30 s, ten 60 s, ten 120 s.
    assert_eq!(waited_ms, (35 * 30 + 10 * 60 + 10 * 120) * 1000);
}

/// The write may have been done although it was not acknowledged. Without the answer nothing
/// is compared, and the attempt counts.
#[test]
fn an_attempt_counts_before_it_is_made() {
    let mut device = Device::default();
    set(&device, None, "owner's").unwrap();
    for _ in 0..5 {
        device.rpmb().lose_next_acknowledgement(true);
        refused(show(&device, 1, "owner's"), Status::StorageDead);
    }
    refused(show(&device, 1, "owner's"), Status::PasswordLocked);
    device.skip_ms(30_000);
    device.rpmb().lose_power_at(0);
    for text in ["owner's", "wrong"] {
        refused(show(&device, 1, text), Status::StorageDead);
    }
    device.reboot();
    refused(show(&device, 1, "owner's"), Status::PasswordLocked);
    device.skip_ms(30_000);
    // Between the attempt and its success: it stays counted.
    device.rpmb().lose_power_at(1);
    refused(show(&device, 1, "owner's"), Status::StorageDead);
    device.reboot();
    refused(show(&device, 1, "owner's"), Status::PasswordLocked);
    device.skip_ms(30_000);
    show(&device, 1, "owner's").unwrap();
}

#[test]
fn an_attempt_is_one_write_and_a_right_one_two() {
    let device = Device::default();
    set(&device, None, "owner's").unwrap();
    let cost = |ask: &dyn Fn()| {
        let before = device.rpmb().writes();
        ask();
        device.rpmb().writes() - before
    };
    let wrong = || refused(show(&device, 1, "wrong"), Status::PasswordWrong);
    let right = || assert!(show(&device, 1, "owner's").is_ok());
    let ask = || assert!(gatekeeper(&device, APP).password().unwrap().set);
    let without = || refused(set(&device, None, "thief's"), Status::PasswordWrong);
    assert_eq!(
        [&wrong as &dyn Fn(), &right, &ask, &without].map(cost),
        [1, 2, 0, 0]
    );
}

/// Sets a password, changes it, forgets it, sets another: as far as the power lasts.
fn life(device: &Device, set_so_far: &mut Vec<Option<&'static str>>) -> Outcome<()> {
    let steps: [(Option<&str>, Option<&str>); 4] = [
        (None, Some("first")),
        (Some("first"), Some("second")),
        (Some("second"), None),
        (None, Some("third")),
    ];
    for (current, new) in steps {
        set_so_far.push(new);
        match new {
            Some(new) => set(device, current, new)?,
            None => gatekeeper(device, ROOT).forget_password().map(drop)?,
        }
    }
    Ok(())
}

#[test]
fn a_cut_at_any_write_leaves_the_old_password_or_the_new_one() {
    let device = Device::default();
    life(&device, &mut vec![None]).unwrap();
    let writes = device.rpmb().writes();
    // A new file system, created and set, changed after a counted attempt, forgotten, set.
    assert_eq!(writes, 3 + 7 + 3 + 1 + 1);
    for cut in 0..writes {
        let mut device = Device::default();
        device.rpmb().lose_power_at(cut);
        let mut set_so_far = vec![None];
        refused(life(&device, &mut set_so_far), Status::StorageDead);
        device.reboot();
        let found = gatekeeper(&device, ROOT).password().unwrap();
        assert_eq!(found.locked_ms, 0, "cut at {cut}");
        let [.., old, new] = set_so_far[..] else {
            panic!("no step was begun");
        };
        let right = |text: &str| match show(&device, 1, text) {
            Ok(_) => true,
            Err(CallError::Refused(Status::PasswordWrong | Status::NoPassword)) => false,
            Err(error) => panic!("cut at {cut}: {error:?}"),
        };
        let is = |expected: Option<&str>| match expected {
            Some(text) => found.set && right(text),
            None => !found.set,
        };
        assert!(is(old) || is(new), "cut at {cut}");
    }
}

#[test]
fn a_hidden_password_is_not_set_anew() {
    for hidden in 1..6 {
        let mut device = Device::default();
        set(&device, None, "owner's").unwrap();
        for _ in 0..4 {
            refused(show(&device, 1, "wrong"), Status::PasswordWrong);
        }
        for forget in [false, true] {
            device.reboot();
            device.rpmb().hide_next(hidden);
            let mut root = gatekeeper(&device, ROOT);
            if forget {
                let _ = root.forget_password();
            }
            root.set_password(None, password("thief's"))
                .expect_err("the owner's is there after all");
            device.rpmb().hide_next(0);
            device.reboot();
        }
        refused(show(&device, 1, "thief's"), Status::PasswordWrong);
        refused(show(&device, 1, "owner's"), Status::PasswordLocked);
        device.skip_ms(30_000);
        show(&device, 1, "owner's").unwrap();
    }
}

#[test]
fn a_damaged_password_is_told_and_not_set_anew() {
    let mut device = Device::default();
    set(&device, None, "owner's").unwrap();
    device.reboot();
    device.rpmb().damage_first(RECORD);
    refused(show(&device, 1, "owner's"), Status::StorageDamaged);
    refused(set(&device, None, "thief's"), Status::StorageDamaged);
    refused(
        gatekeeper(&device, ROOT).forget_password(),
        Status::StorageDamaged,
    );
}

#[test]
fn a_token_is_good_once_for_its_challenge_and_a_while() {
    let device = latched();
    refused(enroll(&device, None), Status::NotAuthorized);
    let mut sensor = fingers(&device);
    let mut begin = |token: &AuthToken| sensor.begin_enroll(Some(token.clone())).map(drop);
    let challenge = || fingers(&device).challenge().unwrap();
    let shown = |challenge| show(&device, challenge, "owner's").unwrap();
    // Another session's.
    refused(begin(&shown(challenge())), Status::NotAuthorized);

    let mut sensor = fingers(&device);
    let first = shown(sensor.challenge().unwrap());
    sensor.begin_enroll(Some(first.clone())).unwrap();
    refused(
        sensor.begin_enroll(Some(first.clone())),
        Status::NotAuthorized,
    );

    let next = sensor.challenge().unwrap();
    refused(sensor.begin_enroll(Some(first)), Status::NotAuthorized);
    // One that failed has used the challenge up.
    refused(
        sensor.begin_enroll(Some(shown(next))),
        Status::NotAuthorized,
    );

    let token = shown(sensor.challenge().unwrap());
    device.skip_ms(LIFETIME_MS + 1);
    refused(sensor.begin_enroll(Some(token)), Status::NotAuthorized);
    assert_eq!(device.last_refusal(), Some(Error::TokenExpired));
}

#[test]
fn only_who_vouches_for_passwords_has_their_key() {
    let device = Device::default();
    key(&device, Login::GatekeeperTa, &GetPasswordKey {}).unwrap();
    refused(
        key(&device, Login::GatekeeperTa, &GetTokenKey {}).map(drop),
        Status::NotAuthorized,
    );
    for login in [ROOT, APP, Login::Public, Login::SoterTa { uid: 0 }] {
        refused(
            key(&device, login, &GetPasswordKey {}).map(drop),
            Status::NotAuthorized,
        );
    }
}

/// Who has one key vouches for nothing of the other's kind, whatever type it states.
#[test]
fn a_password_is_no_finger_and_a_finger_no_password() {
    let device = latched();
    enroll_with(&device, "owner's").unwrap();
    let mut app = payments(&device, APP);
    app.generate_app_key(false).unwrap();
    app.generate_payment_key(Label::new("shop").unwrap(), false)
        .unwrap();
    let authenticator_id = fingers(&device).fingers().unwrap().authenticator_id;
    let finger_key = key(&device, Login::FingerprintTa, &GetTokenKey {}).unwrap();
    let password_key = key(&device, Login::GatekeeperTa, &GetPasswordKey {}).unwrap();
    let now = |device: &Device| show(device, 1, "owner's").unwrap().timestamp;
    let user_id = show(&device, 1, "owner's").unwrap().user_id;

    for (key, authenticator_type, why) in [
        (&password_key, FINGERPRINT | SIMULATED, Error::TokenForged),
        (&finger_key, PASSWORD, Error::TokenOfOtherType),
    ] {
        let payment = Payment {
            amount: 1,
            currency: Currency::new("EUR").unwrap(),
            payee: Label::new("thief").unwrap(),
            order: Label::new("1").unwrap(),
            nonce: [0; 32],
        };
        let begun = app.begin(Label::new("shop").unwrap(), payment).unwrap();
        let claim = Claim {
            challenge: begun.handle,
            user_id: 1,
            authenticator_id,
            authenticator_type,
        };
        let token = mint(key, &claim, now(&device)).unwrap();
        refused(app.finish(begun.handle, token), Status::NotAuthorized);
        assert_eq!(device.last_refusal(), Some(why));
    }
    for (key, authenticator_type, why) in [
        (&finger_key, PASSWORD, Error::TokenForged),
        (
            &password_key,
            FINGERPRINT | SIMULATED,
            Error::TokenOfOtherType,
        ),
    ] {
        let mut sensor = fingers(&device);
        let claim = Claim {
            challenge: sensor.challenge().unwrap(),
            user_id,
            authenticator_id,
            authenticator_type,
        };
        let token = mint(key, &claim, now(&device)).unwrap();
        refused(sensor.reset_lockout(token), Status::NotAuthorized);
        assert_eq!(device.last_refusal(), Some(why));
    }
}

/// Who has root can forget the password and set another; not add a finger to the owner's, nor
/// end a lock that guards them.
#[test]
fn another_owner_does_not_reach_the_fingers_of_the_one_before() {
    let mut device = latched();
    enroll_with(&device, "owner's").unwrap();
    gatekeeper(&device, ROOT).forget_password().unwrap();
    set(&device, None, "thief's").unwrap();
    for reboot in [false, true] {
        if reboot {
            device.reboot();
        }
        refused(enroll_with(&device, "thief's"), Status::NotAuthorized);
        assert_eq!(device.last_refusal(), Some(Error::TokenOfOtherOwner));
        refused(unlock_with(&device, "thief's"), Status::NotAuthorized);
        assert_eq!(device.last_refusal(), Some(Error::TokenOfOtherOwner));
    }
    fingers(&device).remove_fingers().unwrap();
    enroll_with(&device, "thief's").expect("a factory reset makes a new owner");
    unlock_with(&device, "thief's").unwrap();
}

/// Fingers that were enrolled in the factory mode, without a password, are of the first whose
/// password enrols another: to unlock is not to own, or whoever sets a new password could try
/// wrong fingers without end.
#[test]
fn the_first_password_that_enrols_is_the_fingers_owners() {
    for by_unlocking in [true, false] {
        let device = Device::default();
        payments(&device, ROOT).provision().unwrap();
        enroll(&device, None).unwrap();
        set(&device, None, "owner's").unwrap();
        if by_unlocking {
            refused(unlock_with(&device, "owner's"), Status::NotAuthorized);
            continue;
        }
        enroll_with(&device, "owner's").unwrap();
        set(&device, Some("owner's"), "changed").unwrap();
        unlock_with(&device, "changed").unwrap();
        gatekeeper(&device, ROOT).forget_password().unwrap();
        set(&device, None, "changed").unwrap();
        refused(unlock_with(&device, "changed"), Status::NotAuthorized);
    }
}
