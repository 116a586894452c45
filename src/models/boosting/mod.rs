//! Gradient boosting on histograms: trees that are added up, each learnt from what the sum so
//! far gets wrong.
//!
//! Training starts from the best constant. One step is one iteration: gradient and hessian of
//! the loss at the current sum say for every row which way and how far to go, a regression tree
//! is grown to them, and its leaf values, times `learning_rate`, join the sum. With more than two
//! classes an iteration grows one tree a class. The tree grows leaf by leaf, the split that
//! gains most first. To find splits fast, features are first cut into at most `max_bins` bins
//! (between all values, or at quantiles); a node's split is sought in sums over its bins, and of
//! two children only the smaller is summed up, for the other's sums are the rest. Large data
//! take several steps an iteration, and their bins several steps before the first.
//!
//! The loss is the mean of `loss` over the rows learnt from (at most 10,000 of them, drawn
//! evenly): log loss in nats, half the squared error, absolute error, pinball loss, or half a
//! deviance without its constant. Where it is not smooth (absolute error, quantile), each leaf
//! is set to the best constant for its rows.
//!
//! Gaps go with the side where they gain more. Categories are split into two sets of levels:
//! sorted by their mean gradient they are cut like a number. A level that was never seen goes
//! where gaps go. Scaling changes nothing.
//!
//! With early stopping some rows are held out, and training ends when their loss has not fallen
//! for `n_iter_no_change` iterations; the iterations up to the least loss are kept.
//!
//! Cost: O(n_samples · n_features) a level of each tree, and once to sort the features.
//!
//! Limits: predictions never leave the range of the targets learnt from, so trends do not go on;
//! numbers within a bin look alike; a category may have at most `max_bins` levels, else it is
//! taken as a number.
//!
//! Reference: J. H. Friedman, "Greedy function approximation: a gradient boosting machine",
//! Annals of Statistics 29(5), 2001; G. Ke et al., "LightGBM: a highly efficient gradient
//! boosting decision tree", NIPS 2017; defaults, bins, losses, splits and leaf values are those
//! of scikit-learn. Deviations: sums are exact, in fixed point, where scikit-learn adds floats;
//! draws (held-out rows, features of a split) are our own; early stopping keeps the best
//! iteration and not the last.

mod bins;
mod growth;
mod held_out;
mod histogram;
mod model;
mod objective;
mod slopes;
mod sorting;
mod split;
mod stored;
mod trainer;
mod tree;
mod weighted;

use std::sync::Arc;

pub use model::{BoostingModel, Followed};
pub use objective::Objective;
pub use tree::{Node, Question, Test, Tree};

use growth::Shape;
use split::Limits;
use trainer::BoostingTrainer;

use super::rows::standard_layout;
use super::weights::CLASS_WEIGHT;
use super::{Demand, Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, choice, integer, real, real_log};

/// With `early_stopping` "auto", more rows than this hold some out, as in scikit-learn.
const MANY_ROWS: usize = 10_000;
/// Targets beyond this, or all below its inverse, leave the range of single precision.
const LARGEST_TARGET: f64 = 1e30;
/// The least sum of hessians of a leaf, as in scikit-learn.
const MIN_HESSIAN: f64 = 1e-3;

