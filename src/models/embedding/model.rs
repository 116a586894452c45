//! Rows and their places on a map.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::bandwidth;
use crate::error::Result;
use crate::math;
use crate::models::model::damaged;
use crate::models::neighbors::{Index, Metric, Neighbor};
use crate::models::{Fitted, Parts, Prediction};

/// What laid the rows out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// t-distributed stochastic neighbor embedding.
    Tsne,
    /// Uniform manifold approximation and projection.
    Umap,
}

impl Method {
    /// The wire name, which also names the axes: `tsne1`, `umap2`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tsne => "tsne",
            Self::Umap => "umap",
        }
    }

    fn parse(name: &str) -> Result<Self> {
        match name {
            "tsne" => Ok(Self::Tsne),
            "umap" => Ok(Self::Umap),
            _ => Err(damaged("method")),
        }
    }
}

/// Training rows with their places on a map.
///
/// A training row is at its own place (of equal rows, at that of the first). Any other row goes
/// to the weighted mean of the places of its `n_neighbors` nearest training rows: weights
/// exp(−distance / σ), with σ such that they sum to log₂(`n_neighbors`) without the nearest, as
/// UMAP starts new rows. It is not laid out itself: rows unlike all training rows land among
/// them all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingModel {
    method: Method,
    rows: Arc<Index>,
    places: Array2<f64>,
    n_neighbors: usize,
}

impl EmbeddingModel {
    /// - `places`: `(n_samples, n_components)`, one for each row of the index.
    pub(in crate::models) fn new(
        method: Method,
        rows: Arc<Index>,
        places: Array2<f64>,
        n_neighbors: usize,
    ) -> Self {
        let n_neighbors = n_neighbors.clamp(1, rows.x().nrows().max(1));
        Self {
            method,
            rows,
            places,
            n_neighbors,
        }
    }

    /// What laid the rows out.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The training rows, `(n_samples, n_features)`.
    pub fn x(&self) -> &Array2<f64> {
        self.rows.x()
    }

    /// Their places, `(n_samples, n_components)`.
    pub fn places(&self) -> &Array2<f64> {
        &self.places
    }

    /// How many training rows a new row is placed by.
    pub fn n_neighbors(&self) -> usize {
        self.n_neighbors
    }

    /// How distances are measured.
    pub fn metric(&self) -> Metric {
        self.rows.metric()
    }

    /// The place of a row with these neighbors.
    fn place(&self, neighbors: &[Neighbor]) -> Vec<f64> {
        let Some(first) = neighbors.first() else {
            return vec![0.0; self.places.ncols()];
        };
        if first.distance == 0.0 || !first.distance.is_finite() || neighbors.len() == 1 {
            return self.places.row(first.row as usize).to_vec();
        }
        let distances: Vec<f64> = neighbors
            .iter()
            .map(|n| n.distance / first.distance)
            .collect();
        let sigma = bandwidth(&distances[1..], 0.0, math::log2(distances.len() as f64));
        let weights: Vec<f64> = distances
            .iter()
            .map(|d| math::exp((1.0 - d) / sigma))
            .collect();
        let total = math::sum(weights.iter().copied());
        let mean = |column: usize| {
            let place = |n: &Neighbor| self.places[(n.row as usize, column)];
            math::sum(
                neighbors
                    .iter()
                    .zip(&weights)
                    .map(|(n, w)| w / total * place(n)),
            )
        };
        (0..self.places.ncols()).map(mean).collect()
    }
}

impl Fitted for EmbeddingModel {
    fn n_features(&self) -> usize {
        self.x().ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let neighbors = self.rows.search(x, self.n_neighbors);
        let places: Vec<f64> = neighbors.iter().flat_map(|near| self.place(near)).collect();
        let shape = (x.nrows(), self.places.ncols());
        Prediction::Coordinates(Array2::from_shape_vec(shape, places).unwrap_or_default())
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put_matrix("x", self.x());
        parts.put_matrix("places", &self.places);
        parts.put("method", self.method.as_str());
        parts.put("metric", self.rows.metric().as_str());
        parts.put("n_neighbors", self.n_neighbors);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let (x, places) = (parts.matrix("x")?, parts.matrix("places")?);
        let method = Method::parse(parts.text("method")?)?;
        let metric = Metric::parse(parts.text("metric")?).map_err(|_| damaged("metric"))?;
        let n_neighbors = parts.count("n_neighbors")?;
        if x.is_empty() || x.nrows() > u32::MAX as usize {
            return Err(damaged("x"));
        }
        if places.is_empty() || places.nrows() != x.nrows() {
            return Err(damaged("places"));
        }
        if !(1..=x.nrows()).contains(&n_neighbors) {
            return Err(damaged("n_neighbors"));
        }
        let rows = Arc::new(Index::new(x, metric));
        Ok(Self::new(method, rows, places, n_neighbors))
    }
}
