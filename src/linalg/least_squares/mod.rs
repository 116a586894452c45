//! Least squares and ridge for tall data: QR over blocks of rows, then refinement.
//!
//! Minimizes ‖y − a − X·w‖² + alpha·‖w‖² over the slopes w and, where wanted, the intercept a,
//! which is never penalized. With weights every square counts as many times as its row weighs:
//! rows are multiplied by the roots of their weights.
//!
//! 1. Columns are centered (with an intercept) and scaled by powers of two, so that units do
//!    not decide what counts as small; both are undone exactly.
//! 2. Blocks of rows are absorbed into the triangle R of a Householder QR. The penalty enters
//!    as one more row √alpha·eⱼ a column.
//! 3. R is factored again with column pivoting. Columns of which at most
//!    eps·max(n, p)·|R₁₁| remains are dependent; then the slopes of least length are taken.
//! 4. Refinement passes: residuals r and Xᵀr are computed from the original numbers in double
//!    the precision, and RᵀR·d = Xᵀr gives the correction. Each pass shrinks the error about
//!    by the condition number of R times 2⁻⁵³; it ends when a correction changes no digit.
//!
//! Many rows of few columns are first summed up by the products of their columns instead, which
//! takes half the time, and solved by Cholesky's factor. Centers and scales are then those of
//! some of the rows; a column of ones tells how far off the centers were. Where that was not far
//! and an upper bound of the condition number proves that one refinement in plain precision
//! suffices, that is the answer; else the columns are measured, and the rows absorbed into R.
//!
//! Cost: 2·n·p² operations, and some 40·n·p a refinement pass.
//!
//! Reference: Å. Björck, "Stability analysis of the method of seminormal equations", Linear
//! Algebra Appl. 88/89, 1987. Deviation: slopes and residuals are kept in double-double.

mod inverse;
mod scaled;

use self::inverse::{Inverse, condition_bound};
use self::scaled::Scaled;
use super::columns::Columns;
use super::dd::Dd;
use super::gram::Gram;
use super::kernels::dot;
use super::qr::{self, Pivoted, Triangle};
use super::residuals::{self, Pass};
use super::tall::{TallGram, TallQr};
use super::triangular::{cholesky, solve_upper, solve_upper_transposed};
use crate::math::power_of_two_at_least;

/// Refinement passes at most. Three suffice where the condition number is below 1e8.
pub const MAX_PASSES: usize = 8;

/// Rows from which the products of columns are tried first.
const ROWS_FOR_PRODUCTS: usize = 16_384;

/// Rows a column from which they are tried: below, dependent columns are likely.
const ROWS_A_COLUMN: usize = 20;

/// The largest condition number with which products are trusted: its square times 2⁻⁵³ is 1e-10,
/// so that one refinement leaves rounding only.
const TRUSTED_CONDITION: f64 = 1e3;

/// The share of a column's squares that must be left once the center is corrected.
const LEAST_LEFT: f64 = 0.25;

/// The numbers of a least squares problem.
#[derive(Debug, Clone, Copy)]
pub struct Data<'a> {
    /// `(n_samples, n_features)` row by row, finite.
    pub x: &'a [f64],
    /// `(n_samples,)`, finite.
    pub y: &'a [f64],
    /// `(n_samples,)`, positive; all rows weigh 1 where absent.
    pub weights: Option<&'a [f64]>,
}

impl Data<'_> {
    /// The weight of row `i`.
    pub fn weight(&self, i: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[i])
    }

    /// The sum of all weights.
    pub fn total_weight(&self) -> f64 {
        match self.weights {
            Some(weights) => crate::math::sum(weights.iter().copied()),
            None => self.y.len() as f64,
        }
    }
}

/// A least squares problem being solved.
#[derive(Debug, Clone)]
pub struct LeastSquares {
    columns: Columns,
    y_center: f64,
    y_scale: f64,
    alpha: f64,
    has_intercept: bool,
    n_samples: usize,
    total_weight: f64,
    summary: Summary,
}

/// The small matrix that stands for the rows.
#[derive(Debug, Clone)]
enum Summary {
    Triangle(TallQr),
    Products(TallGram),
}

/// A solution, in the units of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// Slopes, `(n_features,)`.
    pub slopes: Vec<f64>,
    /// Intercept; 0 where none is fitted.
    pub intercept: f64,
    /// Σ weight·(y − prediction)² of the rows absorbed.
    pub residual_squares: f64,
    /// Number of independent columns.
    pub rank: usize,
}

