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

use super::forest::{self, Forest};
use super::trees::Splitter;
use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::Dataset;
use crate::rng::Rng;
use crate::settings::Checked;

/// Extremely randomized trees, unfitted.
#[derive(Debug, Clone)]
pub struct ExtraTrees(Forest);

impl Estimator for ExtraTrees {
    const INFO: Info = Info {
        id: "extra_trees",
        label: "Extra trees",
        summary: "Grows many trees that split at places drawn by chance, and averages their answers.",
        use_when: "Use it like a random forest where borders should be smoother, or training faster.",
        avoid_when: "Avoid it where many features are noise: drawn splits on them cost more than chosen ones.",
        hyperparameters: &forest::hyperparameters(false),
        reference: "P. Geurts, D. Ernst & L. Wehenkel, \u{201c}Extremely randomized trees\u{201d}, Machine Learning 63(1), 2006.",
        ..forest::BASE
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
