//! A match never holds more memory than [`Limits::heap_bound`] says, and an allocation that fails
//! is an error: in a trusted application an abort would be the end of all its sessions.

mod common;

use std::alloc::System;

use cap::Cap;
use common::{again, finger, lattice, random};
use touchseal_bozorth3::{Limits, MatchError, Minutia, match_score};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Its own `main`: nothing else allocates meanwhile.
fn main() {
    no_match_exceeds_the_bound();
    any_allocation_may_fail();
    println!("heap: the bound holds, and any allocation may fail");
}

/// The result of a match while the heap has `room` bytes.
fn matched(
    probe: &[Minutia],
    gallery: &[Minutia],
    limits: &Limits,
    room: usize,
) -> Result<u32, MatchError> {
    let before = ALLOCATOR.allocated();
    ALLOCATOR.set_limit(before + room).unwrap();
    let result = match_score(probe, gallery, limits);
    ALLOCATOR.set_limit(usize::MAX).unwrap();
    assert_eq!(ALLOCATOR.allocated(), before, "all of it is freed");
    result
}

/// The least room, to 1 KiB, in which the match does not run out of memory.
fn needed(probe: &[Minutia], gallery: &[Minutia], limits: &Limits) -> usize {
    let (mut little, mut enough) = (0, 2 * limits.heap_bound());
    while enough - little > 1024 {
        let room = little.midpoint(enough);
        match matched(probe, gallery, limits, room) {
            Err(MatchError::OutOfMemory) => little = room,
            _ => enough = room,
        }
    }
    enough
}

fn no_match_exceeds_the_bound() {
    let limits = Limits::TRUSTED_APPLICATION;
    assert!(limits.heap_bound() < 400 * 1024, "{}", limits.heap_bound());
    let many = Limits {
        minutiae: 150,
        ..limits
    };

    let fingers = finger(80, 260, 1);
    let mut most = 0;
    for (probe, gallery, limits) in [
        (lattice(150, 10), lattice(150, 10), many),
        (lattice(80, 10), lattice(80, 10), limits),
        (lattice(80, 30), lattice(80, 30), limits),
        (random(80, 100, 1), random(80, 100, 1), limits),
        (fingers.clone(), again(&fingers, 10, 1), limits),
        (finger(10, 100, 1), finger(10, 100, 2), limits),
    ] {
        let outcome = matched(&probe, &gallery, &limits, limits.heap_bound());
        assert_ne!(outcome, Err(MatchError::OutOfMemory));
        most = most.max(needed(&probe, &gallery, &limits));
    }
    // The bound is not an idle one.
    assert!(most > limits.heap_bound() / 2, "{most}");
}

fn any_allocation_may_fail() {
    let first = finger(40, 260, 1);
    let second = again(&first, 10, 1);
    let limits = Limits::TRUSTED_APPLICATION;
    let needed = needed(&first, &second, &limits);
    for room in (0..needed - 1024).step_by(1024) {
        let outcome = matched(&first, &second, &limits, room);
        assert_eq!(outcome, Err(MatchError::OutOfMemory), "with {room} bytes");
    }
    assert!(matched(&first, &second, &limits, needed).unwrap() > 40);
}
