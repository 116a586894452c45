//! The function that logistic regression minimizes, and its gradient.

use std::ops::Range;

use ndarray::{Array2, s};

use super::LogisticModel;
use crate::linalg::elementary::exp_f64;
use crate::linalg::gemm::{MatrixRef, Scratch, add_product};
use crate::linalg::sum_of;
use crate::{math, parallel};

/// Rows evaluated as one piece of work; fixed, so results do not depend on threads.
pub(super) const ROWS_A_CHUNK: usize = 1024;

/// Columns measured as one piece of work: as many as a cache line holds numbers.
const COLUMNS_A_CHUNK: usize = 8;

/// Rows from logits to gradient at once: they stay in the fastest cache.
const ROWS_A_BLOCK: usize = 64;

/// What is minimized.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// C of the penalty; `None` for no penalty.
    pub inverse_penalty: Option<f64>,
    /// The share of the penalty that is on sizes; the rest is on squares.
    pub l1_ratio: f64,
    /// Whether there are intercepts.
    pub fit_intercept: bool,
}

/// Mean log loss and penalty of coefficients on scaled columns. The part of the penalty that is
/// on sizes is not in the value but apart, in [`Objective::size_weights`].
///
/// A point is the coefficients `(n_features, n_outputs)` row-major, then the intercepts
/// `(n_outputs,)`. With two classes there is one output, the log-odds of the second.
#[derive(Debug, Clone)]
pub(super) struct Objective {
    /// `(n_samples, n_features)`: `(x - center) * factor`.
    pub(super) x: Vec<f64>,
    pub(super) codes: Vec<u32>,
    /// `(n_samples,)`; all 1 where absent.
    pub(super) weights: Option<Vec<f64>>,
    total_weight: f64,
    pub(super) columns: Vec<Column>,
    pub(super) n_classes: usize,
    pub(super) n_outputs: usize,
    /// (1 − l1_ratio) / (C · total weight).
    penalty: f64,
    /// l1_ratio / (C · total weight).
    size_penalty: f64,
    pub(super) fit_intercept: bool,
}

/// How a column is scaled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    center: f64,
    pub(super) factor: f64,
}

impl Column {
    /// Centers a column and divides it by what the curvature of the objective along it is like:
    /// √(variance + 4·penalty). The square of a 1e200 would overflow, so a power of two goes
    /// first. A constant column gets the factor 0, and with it the coefficient 0.
    fn new(values: &[f64], weights: Option<&[f64]>, penalty: f64, fit_intercept: bool) -> Self {
        let max = values.iter().fold(0.0_f64, |max, v| v.abs().max(max));
        let unit = math::power_of_two_at_least(max);
        let inverse = 1.0 / unit;
        let scaled: Vec<f64> = values.iter().map(|v| v * inverse).collect();
        let (mean, variance) = moments(&scaled, weights);
        let (center, spread) = if fit_intercept {
            (mean, variance)
        } else {
            (0.0, variance + mean * mean)
        };
        // The rule of `math::is_constant`, without another pass over the column.
        let noise = f64::EPSILON * (max / unit) * (values.len() as f64).sqrt();
        let is_useless = max == 0.0 || fit_intercept && variance.sqrt() <= noise;
        let factor = if is_useless {
            0.0
        } else {
            1.0 / (spread + 4.0 * penalty / unit / unit).sqrt() / unit
        };
        Self {
            center: center * unit,
            factor,
        }
    }
}

impl Objective {
    /// Of rows `x`, `(n_samples, n_features)`, and what they weigh.
    pub(super) fn new(
        x: &Array2<f64>,
        weights: Option<Vec<f64>>,
        (codes, n_classes): (&[u32], usize),
        options: &Options,
    ) -> Self {
        let total_weight = match &weights {
            Some(weights) => math::sum(weights.iter().copied()),
            None => x.nrows() as f64,
        };
        let whole = options
            .inverse_penalty
            .map_or(0.0, |c| 1.0 / (c * total_weight));
        let penalty = whole * (1.0 - options.l1_ratio);
        let columns = parallel::map_chunks(x.ncols(), COLUMNS_A_CHUNK, |indices| {
            let measure = |values: Vec<f64>| {
                Column::new(&values, weights.as_deref(), penalty, options.fit_intercept)
            };
            let values = columns_of(x, indices).into_iter();
            values.map(measure).collect::<Vec<Column>>()
        })
        .concat();
        let mut scaled = Vec::with_capacity(x.len());
        for row in x.rows() {
            let pairs = row.iter().zip(&columns);
            scaled.extend(pairs.map(|(x, column)| (x - column.center) * column.factor));
        }
        Self {
            x: scaled,
            codes: codes.to_vec(),
            n_classes,
            n_outputs: if n_classes == 2 { 1 } else { n_classes },
            penalty,
            size_penalty: whole * options.l1_ratio,
            weights,
            total_weight,
            fit_intercept: options.fit_intercept,
            columns,
        }
    }

