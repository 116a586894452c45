//! Ordered parallel loops: the same bits for any number of threads.
//!
//! Work is cut into chunks whose size depends on the problem alone, never on the number of
//! threads, and results come back in chunk order. On wasm without threads rayon runs the same
//! code on the caller.

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
    work: impl Fn(std::ops::Range<usize>) -> T + Sync,
) -> Vec<T> {
    let chunk = chunk.max(1);
    let n_chunks = n.div_ceil(chunk);
    let range = |index: usize| index * chunk..((index + 1) * chunk).min(n);
    if n_chunks < 2 {
        return (0..n_chunks).map(|index| work(range(index))).collect();
    }
    (0..n_chunks)
        .into_par_iter()
        .with_max_len(1)
        .map(|index| work(range(index)))
        .collect()
}

/// Applies `work` to consecutive pieces of `items` of `chunk` elements; it gets the index of
/// the first element of its piece, and the piece.
pub fn for_each_chunk_mut<T: Send>(
    items: &mut [T],
    chunk: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    let chunk = chunk.max(1);
    if items.len() <= chunk {
        if !items.is_empty() {
            work(0, items);
        }
        return;
    }
    items
        .par_chunks_mut(chunk)
        .with_max_len(1)
        .enumerate()
        .for_each(|(index, piece)| work(index * chunk, piece));
}
