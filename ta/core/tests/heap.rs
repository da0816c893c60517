//! What an impression takes of the heap, from the first picture on: the bound that the
//! fingerprint TA's heap is made for. Its own `main`: nothing else allocates meanwhile.

use cap::Cap;
use std::alloc::System;
use touchseal_core::error::Error;
use touchseal_core::fingerprint::frame::{Frame, LONGEST_SIDE, MAX_PIXELS};
use touchseal_core::fingerprint::matcher;
use touchseal_core::fingerprint::print::{MAX_MINUTIAE, Minutia, Print};
use touchseal_nonsecure::finger;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

fn main() {
    let (one, picture) = (finger::impression(1, 0), finger::impression(1, 1));
    let before = ALLOCATOR.allocated();
    let room = matcher::HEAP_BOUND;
    let limit = |bytes| ALLOCATOR.set_limit(before + bytes).unwrap();

    limit(room);
    let mut frame = Frame::room().unwrap();
    let mut print = |picture: &finger::Picture| {
        frame.start(picture.width, picture.height).unwrap();
        frame.push(&picture.pixels).unwrap();
        matcher::extract(&frame)
    };
    let (one, _) = print(&one).unwrap();
    let (other, _) = print(&picture).unwrap();
    let mut steps = matcher::ATTEMPT_STEPS;
    assert!(matcher::matches(&one, &other, &mut steps).unwrap());
    // The largest picture, of noise: refused within the same bound.
    let mut state = 1u64;
    frame.start(LONGEST_SIDE, 480).unwrap();
    for _ in 0..MAX_PIXELS {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        frame.push(&[(state >> 56) as u8]).unwrap();
    }
    assert!(matcher::extract(&frame).is_err());
    drop((frame, other));
    limit(usize::MAX - before);
    // The one that others are compared with.
    let before = before + MAX_MINUTIAE * size_of::<Minutia>();
    assert_eq!(ALLOCATOR.allocated(), before, "all of it is freed");
    let limit = |bytes| ALLOCATOR.set_limit(before + bytes).unwrap();

    // With less there is an error, wherever the memory ends, and no abort.
    let (mut refused, mut room_left) = (0, 0);
    loop {
        limit(room_left);
        let outcome = an_attempt(&picture, &one);
        limit(usize::MAX - before);
        match outcome {
            Err(Error::OutOfMemory) => refused += 1,
            Err(error) => panic!("with {room_left} bytes: {error:?}"),
            Ok(matched) => break assert!(matched),
        }
        assert_eq!(ALLOCATOR.allocated(), before, "all of it is freed");
        room_left += 8 * 1024;
    }
    assert!(room_left > MAX_PIXELS && room_left <= room, "{room_left}");
    println!(
        "heap: {room} bytes suffice for a picture, its minutiae and a match; {refused} times less did not"
    );
}

/// A picture is taken, and compared.
fn an_attempt(picture: &finger::Picture, with: &Print) -> Result<bool, Error> {
    let mut frame = Frame::room()?;
    frame.start(picture.width, picture.height)?;
    frame.push(&picture.pixels)?;
    let (print, _) = matcher::extract(&frame)?;
    let mut steps = matcher::ATTEMPT_STEPS;
    matcher::matches(&print, with, &mut steps)
}
