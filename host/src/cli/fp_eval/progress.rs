//! Shows on a terminal how far the measurement is.

use indicatif::{ProgressBar, ProgressStyle};
use touchseal::evaluation::Progress;

/// On standard error; nothing where that is no terminal.
pub struct Bar(ProgressBar);

impl Default for Bar {
    fn default() -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len}, {eta} left") {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Progress for Bar {
    fn begin(&self, what: &'static str, steps: usize) {
        self.0.reset();
        self.0.set_message(what);
        self.0.set_length(steps as u64);
    }

    fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
