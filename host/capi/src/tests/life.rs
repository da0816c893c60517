//! The life of keys, payments and signatures.

use super::world::{Person, STRANGERS, follow, provision, provision_soter};
use super::{is, last_error, ok, text};
use crate::keys::*;
use crate::payment::*;
use crate::session::*;
use crate::soter::*;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use touchseal::proto::status::Status;
use touchseal_verify::{
    Chain, Signed, SoterBlob, SoterChain, soter_device_key_from_pem, verify, verify_report,
    verify_soter,
};

pub const SCENE: *const c_char = c"checkout".as_ptr();

pub fn opened() -> *mut Session {
    let mut session = null_mut();
    // SAFETY: it has room for a session.
    ok(unsafe { touchseal_open(&raw mut session) });
    session
}

pub fn opened_soter() -> *mut Session {
    let mut session = null_mut();
    // SAFETY: it has room for a session.
    ok(unsafe { touchseal_soter_open(&raw mut session) });
    session
}

pub fn close(mut session: *mut Session) {
    // SAFETY: it holds an open session.
    ok(unsafe { touchseal_close(&raw mut session) });
    assert!(session.is_null());
}

/// What a call that succeeds writes.
#[track_caller]
pub fn written<T>(call: impl FnOnce(*mut T) -> u32) -> T {
    let mut room = MaybeUninit::uninit();
    ok(call(room.as_mut_ptr()));
    // SAFETY: the call has succeeded, and so it has written.
    unsafe { room.assume_init() }
}

pub fn payment() -> Payment {
    Payment {
        amount: 1999,
        currency: c"EUR".as_ptr(),
        payee: c"Caffè Rossi".as_ptr(),
        order: c"42".as_ptr(),
        nonce: [7; 32],
    }
}

pub fn make_keys(session: *mut Session) {
    for expected in [true, false] {
        // SAFETY: the session is open, the scene a text.
        let app_key = written(|made| unsafe { touchseal_make_app_key(session, false, made) });
        let payment_key = written(|made|
            // SAFETY: the session is open, the scene a text.
            unsafe { touchseal_make_payment_key(session, SCENE, false, made) });
        assert_eq!((app_key, payment_key), (expected, expected));
    }
}

fn listed(session: *mut Session) -> Vec<(String, KeyState)> {
    let mut keys = [const { MaybeUninit::<ListedKey>::uninit() }; TOUCHSEAL_MAX_PAYMENT_KEYS];
    let room = keys.as_mut_ptr().cast();
    let count = written(|count|
        // SAFETY: the session is open, and there is room for so many keys.
        unsafe { touchseal_list_payment_keys(session, room, keys.len(), count) });
    let keys = keys[..count].iter().map(|key| {
        // SAFETY: so many were written.
        let key = unsafe { key.assume_init() };
        (text(key.scene.as_ptr()), key.state)
    });
    keys.collect()
}

fn found(session: *mut Session) -> (KeyState, KeyState) {
    (
        // SAFETY: the session is open.
        written(|state| unsafe { touchseal_find_app_key(session, state) }),
        // SAFETY: the session is open, the scene a text.
        written(|state| unsafe { touchseal_find_payment_key(session, SCENE, state) }),
    )
}

#[test]
fn keys_are_made_found_listed_and_removed() {
    provision();
    let session = opened();
    assert_eq!(found(session), (KeyState::Absent, KeyState::Absent));
    make_keys(session);
    assert_eq!(found(session), (KeyState::Usable, KeyState::Usable));
    assert_eq!(listed(session), [("checkout".into(), KeyState::Usable)]);
    // SAFETY: the session is open, the scene a text.
    let made = written(|made| unsafe { touchseal_make_payment_key(session, SCENE, true, made) });
    assert!(made);
    // SAFETY: the session is open, the scene a text.
    ok(unsafe { touchseal_remove_payment_key(session, SCENE) });
    // SAFETY: the session is open, the scene a text.
    let again = unsafe { touchseal_remove_payment_key(session, SCENE) };
    is(again, Status::NoPaymentKey);
    assert_eq!(found(session), (KeyState::Usable, KeyState::Absent));
    // SAFETY: the session is open.
    ok(unsafe { touchseal_remove_app_keys(session) });
    assert_eq!(found(session).0, KeyState::Absent);
    assert_eq!(listed(session), []);
    close(session);
}

