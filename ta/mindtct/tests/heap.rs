//! A detection never holds more memory than [`Limits::heap_bound`] says, and an allocation that
//! fails is an error: in a trusted application an abort would be the end of all its sessions.

mod common;

use std::alloc::System;

use cap::Cap;
use common::{Image, finger, noise};
use touchseal_mindtct::{DetectError, Limits, detect};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Its own `main`: nothing else allocates meanwhile.
fn main() {
    no_detection_exceeds_the_bound();
    any_allocation_may_fail();
    println!("heap: the bound holds, and any allocation may fail");
}

/// How many minutiae there are while the heap has `room` bytes.
fn detected(image: &Image, limits: &Limits, room: usize) -> Result<usize, DetectError> {
    let before = ALLOCATOR.allocated();
    ALLOCATOR.set_limit(before + room).unwrap();
    let result = detect(image.gray(), limits).map(|minutiae| minutiae.len());
    ALLOCATOR.set_limit(usize::MAX).unwrap();
    assert_eq!(ALLOCATOR.allocated(), before, "all of it is freed");
    result
}

/// The least room, to 256 bytes, in which a detection does not run out of memory.
fn needed(image: &Image, limits: &Limits) -> usize {
    let (mut little, mut enough) = (0, 2 * limits.heap_bound());
    while enough - little > 256 {
        let room = little.midpoint(enough);
        match detected(image, limits, room) {
            Err(DetectError::OutOfMemory) => little = room,
            _ => enough = room,
        }
    }
    enough
}

fn no_detection_exceeds_the_bound() {
    let limits = Limits::TRUSTED_APPLICATION;
    assert!(limits.heap_bound() < 128 * 1024, "{}", limits.heap_bound());
    let mut most = 0;
    for image in [
        finger((640, 480), 1),
        finger((480, 640), 1),
        finger((200, 200), 1),
        noise((640, 480), 1),
        noise((25, 25), 1),
    ] {
        let outcome = detected(&image, &limits, limits.heap_bound());
        assert_ne!(outcome, Err(DetectError::OutOfMemory), "{image}");
        most = most.max(needed(&image, &limits));
    }
    // The bound is not an idle one.
    assert!(most > limits.heap_bound() / 4 * 3, "{most}");

    // Narrow images have more blocks for their pixels.
    for (width, height) in [(25, 4095), (4095, 25), (1000, 25), (641, 33)] {
        let limits = Limits {
            side: 4095,
            pixels: width * height,
            minutiae: 0,
            ..limits
        };
        let image = finger((width, height), 1);
        let outcome = detected(&image, &limits, limits.heap_bound());
        assert_eq!(outcome, Err(DetectError::TooComplex), "{image}");
    }
}

fn any_allocation_may_fail() {
    let limits = Limits::TRUSTED_APPLICATION;
    let image = finger((160, 160), 3);
    let needed = needed(&image, &limits);
    for room in (0..needed - 256).step_by(256) {
        let outcome = detected(&image, &limits, room);
        assert_eq!(outcome, Err(DetectError::OutOfMemory), "with {room} bytes");
    }
    assert!(detected(&image, &limits, needed).unwrap() > 5);
}
