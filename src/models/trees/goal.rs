//! What a tree is grown for: how pure a node is, and where an ordered node is best cut.

use std::sync::Arc;

use super::absolute::Absolutes;
use super::classes::{Counts, Shares};
use super::squares::Squares;
use crate::error::Result;
use crate::math;
use crate::models::model::damaged;
use crate::prepare::{Dataset, Target};

/// How splits are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Chance that two draws from a node differ in class.
    Gini,
    /// Entropy of the classes of a node, in bits.
    Entropy,
    /// Mean squared distance to the mean.
    SquaredError,
    /// Mean absolute distance to the median.
    AbsoluteError,
}

impl Criterion {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gini => "gini",
            Self::Entropy => "entropy",
            Self::SquaredError => "squared_error",
            Self::AbsoluteError => "absolute_error",
        }
    }

    /// The criterion of a wire name in an artifact.
    ///
    /// # Errors
    /// [`crate::error::Code::BadArtifact`] for any other name.
    pub(in crate::models) fn parse(name: &str) -> Result<Self> {
        match name {
            "gini" => Ok(Self::Gini),
            "entropy" => Ok(Self::Entropy),
            "squared_error" => Ok(Self::SquaredError),
            "absolute_error" => Ok(Self::AbsoluteError),
            _ => Err(damaged("criterion")),
        }
    }
}

/// How much each sample counts in one tree.
#[derive(Debug, Clone)]
pub(in crate::models) enum Weights {
    /// All the same.
    Same,
    /// How often each was drawn, `(n_samples,)`.
    Counts(Arc<Vec<u32>>),
    /// Any weights, `(n_samples,)`.
    Real(Arc<Vec<f64>>),
}

impl Weights {
    pub(in crate::models) fn of(&self, row: usize) -> f64 {
        match self {
            Self::Same => 1.0,
            Self::Counts(counts) => f64::from(counts[row]),
            Self::Real(weights) => weights[row],
        }
    }

    /// The samples that count at all.
    pub(in crate::models) fn rows(&self, n_samples: usize) -> Vec<u32> {
        let rows = 0..n_samples as u32;
        rows.filter(|&row| self.of(row as usize) > 0.0).collect()
    }
}

/// What is said of the samples of a node together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::models) struct Summary {
    /// Sum of their weights.
    pub weight: f64,
    /// In the unit of the criterion.
    pub impurity: f64,
    /// Brier score or squared error of the node's value, times the weight.
    pub loss: f64,
    /// Whether nothing is left to tell apart.
    pub is_pure: bool,
}

/// A place to cut an ordered node: after its `n_left`-th sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::models) struct Cut {
    /// The higher, the purer the parts; comparable within a node.
    pub score: f64,
    /// Samples before the cut.
    pub n_left: usize,
}

/// What [`Goal::best_cut`] needs to know of the whole node.
#[derive(Debug, Clone, Default)]
pub(in crate::models) struct Focus {
    /// `(n_rows,)`: what stands in the lower half of a sample's key.
    pub labels: Vec<u32>,
    /// Weight of each class.
    pub totals: Vec<f64>,
    /// Sum of the weights.
    pub weight: f64,
    /// Mean of the targets, and what rounding left over in the sum around it.
    pub center: f64,
    pub drift: f64,
    /// Score of the node as it is: a cut gains its score minus this, in weight times impurity.
    pub base: f64,
    /// Whole counts of the classes on either side of a cut.
    pub left: Vec<i64>,
    pub right: Vec<i64>,
}

/// Target, weights and criterion of one tree.
pub(in crate::models) trait Goal: Send + Sync {
    /// Numbers that a leaf says: one a class, or one.
    fn width(&self) -> usize;

    /// How many times longer than with whole counts a look at a sample takes, about.
    fn effort(&self) -> usize {
        1
    }

    /// Summarizes the samples of a node and adds what it would say as a leaf to `values`.
    fn summarize(&self, rows: &[u32], values: &mut Vec<f64>) -> Summary;

    /// Prepares to cut the node of `rows`.
    fn focus(&self, rows: &[u32], focus: &mut Focus);

    /// The best cut between keys that differ in the upper half, with `min_leaf` samples at
    /// least on either side; the first of equals.
    ///
    /// - `keys`: ascending in the upper half; the lower half is a label of `focus`.
    fn best_cut(&self, keys: &[u64], focus: &mut Focus, min_leaf: usize) -> Option<Cut>;
}

