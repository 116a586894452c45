//! Extremely randomized trees: a forest whose thresholds are drawn.
//!
//! How a forest grows and answers is told in [`super::forest`], how a tree does in
//! [`super::trees`]. At each split some features are drawn, for each of them one threshold
//! evenly between its least and largest value in the node, and the purest of these splits is
//! taken. Every tree sees all rows unless told to draw them. The borders come out smoother than
//! those of a random forest, and no sorting is needed.
//!
//! Cost: O(n_estimators · n_samples · max_features · depth), with a smaller factor than a random
//! forest, and deeper trees.
//!
//! Reference: P. Geurts, D. Ernst & L. Wehenkel, "Extremely randomized trees", Machine Learning
//! 63(1), 2006; settings as in scikit-learn.

use std::sync::Arc;

use super::forest::{Forest, MAX_SAMPLES, N_ESTIMATORS, bootstrap};
use super::trees::{
    CCP_ALPHA, CRITERION, MAX_DEPTH, MAX_FEATURES_OF_FOREST, MAX_LEAF_NODES, MIN_IMPURITY_DECREASE,
    MIN_SAMPLES_LEAF, MIN_SAMPLES_SPLIT, Splitter,
};
use super::weights::CLASS_WEIGHT;
use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::Checked;

/// Extremely randomized trees, unfitted.
#[derive(Debug, Clone)]
pub struct ExtraTrees(Forest);

impl Estimator for ExtraTrees {
    const INFO: Info = Info {
        id: "extra_trees",
        label: "Extra trees",
        tasks: &[Task::Classification, Task::Regression],
        family: "Trees",
        summary: "Grows many trees that split at places drawn by chance, and averages their answers.",
        use_when: "Use it like a random forest where borders should be smoother, or training faster.",
        avoid_when: "Avoid it where many features are noise: drawn splits on them cost more than chosen ones.",
        unit: "tree",
        loss: "Brier score, or squared error",
        hyperparameters: &[
            N_ESTIMATORS,
            CRITERION,
            MAX_DEPTH,
            MIN_SAMPLES_SPLIT,
            MIN_SAMPLES_LEAF,
            MAX_LEAF_NODES,
            MAX_FEATURES_OF_FOREST,
            MIN_IMPURITY_DECREASE,
            bootstrap(false),
            MAX_SAMPLES,
            CCP_ALPHA,
            CLASS_WEIGHT,
        ],
        cost: "O(n_estimators \u{b7} n_samples \u{b7} max_features \u{b7} depth)",
        reference: "P. Geurts, D. Ernst & L. Wehenkel, \u{201c}Extremely randomized trees\u{201d}, Machine Learning 63(1), 2006.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Forest::new(settings, Splitter::Random).map(Self)
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        Ok(self.0.begin(data, rng))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        self.0.demand(data)
    }
}
