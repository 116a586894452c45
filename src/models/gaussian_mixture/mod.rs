//! Gaussian mixture: rows come from a few bell-shaped clouds, found by expectation–maximization.
//!
//! A component is a normal distribution with a weight, a mean and a covariance. One iteration of
//! EM asks first how likely each row came from each component (its *responsibilities*), then
//! makes each component fit the rows it is responsible for. The loss is the mean negative
//! log-likelihood of the rows under the mixture before the second half, in nats a row; it never
//! rises (but for `reg_covar`). A fit is done when it falls by less than `tol`, or after
//! `max_iter` iterations. A fit starts from the clusters of k-means. With `n_init` above 1 whole
//! fits follow one another and the one of least loss is kept.
//!
//! A step is an iteration, or a part of one where the rows are many. While k-means runs, the
//! model is one cloud around all rows. In the final model the components are ordered by weight,
//! the heaviest first, then by their means.
//!
//! Covariances are `full`, `tied` (one for all), `diag` (features independent) or `spherical`
//! (round). `reg_covar`, a share of the mean variance of the features, is added to all variances,
//! so that units do not matter. Densities are computed from Cholesky factors,
//! and summed as logarithms.
//!
//! Cost: O(n_samples · n_components · n_features²) an iteration, without the square for `diag`
//! and `spherical`.
//!
//! Reference: A. Dempster, N. Laird & D. Rubin, "Maximum likelihood from incomplete data via the
//! EM algorithm", J. Royal Statistical Society B 39(1), 1977. Deviations: where rounding leaves a
//! covariance without a Cholesky factor, more is added to its variances, and nothing fails; with
//! fewer different rows than components there are fewer components. Elsewhere `reg_covar` is an
//! amount; for features of variance 1, as scaling leaves them, both are the same.

mod components;
mod density;
mod estimate;
mod model;
mod trainer;

use std::sync::Arc;

pub use components::{Components, CovarianceType};
pub use density::Whitening;
pub use model::GaussianMixtureModel;

use self::trainer::GaussianMixtureTrainer;
use super::rows::{check_distances, standard_layout};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, choice, integer, real_log};

/// Features up to which covariance matrices fit into memory.
const MAX_FEATURES: usize = 1000;

/// Gaussian mixture, unfitted.
#[derive(Debug, Clone)]
pub struct GaussianMixture {
    n_components: usize,
    covariance_type: CovarianceType,
    reg_covar: f64,
    tol: f64,
    max_iter: usize,
    n_init: usize,
}

impl Estimator for GaussianMixture {
    const INFO: Info = Info {
        id: "gaussian_mixture",
        label: "Gaussian mixture",
        tasks: &[Task::Clustering],
        family: "Centers",
        summary: "Explains the rows by a few bell-shaped clouds, and says how surely a row belongs to each.",
        use_when: "Use it when groups are stretched or overlap, or where the share of each group in a row matters.",
        avoid_when: "Avoid it for bent groups, or with many features and few rows: a full covariance has many numbers.",
        unit: "iteration",
        loss: "negative log-likelihood (nats a row)",
        hyperparameters: &[
            integer(
                "n_components",
                "Components",
                (1, 100, 1),
                "How many clouds to fit. More always explain more; the BIC says whether they are worth it.",
            ),
            choice(
                "covariance_type",
                "Shape",
                &[
                    ("full", "each its own ellipse"),
                    ("tied", "all the same ellipse"),
                    ("diag", "ellipses along the axes"),
                    ("spherical", "circles"),
                ],
                "What shape a cloud may have. Simpler shapes need fewer rows.",
            ),
            real_log(
                "reg_covar",
                "Least variance",
                (0.0, 1e6, 1e-6),
                "A share of the mean variance of the features that is added to all variances, so that no cloud shrinks to a point.",
            ),
            real_log(
                "tol",
                "Tolerance",
                (0.0, 1.0, 1e-3),
                "A fit has settled when the loss falls by less than this in an iteration.",
            ),
            integer(
                "max_iter",
                "Iterations at most",
                (1, 10_000, 100),
                "Where a fit ends that has not settled before.",
            ),
            integer(
                "n_init",
                "Starts",
                (1, 100, 1),
                "How many fits from different starts; the one of least loss is kept.",
            ),
        ],
        cost: "O(n_samples \u{b7} n_components \u{b7} n_features\u{b2}) an iteration",
        reference: "A. Dempster, N. Laird & D. Rubin, \u{201c}Maximum likelihood from incomplete data via the EM algorithm\u{201d}, J. Royal Statistical Society B 39(1), 1977.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            n_components: settings.count("n_components")?,
            covariance_type: CovarianceType::parse(settings.choice("covariance_type")?)?,
            reg_covar: settings.real("reg_covar")?,
            tol: settings.real("tol")?,
            max_iter: settings.count("max_iter")?,
            n_init: settings.count("n_init")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        let n = data.n_samples();
        if self.n_components > n {
            let message = format!(
                "{} components are asked for, but there are only {n} rows. Choose at most {n}.",
                self.n_components
            );
            return Err(Error::new(Code::TooFewSamples, message).in_field("n_components"));
        }
        self.check(&data)?;
        let settings = self.in_units_of(&data);
        let trainer = GaussianMixtureTrainer::new(settings, standard_layout(data), rng)?;
        Ok(Box::new(trainer))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        let (n, d) = (data.n_samples() as f64, data.n_features() as f64);
        let k = self.n_components as f64;
        Demand {
            bytes: 8.0 * k * (n + 4.0 * d * d),
            seconds: 0.0,
        }
    }
}

impl GaussianMixture {
    /// Starts from given components instead of k-means; `n_init` is then 1.
    ///
    /// # Errors
    /// [`Code::ShapeMismatch`] where they have another number of features than the data;
    /// [`Code::NotFinite`] where a covariance is not positive definite.
    pub fn begin_at(&self, data: Arc<Dataset>, start: Components) -> Result<Box<dyn Trainer>> {
        if start.n_features() != data.n_features() {
            let message = format!(
                "Start components of {} features do not fit {} features.",
                start.n_features(),
                data.n_features()
            );
            return Err(Error::new(Code::ShapeMismatch, message).in_field("components"));
        }
        self.check(&data)?;
        let settings = self.in_units_of(&data);
        let trainer = GaussianMixtureTrainer::at(settings, standard_layout(data), start)?;
        Ok(Box::new(trainer))
    }

    /// The settings with `reg_covar` as an amount. Where no feature varies it stays as it is.
    fn in_units_of(&self, data: &Dataset) -> Self {
        let columns = data.x.columns().into_iter();
        let variance = |column: ndarray::ArrayView1<f64>| {
            math::moments(&column.to_vec()).map_or(0.0, |moments| moments.variance)
        };
        let mean = math::sum(columns.map(variance)) / data.n_features().max(1) as f64;
        let unit = if mean > 0.0 && mean.is_finite() {
            mean
        } else {
            1.0
        };
        Self {
            reg_covar: self.reg_covar * unit,
            ..self.clone()
        }
    }

    fn check(&self, data: &Dataset) -> Result<()> {
        if data.n_features() > MAX_FEATURES {
            let message = format!(
                "Gaussian mixtures take at most {MAX_FEATURES} features, found {}. Select fewer.",
                data.n_features()
            );
            return Err(Error::new(Code::TooLarge, message));
        }
        check_distances(data)
    }
}
