//! What a run has shown: for a person, and for a machine.

use crate::drift::Drift;
use crate::guest::Counted;
use crate::seen::{InUse, Paid, Seen};
use crate::wear::Wear;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::time::Duration;

/// What grows by more than the smallest allocation a payment is a leak, if it is more than
/// comes and goes.
const LEAK: f64 = 16.0;
const COMES_AND_GOES: f64 = 1024.0 * 1024.0;
/// Of the secure world, whose heaps are smaller: half of the payment TA's.
const COMES_AND_GOES_SECURE: f64 = 64.0 * 1024.0;
/// After so many payments its memory has been used once, as far as it ever is at once.
const USED_ONCE_SECURE: usize = 200;

/// The steps of a payment, and all of it.
const STEPS: [&str; 4] = ["begin", "touch", "finish", "payment"];
const QUANTILES: [(&str, f64); 2] = [("median", 0.5), ("99 %", 0.99)];

pub struct Report {
    pub took: Duration,
    drifts: Vec<(&'static str, &'static str, Option<Drift>)>,
    /// What grew, and by how many bytes over how many payments.
    growth: Vec<Growth>,
}

struct Growth {
    name: &'static str,
    comes_and_goes: f64,
    bytes: f64,
    paid: usize,
}

fn step(number: usize, paid: &Paid) -> f64 {
    match paid.steps.get(number) {
        Some(step) => *step,
        None => paid.steps.iter().sum(),
    }
}

impl Growth {
    /// From the second look on, which is after `used_once` payments at the least: before,
    /// something is used for the first time.
    fn of<T>(
        name: &'static str,
        comes_and_goes: f64,
        used_once: usize,
        looks: &[T],
        paid: fn(&T) -> usize,
        bytes: fn(&T) -> f64,
    ) -> Self {
        let first = looks.iter().skip(1).find(|look| paid(look) >= used_once);
        let (bytes, paid) = match (first, looks.last()) {
            (Some(first), Some(last)) => (
                bytes(last) - bytes(first),
                paid(last).saturating_sub(paid(first)),
            ),
            _ => (0.0, 0),
        };
        Self {
            name,
            comes_and_goes,
            bytes,
            paid,
        }
    }

    /// Whether it was looked at twice.
    fn is_measured(&self) -> bool {
        self.paid > 0
    }

    fn is_leak(&self) -> bool {
        self.bytes >= self.comes_and_goes && self.bytes >= LEAK * self.paid as f64
    }
}

impl Report {
    pub fn of(seen: &Seen, took: Duration) -> Self {
        let mut drifts = Vec::new();
        for (number, name) in STEPS.into_iter().enumerate() {
            let times: Vec<_> = seen
                .paid
                .iter()
                .map(|paid| (paid.at, step(number, paid)))
                .collect();
            for (said, quantile) in QUANTILES {
                drifts.push((name, said, Drift::of(&times, quantile, &seen.work)));
            }
        }
        let in_use = |name, bytes: fn(&InUse) -> f64| {
            Growth::of(
                name,
                COMES_AND_GOES,
                0,
                &seen.in_use,
                |look| look.paid,
                bytes,
            )
        };
        let growth = vec![
            in_use("clients' memory", |look| 1024.0 * look.clients as f64),
            in_use("kernel's objects", |look| 1024.0 * look.kernel as f64),
            in_use("normal world", |look| -1024.0 * look.free as f64),
            Growth::of(
                "secure world",
                COMES_AND_GOES_SECURE,
                USED_ONCE_SECURE,
                &seen.secure,
                |look| look.0,
                |look| look.1 as f64,
            ),
        ];
        Self {
            took,
            drifts,
            growth,
        }
    }

    /// Refuses a run in which something grows, in time or in memory. Says whether all was
    /// measured that might.
    pub fn check(&self) -> Result<bool> {
        for (step, quantile, drift) in &self.drifts {
            if let Some(drift) = drift.filter(Drift::is_one) {
                bail!("{step} takes longer and longer ({quantile}): {drift:?}");
            }
        }
        if let Some(leak) = self.growth.iter().find(|growth| growth.is_leak()) {
            bail!(
                "{}: {} bytes more after {} payments",
                leak.name,
                leak.bytes,
                leak.paid
            );
        }
        Ok(self.drifts.iter().all(|(_, _, drift)| drift.is_some())
            && self.growth.iter().all(Growth::is_measured))
    }