#[test]
fn a_payment_verifies() {
    provision();
    let session = opened();
    make_keys(session);
    let (payment, mut owner) = (payment(), Person::owner());
    let signed = written(|signed|
        // SAFETY: the session is open, texts are texts, and the owner waits.
        unsafe {
            touchseal_pay(session, SCENE, &raw const payment, Some(follow), owner.user(), signed)
        });
    assert_eq!(owner.prompts, ["place"]);
    // SAFETY: the session is open.
    let device = written(|key| unsafe { touchseal_export_device_key(session, key) });
    // SAFETY: the session is open.
    let app_key = written(|key| unsafe { touchseal_export_app_key(session, key) });
    let payment_key = written(|key|
        // SAFETY: the session is open, the scene a text.
        unsafe { touchseal_export_payment_key(session, SCENE, key) });
    let key = |key: SignedKey| Signed {
        statement: key.statement.to_vec(),
        signature: key.signature.to_vec(),
    };
    let chain = Chain {
        app_key: key(app_key),
        payment_key: key(payment_key),
    };
    let paid = Signed {
        statement: signed.statement.to_vec(),
        signature: signed.signature.to_vec(),
    };
    let verified = verify(&device.public_key, &chain, &paid).unwrap();
    let paid = verified.payment.payment;
    assert_eq!((paid.amount, paid.payee.as_str()), (1999, "Caffè Rossi"));
    assert_eq!(verified.payment.header.device_id, device.device_id);
    close(session);
}

fn begun(session: *mut Session) -> Operation {
    let payment = payment();
    // SAFETY: the session is open, and texts are texts.
    written(|begun| unsafe { touchseal_begin(session, SCENE, &raw const payment, begun) })
}

fn finish(session: *mut Session, handle: u64, person: &mut Person) -> u32 {
    let mut signed = MaybeUninit::uninit();
    let (user, signed) = (person.user(), signed.as_mut_ptr());
    // SAFETY: the session is open, and the person waits.
    unsafe { touchseal_finish(session, handle, Some(follow), user, signed) }
}

#[test]
fn an_operation_goes_on_until_a_finger_is_recognised() {
    provision();
    let session = opened();
    make_keys(session);
    let operation = begun(session);
    assert!(operation.lifetime_ms > 0);
    let mut nobody = Person::in_a_hurry();
    for _ in 0..2 {
        let status = finish(session, operation.handle, &mut nobody);
        is(status, Status::NoFingerOnSensor);
    }
    let stranger = finish(session, operation.handle, &mut Person::new(STRANGERS));
    is(stranger, Status::FingerNotRecognized);
    ok(finish(session, operation.handle, &mut Person::owner()));
    let again = finish(session, operation.handle, &mut Person::owner());
    is(again, Status::NotAuthorized);
    close(session);
}

#[test]
fn an_operation_is_given_up() {
    provision();
    let session = opened();
    make_keys(session);
    let handle = begun(session).handle;
    // SAFETY: the session is open.
    ok(unsafe { touchseal_abort(session, handle) });
    // SAFETY: the session is open.
    let again = unsafe { touchseal_abort(session, handle) };
    is(again, Status::NotAuthorized);
    is(
        finish(session, handle, &mut Person::owner()),
        Status::NotAuthorized,
    );
    close(session);
}

#[test]
fn a_payment_in_one_call_leaves_no_operation_where_it_fails() {
    provision();
    let session = opened();
    make_keys(session);
    let before = begun(session).handle;
    let mut nobody = Person::in_a_hurry();
    let (payment, mut signed) = (payment(), MaybeUninit::uninit());
    // SAFETY: the session is open, texts are texts, and the person waits.
    let status = unsafe {
        let user = nobody.user();
        touchseal_pay(
            session,
            SCENE,
            &raw const payment,
            Some(follow),
            user,
            signed.as_mut_ptr(),
        )
    };
    is(status, Status::NoFingerOnSensor);
    // SAFETY: the session is open.
    let over = unsafe { touchseal_abort(session, before) };
    is(over, Status::NotAuthorized);
    close(session);
}

