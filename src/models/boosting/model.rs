//! The sum of trees.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};

use super::objective::{Objective, weighted_mean};
use super::stored;
use super::tree::Tree;
use crate::error::Result;
use crate::linalg::row_major;
use crate::math;
use crate::models::{Fitted, Parts, Prediction};
use crate::prepare::{Dataset, Target};

/// A constant and trees whose answers are added to it.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostingModel {
    /// What was optimized; it says what the sums mean.
    pub objective: Objective,
    /// `(n_outputs,)`: what every row starts from.
    pub baseline: Vec<f64>,
    /// Iteration by iteration, `n_outputs` trees each.
    pub trees: Vec<Arc<Tree>>,
    /// `(n_features,)`: the known levels of each category; 0 for numbers.
    pub n_levels: Vec<u32>,
    /// Mean loss on rows learnt from, before the first iteration and after each.
    pub train_losses: Vec<f64>,
    /// The same on rows that were held out to stop early; empty where none were.
    pub validation_losses: Vec<f64>,
}

impl BoostingModel {
    /// Number of iterations.
    pub fn n_iterations(&self) -> usize {
        self.trees.len() / self.objective.n_outputs()
    }

    /// How much each feature lowered the loss in all splits together, `(n_features,)`, as a
    /// share of the whole; all 0 where there is no split.
    pub fn gain_importances(&self) -> Vec<f64> {
        let gains = self.add_questions(|question| question.gain);
        let total = math::sum(gains.iter().copied());
        let share = |gain: f64| if total > 0.0 { gain / total } else { 0.0 };
        gains.into_iter().map(share).collect()
    }

    /// How many splits ask for each feature, `(n_features,)`.
    pub fn split_counts(&self) -> Vec<u32> {
        let counts = self.add_questions(|_| 1.0);
        counts.into_iter().map(|count| count as u32).collect()
    }

    fn add_questions(&self, what: impl Fn(&super::Question) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.n_levels.len()];
        for question in self.trees.iter().flat_map(|tree| tree.questions()) {
            sums[question.feature as usize] += what(question);
        }
        sums
    }

    /// The raw values of rows after every iteration, the last first dropped: what the model
    /// would say had it stopped there.
    ///
    /// - `x`: `(n_samples, n_features)`.
    /// - `n_iterations`: how many iterations to add up.
    /// - returns `(n_samples, n_outputs)`.
    pub fn raw_after(&self, x: ArrayView2<f64>, n_iterations: usize) -> Array2<f64> {
        let n_outputs = self.objective.n_outputs();
        let flat = row_major(&x);
        let rows = || flat.chunks_exact(self.n_levels.len());
        let mut raw = Array2::from_shape_fn((x.nrows(), n_outputs), |(_, k)| self.baseline[k]);
        let n_trees = (n_iterations * n_outputs).min(self.trees.len());
        for (index, tree) in self.trees[..n_trees].iter().enumerate() {
            let mut column = raw.column_mut(index % n_outputs);
            for (raw, row) in column.iter_mut().zip(rows()) {
                *raw += tree.value(row, &self.n_levels);
            }
        }
        raw
    }

    /// The raw values of rows, `(n_samples, n_outputs)`.
    pub fn raw(&self, x: ArrayView2<f64>) -> Array2<f64> {
        self.raw_after(x, self.n_iterations())
    }
}

/// Probabilities out of raw values, `(n_samples, n_classes)`.
fn probabilities(objective: Objective, raw: &Array2<f64>) -> Array2<f64> {
    if objective == Objective::Binomial {
        let of_class = |(row, class): (usize, usize)| {
            let raw = raw[(row, 0)];
            math::sigmoid(if class == 1 { raw } else { -raw })
        };
        return Array2::from_shape_fn((raw.nrows(), 2), of_class);
    }
    let mut all = raw.clone();
    for mut row in all.rows_mut() {
        if let Some(row) = row.as_slice_mut() {
            math::softmax(row);
        }
    }
    all
}

/// The targets of a dataset as numbers: values, or codes of classes.
pub(super) fn targets(data: &Dataset) -> Vec<f64> {
    match &data.target {
        Target::Values(values) => values.clone(),
        Target::Classes { codes, .. } => codes.iter().map(|&code| f64::from(code)).collect(),
        Target::None => Vec::new(),
    }
}

/// The mean loss of rows; `None` where there are none or none of weight.
pub(super) fn mean_loss(
    objective: Objective,
    y: &[f64],
    weights: Option<&[f64]>,
    raw: &Array2<f64>,
) -> Option<f64> {
    let loss = |row: usize| objective.loss(y[row], raw.row(row).as_slice().unwrap_or(&[0.0]));
    let mean = weighted_mean((0..y.len()).map(loss), weights);
    mean.is_finite().then_some(mean)
}

impl Fitted for BoostingModel {
    fn n_features(&self) -> usize {
        self.n_levels.len()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let raw = self.raw(x);
        match self.objective {
            Objective::Binomial | Objective::Multinomial(_) => {
                let probabilities = probabilities(self.objective, &raw);
                let code = |row: ndarray::ArrayView1<f64>| math::argmax(&row.to_vec()) as u32;
                let codes = probabilities.rows().into_iter().map(code).collect();
                Prediction::Classes {
                    codes,
                    probabilities,
                }
            }
            Objective::Poisson | Objective::Gamma => {
                Prediction::Values(raw.column(0).mapv(math::exp))
            }
            _ => Prediction::Values(Array1::from(raw.column(0).to_vec())),
        }
    }

    fn loss(&self, data: &Dataset) -> Option<f64> {
        let y = targets(data);
        let n_classes = match self.objective {
            Objective::Binomial => 2,
            other => other.n_outputs(),
        };
        let has_class = |data: &Dataset| match &data.target {
            Target::Classes { labels, .. } => labels.len() == n_classes,
            _ => true,
        };
        if y.is_empty() || !has_class(data) {
            return None;
        }
        mean_loss(
            self.objective,
            &y,
            data.weights.as_deref(),
            &self.raw(data.x.view()),
        )
    }

    fn to_parts(&self) -> Parts {
        stored::to_parts(self)
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        stored::from_parts(parts)
    }
}
