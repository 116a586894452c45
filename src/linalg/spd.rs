//! Symmetric positive definite matrices: Cholesky's factor, solutions and the inverse.
//!
//! Matrices are `(n, n)` row by row; of a factor only the lower triangle is meant. Everything is
//! made of dot products of parts of rows, done in parallel over rows that do not depend on one
//! another.

use super::kernels::dot;
use crate::parallel;

/// Columns factored before the rows below them, which then need no order among themselves.
const BLOCK: usize = 32;

/// Rows done as one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 16;

/// Cholesky's factor L with L·Lᵀ = `matrix`, in place of its lower triangle; `false` where the
/// matrix is not positive definite to working precision. The upper triangle is neither read nor
/// written.
pub fn factor(matrix: &mut [f64], n: usize) -> bool {
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let (above, below) = matrix.split_at_mut(end * n);
        for i in start..end {
            let (done, rest) = above.split_at_mut(i * n);
            let row = &mut rest[..n];
            eliminate(&mut row[..i], &done[start * n..], start, n);
            let left = row[i] - dot(&row[..i], &row[..i]);
            // What is left of a diagonal entry is rounding where it is this small.
            if left.is_nan() || left <= row[i].abs() * f64::EPSILON {
                return false;
            }
            row[i] = left.sqrt();
        }
        let block = &above[start * n..];
        parallel::for_each_chunk_mut(below, ROWS_A_CHUNK * n, |_, rows| {
            for row in rows.chunks_exact_mut(n) {
                eliminate(&mut row[..end], block, start, n);
            }
        });
    }
    true
}

/// Turns entries `start..` of a row of the matrix into those of the factor, given the rows of
/// the factor from `start` on.
fn eliminate(row: &mut [f64], block: &[f64], start: usize, n: usize) {
    for j in start..row.len() {
        let other = &block[(j - start) * n..(j - start + 1) * n];
        let known = dot(&row[..j], &other[..j]);
        row[j] = (row[j] - known) / other[j];
    }
}

/// Solves L·x = b for a factor, overwriting `b` by `x`.
pub fn solve_lower(factor: &[f64], b: &mut [f64]) {
    let n = b.len();
    for i in 0..n {
        let row = &factor[i * n..i * n + i + 1];
        b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
    }
}

/// Solves L·Lᵀ·x = b for a factor, overwriting `b` by `x`.
pub fn solve(factor: &[f64], b: &mut [f64]) {
    let n = b.len();
    solve_lower(factor, b);
    for i in (0..n).rev() {
        b[i] /= factor[i * n + i];
        let value = b[i];
        for (b, l) in b[..i].iter_mut().zip(&factor[i * n..i * n + i]) {
            *b -= value * l;
        }
    }
}

/// The inverse of L·Lᵀ, of which only the lower triangle is written, `(n, n)`.
pub fn inverse(factor: &[f64], n: usize) -> Vec<f64> {
    let columns = inverse_columns(factor, n);
    let mut inverse = vec![0.0; n * n];
    parallel::for_each_chunk_mut(&mut inverse, ROWS_A_CHUNK * n, |first, rows| {
        for (place, row) in rows.chunks_exact_mut(n).enumerate() {
            let i = first / n + place;
            let own = &columns[i * n + i..(i + 1) * n];
            for (j, entry) in row[..=i].iter_mut().enumerate() {
                *entry = dot(own, &columns[j * n + i..(j + 1) * n]);
            }
        }
    });
    inverse
}

/// The columns of L⁻¹ one after the other: entries `j..` of the j-th, `(n, n)`.
fn inverse_columns(factor: &[f64], n: usize) -> Vec<f64> {
    let mut columns = vec![0.0; n * n];
    parallel::for_each_chunk_mut(&mut columns, ROWS_A_CHUNK * n, |first, rows| {
        for (place, column) in rows.chunks_exact_mut(n).enumerate() {
            let j = first / n + place;
            column[j] = 1.0 / factor[j * n + j];
            for i in j + 1..n {
                let known = dot(&factor[i * n + j..i * n + i], &column[j..i]);
                column[i] = -known / factor[i * n + i];
            }
        }
    });
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// A·Aᵀ + n·1 for a drawn A.
    fn matrix(n: usize) -> Vec<f64> {
        let mut rng = Rng::new(3);
        let a: Vec<f64> = (0..n * n).map(|_| rng.normal()).collect();
        let row = |i: usize| &a[i * n..(i + 1) * n];
        let entry = |i: usize, j: usize| dot(row(i), row(j)) + if i == j { n as f64 } else { 0.0 };
        (0..n * n).map(|at| entry(at / n, at % n)).collect()
    }

    #[test]
    fn inverse_and_solution_agree_with_the_matrix() {
        for n in [1, 2, 31, 33, 70] {
            let m = matrix(n);
            let mut l = m.clone();
            assert!(factor(&mut l, n));
            let inverse = inverse(&l, n);
            let entry = |i: usize, j: usize| inverse[i.max(j) * n + i.min(j)];
            for i in 0..n {
                for j in 0..n {
                    let product: f64 = (0..n).map(|k| m[i * n + k] * entry(k, j)).sum();
                    assert!((product - f64::from(i == j)).abs() < 1e-12, "{n}: {i}, {j}");
                }
            }
            let mut x = vec![1.0; n];
            solve(&l, &mut x);
            let residual = (0..n).map(|i| dot(&m[i * n..(i + 1) * n], &x) - 1.0);
            assert!(residual.fold(0.0, |max: f64, r| max.max(r.abs())) < 1e-12);
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_told() {
        assert!(!factor(&mut [1.0, 0.0, 1.0, 1.0], 2));
        assert!(!factor(&mut [-1.0], 1));
        assert!(!factor(&mut [f64::NAN], 1));
    }
}
