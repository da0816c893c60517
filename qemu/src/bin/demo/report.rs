//! What was done, how long it took, and how many authenticated RPMB writes it cost.

use std::time::Duration;

/// The sum so far. Each step is printed as it happens.
#[derive(Default)]
pub struct Report {
    steps: usize,
    elapsed: Duration,
    writes: u64,
}

impl Report {
    pub fn new() -> Self {
        println!("\n  {:<34} {:>7}  {:>11}  ", "step", "time", "RPMB writes");
        Self::default()
    }

    pub fn add(&mut self, step: &str, outcome: &str, elapsed: Duration, writes: Option<u64>) {
        println!(
            "  {step:<34} {:>5.2} s  {:>11}  {outcome}",
            elapsed.as_secs_f64(),
            writes.map_or("-".into(), |writes| writes.to_string()),
        );
        self.steps += 1;
        self.elapsed += elapsed;
        self.writes += writes.unwrap_or(0);
    }

    /// The whole, in a line.
    pub fn total(&self) -> String {
        let (steps, seconds) = (self.steps, self.elapsed.as_secs_f64());
        format!(
            "{steps} steps, {seconds:.1} s, {} authenticated RPMB writes",
            self.writes
        )
    }
}
