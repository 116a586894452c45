//! From the triangle of centered rows to principal axes.

use crate::linalg::qr::{self, Triangle};
use crate::linalg::{axpy, dot, jacobi};
use crate::math::sort_by;

/// Rows of a triangle being rotated to right angles.
#[derive(Debug, Clone)]
pub(in crate::models) struct Rotation {
    n_features: usize,
    rows: Vec<Vec<f64>>,
    n_sweeps: usize,
}

/// Singular values, descending, and their directions.
#[derive(Debug, Clone)]
pub(in crate::models) struct Axes {
    /// One for each direction.
    pub lengths: Vec<f64>,
    /// Orthonormal, `(n_axes, n_features)`.
    pub directions: Vec<Vec<f64>>,
}

impl Rotation {
    /// Starts from the triangle, factored again with column pivoting so that rotations settle
    /// fast. Rows of rounding size, at most `cut` of the largest column, are dropped.
    pub(in crate::models) fn new(triangle: &Triangle, cut: f64) -> Self {
        let p = triangle.size;
        let columns = (0..p)
            .map(|j| (0..p).map(|i| triangle.at(i, j)).collect())
            .collect();
        let pivoted = qr::pivoted(columns, vec![0.0; p], cut);
        let unpermuted = |row: &Vec<f64>| {
            let mut plain = vec![0.0; p];
            for (&j, &r) in pivoted.order.iter().zip(row) {
                plain[j] = r;
            }
            plain
        };
        let rows = pivoted.rows.iter().map(unpermuted).collect();
        Self {
            n_features: p,
            rows,
            n_sweeps: 0,
        }
    }

    /// Number of rows that are not of rounding size.
    pub(in crate::models) fn rank(&self) -> usize {
        self.rows.len()
    }

    /// Multiplications of one sweep.
    pub(in crate::models) fn cost(&self) -> usize {
        3 * self.rows.len() * self.rows.len() * self.n_features
    }

    /// One sweep over all pairs; `true` when nothing is left to rotate.
    pub(in crate::models) fn sweep(&mut self) -> bool {
        self.n_sweeps += 1;
        jacobi::sweep(&mut self.rows) || self.n_sweeps == jacobi::MAX_SWEEPS
    }

    /// Reads `n_axes` axes off, at most `n_features`. Beyond the rank they have length 0 and are
    /// any directions at right angles to the rest.
    pub(in crate::models) fn axes(&self, n_axes: usize) -> Axes {
        let mut found: Vec<(f64, &Vec<f64>)> =
            self.rows.iter().map(|r| (dot(r, r).sqrt(), r)).collect();
        sort_by(&mut found, |a, b| b.0.total_cmp(&a.0));
        found.retain(|(length, _)| *length > 0.0);
        let mut lengths: Vec<f64> = found.iter().map(|(length, _)| *length).collect();
        let mut directions: Vec<Vec<f64>> = found
            .iter()
            .map(|(length, row)| row.iter().map(|x| x / length).collect())
            .collect();
        lengths.resize(n_axes.max(lengths.len()), 0.0);
        directions.truncate(n_axes);
        self.complete(&mut directions, n_axes);
        directions.iter_mut().for_each(|d| make_largest_positive(d));
        Axes {
            lengths,
            directions,
        }
    }

    /// Adds directions at right angles to the rest: for each the axis that is least along them.
    fn complete(&self, directions: &mut Vec<Vec<f64>>, n_axes: usize) {
        while directions.len() < n_axes.min(self.n_features) {
            let along = |j: usize| -directions.iter().map(|d| d[j] * d[j]).sum::<f64>();
            let shares: Vec<f64> = (0..self.n_features).map(along).collect();
            let mut axis = vec![0.0; self.n_features];
            axis[crate::math::argmax(&shares)] = 1.0;
            for direction in directions.iter().chain(directions.iter()) {
                let share = dot(direction, &axis);
                axpy(-share, direction, &mut axis);
            }
            let length = dot(&axis, &axis).sqrt();
            axis.iter_mut().for_each(|x| *x /= length);
            directions.push(axis);
        }
    }
}

/// Turns a direction so that its entry of largest absolute value, the first of equals, is positive.
pub(super) fn make_largest_positive(direction: &mut [f64]) {
    let sizes: Vec<f64> = direction.iter().map(|x| x.abs()).collect();
    if direction
        .get(crate::math::argmax(&sizes))
        .is_some_and(|&x| x < 0.0)
    {
        direction.iter_mut().for_each(|x| *x = -*x);
    }
}
