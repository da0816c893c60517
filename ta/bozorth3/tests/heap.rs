//! A match never holds more memory than [`Limits::heap_bound`] says, and an allocation that fails
//! is an error: in a trusted application an abort would be the end of all its sessions.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::{again, finger, lattice, random};
use touchseal_bozorth3::{Limits, MatchError, Minutia, match_score};

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Counts this thread's bytes, and fails when its allocations are used up.
struct Counting;

// SAFETY: passes each call on to `System` with the caller's own arguments, or returns null. The
// cells are constants that need no allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if LEFT.get() == 0 {
            return std::ptr::null_mut();
        }
        LEFT.set(LEFT.get() - 1);
        HELD.set(HELD.get().wrapping_add(layout.size()));
        PEAK.set(PEAK.get().max(HELD.get()));
        // SAFETY: the caller's promises about `layout` are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get().wrapping_sub(layout.size()));
        // SAFETY: `pointer` comes from `alloc` above, which got it from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The result of a match of which the first `allocations` succeed, and the most bytes it held.
fn matched(
    probe: &[Minutia],
    gallery: &[Minutia],
    limits: &Limits,
    allocations: usize,
) -> (Result<u32, MatchError>, usize) {
    let before = HELD.get();
    PEAK.set(before);
    LEFT.set(allocations);
    let result = match_score(probe, gallery, limits);
    LEFT.set(usize::MAX);
    assert_eq!(HELD.get(), before, "all of it is freed");
    (result, PEAK.get() - before)
}

#[test]
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
        let (result, peak) = matched(&probe, &gallery, &limits, usize::MAX);
        assert!(peak <= limits.heap_bound(), "{peak}: {result:?}");
        most = most.max(peak);
    }
    // The bound is not an idle one.
    assert!(most > limits.heap_bound() / 2, "{most}");
}

#[test]
fn every_allocation_may_fail() {
    let first = finger(40, 260, 1);
    let second = again(&first, 10, 1);
    let limits = Limits::TRUSTED_APPLICATION;
    let mut allocations = 0;
    loop {
        match matched(&first, &second, &limits, allocations).0 {
            Err(error) => assert_eq!(error, MatchError::OutOfMemory),
            Ok(score) => {
                assert!(score > 40);
                break;
            }
        }
        allocations += 1;
    }
    assert!((20..100).contains(&allocations), "{allocations}");
}
