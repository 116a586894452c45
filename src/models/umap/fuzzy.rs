//! How strongly rows are joined in the data: a fuzzy graph of neighbors.

use std::ops::Range;

use crate::math;
use crate::models::embedding::{Weigh, bandwidth};
use crate::models::neighbors::Neighbor;
use crate::parallel::map_chunks;

/// The least width of a row's reach, as a share of its mean distance, as in umap-learn.
const LEAST_WIDTH: f64 = 1e-3;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 512;

/// How far a row reaches: an edge has strength exp(−max(distance − ρ, 0) / σ).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// The distance to the nearest other row that is not at 0; up to it edges have strength 1.
    pub rho: f64,
    /// How slowly strength falls beyond it.
    pub sigma: f64,
}

impl Reach {
    fn strength(self, distance: f64) -> f64 {
        let beyond = distance - self.rho;
        if beyond <= 0.0 || self.sigma == 0.0 {
            return 1.0;
        }
        math::exp(-beyond / self.sigma)
    }
}

/// Weighs edges by their strength; two rows are joined where either reaches the other.
#[derive(Debug, Clone, Copy)]
pub struct Strengths {
    k: usize,
    mean_distance: f64,
}

impl Strengths {
    /// - `neighbors`: of each row the `k` nearest, itself the first.
    pub fn new(neighbors: &[Vec<Neighbor>], k: usize) -> Self {
        let n_edges = neighbors.iter().map(Vec::len).sum::<usize>().max(1);
        let sums = neighbors.iter().map(|row| sum_of_distances(row));
        Self {
            k,
            mean_distance: math::sum(sums) / n_edges as f64,
        }
    }

    /// With σ such that the strengths of the row's edges sum to log₂(`k`).
    pub fn reach(&self, row: &[Neighbor]) -> Reach {
        let distances = || row.iter().map(|n| n.distance);
        let rho = distances().find(|d| *d > 0.0).unwrap_or(0.0);
        let others: Vec<f64> = distances().skip(1).collect();
        let sigma = bandwidth(&others, rho, math::log2(self.k as f64));
        let mean = if rho > 0.0 {
            sum_of_distances(row) / row.len().max(1) as f64
        } else {
            self.mean_distance
        };
        let sigma = sigma.max(LEAST_WIDTH * mean);
        Reach { rho, sigma }
    }
}

impl Weigh for Strengths {
    /// 0 for the row itself.
    fn weights(&self, neighbors: &[Vec<Neighbor>], rows: Range<usize>) -> Vec<f64> {
        let chunks = map_chunks(rows.len(), ROWS_A_CHUNK, |chunk| {
            let rows = rows.start + chunk.start..rows.start + chunk.end;
            let mut weights = Vec::new();
            for row in rows {
                let reach = self.reach(&neighbors[row]);
                weights.extend(neighbors[row].iter().map(|n| match n.row as usize == row {
                    true => 0.0,
                    false => reach.strength(n.distance),
                }));
            }
            weights
        });
        chunks.concat()
    }

    /// The fuzzy union: a + b − a·b.
    fn join(&self, there: f64, back: f64) -> f64 {
        there + back - there * back
    }
}

fn sum_of_distances(row: &[Neighbor]) -> f64 {
    math::sum(row.iter().map(|n| n.distance))
}
