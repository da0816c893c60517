//! Error rates, and how far they may be from the truth.

use statrs::function::beta::beta_reg;

/// How sure the limits of an [`Interval`] are, if the trials are independent.
pub const CONFIDENCE: f64 = 0.95;

/// So many errors in so many trials, of which there is at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proportion {
    /// How many were wrong.
    pub errors: usize,
    /// Of how many.
    pub trials: usize,
}

/// Where a rate may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// From here.
    pub low: f64,
    /// To here.
    pub high: f64,
}

impl Proportion {
    /// The rate that was observed.
    pub fn rate(self) -> f64 {
        self.errors as f64 / self.trials as f64
    }

    /// The exact limits (Clopper-Pearson).
    pub fn interval(self) -> Interval {
        let (errors, rest) = (self.errors as f64, (self.trials - self.errors) as f64);
        let tail = (1.0 - CONFIDENCE) / 2.0;
        Interval {
            low: beta_quantile(tail, errors, rest + 1.0),
            high: beta_quantile(1.0 - tail, errors + 1.0, rest),
        }
    }
}

/// The smallest rate that so many trials without an error support: the rule of three.
pub fn smallest_supported(trials: usize) -> f64 {
    (3.0 / trials as f64).min(1.0)
}

/// How many trials without an error have `rate` as their upper limit.
pub fn trials_to_support(rate: f64) -> usize {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    (tail.ln() / (-rate).ln_1p()).ceil() as usize
}

/// By bisection: the inverses that crates have do not come to an end for millions of trials.
fn beta_quantile(probability: f64, a: f64, b: f64) -> f64 {
    if a == 0.0 {
        return 0.0;
    }
    if b == 0.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0_f64, 1.0);
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        if beta_reg(a, b, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        let error = (found - expected).abs();
        assert!(error <= expected * 1e-6, "{found} is not {expected}");
    }

    fn check(errors: usize, trials: usize, low: f64, high: f64) {
        let interval = Proportion { errors, trials }.interval();
        close(interval.low, low);
        close(interval.high, high);
    }

    #[test]
    fn limits_are_the_published_ones() {
        check(0, 50, 0.0, 0.071_121_736);
        check(2, 100, 0.002_431_337, 0.070_383_932);
        check(50, 50, 0.928_878_264, 1.0);
        check(10, 20, 0.271_957_769, 0.728_042_231);
        check(0, 1, 0.0, 0.975);
        check(1, 1, 0.025, 1.0);
    }

    #[test]
    fn limits_of_extremes_have_closed_forms() {
        for trials in [1, 2, 60, 2800, 4950, 316_000, 10_000_000] {
            // 1 - tail^(1/n), without the cancellation.
            let high = -(0.025_f64.ln() / trials as f64).exp_m1();
            check(0, trials, 0.0, high);
            check(trials, trials, 1.0 - high, 1.0);
        }
    }

    #[test]
    fn limits_of_millions_of_trials_come_out() {
        let half = Proportion {
            errors: 5_000_000,
            trials: 10_000_000,
        };
        let interval = half.interval();
        // The normal approximation holds here.
        let spread = 1.959_964 * (0.25_f64 / 1e7).sqrt();
        assert!((interval.low - (0.5 - spread)).abs() < 1e-6);
        assert!((interval.high - (0.5 + spread)).abs() < 1e-6);
    }

    #[test]
    fn what_a_set_can_support_follows_from_its_size() {
        close(smallest_supported(4950), 3.0 / 4950.0);
        close(smallest_supported(1), 1.0);
        let trials = trials_to_support(1.0 / 50_000.0);
        let high = |trials| Proportion { errors: 0, trials }.interval().high;
        assert!(high(trials) <= 1.0 / 50_000.0 && high(trials - 1) > 1.0 / 50_000.0);
    }
}
