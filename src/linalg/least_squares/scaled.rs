//! Rows as the problem sees them.

use super::{Data, LeastSquares};

/// Rows centered and scaled.
pub(super) struct Scaled<'a> {
    data: Data<'a>,
    scales: Vec<f64>,
    shifts: Vec<f64>,
    y_scale: f64,
    y_shift: f64,
}

impl<'a> Scaled<'a> {
    pub(super) fn new(problem: &LeastSquares, centers: &[f64], data: Data<'a>) -> Self {
        let scales = problem.columns.scales.clone();
        Self {
            data,
            shifts: centers.iter().zip(&scales).map(|(c, s)| c * s).collect(),
            scales,
            y_scale: problem.y_scale,
            y_shift: problem.y_center * problem.y_scale,
        }
    }

    pub(super) fn entry(&self, i: usize, j: usize) -> f64 {
        self.data.x[i * self.scales.len() + j] * self.scales[j] - self.shifts[j]
    }

    pub(super) fn target(&self, i: usize) -> f64 {
        self.data.y[i] * self.y_scale - self.y_shift
    }

    /// Writes the features of row `i`.
    pub(super) fn write(&self, i: usize, out: &mut [f64]) {
        let p = self.scales.len();
        let row = &self.data.x[i * p..(i + 1) * p];
        let pairs = row.iter().zip(&self.scales).zip(&self.shifts);
        for (out, ((x, scale), shift)) in out.iter_mut().zip(pairs) {
            *out = x * scale - shift;
        }
    }
}
