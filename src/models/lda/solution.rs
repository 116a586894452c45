//! From the spread within classes to the weights of each class.

use ndarray::Array2;

use super::rows::ClassRows;
use crate::linalg::qr::Triangle;
use crate::linalg::triangular::{cholesky, solve_upper, solve_upper_transposed};
use crate::linalg::{Columns, axpy, dot};
use crate::math;
use crate::models::logistic::LogisticModel;
use crate::models::pca::{Axes, Rotation};

/// How far below the best class one without training rows stays, as a logit.
const BELOW_ALL: f64 = 40.0;

/// Weights of all classes on scaled features, and the mean from which they are counted.
pub(super) struct Weights {
    /// `(n_classes, n_features)`.
    pub slopes: Vec<Vec<f64>>,
    /// Where the logits are those of the shares of classes, and means and slopes meet.
    pub origin: Vec<f64>,
}

/// Within-class spread scaled to a deviation of 1 in every feature.
#[derive(Debug, Clone)]
pub(super) struct Whitened {
    /// 1 / deviation of each feature within classes; 0 where it does not vary there.
    pub factors: Vec<f64>,
    rotation: Rotation,
}

impl Whitened {
    /// Of the triangle of all rows less their means.
    pub(super) fn new(triangle: &Triangle, n_samples: usize) -> Self {
        let p = triangle.size;
        let root = (n_samples as f64).sqrt();
        let length = |j: usize| {
            let squares = (0..p).map(|i| triangle.at(i, j) * triangle.at(i, j));
            squares.sum::<f64>().sqrt() / root
        };
        // Features have deviations of about 1; this much is rounding of their means.
        let factor = |length: f64| {
            if length <= 16.0 * f64::EPSILON {
                0.0
            } else {
                1.0 / length
            }
        };
        let factors: Vec<f64> = (0..p).map(|j| factor(length(j))).collect();
        let entry = |index: usize| triangle.entries[index] * factors[index % p] / root;
        let scaled = Triangle {
            size: p,
            entries: (0..p * p).map(entry).collect(),
        };
        let cut = f64::EPSILON * n_samples.max(p) as f64;
        Self {
            rotation: Rotation::new(&scaled, cut),
            factors,
        }
    }

    /// One sweep; `true` when nothing is left to rotate.
    pub(super) fn sweep(&mut self) -> bool {
        self.rotation.sweep()
    }

    /// S⁻¹ of the differences of means, within the directions that spread more than `tol`.
    pub(super) fn weights(&self, rows: &ClassRows, tol: f64) -> Weights {
        let origin = weighted_mean(rows);
        let Axes {
            lengths,
            directions,
        } = self.rotation.axes(self.rotation.rank());
        let slopes = rows.means.iter().map(|mean| {
            let pairs = mean.iter().zip(&origin).zip(&self.factors);
            let away: Vec<f64> = pairs.map(|((m, o), factor)| (m - o) * factor).collect();
            let mut slopes = vec![0.0; away.len()];
            for (length, direction) in lengths.iter().zip(&directions) {
                if *length > tol {
                    let along = dot(direction, &away) / length / length;
                    axpy(along, direction, &mut slopes);
                }
            }
            let factors = slopes.iter_mut().zip(&self.factors);
            factors.for_each(|(slope, factor)| *slope *= factor);
            slopes
        });
        Weights {
            slopes: slopes.collect(),
            origin,
        }
    }
}

fn weighted_mean(rows: &ClassRows) -> Vec<f64> {
    let mut origin = vec![0.0; rows.n_features()];
    for (prior, mean) in rows.priors().iter().zip(&rows.means) {
        axpy(*prior, mean, &mut origin);
    }
    origin
}

/// The covariance RᵀR / n of a triangle.
pub(super) fn covariance(triangle: &Triangle, n_samples: usize) -> Vec<Vec<f64>> {
    let p = triangle.size;
    let entry = |i: usize, j: usize| {
        let products = (0..=i.min(j)).map(|k| triangle.at(k, i) * triangle.at(k, j));
        products.sum::<f64>() / n_samples as f64
    };
    (0..p)
        .map(|i| (0..p).map(|j| entry(i, j)).collect())
        .collect()
}

/// Pulls a covariance of scaled features towards a multiple of the identity in the units of
/// the data.
pub(super) fn shrink(covariance: &mut [Vec<f64>], amount: f64, units: &[f64]) {
    let p = covariance.len();
    let variance = |j: usize| covariance[j][j] / (units[j] * units[j]);
    let varying = (0..p).filter(|&j| units[j] > 0.0);
    let mean_variance = varying.map(variance).sum::<f64>() / p as f64;
    for (j, row) in covariance.iter_mut().enumerate() {
        row.iter_mut().for_each(|x| *x *= 1.0 - amount);
        row[j] += amount * mean_variance * units[j] * units[j];
    }
}

