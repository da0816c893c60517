//! Whether something takes longer and longer.

/// A run is looked at in so many parts, one after the other.
const PARTS: usize = 20;
/// With fewer measured in each, who begins alone is faster than all at once later.
const FEWEST: usize = 10;
/// So many of them are the first tenth, and the last.
const TENTH: usize = PARTS / 10;
/// Kendall's rank correlation with time, in standard deviations, from which on it is no chance.
const SIGNIFICANT: f64 = 3.0;
/// Of less than this nobody would notice anything.
const NOTICED: f64 = 1.1;

/// How long something took in the first and the last tenth of a run, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    pub first: f64,
    pub last: f64,
    /// The last to the first, each as a multiple of what the same work took of the machine at
    /// the time.
    pub ratio: f64,
    /// How the parts' order in time and in length agree, in standard deviations of chance.
    pub z: f64,
}

impl Drift {
    /// Of a quantile of what was measured, in the order of time. `work` is how long the same
    /// little work took, and when: who shares the machine makes both longer. None of too little.
    pub fn of(measured: &[(u64, f64)], quantile: f64, work: &[(u64, f64)]) -> Option<Self> {
        if measured.len() < PARTS * FEWEST {
            return None;
        }
        let parts: Vec<_> = (0..PARTS)
            .map(|part| {
                let bound = |part| measured.len() * part / PARTS;
                &measured[bound(part)..bound(part + 1)]
            })
            .collect();
        let lengths: Vec<_> = parts
            .iter()
            .map(|part| {
                let (begin, end) = (part.first()?.0, part.last()?.0);
                let meanwhile = work.iter().filter(|(at, _)| (begin..=end).contains(at));
                let usual = at(meanwhile.map(|(_, took)| *took).collect(), 0.5)
                    .or_else(|| at(work.iter().map(|(_, took)| *took).collect(), 0.5))?;
                Some(at(part.iter().map(|(_, took)| *took).collect(), quantile)? / usual)
            })
            .collect::<Option<_>>()?;
        let of_tenth = |parts: &[&[(u64, f64)]]| {
            at(
                parts.concat().into_iter().map(|(_, took)| took).collect(),
                quantile,
            )
        };
        let mean = |lengths: &[f64]| lengths.iter().sum::<f64>() / lengths.len() as f64;
        Some(Self {
            first: of_tenth(&parts[..TENTH])?,
            last: of_tenth(&parts[PARTS - TENTH..])?,
            ratio: mean(&lengths[PARTS - TENTH..]) / mean(&lengths[..TENTH]),
            z: kendall(&lengths),
        })
    }

    /// Longer and longer, by more than chance and by more than nothing.
    pub fn is_one(&self) -> bool {
        self.z > SIGNIFICANT && self.ratio > NOTICED
    }
}

/// The quantile of some lengths; None of none.
fn at(mut lengths: Vec<f64>, quantile: f64) -> Option<f64> {
    lengths.sort_by(f64::total_cmp);
    let last = lengths.len().checked_sub(1)?;
    lengths
        .get((last as f64 * quantile).round() as usize)
        .copied()
}

/// Kendall's S against no trend (Mann and Kendall's test), in standard deviations.
fn kendall(lengths: &[f64]) -> f64 {
    let pairs = lengths
        .iter()
        .enumerate()
        .flat_map(|(n, one)| lengths[n + 1..].iter().map(move |later| later - one));
    let agree: f64 = pairs
        .map(|rise| if rise == 0.0 { 0.0 } else { rise.signum() })
        .sum();
    let count = lengths.len() as f64;
    agree / (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(took: impl Fn(u64, &mut fastrand::Rng) -> f64) -> Vec<(u64, f64)> {
        let mut rng = fastrand::Rng::with_seed(7);
        (0..2000).map(|at| (at, took(at, &mut rng))).collect()
    }

    /// A tenth up or down by chance, a few four times as long.
    fn noise(rng: &mut fastrand::Rng) -> f64 {
        let outlier = if rng.u8(..) < 8 { 4.0 } else { 1.0 };
        outlier * (0.9 + 0.2 * rng.f64())
    }

    #[test]
    fn what_grows_is_told_from_noise() {
        let work = run(|_, _| 10.0);
        let steady = run(|_, rng| 1000.0 * noise(rng));
        let growing = run(|at, rng| (1000.0 + at as f64 / 5.0) * noise(rng));
        let shrinking = run(|at, rng| (1400.0 - at as f64 / 5.0) * noise(rng));
        for quantile in [0.5, 0.99] {
            let is_one = |run: &[_]| Drift::of(run, quantile, &work).unwrap().is_one();
            assert!(!is_one(&steady) && is_one(&growing) && !is_one(&shrinking));
        }
        let drift = Drift::of(&growing, 0.5, &work).unwrap();
        assert!((1.25..1.5).contains(&drift.ratio), "{drift:?}");
        assert!(
            (1.25..1.5).contains(&(drift.last / drift.first)),
            "{drift:?}"
        );
    }

    #[test]
    fn a_machine_that_has_less_time_for_everything_is_no_drift() {
        let busy = |at: u64| 1.0 + at as f64 / 1000.0;
        let work = run(|at, _| 10.0 * busy(at));
        let slower = run(|at, rng| 1000.0 * busy(at) * noise(rng));
        let drift = Drift::of(&slower, 0.5, &work).unwrap();
        assert!(
            !drift.is_one() && drift.last > 2.0 * drift.first,
            "{drift:?}"
        );
    }

    #[test]
    fn of_too_little_nothing_is_said() {
        let growing = run(|at, _| at as f64);
        assert_eq!(Drift::of(&growing[..199], 0.5, &growing), None);
        assert_eq!(Drift::of(&run(|_, _| 1.0), 0.5, &[]), None);
    }
}
