//! A match never holds more memory than [`Limits::heap_bound`] says, and leaves nothing in what it
//! frees. An allocation that fails is an error: in a trusted application an abort would be the end of
//! all its sessions.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};

use cap::Cap;
use common::{again, finger, lattice, random};
use touchseal_bozorth3::{Limits, MatchError, Minutia, match_score};

#[global_allocator]
static ALLOCATOR: Cap<Witness> = Cap::new(Witness, usize::MAX);

/// Blocks that were freed with something in them.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// Hands out zeros, and looks whether it gets zeros back.
struct Witness;

// SAFETY: the system's allocator does it all.
unsafe impl GlobalAlloc for Witness {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: what the caller promises is what is asked for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is still allocated, and was zeroed when it was.
        let bytes = unsafe { slice::from_raw_parts(block, layout.size()) };
        if bytes.iter().any(|&byte| byte != 0) {
            LEFT.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: what the caller promises is what is asked for.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Its own `main`: nothing else allocates meanwhile.
fn main() {
    no_match_exceeds_the_bound();
    any_allocation_may_fail();
    println!("heap: the bound holds, nothing is left, and any allocation may fail");
}

/// The result of a match while the heap has `room` bytes.
fn matched(
    probe: &[Minutia],
    gallery: &[Minutia],
    limits: &Limits,
    room: usize,
) -> Result<u32, MatchError> {
    let before = ALLOCATOR.allocated();
    let left = LEFT.load(Ordering::Relaxed);
    ALLOCATOR.set_limit(before + room).unwrap();
    let result = match_score(probe, gallery, limits);
    ALLOCATOR.set_limit(usize::MAX).unwrap();
    assert_eq!(ALLOCATOR.allocated(), before, "all of it is freed");
    assert_eq!(LEFT.load(Ordering::Relaxed), left, "all of it is wiped");
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
