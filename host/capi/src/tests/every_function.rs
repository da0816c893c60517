//! What every exported function does alike, from a list of them all.

use super::life::{SCENE, close, opened, opened_soter, payment};
use super::world::{PANIC, Panic, provision};
use super::{is, last_error, ok};
use crate::failure::*;
use crate::keys::*;
use crate::payment::*;
use crate::session::*;
use crate::soter::*;
use crate::status::*;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use touchseal::proto::status::Status;

/// A value for each pointer that any function takes.
#[derive(Clone, Copy)]
struct Pointers {
    session: *mut Session,
    soter: *mut Session,
    variable: *mut *mut Session,
    scene: *const c_char,
    challenge: *const c_char,
    payment: *const Payment,
    nonce: *const u8,
    made: *mut bool,
    state: *mut KeyState,
    keys: *mut ListedKey,
    count: *mut usize,
    report: *mut SignedReport,
    device_key: *mut DeviceKey,
    soter_key: *mut SoterDeviceKey,
    key: *mut SignedKey,
    operation: *mut Operation,
    signed: *mut SignedPayment,
    blob: *mut u8,
    length: *mut usize,
}

/// Room for every output.
struct Outputs {
    session: MaybeUninit<*mut Session>,
    made: MaybeUninit<bool>,
    state: MaybeUninit<KeyState>,
    keys: MaybeUninit<[ListedKey; TOUCHSEAL_MAX_PAYMENT_KEYS]>,
    count: MaybeUninit<usize>,
    report: MaybeUninit<SignedReport>,
    device_key: MaybeUninit<DeviceKey>,
    soter_key: MaybeUninit<SoterDeviceKey>,
    key: MaybeUninit<SignedKey>,
    operation: MaybeUninit<Operation>,
    signed: MaybeUninit<SignedPayment>,
    blob: MaybeUninit<[u8; TOUCHSEAL_SOTER_BLOB_SIZE]>,
    length: MaybeUninit<usize>,
}

const UNTOUCHED: u8 = 0xa5;

impl Outputs {
    fn new() -> Box<Self> {
        let mut room = Box::<Self>::new_uninit();
        // SAFETY: it is room of that size.
        unsafe { room.as_mut_ptr().write_bytes(UNTOUCHED, 1) };
        // SAFETY: any bytes are MaybeUninit, and all were written.
        unsafe { room.assume_init() }
    }

    fn are_untouched(&self) -> bool {
        let bytes = std::ptr::from_ref(self).cast::<u8>();
        // SAFETY: all of its bytes were written when it was made.
        let bytes = unsafe { std::slice::from_raw_parts(bytes, size_of::<Self>()) };
        bytes.iter().all(|byte| *byte == UNTOUCHED)
    }
}

type Call = fn(Pointers) -> u32;
/// Makes one pointer NULL.
type Nulling = fn(&mut Pointers);

/// An exported function that answers with a status.
struct Function {
    name: &'static str,
    call: Call,
    /// What it calls each pointer that must not be NULL.
    pointers: &'static [(&'static str, Nulling)],
}

macro_rules! functions {
    ($($name:ident($($of:ident => $argument:literal),*) $call:expr;)*) => {
        &[$(Function {
            name: stringify!($name),
            // SAFETY: every pointer is NULL, or of what the function takes.
            call: |it| unsafe { ($call as unsafe fn(Pointers) -> u32)(it) },
            pointers: &[$(($argument, |it| it.$of = null_of(it.$of))),*],
        }),*]
    };
}

/// A NULL of another pointer's type.
trait Null {
    fn null() -> Self;
}
impl<T> Null for *mut T {
    fn null() -> Self {
        null_mut()
    }
}
impl<T> Null for *const T {
    fn null() -> Self {
        null()
    }
}
fn null_of<P: Null>(_: P) -> P {
    P::null()
}

const CAPACITY: usize = TOUCHSEAL_SOTER_BLOB_SIZE;
const KEYS: usize = TOUCHSEAL_MAX_PAYMENT_KEYS;
/// No operation has this handle.
const HANDLE: u64 = 1;
/// A callback may always be NULL, and then nobody reads `user`.
const NOBODY: crate::touch::PromptCallback = None;

