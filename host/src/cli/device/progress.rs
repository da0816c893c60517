//! Shows that making a key takes its time, or has to wait for another app's.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;
use touchseal::client::{Client, HoldsKeys};
use touchseal::patience::Patience;
use touchseal::proto::transport::Transport;

/// Makes `what`. What takes time is shown on a terminal, and said in a line elsewhere.
pub fn make<R, T: Transport, A: HoldsKeys>(
    what: &str,
    takes_time: bool,
    client: &mut Client<T, A>,
    make: impl FnOnce(&mut Client<T, A>) -> R,
) -> R {
    let shown = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        shown.set_style(style);
    }
    if takes_time {
        show(&shown, format!("making the {what}"));
    }
    let (waiting, message) = (
        shown.clone(),
        format!("waiting for another app's key, then making the {what}"),
    );
    client.set_patience(Patience {
        told: Box::new(move || show(&waiting, message.clone())),
        ..Patience::default()
    });
    let outcome = make(client);
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
