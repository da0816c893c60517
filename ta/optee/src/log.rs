//! The secure console: facts of our own, never input.

use core::fmt::{Arguments, Write};
use heapless::String;
use optee_utee::trace_println;
use touchseal_core::error::Error;

/// One line for one refusal.
pub fn refused(command: u32, error: Error) {
    say(format_args!("command {command} refused: {error:?}"));
}

/// One line for a session that is not opened.
pub fn no_session(error: Error) {
    say(format_args!("no session: {error:?}"));
}

fn say(what: Arguments<'_>) {
    let mut line = String::<96>::new();
    // A line that is cut short is still a line.
    let _ = write!(line, "touchseal: {what}");
    trace_println!("{}", line.as_str());
}
