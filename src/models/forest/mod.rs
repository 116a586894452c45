//! Forests of decision trees: what random forests and extra trees have in common.
//!
//! Many trees are grown, each on other rows or with other features in sight, and their answers
//! are averaged, in the order of the trees: shares of classes or numbers. Of equally likely
//! classes the lowest is predicted. One step grows some trees, few at first; where the data
//! are large, a part of several trees at once. Each tree has random numbers of its own, so a
//! forest of more trees begins with the trees of a smaller one.
//!
//! With `bootstrap` each tree learns from as many rows as there are, drawn with replacement;
//! weights of rows and classes say how likely each is drawn. The rows that a tree has not drawn
//! are *out of bag* and judge it: the loss is the mean Brier score (squared error for numbers)
//! of all rows, each predicted by the trees that did not see it. Without `bootstrap` weights
//! count in the trees themselves, and there is no loss while training.

mod bag;
mod model;
mod trainer;

use std::sync::Arc;

pub use model::ForestModel;

use self::bag::Bag;
use self::trainer::ForestTrainer;
use super::rows::standard_layout;
use super::trees::{
    CCP_ALPHA, CRITERION, Growth, MAX_DEPTH, MAX_FEATURES_OF_FOREST, MAX_LEAF_NODES,
    MIN_IMPURITY_DECREASE, MIN_SAMPLES_LEAF, MIN_SAMPLES_SPLIT, Splitter,
};
use super::weights::sample_weights;
use super::{Demand, Info, Trainer};
use crate::error::Result;
use crate::math;
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, choice, flag, integer, real};

/// What both forests are declared by.
pub(super) const BASE: Info = Info {
    tasks: &[Task::Classification, Task::Regression],
    family: "Trees",
    unit: "tree",
    loss: "Brier score, or squared error",
    cost: "O(n_estimators \u{b7} n_samples \u{b7} max_features \u{b7} depth)",
    takes_weights: true,
    ..Info::BASE
};

/// The settings of a forest.
///
/// - `bootstraps`: whether rows are drawn by default.
pub(super) const fn hyperparameters(bootstraps: bool) -> [Hyperparameter; 12] {
    [
        N_ESTIMATORS,
        CRITERION,
        MAX_DEPTH,
        MIN_SAMPLES_SPLIT,
        MIN_SAMPLES_LEAF,
        MAX_LEAF_NODES,
        MAX_FEATURES_OF_FOREST,
        MIN_IMPURITY_DECREASE,
        bootstrap(bootstraps),
        MAX_SAMPLES,
        CCP_ALPHA,
        CLASS_WEIGHT,
    ]
}

pub(super) const N_ESTIMATORS: Hyperparameter = integer(
    "n_estimators",
    "Trees",
    (1, 10_000, 100),
    "How many trees are grown. More are never worse, but each takes its time; the gain fades.",
);

const fn bootstrap(default: bool) -> Hyperparameter {
    flag(
        "bootstrap",
        "Draw the rows",
        default,
        "Whether each tree learns from rows drawn with replacement, so that some come twice and a third not at all. Those then judge the tree.",
    )
}

const MAX_SAMPLES: Hyperparameter = real(
    "max_samples",
    "Share of rows drawn",
    (0.001, 1.0, 1.0),
    "How many rows each tree draws, as a share of all, where rows are drawn.",
);

const CLASS_WEIGHT: Hyperparameter = choice(
    "class_weight",
    "Class weights",
    &[
        ("none", "every row the same"),
        ("balanced", "rare classes more"),
        ("balanced_subsample", "rare classes more, tree by tree"),
    ],
    "Whether the rows of rare classes count more, so that all classes weigh the same together: among all rows, or among those that each tree has drawn. It finds more of a rare class, at the price of more false alarms.",
);

/// The settings of a forest.
#[derive(Debug, Clone)]
pub(super) struct Forest {
    n_estimators: usize,
    growth: Growth,
    splitter: Splitter,
    has_bootstrap: bool,
    max_samples: f64,
    balance: Balance,
}

/// Among which rows all classes weigh the same together.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Balance {
    None,
    All,
    EachDraw,
}

impl Balance {
    fn of(settings: &Checked) -> Result<Self> {
        Ok(match settings.choice("class_weight")? {
            "balanced" => Self::All,
            "balanced_subsample" => Self::EachDraw,
            _ => Self::None,
        })
    }
}

/// Trees that grow side by side; fixed, so that results do not depend on threads.
const LANES: usize = 8;

impl Forest {
    pub(super) fn new(settings: &Checked, splitter: Splitter) -> Result<Self> {
        Ok(Self {
            n_estimators: settings.count("n_estimators")?,
            growth: Growth::new(settings)?,
            splitter,
            has_bootstrap: settings.flag("bootstrap")?,
            max_samples: settings.real("max_samples")?,
            balance: Balance::of(settings)?,
        })
    }

    pub(super) fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Box<dyn Trainer> {
        let data = standard_layout(data);
        let bag = self.bag(&data);
        let limits = self.growth.limits(&data, self.splitter, false);
        Box::new(ForestTrainer::new(self.clone(), data, bag, limits, rng))
    }

    fn bag(&self, data: &Dataset) -> Bag {
        let n = data.n_samples();
        if !self.has_bootstrap {
            // Then every tree has the same rows: all.
            return Bag::of_all(n, sample_weights(data, self.balance != Balance::None));
        }
        let n_draws = (self.max_samples * n as f64) as usize;
        let bag = Bag::drawing(
            n,
            n_draws,
            sample_weights(data, self.balance == Balance::All),
        );
        match &data.target {
            Target::Classes { codes, labels } if self.balance == Balance::EachDraw => {
                bag.balancing(codes.clone(), labels.len())
            }
            _ => bag,
        }
    }

    pub(super) fn demand(&self, data: &Dataset) -> Demand {
        let (n, p) = (data.n_samples() as f64, data.n_features() as f64);
        let width = match &data.target {
            Target::Classes { labels, .. } => labels.len() as f64,
            _ => 1.0,
        };
        // A draw with replacement leaves about 63 % of the rows.
        let n_in_bag = if self.has_bootstrap {
            n * self.max_samples * 0.63
        } else {
            n
        };
        let leaves = self.growth.likely_leaves(data, n_in_bag);
        let n_trees = self.n_estimators as f64;
        let grown = n_trees * leaves * (40.0 + 8.0 * width);
        let lanes = n_trees.min(LANES as f64);
        let growing = lanes * (32.0 * n + leaves * (96.0 + 16.0 * width));
        let looks = self.growth.limits(data, self.splitter, false).max_features as f64;
        // A level of a tree looks at every row once; the first ones wait for memory.
        let levels = 1.3e-8 * math::log2(n.max(2.0)) + 1.5e-7 * Demand::halvings_to_cache(data);
        Demand {
            bytes: 4.0 * n * p + 8.0 * n * (width + 1.0) + grown + growing,
            seconds: n_trees * n_in_bag * looks * levels,
        }
    }
}
