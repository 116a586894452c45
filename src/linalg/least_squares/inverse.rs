//! Solving with RᵀR, where columns are independent and where they are not.

use crate::linalg::kernels::{axpy, dot};
use crate::linalg::qr::Pivoted;
use crate::linalg::triangular::{solve_upper, solve_upper_transposed};

/// Columns up to which inverting R takes no time worth saving.
const BOUND_UP_TO: usize = 400;

/// What solves with RᵀR, in pivot order undone and in scaled columns.
#[derive(Debug, Clone)]
pub(super) enum Inverse {
    /// All columns are independent.
    Full(Pivoted),
    /// Some are not: rows of R in unscaled columns, made orthonormal.
    Shortest {
        pivoted: Pivoted,
        /// `(rank, n_features)`, orthonormal rows.
        basis: Vec<Vec<f64>>,
        /// `(rank, rank)`, upper triangular: row k of R = Σ over i ≤ k of mixture[i][k]·basis[i].
        mixture: Vec<Vec<f64>>,
        /// 1/scale of each column, 0 where the scale is 0.
        units: Vec<f64>,
    },
}

impl Inverse {
    pub(super) fn new(pivoted: Pivoted, scales: &[f64]) -> Self {
        if pivoted.rank == scales.len() {
            return Self::Full(pivoted);
        }
        let units: Vec<f64> = scales
            .iter()
            .map(|&s| if s == 0.0 { 0.0 } else { 1.0 / s })
            .collect();
        let unscaled = |row: &Vec<f64>| {
            let mut plain = vec![0.0; scales.len()];
            for (&j, &r) in pivoted.order.iter().zip(row) {
                plain[j] = r * units[j];
            }
            plain
        };
        let (basis, mixture) = orthonormal(pivoted.rows.iter().map(unscaled).collect());
        Self::Shortest {
            pivoted,
            basis,
            mixture,
            units,
        }
    }

    pub(super) fn rank(&self) -> usize {
        match self {
            Self::Full(pivoted) | Self::Shortest { pivoted, .. } => pivoted.rank,
        }
    }

    /// The condition number of the scaled columns, at most as many times too large as there are
    /// columns; of very many columns the ratio of the outermost pivots, which is less.
    pub(super) fn condition(&self) -> f64 {
        let (Self::Full(pivoted) | Self::Shortest { pivoted, .. }) = self;
        if matches!(self, Self::Full(_)) && pivoted.rank <= BOUND_UP_TO {
            return condition_bound(&pivoted.rows);
        }
        let pivot = |k: usize| pivoted.rows.get(k).map_or(0.0, |row| row[k].abs());
        pivot(0) / pivot(pivoted.rank.saturating_sub(1))
    }

    /// The slopes that the factored right-hand side asks for.
    pub(super) fn solve(&self) -> Vec<f64> {
        match self {
            Self::Full(pivoted) => {
                let mut b = pivoted.rhs.clone();
                solve_upper(&pivoted.rows, &mut b);
                unpermuted(&pivoted.order, &b)
            }
            Self::Shortest {
                pivoted,
                basis,
                mixture,
                units,
            } => {
                let mut weights = pivoted.rhs.clone();
                solve_upper_transposed(mixture, &mut weights);
                combined(basis, &weights, units)
            }
        }
    }

    /// The correction d with RᵀR·d = g.
    pub(super) fn correct(&self, g: &[f64]) -> Vec<f64> {
        match self {
            Self::Full(pivoted) => {
                let mut d: Vec<f64> = pivoted.order.iter().map(|&j| g[j]).collect();
                solve_upper_transposed(&pivoted.rows, &mut d);
                solve_upper(&pivoted.rows, &mut d);
                unpermuted(&pivoted.order, &d)
            }
            Self::Shortest {
                basis,
                mixture,
                units,
                ..
            } => {
                let g: Vec<f64> = g.iter().zip(units).map(|(g, unit)| g * unit).collect();
                let mut weights: Vec<f64> = basis.iter().map(|b| dot(b, &g)).collect();
                solve_upper(mixture, &mut weights);
                solve_upper_transposed(mixture, &mut weights);
                combined(basis, &weights, units)
            }
        }
    }
}

fn unpermuted(order: &[usize], values: &[f64]) -> Vec<f64> {
    let mut result = vec![0.0; order.len()];
    for (&j, &value) in order.iter().zip(values) {
        result[j] = value;
    }
    result
}

/// Σ weightᵢ·basisᵢ, in scaled columns.
fn combined(basis: &[Vec<f64>], weights: &[f64], units: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; units.len()];
    basis
        .iter()
        .zip(weights)
        .for_each(|(b, &w)| axpy(w, b, &mut sum));
    sum.iter_mut().zip(units).for_each(|(x, unit)| *x *= unit);
    sum
}

/// Gram and Schmidt's orthonormal rows of the same span, each cleaned twice, and the upper
/// triangle of weights that mixes them back into the rows given.
fn orthonormal(mut rows: Vec<Vec<f64>>) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let n = rows.len();
    let mut weights: Vec<Vec<f64>> = Vec::with_capacity(n);
    for k in 0..n {
        let (done, rest) = rows.split_at_mut(k);
        let Some(row) = rest.first_mut() else { break };
        let mut of_row = vec![0.0; n];
        for _ in 0..2 {
            for (basis, weight) in done.iter().zip(&mut of_row) {
                let share = dot(basis, row);
                *weight += share;
                axpy(-share, basis, row);
            }
        }
        let length = dot(row, row).sqrt();
        of_row[k] = length;
        row.iter_mut().for_each(|x| *x /= length);
        weights.push(of_row);
    }
    let mixture = (0..n).map(|i| weights.iter().map(|w| w[i]).collect());
    (rows, mixture.collect())
}

/// ‖R‖·‖R⁻¹‖ of an upper triangle in Frobenius' norm, which no condition number exceeds.
pub(super) fn condition_bound(rows: &[Vec<f64>]) -> f64 {
    let squares: f64 = rows.iter().map(|row| dot(row, row)).sum();
    let of_column = |k: usize| {
        let mut column = vec![0.0; rows.len()];
        column[k] = 1.0;
        solve_upper(rows, &mut column);
        dot(&column, &column)
    };
    let inverse_squares: f64 = (0..rows.len()).map(of_column).sum();
    (squares * inverse_squares).sqrt()
}