    /// Whether large coefficients cost something.
    pub(super) fn has_penalty(&self) -> bool {
        self.penalty > 0.0 || self.size_penalty > 0.0
    }

    /// What the size of each entry of a point costs; `None` where sizes cost nothing.
    pub(super) fn size_weights(&self) -> Option<Vec<f64>> {
        if self.size_penalty == 0.0 {
            return None;
        }
        let of_column = |column: &Column| vec![self.size_penalty * column.factor; self.n_outputs];
        let mut weights: Vec<f64> = self.columns.iter().flat_map(of_column).collect();
        weights.resize(self.start().len(), 0.0);
        Some(weights)
    }

    /// All zeros: every class is equally probable.
    pub(super) fn start(&self) -> Vec<f64> {
        vec![0.0; (self.columns.len() + 1) * self.n_outputs]
    }

    /// The value at `point`; writes the gradient.
    pub(super) fn evaluate(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let chunks = parallel::map_chunks(self.codes.len(), ROWS_A_CHUNK, |rows| {
            self.evaluate_rows(point, rows)
        });
        gradient.fill(0.0);
        let mut loss = 0.0;
        for (chunk_loss, chunk_gradient) in chunks {
            loss += chunk_loss;
            gradient
                .iter_mut()
                .zip(chunk_gradient)
                .for_each(|(to, g)| *to += g);
        }
        gradient.iter_mut().for_each(|g| *g /= self.total_weight);
        if !self.fit_intercept {
            gradient[self.columns.len() * self.n_outputs..].fill(0.0);
        }
        loss / self.total_weight + self.add_penalty(point, gradient)
    }

    fn add_penalty(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let q = self.n_outputs;
        let mut sum = 0.0;
        let rows = point.chunks_exact(q).zip(gradient.chunks_exact_mut(q));
        for (column, (point, gradient)) in self.columns.iter().zip(rows) {
            let weight = self.penalty * column.factor * column.factor;
            for (v, g) in point.iter().zip(gradient) {
                *g += weight * v;
                sum += weight * v * v;
            }
        }
        0.5 * sum
    }

    /// Summed log loss and gradient of some rows.
    fn evaluate_rows(&self, point: &[f64], rows: Range<usize>) -> (f64, Vec<f64>) {
        let mut gradient = vec![0.0; point.len()];
        let (mut errors, mut scratch) = (Vec::new(), Scratch::default());
        let mut loss = 0.0;
        for start in rows.clone().step_by(ROWS_A_BLOCK) {
            let block = start..rows.end.min(start + ROWS_A_BLOCK);
            self.logits(point, block.clone(), &mut errors, &mut scratch);
            loss += self.errors(block.clone(), &mut errors);
            self.add_gradient(block, &errors, &mut gradient, &mut scratch);
        }
        (loss, gradient)
    }

    /// Turns logits of some rows into errors, each times the weight of its row; returns the
    /// summed log loss.
    fn errors(&self, rows: Range<usize>, logits: &mut [f64]) -> f64 {
        let mut losses = [0.0; ROWS_A_BLOCK];
        let codes = &self.codes[rows.clone()];
        let losses = &mut losses[..codes.len()];
        if self.n_outputs == 1 {
            binary_errors(logits, codes, losses);
        } else {
            softmax_errors(logits, codes, losses);
        }
        if let Some(weights) = &self.weights {
            let lines = logits.chunks_exact_mut(self.n_outputs).zip(&mut *losses);
            for ((errors, loss), weight) in lines.zip(&weights[rows]) {
                errors.iter_mut().for_each(|error| *error *= weight);
                *loss *= weight;
            }
        }
        losses.iter().sum()
    }

    fn add_gradient(
        &self,
        rows: Range<usize>,
        errors: &[f64],
        gradient: &mut [f64],
        scratch: &mut Scratch<f64>,
    ) {
        let (p, q) = (self.columns.len(), self.n_outputs);
        let x = MatrixRef::new(&self.x[rows.start * p..rows.end * p], p);
        let (coefficients, intercepts) = gradient.split_at_mut(p * q);
        add_product(x.t(), MatrixRef::new(errors, q), coefficients, scratch);
        for row in errors.chunks_exact(q) {
            intercepts.iter_mut().zip(row).for_each(|(to, e)| *to += e);
        }
    }

