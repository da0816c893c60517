//! Scores are those of NIST's bozorth3, and of the crate that this one is a port of.

mod common;

use common::{again, finger, random};
use touchseal_bozorth3::{Limits, MatchError, Minutia, match_score};

const LIMITS: Limits = Limits::TRUSTED_APPLICATION;

fn upstream(probe: &[Minutia], gallery: &[Minutia]) -> u32 {
    let convert = |print: &[Minutia]| -> Vec<fprint_bozorth3::Minutia> {
        print.iter().map(|m| m.as_xyt().into()).collect()
    };
    fprint_bozorth3::match_score(&convert(probe), &convert(gallery))
}

fn assert_same(probe: &[Minutia], gallery: &[Minutia]) -> u32 {
    let score = match_score(probe, gallery, &LIMITS).unwrap();
    assert_eq!(score, upstream(probe, gallery));
    score
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// Where the reference itself reads an uninitialised variable, so that its score depends on the
/// build, by 1 (see upstream's `tests/golden.rs`).
const REFERENCE_UNSTABLE: [&str; 3] = ["jit_10s2", "jitedge_10s2", "jit_12s2"];

#[test]
fn nist_scores() {
    let prints: Vec<Vec<Minutia>> = lines(include_str!("golden/prints.txt"))
        .map(|line| {
            line.split_whitespace()
                .map(|minutia| {
                    let values: Vec<i32> = minutia.split(',').map(|v| v.parse().unwrap()).collect();
                    Minutia::from_xyt(values[0], values[1], values[2])
                })
                .collect()
        })
        .collect();
    let limits = Limits {
        minutiae: 150,
        ..LIMITS
    };
    let mut pairs = 0;
    for line in lines(include_str!("golden/pairs.txt")) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let print = |field: &str| &prints[field.parse::<usize>().unwrap()];
        let want: u32 = fields[3].parse().unwrap();
        match match_score(print(fields[1]), print(fields[2]), &limits) {
            Ok(score) if REFERENCE_UNSTABLE.contains(&fields[0]) => {
                assert!(score.abs_diff(want) <= 1, "{line}: {score}");
            }
            Ok(score) => assert_eq!(score, want, "{line}"),
            Err(MatchError::TooFewMinutiae) => assert_eq!(want, 0, "{line}"),
            Err(error) => panic!("{line}: {error}"),
        }
        pairs += 1;
    }
    assert!(pairs > 100);
}

#[test]
fn upstream_scores_of_unrelated_prints() {
    for seed in 0..20 {
        let count = 10 + seed as usize * 3;
        assert_same(&random(count, 400, seed), &random(count, 400, seed + 100));
        assert_same(&finger(count, 300, seed), &finger(60, 300, seed + 100));
    }
    // Many minutiae at the same place, whose order the sort must keep.
    for seed in 0..20 {
        assert_same(&random(40, 6, seed), &random(30, 6, seed + 100));
    }
}

#[test]
fn upstream_scores_of_the_same_finger_again() {
    for seed in 0..12 {
        let first = finger(25 + 4 * (seed as usize % 8), 300, seed);
        let second = again(&first, seed as i32 * 5 - 30, seed);
        let genuine = assert_same(&first, &second);
        let other = assert_same(&first, &finger(first.len(), 300, seed + 100));
        assert!(genuine > 40 && other < 40, "{genuine}, {other}");
        assert_same(&second, &first);
        assert_same(&first, &first);
    }
}

/// What a finger can look like stays well within the limits: at most 60 minutiae on a square of
/// 160 pixels (8 mm at 500 ppi), or 80 on one of 260.
#[test]
fn fingers_stay_within_the_limits() {
    for (count, side) in [(60, 160), (60, 260), (80, 260), (80, 360)] {
        for seed in 0..3 {
            let first = finger(count, side, seed);
            for second in [
                first.clone(),
                again(&first, 10, seed),
                finger(count, side, seed + 100),
            ] {
                match_score(&first, &second, &LIMITS).unwrap();
            }
        }
    }
}
