//! The function that the elastic net minimizes, by coordinate descent on products of columns.
//!
//! In a problem of products G = ZᵀZ and q = Zᵀy of scaled columns the function is
//! ½·bᵀGb − qᵀb + ½·yᵀy + Σ l1ⱼ·|bⱼ| + ½·Σ l2ⱼ·bⱼ²: scaling gives every column its own penalty.

use super::trainer::Penalty;
use crate::linalg::gram::Gram;
use crate::linalg::triangular::{cholesky, solve_upper, solve_upper_transposed};
use crate::linalg::{Columns, axpy, dot};
use crate::math::power_of_two_at_least;

/// Centers and scales that turn rows into those of the problem.
#[derive(Debug, Clone)]
pub(super) struct Scaling {
    pub columns: Columns,
    pub y_center: f64,
    pub y_scale: f64,
}

impl Scaling {
    /// Measures rows `x`, `(n_samples, n_features)`, and their targets.
    pub(super) fn measure(
        x: &[f64],
        y: &[f64],
        weights: Option<&[f64]>,
        has_intercept: bool,
    ) -> Self {
        let n_features = x.len() / y.len().max(1);
        let columns = Columns::measure_weighted(x, n_features, has_intercept, weights);
        let target = Columns::measure_weighted(y, 1, has_intercept, weights);
        let largest = y.iter().fold(0.0_f64, |max, y| max.max(y.abs()));
        Self {
            columns,
            y_center: target.centers[0],
            y_scale: 1.0 / power_of_two_at_least(largest),
        }
    }

    /// Writes one row, times the root of its weight, the target last.
    pub(super) fn write(&self, x: &[f64], y: f64, root: f64, out: &mut [f64]) {
        let Columns { centers, scales } = &self.columns;
        let places = out.iter_mut().zip(x).zip(centers.iter().zip(scales));
        for ((out, x), (center, scale)) in places {
            *out = (x * scale - center * scale) * root;
        }
        if let Some(out) = out.last_mut() {
            *out = (y * self.y_scale - self.y_center * self.y_scale) * root;
        }
    }

    /// Slopes in the units of the data.
    pub(super) fn slopes(&self, b: &[f64]) -> Vec<f64> {
        let pairs = b.iter().zip(&self.columns.scales);
        pairs
            .map(|(b, scale)| {
                if *b == 0.0 {
                    0.0
                } else {
                    b * scale / self.y_scale
                }
            })
            .collect()
    }
}

/// A penalized problem on scaled columns, and the slopes found so far.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// `(n_features, n_features)`.
    products: Vec<Vec<f64>>,
    /// q, `(n_features,)`.
    targets: Vec<f64>,
    /// yᵀy.
    pub squares: f64,
    l1: Vec<f64>,
    l2: Vec<f64>,
    /// Columns that never enter: constant, or equal to one further left in a lasso.
    is_idle: Vec<bool>,
    /// b, `(n_features,)`.
    pub slopes: Vec<f64>,
    /// q − G·b.
    gradient: Vec<f64>,
}

impl Problem {
    /// Of the products of all columns and, last, the target.
    pub(super) fn new(gram: &Gram) -> Self {
        let p = gram.width() - 1;
        let row = |i: usize| (0..p).map(|j| gram.at(i, j)).collect();
        let targets: Vec<f64> = (0..p).map(|j| gram.at(j, p)).collect();
        Self {
            products: (0..p).map(row).collect(),
            gradient: targets.clone(),
            targets,
            squares: gram.at(p, p),
            l1: vec![0.0; p],
            l2: vec![0.0; p],
            is_idle: vec![false; p],
            slopes: vec![0.0; p],
        }
    }

    /// The least alpha that leaves all slopes 0, for a lasso part of `l1_ratio`.
    pub(super) fn largest_alpha(&self, l1_ratio: f64, n: f64, scaling: &Scaling) -> f64 {
        let pairs = self.targets.iter().zip(&scaling.columns.scales);
        let alpha_of = |(q, scale): (&f64, &f64)| {
            if *q == 0.0 {
                0.0
            } else {
                q.abs() / (n * l1_ratio * scaling.y_scale * scale)
            }
        };
        pairs.map(alpha_of).fold(0.0, f64::max)
    }

    /// Changes the penalty; the slopes stay as a start.
    pub(super) fn set_penalty(&mut self, penalty: Penalty, n: f64, scaling: &Scaling) {
        let Penalty { alpha, l1_ratio } = penalty;
        let scales = &scaling.columns.scales;
        let lasso = n * alpha * l1_ratio * scaling.y_scale;
        let ridge = n * alpha * (1.0 - l1_ratio);
        self.l1 = scales.iter().map(|scale| lasso * scale).collect();
        self.l2 = scales.iter().map(|scale| ridge * scale * scale).collect();
        self.is_idle = (0..scales.len())
            .map(|j| scales[j] == 0.0 || ridge == 0.0 && self.repeats_another(j, scales))
            .collect();
        self.gradient = self.targets.clone();
        for (products, &slope) in self.products.iter().zip(&self.slopes) {
            if slope != 0.0 {
                axpy(-slope, products, &mut self.gradient);
            }
        }
    }

