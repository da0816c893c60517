//! Which impressions are compared: as in the Fingerprint Verification Competitions (FVC).

/// Which impressions of different fingers are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Impostors {
    /// The first impression of each finger with the first of each later finger.
    First,
    /// Every impression of each finger with every impression of each later finger.
    All,
}

/// A probe, and the template that it is compared with: the earlier of the two, as it would
/// have been enrolled.
type Pair<'a, T> = (&'a T, &'a T);

/// Each impression with each later one of the same finger.
pub fn genuine<'a, T>(fingers: &[Vec<&'a T>]) -> Vec<Pair<'a, T>> {
    let mut pairs = Vec::new();
    for finger in fingers {
        for (index, template) in finger.iter().enumerate() {
            pairs.extend(
                finger
                    .iter()
                    .skip(index + 1)
                    .map(|probe| (*probe, *template)),
            );
        }
    }
    pairs
}

/// Impressions of different fingers. The first of a finger is the first that was acquired.
pub fn impostor<'a, T>(fingers: &[Vec<&'a T>], impostors: Impostors) -> Vec<Pair<'a, T>> {
    let used = |finger: &[&'a T]| match impostors {
        Impostors::First => 1,
        Impostors::All => finger.len(),
    };
    let mut pairs = Vec::new();
    for (index, finger) in fingers.iter().enumerate() {
        for template in finger.iter().take(used(finger)) {
            for other in fingers.iter().skip(index + 1) {
                pairs.extend(
                    other
                        .iter()
                        .take(used(other))
                        .map(|probe| (*probe, *template)),
                );
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINGERS: [&[&str]; 3] = [&["a1", "a2", "a3"], &["b1", "b2"], &["c1"]];

    fn fingers() -> Vec<Vec<&'static &'static str>> {
        FINGERS
            .iter()
            .map(|finger| finger.iter().collect())
            .collect()
    }

    fn named(pairs: Vec<Pair<&str>>) -> Vec<String> {
        pairs
            .into_iter()
            .map(|(probe, template)| format!("{probe}-{template}"))
            .collect()
    }

    #[test]
    fn impressions_of_a_finger_are_compared_once() {
        assert_eq!(
            named(genuine(&fingers())),
            ["a2-a1", "a3-a1", "a3-a2", "b2-b1"]
        );
    }

    #[test]
    fn impostors_are_of_two_fingers() {
        let first = impostor(&fingers(), Impostors::First);
        assert_eq!(named(first), ["b1-a1", "c1-a1", "c1-b1"]);
        let all = named(impostor(&fingers(), Impostors::All));
        assert_eq!(all.len(), 3 * 2 + 3 + 2);
        assert!(all.iter().all(|pair| pair[..1] != pair[3..4]));
    }

    #[test]
    fn a_competition_of_100_fingers_with_8_impressions_has_its_numbers() {
        let fingers = vec![vec![&(); 8]; 100];
        assert_eq!(genuine(&fingers).len(), 2800);
        assert_eq!(impostor(&fingers, Impostors::First).len(), 4950);
    }
}
