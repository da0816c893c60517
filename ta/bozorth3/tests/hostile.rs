//! Whatever the input is: no panic (these tests run with overflow checks), no endless work, and a
//! score only where the crate that this one is a port of gives the same.

mod common;

use common::{Seeded, finger, lattice, random};
use touchseal_bozorth3::{Effort, Limits, MAX_COORDINATE, MatchError, Minutia, match_effort};

const LIMITS: Limits = Limits {
    minutiae: 150,
    steps: 400_000,
    ..Limits::TRUSTED_APPLICATION
};

fn matched(probe: &[Minutia], gallery: &[Minutia], limits: &Limits) -> Result<u32, MatchError> {
    let (result, effort) = match_effort(probe, gallery, limits);
    let Effort {
        pairs,
        links,
        clusters,
        search,
        ..
    } = effort;
    assert!(pairs <= limits.pairs && clusters <= limits.clusters);
    assert!(links <= limits.links && search <= limits.search);
    result
}

fn all_pairs(prints: &[Vec<Minutia>]) {
    for probe in prints {
        for gallery in prints {
            let result = matched(probe, gallery, &LIMITS);
            assert!(
                matches!(result, Ok(_) | Err(MatchError::TooComplex)),
                "{result:?}"
            );
        }
    }
}

#[test]
fn every_shape() {
    let at = |x, y, theta| Minutia { x, y, theta };
    for count in [10, 33, 150] {
        all_pairs(&[
            lattice(count, 1),
            lattice(count, 10),
            lattice(count, 124),
            (0..count).map(|_| at(0, 0, 0)).collect(),
            (0..count)
                .map(|_| at(MAX_COORDINATE, MAX_COORDINATE, 359))
                .collect(),
            (0..count).map(|i| at(i, 0, 180)).collect(),
            (0..count).map(|i| at(0, i, 181)).collect(),
            (0..count).map(|i| at(i * 27, i * 27, 90)).collect(),
            (0..count).map(|i| at(100, 100, i * 2)).collect(),
            (0..count).map(|i| at(i, 4095 - i, 180 * (i % 2))).collect(),
            (0..count)
                .map(|i| at(4095 * (i % 2), 4095 * (i / 2 % 2), 359 * (i % 2)))
                .collect(),
            (0..count)
                .map(|i| {
                    let (sin, cos) = f64::from(i * 5).to_radians().sin_cos();
                    at(
                        200 + (60.0 * cos) as i32,
                        200 + (60.0 * sin) as i32,
                        5 * i % 360,
                    )
                })
                .collect(),
        ]);
    }
}

#[test]
fn random_shapes() {
    let mut seeded = Seeded::new(7);
    for _ in 0..150 {
        let mut print = || -> Vec<Minutia> {
            let count = 10 + seeded.below(91);
            let (width, height) = (1 << seeded.below(13), 1 << seeded.below(13));
            let (grid, turn) = (1 + seeded.below(40), 1 + seeded.below(359));
            (0..count)
                .map(|_| Minutia {
                    x: seeded.below(width) / grid * grid,
                    y: seeded.below(height) / grid * grid,
                    theta: seeded.below(360) / turn * turn,
                })
                .collect()
        };
        let (probe, gallery) = (print(), print());
        for (probe, gallery) in [(&probe, &gallery), (&probe, &probe), (&gallery, &probe)] {
            let result = matched(probe, gallery, &LIMITS);
            assert!(matches!(result, Ok(_) | Err(MatchError::TooComplex)));
        }
    }
}

#[test]
fn dense_shapes_of_few_minutiae_score_as_upstream() {
    let mut scored = 0;
    for seed in 0..150 {
        let mut probe = random(10 + seed as usize % 12, 30 + seed as i32, seed);
        let mut gallery = random(12, 40, seed + 1000);
        if seed % 2 == 0 {
            probe.iter_mut().for_each(|m| m.theta = m.theta / 90 * 90);
            gallery.iter_mut().for_each(|m| m.theta = m.theta / 90 * 90);
        }
        for (a, b) in [(&probe, &gallery), (&probe, &probe)] {
            if let Ok(score) = matched(a, b, &LIMITS) {
                let convert = |print: &[Minutia]| -> Vec<fprint_bozorth3::Minutia> {
                    print.iter().map(|m| m.as_xyt().into()).collect()
                };
                let want = fprint_bozorth3::match_score(&convert(a), &convert(b));
                assert_eq!(score, want);
                scored += 1;
            }
        }
    }
    assert!(scored > 100, "{scored}");
}

