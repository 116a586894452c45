//! UMAP: rows on few axes so that the graph of their neighbors is kept.
//!
//! Every row is joined to its `n_neighbors` nearest by edges whose strength falls from 1 at the
//! nearest ([`strengths`]); both directions of an edge are joined as a fuzzy union. On the map
//! two rows at distance d are joined with strength q = 1 / (1 + a·d²ᵇ), a and b fitted to
//! `min_dist` and `spread` ([`curve`]). Stochastic descent pulls the ends of each edge together,
//! as often as the edge is strong, and pushes each from `negative_sample_rate` rows drawn at
//! random.
//!
//! The first steps search the neighbors, exactly, and the start: eigenvectors of the graph's
//! Laplacian, or principal components where the graph falls apart or on wish. Then a step is one
//! or a few epochs, or on many rows a part of one. The loss is what pulls and pushes lower on
//! average, in nats a row: a cross-entropy in which pushes weigh less than in the paper (S.
//! Damrich & F. Hamprecht, "On UMAP's true loss function", NeurIPS 2021). It is estimated from
//! a fixed sample: of pairs, and on many rows of edges too. Edges are visited in a fixed order by one thread, so that every
//! machine lays out the same map.
//!
//! Cost: O(n_samples²·n_features) for the neighbors,
//! O(n_samples·n_neighbors·(1 + negative_sample_rate)) an epoch. Distances between groups mean
//! little. A new row is placed among its nearest training rows: see
//! [`super::embedding::EmbeddingModel`].
//!
//! Reference: L. McInnes, J. Healy & J. Melville, "UMAP: Uniform Manifold Approximation and
//! Projection for Dimension Reduction", arXiv 1802.03426, 2018. Deviations from umap-learn:
//! neighbors are exact at any size; a graph in several parts starts from principal components;
//! forces are read from a table, to 1e-4 of each.

pub mod curve;
mod fuzzy;
mod layout;
mod spectral;
mod trainer;

use std::sync::Arc;

pub use fuzzy::{Reach, Strengths};

use self::trainer::UmapTrainer;
use super::neighbors::Metric;
use super::rows::{check_distances, standard_layout};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, choice, integer, real, real_log};

/// Rows up to which 500 epochs are done instead of 200, as in umap-learn.
const MANY_EPOCHS_UP_TO: usize = 10_000;

/// UMAP, unfitted.
#[derive(Debug, Clone)]
pub struct Umap {
    n_neighbors: usize,
    n_components: usize,
    min_dist: f64,
    spread: f64,
    /// 0 where it follows from the number of rows.
    n_epochs: usize,
    learning_rate: f64,
    negative_sample_rate: usize,
    starts_spectral: bool,
    metric: Metric,
}

impl Umap {
    fn n_epochs_of(&self, n_samples: usize) -> usize {
        match self.n_epochs {
            0 if n_samples <= MANY_EPOCHS_UP_TO => 500,
            0 => 200,
            set => set,
        }
    }
}

impl Estimator for Umap {
    const INFO: Info = Info {
        id: "umap",
        label: "UMAP",
        tasks: &[Task::Projection],
        family: "Maps of neighbors",
        summary: "Lays rows out on few axes so that the graph of their neighbors is kept.",
        use_when: "Use it to see groups and their transitions in many features, up to some 100,000 rows.",
        avoid_when: "Avoid it where distances between groups matter, or axes must have a meaning.",
        unit: "epoch",
        loss: "weighted cross-entropy (nats a row)",
        hyperparameters: &[
            integer(
                "n_neighbors",
                "Neighbors",
                (2, 200, 15),
                "How many rows, itself counted, each row is joined with. Few show fine detail, many the large lines.",
            ),
            integer(
                "n_components",
                "Components",
                (1, 10, 2),
                "How many axes the map has. Two can be drawn.",
            ),
            real(
                "min_dist",
                "Least distance",
                (0.0, 1.0, 0.1),
                "How near rows may come on the map. Less packs groups more densely.",
            ),
            real(
                "spread",
                "Spread",
                (0.1, 10.0, 1.0),
                "How far apart the map is drawn as a whole. At least the least distance.",
            ),
            integer(
                "n_epochs",
                "Epochs",
                (0, 10_000, 0),
                "How often every strong edge is visited; 0 chooses by the number of rows.",
            ),
            real_log(
                "learning_rate",
                "Learning rate",
                (1e-3, 10.0, 1.0),
                "How far the first epoch moves the rows; it falls to 0 by the last.",
            ),
            integer(
                "negative_sample_rate",
                "Pushes a pull",
                (0, 50, 5),
                "From how many rows drawn at random a row is pushed whenever it is pulled.",
            ),
            choice(
                "init",
                "Start",
                &[
                    ("spectral", "eigenvectors of the graph"),
                    ("pca", "principal components"),
                ],
                "Where the rows start, which decides on the large lines.",
            ),
            choice(
                "metric",
                "Distance",
                &[
                    ("euclidean", "straight line (Euclidean)"),
                    ("manhattan", "sum of differences (Manhattan)"),
                    ("cosine", "angle (cosine)"),
                ],
                "How the distance between two rows is measured.",
            ),
        ],
        cost: "O(n_samples\u{b2} \u{b7} n_features + epochs \u{b7} n_samples \u{b7} n_neighbors)",
        reference: "L. McInnes, J. Healy & J. Melville, \u{201c}UMAP: uniform manifold approximation and projection for dimension reduction\u{201d}, arXiv 1802.03426, 2018.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            n_neighbors: settings.count("n_neighbors")?,
            n_components: settings.count("n_components")?,
            min_dist: settings.real("min_dist")?,
            spread: settings.real("spread")?,
            n_epochs: settings.count("n_epochs")?,
            learning_rate: settings.real("learning_rate")?,
            negative_sample_rate: settings.count("negative_sample_rate")?,
            starts_spectral: settings.choice("init")? == "spectral",
            metric: Metric::parse(settings.choice("metric")?)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        if self.min_dist > self.spread {
            let message = format!(
                "The least distance is {}, more than the spread, {}. Choose at most the spread.",
                self.min_dist, self.spread
            );
            return Err(Error::new(Code::BadSetting, message).in_field("min_dist"));
        }
        check_distances(&data)?;
        let data = standard_layout(data);
        Ok(Box::new(UmapTrainer::new(self.clone(), &data, rng)))
    }

    /// Seconds as measured on one core in a page.
    fn demand(&self, data: &Dataset) -> Demand {
        let (n, p) = (data.n_samples() as f64, data.n_features() as f64);
        let (k, epochs) = (
            self.n_neighbors as f64,
            self.n_epochs_of(data.n_samples()) as f64,
        );
        let visits = 0.4 * n * k * epochs * (1.0 + self.negative_sample_rate as f64);
        Demand {
            bytes: n * (16.0 * k + 4.0 * 32.0 * k + 16.0 * p + 8.0 * spectral::MAX_STEPS as f64),
            seconds: 5e-11 * n * n * p + 2e-8 * visits,
        }
    }
}
