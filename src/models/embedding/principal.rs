//! A first layout: the rows along their principal axes, found roughly.

use ndarray::Array2;

use crate::linalg::{Columns, axpy, dot, jacobi};
use crate::math::{power_of_two_at_least, sort_by};
use crate::parallel::map_chunks;
use crate::rng::Rng;

/// Rows that decide on the axes; it is only a start.
const MAX_ROWS: usize = 5000;

/// Directions kept beside those asked for, and rounds: as in scikit-learn's randomized solver
/// (N. Halko, P. Martinsson & J. Tropp, SIAM Review 53(2), 2011).
const SPARE: usize = 6;
const ROUNDS: usize = 7;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 512;

/// Places of the rows along their `n_components` first principal axes, `(n_samples,
/// n_components)`, centered. Axes beyond the rank are zeros. On each axis the place farthest
/// from 0 is positive. Of more than 5,000 rows, so many evenly spaced ones decide on the axes.
///
/// - `x`: `(n_samples, n_features)` row by row.
pub fn principal_places(
    x: &[f64],
    n_features: usize,
    n_components: usize,
    rng: &Rng,
) -> Array2<f64> {
    let rows = Centered::new(x, n_features);
    let axes = rows.axes(n_components, rng);
    let n = rows.n_rows();
    let mut places = Array2::zeros((n, n_components));
    for (j, axis) in axes.iter().enumerate() {
        let along: Vec<f64> = (0..n).map(|row| dot(&rows.row(row), axis)).collect();
        let farthest = along
            .iter()
            .fold(0.0_f64, |far, &x| if x.abs() > far.abs() { x } else { far });
        let sign = if farthest < 0.0 { -1.0 } else { 1.0 };
        places
            .column_mut(j)
            .iter_mut()
            .zip(along)
            .for_each(|(place, x)| *place = sign * x / rows.scale);
    }
    places
}

/// Rows less their mean, brought to at most 1.
struct Centered<'a> {
    x: &'a [f64],
    centers: Vec<f64>,
    /// A power of two.
    scale: f64,
}

impl<'a> Centered<'a> {
    fn new(x: &'a [f64], n_features: usize) -> Self {
        let centers = Columns::measure(x, n_features, true).centers;
        let farthest = x.chunks_exact(n_features).fold(0.0_f64, |far, row| {
            let deviations = row.iter().zip(&centers).map(|(x, c)| (x - c).abs());
            deviations.fold(far, f64::max)
        });
        Self {
            x,
            centers,
            scale: 1.0 / power_of_two_at_least(farthest),
        }
    }

    fn n_rows(&self) -> usize {
        self.x.len() / self.centers.len()
    }

    fn row(&self, row: usize) -> Vec<f64> {
        let p = self.centers.len();
        let entries = self.x[row * p..(row + 1) * p].iter();
        entries
            .zip(&self.centers)
            .map(|(x, c)| (x - c) * self.scale)
            .collect()
    }

    /// The first principal axes, by falling length, orthonormal; fewer where the rank is less.
    fn axes(&self, n_axes: usize, rng: &Rng) -> Vec<Vec<f64>> {
        let p = self.centers.len();
        let width = (n_axes + SPARE).min(p).min(self.n_rows());
        let mut rng = rng.fork("principal axes");
        let mut basis: Vec<Vec<f64>> = (0..width)
            .map(|_| (0..p).map(|_| rng.normal()).collect())
            .collect();
        orthonormalize(&mut basis);
        for _ in 0..ROUNDS {
            basis = self.covariances(&basis);
            orthonormalize(&mut basis);
        }
        // Rotated to right angles, the images of the basis are its axes times their variances.
        let mut images = self.covariances(&basis);
        (0..jacobi::MAX_SWEEPS)
            .take_while(|_| !jacobi::sweep(&mut images))
            .count();
        sort_by(&mut images, |a, b| dot(b, b).total_cmp(&dot(a, a)));
        images.truncate(n_axes);
        orthonormalize(&mut images);
        images
    }

    /// Σ of row · (row · direction) over the rows, for each direction.
    fn covariances(&self, directions: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let p = self.centers.len();
        let stride = self.n_rows().div_ceil(MAX_ROWS);
        let n_used = self.n_rows().div_ceil(stride);
        let chunks = map_chunks(n_used, ROWS_A_CHUNK, |rows| {
            let mut images = vec![vec![0.0; p]; directions.len()];
            for row in rows {
                let row = self.row(row * stride);
                for (image, direction) in images.iter_mut().zip(directions) {
                    axpy(dot(&row, direction), &row, image);
                }
            }
            images
        });
        let mut sums = vec![vec![0.0; p]; directions.len()];
        for chunk in &chunks {
            sums.iter_mut()
                .zip(chunk)
                .for_each(|(sum, part)| axpy(1.0, part, sum));
        }
        sums
    }
}

/// Brings rows to length 1 and to right angles, in order and twice (W. Kahan's "twice is
/// enough"); rows that depend on those before are dropped.
fn orthonormalize(rows: &mut Vec<Vec<f64>>) {
    let mut done: Vec<Vec<f64>> = Vec::with_capacity(rows.len());
    for mut row in rows.drain(..) {
        let before = largest(&row);
        if before == 0.0 {
            continue;
        }
        row.iter_mut().for_each(|x| *x /= before);
        let start = dot(&row, &row).sqrt();
        for other in done.iter().chain(&done) {
            axpy(-dot(other, &row), other, &mut row);
        }
        let length = dot(&row, &row).sqrt();
        if length > 1e-12 * start {
            row.iter_mut().for_each(|x| *x /= length);
            done.push(row);
        }
    }
    *rows = done;
}

fn largest(row: &[f64]) -> f64 {
    row.iter().fold(0.0, |max, x| max.max(x.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_on_a_line_lie_along_one_axis() {
        let x = [1.0, 2.0, 2.0, 4.0, 3.0, 6.0];
        let places = principal_places(&x, 2, 2, &Rng::new(1));
        let step = 5.0_f64.sqrt();
        assert!((places[(0, 0)].abs() - step).abs() < 1e-12 && places[(1, 0)].abs() < 1e-12);
        assert_eq!(places.column(1).to_vec(), [0.0; 3]);
    }
}
