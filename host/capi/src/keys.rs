//! The life of the user's keys, in either dialect.

use crate::argument::{label, nonce, out, outs};
use crate::boundary::call;
use crate::failure::Failure;
use crate::session::{Session, ask, of_either};
use crate::status::StatusNumber;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use touchseal::proto::label::Scene;
use touchseal::proto::message;
use touchseal::proto::signed::ReportStatement;
use touchseal::proto::status::Status;

/// Size of a signature of the native dialect in bytes: r, then s, big-endian, of ECDSA on
/// P-256 over SHA-256.
pub const TOUCHSEAL_SIGNATURE_SIZE: usize = 64;
/// Size of the signed bytes of a report.
pub const TOUCHSEAL_REPORT_STATEMENT_SIZE: usize = 133;
/// Size of a backend's nonce in bytes.
pub const TOUCHSEAL_NONCE_SIZE: usize = 32;
/// The largest number of payment keys of an app.
pub const TOUCHSEAL_MAX_PAYMENT_KEYS: usize = 16;
/// Room for a scene: 64 bytes of UTF-8 and a NUL.
pub const TOUCHSEAL_SCENE_SIZE: usize = 65;

const _: () = assert!(
    TOUCHSEAL_SIGNATURE_SIZE == size_of::<message::Signature>()
        && TOUCHSEAL_REPORT_STATEMENT_SIZE == ReportStatement::LEN
        && TOUCHSEAL_MAX_PAYMENT_KEYS == message::MAX_PAYMENT_KEYS
        && TOUCHSEAL_SCENE_SIZE == <Scene as touchseal::proto::wire::Wire>::MAX
);

/// Whether there is a key, and of what use it is.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// There is none.
    Absent = 0,
    /// It can sign.
    Usable = 1,
    /// It was made under another set of fingers, and is unusable for ever: make another.
    Invalidated = 2,
}

impl From<message::KeyState> for KeyState {
    fn from(state: message::KeyState) -> Self {
        match state {
            message::KeyState::Absent => Self::Absent,
            message::KeyState::Usable => Self::Usable,
            message::KeyState::Invalidated => Self::Invalidated,
        }
    }
}

/// A payment key in a list.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ListedKey {
    /// Its scene: NUL-terminated UTF-8.
    pub scene: [c_char; TOUCHSEAL_SCENE_SIZE],
    /// TOUCHSEAL_KEY_STATE_USABLE or TOUCHSEAL_KEY_STATE_INVALIDATED.
    pub state: KeyState,
}

/// What a device says of a key that it did not make, signed by its device key. With
/// touchseal-verify a backend tells a broken phone from a lying one.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SignedReport {
    /// The signed bytes.
    pub statement: [u8; TOUCHSEAL_REPORT_STATEMENT_SIZE],
    /// By the device key.
    pub signature: [u8; TOUCHSEAL_SIGNATURE_SIZE],
}

/// Makes the user's app key, unless there is a good one.
///
/// While another app makes a key, the call waits for its turn, a minute at most. In the SOTER
/// dialect making takes seconds.
///
/// session: of either dialect.
///
/// replace: makes another even if there is a good one, which works until the other is
/// durable. Payment keys stay, but no longer chain to it: make them anew, too.
///
/// made: whether a key was made; false where a good one was there and was kept.
///
/// Errors: TOUCHSEAL_NOT_PROVISIONED, TOUCHSEAL_STORAGE_FULL and others of the storage;
/// TOUCHSEAL_BUSY. A good key is never lost by a failure. touchseal_report() has the
/// device's signed word on it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_make_app_key(
    session: *mut Session,
    replace: bool,
    made: *mut bool,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes room for it, or NULL.
        let made = unsafe { out("made", made) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let generated = unsafe {
            ask(session, |open| {
                Ok(of_either!(&mut open.keys, client => client.generate_app_key(replace))?)
            })
        }?;
        made.write(generated.new);
        Ok(())
    })
}

/// Makes the user's payment key for a scene, unless there is one that the enrolled fingers
/// can use. An app may have TOUCHSEAL_MAX_PAYMENT_KEYS.
///
/// scene: names the key within the app: 1 to 64 bytes of UTF-8, which a person can read.
/// Otherwise as touchseal_make_app_key().
///
/// Errors: besides, TOUCHSEAL_NO_APP_KEY, TOUCHSEAL_NO_FINGER_ENROLLED and
/// TOUCHSEAL_TOO_MANY_KEYS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_make_payment_key(
    session: *mut Session,
    scene: *const c_char,
    replace: bool,
    made: *mut bool,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes a text, or NULL.
        let scene = unsafe { label("scene", scene) }?;
        // SAFETY: C passes room for it, or NULL.
        let made = unsafe { out("made", made) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let generated = unsafe {
            ask(session, |open| {
                Ok(of_either!(&mut open.keys, client => {
                    client.generate_payment_key(scene, replace)
                })?)
            })
        }?;
        made.write(generated.new);
        Ok(())
    })
}

