//! DBSCAN: clusters are places where rows lie close together, of any shape; the rest is noise.
//!
//! A row is a *core* sample where at least `min_samples` rows, itself included, lie within `eps`
//! of it (a distance of exactly `eps` counts). With sample weights their sum is compared with
//! `min_samples`. A cluster spreads from its first core sample, in the order of the rows: all
//! rows within `eps` of a core sample of the cluster join it, and those that are core samples
//! carry on. A row that is not, on the border of two clusters, belongs to the first that reaches
//! it. Rows that none reaches are [`NOISE`](super::NOISE).
//!
//! The first steps find the core samples; each further one takes a bounded number of samples
//! from the *frontier*, the core samples reached but not yet looked around. There is no loss.
//!
//! A new row joins the first cluster with a core sample within `eps`, as it would have joined
//! in training without being a core sample itself; so training rows get their own label again.
//!
//! Cost: about O(n_samples · log n_samples) with few features, where a tree of boxes leaves out
//! what is far, takes over what is near as a whole, and passes over what has a cluster already;
//! O(n_samples² · n_features) at worst. Memory O(n_samples): no lists of neighbors are kept.
//! Features must be scaled first, for one `eps` holds in all directions.
//!
//! Reference: M. Ester, H.-P. Kriegel, J. Sander & X. Xu, "A density-based algorithm for
//! discovering clusters in large spatial databases with noise", KDD 1996. Deviation: for the
//! cosine distance rows of zeros are alike, and at distance 1 from all others.

mod demand;
mod model;
mod neighborhood;
mod trainer;

use std::sync::Arc;

pub use model::DbscanModel;

use self::trainer::DbscanTrainer;
use super::neighbors::Metric;
use super::rows::{check_distances, standard_layout};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, choice, integer, real_log};

/// How distances are measured, for all that cluster by density.
pub(super) const METRIC: Hyperparameter = choice(
    "metric",
    "Distance",
    &[
        ("euclidean", "straight line (Euclidean)"),
        ("manhattan", "sum of differences (Manhattan)"),
        ("chebyshev", "largest difference (Chebyshev)"),
        ("cosine", "angle (cosine)"),
    ],
    "How the distance between two rows is measured.",
);

/// DBSCAN, unfitted.
#[derive(Debug, Clone)]
pub struct Dbscan {
    eps: f64,
    min_samples: usize,
    metric: Metric,
}

impl Estimator for Dbscan {
    const INFO: Info = Info {
        id: "dbscan",
        label: "DBSCAN",
        tasks: &[Task::Clustering],
        family: "Density",
        summary: "Finds groups of any shape where rows lie close together, and rows of no group.",
        use_when: "Use it when groups are dense and bent, their number is unknown, and stray rows should belong to none.",
        avoid_when: "Avoid it where some groups are much denser than others, or with dozens of features.",
        unit: "pass",
        loss: "",
        hyperparameters: &[
            real_log(
                "eps",
                "Radius",
                (1e-6, 1e6, 0.5),
                "How near two rows must be to be neighbors. Small finds many tight groups and much noise, large joins everything.",
            ),
            integer(
                "min_samples",
                "Neighbors for a core",
                (1, 10_000, 5),
                "How many rows, itself included, must lie within the radius of a row that carries a group on. More asks for denser groups.",
            ),
            METRIC,
        ],
        cost: "O(n_samples \u{b7} log n_samples) with few features, O(n_samples\u{b2} \u{b7} n_features) at worst",
        reference: "M. Ester, H.-P. Kriegel, J. Sander & X. Xu, \u{201c}A density-based algorithm for discovering clusters in large spatial databases with noise\u{201d}, KDD 1996.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            eps: settings.real("eps")?,
            min_samples: settings.count("min_samples")?,
            metric: Metric::parse(settings.choice("metric")?)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        check_distances(&data)?;
        Ok(Box::new(DbscanTrainer::new(
            self.clone(),
            standard_layout(data),
        )))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        demand::demand(self, data)
    }
}
