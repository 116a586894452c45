//! A fitted Gaussian process.

use std::sync::OnceLock;

use ndarray::{Array1, Array2, ArrayView2};

use super::kernel::Covariance;
use super::likelihood::factor;
use crate::error::Result;
use crate::linalg::{dot, row_major, spd, squared_distance};
use crate::math;
use crate::models::model::damaged;
use crate::models::{Fitted, Parts, Prediction};
use crate::prepare::{Dataset, Target};

/// Rows seen, and what each adds to a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianProcessModel {
    /// Covariance of the values at two places.
    pub covariance: Covariance,
    /// `(n_samples, n_features)`: the rows learnt from.
    pub x: Array2<f64>,
    /// `(n_samples,)`: the inverse covariance matrix times the standardized targets.
    pub weights: Vec<f64>,
    /// Mean and deviation by which targets are standardized.
    pub target: (f64, f64),
    /// Added to the diagonal of the covariance matrix.
    pub jitter: f64,
    /// Cholesky's factor of the covariance matrix; made where a deviation is asked for.
    factor: OnceLock<Vec<f64>>,
}

impl GaussianProcessModel {
    pub(super) fn new(
        covariance: Covariance,
        x: Array2<f64>,
        weights: Vec<f64>,
        target: (f64, f64),
        jitter: f64,
    ) -> Self {
        Self {
            covariance,
            x,
            weights,
            target,
            jitter,
            factor: OnceLock::new(),
        }
    }

    /// Means and standard deviations of the predictive distribution, noise included, in the
    /// units of the target: `(n_samples,)` each. Two deviations either side hold 95 % of new
    /// observations.
    ///
    /// The first call factors the covariance matrix, O(n³); each row then takes O(n²).
    ///
    /// - `x`: `(n_samples, n_features)`.
    pub fn predict_with_std(&self, x: ArrayView2<f64>) -> (Vec<f64>, Vec<f64>) {
        let d = self.x.ncols();
        let seen = row_major(&self.x.view());
        let factor = self
            .factor
            .get_or_init(|| factor(&seen, d, &self.covariance, self.jitter).unwrap_or_default());
        let total = self.covariance.constant + self.covariance.noise;
        let (center, deviation) = self.target;
        let of_row = |mut alike: Vec<f64>| {
            let mean = center + deviation * dot(&alike, &self.weights);
            if !factor.is_empty() {
                spd::solve_lower(factor, &mut alike);
            }
            let known = if factor.is_empty() {
                0.0
            } else {
                dot(&alike, &alike)
            };
            (mean, deviation * (total - known).max(0.0).sqrt())
        };
        self.alike(&x).into_iter().map(of_row).unzip()
    }

    /// The covariance of each row with every row seen, `(n_samples,)` each.
    fn alike(&self, x: &ArrayView2<f64>) -> Vec<Vec<f64>> {
        let d = self.x.ncols();
        let seen = self.covariance.scale(&row_major(&self.x.view()), d);
        let new = self.covariance.scale(&row_major(x), d);
        let with_all = |row: &[f64]| {
            let rows = seen.chunks_exact(d);
            rows.map(|other| self.covariance.at(squared_distance(row, other)).0)
                .collect()
        };
        new.chunks_exact(d).map(with_all).collect()
    }
}

impl Fitted for GaussianProcessModel {
    fn n_features(&self) -> usize {
        self.x.ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let (center, deviation) = self.target;
        let rows = self.alike(&x).into_iter();
        let values = rows.map(|alike| center + deviation * dot(&alike, &self.weights));
        Prediction::Values(Array1::from_iter(values))
    }

    /// The mean squared error, in squared units of the target.
    fn loss(&self, data: &Dataset) -> Option<f64> {
        let Target::Values(values) = &data.target else {
            return None;
        };
        let Prediction::Values(predicted) = self.predict(data.x.view()) else {
            return None;
        };
        let errors = predicted.iter().zip(values).map(|(p, y)| (p - y) * (p - y));
        math::mean(&errors.collect::<Vec<f64>>())
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        self.covariance.put(&mut parts);
        parts.put_matrix("x", &self.x);
        parts.put_vector("weights", &self.weights);
        parts.put_vector("target", &[self.target.0, self.target.1]);
        parts.put("jitter", self.jitter);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let x = parts.matrix("x")?;
        if x.is_empty() || x.nrows() > super::MOST_SAMPLES {
            return Err(damaged("x"));
        }
        let weights = parts.vector("weights")?;
        if weights.len() != x.nrows() {
            return Err(damaged("weights"));
        }
        let target = match parts.vector("target")?.as_slice() {
            [center, deviation] if *deviation > 0.0 => (*center, *deviation),
            _ => return Err(damaged("target")),
        };
        let jitter = parts.real("jitter")?;
        if jitter <= 0.0 {
            return Err(damaged("jitter"));
        }
        let covariance = Covariance::from_parts(parts, x.ncols())?;
        Ok(Self::new(covariance, x, weights, target, jitter))
    }
}