/// Tells whether the user has an app key.
///
/// state: TOUCHSEAL_KEY_STATE_ABSENT or TOUCHSEAL_KEY_STATE_USABLE. That there is none is no
/// error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_find_app_key(
    session: *mut Session,
    state: *mut KeyState,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes room for it, or NULL.
        let state = unsafe { out("state", state) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let found = unsafe {
            ask(session, |open| {
                Ok(of_either!(&mut open.keys, client => client.find_app_key())?)
            })
        }?;
        state.write(found.into());
        Ok(())
    })
}

/// Tells whether the user has a payment key for a scene, and of what use it is. That there
/// is none is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_find_payment_key(
    session: *mut Session,
    scene: *const c_char,
    state: *mut KeyState,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes a text, or NULL.
        let scene = unsafe { label("scene", scene) }?;
        // SAFETY: C passes room for it, or NULL.
        let state = unsafe { out("state", state) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let found = unsafe {
            ask(session, |open| {
                Ok(of_either!(&mut open.keys, client => client.find_payment_key(scene))?)
            })
        }?;
        state.write(found.into());
        Ok(())
    })
}

/// Lists the user's payment keys, in no order.
///
/// keys: an array of the caller's; it may be NULL where capacity is 0. What is behind the
/// last key stays as it was.
///
/// capacity: how many keys it has room for. TOUCHSEAL_MAX_PAYMENT_KEYS is always enough.
///
/// count: how many keys there are.
///
/// Errors: TOUCHSEAL_BUFFER_TOO_SMALL where there are more than capacity. Then count is
/// written, and keys is not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_list_payment_keys(
    session: *mut Session,
    keys: *mut ListedKey,
    capacity: usize,
    count: *mut usize,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes room for so many, or NULL.
        let room = unsafe { outs("keys", keys, capacity) }?;
        // SAFETY: C passes room for it, or NULL.
        let count = unsafe { out("count", count) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let listed = unsafe {
            ask(session, |open| {
                Ok(of_either!(&mut open.keys, client => client.list_payment_keys())?)
            })
        }?;
        count.write(listed.keys.len());
        if listed.keys.len() > room.len() {
            return Err(Failure::from(Status::BufferTooSmall).of(format_args!(
                "keys: there are {}, and room for {}",
                listed.keys.len(),
                room.len()
            )));
        }
        for (room, key) in room.iter_mut().zip(&listed.keys) {
            let mut scene = [0; TOUCHSEAL_SCENE_SIZE];
            write_text(&mut scene, key.scene.as_str());
            let state = key.state.into();
            *room = MaybeUninit::new(ListedKey { scene, state });
        }
        Ok(())
    })
}

/// Writes `text` in front of the zeros of `room`.
pub fn write_text(room: &mut [c_char], text: &str) {
    for (room, byte) in room.iter_mut().zip(text.bytes()) {
        *room = byte as c_char;
    }
}

/// Removes the user's payment key for a scene, for ever.
///
/// Errors: TOUCHSEAL_NO_PAYMENT_KEY where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_remove_payment_key(
    session: *mut Session,
    scene: *const c_char,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes a text, or NULL.
        let scene = unsafe { label("scene", scene) }?;
        // SAFETY: C passes a session that is open, or NULL.
        unsafe {
            ask(session, |open| {
                of_either!(&mut open.keys, client => client.remove_payment_key(scene))?;
                Ok(())
            })
        }
    })
}

/// Removes all of the user's keys of the session's dialect, for ever: what uninstalling the
/// app is. That there are none is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_remove_app_keys(session: *mut Session) -> StatusNumber {
    // SAFETY: C passes a session that is open, or NULL.
    call(|| unsafe {
        ask(session, |open| {
            of_either!(&mut open.keys, client => client.remove_app_keys())?;
            Ok(())
        })
    })
}

/// Has the device sign what became of the session's last making of a key that failed, or
/// that there was none.
///
/// nonce: TOUCHSEAL_NONCE_SIZE bytes of the backend's, used once. They are in the report.
///
/// report: the report.
///
/// Errors: TOUCHSEAL_NOT_PROVISIONED where there is no device key to sign it.
///
/// cbindgen:ptrs-as-arrays=[[nonce;TOUCHSEAL_NONCE_SIZE]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_report(
    session: *mut Session,
    nonce: *const u8,
    report: *mut SignedReport,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes so many bytes, or NULL.
        let nonce = unsafe { self::nonce("nonce", nonce) }?;
        // SAFETY: C passes room for it, or NULL.
        let report = unsafe { out("report", report) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let signed = unsafe {
            ask(session, |open| {
                Ok(of_either!(&mut open.keys, client => client.report(nonce))?)
            })
        }?;
        report.write(SignedReport {
            statement: signed.statement,
            signature: signed.signature,
        });
        Ok(())
    })
}