const HYPERPARAMETERS: &[Hyperparameter] = &[
    choice(
        "loss",
        "Loss for numbers",
        &[
            ("squared_error", "squared error: predicts the mean"),
            ("absolute_error", "absolute error: predicts the median"),
            ("quantile", "pinball: predicts a quantile"),
            ("poisson", "Poisson: for counts"),
            ("gamma", "gamma: for positive numbers"),
        ],
        "What is made small where the target is a number. Classes always use the log loss.",
    ),
    real(
        "quantile",
        "Quantile",
        (0.0, 1.0, 0.5),
        "Which quantile the quantile loss predicts: 0.9 is exceeded by one row in ten.",
    ),
    real_log(
        "learning_rate",
        "Learning rate",
        (1e-4, 1.0, 0.1),
        "How much of each tree is added. Smaller steps need more iterations and often end better.",
    ),
    integer(
        "max_iter",
        "Iterations at most",
        (1, 10_000, 100),
        "How many times trees are added. Too many learn the noise.",
    ),
    integer(
        "max_leaf_nodes",
        "Leaves a tree at most",
        (2, 4096, 31),
        "How finely one tree may part the rows. More leaves let more features act together.",
    ),
    integer(
        "max_depth",
        "Depth at most",
        (0, 1000, 0),
        "How many questions a row may be asked in one tree; 0 sets no limit.",
    ),
    integer(
        "min_samples_leaf",
        "Rows a leaf at least",
        (1, 1_000_000, 20),
        "Splits that leave a side with fewer rows are not made. Raise it where data are noisy, lower it where they are few.",
    ),
    real_log(
        "l2_regularization",
        "Penalty",
        (0.0, 1e6, 0.0),
        "Draws the values of leaves toward 0, most where rows are few.",
    ),
    real(
        "max_features",
        "Share of features a split",
        (0.01, 1.0, 1.0),
        "Each split may use only so many features, drawn anew; trees then differ more.",
    ),
    integer(
        "max_bins",
        "Bins",
        (2, 255, 255),
        "Into how many bins the values of a feature are sorted at most. Fewer are coarser.",
    ),
    choice(
        "early_stopping",
        "Early stopping",
        &[("auto", "above 10,000 rows"), ("on", "on"), ("off", "off")],
        "Whether some rows are held out and training ends when their loss no longer falls.",
    ),
    real(
        "validation_fraction",
        "Share held out",
        (0.01, 0.9, 0.1),
        "How many of the rows are held out where training may stop early.",
    ),
    integer(
        "n_iter_no_change",
        "Patience",
        (1, 1000, 10),
        "After how many iterations without a lower loss on held-out rows training ends.",
    ),
    real_log(
        "tol",
        "Tolerance",
        (0.0, 1.0, 1e-7),
        "By how much the loss on held-out rows must fall to count as lower.",
    ),
    CLASS_WEIGHT,
];

/// Gradient boosting, unfitted.
#[derive(Debug, Clone)]
pub struct HistGradientBoosting {
    loss: Objective,
    learning_rate: f64,
    max_iter: usize,
    shape: Shape,
    max_bins: usize,
    /// `None`: depends on the number of rows.
    stops_early: Option<bool>,
    validation_fraction: f64,
    n_iter_no_change: usize,
    tol: f64,
    is_balanced: bool,
}

impl Estimator for HistGradientBoosting {
    const INFO: Info = Info {
        id: "hist_gradient_boosting",
        label: "Gradient boosting",
        tasks: &[Task::Classification, Task::Regression],
        family: "Trees",
        summary: "Adds up many small trees, each learnt from what the others still get wrong.",
        use_when: "Use it for tables with columns of every kind and with gaps; it is often the most accurate there.",
        avoid_when: "Avoid it for few rows, for trends that go on beyond the data, and where one formula should say it all.",
        unit: "iteration",
        loss: "mean loss (log loss in nats for classes, half the squared error for numbers unless another is chosen)",
        hyperparameters: HYPERPARAMETERS,
        cost: "O(n_samples \u{b7} n_features \u{b7} depth) a tree",
        reference: "J. H. Friedman, \u{201c}Greedy function approximation: a gradient boosting machine\u{201d}, Annals of Statistics 29(5), 2001.",
        takes_gaps: true,
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let some_depth = |depth: usize| (depth > 0).then_some(depth);
        Ok(Self {
            loss: match settings.choice("loss")? {
                "absolute_error" => Objective::AbsoluteError,
                "quantile" => Objective::Quantile(settings.real("quantile")?),
                "poisson" => Objective::Poisson,
                "gamma" => Objective::Gamma,
                _ => Objective::SquaredError,
            },
            learning_rate: settings.real("learning_rate")?,
            max_iter: settings.count("max_iter")?,
            shape: Shape {
                max_leaf_nodes: settings.count("max_leaf_nodes")?,
                max_depth: some_depth(settings.count("max_depth")?),
                limits: Limits {
                    min_samples_leaf: settings.count("min_samples_leaf")? as u32,
                    min_hessian: MIN_HESSIAN,
                    l2: settings.real("l2_regularization")?,
                },
                max_features: settings.real("max_features")?,
            },
            max_bins: settings.count("max_bins")?,
            stops_early: match settings.choice("early_stopping")? {
                "on" => Some(true),
                "off" => Some(false),
                _ => None,
            },
            validation_fraction: settings.real("validation_fraction")?,
            n_iter_no_change: settings.count("n_iter_no_change")?,
            tol: settings.real("tol")?,
            is_balanced: settings.choice("class_weight")? == "balanced",
        })
    }