/// The factored problem under refinement.
#[derive(Debug, Clone)]
pub struct Refinement {
    inverse: Inverse,
    /// Centers of the columns.
    centers: Vec<f64>,
    slopes: Vec<Dd>,
    intercept: Dd,
    objective: Dd,
    change: f64,
    /// Whether residuals in plain precision suffice.
    is_plain: bool,
}

impl LeastSquares {
    /// Measures the columns, by some of the rows where there are many; nothing is solved yet.
    pub fn new(data: Data, n_features: usize, has_intercept: bool, alpha: f64) -> Self {
        let n = data.y.len();
        let Data { x, y, weights } = data;
        let is_tall = n >= ROWS_FOR_PRODUCTS && n / ROWS_A_COLUMN >= n_features;
        let measure = if is_tall {
            Columns::measure_sample
        } else {
            Columns::measure_weighted
        };
        let columns = measure(x, n_features, has_intercept, weights);
        let y_columns = Columns::measure_weighted(y, 1, has_intercept, weights);
        let largest = data.y.iter().fold(0.0_f64, |max, y| max.max(y.abs()));
        let summary = if is_tall {
            Summary::Products(TallGram::new(n, n_features + 2))
        } else {
            Summary::Triangle(triangle(n, &columns, alpha))
        };
        Self {
            columns,
            y_center: y_columns.centers[0],
            y_scale: 1.0 / power_of_two_at_least(largest),
            alpha,
            has_intercept,
            n_samples: n,
            total_weight: data.total_weight(),
            summary,
        }
    }

    /// Starts over with a triangle, where products were not to be trusted.
    pub fn start_over(&mut self, data: Data) {
        let (p, has_intercept) = (self.n_features(), self.has_intercept);
        self.columns = Columns::measure_weighted(data.x, p, has_intercept, data.weights);
        let start = triangle(self.n_samples, &self.columns, self.alpha);
        self.summary = Summary::Triangle(start);
    }

    /// Number of columns.
    pub fn n_features(&self) -> usize {
        self.columns.scales.len()
    }

    /// The sum of the weights of all rows.
    pub fn total_weight(&self) -> f64 {
        self.total_weight
    }

    /// Number of rows absorbed so far.
    pub fn n_absorbed(&self) -> usize {
        match &self.summary {
            Summary::Triangle(qr) => qr.n_absorbed(),
            Summary::Products(products) => products.n_absorbed(),
        }
    }

    /// Absorbs about `n_rows` further rows, centered and scaled.
    pub fn absorb(&mut self, data: Data, n_rows: usize) {
        let scaled = Scaled::new(self, &self.columns.centers, data);
        let p = self.n_features();
        match &mut self.summary {
            Summary::Triangle(qr) => qr.absorb(n_rows, |rows, block| {
                for (place, i) in rows.enumerate() {
                    let root = data.weight(i).sqrt();
                    for (j, column) in block.iter_mut().take(p).enumerate() {
                        column[place] = scaled.entry(i, j) * root;
                    }
                    block[p][place] = scaled.target(i) * root;
                }
            }),
            Summary::Products(products) => products.absorb(n_rows, |i, row| {
                let root = data.weight(i).sqrt();
                scaled.write(i, row);
                row[p] = scaled.target(i);
                row[p + 1] = 1.0;
                if root != 1.0 {
                    row.iter_mut().for_each(|x| *x *= root);
                }
            }),
        }
    }

    /// Factors what is absorbed: the solution of the rows so far. `None` where it is not to be
    /// trusted, after which all rows are better absorbed again ([`LeastSquares::start_over`]).
    pub fn factor(&self) -> Option<Refinement> {
        match &self.summary {
            Summary::Triangle(qr) => Some(self.factor_triangle(&qr.triangle())),
            Summary::Products(products) => self.factor_products(&products.gram()),
        }
    }

    fn factor_triangle(&self, triangle: &Triangle) -> Refinement {
        let p = self.n_features();
        let column = |j: usize| (0..=p).map(|i| triangle.at(i, j)).collect::<Vec<f64>>();
        let cut = f64::EPSILON * self.n_samples.max(p) as f64;
        let pivoted = qr::pivoted((0..p).map(column).collect(), column(p), cut);
        let remaining =
            column(p).iter().map(|x| x * x).sum::<f64>() - dot(&pivoted.rhs, &pivoted.rhs);
        let centers = self.columns.centers.clone();
        self.refinement((pivoted, remaining), (centers, 0.0), false)
    }

