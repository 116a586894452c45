//! A mean and directions from it.

use ndarray::{Array2, ArrayView2};

use crate::error::{Code, Error, Result};
use crate::linalg::{dot, row_major};
use crate::math;
use crate::models::{Fitted, Parts, Prediction};
use crate::prepare::Dataset;

/// Principal directions.
#[derive(Debug, Clone, PartialEq)]
pub struct PcaModel {
    /// Mean of the training rows, `(n_features,)`.
    pub mean: Vec<f64>,
    /// Orthonormal, `(n_components, n_features)`, by falling variance.
    pub components: Array2<f64>,
    /// Variance of the training rows along each, divided by n_samples − 1; `(n_components,)`.
    pub explained_variance: Vec<f64>,
    /// Shares of the whole variance; zeros where there is none. `(n_components,)`.
    pub explained_variance_ratio: Vec<f64>,
}

impl PcaModel {
    /// A row less the mean.
    fn centered(&self, row: &[f64]) -> Vec<f64> {
        row.iter()
            .zip(&self.mean)
            .map(|(x, mean)| x - mean)
            .collect()
    }

    /// Squared distance of a row to the plane of the components.
    fn reconstruction_error(&self, row: &[f64]) -> f64 {
        let mut rest = self.centered(row);
        for component in self.components.rows() {
            let component = component.to_slice().unwrap_or_default();
            let place = dot(&rest, component);
            crate::linalg::axpy(-place, component, &mut rest);
        }
        dot(&rest, &rest)
    }
}

impl Fitted for PcaModel {
    fn n_features(&self) -> usize {
        self.mean.len()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let components = row_major(&self.components.view()).into_owned();
        let (n_components, p) = self.components.dim();
        let mut places = Vec::with_capacity(x.nrows() * n_components);
        for row in row_major(&x).chunks_exact(p) {
            let centered = self.centered(row);
            places.extend(
                components
                    .chunks_exact(p)
                    .map(|component| dot(&centered, component)),
            );
        }
        let shape = (x.nrows(), n_components);
        Prediction::Coordinates(Array2::from_shape_vec(shape, places).unwrap_or_default())
    }

    /// Mean squared reconstruction error.
    fn loss(&self, data: &Dataset) -> Option<f64> {
        let entries = row_major(&data.x.view()).into_owned();
        let rows = entries.chunks_exact(self.mean.len());
        let total = math::sum(rows.map(|row| self.reconstruction_error(row)));
        (data.n_samples() > 0).then(|| total / data.n_samples() as f64)
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put_vector("mean", &self.mean);
        parts.put_matrix("components", &self.components);
        parts.put_vector("explained_variance", &self.explained_variance);
        parts.put_vector("explained_variance_ratio", &self.explained_variance_ratio);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let model = Self {
            mean: parts.vector("mean")?,
            components: parts.matrix("components")?,
            explained_variance: parts.vector("explained_variance")?,
            explained_variance_ratio: parts.vector("explained_variance_ratio")?,
        };
        let (n_components, p) = model.components.dim();
        let fits = p > 0
            && n_components > 0
            && model.mean.len() == p
            && model.explained_variance.len() == n_components
            && model.explained_variance_ratio.len() == n_components;
        if fits {
            return Ok(model);
        }
        let message = "The model is damaged: its components do not fit the rest.";
        Err(Error::new(Code::BadArtifact, message).in_field("components"))
    }
}
