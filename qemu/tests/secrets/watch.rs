//! The secure world while something is done.

use std::thread;
use std::time::{Duration, Instant};
use touchseal_qemu::{Guest, Memory};

/// From one look to the next, unless something is sealed before.
const PAUSE: Duration = Duration::from_millis(100);
const MOMENT: Duration = Duration::from_millis(1);

/// Has something done, and shows the secure world's memory meanwhile: again and again, and
/// whenever the RPMB is written to. It stands still for as long as a look takes.
pub fn watch<R: Send>(
    guest: &mut Guest,
    mut look: impl FnMut(&[u8]),
    done: impl FnOnce() -> R + Send,
) -> R {
    let mut writes = guest.follow_rpmb_writes().unwrap();
    let mut seen = writes.count().unwrap();
    thread::scope(|scope| {
        let doing = scope.spawn(done);
        while !doing.is_finished() {
            let since = Instant::now();
            while writes.count().unwrap() == seen && since.elapsed() < PAUSE {
                thread::sleep(MOMENT);
            }
            let look = |memory: &Memory| memory.secure().map(|secure| look(&secure));
            guest.look_at_memory(look).unwrap();
            seen = writes.count().unwrap();
        }
        doing.join().unwrap()
    })
}