#[rustfmt::skip]
const FUNCTIONS: &[Function] = functions! {
    touchseal_open(variable => "session") |it| touchseal_open(it.variable);
    touchseal_soter_open(variable => "session") |it| touchseal_soter_open(it.variable);
    touchseal_close() |it| { let mut session = it.session; touchseal_close(&raw mut session) };
    touchseal_make_app_key(session => "session", made => "made")
        |it| touchseal_make_app_key(it.session, false, it.made);
    touchseal_make_payment_key(session => "session", scene => "scene", made => "made")
        |it| touchseal_make_payment_key(it.session, it.scene, false, it.made);
    touchseal_find_app_key(session => "session", state => "state")
        |it| touchseal_find_app_key(it.session, it.state);
    touchseal_find_payment_key(session => "session", scene => "scene", state => "state")
        |it| touchseal_find_payment_key(it.session, it.scene, it.state);
    touchseal_list_payment_keys(session => "session", keys => "keys", count => "count")
        |it| touchseal_list_payment_keys(it.session, it.keys, KEYS, it.count);
    touchseal_remove_payment_key(session => "session", scene => "scene")
        |it| touchseal_remove_payment_key(it.session, it.scene);
    touchseal_remove_app_keys(session => "session") |it| touchseal_remove_app_keys(it.session);
    touchseal_report(session => "session", nonce => "nonce", report => "report")
        |it| touchseal_report(it.session, it.nonce, it.report);
    touchseal_export_device_key(session => "session", device_key => "key")
        |it| touchseal_export_device_key(it.session, it.device_key);
    touchseal_export_app_key(session => "session", key => "key")
        |it| touchseal_export_app_key(it.session, it.key);
    touchseal_export_payment_key(session => "session", scene => "scene", key => "key")
        |it| touchseal_export_payment_key(it.session, it.scene, it.key);
    touchseal_begin(session => "session", scene => "scene", payment => "payment", operation => "operation")
        |it| touchseal_begin(it.session, it.scene, it.payment, it.operation);
    touchseal_finish(session => "session", signed => "payment")
        |it| touchseal_finish(it.session, HANDLE, NOBODY, null_mut(), it.signed);
    touchseal_abort(session => "session") |it| touchseal_abort(it.session, HANDLE);
    touchseal_pay(session => "session", scene => "scene", payment => "payment", signed => "signed")
        |it| touchseal_pay(it.session, it.scene, it.payment, NOBODY, null_mut(), it.signed);
    touchseal_soter_export_device_key(soter => "session", soter_key => "key")
        |it| touchseal_soter_export_device_key(it.soter, it.soter_key);
    touchseal_soter_export_app_key(soter => "session", blob => "blob", length => "length")
        |it| touchseal_soter_export_app_key(it.soter, it.blob, CAPACITY, it.length);
    touchseal_soter_export_payment_key(soter => "session", scene => "scene", blob => "blob", length => "length")
        |it| touchseal_soter_export_payment_key(it.soter, it.scene, it.blob, CAPACITY, it.length);
    touchseal_soter_begin(soter => "session", scene => "scene", challenge => "challenge", operation => "operation")
        |it| touchseal_soter_begin(it.soter, it.scene, it.challenge, it.operation);
    touchseal_soter_finish(soter => "session", blob => "blob", length => "length")
        |it| touchseal_soter_finish(it.soter, HANDLE, NOBODY, null_mut(), it.blob, CAPACITY, it.length);
    touchseal_soter_sign(soter => "session", scene => "scene", challenge => "challenge", blob => "blob", length => "length")
        |it| touchseal_soter_sign(it.soter, it.scene, it.challenge, NOBODY, null_mut(), it.blob, CAPACITY, it.length);
};

