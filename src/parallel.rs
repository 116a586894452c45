//! Ordered parallel loops: the same bits for any number of threads.
//!
//! Work is cut into chunks whose size depends on the problem alone, never on the number of
//! threads, and results come back in chunk order. The plain wasm module has no threads: there
//! the chunks are done one after the other, and rayon's machinery is left out of it.

use std::ops::Range;

#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
use rayon::prelude::*;

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
    in_pieces(items, chunk, |index, piece| work(index * chunk, piece));
}

#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
fn in_order<T: Send>(n: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if n < 2 {
        return (0..n).map(work).collect();
    }
    (0..n).into_par_iter().with_max_len(1).map(&work).collect()
}

#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
fn in_order<T>(n: usize, work: impl Fn(usize) -> T) -> Vec<T> {
    (0..n).map(work).collect()
}

#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
fn in_pieces<T: Send>(items: &mut [T], size: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    if items.len() <= size {
        if !items.is_empty() {
            work(0, items);
        }
        return;
    }
    items
        .par_chunks_mut(size)
        .with_max_len(1)
        .enumerate()
        .for_each(|(index, piece)| work(index, piece));
}

#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
fn in_pieces<T>(items: &mut [T], size: usize, work: impl Fn(usize, &mut [T])) {
    for (index, piece) in items.chunks_mut(size).enumerate() {
        work(index, piece);
    }
}