    pub fn print(&self, seen: &Seen) {
        let paid = seen.paid.len();
        println!(
            "\n{paid} payments verified in {} s, {:.2} a second; {} clients killed while they paid and replaced; \
             {} steps asked again because of others, {} fingers not recognized",
            self.took.as_secs(),
            paid as f64 / self.took.as_secs_f64(),
            seen.killed,
            seen.again,
            seen.wrong_fingers
        );
        println!(
            "\n  {:<10} {:<8} {:>14} {:>14} {:>8} {:>8}",
            "", "", "first tenth", "last tenth", "ratio", "trend"
        );
        for (step, quantile, drift) in &self.drifts {
            match drift {
                Some(drift) => println!(
                    "  {step:<10} {quantile:<8} {:>11.1} ms {:>11.1} ms {:>8.2} {:>8.1}",
                    drift.first / 1000.0,
                    drift.last / 1000.0,
                    drift.ratio,
                    drift.z
                ),
                None => println!("  {step:<10} {quantile:<8} too little to say"),
            }
        }
        println!(
            "  ratio: the last tenth to the first, each against the same little work at the time; trend: Kendall's, in\n  \
             standard deviations of chance. More than 1.1 and 3 together are a drift."
        );
        println!();
        for of in &self.growth {
            if !of.is_measured() {
                println!("  {:<18} too little to say", of.name);
                continue;
            }
            println!(
                "  {:<18} {:>+9.1} KiB over {} payments",
                of.name,
                of.bytes / 1024.0,
                of.paid
            );
        }
    }

    pub fn json(&self, seen: &Seen, counted: Option<&Counted>, wear: Option<&Wear>) -> Value {
        let drifts = self.drifts.iter().map(|(step, quantile, drift)| {
            let drift = drift.map(|drift| {
                json!({
                    "first_micros": drift.first,
                    "last_micros": drift.last,
                    "ratio": drift.ratio,
                    "trend": drift.z,
                    "drifts": drift.is_one(),
                })
            });
            json!({ "step": step, "quantile": quantile, "drift": drift })
        });
        let growth = self
            .growth
            .iter()
            .map(|of| json!({ "of": of.name, "bytes": of.bytes, "payments": of.paid }));
        let in_use = seen.in_use.iter().map(|look| {
            json!({ "payments": look.paid, "clients_kib": look.clients, "kernel_kib": look.kernel, "free_kib": look.free })
        });
        let secure = seen
            .secure
            .iter()
            .map(|(paid, bytes)| json!({ "payments": paid, "used_once_bytes": bytes }));
        json!({
            "payments": seen.paid.len(),
            "seconds": self.took.as_secs_f64(),
            "killed": seen.killed,
            "asked_again": seen.again,
            "fingers_not_recognized": seen.wrong_fingers,
            "latency": drifts.collect::<Value>(),
            "growth": growth.collect::<Value>(),
            // Null where too little was measured to say.
            "nothing_grows": self.check().map_or(Some(false), |all| all.then_some(true)),
            "memory": in_use.collect::<Value>(),
            "secure_memory": secure.collect::<Value>(),
            "counter": counted.map(|counted| json!({ "before": counted.before, "after": counted.after })),
            "rpmb_writes": counted.map(|counted| counted.writes),
            "wear": wear.map(Wear::json),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_is_what_grows_with_each_payment() {
        let over_payments = |each: u64, once: u64| {
            let used = |paid: u64| once * paid.min(150) + each * paid;
            let looks: Vec<_> = (0..=40)
                .map(|nth| (nth as usize * 50, used(nth * 50)))
                .collect();
            Growth::of(
                "",
                COMES_AND_GOES_SECURE,
                USED_ONCE_SECURE,
                &looks,
                |look| look.0,
                |look| look.1 as f64,
            )
            .is_leak()
        };
        // What everything takes that is used for the first time is none.
        assert!(!over_payments(0, 1 << 20));
        assert!(!over_payments(8, 0));
        assert!(over_payments(64, 0));
    }

    #[test]
    fn that_nothing_grows_is_said_of_what_was_measured() {
        let some = Drift {
            first: 1.0,
            last: 1.0,
            ratio: 1.0,
            z: 0.0,
        };
        let report = |drift, bytes, paid| Report {
            took: Duration::ZERO,
            drifts: vec![("", "", drift)],
            growth: vec![Growth {
                name: "",
                comes_and_goes: 1.0,
                bytes,
                paid,
            }],
        };
        for (report, said) in [
            (report(Some(some), 0.0, 1), json!(true)),
            (report(None, 0.0, 1), Value::Null),
            (report(Some(some), 0.0, 0), Value::Null),
            (report(None, 16.0, 1), json!(false)),
        ] {
            let json = report.json(&Seen::default(), None, None);
            assert_eq!(json["nothing_grows"], said);
        }
    }
}