#[test]
fn a_failure_is_told_with_what_to_do_and_reported() {
    provision();
    let session = opened();
    let mut made = false;
    // SAFETY: the session is open, the scene a text.
    let status = unsafe { touchseal_make_payment_key(session, SCENE, false, &raw mut made) };
    is(status, Status::NoAppKey);
    assert_eq!(last_error(), Status::NoAppKey.to_string());
    let nonce = [9; TOUCHSEAL_NONCE_SIZE];
    let report = written(|report|
        // SAFETY: the session is open, and the nonce is of its size.
        unsafe { touchseal_report(session, nonce.as_ptr(), report) });
    // SAFETY: the session is open.
    let device = written(|key| unsafe { touchseal_export_device_key(session, key) });
    let report = Signed {
        statement: report.statement.to_vec(),
        signature: report.signature.to_vec(),
    };
    let report = verify_report(&device.public_key, &report, Some(&nonce)).unwrap();
    assert_eq!(report.status, Status::NoAppKey);
    close(session);

    let session = opened_soter();
    // SAFETY: the session is open, the scene a text.
    let status = unsafe { touchseal_make_payment_key(session, SCENE, false, &raw mut made) };
    is(status, Status::NotProvisioned);
    assert!(
        last_error().contains("`touchseal soter provision`"),
        "{}",
        last_error()
    );
    close(session);
}

#[test]
fn a_soter_signature_verifies() {
    provision();
    provision_soter();
    let session = opened_soter();
    make_keys(session);
    // SAFETY: the session is open.
    let device = written(|key| unsafe { touchseal_soter_export_device_key(session, key) });
    let ask = blob(|blob, capacity, length|
        // SAFETY: the session is open, and there is room.
        unsafe { touchseal_soter_export_app_key(session, blob, capacity, length) });
    let auth_key = blob(|blob, capacity, length|
        // SAFETY: the session is open, the scene a text, and there is room.
        unsafe { touchseal_soter_export_payment_key(session, SCENE, blob, capacity, length) });
    let mut owner = Person::owner();
    let challenge = c"order \"42\"".as_ptr();
    let signature = blob(|blob, capacity, length|
        // SAFETY: the session is open, texts are texts, the owner waits, and there is room.
        unsafe {
            let user = owner.user();
            touchseal_soter_sign(session, SCENE, challenge, Some(follow), user, blob, capacity, length)
        });
    // SAFETY: the session is open, and texts are texts.
    let begun = written(|begun| unsafe { touchseal_soter_begin(session, SCENE, challenge, begun) });
    let again = blob(|blob, capacity, length|
        // SAFETY: the session is open, the owner waits, and there is room.
        unsafe {
            let user = owner.user();
            touchseal_soter_finish(session, begun.handle, Some(follow), user, blob, capacity, length)
        });
    assert_ne!(signature, again, "each has its counter");
    let key = soter_device_key_from_pem(&text(device.pem.as_ptr())).unwrap();
    let chain = SoterChain {
        app_key: SoterBlob::from_bytes(&ask).unwrap(),
        payment_key: SoterBlob::from_bytes(&auth_key).unwrap(),
    };
    for signature in [signature, again] {
        let signature = SoterBlob::from_bytes(&signature).unwrap();
        let verified = verify_soter(&key, &chain, &signature).unwrap();
        assert_eq!(verified.challenge.challenge.as_str(), "order \"42\"");
        assert_eq!(
            verified.challenge.cpu_id.to_string(),
            text(device.cpu_id.as_ptr())
        );
    }
    close(session);
}

/// What a call writes into a buffer that is as large as it must be.
#[track_caller]
fn blob(call: impl FnOnce(*mut u8, usize, *mut usize) -> u32) -> Vec<u8> {
    let mut buffer = [0xa5; TOUCHSEAL_SOTER_BLOB_SIZE];
    let length = written(|length| call(buffer.as_mut_ptr(), buffer.len(), length));
    assert!(buffer[length..].iter().all(|byte| *byte == 0xa5));
    buffer[..length].to_vec()
}

#[test]
fn every_status_has_its_words() {
    use crate::status::*;
    for status in Status::ALL {
        let number = *status as u32;
        assert_eq!(text(touchseal_status_name(number)), status.name());
        assert_eq!(text(touchseal_status_sentence(number)), status.sentence());
        assert_eq!(text(touchseal_status_remedy(number)), status.remedy());
        let soter = touchseal::soter::remedy(*status);
        assert_eq!(text(touchseal_soter_status_remedy(number)), soter);
    }
    assert_eq!(text(touchseal_status_name(u32::MAX)), "Unknown");
    assert!(text(touchseal_status_remedy(u32::MAX)).contains("header"));
}