/// The target of all trees of a training, prepared once.
#[derive(Debug, Clone)]
pub(in crate::models) enum Truth {
    Classes {
        data: Arc<Dataset>,
        n_classes: usize,
        criterion: Criterion,
        /// x · log2 x of whole numbers up to the number of samples; empty without need.
        logs: Arc<Vec<f64>>,
    },
    Values {
        /// Targets divided by `scale`, a power of two, so that squares do not overflow.
        y: Arc<Vec<f64>>,
        scale: f64,
        criterion: Criterion,
    },
}

/// Draws of one sample and classes that fit into a label together.
pub(super) const LABEL_LIMIT: u32 = 1 << 16;

impl Truth {
    /// A criterion that is not for this kind of target gives way to the usual one.
    pub(in crate::models) fn new(data: &Arc<Dataset>, criterion: Criterion) -> Self {
        match &data.target {
            Target::Values(values) => {
                let largest = values.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
                let scale = math::power_of_two_at_least(largest);
                let is_absolute = criterion == Criterion::AbsoluteError;
                Self::Values {
                    y: Arc::new(values.iter().map(|v| v / scale).collect()),
                    scale,
                    criterion: if is_absolute {
                        criterion
                    } else {
                        Criterion::SquaredError
                    },
                }
            }
            Target::Classes { labels, codes } => {
                let is_entropy = criterion == Criterion::Entropy;
                let n_logs = if is_entropy { codes.len() + 1 } else { 0 };
                Self::Classes {
                    data: Arc::clone(data),
                    n_classes: labels.len(),
                    criterion: if is_entropy {
                        criterion
                    } else {
                        Criterion::Gini
                    },
                    logs: Arc::new((0..n_logs).map(|n| x_log2_x(n as f64)).collect()),
                }
            }
            Target::None => Self::Values {
                y: Arc::new(Vec::new()),
                scale: 1.0,
                criterion: Criterion::SquaredError,
            },
        }
    }

    /// The criterion in use.
    pub(in crate::models) fn criterion(&self) -> Criterion {
        match self {
            Self::Classes { criterion, .. } | Self::Values { criterion, .. } => *criterion,
        }
    }

    /// Number of classes, where the target has classes.
    pub(in crate::models) fn n_classes(&self) -> Option<usize> {
        match self {
            Self::Classes { n_classes, .. } => Some(*n_classes),
            Self::Values { .. } => None,
        }
    }

    /// The goal of a tree whose samples have `weights`.
    pub(in crate::models) fn goal(&self, weights: &Weights) -> Box<dyn Goal> {
        match self {
            Self::Classes {
                data,
                n_classes,
                criterion,
                logs,
            } => {
                let codes = class_codes(data);
                match Counts::new(codes, *n_classes, weights, *criterion, logs) {
                    Some(counts) => Box::new(counts),
                    None => Box::new(Shares::new(
                        Arc::clone(data),
                        *n_classes,
                        weights.clone(),
                        *criterion,
                    )),
                }
            }
            Self::Values {
                y,
                scale,
                criterion: Criterion::AbsoluteError,
            } => Box::new(Absolutes::new(Arc::clone(y), *scale, weights.clone())),
            Self::Values { y, scale, .. } => {
                Box::new(Squares::new(Arc::clone(y), *scale, weights.clone()))
            }
        }
    }
}

/// The classes of the samples; none where the target has no classes.
pub(super) fn class_codes(data: &Dataset) -> &[u32] {
    match &data.target {
        Target::Classes { codes, .. } => codes,
        _ => &[],
    }
}

/// x · log2 x, 0 for 0.
pub(super) fn x_log2_x(x: f64) -> f64 {
    if x > 0.0 { x * math::log2(x) } else { 0.0 }
}

/// A running sum with compensation, as [`math::sum`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds `value`; what rounding loses is kept apart (D. Knuth's two-sum, which needs no
    /// branch).
    #[inline(always)]
    pub(in crate::models) fn add(&mut self, value: f64) {
        let next = self.sum + value;
        let part = next - self.sum;
        self.lost += (self.sum - (next - part)) + (value - part);
        self.sum = next;
    }

    #[inline(always)]
    pub(in crate::models) fn total(self) -> f64 {
        self.sum + self.lost
    }
}

/// Whether `keys` differ in the upper half.
#[inline(always)]
pub(super) fn differ(a: u64, b: u64) -> bool {
    (a ^ b) >> 32 != 0
}

/// Keeps the first of the best cuts.
#[inline(always)]
pub(super) fn keep_better(best: &mut Option<Cut>, score: f64, n_left: usize) {
    if best.is_none_or(|best| score > best.score) {
        *best = Some(Cut { score, n_left });
    }
}
