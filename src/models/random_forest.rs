//! Random forest: trees that each see other rows, and at each split other features.
//!
//! How a forest grows and answers is told in [`super::forest`], how a tree does in
//! [`super::trees`]. Each tree draws its rows with replacement; at each split it looks at a few
//! features drawn anew (for classes the square root of their number) and takes the best
//! threshold of these. So trees err in different ways, and the errors cancel out.
//!
//! Cost: O(n_estimators · n_samples · max_features · depth). The trees are complete unless
//! told otherwise, and take memory in proportion: on noisy rows some half a node for each row.
//!
//! Reference: L. Breiman, "Random forests", Machine Learning 45(1), 2001; settings as in
//! scikit-learn.

use std::sync::Arc;

use super::forest::{self, Forest};
use super::trees::Splitter;
use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::Dataset;
use crate::rng::Rng;
use crate::settings::Checked;

/// A random forest, unfitted.
#[derive(Debug, Clone)]
pub struct RandomForest(Forest);

impl Estimator for RandomForest {
    const INFO: Info = Info {
        id: "random_forest",
        label: "Random forest",
        summary: "Grows many trees, each on other rows and features, and averages their answers.",
        use_when: "Use it as the first strong model on any table: it needs no scaling, little tuning, and tells which features matter.",
        avoid_when: "Avoid it where a model must be small or followed by eye, or must go beyond the range of the rows it saw.",
        hyperparameters: &forest::hyperparameters(true),
        reference: "L. Breiman, \u{201c}Random forests\u{201d}, Machine Learning 45(1), 2001.",
        ..forest::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Forest::new(settings, Splitter::Best).map(Self)
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        Ok(self.0.begin(data, rng))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        self.0.demand(data)
    }
}
