//! Ordered parallel loops: the same bits for any number of threads.
//!
//! Work is cut into chunks whose size depends on the problem alone, never on the number of
//! threads, and results come back in chunk order; which thread takes which chunk is left open.
//! The plain wasm module has no threads: there the chunks are done one after the other, and
//! rayon's machinery is left out of it.
//!
//! Waking a sleeping thread takes some 50 µs, in a browser more than natively, and a training
//! has hundreds of loops a second that are hardly longer. So whoever runs many loops in turn
//! does it under [`awake`]: between loops the other threads then look for work a little while
//! before they sleep, and so does whoever waits for the last chunk of a loop. A chunk of 20 µs
//! is worth a thread there, and one of 100 µs elsewhere.

use std::ops::Range;

/// Numbers from which work on them is worth waking other threads, some 0.1 ms.
const WORTH_WAKING: usize = 20_000;

/// Applies `work` to the ranges `0..chunk`, `chunk..2*chunk`, … of `0..n` and returns the
/// results in order.
///
/// ```
/// let sums = handlens::parallel::map_chunks(10, 4, |rows| rows.sum::<usize>());
/// assert_eq!(sums, [0 + 1 + 2 + 3, 4 + 5 + 6 + 7, 8 + 9]);
/// ```
pub fn map_chunks<T: Send>(
    n: usize,
    chunk: usize,
    work: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    let chunk = chunk.max(1);
    let n_chunks = n.div_ceil(chunk);
    in_order(n_chunks, |index| {
        work(index * chunk..((index + 1) * chunk).min(n))
    })
}

/// Applies `work` to consecutive pieces of `items` of `chunk` elements; it gets the index of
/// the first element of its piece, and the piece.
pub fn for_each_chunk_mut<T: Send>(
    items: &mut [T],
    chunk: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    let chunk = chunk.max(1);
    let pieces = items.chunks_mut(chunk).enumerate();
    for_each(pieces, |(index, piece)| work(index * chunk, piece));
}

/// Applies `work` to every item, in any order.
pub fn for_each<I: ExactSizeIterator<Item: Send> + Send>(items: I, work: impl Fn(I::Item) + Sync) {
    each(items, work);
}

/// Runs `work`, while the other threads stay awake for the loops in it.
pub fn awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    stay_awake(work)
}

/// As [`awake`] for work on so many numbers; few are not worth waking anybody.
pub fn awake_for<R: Send>(n_numbers: usize, work: impl FnOnce() -> R + Send) -> R {
    if n_numbers < WORTH_WAKING {
        work()
    } else {
        awake(work)
    }
}

/// How many threads there are. Only for shares of work on which no result depends, such as whole
/// numbers to add up, or columns that one pass over a file reads together.
pub fn n_threads() -> usize {
    count_threads()
}

#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
use threads::{count_threads, each, in_order, stay_awake};

#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
mod threads {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Mutex, PoisonError};

    use rayon::Yield;

    pub(super) fn count_threads() -> usize {
        rayon::current_num_threads()
    }

    /// How often a thread looks for work in vain before it sleeps: some 0.5 ms.
    const PATIENCE: usize = 10_000;

    pub(super) fn in_order<T: Send>(n: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        if n < 2 || rayon::current_num_threads() < 2 {
            return (0..n).map(work).collect();
        }
        let mut results: Vec<Option<T>> = (0..n).map(|_| None).collect();
        let places = results.iter_mut().enumerate();
        each(places, |(index, place)| *place = Some(work(index)));
        results.into_iter().flatten().collect()
    }

    pub(super) fn each<I: ExactSizeIterator<Item: Send> + Send>(
        items: I,
        work: impl Fn(I::Item) + Sync,
    ) {
        let n_threads = items.len().min(rayon::current_num_threads());
        if n_threads < 2 {
            items.for_each(work);
            return;
        }
        let items = Mutex::new(items);
        // The lock is held while an item is taken, not while it is worked on.
        let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
        let take_all = || {
            while let Some(item) = next() {
                work(item);
            }
        };
        let n_busy = AtomicUsize::new(n_threads - 1);
        rayon::scope(|scope| {
            for _ in 1..n_threads {
                scope.spawn(|_| {
                    take_all();
                    n_busy.fetch_sub(1, Ordering::Release);
                });
            }
            take_all();
            look_for_work(|| n_busy.load(Ordering::Acquire) == 0);
        });
    }

    pub(super) fn stay_awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
        if rayon::current_num_threads() < 2 {
            return work();
        }
        let is_over = AtomicBool::new(false);
        rayon::scope(|scope| {
            let own = rayon::current_thread_index();
            let is_over = &is_over;
            scope.spawn_broadcast(move |_, thread| {
                if own != Some(thread.index()) {
                    look_for_work(|| is_over.load(Ordering::Acquire));
                }
            });
            let result = work();
            is_over.store(true, Ordering::Release);
            result
        })
    }

    /// Does what other threads have left to do, until `is_over`, or there is nothing for long.
    fn look_for_work(is_over: impl Fn() -> bool) {
        let mut n_idle = 0;
        while n_idle < PATIENCE && !is_over() {
            n_idle = match rayon::yield_now() {
                Some(Yield::Executed) => 0,
                _ => n_idle + 1,
            };
            std::hint::spin_loop();
        }
    }
}

#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
fn count_threads() -> usize {
    1
}

#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
fn in_order<T>(n: usize, work: impl Fn(usize) -> T) -> Vec<T> {
    (0..n).map(work).collect()
}

#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
fn each<I: Iterator>(items: I, work: impl Fn(I::Item)) {
    items.for_each(work);
}

#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
fn stay_awake<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_threads<R: Send>(n: usize, work: impl FnOnce() -> R + Send) -> R {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build();
        pool.unwrap().install(work)
    }

    /// Loops within loops, in turn.
    fn nested() -> Vec<Vec<usize>> {
        let inner = |rows: Range<usize>| map_chunks(rows.len(), 3, |part| rows.start + part.start);
        (0..50).flat_map(|_| map_chunks(40, 7, inner)).collect()
    }

    #[test]
    fn results_keep_their_order_with_any_number_of_threads() {
        let alone = with_threads(1, nested);
        assert_eq!(alone[1], [7, 10, 13]);
        for n_threads in [2, 3, 8] {
            assert_eq!(alone, with_threads(n_threads, nested));
            assert_eq!(alone, with_threads(n_threads, || awake(nested)));
        }
    }

    #[test]
    fn every_piece_is_worked_on_once() {
        for n in [0, 1, 7, 8, 1000] {
            let mut items = vec![0; n];
            with_threads(3, || {
                for_each_chunk_mut(&mut items, 7, |start, piece| {
                    piece.iter_mut().zip(start..).for_each(|(to, i)| *to += i);
                });
            });
            assert!(items.iter().enumerate().all(|(i, item)| *item == i));
        }
    }

    #[test]
    fn a_fault_in_a_piece_reaches_the_caller() {
        let fails = || map_chunks(100, 1, |rows| assert_ne!(rows.start, 70));
        let caught = with_threads(3, || std::panic::catch_unwind(|| awake(fails)));
        assert!(caught.is_err());
    }
}
