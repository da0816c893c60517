//! An attempt's work is bounded, whatever is shown; and real work is far from the bound.

use touchseal_core::error::Error;
use touchseal_core::fingerprint::frame::Frame;
use touchseal_core::fingerprint::matcher::{ATTEMPT_STEPS, extract, matches};
use touchseal_core::fingerprint::print::{MAX_MINUTIAE, Minutia, Print};
use touchseal_nonsecure::finger;

fn print(seed: u64, placement: u64) -> Print {
    let picture = finger::impression(seed, placement);
    let mut frame = Frame::room().unwrap();
    frame.start(picture.width, picture.height).unwrap();
    frame.push(&picture.pixels).unwrap();
    extract(&frame).unwrap().0
}

/// A lattice of equal directions: everything is like everything else.
fn lattice(spacing: u16) -> Print {
    let place = |i: usize| u16::try_from(i).unwrap();
    Print(
        (0..MAX_MINUTIAE)
            .map(|i| Minutia {
                x: 20 + spacing * (place(i) % 7),
                y: 20 + spacing * (place(i) / 7),
                theta: 45,
            })
            .collect(),
    )
}

#[test]
fn what_no_finger_makes_takes_no_more_than_an_attempt_may() {
    for spacing in [11, 14, 18, 24] {
        let (one, other) = (lattice(spacing), lattice(spacing + 1));
        let mut steps = ATTEMPT_STEPS;
        for n in 0..20 {
            let before = steps;
            let outcome = if n % 2 == 0 {
                matches(&one, &one, &mut steps)
            } else {
                matches(&one, &other, &mut steps)
            };
            assert!(outcome.is_ok() && steps <= before);
        }
    }
}

#[test]
fn an_attempt_without_steps_matches_nothing() {
    let one = print(1, 0);
    let mut steps = 100;
    assert_eq!(matches(&one, &one, &mut steps), Ok(false));
    assert_eq!(steps, 0);
    let few = Print(one.0.iter().take(9).copied().collect());
    assert_eq!(matches(&few, &one, &mut steps), Err(Error::PoorImage));
}

/// Five fingers of four impressions each, and one of them shown.
#[test]
fn a_finger_among_five_is_found_within_an_attempt() {
    for shown in 1..=5 {
        let probe = print(shown, 5);
        let mut steps = ATTEMPT_STEPS;
        let mut found = Vec::new();
        for seed in 1..=5 {
            for placement in 0..4 {
                if matches(&probe, &print(seed, placement), &mut steps).unwrap() {
                    found.push(seed);
                }
            }
        }
        found.dedup();
        assert_eq!(found, [shown]);
        assert!(steps > ATTEMPT_STEPS / 2, "{steps} steps are left");
    }
}
