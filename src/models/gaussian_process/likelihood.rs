//! The probability of the observations under a kernel, and its gradient.

use std::ops::Range;

use super::kernel::Covariance;
use crate::linalg::{dot, spd, squared_distance};
use crate::{math, parallel};

/// Rows of the covariance matrix done as one piece of work; fixed, so results do not depend on
/// threads.
const ROWS_A_CHUNK: usize = 32;

/// Rows and standardized targets of a Gaussian process.
#[derive(Debug, Clone)]
pub(super) struct Observations {
    /// `(n_samples, n_features)` row by row.
    pub x: Vec<f64>,
    pub n_features: usize,
    /// `(n_samples,)`.
    pub y: Vec<f64>,
    /// Added to the diagonal; ten times as much, and again, where the matrix needs it.
    pub jitter: f64,
}

/// The covariance matrix of the observations, factored.
pub(super) struct Factored {
    /// Cholesky's factor, `(n, n)`.
    pub factor: Vec<f64>,
    /// The inverse of the matrix times the targets, `(n,)`.
    pub weights: Vec<f64>,
}

impl Observations {
    pub(super) fn len(&self) -> usize {
        self.y.len()
    }

    /// Factors the covariance matrix; none where even much jitter does not make it definite.
    pub(super) fn factor(&self, covariance: &Covariance) -> Option<Factored> {
        let factor = factor(&self.x, self.n_features, covariance, self.jitter)?;
        let mut weights = self.y.clone();
        spd::solve(&factor, &mut weights);
        Some(Factored { factor, weights })
    }

    /// Minus the log marginal likelihood, in nats; writes its gradient by the logarithms of the
    /// hyperparameters. Infinite where the matrix cannot be factored.
    pub(super) fn evaluate(&self, start: &Covariance, logs: &[f64], gradient: &mut [f64]) -> f64 {
        let covariance = start.with_logs(logs);
        gradient.fill(0.0);
        let Some(factored) = self.factor(&covariance) else {
            return f64::INFINITY;
        };
        let n = self.len();
        let inverse = spd::inverse(&factored.factor, n);
        let x = covariance.scale(&self.x, self.n_features);
        let sums = parallel::map_chunks(n, ROWS_A_CHUNK, |rows| {
            self.gradient_of_rows(&covariance, &x, (&inverse, &factored.weights), rows)
        });
        for sum in sums {
            gradient.iter_mut().zip(sum).for_each(|(g, s)| *g -= s);
        }
        for (g, log) in gradient.iter_mut().zip(logs) {
            // Beyond the range the kernel no longer follows.
            *g = if Covariance::is_inside(*log) { *g } else { 0.0 };
        }
        self.loss(&factored)
    }

    /// Minus the log marginal likelihood, in nats.
    pub(super) fn loss(&self, factored: &Factored) -> f64 {
        let n = self.len();
        let diagonal = (0..n).map(|i| math::ln(factored.factor[i * n + i]));
        0.5 * dot(&self.y, &factored.weights)
            + math::sum(diagonal)
            + 0.5 * n as f64 * math::ln(std::f64::consts::TAU)
    }

    /// The part of the gradient of the log likelihood that rows of the matrix give:
    /// ½·Σ (w·wᵀ − K⁻¹)·∂K, with off-diagonal entries counted twice.
    fn gradient_of_rows(
        &self,
        covariance: &Covariance,
        x: &[f64],
        (inverse, weights): (&[f64], &[f64]),
        rows: Range<usize>,
    ) -> Vec<f64> {
        let (n, d) = (self.len(), self.n_features);
        let n_scales = covariance.length_scales.len();
        let mut sums = vec![0.0; n_scales + 2];
        for i in rows {
            let own = &x[i * d..(i + 1) * d];
            let excess = |j: usize| weights[i] * weights[j] - inverse[i * n + j];
            for j in 0..i {
                let other = &x[j * d..(j + 1) * d];
                let r2 = squared_distance(own, other);
                let (value, derivative) = covariance.at(r2);
                let excess = excess(j);
                sums[0] += excess * value;
                if n_scales == 1 {
                    sums[1] += excess * derivative * r2;
                    continue;
                }
                let differences = own.iter().zip(other);
                for (sum, (a, b)) in sums[1..=n_scales].iter_mut().zip(differences) {
                    *sum += excess * derivative * (a - b) * (a - b);
                }
            }
            sums[0] += 0.5 * excess(i) * covariance.constant;
            sums[n_scales + 1] += 0.5 * excess(i) * covariance.noise;
        }
        sums
    }
}

/// Cholesky's factor of the covariance matrix of rows, with as little jitter as it takes.
///
/// - `x`: `(n_samples, n_features)` row by row.
pub(super) fn factor(
    x: &[f64],
    n_features: usize,
    covariance: &Covariance,
    jitter: f64,
) -> Option<Vec<f64>> {
    let n = x.len() / n_features;
    let lower = lower_triangle(x, n_features, covariance);
    let jitters = std::iter::successors(Some(jitter), |jitter| Some(10.0 * jitter));
    let factors = jitters.take(9).map(|jitter| {
        let mut matrix = lower.clone();
        let places = (0..n).map(|i| i * n + i);
        places.for_each(|place| matrix[place] += covariance.noise + jitter);
        spd::factor(&mut matrix, n).then_some(matrix)
    });
    let mut factors = factors.into_iter();
    factors.find_map(|factor| factor)
}

/// The lower triangle of the covariance matrix without noise, `(n, n)`.
fn lower_triangle(x: &[f64], n_features: usize, covariance: &Covariance) -> Vec<f64> {
    let x = covariance.scale(x, n_features);
    let row = |i: usize| &x[i * n_features..(i + 1) * n_features];
    let n = x.len() / n_features;
    let mut matrix = vec![0.0; n * n];
    parallel::for_each_chunk_mut(&mut matrix, ROWS_A_CHUNK * n, |first, rows| {
        for (place, entries) in rows.chunks_exact_mut(n).enumerate() {
            let i = first / n + place;
            for (j, entry) in entries[..=i].iter_mut().enumerate() {
                *entry = covariance.at(squared_distance(row(i), row(j))).0;
            }
        }
    });
    matrix
}
