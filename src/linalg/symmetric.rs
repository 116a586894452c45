//! Eigenvalues and eigenvectors of a symmetric matrix.
//!
//! Householder reflections bring it to three diagonals, then implicit QL steps to one, rotating
//! the vectors along. Eigenvalues are right to rounding of the largest one, not of themselves.
//!
//! Cost: some 9·n³ operations. Reference: H. Bowdler, R. Martin, C. Reinsch & J. Wilkinson,
//! "The QR and QL algorithms for symmetric matrices", Numerische Mathematik 11, 1968.

use super::kernels::{axpy, dot};
use crate::math::{hypot, order_by};

/// QL steps for one eigenvalue at most; some 2 suffice.
const MAX_STEPS: usize = 60;

/// Eigenvalues, descending, with their vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// `(n,)`.
    pub values: Vec<f64>,
    /// `(n, n)`: orthonormal rows, one for each value.
    pub vectors: Vec<Vec<f64>>,
}

/// The eigenvalues and eigenvectors of `matrix`, `(n, n)`, symmetric; `None` where it holds
/// numbers that are not finite.
///
/// ```
/// let eigen = handlens::linalg::symmetric::eigen(vec![vec![2.0, 1.0], vec![1.0, 2.0]]).unwrap();
/// assert!((eigen.values[0] - 3.0).abs() < 1e-14 && (eigen.values[1] - 1.0).abs() < 1e-14);
/// ```
pub fn eigen(matrix: Vec<Vec<f64>>) -> Option<Eigen> {
    let n = matrix.len();
    let mut ql = tridiagonal(matrix);
    if !(0..n).all(|l| ql.settle(l)) {
        return None;
    }
    let order = order_by(n, &|a, b| ql.diagonal[b].total_cmp(&ql.diagonal[a]));
    Some(Eigen {
        values: order.iter().map(|&i| ql.diagonal[i]).collect(),
        vectors: order.iter().map(|&i| ql.vectors[i].clone()).collect(),
    })
}

/// A matrix of three diagonals on its way to one.
struct Ql {
    diagonal: Vec<f64>,
    /// The entries beside the diagonal, then a zero.
    beside: Vec<f64>,
    /// Rows: the transposed product of all reflections and rotations.
    vectors: Vec<Vec<f64>>,
    shift: f64,
    largest: f64,
}

fn tridiagonal(mut a: Vec<Vec<f64>>) -> Ql {
    let n = a.len();
    let mut vectors: Vec<Vec<f64>> = (0..n).map(|i| unit(n, i)).collect();
    let mut beside = vec![0.0; n];
    for k in 0..n.saturating_sub(1) {
        let mut v = vec![0.0; n];
        v[k + 1..].copy_from_slice(&a[k][k + 1..]);
        let length = dot(&v, &v).sqrt();
        let reflected = if v[k + 1] > 0.0 { -length } else { length };
        beside[k] = reflected;
        v[k + 1] -= reflected;
        let square = dot(&v, &v);
        if square > 0.0 {
            reflect_both_sides(&mut a, &v, k + 1, 2.0 / square);
            reflect_rows(&mut vectors, &v, k + 1, 2.0 / square);
        }
    }
    Ql {
        diagonal: (0..n).map(|i| a[i][i]).collect(),
        beside,
        vectors,
        shift: 0.0,
        largest: 0.0,
    }
}

fn unit(n: usize, at: usize) -> Vec<f64> {
    let mut unit = vec![0.0; n];
    unit[at] = 1.0;
    unit
}

/// a ← (1 − β·v·vᵀ)·a·(1 − β·v·vᵀ) from row and column `from` on, before which v is zero.
fn reflect_both_sides(a: &mut [Vec<f64>], v: &[f64], from: usize, beta: f64) {
    let v = &v[from..];
    let mut w: Vec<f64> = a[from..]
        .iter()
        .map(|row| beta * dot(&row[from..], v))
        .collect();
    axpy(-0.5 * beta * dot(&w, v), v, &mut w);
    for (i, row) in a[from..].iter_mut().enumerate() {
        let (wi, vi) = (w[i], v[i]);
        for ((x, v), w) in row[from..].iter_mut().zip(v).zip(&w) {
            *x -= v * wi + w * vi;
        }
    }
}

