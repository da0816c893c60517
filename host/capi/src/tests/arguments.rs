//! Texts that cannot be used, and buffers that are too small.

use super::life::{SCENE, close, make_keys, opened, opened_soter, payment, written};
use super::world::{provision, provision_soter};
use super::{is, last_error};
use crate::keys::*;
use crate::payment::*;
use crate::soter::*;
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use touchseal::proto::status::Status;

#[track_caller]
fn told(status: u32, words: &str) {
    is(status, Status::BadArgument);
    let told = last_error();
    assert!(told.starts_with(words), "{told}");
    assert!(told.ends_with(Status::BadArgument.remedy()), "{told}");
}

fn text(bytes: &[u8]) -> CString {
    CString::new(bytes).unwrap()
}

#[test]
fn a_scene_that_is_none_is_told() {
    let session = opened();
    for (scene, why) in [
        (&b""[..], "it is empty"),
        (&[b'x'; 65], "it is longer than 64 bytes"),
        (&[b'x'; 100_000], "it is longer than 64 bytes"),
        (b"shop ", "it has white space at an end"),
        (b"a\x1bb", "it has control characters, or invisible ones"),
        (
            "a\u{202e}b".as_bytes(),
            "it has control characters, or invisible ones",
        ),
        (b"\xc3\x28", "it is not UTF-8"),
    ] {
        let scene = text(scene);
        // SAFETY: the session is open, the scene a text.
        let status = unsafe { touchseal_remove_payment_key(session, scene.as_ptr()) };
        told(status, &format!("scene: {why}: "));
    }
    close(session);
}

#[test]
fn a_payment_that_is_none_is_told() {
    let session = opened();
    let (long, lower, not_utf8) = (text(&[b'x'; 65]), text(b"eur"), text(b"\xff"));
    let begin = |change: fn(&mut Payment, *const std::ffi::c_char), to, words| {
        let (mut payment, mut begun) = (payment(), MaybeUninit::uninit());
        change(&mut payment, to);
        // SAFETY: the session is open, texts are texts or NULL, and there is room.
        let status =
            unsafe { touchseal_begin(session, SCENE, &raw const payment, begun.as_mut_ptr()) };
        told(status, words);
    };
    begin(
        |it, to| it.currency = to,
        lower.as_ptr(),
        "payment.currency: it is not three capital letters",
    );
    begin(
        |it, to| it.currency = to,
        null_mut(),
        "payment.currency: it is NULL",
    );
    begin(
        |it, to| it.payee = to,
        long.as_ptr(),
        "payment.payee: it is longer than 64 bytes",
    );
    begin(
        |it, to| it.payee = to,
        null_mut(),
        "payment.payee: it is NULL",
    );
    begin(
        |it, to| it.order = to,
        not_utf8.as_ptr(),
        "payment.order: it is not UTF-8",
    );
    begin(
        |it, to| it.order = to,
        null_mut(),
        "payment.order: it is NULL",
    );
    close(session);
}

#[test]
fn a_challenge_that_is_none_is_told() {
    let session = opened_soter();
    for (challenge, why) in [
        (String::new(), "it is empty"),
        ("é".repeat(513), "it is longer than 512 characters"),
    ] {
        let (challenge, mut begun) = (text(challenge.as_bytes()), MaybeUninit::uninit());
        // SAFETY: the session is open, texts are texts, and there is room.
        let status = unsafe {
            touchseal_soter_begin(session, SCENE, challenge.as_ptr(), begun.as_mut_ptr())
        };
        told(status, &format!("challenge: {why}: "));
    }
    close(session);
}

#[test]
fn a_list_that_finds_no_room_says_how_much_it_needs() {
    provision();
    let session = opened();
    make_keys(session);
    let mut count = 0;
    // SAFETY: the session is open, and no room is claimed.
    let status = unsafe { touchseal_list_payment_keys(session, null_mut(), 0, &raw mut count) };
    is(status, Status::BufferTooSmall);
    assert_eq!(count, 1);
    let mut key = MaybeUninit::<ListedKey>::uninit();
    let absurd = usize::MAX;
    // SAFETY: the session is open; that much room is refused before it is used.
    let status =
        unsafe { touchseal_list_payment_keys(session, key.as_mut_ptr(), absurd, &raw mut count) };
    told(status, "keys: no object is of that capacity");
    // SAFETY: the session is open, and there is room for one.
    let count = written(|count| unsafe {
        touchseal_list_payment_keys(session, key.as_mut_ptr(), 1, count)
    });
    assert_eq!(count, 1);
    close(session);
}

/// The counter of a key's export, in SOTER's JSON.
fn counter(blob: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(blob);
    let (_, rest) = text.split_once("\"counter\":").unwrap();
    rest.split(',').next().unwrap().parse().unwrap()
}

#[test]
fn a_blob_that_may_find_no_room_is_not_signed() {
    provision();
    provision_soter();
    let session = opened_soter();
    make_keys(session);
    let export = |capacity: usize| {
        let mut buffer = [0xa5; TOUCHSEAL_SOTER_BLOB_SIZE];
        let mut length = 0;
        // SAFETY: the session is open, and there is that much room, or more.
        let status = unsafe {
            let (blob, length) = (buffer.as_mut_ptr(), &raw mut length);
            touchseal_soter_export_app_key(session, blob, capacity, length)
        };
        (status, length, buffer)
    };
    let (_, length, first) = export(TOUCHSEAL_SOTER_BLOB_SIZE);
    for capacity in [0, 1, length, TOUCHSEAL_SOTER_BLOB_SIZE - 1] {
        let (status, needed, buffer) = export(capacity);
        is(status, Status::BufferTooSmall);
        assert_eq!(needed, TOUCHSEAL_SOTER_BLOB_SIZE);
        assert!(buffer.iter().all(|byte| *byte == 0xa5), "{capacity}");
    }
    let (_, _, second) = export(TOUCHSEAL_SOTER_BLOB_SIZE);
    assert_eq!(counter(&second), counter(&first) + 1);
    close(session);
}
