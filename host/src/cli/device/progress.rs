//! Shows on a terminal what is under way, and for how long: on standard error. What takes its time
//! is said in a line elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;
use touchseal::client::{Client, HoldsKeys};
use touchseal::patience::Patience;
use touchseal::proto::transport::Transport;

/// Nothing yet.
pub fn spinner() -> ProgressBar {
    let shown = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        shown.set_style(style);
    }
    shown
}

/// Does what may take longer than a person sits still for.
pub fn during<R>(message: &'static str, work: impl FnOnce() -> R) -> R {
    let shown = spinner();
    spin(&shown, message.into());
    let outcome = work();
    shown.finish_and_clear();
    outcome
}

/// Makes `what`.
pub fn make<R, T: Transport, A: HoldsKeys>(
    what: &str,
    takes_time: bool,
    client: &mut Client<T, A>,
    make: impl FnOnce(&mut Client<T, A>) -> R,
) -> R {
    let shown = spinner();
    let message = format!("making the {what}");
    if takes_time {
        tell(&shown, message.clone());
    } else {
        spin(&shown, message.clone());
    }
    let (waiting, message) = (
        shown.clone(),
        format!("waiting for another app's key, then {message}"),
    );
    client.set_patience(Patience {
        told: Box::new(move || tell(&waiting, message.clone())),
        ..Patience::default()
    });
    let outcome = make(client);
    shown.finish_and_clear();
    outcome
}

/// Says it to a person at a terminal, or in a log.
pub fn tell(shown: &ProgressBar, message: String) {
    if std::io::stderr().is_terminal() {
        spin(shown, message);
    } else {
        eprintln!("touchseal: {message}");
    }
}

/// Shows it on a terminal, and that it goes on.
pub fn spin(shown: &ProgressBar, message: String) {
    shown.set_message(message);
    shown.enable_steady_tick(Duration::from_millis(100));
}
