//! What comes from C: pointers that may be NULL, and text that may be none.

use crate::failure::Failure;
use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use touchseal::proto::label::Label;
use touchseal::proto::message::Currency;
use touchseal::proto::soter::Challenge;

fn null(name: &str) -> Failure {
    Failure::argument(name, "it is NULL")
}

/// What `pointer` points at.
///
/// # Safety
///
/// It is NULL, or points at a `T` that stays as it is for `'a`.
pub unsafe fn object<'a, T>(name: &str, pointer: *const T) -> Result<&'a T, Failure> {
    // SAFETY: as this function's own.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(name))
}

/// Where an output goes, which is written on success alone.
///
/// # Safety
///
/// It is NULL, or points at room for a `T` that nobody else uses for `'a`.
pub unsafe fn out<'a, T>(name: &str, pointer: *mut T) -> Result<&'a mut MaybeUninit<T>, Failure> {
    let room = pointer.cast::<MaybeUninit<T>>();
    // SAFETY: as this function's own; what was never written is a MaybeUninit, too.
    unsafe { room.as_mut() }.ok_or_else(|| null(name))
}

/// Where `capacity` outputs go: NULL is as good as none.
///
/// # Safety
///
/// It is NULL, or points at room for so many `T` that nobody else uses for `'a`.
pub unsafe fn outs<'a, T>(
    name: &str,
    pointer: *mut T,
    capacity: usize,
) -> Result<&'a mut [MaybeUninit<T>], Failure> {
    if pointer.is_null() {
        return match capacity {
            0 => Ok(&mut []),
            _ => Err(null(name)),
        };
    }
    if capacity > isize::MAX as usize / size_of::<T>() {
        return Err(Failure::argument(name, "no object is of that capacity"));
    }
    // SAFETY: as this function's own; no object is larger than isize::MAX.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer.cast(), capacity) })
}

/// A backend's nonce.
///
/// # Safety
///
/// It is NULL, or points at 32 bytes.
pub unsafe fn nonce(name: &str, pointer: *const u8) -> Result<[u8; 32], Failure> {
    // SAFETY: as this function's own; bytes have no alignment.
    unsafe { object(name, pointer.cast::<[u8; 32]>()) }.copied()
}

/// A text.
///
/// # Safety
///
/// It is NULL, or points at bytes that end with a NUL and stay as they are for `'a`.
unsafe fn text<'a>(name: &str, pointer: *const c_char) -> Result<&'a str, Failure> {
    if pointer.is_null() {
        return Err(null(name));
    }
    // SAFETY: as this function's own, and not NULL.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str()
        .map_err(|_| Failure::argument(name, "it is not UTF-8"))
}

/// A text that a person reads.
///
/// # Safety
///
/// As [`text`].
pub unsafe fn label<const N: usize>(
    name: &str,
    pointer: *const c_char,
) -> Result<Label<N>, Failure> {
    // SAFETY: as this function's own.
    let text = unsafe { text(name, pointer) }?;
    Label::new(text).map_err(|_| {
        let why = if text.is_empty() {
            "it is empty".into()
        } else if text.len() > N {
            format!("it is longer than {N} bytes")
        } else if text.trim() != text {
            "it has white space at an end".into()
        } else {
            "it has control characters, or invisible ones".into()
        };
        Failure::argument(name, why)
    })
}

/// An ISO 4217 currency code.
///
/// # Safety
///
/// As [`text`].
pub unsafe fn currency(name: &str, pointer: *const c_char) -> Result<Currency, Failure> {
    // SAFETY: as this function's own.
    let text = unsafe { text(name, pointer) }?;
    Currency::new(text).map_err(|_| Failure::argument(name, "it is not three capital letters"))
}

/// What a SOTER backend asks to be signed.
///
/// # Safety
///
/// As [`text`].
pub unsafe fn challenge(name: &str, pointer: *const c_char) -> Result<Challenge, Failure> {
    // SAFETY: as this function's own.
    let text = unsafe { text(name, pointer) }?;
    Challenge::new(text).map_err(|_| {
        let most = Challenge::MAX_CHARS;
        let why = match text.is_empty() {
            true => "it is empty".into(),
            false => format!("it is longer than {most} characters"),
        };
        Failure::argument(name, why)
    })
}
