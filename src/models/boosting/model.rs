//! The sum of trees.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};

use super::objective::{Objective, weighted_mean};
use super::stored;
use super::tree::Tree;
use crate::error::Result;
use crate::linalg::row_major;
use crate::math;
use crate::models::{Fitted, Parts, Prediction};
use crate::parallel;
use crate::prepare::{Dataset, Target};

/// Rows whose losses one piece of work computes.
const ROWS_A_PIECE: usize = 1_024;

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

    /// The mean loss of rows with these raw values; `None` where they have no such target.
    fn loss_of(&self, data: &Dataset, raw: &Array2<f64>) -> Option<f64> {
        let y = targets(data);
        let is_known = match (&data.target, self.objective) {
            (Target::Classes { labels, .. }, Objective::Binomial) => labels.len() == 2,
            (Target::Classes { labels, .. }, Objective::Multinomial(n)) => labels.len() == n,
            (Target::Values(_), Objective::Binomial | Objective::Multinomial(_)) => false,
            (Target::Values(_), _) => true,
            _ => false,
        };
        let weights = data.weights.as_deref();
        is_known
            .then(|| mean_loss(self.objective, &y, weights, raw))
            .flatten()
    }

    fn add_questions(&self, what: impl Fn(&super::Question) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.n_levels.len()];
        for question in self.trees.iter().flat_map(|tree| tree.questions()) {
            sums[question.feature as usize] += what(question);
        }
        sums
    }

    /// The raw values of rows had training stopped earlier.
    ///
    /// - `x`: `(n_samples, n_features)`.
    /// - `n_iterations`: how many iterations to add up.
    /// - returns `(n_samples, n_outputs)`.
    pub fn raw_after(&self, x: ArrayView2<f64>, n_iterations: usize) -> Array2<f64> {
        let n_outputs = self.objective.n_outputs();
        let mut raw = Array2::from_shape_fn((x.nrows(), n_outputs), |(_, k)| self.baseline[k]);
        self.add_iterations(&mut raw, x, 0..n_iterations.min(self.n_iterations()));
        raw
    }

    /// Adds what some iterations say of rows to their raw values.
    fn add_iterations(&self, raw: &mut Array2<f64>, x: ArrayView2<f64>, iterations: Range<usize>) {
        let n_outputs = self.objective.n_outputs();
        let flat = row_major(&x);
        let trees = &self.trees[iterations.start * n_outputs..iterations.end * n_outputs];
        for (index, tree) in trees.iter().enumerate() {
            let mut column = raw.column_mut(index % n_outputs);
            for (raw, row) in column.iter_mut().zip(flat.chunks_exact(x.ncols())) {
                *raw += tree.value(row, &self.n_levels);
            }
        }
    }

    /// The raw values of rows, `(n_samples, n_outputs)`.
    pub fn raw(&self, x: ArrayView2<f64>) -> Array2<f64> {
        self.raw_after(x, self.n_iterations())
    }
}

/// Follows the loss on the same rows while a model grows: each iteration is added once.
#[derive(Debug, Default)]
pub struct Followed {
    n_iterations: usize,
    raw: Option<Array2<f64>>,
}

impl Followed {
    /// The mean loss of the model on `data`, which must be the same at every call; as
    /// [`Fitted::loss`].
    pub fn loss(&mut self, model: &BoostingModel, data: &Dataset) -> Option<f64> {
        let (x, n_iterations) = (data.x.view(), model.n_iterations());
        let mut raw = match self.raw.take() {
            Some(raw) if self.n_iterations <= n_iterations => raw,
            _ => {
                self.n_iterations = 0;
                model.raw_after(x, 0)
            }
        };
        model.add_iterations(&mut raw, x, self.n_iterations..n_iterations);
        self.n_iterations = n_iterations;
        let loss = model.loss_of(data, &raw);
        self.raw = Some(raw);
        loss
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
    let losses = parallel::map_chunks(y.len(), ROWS_A_PIECE, |rows| {
        rows.map(loss).collect::<Vec<_>>()
    });
    let mean = weighted_mean(losses.concat().into_iter(), weights);
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
        self.loss_of(data, &self.raw(data.x.view()))
    }

    fn to_parts(&self) -> Parts {
        stored::to_parts(self)
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        stored::from_parts(parts)
    }
}
