//! Ward's linkage on the centers of clusters.

use super::chain::Clusters;
use crate::linalg::squared_distance;

/// Means of clusters and how many rows they have.
pub(super) struct Centers {
    n_features: usize,
    /// `(n_samples, n_features)`.
    means: Vec<f64>,
    sizes: Vec<f64>,
}

impl Centers {
    /// Every row a cluster; `x` is `(n_samples, n_features)` row by row.
    pub(super) fn new(x: &[f64], n_features: usize) -> Self {
        Self {
            n_features,
            means: x.to_vec(),
            sizes: vec![1.0; x.len() / n_features],
        }
    }

    fn mean(&self, i: usize) -> &[f64] {
        &self.means[i * self.n_features..(i + 1) * self.n_features]
    }
}

impl Clusters for Centers {
    /// Twice the growth of the sum of squares.
    fn between(&self, x: usize, i: usize) -> f64 {
        let (n, m) = (self.sizes[x], self.sizes[i]);
        2.0 * n * m / (n + m) * squared_distance(self.mean(x), self.mean(i))
    }

    fn merge(&mut self, x: usize, y: usize, _between: f64, _active: &[u32]) {
        let (n, m) = (self.sizes[x], self.sizes[y]);
        for j in 0..self.n_features {
            let (a, b) = (x * self.n_features + j, y * self.n_features + j);
            self.means[b] = (n * self.means[a] + m * self.means[b]) / (n + m);
        }
        self.sizes[y] = n + m;
    }

    fn height(&self, between: f64) -> f64 {
        between.sqrt()
    }
}