    fn factor_products(&self, gram: &Gram) -> Option<Refinement> {
        let p = self.n_features();
        let scales = &self.columns.scales;
        let (shifts, y_shift) = self.shifts(gram);
        let centered = |i: usize, j: usize| gram.at(i, j) - shifts[i] * gram.at(j, p + 1);
        let mut rows: Vec<Vec<f64>> = (0..p)
            .map(|i| (0..p).map(|j| centered(i, j)).collect())
            .collect();
        if (0..p).any(|j| rows[j][j] < LEAST_LEFT * gram.at(j, j)) {
            return None;
        }
        for (j, scale) in scales.iter().enumerate() {
            rows[j][j] += self.alpha * scale * scale;
        }
        if !cholesky(&mut rows) || !is_trusted(condition_bound(&rows)) {
            return None;
        }
        let mut rhs: Vec<f64> = (0..p).map(|j| centered(j, p)).collect();
        solve_upper_transposed(&rows, &mut rhs);
        let remaining = gram.at(p, p) - y_shift * gram.at(p, p + 1) - dot(&rhs, &rhs);
        let factored = Pivoted {
            rows,
            order: (0..p).collect(),
            rank: p,
            rhs,
        };
        let moved = |((center, shift), scale): ((&f64, &f64), &f64)| center + shift / scale;
        let centers = self.columns.centers.iter().zip(&shifts).zip(scales);
        let centers = (centers.map(moved).collect(), y_shift);
        Some(self.refinement((factored, remaining), centers, true))
    }

    /// By how much the centers of the scaled columns, and that of the target, are off.
    fn shifts(&self, gram: &Gram) -> (Vec<f64>, f64) {
        let p = self.n_features();
        if !self.has_intercept {
            return (vec![0.0; p], 0.0);
        }
        let mean = |j: usize| gram.at(j, p + 1) / gram.at(p + 1, p + 1);
        ((0..p).map(mean).collect(), mean(p))
    }

    fn refinement(
        &self,
        (pivoted, remaining): (Pivoted, f64),
        (centers, y_shift): (Vec<f64>, f64),
        is_plain: bool,
    ) -> Refinement {
        let scales = &self.columns.scales;
        let inverse = Inverse::new(pivoted, scales);
        let slopes: Vec<Dd> = inverse.solve().into_iter().map(Dd::from).collect();
        let columns = centers.iter().zip(scales).zip(&slopes);
        let leaning: f64 = columns.map(|((c, s), b)| b.hi * (c * s)).sum();
        let intercept = Dd::from(self.y_center * self.y_scale + y_shift - leaning);
        Refinement {
            inverse,
            centers,
            slopes,
            intercept: if self.has_intercept {
                intercept
            } else {
                Dd::ZERO
            },
            objective: Dd::from(remaining.max(0.0)),
            change: 1.0,
            is_plain,
        }
    }

    fn scaled_center(&self, state: &Refinement, j: usize) -> f64 {
        state.centers[j] * self.columns.scales[j]
    }

    /// One refinement pass over all rows; `true` when no further pass is needed.
    pub fn refine(&self, data: Data, state: &mut Refinement) -> bool {
        let pass = if state.is_plain {
            self.plain_pass(data, state)
        } else {
            let scales = &self.columns.scales;
            residuals::pass(data, scales, self.y_scale, &state.slopes, state.intercept)
        };
        let n = Dd::from(self.total_weight);
        let penalty = |j: usize, b: Dd| {
            let scale = self.columns.scales[j];
            Dd::from(self.alpha * scale) * Dd::from(scale) * b
        };
        let downhill = self.gradient(&pass, state, penalty);
        let correction = state
            .inverse
            .correct(&downhill.iter().map(|g| g.to_f64()).collect::<Vec<f64>>());
        let penalties: Dd = state
            .slopes
            .iter()
            .enumerate()
            .map(|(j, &b)| penalty(j, b) * b)
            .sum();
        let gain: Dd = correction
            .iter()
            .zip(&downhill)
            .map(|(&d, &g)| Dd::from(d) * g)
            .sum();
        state.objective = pass.squares + penalties - gain;
        if self.has_intercept {
            let leaning: Dd = correction
                .iter()
                .enumerate()
                .map(|(j, &d)| Dd::from(d) * Dd::from(self.scaled_center(state, j)))
                .sum();
            let mean = pass.sum / n;
            state.intercept = state.intercept + mean - leaning;
            state.objective = state.objective - mean * pass.sum;
        }
        state.take(&correction)
    }

