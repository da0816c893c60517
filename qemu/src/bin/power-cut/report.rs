//! What came of the cuts, for a person and as JSON.

use crate::operation::{APPS, FACTORY, Operation};
use crate::state::{State, replace};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Where a cut came, and what became of what was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Outcome {
    /// Aimed at a write, or else at a time.
    pub at_write: bool,
    /// The operation, so many of its writes, and whether it was done all the same; None: nothing
    /// was interrupted.
    pub interrupted: Option<(Operation, u64, bool)>,
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
            if let Some((of, write, done)) = outcome.interrupted
                && of == operation
            {
                by_write.entry(write).or_default()[usize::from(done)] += count;
            }
        }
        by_write
    }
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
                        self.outcomes.count(|outcome| {
                            let interrupted = outcome.interrupted;
                            outcome.at_write == at_write
                                && interrupted
                                    .is_some_and(|(of, _, was)| of == operation && was == done)
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
        let [at_write, at_time] = [true, false].map(|at_write| {
            let between = |outcome: &Outcome| outcome.interrupted.is_none();
            self.outcomes
                .count(|outcome| outcome.at_write == at_write && between(outcome))
        });
        line(format_args!(
            "  {:<46}   {at_write:>14}   {at_time:>14}",
            "between operations"
        ));
        line(format_args!(
            "\nNothing acknowledged was lost, everything interrupted is there whole or not at all, \
             and no counter value is in two statements."
        ));
        text
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
            "between_operations": self.outcomes.count(|outcome| outcome.interrupted.is_none()),
            "operations": operations.collect::<Vec<_>>(),
        });
        replace(&folder.join("report.txt"), self.report().as_bytes())?;
        replace(
            &folder.join("report.json"),
            &serde_json::to_vec_pretty(&json)?,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_where_the_cuts_were() {
        let mut state = State {
            done: 3,
            ..State::default()
        };
        for (write, done) in [(0, false), (1, true), (1, true)] {
            state.outcomes.add(Outcome {
                at_write: true,
                interrupted: Some((Operation::Pay, write, done)),
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
}
