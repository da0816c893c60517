//! The scores of all comparisons, and the rates that a threshold gives.

use super::equal_error::EqualErrorRate;
use super::rates::Proportion;

/// In ascending order; "cannot tell", which no threshold matches, comes first.
pub struct Scores {
    genuine: Vec<Option<u32>>,
    impostor: Vec<Option<u32>>,
}

/// What a threshold comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatingPoint {
    /// A match is a score of this or more.
    pub threshold: u32,
    /// False match rate: impostor comparisons that match.
    pub fmr: Proportion,
    /// False non-match rate: genuine comparisons that do not.
    pub fnmr: Proportion,
}

impl Scores {
    /// Of one genuine and one impostor comparison at least.
    pub fn new(mut genuine: Vec<Option<u32>>, mut impostor: Vec<Option<u32>>) -> Self {
        genuine.sort_unstable();
        impostor.sort_unstable();
        Self { genuine, impostor }
    }

    /// How many genuine comparisons could not tell, and how many impostor comparisons.
    pub fn cannot_tell(&self) -> [usize; 2] {
        [&self.genuine, &self.impostor].map(|scores| below(scores, 0))
    }

    /// What `threshold` comes to.
    pub fn at(&self, threshold: u32) -> OperatingPoint {
        let impostors = self.impostor.len();
        OperatingPoint {
            threshold,
            fmr: Proportion {
                errors: impostors - below(&self.impostor, threshold),
                trials: impostors,
            },
            fnmr: Proportion {
                errors: below(&self.genuine, threshold),
                trials: self.genuine.len(),
            },
        }
    }

    /// Every threshold that comes to something else than the one before it.
    pub fn operating_points(&self) -> Vec<OperatingPoint> {
        let scores = self.genuine.iter().chain(&self.impostor).flatten();
        let mut thresholds: Vec<_> = scores.map(|score| score.saturating_add(1)).collect();
        thresholds.push(0);
        thresholds.sort_unstable();
        thresholds.dedup();
        thresholds
            .into_iter()
            .map(|threshold| self.at(threshold))
            .collect()
    }

    /// Where both rates are the same.
    pub fn equal_error_rate(&self) -> EqualErrorRate {
        EqualErrorRate::of(&self.operating_points())
    }
}

fn below(scores: &[Option<u32>], threshold: u32) -> usize {
    scores.partition_point(|score| *score < Some(threshold))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_at_the_threshold_is_a_match() {
        let scores = Scores::new(
            vec![Some(40), None, Some(39), Some(41)],
            vec![Some(40), Some(0), Some(39), None, Some(100)],
        );
        let point = scores.at(40);
        assert_eq!((point.fmr.errors, point.fmr.trials), (2, 5));
        assert_eq!((point.fnmr.errors, point.fnmr.trials), (2, 4));
        assert_eq!(scores.at(u32::MAX).fmr.errors, 0);
    }

    #[test]
    fn cannot_tell_is_no_match_at_any_threshold() {
        let scores = Scores::new(vec![None, Some(0)], vec![None, None, Some(0)]);
        assert_eq!(scores.cannot_tell(), [1, 2]);
        let point = scores.at(0);
        assert_eq!((point.fmr.errors, point.fnmr.errors), (1, 1));
    }

    #[test]
    fn operating_points_go_from_all_matches_to_none() {
        let scores = Scores::new(vec![Some(50), Some(20)], vec![Some(3), Some(20), Some(3)]);
        let points = scores.operating_points();
        let found: Vec<_> = points
            .iter()
            .map(|point| (point.threshold, point.fmr.errors, point.fnmr.errors))
            .collect();
        assert_eq!(found, [(0, 3, 0), (4, 1, 0), (21, 0, 1), (51, 0, 2)]);
    }
}
