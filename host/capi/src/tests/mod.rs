//! The functions as C calls them, over a device in this process.

mod arguments;
mod every_function;
mod life;
mod sessions;
pub mod world;

use std::ffi::{CStr, c_char};
use touchseal::proto::status::Status;

pub fn panic_if_told() {
    world::panic_if_told(world::Panic::AtTheBoundary);
}

/// A text of the library's.
fn text(pointer: *const c_char) -> String {
    // SAFETY: it is never NULL, ends with a NUL, and is read at once.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().unwrap().to_owned()
}

fn last_error() -> String {
    text(crate::failure::touchseal_last_error())
}

#[track_caller]
fn ok(status: u32) {
    assert_eq!(status, Status::Ok as u32, "{}", last_error());
}

#[track_caller]
fn is(status: u32, expected: Status) {
    assert_eq!(status, expected as u32, "{}", last_error());
}
