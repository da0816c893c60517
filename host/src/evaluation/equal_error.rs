//! The equal error rate.

use super::rates::Interval;
use super::scores::OperatingPoint;

/// Where FMR and FNMR are the same, or the bracket where they cross between two thresholds,
/// as the Fingerprint Verification Competitions have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EqualErrorRate {
    /// The lower of both rates, at the threshold beside the crossing where their sum is less.
    pub low: f64,
    /// The upper: the same as the lower where they are equal.
    pub high: f64,
    /// From this threshold on FNMR is not below FMR.
    pub threshold: u32,
    /// Where the lower limits of both rates cross, and the upper limits.
    pub limits: Interval,
}

impl EqualErrorRate {
    /// The middle of the bracket.
    pub fn rate(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    /// Of points with ascending thresholds, of which the last matches nothing.
    pub(super) fn of(points: &[OperatingPoint]) -> Self {
        let rates = |point: &OperatingPoint| (point.fmr.rate(), point.fnmr.rate());
        let sum = |point: &OperatingPoint| point.fmr.rate() + point.fnmr.rate();
        let at = points.partition_point(|point| point.fnmr.rate() < point.fmr.rate());
        let crossing = &points[at];
        let before = &points[at.saturating_sub(1)];
        let (fmr, fnmr) = rates(crossing);
        let (fmr, fnmr) = if fmr != fnmr && sum(before) <= sum(crossing) {
            rates(before)
        } else {
            (fmr, fnmr)
        };
        Self {
            low: fmr.min(fnmr),
            high: fmr.max(fnmr),
            threshold: crossing.threshold,
            limits: limits(points),
        }
    }
}

fn limits(points: &[OperatingPoint]) -> Interval {
    let all = Interval {
        low: 1.0,
        high: 1.0,
    };
    points.iter().fold(all, |least, point| {
        let (fmr, fnmr) = (point.fmr.interval(), point.fnmr.interval());
        Interval {
            low: least.low.min(fmr.low.max(fnmr.low)),
            high: least.high.min(fmr.high.max(fnmr.high)),
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::evaluation::Scores;

    fn scores(genuine: &[u32], impostor: &[u32]) -> Scores {
        let known = |scores: &[u32]| scores.iter().copied().map(Some).collect();
        Scores::new(known(genuine), known(impostor))
    }

    #[test]
    fn scores_apart_have_none() {
        let eer = scores(&[60, 70, 80], &[5, 10, 15, 20]).equal_error_rate();
        assert_eq!((eer.low, eer.high, eer.threshold), (0.0, 0.0, 21));
        assert_eq!(eer.limits.low, 0.0);
        // The upper limit of 0 of 3.
        assert!((eer.limits.high - 0.707_598).abs() < 1e-6);
    }

    #[test]
    fn equal_rates_are_found() {
        // From 31 on one of four genuine, and two of eight impostors, are wrong.
        let eer = scores(&[30, 60, 60, 60], &[1, 1, 1, 1, 1, 1, 40, 50]).equal_error_rate();
        assert_eq!((eer.low, eer.high, eer.threshold), (0.25, 0.25, 31));
    }

    #[test]
    fn rates_that_cross_between_two_thresholds_give_a_bracket() {
        // Up to 30 FMR is 1/2 and FNMR 0; from 31 on FMR is 0 and FNMR 1/5.
        let eer = scores(&[30, 60, 60, 60, 60], &[1, 30]).equal_error_rate();
        assert_eq!((eer.low, eer.high, eer.threshold), (0.0, 0.2, 31));
        assert!((eer.rate() - 0.1).abs() < 1e-12);
        // With half of the genuine scores at 30, both sides are as good; FVC takes the first.
        let eer = scores(&[30, 60], &[1, 1, 1, 30]).equal_error_rate();
        assert_eq!((eer.low, eer.high, eer.threshold), (0.0, 0.25, 31));
    }

    #[test]
    fn a_matcher_that_is_always_wrong_is_told() {
        let eer = scores(&[1, 2], &[50, 60]).equal_error_rate();
        assert_eq!((eer.low, eer.high), (1.0, 1.0));
        let eer = Scores::new(vec![None], vec![None]).equal_error_rate();
        assert_eq!((eer.low, eer.high, eer.threshold), (0.0, 1.0, 0));
    }
}
