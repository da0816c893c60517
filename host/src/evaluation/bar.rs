//! What Android asks of a fingerprint sensor.

use super::rates::Interval;

/// The greatest false acceptance rate.
pub const GREATEST_FAR: f64 = 1.0 / 50_000.0;
/// The false rejection rate must be below.
pub const LEAST_BAD_FRR: f64 = 0.1;

/// Whether a rate is within the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its upper limit is.
    Met,
    /// Its lower limit is not.
    Missed,
    /// The bar is between its limits.
    TooFewToSay,
}

impl Verdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met on these images",
            Self::Missed => "missed on these images",
            Self::TooFewToSay => "too few to say",
        }
    }

    /// Of a false acceptance rate.
    pub fn of_far(limits: Interval) -> Self {
        Self::of(limits.high <= GREATEST_FAR, limits.low > GREATEST_FAR)
    }

    /// Of a false rejection rate.
    pub fn of_frr(limits: Interval) -> Self {
        Self::of(limits.high < LEAST_BAD_FRR, limits.low >= LEAST_BAD_FRR)
    }

    fn of(met: bool, missed: bool) -> Self {
        match (met, missed) {
            (true, _) => Self::Met,
            (_, true) => Self::Missed,
            _ => Self::TooFewToSay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rates::Proportion;
    use super::*;

    fn limits(errors: usize, trials: usize) -> Interval {
        Proportion { errors, trials }.interval()
    }

    #[test]
    fn a_bar_is_met_or_missed_by_a_set_that_is_large_enough() {
        for (errors, trials, verdict) in [
            (0, 4950, Verdict::TooFewToSay),
            (1, 4950, Verdict::TooFewToSay),
            (2, 4950, Verdict::Missed),
            (0, 150_000, Verdict::TooFewToSay),
            (0, 200_000, Verdict::Met),
            (20, 200_000, Verdict::Missed),
        ] {
            assert_eq!(Verdict::of_far(limits(errors, trials)), verdict, "{errors}");
        }
        for (errors, trials, verdict) in [
            (0, 2, Verdict::TooFewToSay),
            (0, 50, Verdict::Met),
            (280, 2800, Verdict::TooFewToSay),
            (400, 2800, Verdict::Missed),
        ] {
            assert_eq!(Verdict::of_frr(limits(errors, trials)), verdict, "{errors}");
        }
    }
}
