//! The report for a machine.

use super::report::Report;
use serde_json::{Value, json};
use touchseal::evaluation::bar::Verdict;
use touchseal::evaluation::matcher::THRESHOLD;
use touchseal::evaluation::rates::{CONFIDENCE, Interval, Proportion, smallest_supported};
use touchseal::evaluation::{Impostors, Unusable};

impl Report<'_> {
    pub fn to_json(&self) -> Value {
        let [genuine_cannot_tell, impostor_cannot_tell] = self.evaluation.scores.cannot_tell();
        let (far, frr, eer) = (self.far(), self.frr(), self.eer);
        json!({
            "fingers": self.evaluation.fingers,
            "impressions": self.evaluation.impressions,
            "failures_to_acquire": files(&self.evaluation.failures_to_acquire),
            "left_out": files(&self.evaluation.left_out),
            "genuine": {
                "comparisons": self.point.fnmr.trials,
                "cannot_tell": genuine_cannot_tell,
            },
            "impostor": {
                "comparisons": self.point.fmr.trials,
                "cannot_tell": impostor_cannot_tell,
                "all": self.impostors == Impostors::All,
            },
            "confidence": CONFIDENCE,
            "threshold": self.point.threshold,
            "ta_threshold": THRESHOLD,
            "fta": proportion(self.evaluation.fta()),
            "fmr": proportion(self.point.fmr),
            "fnmr": proportion(self.point.fnmr),
            "far": rate(far),
            "frr": rate(frr),
            "eer": {
                "rate": eer.rate(),
                "bracket": [eer.low, eer.high],
                "threshold": eer.threshold,
                "low": eer.limits.low,
                "high": eer.limits.high,
            },
            "smallest_supported_fmr": smallest_supported(self.point.fmr.trials),
            "android": {
                "far": Verdict::of_far(far.1).name(),
                "frr": Verdict::of_frr(frr.1).name(),
            },
            "notes": self.notes(),
        })
    }
}

fn files(files: &[Unusable]) -> Vec<Value> {
    files
        .iter()
        .map(|file| json!({ "file": file.file, "reason": file.reason }))
        .collect()
}

fn proportion(proportion: Proportion) -> Value {
    let Interval { low, high } = proportion.interval();
    json!({
        "errors": proportion.errors,
        "trials": proportion.trials,
        "rate": proportion.rate(),
        "low": low,
        "high": high,
    })
}

fn rate((rate, limits): (f64, Interval)) -> Value {
    json!({ "rate": rate, "low": limits.low, "high": limits.high })
}
