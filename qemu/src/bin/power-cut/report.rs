//! What came of the cuts, for a person and as JSON.

use crate::operation::{APPS, FACTORY, Operation};
use crate::state::{State, replace};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where a cut came, and what became of what was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Outcome {
    /// Aimed at a write, or else at a time.
    pub at_write: bool,
    /// What was interrupted.
    pub operation: Operation,
    /// After so many of its writes.
    pub written: u64,
    /// All the same.
    pub done: bool,
}

/// How often each outcome came.
#[derive(Default, Serialize, Deserialize)]
pub struct Outcomes(#[serde(with = "crate::pairs")] BTreeMap<Outcome, usize>);

impl Outcomes {
    pub fn add(&mut self, outcome: Outcome) {
        *self.0.entry(outcome).or_default() += 1;
    }

    fn count(&self, of: impl Fn(&Outcome) -> bool) -> usize {
        let counted = self.0.iter().filter(|(outcome, _)| of(outcome));
        counted.map(|(_, count)| count).sum()
    }

    /// After how many writes of an operation the power went, and how often that left it not
    /// done, and done.
    fn by_write(&self, operation: Operation) -> BTreeMap<u64, [usize; 2]> {
        let mut by_write = BTreeMap::<_, [usize; 2]>::new();
        for (outcome, count) in &self.0 {
            if outcome.operation == operation {
                by_write.entry(outcome.written).or_default()[usize::from(outcome.done)] += count;
            }
        }
        by_write
    }
}

/// For a person, and for a machine.
pub fn reports(folder: &Path) -> [PathBuf; 2] {
    ["report.txt", "report.json"].map(|name| folder.join(name))
}

impl State {
    /// For a person.
    pub fn report(&self) -> String {
        let mut text = format!(
            "{} cuts, SEED={}, {} s\n\n",
            self.done,
            self.seed,
            self.elapsed.as_secs()
        );
        let mut line = |cells: std::fmt::Arguments<'_>| {
            // To a String.
            let _ = writeln!(text, "{cells}");
        };
        line(format_args!(
            "  {:<26} {:>12} {:>6}   {:^14}   {:^14}   after write: not done/done",
            "", "", "", "cut at a write", "cut at a time"
        ));
        line(format_args!(
            "  {:<26} {:>12} {:>6}   {3:>8} {4:>5}   {3:>8} {4:>5}",
            "operation", "acknowledged", "writes", "not done", "done"
        ));
        for operation in FACTORY.into_iter().chain(APPS) {
            let [[not_at_write, at_write], [not_at_time, at_time]] =
                [true, false].map(|at_write| {
                    [false, true].map(|done| {
                        self.outcomes.count(|of| {
                            (of.operation, of.at_write, of.done) == (operation, at_write, done)
                        })
                    })
                });
            let by_write = self.outcomes.by_write(operation);
            let by_write = by_write
                .iter()
                .map(|(write, [not, done])| format!("{write}: {not}/{done}"));
            line(format_args!(
                "  {operation:<26} {:>12} {:>6}   {not_at_write:>8} {at_write:>5}   {not_at_time:>8} {at_time:>5}   {}",
                self.times.count(operation),
                self.times.writes(operation),
                by_write.collect::<Vec<_>>().join(", ")
            ));
        }
        line(format_args!("\n{}", self.verdict()));
        text
    }

    fn verdict(&self) -> String {
        match (&self.failed, self.is_looked_at()) {
            (Some(failed), _) => format!("FAILED: {failed}"),
            (None, true) => "Nothing acknowledged was lost, everything interrupted is there whole \
                             or not at all, and no counter value is in two statements."
                .to_owned(),
            (None, false) => {
                "The run is not at its end: the last cut was not looked at.".to_owned()
            }
        }
    }

    /// Whether each cut was looked at.
    fn is_looked_at(&self) -> bool {
        self.done > 0 && self.cut.is_none()
    }

    /// Writes both.
    pub fn write_reports(&self, folder: &Path) -> Result<()> {
        let operations = FACTORY.into_iter().chain(APPS).map(|operation| {
            let cuts = self.outcomes.by_write(operation).into_iter();
            let cuts = cuts.map(|(write, [not, done])| {
                json!({ "after_write": write, "not_done": not, "done": done })
            });
            json!({
                "operation": operation,
                "acknowledged": self.times.count(operation),
                "writes": self.times.writes(operation),
                "cuts": cuts.collect::<Vec<_>>(),
            })
        });
        let json = json!({
            "cuts": self.done,
            "seed": self.seed,
            "seconds": self.elapsed.as_secs(),
            "firmware_sha256": self.firmware,
            "failed": self.failed,
            "ended": self.failed.is_some() || self.is_looked_at(),
            "operations": operations.collect::<Vec<_>>(),
        });
        let [text, machine] = reports(folder);
        replace(&text, self.report().as_bytes())?;
        replace(&machine, &serde_json::to_vec_pretty(&json)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wear::Cut;

    #[test]
    fn a_report_says_where_the_cuts_were() {
        let mut state = State {
            done: 3,
            ..State::default()
        };
        for (written, done) in [(0, false), (1, true), (1, true)] {
            state.outcomes.add(Outcome {
                at_write: true,
                operation: Operation::Pay,
                written,
                done,
            });
        }
        let text = state.report();
        let pay = text.lines().find(|line| line.contains("  Pay ")).unwrap();
        assert!(pay.ends_with("0: 1/0, 1: 0/2"), "{pay}");
        let folder = tempfile::tempdir().unwrap();
        state.write_reports(folder.path()).unwrap();
        let json = std::fs::read(folder.path().join("report.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let operations = json["operations"].as_array().unwrap();
        let pay = operations
            .iter()
            .find(|of| of["operation"] == "Pay")
            .unwrap();
        assert_eq!(pay["cuts"][1]["done"], 2);
    }

    #[test]
    fn a_verdict_is_on_all_cuts_or_none() {
        let mut state = State {
            done: 1,
            cut: Some((Cut::AfterWrite(1), 1)),
            ..State::default()
        };
        let held = |state: &State| state.report().contains("Nothing acknowledged was lost");
        assert!(!held(&state));
        state.cut = None;
        assert!(held(&state));
        state.failed = Some("cut 1: lost".into());
        assert!(!held(&state) && state.report().contains("FAILED: cut 1: lost"));
    }
}
