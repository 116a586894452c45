//! Solving with triangular matrices, and Cholesky's factor.

use super::kernels::dot;

/// Solves R·x = b for an upper triangle given by its rows, overwriting `b` by `x`.
///
/// - `rows`: at least `b.len()` rows, row `i` zero before entry `i`.
pub fn solve_upper(rows: &[Vec<f64>], b: &mut [f64]) {
    let n = b.len();
    for i in (0..n).rev() {
        let known = dot(&rows[i][i + 1..n], &b[i + 1..n]);
        b[i] = (b[i] - known) / rows[i][i];
    }
}

/// Solves Rᵀ·x = b for the same triangle, overwriting `b` by `x`.
pub fn solve_upper_transposed(rows: &[Vec<f64>], b: &mut [f64]) {
    let n = b.len();
    for i in 0..n {
        b[i] /= rows[i][i];
        let value = b[i];
        for (b, r) in b[i + 1..n].iter_mut().zip(&rows[i][i + 1..n]) {
            *b -= value * r;
        }
    }
}

/// The upper triangle R with Rᵀ·R = `matrix`, in place of its upper half; `false` where the
/// matrix is not positive definite to working precision.
///
/// - `matrix`: `(n, n)`, symmetric; only the upper half is read.
pub fn cholesky(matrix: &mut [Vec<f64>]) -> bool {
    let n = matrix.len();
    for j in 0..n {
        let (done, rest) = matrix.split_at_mut(j);
        let Some(row) = rest.first_mut() else {
            return false;
        };
        let start = row[j];
        for above in done.iter() {
            let weight = above[j];
            for (x, a) in row[j..].iter_mut().zip(&above[j..]) {
                *x -= weight * a;
            }
        }
        // What is left of a diagonal entry is rounding where it is this small.
        if row[j].is_nan() || row[j] <= start * n as f64 * f64::EPSILON {
            return false;
        }
        let root = row[j].sqrt();
        row[j..].iter_mut().for_each(|x| *x /= root);
        row[..j].fill(0.0);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles_are_solved_both_ways() {
        let rows = vec![vec![2.0, 1.0], vec![0.0, 4.0]];
        let mut b = [4.0, 8.0];
        solve_upper(&rows, &mut b);
        assert_eq!(b, [1.0, 2.0]);
        let mut b = [2.0, 9.0];
        solve_upper_transposed(&rows, &mut b);
        assert_eq!(b, [1.0, 2.0]);
    }

    #[test]
    fn cholesky_factors_and_refuses() {
        let mut matrix = vec![vec![4.0, 2.0], vec![2.0, 5.0]];
        assert!(cholesky(&mut matrix));
        assert_eq!(matrix, [[2.0, 1.0], [0.0, 2.0]]);
        assert!(!cholesky(&mut [vec![1.0, 1.0], vec![1.0, 1.0]]));
    }
}
