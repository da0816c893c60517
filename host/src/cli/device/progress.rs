//! Shows that making a key takes its time, and waits where another app is making one.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::thread::sleep;
use std::time::{Duration, Instant};
use touchseal::Error;
use touchseal::proto::status::Status;
use touchseal::transport::SecureWorld;
use touchseal::transport::teec::{Identity, TeecError};

/// So long is waited for others.
const PATIENCE: Duration = Duration::from_secs(60);

/// Until the next try.
const PAUSE: Duration = Duration::from_secs(1);

/// Makes `what`. What takes time is shown on a terminal, and said in a line elsewhere.
pub fn make<R>(
    what: &str,
    takes_time: bool,
    mut attempt: impl FnMut() -> Result<R, Error<TeecError>>,
) -> Result<R, Error<TeecError>> {
    let shown = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        shown.set_style(style);
    }
    if takes_time {
        show(&shown, format!("making the {what}"));
    }
    let until = Instant::now() + PATIENCE;
    let mut waits = false;
    let outcome = loop {
        match attempt() {
            Err(error)
                if Identity::cause_of_call(&error) == Status::Busy && Instant::now() < until =>
            {
                if !waits {
                    show(
                        &shown,
                        format!("waiting for another app's key, then making the {what}"),
                    );
                    waits = true;
                }
                sleep(PAUSE);
            }
            outcome => break outcome,
        }
    };
    shown.finish_and_clear();
    outcome
}

fn show(shown: &ProgressBar, message: String) {
    if std::io::stderr().is_terminal() {
        shown.set_message(message);
        shown.enable_steady_tick(Duration::from_millis(100));
    } else {
        eprintln!("touchseal: {message}");
    }
}
