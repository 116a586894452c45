//! Every query against every row, by exact distances alone.

use super::nearest::{Metric, Nearest};

/// Numbers of the rows that all queries pass before the next ones: 32 KB, the first cache.
const BLOCK: usize = 4096;

/// Offers every row to every query, in order.
///
/// - `points`: `(n_samples, n_features)`; `queries`: `(n_queries, n_features)`.
pub(super) fn search(
    points: &[f64],
    queries: &[f64],
    n_features: usize,
    metric: Metric,
    nearest: &mut [Nearest],
) {
    let rows_a_block = (BLOCK / n_features).max(1);
    for (block, points) in points.chunks(rows_a_block * n_features).enumerate() {
        for (query, nearest) in queries.chunks_exact(n_features).zip(nearest.iter_mut()) {
            for (point, row) in points.chunks_exact(n_features).zip(block * rows_a_block..) {
                nearest.offer(metric.reduced(query, point), row as u32);
            }
        }
    }
}