#[test]
fn a_lattice_of_equal_angles_is_too_complex() {
    let limits = Limits {
        minutiae: 150,
        ..Limits::TRUSTED_APPLICATION
    };
    for count in [80, 150] {
        let print = lattice(count, 10);
        assert_eq!(
            matched(&print, &print, &limits),
            Err(MatchError::TooComplex)
        );
    }
}

#[test]
fn each_limit_refuses() {
    let first = finger(60, 200, 1);
    let second = finger(60, 200, 101);
    let (result, effort) = match_effort(&first, &second, &Limits::REFERENCE);
    assert!(result.is_ok());
    let exact = Limits {
        minutiae: 60,
        pairs: effort.pairs,
        clusters: effort.clusters,
        links: effort.links,
        search: effort.search,
        steps: effort.steps,
    };
    assert_eq!(matched(&first, &second, &exact), result);
    assert!(effort.links > 0 && effort.search > 1, "{effort:?}");
    for (limits, error) in [
        (
            Limits {
                minutiae: 59,
                ..exact
            },
            MatchError::TooManyMinutiae,
        ),
        (
            Limits {
                pairs: exact.pairs - 1,
                ..exact
            },
            MatchError::TooComplex,
        ),
        (
            Limits {
                clusters: exact.clusters - 1,
                ..exact
            },
            MatchError::TooComplex,
        ),
        (
            Limits {
                links: exact.links - 1,
                ..exact
            },
            MatchError::TooComplex,
        ),
        (
            Limits {
                search: exact.search - 1,
                ..exact
            },
            MatchError::TooComplex,
        ),
        (
            Limits {
                steps: exact.steps - 1,
                ..exact
            },
            MatchError::TooComplex,
        ),
    ] {
        assert_eq!(matched(&first, &second, &limits), Err(error), "{limits:?}");
    }
    for steps in (0..exact.steps).step_by(exact.steps as usize / 50) {
        let limits = Limits { steps, ..exact };
        let (result, effort) = match_effort(&first, &second, &limits);
        assert_eq!(result, Err(MatchError::TooComplex));
        assert!(effort.steps < steps + 100_000, "stops soon");
    }
}

#[test]
fn the_step_count_depends_on_nothing_but_the_input() {
    let print = finger(40, 200, 3);
    let effort = || match_effort(&print, &print, &LIMITS).1;
    assert_eq!(effort(), effort());
}

#[test]
fn values_out_of_range_are_refused() {
    let print = random(20, 300, 1);
    let bad = [-1, i32::MIN, i32::MAX, -4096, 46_341];
    let bad_places = bad.iter().chain(&[4096]);
    let bad_angles = bad.iter().chain(&[360, -90, 720]);
    let change = |at: usize, edit: &dyn Fn(&mut Minutia)| {
        let mut changed = print.clone();
        edit(&mut changed[at]);
        for (probe, gallery) in [(&changed, &print), (&print, &changed)] {
            assert_eq!(
                matched(probe, gallery, &LIMITS),
                Err(MatchError::OutOfRange)
            );
        }
    };
    for at in [0, 19] {
        for value in bad_places.clone() {
            change(at, &|m| m.x = *value);
            change(at, &|m| m.y = *value);
        }
        for value in bad_angles.clone() {
            change(at, &|m| m.theta = *value);
        }
    }
}

#[test]
fn the_number_of_minutiae_is_limited() {
    let print = random(151, 300, 1);
    let limits = Limits::REFERENCE;
    let unlimited = Limits {
        minutiae: usize::MAX,
        ..limits
    };
    assert!(matched(&print[..20], &print[..150], &limits).is_ok());
    for (probe, gallery, limits, error) in [
        (20, 151, limits, MatchError::TooManyMinutiae),
        (151, 20, unlimited, MatchError::TooManyMinutiae),
        (9, 20, limits, MatchError::TooFewMinutiae),
        (20, 9, limits, MatchError::TooFewMinutiae),
        (0, 0, limits, MatchError::TooFewMinutiae),
    ] {
        let result = matched(&print[..probe], &print[..gallery], &limits);
        assert_eq!(result, Err(error), "{probe}, {gallery}");
    }
}
