//! What was done, how long it took, and how many authenticated RPMB writes it cost.

use std::time::Duration;

struct Row {
    step: String,
    outcome: String,
    elapsed: Duration,
    writes: Option<u64>,
}

/// The rows so far. Each is also printed as it happens.
pub struct Report(Vec<Row>);

impl Report {
    pub fn new() -> Self {
        println!("\n  {:<34} {:>7}  {:>11}  ", "step", "time", "RPMB writes");
        Self(Vec::new())
    }

    pub fn add(&mut self, step: &str, outcome: &str, elapsed: Duration, writes: Option<u64>) {
        let row = Row {
            step: step.into(),
            outcome: outcome.into(),
            elapsed,
            writes,
        };
        println!(
            "  {:<34} {:>5.2} s  {:>11}  {}",
            row.step,
            row.elapsed.as_secs_f64(),
            row.writes.map_or("-".into(), |writes| writes.to_string()),
            row.outcome
        );
        self.0.push(row);
    }

    /// The whole, in a line.
    pub fn total(&self) -> String {
        let elapsed: Duration = self.0.iter().map(|row| row.elapsed).sum();
        let writes: u64 = self.0.iter().filter_map(|row| row.writes).sum();
        format!(
            "{} steps, {:.1} s, {writes} authenticated RPMB writes",
            self.0.len(),
            elapsed.as_secs_f64()
        )
    }
}
