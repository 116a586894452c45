//! What a net is to make small, and how it changes with the outputs.

use crate::linalg::real::Real;
use crate::math;

/// The loss of a batch, averaged over its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// −ln of the softmax probability of the true class.
    CrossEntropy,
    /// The squared distance of the softmax probabilities from 1 for the true class and 0 for
    /// the others (G. W. Brier, "Verification of forecasts expressed in terms of probability",
    /// Monthly Weather Review 78, 1950).
    Brier,
    /// The squared distance of the outputs from numbers, averaged over the outputs too.
    SquaredError,
    /// e² / 2 for errors e up to 1, |e| − ½ beyond, averaged as above (P. J. Huber, "Robust
    /// estimation of a location parameter", Annals of Mathematical Statistics 35, 1964).
    Huber,
    /// The distance of the outputs from numbers, averaged as above.
    AbsoluteError,
}

/// The truth of a batch.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a, T> {
    /// Classes, `(n_samples,)`.
    Codes(&'a [u32]),
    /// Numbers, `(n_samples, n_outputs)` row-major.
    Values(&'a [T]),
}

/// What the outputs for a batch are measured by.
#[derive(Debug, Clone, Copy)]
pub struct Goal<'a, T> {
    /// What is made small.
    pub loss: Loss,
    /// The truth.
    pub target: Target<'a, T>,
    /// `(n_samples,)`: how much each row counts; all the same where absent.
    pub weights: Option<&'a [T]>,
}

impl Loss {
    /// All, with their names in files.
    pub const ALL: [(&'static str, Self); 5] = [
        ("cross_entropy", Self::CrossEntropy),
        ("brier", Self::Brier),
        ("squared_error", Self::SquaredError),
        ("huber", Self::Huber),
        ("absolute_error", Self::AbsoluteError),
    ];

    /// The name in files.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// The loss of a name in files.
    pub fn find(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(id, _)| *id == name).map(|(_, loss)| *loss)
    }

    /// Whether it measures classes; else numbers.
    pub fn is_of_classes(self) -> bool {
        matches!(self, Self::CrossEntropy | Self::Brier)
    }
}

impl<T: Real> Goal<'_, T> {
    /// Turns outputs, `(n_samples, n_outputs)` row-major, into ∂loss/∂outputs and returns the
    /// mean loss, weighted where there are weights. A target of the wrong kind counts as no
    /// rows, and so do weights that are all 0.
    pub fn value_and_delta(&self, outputs: &mut [T], n_outputs: usize) -> f64 {
        let n_outputs = n_outputs.max(1);
        let n_samples = outputs.len() / n_outputs;
        let total = match self.weights {
            Some(weights) => weights.iter().map(|w| w.to_f64()).sum(),
            None => n_samples as f64,
        };
        let share = if total > 0.0 { 1.0 / total } else { 0.0 };
        let mut mean = 0.0;
        for (index, row) in outputs.chunks_exact_mut(n_outputs).enumerate() {
            let weight = self.weights.map_or(1.0, |weights| weights[index].to_f64());
            mean += self.row(row, index) * weight;
            let factor = T::from_f64(weight * share);
            row.iter_mut().for_each(|d| *d = *d * factor);
        }
        mean * share
    }

    /// The loss of one row, which becomes its slope.
    #[inline]
    fn row(&self, row: &mut [T], index: usize) -> f64 {
        match (self.loss, self.target) {
            (Loss::CrossEntropy, Target::Codes(codes)) => cross_entropy(row, codes[index] as usize),
            (Loss::Brier, Target::Codes(codes)) => brier(row, codes[index] as usize),
            (Loss::SquaredError, Target::Values(values)) => errors(row, values, index, squared),
            (Loss::Huber, Target::Values(values)) => errors(row, values, index, huber),
            (Loss::AbsoluteError, Target::Values(values)) => errors(row, values, index, absolute),
            _ => {
                row.fill(T::default());
                0.0
            }
        }
    }
}

/// Turns logits into probabilities in place and returns ln Σ e^(z − max) and the maximum.
fn softmax<T: Real>(row: &mut [T]) -> (f64, T) {
    let mut max = row[0];
    for &z in row.iter() {
        max = if z > max { z } else { max };
    }
    let mut sum = T::default();
    for z in row.iter_mut() {
        *z = (*z - max).exp();
        sum += *z;
    }
    let share = T::ONE / sum;
    row.iter_mut().for_each(|z| *z = *z * share);
    (math::ln(sum.to_f64()), max)
}

fn cross_entropy<T: Real>(row: &mut [T], code: usize) -> f64 {
    let truth = row[code];
    let (log_sum, max) = softmax(row);
    row[code] = row[code] - T::ONE;
    log_sum - (truth - max).to_f64()
}

fn brier<T: Real>(row: &mut [T], code: usize) -> f64 {
    softmax(row);
    // ∂/∂pₖ = 2(pₖ − tₖ); through the softmax pₖ · (∂/∂pₖ − Σⱼ pⱼ ∂/∂pⱼ).
    let two = T::ONE + T::ONE;
    let truth = |k: usize| if k == code { T::ONE } else { T::default() };
    let (mut loss, mut inner) = (0.0, T::default());
    for (k, &p) in row.iter().enumerate() {
        let error = p - truth(k);
        loss += error.to_f64() * error.to_f64();
        inner += p * (two * error);
    }
    for (k, p) in row.iter_mut().enumerate() {
        *p = *p * (two * (*p - truth(k)) - inner);
    }
    loss
}

/// The mean over the outputs of a row of what `loss` makes of each error: value and slope.
#[inline(always)]
fn errors<T: Real>(
    row: &mut [T],
    values: &[T],
    index: usize,
    loss: impl Fn(f64) -> (f64, f64),
) -> f64 {
    let n_outputs = row.len();
    let share = 1.0 / n_outputs as f64;
    let mut sum = 0.0;
    for (z, &truth) in row.iter_mut().zip(&values[index * n_outputs..]) {
        let (value, slope) = loss((*z - truth).to_f64());
        sum += value;
        *z = T::from_f64(slope * share);
    }
    sum * share
}

fn squared(error: f64) -> (f64, f64) {
    (error * error, 2.0 * error)
}

fn huber(error: f64) -> (f64, f64) {
    // Written so that NaN stays NaN.
    if error.abs() > 1.0 {
        (error.abs() - 0.5, 1.0_f64.copysign(error))
    } else {
        (0.5 * error * error, error)
    }
}

fn absolute(error: f64) -> (f64, f64) {
    // The slope at 0 is 0.
    let slope = if error == 0.0 { 0.0 } else { error.signum() };
    (error.abs(), slope)
}
