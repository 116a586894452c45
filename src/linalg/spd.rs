//! Symmetric positive definite matrices: Cholesky's factor, solutions and the inverse.
//!
//! Matrices are `(n, n)` row by row; of a factor only the lower triangle is meant. Factor and
//! inverse go block by block, so that nearly all of the work is products of matrices.
//!
//! Cost: O(n³/3) for the factor, O(2·n³/3) for the inverse.

use std::ops::Range;

use super::gemm::{MatrixRef, Scratch, add_product};
use super::kernels::{axpy, dot};
use crate::parallel;

/// Rows and columns of a block.
const BLOCK: usize = 64;

/// Rows done as one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 16;

/// Cholesky's factor L with L·Lᵀ = `matrix`, in place of its lower triangle; `false` where the
/// matrix is not positive definite to working precision. The upper triangle is neither read nor
/// written.
pub fn factor(matrix: &mut [f64], n: usize) -> bool {
    let diagonal: Vec<f64> = (0..n).map(|i| matrix[i * n + i]).collect();
    let mut scratch = Scratch::default();
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        subtract_known(matrix, n, start..end, &mut scratch);
        let (above, below) = matrix.split_at_mut(end * n);
        for i in start..end {
            let (done, rest) = above.split_at_mut(i * n);
            let row = &mut rest[..n];
            eliminate(&mut row[start..i], &done[start * n..], start, n);
            let left = row[i] - dot(&row[start..i], &row[start..i]);
            // What is left of a diagonal entry is rounding where it is this small.
            if left.is_nan() || left <= diagonal[i].abs() * f64::EPSILON {
                return false;
            }
            row[i] = left.sqrt();
        }
        let block = &above[start * n..];
        parallel::for_each_chunk_mut(below, ROWS_A_CHUNK * n, |_, rows| {
            for row in rows.chunks_exact_mut(n) {
                eliminate(&mut row[start..end], block, start, n);
            }
        });
    }
    true
}

/// Takes from some columns of the matrix, from their diagonal on, what the columns of the factor
/// before them make up.
fn subtract_known(matrix: &mut [f64], n: usize, columns: Range<usize>, scratch: &mut Scratch<f64>) {
    let (start, width) = (columns.start, columns.len());
    if start == 0 {
        return;
    }
    let below = part(matrix, n, start..n, 0..start);
    let below = MatrixRef::new(&below, start);
    let block = part(matrix, n, columns.clone(), 0..start);
    let mut known = vec![0.0; (n - start) * width];
    add_product(
        below,
        MatrixRef::new(&block, start).t(),
        &mut known,
        scratch,
    );
    for (i, known) in (start..n).zip(known.chunks_exact(width)) {
        // The upper triangle stays as it is.
        let end = columns.end.min(i + 1);
        axpy(
            -1.0,
            &known[..end - start],
            &mut matrix[i * n + start..i * n + end],
        );
    }
}

/// A part of a matrix of rows of `n` entries, on its own.
fn part(matrix: &[f64], n: usize, rows: Range<usize>, columns: Range<usize>) -> Vec<f64> {
    let rows = rows.map(|i| &matrix[i * n..(i + 1) * n]);
    rows.flat_map(|row| &row[columns.clone()])
        .copied()
        .collect()
}

/// Turns the entries of a row from column `start` on into those of the factor, given its rows
/// from `start` on; what earlier columns make up is already taken off.
fn eliminate(entries: &mut [f64], block: &[f64], start: usize, n: usize) {
    for j in 0..entries.len() {
        let other = &block[j * n + start..=j * n + start + j];
        entries[j] = (entries[j] - dot(&entries[..j], &other[..j])) / other[j];
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
    let lower = inverse_of_factor(factor, n);
    let mut inverse = vec![0.0; n * n];
    let mut scratch = Scratch::default();
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let own = part(&lower, n, start..n, start..end);
        let others = part(&lower, n, start..n, 0..end);
        let mut rows = vec![0.0; (end - start) * end];
        let own = MatrixRef::new(&own, end - start).t();
        add_product(own, MatrixRef::new(&others, end), &mut rows, &mut scratch);
        for (i, row) in (start..end).zip(rows.chunks_exact(end)) {
            inverse[i * n..=i * n + i].copy_from_slice(&row[..=i]);
        }
    }
    inverse
}

/// L⁻¹, zero above the diagonal, `(n, n)`.
fn inverse_of_factor(factor: &[f64], n: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; n * n];
    let mut scratch = Scratch::default();
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        for from in (0..start).step_by(BLOCK) {
            let to = from + BLOCK;
            let own = part(factor, n, start..end, from..start);
            let above = part(&inverse, n, from..start, from..to);
            let mut known = vec![0.0; (end - start) * BLOCK];
            let own = MatrixRef::new(&own, start - from);
            add_product(own, MatrixRef::new(&above, BLOCK), &mut known, &mut scratch);
            for (i, known) in (start..end).zip(known.chunks_exact(BLOCK)) {
                axpy(-1.0, known, &mut inverse[i * n + from..i * n + to]);
            }
        }
        for i in start..end {
            let (done, rest) = inverse.split_at_mut(i * n);
            rest[i] = 1.0;
            for k in start..i {
                axpy(
                    -factor[i * n + k],
                    &done[k * n..=k * n + k],
                    &mut rest[..=k],
                );
            }
            let diagonal = factor[i * n + i];
            rest[..=i].iter_mut().for_each(|x| *x /= diagonal);
        }
    }
    inverse
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
        for n in [1, 2, 31, 64, 65, 150] {
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
