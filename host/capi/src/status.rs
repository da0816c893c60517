//! The protocol's statuses, as C has them.

use crate::boundary::text_or;
use std::ffi::{CStr, CString, c_char};
use std::sync::LazyLock;
use touchseal::proto::status::Status;

/// A status on its way to C. The header has its names, which are made of [`Status::ALL`].
pub type StatusNumber = u32;

/// A status in C's strings.
struct Words {
    status: Status,
    name: CString,
    sentence: CString,
    remedy: CString,
    soter_remedy: CString,
}

static ALL: LazyLock<Vec<Words>> = LazyLock::new(|| {
    let text = |text: &str| CString::new(text).unwrap_or_default();
    let words = |status: &Status| Words {
        status: *status,
        name: text(status.name()),
        sentence: text(status.sentence()),
        remedy: text(status.remedy()),
        soter_remedy: text(touchseal::soter::remedy(*status)),
    };
    Status::ALL.iter().map(words).collect()
});

fn words(
    status: StatusNumber,
    of: impl FnOnce(&'static Words) -> &'static CStr,
    unknown: &'static CStr,
) -> *const c_char {
    text_or(unknown, || {
        let found = ALL.iter().find(|words| words.status as u32 == status);
        found.map_or(unknown, of).as_ptr()
    })
}

/// The stable name of a status, such as "NoAppKey", for logs and machines.
///
/// Returns: NUL-terminated ASCII, which is the library's for ever; "Unknown" for a number
/// that is no status. Never NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn touchseal_status_name(status: StatusNumber) -> *const c_char {
    words(status, |words| &words.name, c"Unknown")
}

/// What happened, in a sentence, in English.
///
/// Returns: NUL-terminated UTF-8, which is the library's for ever, and never NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn touchseal_status_sentence(status: StatusNumber) -> *const c_char {
    words(
        status,
        |words| &words.sentence,
        c"no status has this number",
    )
}

/// What to do about it, in English.
///
/// Returns: NUL-terminated UTF-8, which is the library's for ever, and never NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn touchseal_status_remedy(status: StatusNumber) -> *const c_char {
    words(status, |words| &words.remedy, OTHER_VERSION)
}

/// What to do about it where the session is of the SOTER dialect, whose commands have names
/// of their own. Otherwise as touchseal_status_remedy().
#[unsafe(no_mangle)]
pub extern "C" fn touchseal_soter_status_remedy(status: StatusNumber) -> *const c_char {
    words(status, |words| &words.soter_remedy, OTHER_VERSION)
}

const OTHER_VERSION: &CStr = c"use the header of the library's own version";
