//! The secure console: facts of our own, never input.

use core::fmt::Write;
use heapless::String;
use optee_utee::trace_println;
use touchseal_core::error::Error;

/// One line for one refusal.
pub fn refused(command: u32, error: Error) {
    let mut line = String::<96>::new();
    // A line that is cut short is still a line.
    let _ = write!(line, "touchseal: command {command} refused: {error:?}");
    trace_println!("{}", line.as_str());
}
