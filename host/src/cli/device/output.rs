//! What a command says when it is done.

use crate::cli::out_file::OutFile;
use anyhow::Result;
use std::fmt::Display;
use std::path::Path;

/// To a person, or to a machine.
#[derive(Clone, Copy)]
pub struct Output {
    /// To a machine.
    pub json: bool,
}

impl Output {
    /// Says it the one way or the other.
    pub fn say(self, text: impl Display, json: serde_json::Value) {
        if self.json {
            println!("{json:#}");
        } else {
            println!("{text}");
        }
    }
}

pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    OutFile::open(path.into())?.write(bytes)?;
    Ok(())
}