    fn repeats_another(&self, j: usize, scales: &[f64]) -> bool {
        let square = self.products[j][j];
        (0..j).any(|i| {
            let is_equal = self.products[i][j] == square && self.products[i][i] == square;
            is_equal && self.targets[i] == self.targets[j] && scales[i] == scales[j]
        })
    }

    /// Gives every slope in turn its best value; returns the largest relative change.
    pub(super) fn sweep(&mut self) -> f64 {
        let (mut change, mut largest) = (0.0_f64, 0.0_f64);
        for j in 0..self.slopes.len() {
            let square = self.products[j][j];
            if self.is_idle[j] || square == 0.0 {
                continue;
            }
            let (old, new) = (self.slopes[j], self.best(j, square));
            if new != old {
                axpy(old - new, &self.products[j], &mut self.gradient);
                self.slopes[j] = new;
            }
            let unit = square.sqrt();
            change = change.max((new - old).abs() * unit);
            largest = largest.max(new.abs() * unit);
        }
        if change == 0.0 { 0.0 } else { change / largest }
    }

    /// The soft threshold: 0 where the pull of the rows is weaker than the penalty.
    fn best(&self, j: usize, square: f64) -> f64 {
        let old = self.slopes[j];
        let pull = self.gradient[j] + square * old;
        let noise = if old == 0.0 { self.noise(j) } else { 0.0 };
        if pull.abs() <= self.l1[j] + noise {
            return 0.0;
        }
        (pull.abs() - self.l1[j]).copysign(pull) / (square + self.l2[j])
    }

    /// What rounding alone may leave of an entry of the gradient.
    fn noise(&self, j: usize) -> f64 {
        16.0 * f64::EPSILON * (self.products[j][j] * self.squares).sqrt()
    }

    /// Half of the squared residuals and the penalty.
    pub(super) fn objective(&self) -> f64 {
        0.5 * self.residual_squares() + self.lasso_part() + 0.5 * self.ridge_part()
    }

    /// Σ r² = yᵀy − bᵀq − bᵀ(q − G·b).
    pub(super) fn residual_squares(&self) -> f64 {
        let explained = dot(&self.slopes, &self.targets) + dot(&self.slopes, &self.gradient);
        (self.squares - explained).max(0.0)
    }

    fn lasso_part(&self) -> f64 {
        let pairs = self.slopes.iter().zip(&self.l1);
        pairs.map(|(b, l1)| l1 * b.abs()).sum()
    }

    fn ridge_part(&self) -> f64 {
        let pairs = self.slopes.iter().zip(&self.l2);
        pairs.map(|(b, l2)| l2 * b * b).sum()
    }

    /// The duality gap: at most this much could still be gained.
    pub(super) fn gap(&self) -> f64 {
        let excess = (0..self.slopes.len())
            .filter(|&j| !self.is_idle[j])
            .map(|j| (self.gradient[j] - self.l2[j] * self.slopes[j]).abs() / self.l1[j])
            .fold(1.0, f64::max);
        let shrink = 1.0 / excess;
        let left = self.residual_squares();
        let along = self.squares - dot(&self.slopes, &self.targets);
        0.5 * left * (1.0 + shrink * shrink) + self.lasso_part() - shrink * along
            + 0.5 * self.ridge_part() * (1.0 + shrink * shrink)
    }

    /// Solves for the slopes that are not 0, and keeps the answer where it proves itself the
    /// minimum: signs stay, and no other slope wants to leave 0.
    pub(super) fn polish(&mut self) {
        let active: Vec<usize> = (0..self.slopes.len())
            .filter(|&j| self.slopes[j] != 0.0)
            .collect();
        let Some(found) = self.solve(&active) else {
            return;
        };
        let mut polished = self.clone();
        polished.gradient = self.targets.clone();
        for (&j, &b) in active.iter().zip(&found) {
            if b * self.slopes[j] <= 0.0 {
                return;
            }
            polished.slopes[j] = b;
            axpy(-b, &self.products[j], &mut polished.gradient);
        }
        let is_content = |j: usize| {
            let is_inside = polished.gradient[j].abs() <= self.l1[j] + self.noise(j);
            self.is_idle[j] || polished.slopes[j] != 0.0 || is_inside
        };
        if (0..self.slopes.len()).all(is_content) {
            *self = polished;
        }
    }

    fn solve(&self, active: &[usize]) -> Option<Vec<f64>> {
        let of_row = |&i: &usize| active.iter().map(|&j| self.products[i][j]).collect();
        let mut matrix: Vec<Vec<f64>> = active.iter().map(of_row).collect();
        for (place, &j) in active.iter().enumerate() {
            matrix[place][place] += self.l2[j];
        }
        if !cholesky(&mut matrix) {
            return None;
        }
        let right = |&j: &usize| self.targets[j] - self.l1[j].copysign(self.slopes[j]);
        let mut found: Vec<f64> = active.iter().map(right).collect();
        solve_upper_transposed(&matrix, &mut found);
        solve_upper(&matrix, &mut found);
        Some(found)
    }
}
