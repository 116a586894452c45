//! Every query against every row, most of them only roughly.
//!
//! For Euclidean distances a cheap estimate in `f32`, ‖b‖² − 2·a·b, is computed for 4 queries
//! and 8 rows at a time. Only where the estimate, less the most it can be wrong, is within
//! the worst neighbor so far, is the distance computed from the differences in `f64`. So
//! the neighbors are exact, and the rough work runs at the speed of a matrix product.
//!
//! The bound: with u = 2⁻²⁴ the roundings of a and b to `f32`, of ‖b‖² and of the p products
//! and sums add up to less than (p + 16)·2u·(‖a‖ + ‖b‖)².

use super::nearest::{Metric, Nearest};
use crate::linalg::Columns;
use crate::math::power_of_two_at_least;

/// Rows of a panel.
const ROWS: usize = 8;

/// Queries estimated at a time.
const QUERIES: usize = 4;

/// Numbers of the panels that all queries pass before the next ones: 32 KB, the first cache.
const BLOCK: usize = 8192;

/// Rows laid out for rough comparison.
#[derive(Debug, Clone)]
pub(super) struct Panels {
    n_features: usize,
    centers: Vec<f64>,
    /// Power of two that brings centered rows to at most 1.
    scale: f64,
    /// Panels of 8 rows: for each feature the 8 entries side by side.
    entries: Vec<f32>,
    /// Squared lengths of the rows, infinite for those that only fill the last panel.
    squares: Vec<f32>,
    longest: f64,
}

impl Panels {
    /// - `points`: `(n_samples, n_features)` row by row.
    pub(super) fn new(points: &[f64], n_features: usize) -> Self {
        let n = points.len() / n_features;
        let centers = Columns::measure(points, n_features, true).centers;
        let farthest = points.chunks_exact(n_features).fold(0.0_f64, |max, row| {
            row.iter()
                .zip(&centers)
                .fold(max, |max, (x, c)| max.max((x - c).abs()))
        });
        let scale = 1.0 / power_of_two_at_least(farthest);
        let n_panels = n.div_ceil(ROWS);
        let mut entries = vec![0.0; n_panels * ROWS * n_features];
        let mut squares = vec![f32::INFINITY; n_panels * ROWS];
        let mut longest = 0.0_f64;
        for (row, point) in points.chunks_exact(n_features).enumerate() {
            let start = row / ROWS * ROWS * n_features + row % ROWS;
            let mut square = 0.0;
            for (j, (x, c)) in point.iter().zip(&centers).enumerate() {
                let entry = ((x - c) * scale) as f32;
                entries[start + j * ROWS] = entry;
                square += f64::from(entry) * f64::from(entry);
            }
            squares[row] = square as f32;
            longest = longest.max(square.sqrt());
        }
        Self {
            n_features,
            centers,
            scale,
            entries,
            squares,
            longest,
        }
    }

    /// Offers every row that may be near enough to each query.
    ///
    /// - `points`: as given to [`Panels::new`]; `queries`: `(n_queries, n_features)`.
    pub(super) fn search(&self, points: &[f64], queries: &[f64], nearest: &mut [Nearest]) {
        let p = self.n_features;
        let packed: Vec<Packed> = queries.chunks(QUERIES * p).map(|q| self.pack(q)).collect();
        let panels_a_block = (BLOCK / (ROWS * p)).max(1);
        let blocks = self.entries.chunks(panels_a_block * ROWS * p);
        for (block, panels) in blocks.enumerate() {
            let first_row = block * panels_a_block * ROWS;
            let groups = packed
                .iter()
                .zip(nearest.chunks_mut(QUERIES))
                .zip(queries.chunks(QUERIES * p));
            for ((packed, nearest), queries) in groups {
                let exact = Exact {
                    points,
                    queries,
                    n_features: p,
                };
                self.compare(panels, first_row, packed, &exact, nearest);
            }
        }
    }

