//! Hyperparameters that trees and forests share.

use super::goal::Criterion;
use super::grower::Limits;
use super::search::Splitter;
use crate::error::Result;
use crate::prepare::{Dataset, Target};
use crate::settings::{Checked, Hyperparameter, choice, integer, real_log};

pub(in crate::models) const CRITERION: Hyperparameter = choice(
    "criterion",
    "Criterion",
    &[
        ("auto", "Gini for classes, squared error for numbers"),
        ("gini", "Gini impurity (classes)"),
        ("entropy", "entropy (classes)"),
        ("squared_error", "squared error (numbers)"),
        ("absolute_error", "absolute error (numbers)"),
    ],
    "What a split should make small. Absolute error lets outliers count less, and takes longer. A criterion for the other kind of target gives way to the usual one.",
);

pub(in crate::models) const MAX_DEPTH: Hyperparameter = integer(
    "max_depth",
    "Depth at most",
    (0, 1_000_000, 0),
    "How many questions may follow one another; 0 is no limit. Shallow trees are simple, deep ones learn the rows by heart.",
);

pub(in crate::models) const MIN_SAMPLES_SPLIT: Hyperparameter = integer(
    "min_samples_split",
    "Rows to split",
    (2, 1_000_000, 2),
    "A group of fewer rows is not split further.",
);

pub(in crate::models) const MIN_SAMPLES_LEAF: Hyperparameter = integer(
    "min_samples_leaf",
    "Rows in a leaf at least",
    (1, 1_000_000, 1),
    "No split leaves fewer rows than this on either side. Larger leaves follow the noise less.",
);

pub(in crate::models) const MAX_LEAF_NODES: Hyperparameter = integer(
    "max_leaf_nodes",
    "Leaves at most",
    (0, 10_000_000, 0),
    "Where growing stops, the splits that gain most having come first; 0 is no limit.",
);

pub(in crate::models) const MIN_IMPURITY_DECREASE: Hyperparameter = real_log(
    "min_impurity_decrease",
    "Gain at least",
    (0.0, 1e12, 0.0),
    "A split must make the impurity of all rows together fall by this much.",
);

pub(in crate::models) const CCP_ALPHA: Hyperparameter = real_log(
    "ccp_alpha",
    "Price of a leaf",
    (0.0, 1e12, 0.0),
    "After growing, branches that do not make up for the price of their leaves are cut off, the weakest first. 0 keeps them all.",
);

const MAX_FEATURES_HELP: &str = "How many features are looked at for each split, drawn anew each time. Fewer make the trees more different from one another.";

/// For single trees: all features unless told otherwise.
pub(in crate::models) const MAX_FEATURES_OF_TREE: Hyperparameter = choice(
    "max_features",
    "Features for a split",
    &[
        ("all", "all"),
        ("sqrt", "square root of their number"),
        ("log2", "logarithm of their number"),
        ("third", "a third"),
    ],
    MAX_FEATURES_HELP,
);

/// For forests: the square root for classes and all for numbers, unless told otherwise.
pub(in crate::models) const MAX_FEATURES_OF_FOREST: Hyperparameter = choice(
    "max_features",
    "Features for a split",
    &[
        ("auto", "square root for classes, all for numbers"),
        ("sqrt", "square root of their number"),
        ("log2", "logarithm of their number"),
        ("third", "a third"),
        ("all", "all"),
    ],
    MAX_FEATURES_HELP,
);

/// How many features are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MaxFeatures {
    Auto,
    Sqrt,
    Log2,
    Third,
    All,
}

impl MaxFeatures {
    /// At least one, rounded down, as scikit-learn does.
    fn count(self, n_features: usize, is_regression: bool) -> usize {
        let count = match self {
            Self::Auto if is_regression => n_features,
            Self::Auto | Self::Sqrt => n_features.isqrt(),
            Self::Log2 => n_features.max(1).ilog2() as usize,
            Self::Third => n_features / 3,
            Self::All => n_features,
        };
        count.max(1)
    }
}

/// What was set of how a tree grows.
#[derive(Debug, Clone)]
pub(in crate::models) struct Growth {
    criterion: Criterion,
    max_features: MaxFeatures,
    max_depth: usize,
    max_leaf_nodes: usize,
    min_samples_split: usize,
    min_samples_leaf: usize,
    min_impurity_decrease: f64,
    pub ccp_alpha: f64,
}

impl Growth {
    pub(in crate::models) fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            criterion: match settings.choice("criterion")? {
                "entropy" => Criterion::Entropy,
                "absolute_error" => Criterion::AbsoluteError,
                "squared_error" => Criterion::SquaredError,
                _ => Criterion::Gini,
            },
            max_features: match settings.choice("max_features")? {
                "sqrt" => MaxFeatures::Sqrt,
                "log2" => MaxFeatures::Log2,
                "third" => MaxFeatures::Third,
                "all" => MaxFeatures::All,
                _ => MaxFeatures::Auto,
            },
            max_depth: settings.count("max_depth")?,
            max_leaf_nodes: settings.count("max_leaf_nodes")?,
            min_samples_split: settings.count("min_samples_split")?,
            min_samples_leaf: settings.count("min_samples_leaf")?,
            min_impurity_decrease: settings.real("min_impurity_decrease")?,
            ccp_alpha: settings.real("ccp_alpha")?,
        })
    }

    pub(in crate::models) fn limits(
        &self,
        data: &Dataset,
        splitter: Splitter,
        is_best_first: bool,
    ) -> Limits {
        let is_regression = matches!(data.target, Target::Values(_));
        let limit = |n: usize| (n > 0).then_some(n);
        Limits {
            splitter,
            criterion: self.criterion,
            max_features: self.max_features.count(data.n_features(), is_regression),
            max_depth: limit(self.max_depth),
            max_leaf_nodes: limit(self.max_leaf_nodes),
            min_samples_split: self.min_samples_split,
            min_samples_leaf: self.min_samples_leaf,
            min_impurity_decrease: self.min_impurity_decrease,
            is_best_first,
        }
    }

    /// How many leaves a tree that learns from `n` samples may be expected to have: complete,
    /// for numbers one for each sample, for classes with some noise one for every four.
    pub(in crate::models) fn likely_leaves(&self, data: &Dataset, n: f64) -> f64 {
        let is_regression = matches!(data.target, Target::Values(_));
        let complete = if is_regression { n } else { n / 4.0 };
        let mut leaves = complete.min(n / self.min_samples_leaf as f64);
        if self.max_leaf_nodes > 0 {
            leaves = leaves.min(self.max_leaf_nodes as f64);
        }
        if (1..31).contains(&self.max_depth) {
            leaves = leaves.min((1_u32 << self.max_depth) as f64);
        }
        leaves.max(1.0)
    }
}
