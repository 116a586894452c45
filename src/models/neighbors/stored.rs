//! Training rows that new rows are compared with.

use std::sync::OnceLock;

use ndarray::{Array2, ArrayView2};

use super::{Index, Metric, Neighbor};
use crate::linalg::row_major;

/// Rows that are prepared for search when first asked. By the cosine distance rows of zeros are
/// alike, and at distance 1 from all others; so every row is at distance 0 from itself.
#[derive(Debug)]
pub struct Stored {
    x: Array2<f64>,
    metric: Metric,
    prepared: OnceLock<Prepared>,
}

#[derive(Debug)]
struct Prepared {
    /// `(n_samples, width)`, as the metric compares them.
    points: Vec<f64>,
    index: Index,
}

impl Stored {
    /// - `x`: `(n_samples, n_features)`, finite, at least one of each.
    pub fn new(x: Array2<f64>, metric: Metric) -> Self {
        Self {
            x,
            metric,
            prepared: OnceLock::new(),
        }
    }

    /// The rows, `(n_samples, n_features)`.
    pub fn x(&self) -> &Array2<f64> {
        &self.x
    }

    /// How distances are measured.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Numbers of a row as compared.
    pub fn width(&self) -> usize {
        self.metric.width(self.x.ncols())
    }

    /// The rows as compared, `(n_samples, width)`.
    pub fn points(&self) -> &[f64] {
        &self.prepared().points
    }

    /// The `k` nearest rows of each query, or all where there are fewer, nearest first; of equals
    /// the first row.
    ///
    /// - `queries`: `(n_queries, n_features)`, finite.
    pub fn search(&self, queries: ArrayView2<f64>, k: usize) -> Vec<Vec<Neighbor>> {
        let (width, prepared) = (self.width(), self.prepared());
        let entries = self.prepare(queries);
        let matrix =
            Array2::from_shape_fn((queries.nrows(), width), |(i, j)| entries[i * width + j]);
        let mut found = prepared.index.search(matrix.view(), k);
        if self.metric == Metric::Cosine {
            for (query, found) in entries.chunks_exact(width).zip(&mut found) {
                for neighbor in found {
                    let row = neighbor.row as usize;
                    let point = &prepared.points[row * width..(row + 1) * width];
                    neighbor.distance = self.metric.unreduced(self.metric.reduced(query, point));
                }
            }
        }
        found
    }

    fn prepare(&self, x: ArrayView2<f64>) -> Vec<f64> {
        self.metric.prepare(&row_major(&x), x.ncols(), false)
    }

    fn prepared(&self) -> &Prepared {
        self.prepared.get_or_init(|| {
            let points = self.prepare(self.x.view());
            let width = self.width();
            let matrix =
                Array2::from_shape_fn((self.x.nrows(), width), |(i, j)| points[i * width + j]);
            // Directions are near by straight lines where they are by angle.
            let metric = match self.metric {
                Metric::Cosine => Metric::Euclidean,
                metric => metric,
            };
            Prepared {
                points,
                index: Index::new(matrix, metric),
            }
        })
    }
}
