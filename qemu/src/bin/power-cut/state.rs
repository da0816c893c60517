//! What goes on when the drill is called again: kept beside the image after each cut.
//!
//! Whenever the drill is ended, between two cuts, the device is put back as it was after the
//! last one, and so is all that is known of it.

use crate::ledger::Ledger;
use crate::report::{Outcomes, reports};
use crate::times::Times;
use crate::wear::Cut;
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// A run of the drill.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    pub seed: u64,
    /// SHA-256 of the firmware that is cut.
    pub firmware: String,
    /// What chance has come to.
    pub chance: u64,
    /// How often this was saved.
    pub saved: u64,
    /// So many cuts are done.
    pub done: usize,
    pub ledger: Ledger,
    /// The cut that the last boot ended in, if it was not looked at yet; after how many
    /// writes it came.
    pub cut: Option<(Cut, u64)>,
    pub times: Times,
    pub outcomes: Outcomes,
    pub elapsed: Duration,
    /// What was found, after which a run does not go on.
    pub failed: Option<String>,
}

impl State {
    /// Whether this run is the one that is asked for.
    pub fn may_go_on(&self, seed: Option<u64>, firmware: &str) -> Result<()> {
        if let Some(failed) = &self.failed {
            bail!(
                "The last run, of SEED={}, has found something and does not go on: {failed}.\n\
                 The image is as it was then. Keep a copy of it, and begin another run with FRESH=1.",
                self.seed
            );
        }
        ensure!(
            self.firmware == firmware,
            "The run that was ended is of other firmware than there is now. Build that again to go \
             on with it, or begin another with FRESH=1."
        );
        ensure!(
            seed.is_none_or(|seed| seed == self.seed),
            "The run that was ended has SEED={}. Go on with it, or begin another with FRESH=1.",
            self.seed
        );
        Ok(())
    }
}

/// Where it is kept: what is known, and under the number of that what is sealed.
pub struct Kept {
    folder: PathBuf,
}

impl Kept {
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn known(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    fn sealed(&self, saved: u64) -> PathBuf {
        self.folder.join(format!("rpmb-{saved}.img"))
    }

    /// The last run, with what its device had sealed.
    pub fn load(&self) -> Result<Option<(State, Vec<u8>)>> {
        let known = match fs::read(self.known()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            known => known?,
        };
        let load = || -> Result<(State, Vec<u8>)> {
            let state: State = serde_json::from_slice(&known)?;
            let sealed = fs::read(self.sealed(state.saved))?;
            Ok((state, sealed))
        };
        load().map(Some).with_context(|| {
            format!(
                "{} is of another version, or damaged. Begin anew with FRESH=1",
                self.known().display()
            )
        })
    }

    /// Whole or not at all: what is sealed has its name once it is complete, and counts once
    /// what is known says so. The reports come first, so that they are never of an earlier
    /// state than what is known.
    pub fn save(&self, state: &mut State, sealed: &[u8]) -> Result<()> {
        state.write_reports(&self.folder)?;
        let before = self.sealed(state.saved);
        state.saved += 1;
        replace(&self.sealed(state.saved), sealed)?;
        replace(&self.known(), &serde_json::to_vec(state)?)?;
        match fs::remove_file(before) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Forgets the last run, and what was said of it.
    pub fn forget(&self) -> Result<()> {
        for file in fs::read_dir(&self.folder).into_iter().flatten() {
            let path = file?.path();
            let is_image = path.extension().is_some_and(|extension| extension == "img");
            if is_image || path == self.known() || reports(&self.folder).contains(&path) {
                fs::remove_file(&path)?;
            }
        }
        ensure!(!self.known().exists(), "the last run is there yet");
        Ok(())
    }
}

pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> Result<()> {
        let mut new = NamedTempFile::new_in(path.parent().context("no folder")?)?;
        new.write_all(bytes)?;
        new.as_file().sync_all()?;
        new.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("Cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Dialect, Operation, Place};

    #[test]
    fn a_run_goes_on_where_it_was_whenever_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::in_folder(folder.path());
        assert!(kept.load().unwrap().is_none());
        let mut state = State {
            seed: 7,
            chance: 8,
            done: 1,
            cut: Some((Cut::AfterWrite(3), 4)),
            ..State::default()
        };
        let place = Place::scene(Dialect::Soter, 10001, "parking");
        state
            .ledger
            .asked(Operation::SoterGeneratePaymentKey, &place);
        kept.save(&mut state, b"one").unwrap();
        // Ended before it is known.
        replace(&kept.sealed(2), b"two").unwrap();
        let (loaded, sealed) = kept.load().unwrap().unwrap();
        assert_eq!((loaded.seed, loaded.chance, loaded.done), (7, 8, 1));
        assert_eq!(sealed, b"one");
        let before = serde_json::to_value(&state).unwrap();
        assert_eq!(serde_json::to_value(&loaded).unwrap(), before);
        assert_eq!(
            loaded.ledger.under_way,
            Some((Operation::SoterGeneratePaymentKey, place))
        );
        state.done = 2;
        kept.save(&mut state, b"two").unwrap();
        assert_eq!(kept.load().unwrap().unwrap().1, b"two");
        assert!(!kept.sealed(1).exists());
        kept.forget().unwrap();
        assert!(kept.load().unwrap().is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_the_run_that_is_asked_for_goes_on() {
        let mut state = State {
            seed: 7,
            firmware: "one".into(),
            ..State::default()
        };
        for seed in [None, Some(7)] {
            state.may_go_on(seed, "one").unwrap();
        }
        let mut refused = |seed, firmware, failed: Option<&str>| {
            state.failed = failed.map(str::to_owned);
            state.may_go_on(seed, firmware).unwrap_err().to_string()
        };
        for (said, why) in [
            (refused(Some(8), "one", None), "SEED=7"),
            (refused(None, "two", None), "other firmware"),
            (refused(None, "one", Some("cut 3: lost")), "cut 3: lost"),
        ] {
            assert!(said.contains(why) && said.contains("FRESH=1"), "{said}");
        }
    }
}