/// The amount of Ledoit and Wolf for rows of a class.
///
/// - `correlation`: `(n_features, n_features)`, 0 for features that do not vary.
/// - `fourth`: the mean of ‖row‖⁴, of rows in deviations.
pub(super) fn ledoit_wolf(correlation: &[Vec<f64>], fourth: f64, n_samples: usize) -> f64 {
    let p = correlation.len() as f64;
    if correlation.len() == 1 {
        return 0.0;
    }
    let squares: f64 = correlation.iter().map(|row| dot(row, row)).sum();
    let trace: f64 = (0..correlation.len()).map(|j| correlation[j][j]).sum();
    let spread = (squares - trace * trace / p) / p;
    let noise = ((fourth - squares) / (p * n_samples as f64)).min(spread);
    if noise == 0.0 { 0.0 } else { noise / spread }
}

/// Solves S·slopes = mean for every class.
pub(super) fn solve(mut covariance: Vec<Vec<f64>>, rows: &ClassRows) -> Weights {
    for (j, scale) in rows.columns.scales.iter().enumerate() {
        if *scale == 0.0 {
            covariance[j][j] = 1.0;
        }
    }
    // The center of the features is where they are 0 in the units of the data.
    let Columns {
        centers, scales, ..
    } = &rows.columns;
    let origin: Vec<f64> = centers.iter().zip(scales).map(|(c, s)| -c * s).collect();
    let away = |mean: &Vec<f64>| mean.iter().zip(&origin).map(|(m, o)| m - o).collect();
    let mut slopes: Vec<Vec<f64>> = rows.means.iter().map(away).collect();
    let mut factor = covariance.clone();
    if cholesky(&mut factor) {
        for slopes in &mut slopes {
            solve_upper_transposed(&factor, slopes);
            solve_upper(&factor, slopes);
        }
    } else {
        let inverse = PseudoInverse::new(covariance);
        slopes = slopes.iter().map(|mean| inverse.apply(mean)).collect();
    }
    Weights { slopes, origin }
}

/// The inverse of a covariance within its directions of any spread.
struct PseudoInverse(Axes);

impl PseudoInverse {
    fn new(covariance: Vec<Vec<f64>>) -> Self {
        let size = covariance.len();
        let triangle = Triangle {
            size,
            entries: covariance.concat(),
        };
        let mut rotation = Rotation::new(&triangle, f64::EPSILON);
        while !rotation.sweep() {}
        Self(rotation.axes(rotation.rank()))
    }

    fn apply(&self, vector: &[f64]) -> Vec<f64> {
        let mut result = vec![0.0; vector.len()];
        for (length, direction) in self.0.lengths.iter().zip(&self.0.directions) {
            axpy(dot(direction, vector) / length, direction, &mut result);
        }
        result
    }
}

impl Weights {
    /// Nothing but the shares of the classes.
    pub(super) fn none(rows: &ClassRows) -> Self {
        let p = rows.n_features();
        Self {
            slopes: vec![vec![0.0; p]; rows.counts.len()],
            origin: vec![0.0; p],
        }
    }

    /// The model in the units of the data.
    pub(super) fn model(&self, rows: &ClassRows) -> LogisticModel {
        let mut intercepts = self.intercepts(rows);
        let mut slopes = self.slopes.clone();
        let best = math::argmax(&rows.priors());
        for class in 0..slopes.len() {
            if rows.counts[class] == 0 {
                slopes[class] = slopes[best].clone();
                intercepts[class] = intercepts[best] - BELOW_ALL;
            }
        }
        if slopes.len() == 2 {
            let difference = slopes[1].iter().zip(&slopes[0]).map(|(b, a)| b - a);
            slopes = vec![difference.collect()];
            intercepts = vec![intercepts[1] - intercepts[0]];
        }
        let scales = &rows.columns.scales;
        let coefficients = Array2::from_shape_fn((slopes.len(), scales.len()), |(k, j)| {
            slopes[k][j] * scales[j]
        });
        for (intercept, row) in intercepts.iter_mut().zip(coefficients.rows()) {
            let products = row.into_iter().zip(&rows.columns.centers);
            *intercept -= math::sum(products.map(|(w, center)| w * center));
        }
        LogisticModel {
            coefficients,
            intercepts,
            n_classes: rows.counts.len(),
        }
    }

    /// −½·(m − o)ᵀS⁻¹(m − o) + ln π − oᵀ·slopes, where features are at their centers.
    fn intercepts(&self, rows: &ClassRows) -> Vec<f64> {
        let classes = rows.means.iter().zip(&self.slopes).zip(rows.priors());
        classes
            .map(|((mean, slopes), prior)| {
                let away: Vec<f64> = mean.iter().zip(&self.origin).map(|(m, o)| m - o).collect();
                let prior = math::ln(prior.max(f64::MIN_POSITIVE));
                prior - 0.5 * dot(&away, slopes) - dot(&self.origin, slopes)
            })
            .collect()
    }
}