    /// Residuals in plain precision, from centered columns so that nothing large cancels.
    fn plain_pass(&self, data: Data, state: &Refinement) -> Pass {
        let scaled = Scaled::new(self, &state.centers, data);
        let slopes: Vec<f64> = state.slopes.iter().map(|b| b.to_f64()).collect();
        let leaning: Dd = (state.slopes.iter().enumerate())
            .map(|(j, &b)| b * Dd::from(self.scaled_center(state, j)))
            .sum();
        let center = Dd::from(self.y_center * self.y_scale);
        let intercept = (state.intercept - center + leaning).to_f64();
        let mut pass = residuals::plain_pass(data, slopes.len(), |i, row| {
            scaled.write(i, row);
            scaled.target(i) - intercept - dot(row, &slopes)
        });
        for (j, product) in pass.products.iter_mut().enumerate() {
            *product = *product + Dd::from(self.scaled_center(state, j)) * pass.sum;
        }
        pass
    }

    /// What is left of Xᵀr on centered columns, less the penalty's share.
    fn gradient(
        &self,
        pass: &Pass,
        state: &Refinement,
        penalty: impl Fn(usize, Dd) -> Dd,
    ) -> Vec<Dd> {
        let of_column = |(j, &product): (usize, &Dd)| {
            let centered = product - Dd::from(self.scaled_center(state, j)) * pass.sum;
            centered - penalty(j, state.slopes[j])
        };
        pass.products.iter().enumerate().map(of_column).collect()
    }

    /// Takes scales and centers back.
    pub fn solution(&self, state: &Refinement) -> Solution {
        let scales = &self.columns.scales;
        let slopes: Vec<f64> = state
            .slopes
            .iter()
            .zip(scales)
            .map(|(b, scale)| b.to_f64() * scale / self.y_scale)
            .collect();
        let scaled: f64 = state
            .slopes
            .iter()
            .zip(scales)
            .map(|(b, s)| (b.hi * s) * (b.hi * s))
            .sum();
        let squares = state.objective.to_f64() - self.alpha * scaled;
        Solution {
            slopes,
            intercept: state.intercept.to_f64() / self.y_scale,
            residual_squares: squares.max(0.0) / self.y_scale / self.y_scale,
            rank: state.inverse.rank(),
        }
    }

    /// A matrix F, `(n_features, n_features)` row by row, with F·Fᵀ = (Xᵀ·X)⁻¹ on centered
    /// columns; `None` where columns are dependent.
    pub fn inverse_factor(&self, state: &Refinement) -> Option<Vec<f64>> {
        let p = self.n_features();
        let Inverse::Full(pivoted) = &state.inverse else {
            return None;
        };
        let mut factor = vec![0.0; p * p];
        for k in 0..p {
            let mut column = vec![0.0; p];
            column[k] = 1.0;
            solve_upper(&pivoted.rows, &mut column);
            for (i, &j) in pivoted.order.iter().enumerate() {
                factor[j * p + k] = column[i] * self.columns.scales[j];
            }
        }
        Some(factor)
    }

    /// About the condition number of the columns, centered and scaled; without those that add
    /// nothing to the others.
    pub fn condition(&self, state: &Refinement) -> f64 {
        state.inverse.condition()
    }

    /// The columns that add nothing to the others, ascending; one of several choices.
    pub fn dependent(&self, state: &Refinement) -> Vec<usize> {
        let mut dependent = match &state.inverse {
            Inverse::Full(_) => Vec::new(),
            Inverse::Shortest { pivoted, .. } => pivoted.order[pivoted.rank..].to_vec(),
        };
        dependent.sort_unstable();
        dependent
    }
}

/// The triangle of no rows but those of the penalty.
fn triangle(n_rows: usize, columns: &Columns, alpha: f64) -> TallQr {
    let width = columns.scales.len() + 1;
    let mut start = Triangle::zeros(width);
    for (j, scale) in columns.scales.iter().enumerate() {
        start.entries[j * width + j] = alpha.sqrt() * scale;
    }
    TallQr::new(n_rows, start)
}

/// Whether products may be solved with; NaN is not trusted.
fn is_trusted(condition: f64) -> bool {
    condition <= TRUSTED_CONDITION
}

impl Refinement {
    /// Centers of the columns.
    pub fn centers(&self) -> &[f64] {
        &self.centers
    }

    /// Adds a correction; `true` when the slopes have settled or stopped settling.
    fn take(&mut self, correction: &[f64]) -> bool {
        let largest = self
            .slopes
            .iter()
            .fold(0.0_f64, |max, b| max.max(b.hi.abs()));
        let mut change = 0.0_f64;
        for (slope, &d) in self.slopes.iter_mut().zip(correction) {
            *slope = *slope + Dd::from(d);
            let size = slope.hi.abs().max(largest * f64::EPSILON);
            if size > 0.0 {
                change = change.max(d.abs() / size);
            }
        }
        // The next correction would be smaller by about the factor this one was.
        let factor = change / self.change;
        self.change = change;
        change == 0.0 || change * factor.min(1.0) <= f64::EPSILON / 4.0
    }
}
