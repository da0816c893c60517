//! What operations cost that were acknowledged.

use crate::operation::Operation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Default, Serialize, Deserialize)]
struct Sum {
    time: Duration,
    writes: u64,
    count: u32,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Times(BTreeMap<Operation, Sum>);

impl Times {
    pub fn add(&mut self, operation: Operation, time: Duration, writes: u64) {
        let sum = self.0.entry(operation).or_default();
        sum.time += time;
        sum.writes += writes;
        sum.count += 1;
    }

    /// The mean. Before the first, a guess.
    pub fn mean(&self, operation: Operation) -> Duration {
        let sum = self.0.get(&operation);
        sum.map_or(Duration::from_millis(100), |sum| sum.time / sum.count)
    }

    /// The mean number of writes, rounded up. Before the first, a guess.
    pub fn writes(&self, operation: Operation) -> u64 {
        let sum = self.0.get(&operation);
        sum.map_or(8, |sum| sum.writes.div_ceil(sum.count.into()))
    }

    pub fn count(&self, operation: Operation) -> u32 {
        self.0.get(&operation).map_or(0, |sum| sum.count)
    }
}