type Text = (&'static str, fn() -> *const c_char);

/// The others, whose answer is a text and never NULL.
#[rustfmt::skip]
const TEXTS: &[Text] = &[
    ("touchseal_last_error", || touchseal_last_error()),
    ("touchseal_status_name", || touchseal_status_name(0)),
    ("touchseal_status_sentence", || touchseal_status_sentence(0)),
    ("touchseal_status_remedy", || touchseal_status_remedy(0)),
    ("touchseal_soter_status_remedy", || touchseal_soter_status_remedy(0)),
];

/// Calls `test` with sessions of both dialects and room for all that is written.
fn with_everything(test: impl FnOnce(Pointers, &Outputs)) {
    provision();
    let (payment, nonce) = (payment(), [0; TOUCHSEAL_NONCE_SIZE]);
    let mut out = Outputs::new();
    let pointers = Pointers {
        session: opened(),
        soter: opened_soter(),
        variable: out.session.as_mut_ptr(),
        scene: SCENE,
        challenge: c"order 42".as_ptr(),
        payment: &raw const payment,
        nonce: nonce.as_ptr(),
        made: out.made.as_mut_ptr(),
        state: out.state.as_mut_ptr(),
        keys: out.keys.as_mut_ptr().cast(),
        count: out.count.as_mut_ptr(),
        report: out.report.as_mut_ptr(),
        device_key: out.device_key.as_mut_ptr(),
        soter_key: out.soter_key.as_mut_ptr(),
        key: out.key.as_mut_ptr(),
        operation: out.operation.as_mut_ptr(),
        signed: out.signed.as_mut_ptr(),
        blob: out.blob.as_mut_ptr().cast(),
        length: out.length.as_mut_ptr(),
    };
    test(pointers, &out);
    close(pointers.session);
    close(pointers.soter);
}

#[test]
fn they_are_those_of_the_header() {
    let header = include_str!("../../include/touchseal.h");
    let mut declared: Vec<_> = header
        .lines()
        .filter(|line| !line.starts_with([' ', '/', '*']) && line.contains('('))
        .filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("touchseal_"))
        .collect();
    let mut listed: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
    listed.extend(TEXTS.iter().map(|(name, _)| *name));
    declared.sort_unstable();
    listed.sort_unstable();
    assert_eq!(declared, listed);
}

#[test]
fn a_null_is_told_by_its_name_and_nothing_is_written() {
    with_everything(|pointers, out| {
        for function in FUNCTIONS {
            for (name, nulling) in function.pointers {
                let mut pointers = pointers;
                nulling(&mut pointers);
                is((function.call)(pointers), Status::BadArgument);
                let told = last_error();
                assert!(
                    told.starts_with(&format!("{name}: it is NULL")),
                    "{}: {told}",
                    function.name
                );
                assert!(out.are_untouched(), "{} without {name}", function.name);
            }
        }
    });
}

#[test]
fn no_panic_comes_out() {
    with_everything(|pointers, out| {
        PANIC.set(Panic::AtTheBoundary);
        for function in FUNCTIONS {
            assert_eq!(
                (function.call)(pointers),
                Status::LibraryDefect as u32,
                "{}",
                function.name
            );
            assert!(out.are_untouched(), "{}", function.name);
        }
        for (name, text) in TEXTS {
            assert!(!text().is_null(), "{name}");
        }
        PANIC.set(Panic::Nowhere);
        assert_eq!(last_error(), Status::LibraryDefect.to_string());
    });
}

/// What needs a key, or an operation; but not what waits for a finger first.
const NEEDS_A_KEY: [&str; 11] = [
    "touchseal_make_payment_key",
    "touchseal_remove_payment_key",
    "touchseal_export_app_key",
    "touchseal_export_payment_key",
    "touchseal_begin",
    "touchseal_abort",
    "touchseal_pay",
    "touchseal_soter_export_app_key",
    "touchseal_soter_export_payment_key",
    "touchseal_soter_begin",
    "touchseal_soter_sign",
];

#[test]
fn a_refusal_writes_nothing() {
    with_everything(|pointers, out| {
        for name in NEEDS_A_KEY {
            let function = FUNCTIONS.iter().find(|function| function.name == name);
            let status = (function.unwrap().call)(pointers);
            assert_ne!(status, Status::Ok as u32, "{name}");
            assert!(out.are_untouched(), "{name}");
        }
    });
}

#[test]
fn a_session_of_the_other_dialect_is_refused() {
    const OF_ONE: [&str; 5] = ["_export_", "_begin", "_finish", "_pay", "_sign"];
    with_everything(|pointers, out| {
        let swapped = Pointers {
            session: pointers.soter,
            soter: pointers.session,
            ..pointers
        };
        let of_one = |function: &&Function| {
            let of_both =
                function.name.contains("payment_key") && !function.name.contains("_export_");
            !of_both && OF_ONE.iter().any(|word| function.name.contains(word))
        };
        let mut count = 0;
        for function in FUNCTIONS.iter().filter(of_one) {
            is((function.call)(swapped), Status::BadArgument);
            let told = last_error();
            assert!(told.contains("dialect"), "{}: {told}", function.name);
            assert!(out.are_untouched(), "{}", function.name);
            count += 1;
        }
        assert_eq!(count, 12);
    });
}

#[test]
fn closing_nothing_does_nothing() {
    let mut session = opened();
    for _ in 0..2 {
        // SAFETY: it holds an open session, then NULL.
        ok(unsafe { touchseal_close(&raw mut session) });
        assert!(session.is_null());
    }
    // SAFETY: NULL is allowed.
    ok(unsafe { touchseal_close(null_mut()) });
}
