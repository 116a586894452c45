//! k-means clustering: Lloyd's algorithm, seeded by greedy k-means++.
//!
//! One step is one Lloyd iteration: every sample joins its nearest centroid (the lower index
//! where tied), then every centroid moves to the mean of its samples. The loss is the *inertia*,
//! the sum of squared distances to the nearest centroid before the move, in squared feature
//! units. It never rises. The fit is done when an iteration changes no sample's cluster, when
//! the centroids move less than `tol` asks for, or after `max_iter` iterations. With `n_init`
//! above 1 whole fits follow one another and the one of least inertia is kept. Sample weights
//! weigh the squared distances, the means and the draws of the seeding.
//!
//! Cost: O(n_samples · n_clusters · n_features) a step, nearly all of it in `f32`; samples that
//! this leaves uncertain are compared in `f64`, so the labels are those of `f64`. Features must
//! be scaled first: the one with the largest unit would otherwise decide alone.
//!
//! Reference: S. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28(2),
//! 1982; D. Arthur & S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
//! Deviations: a centroid that loses all its samples restarts at the sample that is farthest
//! from its own centroid, and seeding tries several candidates and keeps the best, both as
//! scikit-learn does. With fewer different rows than clusters there are fewer clusters.

mod lloyd;
mod model;
pub(super) mod packed;
pub(super) mod points;
pub(super) mod seeding;
mod sketch;
mod trainer;

use std::sync::Arc;

use ndarray::Array2;

pub use model::KMeansModel;

use self::trainer::KMeansTrainer;
use super::rows::{check_distances, standard_layout};
use super::{Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, integer, real_log};

/// k-means, unfitted.
#[derive(Debug, Clone)]
pub struct KMeans {
    n_clusters: usize,
    n_init: usize,
    max_iter: usize,
    tol: f64,
}

impl Estimator for KMeans {
    const INFO: Info = Info {
        id: "kmeans",
        label: "k-means",
        tasks: &[Task::Clustering],
        family: "Centers",
        summary: "Sorts rows into round groups, each around its own center.",
        use_when: "Use it when groups are compact, of similar size, and their number can be guessed.",
        avoid_when: "Avoid it for long, nested or very unequal groups, and where features are not scaled.",
        unit: "iteration",
        loss: "inertia (sum of squared distances)",
        hyperparameters: &[
            integer(
                "n_clusters",
                "Clusters",
                (1, 1000, 8),
                "How many groups to form. The inertia always falls with more; look for the bend.",
            ),
            integer(
                "n_init",
                "Starts",
                (1, 100, 1),
                "How many fits from different starts; the one of least inertia is kept.",
            ),
            integer(
                "max_iter",
                "Iterations at most",
                (1, 10_000, 300),
                "Where a fit ends that has not settled before.",
            ),
            real_log(
                "tol",
                "Tolerance",
                (0.0, 1.0, 1e-4),
                "A fit has settled when its centers move by less than this share of the features' mean variance (squared).",
            ),
        ],
        cost: "O(n_samples \u{b7} n_clusters \u{b7} n_features) a step",
        reference: "S. Lloyd, \u{201c}Least squares quantization in PCM\u{201d}, IEEE Trans. Information Theory 28(2), 1982.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            n_clusters: settings.count("n_clusters")?,
            n_init: settings.count("n_init")?,
            max_iter: settings.count("max_iter")?,
            tol: settings.real("tol")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        let n = data.n_samples();
        if self.n_clusters > n {
            let message = format!(
                "{} clusters are asked for, but there are only {n} rows. Choose at most {n}.",
                self.n_clusters
            );
            return Err(Error::new(Code::TooFewSamples, message).in_field("n_clusters"));
        }
        check_distances(&data)?;
        Ok(Box::new(KMeansTrainer::new(
            self.clone(),
            standard_layout(data),
            rng,
        )))
    }
}

/// The sum of squared moves of centroids below which a fit has settled: a share of the mean
/// variance of the features.
pub(super) fn least_move(data: &Dataset, tol: f64) -> f64 {
    if tol == 0.0 {
        return 0.0;
    }
    let columns = data.x.columns().into_iter();
    let variances = columns.filter_map(|column| math::moments(&column.to_vec()));
    tol * math::sum(variances.map(|m| m.variance)) / data.n_features() as f64
}

impl KMeans {
    /// Starts from given centroids instead of seeding; `n_init` is then 1.
    ///
    /// - `centroids`: `(n_clusters, n_features)`, finite; its length sets the number of clusters.
    ///
    /// # Errors
    /// [`Code::ShapeMismatch`] where `centroids` is empty or has another number of columns than
    /// the data; [`Code::NotFinite`] where it is not finite.
    pub fn begin_at(&self, data: Arc<Dataset>, centroids: Array2<f64>) -> Result<Box<dyn Trainer>> {
        if centroids.nrows() == 0 || centroids.ncols() != data.n_features() {
            let message = format!(
                "Start centroids of shape {:?} do not fit {} features.",
                centroids.dim(),
                data.n_features()
            );
            return Err(Error::new(Code::ShapeMismatch, message).in_field("centroids"));
        }
        if centroids.iter().any(|c| !c.is_finite()) {
            let message = "A start centroid is not finite.";
            return Err(Error::new(Code::NotFinite, message).in_field("centroids"));
        }
        check_distances(&data)?;
        let centroids = centroids.iter().copied().collect();
        Ok(Box::new(KMeansTrainer::at(
            self.clone(),
            standard_layout(data),
            centroids,
        )))
    }
}
