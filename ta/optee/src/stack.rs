//! What a command leaves on the stack is wiped when it is done: of a password, a key or a
//! finger there are copies wherever a value was moved.

use zeroize::Zeroize;

/// Our trusted applications have stacks of 64 KiB (their build scripts say so). What calls a
/// command takes little of that; a command takes less than this.
const DEPTH: usize = 48 * 1024;

/// Serves, and wipes the stack that it took.
pub fn wiped<R>(serve: impl FnOnce() -> R) -> R {
    let served = below(serve);
    wipe();
    served
}

/// Has a frame of its own, under the caller's: where the next function's is then.
#[inline(never)]
fn below<R>(serve: impl FnOnce() -> R) -> R {
    serve()
}

#[inline(never)]
fn wipe() {
    let mut left = [0u64; DEPTH / size_of::<u64>()];
    left.zeroize();
}
