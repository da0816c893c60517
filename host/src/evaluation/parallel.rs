//! The same work on many things, on every processor.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Is told how far the work is.
pub trait Progress: Sync {
    /// So many steps begin.
    fn begin(&self, what: &'static str, steps: usize);
    /// One is done.
    fn step(&self);
}

/// What `work` makes of each, in order.
pub fn map<T: Sync, R: Send>(
    what: &'static str,
    things: &[T],
    progress: &dyn Progress,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    progress.begin(what, things.len());
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(index) else {
                return made;
            };
            made.push((index, work(thing)));
            progress.step();
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let mut made: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        running
            .into_iter()
            .flat_map(|worker| match worker.join() {
                Ok(made) => made,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    made.sort_unstable_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize, AtomicUsize);

    impl Progress for Count {
        fn begin(&self, _: &'static str, steps: usize) {
            self.0.store(steps, Ordering::Relaxed);
        }
        fn step(&self) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn what_is_made_is_in_order_and_counted() {
        let things: Vec<u64> = (0..1000).collect();
        let progress = Count::default();
        let squares = map("squares", &things, &progress, |thing| thing * thing);
        assert!(
            squares
                .iter()
                .zip(&things)
                .all(|(square, thing)| *square == thing * thing)
        );
        assert_eq!(squares.len(), things.len());
        assert_eq!(progress.0.into_inner(), 1000);
        assert_eq!(progress.1.into_inner(), 1000);
        assert_eq!(map("none", &[0; 0], &Count::default(), |_| 0), [0; 0]);
    }
}
