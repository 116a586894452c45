//! Average and complete linkage on all distances.

use super::Linkage;
use super::chain::Clusters;
use crate::error::{Code, Error, Result};
use crate::models::neighbors::Metric;
use crate::parallel::map_chunks;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 4;

/// Distances between clusters, each pair once.
pub(super) struct Matrix {
    linkage: Linkage,
    n: usize,
    /// Row by row those to later clusters: (0, 1), (0, 2), …, (1, 2), ….
    distances: Vec<f64>,
    sizes: Vec<f64>,
    /// Rows whose distances are known.
    n_filled: usize,
}

impl Matrix {
    /// Takes the memory for `n` clusters of one row each.
    pub(super) fn new(linkage: Linkage, n: usize) -> Result<Self> {
        let mut distances = Vec::new();
        distances
            .try_reserve_exact(n * (n - 1) / 2)
            .map_err(|_| too_large(n))?;
        Ok(Self {
            linkage,
            n,
            distances,
            sizes: vec![1.0; n],
            n_filled: 0,
        })
    }

    pub(super) fn is_filled(&self) -> bool {
        self.n_filled == self.n
    }

    /// Measures the distances of further rows, about `n_pairs` of them.
    ///
    /// - `points`: `(n_samples, width)`, as the metric compares them.
    pub(super) fn fill(&mut self, points: &[f64], metric: Metric, n_pairs: usize) {
        let (width, start) = (points.len() / self.n, self.n_filled);
        let n_rows = (n_pairs / self.n).clamp(1, self.n - start);
        let rows = map_chunks(n_rows, ROWS_A_CHUNK, |rows| {
            let row = |i: usize| {
                let (from, later) = points[i * width..].split_at(width);
                let later = later.chunks_exact(width);
                later.map(|to| metric.unreduced(metric.reduced(from, to)))
            };
            rows.flat_map(|i| row(start + i)).collect::<Vec<f64>>()
        });
        rows.iter()
            .for_each(|part| self.distances.extend_from_slice(part));
        self.n_filled += n_rows;
    }

    /// Where the distance of two different clusters lies.
    fn place(&self, i: usize, j: usize) -> usize {
        let (i, j) = (i.min(j), i.max(j));
        // 2n − i − 1 is even where i is odd.
        i * (2 * self.n - i - 1) / 2 + (j - i - 1)
    }
}

fn too_large(n: usize) -> Error {
    let message = format!(
        "There is no memory for the distances between {n} rows. Use fewer rows, or Ward's or single linkage."
    );
    Error::new(Code::TooLarge, message)
}

impl Clusters for Matrix {
    fn between(&self, x: usize, i: usize) -> f64 {
        self.distances[self.place(x, i)]
    }

    fn merge(&mut self, x: usize, y: usize, _between: f64, active: &[u32]) {
        let (n, m) = (self.sizes[x], self.sizes[y]);
        for &i in active.iter().filter(|&&i| i as usize != y) {
            let place = self.place(i as usize, y);
            let (from_x, from_y) = (
                self.distances[self.place(i as usize, x)],
                self.distances[place],
            );
            self.distances[place] = match self.linkage {
                Linkage::Complete => from_x.max(from_y),
                _ => (n * from_x + m * from_y) / (n + m),
            };
        }
        self.sizes[y] = n + m;
    }

    fn height(&self, between: f64) -> f64 {
        between
    }
}
