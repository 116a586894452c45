//! How strongly rows are joined in the data: a fuzzy graph of neighbors.

use crate::math;
use crate::models::embedding::{Graph, bandwidth};
use crate::models::neighbors::Neighbor;
use crate::parallel::map_chunks;

/// The least width of a row's reach, as a share of its mean distance, as in umap-learn.
const LEAST_WIDTH: f64 = 1e-3;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 512;

/// How each row reaches out, and the strength of each of its edges.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Strengths {
    /// `(n_samples,)`: the distance to the nearest other row that is not at 0; up to it edges
    /// have strength 1.
    pub rho: Vec<f64>,
    /// `(n_samples,)`: how slowly strength falls beyond it.
    pub sigma: Vec<f64>,
    /// One for each neighbor, row after row; 0 for the row itself.
    pub edges: Vec<f64>,
}

/// Strength exp(−max(distance − ρ, 0) / σ) of each edge, with σ such that those of a row sum to
/// log₂(`k`).
///
/// - `neighbors`: of each row the `k` nearest, itself the first.
pub fn strengths(neighbors: &[Vec<Neighbor>], k: usize) -> Strengths {
    let sum = |row: &[Neighbor]| math::sum(row.iter().map(|n| n.distance));
    let n_edges = neighbors.iter().map(Vec::len).sum::<usize>().max(1);
    let mean_of_all = math::sum(neighbors.iter().map(|row| sum(row))) / n_edges as f64;
    let reach = |row: &[Neighbor]| {
        let rho = row
            .iter()
            .map(|n| n.distance)
            .find(|d| *d > 0.0)
            .unwrap_or(0.0);
        let others: Vec<f64> = row.iter().skip(1).map(|n| n.distance).collect();
        let sigma = bandwidth(&others, rho, math::log2(k as f64));
        let mean = if rho > 0.0 {
            sum(row) / row.len().max(1) as f64
        } else {
            mean_of_all
        };
        (rho, sigma.max(LEAST_WIDTH * mean))
    };
    let chunks = map_chunks(neighbors.len(), ROWS_A_CHUNK, |rows| {
        neighbors[rows]
            .iter()
            .map(|row| reach(row))
            .collect::<Vec<_>>()
    });
    let (rho, sigma): (Vec<f64>, Vec<f64>) = chunks.into_iter().flatten().unzip();
    let edge = |row: usize, n: &Neighbor| match n.distance - rho[row] {
        _ if n.row as usize == row => 0.0,
        beyond if beyond <= 0.0 || sigma[row] == 0.0 => 1.0,
        beyond => math::exp(-beyond / sigma[row]),
    };
    let rows = neighbors.iter().enumerate();
    let edges = rows.flat_map(|(row, near)| near.iter().map(move |n| (row, n)));
    Strengths {
        edges: edges.map(|(row, n)| edge(row, n)).collect(),
        rho,
        sigma,
    }
}

/// The graph in which two rows are joined where either reaches the other: a + b − a·b.
pub fn fuzzy_union(neighbors: &[Vec<Neighbor>], edges: &[f64]) -> Graph {
    Graph::new(neighbors, edges).symmetric(|there, back| there + back - there * back)
}
