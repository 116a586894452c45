//! Training rows that new rows are compared with.

use std::sync::OnceLock;

use ndarray::{Array2, ArrayView2};

use super::{Index, Metric, Neighbor, Rows};
use crate::linalg::row_major;

/// Rows that are prepared for search when first asked. By the cosine distance rows of zeros are
/// alike, and at distance 1 from all others; so every row is at distance 0 from itself.
#[derive(Debug)]
pub struct Stored {
    x: Rows,
    metric: Metric,
    /// Over the rows as the metric compares them. Directions are near by straight lines where
    /// they are by angle.
    index: OnceLock<Index>,
}

impl Stored {
    /// - `x`: `(n_samples, n_features)`, finite, at least one of each.
    pub fn new(x: impl Into<Rows>, metric: Metric) -> Self {
        Self {
            x: x.into(),
            metric,
            index: OnceLock::new(),
        }
    }

    /// The rows, `(n_samples, n_features)`.
    pub fn x(&self) -> &Rows {
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
        self.index().entries()
    }

    /// The `k` nearest rows of each query, or all where there are fewer, nearest first; of equals
    /// the first row.
    ///
    /// - `queries`: `(n_queries, n_features)`, finite.
    pub fn search(&self, queries: ArrayView2<f64>, k: usize) -> Vec<Vec<Neighbor>> {
        if self.metric != Metric::Cosine {
            return self.index().search(queries, k);
        }
        let (width, points) = (self.width(), self.points());
        let queries = self.directions(queries);
        let mut found = self.index().search(queries.view(), k);
        for (query, found) in queries.rows().into_iter().zip(&mut found) {
            let query = query.to_vec();
            for neighbor in found {
                let row = neighbor.row as usize;
                let point = &points[row * width..(row + 1) * width];
                neighbor.distance = self.metric.unreduced(self.metric.reduced(&query, point));
            }
        }
        found
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| match self.metric {
            Metric::Cosine => Index::new(self.directions(self.x.view()), Metric::Euclidean),
            metric => Index::new(self.x.clone(), metric),
        })
    }

    /// Rows as the cosine distance compares them.
    fn directions(&self, x: ArrayView2<f64>) -> Array2<f64> {
        let entries = row_major(&x);
        let entries = self.metric.prepare(&entries, x.ncols(), false);
        let width = self.width();
        Array2::from_shape_fn((x.nrows(), width), |(i, j)| entries[i * width + j])
    }
}
