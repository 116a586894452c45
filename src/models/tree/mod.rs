//! A decision tree: questions of one feature each, asked one after another.
//!
//! Where a row ends up, the training rows that ended up there answer: with the shares of their
//! classes, or with their mean (the median, for the absolute error). How a split is found is
//! told in [`super::trees`]. One step makes some splits, few at first and more as the tree
//! grows, those that gain most first; which comes first does not change the complete tree. The
//! loss is that of the training rows as the tree stands: their mean *Brier score*, the squared
//! distance between shares and truth summed over the classes, which for a tree is its Gini
//! impurity; or their mean squared error, in squared units of the target.
//!
//! A node is not split where its rows agree, or where a limit forbids it. With `ccp_alpha` the
//! complete tree is pruned in a last step: the branch whose leaves save least impurity for
//! their number falls, again and again, while it saves at most `ccp_alpha` a leaf.
//!
//! Cost: O(n_samples · n_features · depth); with the absolute error a factor of log(n_samples)
//! more. A complete tree knows its training rows by heart; limits, pruning or a forest keep it
//! from believing all of it.
//!
//! Reference: L. Breiman, J. Friedman, R. Olshen & C. Stone, "Classification and Regression
//! Trees", Wadsworth, 1984; settings as in scikit-learn. With `max_leaf_nodes` splits come best
//! first there too; without, trees are the same. Deviation: where rows have weights, balanced
//! classes weigh the same together; there their rows are counted.

mod model;
mod trainer;

use std::sync::Arc;

pub use model::TreeModel;

use self::trainer::TreeTrainer;
use super::rows::standard_layout;
use super::trees::{
    CCP_ALPHA, CRITERION, Growth, MAX_DEPTH, MAX_FEATURES_OF_TREE, MAX_LEAF_NODES,
    MIN_IMPURITY_DECREASE, MIN_SAMPLES_LEAF, MIN_SAMPLES_SPLIT, Splitter,
};
use super::weights::{CLASS_WEIGHT, sample_weights};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::math;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter};

const HYPERPARAMETERS: &[Hyperparameter] = &[
    CRITERION,
    MAX_DEPTH,
    MIN_SAMPLES_SPLIT,
    MIN_SAMPLES_LEAF,
    MAX_LEAF_NODES,
    MAX_FEATURES_OF_TREE,
    MIN_IMPURITY_DECREASE,
    CCP_ALPHA,
    CLASS_WEIGHT,
];

/// A decision tree, unfitted.
#[derive(Debug, Clone)]
pub struct DecisionTree {
    growth: Growth,
    is_balanced: bool,
}

impl Estimator for DecisionTree {
    const INFO: Info = Info {
        id: "tree",
        label: "Decision tree",
        tasks: &[Task::Classification, Task::Regression],
        family: "Trees",
        summary: "Asks one question after another, each of one feature, until it knows the answer.",
        use_when: "Use it when people must follow how each prediction came about, and features matter together.",
        avoid_when: "Avoid it where accuracy is all that counts: a forest of trees is better, and a smooth curve becomes stairs.",
        unit: "split",
        loss: "Brier score, or squared error",
        hyperparameters: HYPERPARAMETERS,
        cost: "O(n_samples \u{b7} n_features \u{b7} depth)",
        reference: "L. Breiman, J. Friedman, R. Olshen & C. Stone, \u{201c}Classification and Regression Trees\u{201d}, Wadsworth, 1984.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            growth: Growth::new(settings)?,
            is_balanced: settings.choice("class_weight")? == "balanced",
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        let data = standard_layout(data);
        let weights = sample_weights(&data, self.is_balanced);
        let limits = self.growth.limits(&data, Splitter::Best, true);
        let trainer = TreeTrainer::new(data, weights, limits, self.growth.ccp_alpha, rng);
        Ok(Box::new(trainer))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        let (n, p) = (data.n_samples() as f64, data.n_features() as f64);
        // Ranks, the rows of nodes with their keys, and nodes of some 60 bytes.
        let bytes = 4.0 * n * p + 40.0 * n + 120.0 * self.growth.likely_leaves(data, n);
        let seconds = 2e-8 * n * p * math::log2(n.max(2.0));
        Demand { bytes, seconds }
    }
}
