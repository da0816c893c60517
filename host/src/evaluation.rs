//! How often the fingerprint matcher is wrong, measured over a person's own images, in the terms
//! of ISO/IEC 19795-1.
//!
//! ```no_run
//! use std::path::Path;
//! use touchseal::evaluation::matcher::THRESHOLD;
//! use touchseal::evaluation::{Evaluation, Impostors, Progress};
//!
//! struct Quiet;
//! impl Progress for Quiet {
//!     fn begin(&self, _: &'static str, _: usize) {}
//!     fn step(&self) {}
//! }
//!
//! # fn main() -> anyhow::Result<()> {
//! let found = Evaluation::of(Path::new("FVC2002/DB1_A"), Impostors::First, &Quiet)?;
//! let (rate, _) = found.frr(THRESHOLD);
//! println!("{} fingers, FRR {rate}", found.fingers);
//! # Ok(())
//! # }
//! ```

mod acquisition;
pub mod bar;
mod dataset;
pub mod det;
mod equal_error;
pub mod matcher;
mod parallel;
mod protocol;
pub mod rates;
mod scores;

pub use dataset::Unusable;
pub use equal_error::EqualErrorRate;
pub use parallel::Progress;
pub use protocol::Impostors;
pub use scores::{OperatingPoint, Scores};

use anyhow::{Result, bail};
use dataset::Dataset;
use parallel::map;
use rates::{Interval, Proportion};
use std::path::Path;

/// What came of every image and every comparison.
pub struct Evaluation {
    /// How many fingers the folder has images of.
    pub fingers: usize,
    /// How many images.
    pub impressions: usize,
    /// The images that no template could be made of.
    pub failures_to_acquire: Vec<Unusable>,
    /// The files that are not taken for an impression at all.
    pub left_out: Vec<Unusable>,
    /// How the comparisons came out.
    pub scores: Scores,
}

impl Evaluation {
    /// Compares the images of `folder`.
    pub fn of(folder: &Path, impostors: Impostors, progress: &dyn Progress) -> Result<Self> {
        let dataset = Dataset::read(folder)?;
        let images: Vec<_> = dataset.impressions().collect();
        let templates = map("minutiae", &images, progress, |image| {
            acquisition::template(&image.path)
        });

        let mut failures_to_acquire = Vec::new();
        let mut acquired = Vec::new();
        for (image, template) in images.iter().zip(&templates) {
            match template {
                Ok(template) => acquired.push((image.finger.as_str(), template)),
                Err(reason) => {
                    failures_to_acquire.push(Unusable::new(&image.path, format!("{reason:#}")));
                }
            }
        }
        let fingers: Vec<_> = acquired
            .chunk_by(|a, b| a.0 == b.0)
            .map(|finger| finger.iter().map(|(_, template)| *template).collect())
            .collect();
        let genuine = protocol::genuine(&fingers);
        let impostor = protocol::impostor(&fingers, impostors);
        for (pairs, missing) in [
            (&genuine, "a finger with two impressions"),
            (&impostor, "impressions of two fingers"),
        ] {
            if pairs.is_empty() {
                bail!(
                    "nothing to compare: {missing} could be acquired nowhere{}",
                    reasons(&failures_to_acquire)
                );
            }
        }
        let compare = |what, pairs: &[_]| {
            map(what, pairs, progress, |&(probe, template)| {
                matcher::score(probe, template)
            })
        };
        Ok(Self {
            fingers: dataset.fingers(),
            impressions: images.len(),
            failures_to_acquire,
            left_out: dataset.left_out,
            scores: Scores::new(
                compare("genuine comparisons", &genuine),
                compare("impostor comparisons", &impostor),
            ),
        })
    }

    /// Failure to acquire: images that gave no template.
    pub fn fta(&self) -> Proportion {
        Proportion {
            errors: self.failures_to_acquire.len(),
            trials: self.impressions,
        }
    }

    /// False rejects of attempts: FTA + FNMR * (1 - FTA). The limits are the ones of both
    /// together, which is on the safe side.
    pub fn frr(&self, threshold: u32) -> (f64, Interval) {
        let (fta, fnmr) = (self.fta(), self.scores.at(threshold).fnmr);
        let frr = |fta: f64, fnmr: f64| fta + fnmr * (1.0 - fta);
        let (a, b) = (fta.interval(), fnmr.interval());
        let interval = Interval {
            low: frr(a.low, b.low),
            high: frr(a.high, b.high),
        };
        (frr(fta.rate(), fnmr.rate()), interval)
    }

    /// False accepts of attempts: FMR * (1 - FTA), with limits as [`Self::frr`] has them.
    pub fn far(&self, threshold: u32) -> (f64, Interval) {
        let (fta, fmr) = (self.fta(), self.scores.at(threshold).fmr);
        let far = |fta: f64, fmr: f64| fmr * (1.0 - fta);
        let (a, b) = (fta.interval(), fmr.interval());
        let interval = Interval {
            low: far(a.high, b.low),
            high: far(a.low, b.high),
        };
        (far(fta.rate(), fmr.rate()), interval)
    }
}

fn reasons(failures: &[Unusable]) -> String {
    failures
        .iter()
        .take(5)
        .map(|failure| format!("\n  {failure}"))
        .collect()
}