    /// Writes the logits of some rows, `(rows, n_outputs)`.
    pub(super) fn logits(
        &self,
        point: &[f64],
        rows: Range<usize>,
        logits: &mut Vec<f64>,
        scratch: &mut Scratch<f64>,
    ) {
        let (p, q) = (self.columns.len(), self.n_outputs);
        let (coefficients, intercepts) = point.split_at(p * q);
        logits.clear();
        (0..rows.len()).for_each(|_| logits.extend_from_slice(intercepts));
        let x = MatrixRef::new(&self.x[rows.start * p..rows.end * p], p);
        add_product(x, MatrixRef::new(coefficients, q), logits, scratch);
    }

    /// The model of `point`, in the units of the features.
    pub(super) fn model(&self, point: &[f64]) -> LogisticModel {
        let (p, q) = (self.columns.len(), self.n_outputs);
        let coefficients =
            Array2::from_shape_fn((q, p), |(k, j)| point[j * q + k] * self.columns[j].factor);
        let shift = |k: usize| {
            let products = self.columns.iter().zip(coefficients.row(k));
            math::sum(products.map(|(column, w)| column.center * w))
        };
        LogisticModel {
            intercepts: (0..q).map(|k| point[p * q + k] - shift(k)).collect(),
            coefficients,
            n_classes: self.n_classes,
        }
    }
}

/// Copies of some columns, in one pass over the rows.
fn columns_of(x: &Array2<f64>, indices: Range<usize>) -> Vec<Vec<f64>> {
    let mut columns = vec![Vec::with_capacity(x.nrows()); indices.len()];
    for row in x.slice(s![.., indices]).rows() {
        let pairs = columns.iter_mut().zip(row);
        pairs.for_each(|(column, value)| column.push(*value));
    }
    columns
}

/// Mean and variance of values that count as their weights say.
fn moments(values: &[f64], weights: Option<&[f64]>) -> (f64, f64) {
    let Some(weights) = weights else {
        return plain_moments(values);
    };
    let total = math::sum(weights.iter().copied());
    let pairs = || values.iter().zip(weights);
    let mean = math::sum(pairs().map(|(v, w)| w * v)) / total;
    let squares = pairs().map(|(v, w)| w * (v - mean) * (v - mean));
    (mean, math::sum(squares) / total)
}

/// Mean and variance; what rounding left of the mean is taken back (Chan, Golub & LeVeque, 1983).
fn plain_moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = sum_of(values, values, |value, _| value) / n;
    let drift = sum_of(values, values, |value, _| value - mean);
    let squares = sum_of(values, values, |value, _| (value - mean) * (value - mean));
    (
        mean + drift / n,
        ((squares - drift * drift / n) / n).max(0.0),
    )
}

/// Turns log-odds into probability − truth; writes the log losses.
fn binary_errors(odds: &mut [f64], codes: &[u32], losses: &mut [f64]) {
    for ((z, &code), loss) in odds.iter_mut().zip(codes).zip(losses) {
        let truth = f64::from(code);
        let e = exp_f64(-z.abs());
        *loss = z.max(0.0) - *z * truth + math::log1p(e);
        let probability = if *z >= 0.0 {
            1.0 / (1.0 + e)
        } else {
            e / (1.0 + e)
        };
        *z = probability - truth;
    }
}

/// Turns at most [`ROWS_A_BLOCK`] rows of logits into probabilities − truth; writes the log losses, `(n_samples,)`.
fn softmax_errors(logits: &mut [f64], codes: &[u32], losses: &mut [f64]) {
    let n_classes = logits.len() / codes.len().max(1);
    let mut largest = [0; ROWS_A_BLOCK];
    let rows = logits.chunks_exact_mut(n_classes).zip(codes);
    for (((row, &code), loss), largest) in rows.zip(&mut *losses).zip(&mut largest) {
        let best = math::argmax(row);
        let max = row[best];
        row.iter_mut().for_each(|z| *z -= max);
        *loss = -row[code as usize];
        *largest = best;
    }
    logits.iter_mut().for_each(|z| *z = exp_f64(*z));
    let rows = logits.chunks_exact_mut(n_classes).zip(codes);
    for (((row, &code), best), loss) in rows.zip(largest).zip(losses) {
        // The largest is exactly 1; log1p of the others keeps the digits of a small loss.
        row[best] = 0.0;
        let others: f64 = row.iter().sum();
        row[best] = 1.0;
        *loss += math::log1p(others);
        let share = 1.0 / (1.0 + others);
        row.iter_mut().for_each(|p| *p *= share);
        row[code as usize] -= 1.0;
    }
}
