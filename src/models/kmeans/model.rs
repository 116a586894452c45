//! Centroids.

use ndarray::{Array2, ArrayView2};

use super::packed::Packed;
use crate::error::{Code, Error, Result};
use crate::linalg::row_major;
use crate::math;
use crate::models::{Fitted, Parts, Prediction};
use crate::prepare::Dataset;

/// Centers of clusters; a row belongs to the nearest.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansModel {
    /// `(n_clusters, n_features)`.
    pub centroids: Array2<f64>,
}

impl KMeansModel {
    /// Cluster and squared distance of each row.
    fn nearest(&self, x: ArrayView2<f64>) -> Vec<(u32, f64)> {
        let p = self.centroids.ncols();
        let packed = Packed::new(&row_major(&self.centroids.view()), p);
        row_major(&x)
            .chunks_exact(p)
            .map(|row| packed.nearest(row))
            .collect()
    }
}

impl Fitted for KMeansModel {
    fn n_features(&self) -> usize {
        self.centroids.ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        Prediction::Clusters(
            self.nearest(x)
                .into_iter()
                .map(|(cluster, _)| cluster)
                .collect(),
        )
    }

    /// Mean squared distance to the nearest centroid.
    fn loss(&self, data: &Dataset) -> Option<f64> {
        let squares = self
            .nearest(data.x.view())
            .into_iter()
            .map(|(_, square)| square);
        (data.n_samples() > 0).then(|| math::sum(squares) / data.n_samples() as f64)
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put_matrix("centroids", &self.centroids);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let centroids = parts.matrix("centroids")?;
        if centroids.is_empty() {
            let message = "The model is damaged: it has no centroids.";
            return Err(Error::new(Code::BadArtifact, message).in_field("centroids"));
        }
        Ok(Self { centroids })
    }
}