/// rows ← (1 − β·v·vᵀ)·rows.
fn reflect_rows(rows: &mut [Vec<f64>], v: &[f64], from: usize, beta: f64) {
    let mut sum = vec![0.0; v.len()];
    for (row, &v) in rows.iter().zip(v).skip(from) {
        axpy(v, row, &mut sum);
    }
    for (row, &v) in rows.iter_mut().zip(v).skip(from) {
        axpy(-beta * v, &sum, row);
    }
}

impl Ql {
    /// Turns entry `l` of the diagonal into an eigenvalue; `false` where it does not settle.
    fn settle(&mut self, l: usize) -> bool {
        let n = self.diagonal.len();
        self.largest = self
            .largest
            .max(self.diagonal[l].abs() + self.beside[l].abs());
        let least = f64::EPSILON * self.largest;
        let Some(m) = (l..n).find(|&m| self.beside[m].abs() <= least) else {
            return false;
        };
        let mut n_steps = 0;
        while m > l && self.beside[l].abs() > least {
            n_steps += 1;
            if n_steps > MAX_STEPS {
                return false;
            }
            self.step(l, m);
        }
        self.diagonal[l] += self.shift;
        self.beside[l] = 0.0;
        self.diagonal[l].is_finite()
    }

    /// One implicit QL step on entries `l..=m`.
    fn step(&mut self, l: usize, m: usize) {
        let (d, e) = (&mut self.diagonal, &mut self.beside);
        let start = d[l];
        let slope = (d[l + 1] - start) / (2.0 * e[l]);
        let root = hypot(slope, 1.0).copysign(slope);
        d[l] = e[l] / (slope + root);
        d[l + 1] = e[l] * (slope + root);
        let (after, beside_after) = (d[l + 1], e[l + 1]);
        let moved = start - d[l];
        d[l + 2..].iter_mut().for_each(|d| *d -= moved);
        self.shift += moved;
        let mut p = d[m];
        let (mut c, mut c2, mut c3) = (1.0, 1.0, 1.0);
        let (mut s, mut s2) = (0.0, 0.0);
        for i in (l..m).rev() {
            (c3, c2, s2) = (c2, c, s);
            let (g, h) = (c * e[i], c * p);
            let r = hypot(p, e[i]);
            e[i + 1] = s * r;
            (s, c) = (e[i] / r, p / r);
            p = c * d[i] - s * g;
            d[i + 1] = h + s * (c * g + s * d[i]);
            rotate(&mut self.vectors, i, c, s);
        }
        p = -s * s2 * c3 * beside_after * e[l] / after;
        e[l] = s * p;
        d[l] = c * p;
    }
}

/// Rotates rows `i` and `i + 1`.
fn rotate(rows: &mut [Vec<f64>], i: usize, c: f64, s: f64) {
    if let [a, b] = &mut rows[i..i + 2] {
        for (a, b) in a.iter_mut().zip(b) {
            (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn random_symmetric(n: usize) -> Vec<Vec<f64>> {
        let mut rng = Rng::new(3);
        let entries: Vec<f64> = (0..n * n).map(|_| rng.normal()).collect();
        let entry = |i: usize, j: usize| entries[i.max(j) * n + i.min(j)];
        (0..n)
            .map(|i| (0..n).map(|j| entry(i, j)).collect())
            .collect()
    }

    #[test]
    fn vectors_are_orthonormal_and_keep_their_direction() {
        for n in [1, 2, 3, 10, 40] {
            let a = random_symmetric(n);
            let found = eigen(a.clone()).unwrap();
            for (i, (value, vector)) in found.values.iter().zip(&found.vectors).enumerate() {
                for (row, x) in a.iter().zip(vector) {
                    assert!((dot(row, vector) - value * x).abs() < 1e-12, "{n}");
                }
                for (j, other) in found.vectors.iter().enumerate() {
                    let expected = f64::from(u8::from(i == j));
                    assert!((dot(vector, other) - expected).abs() < 1e-13, "{n}");
                }
            }
            assert!(found.values.windows(2).all(|pair| pair[0] >= pair[1]));
        }
    }

    #[test]
    fn repeated_values_and_zeros_are_found() {
        let mut a = vec![vec![1.0; 5]; 5];
        let found = eigen(a.clone()).unwrap();
        assert!((found.values[0] - 5.0).abs() < 1e-14);
        assert!(found.values[1..].iter().all(|v| v.abs() < 1e-14));
        a[0][0] = f64::NAN;
        assert!(eigen(a).is_none());
        assert_eq!(eigen(vec![vec![0.0; 3]; 3]).unwrap().values, [0.0; 3]);
    }
}
