//! A fitted mixture.

use ndarray::{Array2, ArrayView2};

use super::components::{Components, CovarianceType};
use super::density::{Density, Whitening};
use crate::error::Result;
use crate::linalg::row_major;
use crate::math;
use crate::models::model::damaged;
use crate::models::{Fitted, Parts, Prediction};
use crate::prepare::Dataset;

/// Components; a row belongs to the most likely.
#[derive(Debug, Clone)]
pub struct GaussianMixtureModel {
    components: Components,
    density: Density,
}

impl PartialEq for GaussianMixtureModel {
    fn eq(&self, other: &Self) -> bool {
        self.components == other.components
    }
}

impl GaussianMixtureModel {
    pub(super) fn new(components: Components, density: Density) -> Self {
        Self {
            components,
            density,
        }
    }

    /// Weights, means and covariances.
    pub fn components(&self) -> &Components {
        &self.components
    }

    /// How likely each row came from each component, `(n_samples, n_components)`; rows sum to 1.
    ///
    /// - `x`: `(n_samples, n_features)`, finite.
    pub fn responsibilities(&self, x: ArrayView2<f64>) -> Array2<f64> {
        self.shares(x).0
    }

    /// Mean log-likelihood of rows, in nats.
    ///
    /// - `x`: `(n_samples, n_features)`, finite, at least one row.
    pub fn mean_log_likelihood(&self, x: ArrayView2<f64>) -> f64 {
        let likelihoods = self.shares(x).1;
        math::sum(likelihoods) / x.nrows() as f64
    }

    /// Akaike's information criterion on rows: the lower the better.
    ///
    /// - `x`: as for [`GaussianMixtureModel::mean_log_likelihood`].
    pub fn aic(&self, x: ArrayView2<f64>) -> f64 {
        let n_parameters = self.components.n_parameters() as f64;
        2.0 * n_parameters - 2.0 * self.mean_log_likelihood(x) * x.nrows() as f64
    }

    /// The Bayesian information criterion on rows: the lower the better.
    ///
    /// - `x`: as for [`GaussianMixtureModel::mean_log_likelihood`].
    pub fn bic(&self, x: ArrayView2<f64>) -> f64 {
        let (n, n_parameters) = (x.nrows() as f64, self.components.n_parameters() as f64);
        n_parameters * math::ln(n) - 2.0 * self.mean_log_likelihood(x) * n
    }

    /// Responsibilities and log-likelihood of each row.
    /// How each component sees a row, `(n_components,)`.
    pub fn whitenings(&self) -> Vec<Whitening> {
        self.density.whitenings()
    }

    fn shares(&self, x: ArrayView2<f64>) -> (Array2<f64>, Vec<f64>) {
        let k = self.components.n_components();
        let mut shares = self.density.logarithms(&row_major(&x));
        let rows = shares.chunks_exact_mut(k);
        let likelihoods = rows.map(|row| self.density.share(row)).collect();
        let shares = Array2::from_shape_fn((x.nrows(), k), |(i, c)| shares[i * k + c]);
        (shares, likelihoods)
    }
}

impl Fitted for GaussianMixtureModel {
    fn n_features(&self) -> usize {
        self.components.n_features()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let k = self.components.n_components();
        let logarithms = self.density.logarithms(&row_major(&x));
        let most = logarithms.chunks_exact(k).map(math::argmax);
        Prediction::Clusters(most.map(|component| component as u32).collect())
    }

    /// Mean negative log-likelihood.
    fn loss(&self, data: &Dataset) -> Option<f64> {
        let loss = (data.n_samples() > 0).then(|| -self.mean_log_likelihood(data.x.view()));
        loss.filter(|loss| loss.is_finite())
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("covariance_type", self.components.covariance_type.as_str());
        parts.put_vector("weights", &self.components.weights);
        parts.put_matrix("means", &self.components.means);
        parts.put_matrix("covariances", &self.components.covariances);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let covariance_type = CovarianceType::parse(parts.text("covariance_type")?)
            .map_err(|_| damaged("covariance_type"))?;
        let components = Components {
            weights: parts.vector("weights")?,
            means: parts.matrix("means")?,
            covariance_type,
            covariances: parts.matrix("covariances")?,
        };
        let (k, d) = components.means.dim();
        let sum = math::sum(components.weights.iter().copied());
        let is_share = |w: &f64| (0.0..=1.0).contains(w);
        if k != components.weights.len()
            || !components.weights.iter().all(is_share)
            || (sum - 1.0).abs() > 1e-9
        {
            return Err(damaged("weights"));
        }
        if k == 0 || d == 0 {
            return Err(damaged("means"));
        }
        if components.covariances.dim() != covariance_type.shape(k, d) {
            return Err(damaged("covariances"));
        }
        let density = Density::new(&components).ok_or_else(|| damaged("covariances"))?;
        Ok(Self::new(components, density))
    }
}
