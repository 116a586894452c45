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
}

/// The truth of a batch.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a, T> {
    /// Classes, `(n_samples,)`.
    Codes(&'a [u32]),
    /// Numbers, `(n_samples, n_outputs)` row-major.
    Values(&'a [T]),
}

impl Loss {
    /// All, with their names in files.
    pub const ALL: [(&'static str, Self); 3] = [
        ("cross_entropy", Self::CrossEntropy),
        ("brier", Self::Brier),
        ("squared_error", Self::SquaredError),
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

    /// Turns outputs, `(n_samples, n_outputs)` row-major, into ∂loss/∂outputs and returns the
    /// mean loss. A target of the wrong kind counts as no rows.
    pub fn value_and_delta<T: Real>(
        self,
        outputs: &mut [T],
        n_outputs: usize,
        target: Target<'_, T>,
    ) -> f64 {
        let n_samples = outputs.len() / n_outputs.max(1);
        let sum = match (self, target) {
            (Self::SquaredError, Target::Values(values)) => {
                squared_error(outputs, values, n_outputs)
            }
            (Self::CrossEntropy, Target::Codes(codes)) => cross_entropy(outputs, codes, n_outputs),
            (Self::Brier, Target::Codes(codes)) => brier(outputs, codes, n_outputs),
            _ => 0.0,
        };
        let share = T::from_f64(1.0 / n_samples.max(1) as f64);
        outputs.iter_mut().for_each(|d| *d = *d * share);
        sum / n_samples.max(1) as f64
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

fn cross_entropy<T: Real>(outputs: &mut [T], codes: &[u32], n_outputs: usize) -> f64 {
    let mut loss = 0.0;
    for (row, &code) in outputs.chunks_exact_mut(n_outputs).zip(codes) {
        let code = code as usize;
        let truth = row[code];
        let (log_sum, max) = softmax(row);
        loss += log_sum - (truth - max).to_f64();
        row[code] = row[code] - T::ONE;
    }
    loss
}

fn brier<T: Real>(outputs: &mut [T], codes: &[u32], n_outputs: usize) -> f64 {
    let two = T::ONE + T::ONE;
    let mut loss = 0.0;
    for (row, &code) in outputs.chunks_exact_mut(n_outputs).zip(codes) {
        softmax(row);
        // ∂/∂pₖ = 2(pₖ − tₖ); through the softmax pₖ · (∂/∂pₖ − Σⱼ pⱼ ∂/∂pⱼ).
        let truth = |k: usize| {
            if k == code as usize {
                T::ONE
            } else {
                T::default()
            }
        };
        let mut inner = T::default();
        for (k, &p) in row.iter().enumerate() {
            let error = p - truth(k);
            loss += error.to_f64() * error.to_f64();
            inner += p * (two * error);
        }
        for (k, p) in row.iter_mut().enumerate() {
            *p = *p * (two * (*p - truth(k)) - inner);
        }
    }
    loss
}

fn squared_error<T: Real>(outputs: &mut [T], values: &[T], n_outputs: usize) -> f64 {
    let share = 1.0 / n_outputs as f64;
    let factor = T::from_f64(2.0 * share);
    let mut loss = 0.0;
    for (z, &value) in outputs.iter_mut().zip(values) {
        let error = *z - value;
        loss += error.to_f64() * error.to_f64();
        *z = factor * error;
    }
    loss * share
}
