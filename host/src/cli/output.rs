//! What a command says when it is done.

use anyhow::{Context, Result};
use std::fmt::Display;
use std::io::{Write, stdout};

/// To a person, or to a machine.
#[derive(Clone, Copy)]
pub struct Output {
    /// To a machine.
    pub json: bool,
}

impl Output {
    /// Says it the one way or the other.
    pub fn say(self, text: impl Display, json: serde_json::Value) -> Result<()> {
        if self.json {
            print(format!("{json:#}"))
        } else {
            print(text)
        }
    }
}

/// A disk may be full, and a reader gone.
pub fn print(text: impl Display) -> Result<()> {
    writeln!(stdout(), "{text}").context("cannot write to standard output")
}
