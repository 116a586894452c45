//! How much each row attends to its neighbors: the probabilities P.

use std::ops::Range;

use crate::linalg::elementary::exp_f64;
use crate::math;
use crate::models::embedding::{Graph, Weigh};
use crate::models::neighbors::Neighbor;
use crate::parallel::map_chunks;

/// How near ln(perplexity) is met, and rounds at most; Newton's method needs some 6.
const TOLERANCE: f64 = 1e-10;
const MAX_ROUNDS: usize = 200;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 256;

/// The probability of each neighbor of each row, row after row; those of a row sum to 1.
///
/// p ∝ exp(−β·distance²), with β such that the entropy of the row is ln(`perplexity`). Where no
/// β does (too many neighbors are equally near), the nearest ones share alike.
pub fn conditional(neighbors: &[Vec<Neighbor>], perplexity: f64) -> Vec<f64> {
    let chunks = map_chunks(neighbors.len(), ROWS_A_CHUNK, |rows| {
        let rows = neighbors[rows].iter();
        rows.flat_map(|row| shares(row, math::ln(perplexity)))
            .collect::<Vec<f64>>()
    });
    chunks.concat()
}

/// P of a pair: the mean of both conditional probabilities over the number of rows. All sum to 1.
pub fn joint(neighbors: &[Vec<Neighbor>], perplexity: f64) -> Graph {
    let n_rows = neighbors.len();
    Graph::woven(neighbors, &Joint { perplexity, n_rows })
}

/// Weighs edges by P.
pub(super) struct Joint {
    pub perplexity: f64,
    pub n_rows: usize,
}

impl Weigh for Joint {
    fn weights(&self, neighbors: &[Vec<Neighbor>], rows: Range<usize>) -> Vec<f64> {
        conditional(&neighbors[rows], self.perplexity)
    }

    fn join(&self, there: f64, back: f64) -> f64 {
        (there + back) / (2.0 * self.n_rows as f64)
    }
}

/// The probabilities of one row's neighbors.
fn shares(row: &[Neighbor], entropy: f64) -> Vec<f64> {
    let squares: Vec<f64> = row.iter().map(|n| n.distance * n.distance).collect();
    let least = squares.iter().copied().fold(f64::INFINITY, f64::min);
    let beyond: Vec<f64> = squares.iter().map(|s| s - least).collect();
    let mean = math::sum(beyond.iter().copied()) / beyond.len() as f64;
    if mean == 0.0 || !mean.is_finite() {
        return vec![1.0 / row.len() as f64; row.len()];
    }
    let relative: Vec<f64> = beyond.iter().map(|s| s / mean).collect();
    let (mut low, mut high, mut log_beta) = (f64::NEG_INFINITY, f64::INFINITY, 0.0);
    let mut kernel = Kernel::at(&relative, 1.0);
    for _ in 0..MAX_ROUNDS {
        let excess = kernel.entropy - entropy;
        if excess.abs() <= TOLERANCE || high - low < 1e-14 {
            break;
        }
        // The entropy falls with β.
        if excess > 0.0 {
            low = log_beta;
        } else {
            high = log_beta;
        }
        log_beta = inside(log_beta + excess / kernel.fall, low, high, log_beta);
        kernel = Kernel::at(&relative, exp_f64(log_beta));
    }
    kernel.shares
}

/// The proposal where it lies between the bounds and not too far away; else a point half way.
fn inside(proposal: f64, low: f64, high: f64, now: f64) -> f64 {
    if proposal > low && proposal < high && (proposal - now).abs() < 8.0 {
        return proposal;
    }
    if low.is_finite() && high.is_finite() {
        (low + high) / 2.0
    } else if high.is_infinite() {
        now + 2.0
    } else {
        now - 2.0
    }
}

/// A row's probabilities at one β.
struct Kernel {
    shares: Vec<f64>,
    entropy: f64,
    /// How fast the entropy falls with ln β: β² times the variance of the squared distances.
    fall: f64,
}

impl Kernel {
    fn at(squares: &[f64], beta: f64) -> Self {
        let mut shares: Vec<f64> = squares.iter().map(|s| exp_f64(-beta * s)).collect();
        let total: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|p| *p /= total);
        let moment = |power: fn(f64) -> f64| -> f64 {
            shares
                .iter()
                .zip(squares)
                .map(|(p, s)| p * power(beta * s))
                .sum()
        };
        let mean = moment(|s| s);
        Self {
            entropy: math::ln(total) + mean,
            fall: moment(|s| s * s) - mean * mean,
            shares,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(distances: &[f64]) -> Vec<Neighbor> {
        let near = distances.iter().zip(0..);
        near.map(|(&distance, row)| Neighbor { distance, row })
            .collect()
    }

    #[test]
    fn the_perplexity_is_met_at_any_scale() {
        for scale in [1e-120, 1.0, 1e120] {
            let distances: Vec<f64> = (1..=9).map(|i| f64::from(i) * scale).collect();
            let p = shares(&row(&distances), math::ln(3.0));
            let entropy: f64 = p
                .iter()
                .map(|&p| if p > 0.0 { -p * math::ln(p) } else { 0.0 })
                .sum();
            assert!((math::exp(entropy) - 3.0).abs() < 1e-9, "{scale:e}");
        }
    }

    #[test]
    fn equally_near_rows_share_alike() {
        assert_eq!(shares(&row(&[2.0; 4]), 0.5), [0.25; 4]);
        let p = shares(&row(&[0.0, 0.0, 0.0, 5.0]), 0.0);
        assert!(p[..3].iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-9));
    }
}
