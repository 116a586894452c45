//! The divergence between P and Q, and its gradient.

use std::ops::Range;

use super::Repulsion;
use crate::math;
use crate::models::embedding::Graph;
use crate::parallel::map_chunks;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 512;

/// The gradient of the divergence, `(n, 2)` row by row, and Z = Σ q over all pairs.
///
/// - `p`: joint probabilities; `exaggeration`: what they are multiplied by.
/// - `places`: `(n, 2)` row by row; `angle`: 0 sums every pair.
pub fn gradient(p: &Graph, places: &[f64], exaggeration: f64, angle: f64) -> (Vec<f64>, f64) {
    let mut push = Repulsion::new(places, angle);
    push.advance(usize::MAX);
    let pull = attraction(p, places, 0..p.n_rows());
    (join(&pull, &push, exaggeration), push.total)
}

/// 4·(exaggeration·pull − push / Z).
pub(super) fn join(pull: &[f64], push: &Repulsion, exaggeration: f64) -> Vec<f64> {
    let total = push.total.max(f64::MIN_POSITIVE);
    let pairs = pull.iter().zip(&push.forces);
    pairs
        .map(|(pull, push)| 4.0 * (exaggeration * pull - push / total))
        .collect()
}

/// Σ p·q·(y − y′) over the neighbors of each of some rows, `(n_rows, 2)` row by row.
pub(super) fn attraction(p: &Graph, places: &[f64], rows: Range<usize>) -> Vec<f64> {
    let chunks = map_chunks(rows.len(), ROWS_A_CHUNK, |chunk| {
        let rows = rows.start + chunk.start..rows.start + chunk.end;
        rows.flat_map(|row| pull_on(p, places, row))
            .collect::<Vec<f64>>()
    });
    chunks.concat()
}

fn pull_on(p: &Graph, places: &[f64], row: usize) -> [f64; 2] {
    let (x, y) = (places[2 * row], places[2 * row + 1]);
    let mut pull = [0.0; 2];
    for (other, p) in p.row(row) {
        let other = 2 * other as usize;
        let (dx, dy) = (x - places[other], y - places[other + 1]);
        let weight = p / (1.0 + dx * dx + dy * dy);
        pull[0] += weight * dx;
        pull[1] += weight * dy;
    }
    pull
}

/// Σ P ln(P / Q) in nats over the edges of `p`, beyond which P is 0.
///
/// - `mass`: the sum of `p`, 1 but for rounding; `total`: Z at these places.
pub fn divergence(p: &Graph, mass: f64, places: &[f64], total: f64) -> f64 {
    let chunks = map_chunks(p.n_rows(), ROWS_A_CHUNK, |rows| {
        rows.map(|row| row_divergence(p, places, row)).sum::<f64>()
    });
    math::sum(chunks) + mass * math::ln(total.max(f64::MIN_POSITIVE))
}

/// Σ p·ln(p·(1 + d²)) over a row; P is symmetric, so half of the pairs suffice.
fn row_divergence(p: &Graph, places: &[f64], row: usize) -> f64 {
    let (x, y) = (places[2 * row], places[2 * row + 1]);
    let term = |(other, p): (u32, f64)| {
        let other = 2 * other as usize;
        let (dx, dy) = (x - places[other], y - places[other + 1]);
        2.0 * p * math::ln(p * (1.0 + dx * dx + dy * dy))
    };
    p.row(row)
        .filter(|edge| edge.0 as usize > row)
        .map(term)
        .sum()
}
