//! What was measured, and how little it may prove.

use super::percent::{counted, percent, with_limits};
use std::fmt;
use touchseal::evaluation::bar::{GREATEST_FAR, Verdict};
use touchseal::evaluation::matcher::THRESHOLD;
use touchseal::evaluation::rates::{
    CONFIDENCE, Interval, Proportion, smallest_supported, trials_to_support,
};
use touchseal::evaluation::{EqualErrorRate, Evaluation, Impostors, OperatingPoint, Unusable};
use touchseal::proto::message::MAX_FINGERS;
use touchseal_core::fingerprint::template::MAX_VIEWS as IMPRESSIONS;

/// So many files are named to a person; all of them to a machine.
const NAMED: usize = 10;

/// Limits further apart than this prove nothing.
const WIDE: f64 = 0.1;

pub struct Report<'a> {
    pub(super) evaluation: &'a Evaluation,
    pub(super) impostors: Impostors,
    pub(super) point: OperatingPoint,
    pub(super) eer: EqualErrorRate,
}

impl<'a> Report<'a> {
    pub fn new(evaluation: &'a Evaluation, impostors: Impostors, threshold: u32) -> Self {
        Self {
            evaluation,
            impostors,
            point: evaluation.scores.at(threshold),
            eer: evaluation.scores.equal_error_rate(),
        }
    }

    pub(super) fn far(&self) -> (f64, Interval) {
        self.evaluation.far(self.point.threshold)
    }

    pub(super) fn frr(&self) -> (f64, Interval) {
        self.evaluation.frr(self.point.threshold)
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let [genuine_cannot_tell, impostor_cannot_tell] = self.evaluation.scores.cannot_tell();
        let (fnmr, fmr) = (self.point.fnmr, self.point.fmr);
        let impostors = match self.impostors {
            Impostors::First => "first impressions",
            Impostors::All => "all impressions",
        };
        let (far, frr, eer) = (self.far(), self.frr(), self.eer);
        let of = match self.point.threshold {
            THRESHOLD => "the trusted application's".to_owned(),
            _ => format!("the trusted application's is {THRESHOLD}"),
        };
        let bracket = match eer.low == eer.high {
            true => String::new(),
            false => format!(", between {} and {}", percent(eer.low), percent(eer.high)),
        };
        vec![
            ("fingers", self.evaluation.fingers.to_string()),
            ("impressions", self.evaluation.impressions.to_string()),
            ("FTA", counted(self.evaluation.fta())),
            (
                "genuine",
                format!(
                    "{} compared, of which {genuine_cannot_tell} cannot tell",
                    fnmr.trials
                ),
            ),
            (
                "impostor",
                format!(
                    "{} compared ({impostors}), of which {impostor_cannot_tell} cannot tell",
                    fmr.trials
                ),
            ),
            ("threshold", format!("{}: {of}", self.point.threshold)),
            ("FNMR", counted(fnmr)),
            ("FMR", counted(fmr)),
            (
                "FRR",
                format!("{}: FTA + FNMR * (1 - FTA)", with_limits(frr)),
            ),
            ("FAR", format!("{}: FMR * (1 - FTA)", with_limits(far))),
            (
                "EER",
                format!(
                    "{}{bracket}, at threshold {}",
                    with_limits((eer.rate(), eer.limits)),
                    eer.threshold
                ),
            ),
            (
                "Android's bar, of one comparison",
                format!(
                    "FAR <= 1/50,000: {}; FRR < 10 %: {}",
                    Verdict::of_far(far.1).name(),
                    Verdict::of_frr(frr.1).name()
                ),
            ),
        ]
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (kind, name, proportion) in [
            ("genuine", "FNMR", self.point.fnmr),
            ("impostor", "FMR", self.point.fmr),
        ] {
            let Interval { low, high } = proportion.interval();
            if high - low > WIDE {
                let Proportion { errors, trials } = proportion;
                let comparisons = match trials {
                    1 => format!("1 {kind} comparison proves"),
                    _ => format!("{trials} {kind} comparisons prove"),
                };
                notes.push(format!(
                    "{comparisons} nothing about {name}: {errors} of {trials} wrong means {} to {} \
                     ({})",
                    percent(low),
                    percent(high),
                    percent(CONFIDENCE)
                ));
            }
        }
        let impostors = self.point.fmr.trials;
        notes.push(format!(
            "The number of impostor comparisons supports no FMR below {} (3/{impostors}), even if none was wrong (rule of three)",
            percent(smallest_supported(impostors))
        ));
        if Verdict::of_far(self.far().1) == Verdict::TooFewToSay {
            notes.push(format!(
                "Android's FAR takes at least {} impostor comparisons without an error",
                trials_to_support(GREATEST_FAR)
            ));
        }
        notes.push(format!(
            "FAR and FRR are of one comparison. The trusted application compares an attempt with \
             the {IMPRESSIONS} impressions of each of up to {MAX_FINGERS} fingers, and takes one \
             match: it accepts a wrong finger up to {} times as often, and refuses the right one \
             less often",
            IMPRESSIONS * MAX_FINGERS
        ));
        notes.push(
            "Comparisons that share a finger are not independent: the true limits are wider".into(),
        );
        notes
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.rows() {
            writeln!(f, "{name:<15} {value}")?;
        }
        writeln!(
            f,
            "in brackets: limits of {} % confidence",
            CONFIDENCE * 100.0
        )?;
        name_files(
            f,
            "failures to acquire",
            &self.evaluation.failures_to_acquire,
        )?;
        name_files(f, "left out", &self.evaluation.left_out)?;
        writeln!(f)?;
        self.notes()
            .iter()
            .try_for_each(|note| writeln!(f, "{note}."))
    }
}