    /// Four queries against some panels.
    fn compare(
        &self,
        panels: &[f32],
        first_row: usize,
        packed: &Packed,
        exact: &Exact,
        nearest: &mut [Nearest],
    ) {
        let mut limits = [f32::NEG_INFINITY; QUERIES];
        for ((limit, nearest), q) in limits.iter_mut().zip(nearest.iter()).zip(0..) {
            *limit = self.limit(packed, q, nearest.worst());
        }
        for (panel, entries) in panels.chunks_exact(ROWS * self.n_features).enumerate() {
            let row = first_row + panel * ROWS;
            let scores = estimate(entries, &self.squares[row..row + ROWS], &packed.doubled);
            for (q, nearest) in nearest.iter_mut().enumerate() {
                let limit = limits[q];
                if scores[q]
                    .iter()
                    .fold(true, |all, &score| all & is_far(score, limit))
                {
                    continue;
                }
                for (l, &score) in scores[q].iter().enumerate() {
                    if !is_far(score, limit) {
                        exact.offer(q, row + l, nearest);
                    }
                }
                limits[q] = self.limit(packed, q, nearest.worst());
            }
        }
    }

    fn pack(&self, queries: &[f64]) -> Packed {
        let p = self.n_features;
        let mut packed = Packed {
            doubled: vec![0.0; QUERIES * p],
            ..Packed::default()
        };
        for (q, query) in queries.chunks_exact(p).enumerate() {
            let mut square = 0.0;
            for (j, (x, c)) in query.iter().zip(&self.centers).enumerate() {
                let entry = ((x - c) * self.scale) as f32;
                packed.doubled[j * QUERIES + q] = -2.0 * entry;
                square += f64::from(entry) * f64::from(entry);
            }
            let reach = square.sqrt() + self.longest;
            packed.squares[q] = square;
            packed.slack[q] = (p + 16) as f64 * f64::from(f32::EPSILON) * reach * reach;
        }
        packed
    }

    /// The estimate above which a row is surely farther than `worst`.
    fn limit(&self, packed: &Packed, q: usize, worst: f64) -> f32 {
        let limit = (worst * self.scale) * self.scale - packed.squares[q] + packed.slack[q];
        // The slack is far more than this rounding.
        limit as f32
    }
}

/// An estimate or limit that is no number is not far, so the row is looked at.
#[inline(always)]
fn is_far(score: f32, limit: f32) -> bool {
    score > limit
}

/// Four queries laid out for rough comparison.
#[derive(Default)]
struct Packed {
    /// For each feature the 4 entries side by side, times −2.
    doubled: Vec<f32>,
    squares: [f64; QUERIES],
    slack: [f64; QUERIES],
}

/// ‖b‖² − 2·a·b for 4 queries a and 8 rows b.
#[inline(always)]
fn estimate(panel: &[f32], squares: &[f32], doubled: &[f32]) -> [[f32; ROWS]; QUERIES] {
    let mut start = [0.0; ROWS];
    start.copy_from_slice(squares);
    let mut scores = [start; QUERIES];
    for (b, a) in panel.chunks_exact(ROWS).zip(doubled.chunks_exact(QUERIES)) {
        for (scores, a) in scores.iter_mut().zip(a) {
            for (score, b) in scores.iter_mut().zip(b) {
                *score += a * b;
            }
        }
    }
    scores
}

/// What the exact distances are computed from.
struct Exact<'a> {
    points: &'a [f64],
    queries: &'a [f64],
    n_features: usize,
}

impl Exact<'_> {
    fn offer(&self, q: usize, row: usize, nearest: &mut Nearest) {
        let p = self.n_features;
        let query = self.queries.get(q * p..(q + 1) * p);
        let point = self.points.get(row * p..(row + 1) * p);
        if let (Some(query), Some(point)) = (query, point) {
            nearest.offer(Metric::Euclidean.reduced(query, point), row as u32);
        }
    }
}

/// Offers every row to every query, by exact distances alone.
///
/// - `points`: `(n_samples, n_features)`; `queries`: `(n_queries, n_features)`.
pub(super) fn search(
    points: &[f64],
    queries: &[f64],
    n_features: usize,
    metric: Metric,
    nearest: &mut [Nearest],
) {
    let rows_a_block = (BLOCK / 2 / n_features).max(1);
    for (block, points) in points.chunks(rows_a_block * n_features).enumerate() {
        for (query, nearest) in queries.chunks_exact(n_features).zip(nearest.iter_mut()) {
            for (point, row) in points.chunks_exact(n_features).zip(block * rows_a_block..) {
                nearest.offer(metric.reduced(query, point), row as u32);
            }
        }
    }
}
