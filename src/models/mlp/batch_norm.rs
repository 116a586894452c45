//! Batch normalization: every neuron's sum is brought to mean 0 and variance 1 over the batch,
//! then scaled and shifted as learnt.
//!
//! In prediction, running means and variances of the batches seen take the place of the
//! batch's own, and they do in training too for a batch of one row, which has no variance.
//!
//! Reference: Ioffe & Szegedy, "Batch normalization: accelerating deep network training by
//! reducing internal covariate shift", ICML 2015; constants as in PyTorch.

use super::net::{LayerMut, LayerRef};
use crate::linalg::real::Real;

/// Added to a variance before its root is taken.
const EPSILON: f64 = 1e-5;

/// Share of the newest batch in the running statistics.
const NEWEST: f64 = 0.1;

/// What the normalization of one layer did to the last batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Normalized<T> {
    /// `(n_out,)`.
    mean: Vec<T>,
    variance: Vec<T>,
    inverse_deviation: Vec<T>,
    /// `(n_samples, n_out)` row-major, before scale and shift.
    values: Vec<T>,
    /// Whether mean and variance are those of the batch.
    is_of_batch: bool,
}

impl<T: Real> Normalized<T> {
    /// Normalizes sums `z`, `(n_samples, n_out)` row-major, in place: by their own statistics
    /// in training, by `running` (means, then variances) otherwise.
    pub(super) fn forward(
        &mut self,
        z: &mut [T],
        layer: &LayerRef<'_, T>,
        running: &[T],
        is_training: bool,
    ) {
        let width = layer.biases.len();
        self.is_of_batch = is_training && z.len() > width;
        if self.is_of_batch {
            self.measure(z, width);
        } else {
            let (mean, variance) = running.split_at(width);
            self.mean.clear();
            self.mean.extend_from_slice(mean);
            self.variance.clear();
            self.variance.extend_from_slice(variance);
        }
        let epsilon = T::from_f64(EPSILON);
        let inverse = |&v: &T| T::ONE / (v + epsilon).sqrt();
        self.inverse_deviation.clear();
        self.inverse_deviation
            .extend(self.variance.iter().map(inverse));
        self.values.resize(z.len(), T::default());
        let statistics = self.mean.iter().zip(&self.inverse_deviation);
        let learnt = layer.scales.iter().zip(layer.shifts);
        let columns = statistics.zip(learnt);
        let rows = z.chunks_exact_mut(width);
        for (z, kept) in rows.zip(self.values.chunks_exact_mut(width)) {
            let entries = z.iter_mut().zip(kept).zip(columns.clone());
            for ((z, kept), ((&mean, &inverse), (&scale, &shift))) in entries {
                *kept = (*z - mean) * inverse;
                *z = scale * *kept + shift;
            }
        }
    }

    /// Mean and variance (over n) of each column, in two passes.
    fn measure(&mut self, z: &[T], width: usize) {
        let share = T::from_f64(width as f64 / z.len() as f64);
        for sums in [&mut self.mean, &mut self.variance] {
            sums.clear();
            sums.resize(width, T::default());
        }
        for row in z.chunks_exact(width) {
            self.mean.iter_mut().zip(row).for_each(|(m, &z)| *m += z);
        }
        self.mean.iter_mut().for_each(|m| *m = *m * share);
        for row in z.chunks_exact(width) {
            for ((v, &z), &m) in self.variance.iter_mut().zip(row).zip(&self.mean) {
                *v += (z - m) * (z - m);
            }
        }
        self.variance.iter_mut().for_each(|v| *v = *v * share);
    }

    /// Takes ∂loss/∂(normalized, scaled, shifted) to ∂loss/∂z in place, and writes the slopes
    /// of scales and shifts.
    pub(super) fn backward(
        &self,
        deltas: &mut [T],
        layer: &LayerRef<'_, T>,
        to: &mut LayerMut<'_, T>,
    ) {
        let width = layer.biases.len();
        let rows = deltas.chunks_exact(width);
        for (d, x) in rows.zip(self.values.chunks_exact(width)) {
            let sums = to.scales.iter_mut().zip(to.shifts.iter_mut());
            for (((scale, shift), &d), &x) in sums.zip(d).zip(x) {
                *scale += d * x;
                *shift += d;
            }
        }
        // The batch's own mean and variance move with each of its rows; running ones stand.
        let share = if self.is_of_batch {
            T::from_f64(width as f64 / deltas.len() as f64)
        } else {
            T::default()
        };
        let sums = to.scales.iter().zip(to.shifts.iter());
        let factors = layer.scales.iter().zip(&self.inverse_deviation);
        let columns = sums.zip(factors);
        let rows = deltas.chunks_exact_mut(width);
        for (d, x) in rows.zip(self.values.chunks_exact(width)) {
            let entries = d.iter_mut().zip(x).zip(columns.clone());
            for ((d, &x), ((&by_scale, &by_shift), (&scale, &inverse))) in entries {
                *d = scale * inverse * (*d - share * (by_shift + x * by_scale));
            }
        }
    }

    /// Moves running means and variances a little towards those of the last batch; the
    /// variance over n − 1.
    pub(super) fn update(&self, running: &mut [T]) {
        if !self.is_of_batch {
            return;
        }
        let n = (self.values.len() / self.mean.len().max(1)) as f64;
        let newest = T::from_f64(NEWEST);
        let unbiased = T::from_f64(n / (n - 1.0));
        let variance = self.variance.iter().map(|&v| v * unbiased);
        let batch = self.mean.iter().copied().chain(variance);
        for (old, new) in running.iter_mut().zip(batch) {
            *old = (T::ONE - newest) * *old + newest * new;
        }
    }
}
