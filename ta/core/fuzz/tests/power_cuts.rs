//! Power is lost at every authenticated write of short sequences of commands, and after each
//! restart nothing is lost, doubled or loosened: see `touchseal_fuzz::sequence::cuts`.
//!
//! `CUT_SEQUENCES` says how many sequences (`make cuts SEQUENCES=N`), `CUT_FROM` the number of
//! the first.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use touchseal_fuzz::sequence::cuts::{Sequence, enumerated};

/// In `cargo test`: each so manieth of all short sequences. A prime, to meet every command on
/// every device.
const STRIDE: u64 = 23;

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number")),
    )
}

#[test]
fn nothing_is_lost_by_a_cut_at_any_write() {
    let first = variable("CUT_FROM").unwrap_or(0);
    let numbers: Vec<_> = match variable("CUT_SEQUENCES") {
        Some(count) => (first..first + count).collect(),
        None => (first..enumerated() + enumerated() / 10)
            .step_by(STRIDE as usize)
            .collect(),
    };
    std::panic::set_hook(Box::new(|_| {}));
    let (next, cuts) = (AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    let work = || {
        while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
            match Sequence::new(*number).cut_at_every_write() {
                Ok(count) => drop(cuts.fetch_add(count, Ordering::Relaxed)),
                Err(broken) => return Some((*number, broken)),
            }
        }
        None
    };
    let broken = std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().unwrap())
            .next()
    });
    drop(std::panic::take_hook());
    let cuts = cuts.into_inner();
    println!(
        "{cuts} cuts in {} sequences, {} s",
        numbers.len(),
        began.elapsed().as_secs()
    );
    if let Some((number, broken)) = broken {
        panic!(
            "{broken}Repeat: CUT_FROM={number} CUT_SEQUENCES=1 cargo test --package touchseal-fuzz --test power_cuts"
        );
    }
    // A few may be of commands that write nothing.
    if variable("CUT_SEQUENCES").is_none() {
        assert!(cuts > numbers.len() as u64, "hardly any cuts");
    }
}
