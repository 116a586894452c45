//! The function that Huber regression minimizes, and its gradient.

use std::ops::Range;
use std::sync::Arc;

use super::Huber;
use crate::linalg::{Columns, axpy, dot};
use crate::math;
use crate::models::linear::{LinearModel, Robust};
use crate::models::rows::entries;
use crate::parallel::map_chunks;
use crate::prepare::Dataset;

/// Rows evaluated as one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 1024;

/// Mean loss on scaled columns and target. A point is the slopes `(n_features,)`, the intercept,
/// and ln σ.
#[derive(Debug)]
pub(super) struct Objective {
    data: Arc<Dataset>,
    y: Vec<f64>,
    columns: Columns,
    y_center: f64,
    y_scale: f64,
    total_weight: f64,
    /// `(n_features,)`.
    penalties: Vec<f64>,
    epsilon: f64,
    has_intercept: bool,
}

/// Sums over rows.
struct Sums {
    loss: f64,
    /// Of slopes, then of the intercept.
    gradient: Vec<f64>,
    /// The part of the derivative by σ that comes from the rows.
    of_scale: f64,
}

impl Objective {
    /// Of rows in standard layout, none of weight 0, and their targets.
    pub(super) fn new(data: Arc<Dataset>, y: &[f64], settings: &Huber) -> Self {
        let (p, weights) = (data.n_features(), data.weights.as_deref());
        let has_intercept = settings.fit_intercept;
        let columns = Columns::measure_weighted(entries(&data), p, has_intercept, weights);
        let target = Columns::measure_weighted(y, 1, has_intercept, weights);
        // A constant target has no scale: any will do.
        let y_scale = Some(target.scales[0]).filter(|s| *s > 0.0).unwrap_or(1.0);
        let total_weight = match weights {
            Some(weights) => math::sum(weights.iter().copied()),
            None => y.len() as f64,
        };
        let alpha = settings.alpha / y_scale / total_weight;
        Self {
            y: y.to_vec(),
            y_center: target.centers[0],
            y_scale,
            total_weight,
            penalties: columns.scales.iter().map(|s| alpha * s * s).collect(),
            columns,
            epsilon: settings.epsilon,
            has_intercept,
            data,
        }
    }

    /// No slopes, the mean as intercept, a scale of about the deviation of the target.
    pub(super) fn start(&self) -> Vec<f64> {
        vec![0.0; self.data.n_features() + 2]
    }

    /// Takes the scale of the target back.
    pub(super) fn in_units(&self, loss: f64) -> f64 {
        loss / self.y_scale
    }

    /// The value at `point`; writes the gradient.
    pub(super) fn evaluate(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let p = self.data.n_features();
        let chunks = map_chunks(self.y.len(), ROWS_A_CHUNK, |rows| {
            self.evaluate_rows(point, rows)
        });
        gradient.fill(0.0);
        let (mut loss, mut of_scale) = (0.0, 0.0);
        for sums in chunks {
            loss += sums.loss;
            of_scale += sums.of_scale;
            axpy(1.0, &sums.gradient, &mut gradient[..=p]);
        }
        gradient.iter_mut().for_each(|g| *g /= self.total_weight);
        if !self.has_intercept {
            gradient[p] = 0.0;
        }
        let scale = math::exp(point[p + 1]);
        gradient[p + 1] = scale * (1.0 + of_scale / self.total_weight);
        let mut value = scale + loss / self.total_weight;
        for ((g, b), penalty) in gradient.iter_mut().zip(point).zip(&self.penalties) {
            *g += 2.0 * penalty * b;
            value += penalty * b * b;
        }
        value
    }

    fn evaluate_rows(&self, point: &[f64], rows: Range<usize>) -> Sums {
        let p = self.data.n_features();
        let scale = math::exp(point[p + 1]);
        let limit = self.epsilon * scale;
        let mut row = vec![0.0; p];
        let mut sums = Sums {
            loss: 0.0,
            gradient: vec![0.0; p + 1],
            of_scale: 0.0,
        };
        for i in rows {
            self.write(i, &mut row);
            let target = (self.y[i] - self.y_center) * self.y_scale;
            let residual = target - dot(&row, &point[..p]) - point[p];
            let weight = self.data.weights.as_ref().map_or(1.0, |w| w[i]);
            let pull = if residual.abs() <= limit {
                let share = residual / scale;
                sums.loss += weight * residual * share;
                sums.of_scale -= weight * share * share;
                share
            } else {
                let size = 2.0 * residual.abs() - limit;
                sums.loss += weight * self.epsilon * size;
                sums.of_scale -= weight * self.epsilon * self.epsilon;
                self.epsilon.copysign(residual)
            };
            let pull = -2.0 * weight * pull;
            axpy(pull, &row, &mut sums.gradient[..p]);
            sums.gradient[p] += pull;
        }
        sums
    }

    /// Writes the scaled features of a row.
    fn write(&self, i: usize, out: &mut [f64]) {
        let p = out.len();
        let row = &entries(&self.data)[i * p..(i + 1) * p];
        let Columns { centers, scales } = &self.columns;
        let pairs = row.iter().zip(centers.iter().zip(scales));
        for (out, (x, (center, scale))) in out.iter_mut().zip(pairs) {
            *out = x * scale - center * scale;
        }
    }

    /// The model of `point`, in the units of the data.
    pub(super) fn model(&self, point: &[f64]) -> LinearModel {
        let p = self.data.n_features();
        let pairs = point.iter().zip(&self.columns.scales);
        let slopes: Vec<f64> = pairs.map(|(b, scale)| b * scale / self.y_scale).collect();
        let intercept = if self.has_intercept {
            let centers = self.columns.centers.iter().zip(&slopes);
            let leaning = centers.map(|(center, w)| -center * w);
            math::sum(leaning.chain([self.y_center, point[p] / self.y_scale]))
        } else {
            0.0
        };
        let mut model = LinearModel::new(slopes, intercept, self.has_intercept);
        model.robust = Some(Robust {
            scale: math::exp(point[p + 1]) / self.y_scale,
            epsilon: self.epsilon,
        });
        model
    }
}