    /// Every class has a sum for each row, and a tree an iteration.
    fn demand(&self, data: &Dataset) -> Demand {
        let (n, d) = (data.n_samples() as f64, data.n_features() as f64);
        let n_outputs = Self::n_outputs(data) as f64;
        let n_trees = n_outputs * self.max_iter as f64;
        let n_leaves = self.shape.max_leaf_nodes as f64;
        let n_leaves = n_leaves.min(n / f64::from(self.shape.limits.min_samples_leaf) + 1.0);
        // A histogram holds 256 cells of 16 bytes a feature, and each leaf has one while its
        // tree grows. Adding a row to a bin takes about a nanosecond, trying a cut ten; the rows
        // of a leaf lie scattered, so that large tables take longer.
        let a_row = 1.5e-9 * (1.0 + 0.3 * Demand::halvings_to_cache(data));
        Demand {
            bytes: n * (d + 8.0 * n_outputs + 60.0)
                + n_leaves * d * 4096.0
                + n_trees * n_leaves * 96.0,
            seconds: n_trees * d * (a_row * n + 4e-6 * n_leaves),
        }
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        let objective = self.objective(&data)?;
        let data = standard_layout(data);
        let trainer = BoostingTrainer::new(self.clone(), objective, &data, rng)?;
        Ok(Box::new(trainer))
    }
}

impl HistGradientBoosting {
    /// The trees of an iteration.
    fn n_outputs(data: &Dataset) -> usize {
        match &data.target {
            Target::Classes { labels, .. } if labels.len() > 2 => labels.len(),
            _ => 1,
        }
    }

    /// The loss for a target, which must suit it.
    fn objective(&self, data: &Dataset) -> Result<Objective> {
        let values = match &data.target {
            Target::Classes { labels, .. } if labels.len() == 2 => return Ok(Objective::Binomial),
            Target::Classes { labels, .. } => return Ok(Objective::Multinomial(labels.len())),
            Target::Values(values) => values,
            Target::None => &Vec::new(),
        };
        let refuse = |message: &str| Err(Error::new(Code::BadTarget, message).in_field("target"));
        let largest = values.iter().fold(0.0_f64, |max, y| max.max(y.abs()));
        if largest > LARGEST_TARGET || (largest > 0.0 && largest < 1.0 / LARGEST_TARGET) {
            return refuse(
                "The target's numbers are too large or too small for gradient boosting. Give it in another unit.",
            );
        }
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        match self.loss {
            Objective::Poisson if least < 0.0 || largest == 0.0 => refuse(
                "The Poisson loss needs a target of counts: none negative, not all 0. Choose another loss.",
            ),
            Objective::Gamma if least <= 0.0 => {
                refuse("The gamma loss needs a target above 0. Choose another loss.")
            }
            loss => Ok(loss),
        }
    }
}