fn name_files(f: &mut fmt::Formatter<'_>, what: &str, files: &[Unusable]) -> fmt::Result {
    if files.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{what}: {}", files.len())?;
    for file in files.iter().take(NAMED) {
        writeln!(f, "  {file}")?;
    }
    match files.len().checked_sub(NAMED) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(f, "  and {more} more: --json names them all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use touchseal::evaluation::Scores;

    fn evaluation(genuine: &[u32], impostor: &[u32]) -> Evaluation {
        let known = |scores: &[u32]| scores.iter().copied().map(Some).collect();
        Evaluation {
            fingers: 2,
            impressions: 4,
            failures_to_acquire: vec![Unusable {
                file: "1_3\u{1b}.png".into(),
                reason: "not an image".into(),
            }],
            left_out: Vec::new(),
            scores: Scores::new(known(genuine), known(impostor)),
        }
    }

    #[test]
    fn a_tiny_set_is_told_to_prove_nothing() {
        let evaluation = evaluation(&[104, 102], &[19]);
        let report = Report::new(&evaluation, Impostors::First, THRESHOLD);
        let text = report.to_string();
        for sentence in [
            "2 genuine comparisons prove nothing about FNMR: 0 of 2 wrong means 0 % to 84.2 % (95 %).",
            "1 impostor comparison proves nothing about FMR: 0 of 1 wrong means 0 % to 97.5 % (95 %).",
            "FAR <= 1/50,000: too few to say; FRR < 10 %: too few to say",
            "supports no FMR below 100 % (3/1)",
            "are not independent",
        ] {
            assert!(text.contains(sentence), "{text}");
        }
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_failure_to_acquire_is_a_false_reject() {
        let evaluation = evaluation(&[10, 60], &[5, 50]);
        let json = Report::new(&evaluation, Impostors::First, THRESHOLD).to_json();
        assert_eq!(json["fta"]["rate"], 0.25);
        assert_eq!(json["fnmr"]["rate"], 0.5);
        assert_eq!(json["frr"]["rate"], 0.25 + 0.5 * 0.75);
        assert_eq!(json["far"]["rate"], 0.5 * 0.75);
        let other = Report::new(&evaluation, Impostors::First, 55).to_json();
        assert_eq!(other["fmr"]["errors"], 0);
        assert_eq!(other["ta_threshold"], 40);
    }

    #[test]
    fn a_large_set_is_not_told_to_prove_nothing() {
        let evaluation = evaluation(&[100; 2800], &[5; 200_000]);
        let report = Report::new(&evaluation, Impostors::All, THRESHOLD);
        let notes = report.notes().join(" ");
        assert!(
            !notes.contains("nothing") && !notes.contains("Android"),
            "{notes}"
        );
        assert_eq!(report.to_json()["android"]["far"], "met on these images");
    }
}
