//! k nearest neighbors: a sample is predicted from the training rows most like it.
//!
//! There is nothing to optimize and so no loss: the one step stores the rows and prepares the
//! search. To predict, the `n_neighbors` rows at the least distance are found, exactly; they
//! vote for their class or average their values, each with the same weight or weighted by one
//! over its distance.
//!
//! Ties: of rows at equal distance the one stored first is nearer. Of classes with equal votes
//! the one with the nearest neighbor wins, then the lowest. Where some neighbors are at distance
//! 0 and weights go by distance, those alone vote.
//!
//! Cost: training O(n·log n); a prediction O(n · n_features) by comparing with all rows, and
//! far less with few features, where a k-d tree leaves out most of them. Features must be
//! scaled first: the one with the largest unit would otherwise decide alone. With many features
//! all rows become about equally far, and neighbors say little.
//!
//! Reference: T. Cover & P. Hart, "Nearest neighbor pattern classification", IEEE Trans. Inf.
//! Theory 13(1), 1967; J. Bentley, "Multidimensional binary search trees used for associative
//! searching", Comm. ACM 18(9), 1975.

mod model;

use std::sync::Arc;

pub use super::neighbors::{Metric, Neighbor};
pub use model::{KnnModel, Stored, Votes, Weights};

use super::rows::{check_distances, standard_layout};
use super::{Estimator, Info, Model, Progress, Trainer};
use crate::error::{Code, Error, Result};
use crate::models::catalogued::catalogued;
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, choice, integer};

/// k nearest neighbors, unfitted.
#[derive(Debug, Clone)]
pub struct Knn {
    n_neighbors: usize,
    weights: Weights,
    metric: Metric,
}

impl Estimator for Knn {
    const INFO: Info = Info {
        id: "knn",
        label: "Nearest neighbors",
        tasks: &[Task::Classification, Task::Regression],
        family: "Neighbors",
        summary: "Predicts from the training rows that are most like the new one.",
        use_when: "Use it when similar rows have similar answers and there are few, scaled features.",
        avoid_when: "Avoid it with dozens of features of which only some matter, or where a prediction must be tiny and fast.",
        unit: "pass",
        loss: "",
        hyperparameters: &[
            integer(
                "n_neighbors",
                "Neighbors",
                (1, 10_000, 5),
                "How many of the nearest rows decide. Few follow every detail, many smooth it away.",
            ),
            choice(
                "weights",
                "Weights",
                &[("uniform", "all alike"), ("distance", "nearer counts more")],
                "Whether all neighbors count alike, or each by one over its distance.",
            ),
            choice(
                "metric",
                "Distance",
                &[
                    ("euclidean", "straight line (Euclidean)"),
                    ("manhattan", "sum of differences (Manhattan)"),
                    ("chebyshev", "largest difference (Chebyshev)"),
                    ("cosine", "angle (cosine)"),
                ],
                "How the distance between two rows is measured.",
            ),
        ],
        cost: "O(n_samples \u{b7} n_features) for each row that is asked, less with a tree",
        reference: "E. Fix & J. Hodges, \u{201c}Discriminatory analysis: nonparametric discrimination\u{201d}, USAF report 4, 1951.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            n_neighbors: settings.count("n_neighbors")?,
            weights: Weights::parse(settings.choice("weights")?)?,
            metric: Metric::parse(settings.choice("metric")?)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        let n = data.n_samples();
        if self.n_neighbors > n {
            let message = format!(
                "{} neighbors are asked for, but there are only {n} training rows. Choose at most {n}.",
                self.n_neighbors
            );
            return Err(Error::new(Code::TooFewSamples, message).in_field("n_neighbors"));
        }
        check_distances(&data)?;
        let votes = match &data.target {
            Target::Classes { codes, labels } => Votes::Classes {
                codes: codes.clone(),
                n_classes: labels.len(),
            },
            Target::Values(values) => Votes::Values(values.clone()),
            Target::None => {
                let message = "Nearest neighbors need a target to predict.";
                return Err(Error::new(Code::DoesNotFit, message).in_field("target"));
            }
        };
        let data = standard_layout(data);
        Ok(Box::new(KnnTrainer {
            settings: self.clone(),
            data,
            votes,
            stored: None,
        }))
    }
}

/// Stores the rows in one step.
struct KnnTrainer {
    settings: Knn,
    data: Arc<Dataset>,
    votes: Votes,
    stored: Option<Arc<Stored>>,
}

impl KnnTrainer {
    fn store(&self) -> Arc<Stored> {
        Arc::new(Stored::new(
            Arc::clone(&self.data),
            self.votes.clone(),
            self.settings.metric,
        ))
    }
}

impl Trainer for KnnTrainer {
    fn step(&mut self) -> Result<Progress> {
        if self.stored.is_none() {
            self.stored = Some(self.store());
        }
        Ok(Progress {
            position: 1.0,
            total: 1.0,
            is_done: true,
            ..Progress::default()
        })
    }

    /// Nothing is learnt, so the model is the same before and after the step.
    fn model(&self) -> Model {
        let stored = self.stored.clone().unwrap_or_else(|| self.store());
        Model::Knn(catalogued(KnnModel::new(
            stored,
            self.settings.n_neighbors,
            self.settings.weights,
        )))
    }
}
