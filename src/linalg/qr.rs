//! Householder QR of tall matrices, a few rows at a time, and QR with column pivoting.
//!
//! A tall matrix is never held factored: blocks of rows are *absorbed* one after the other into
//! its small triangle R, whose columns have the lengths and angles of the columns of all rows
//! so far. With a right-hand side as the last column, R holds everything that least squares
//! needs. Unlike the normal equations this squares no condition number.
//!
//! Cost: 2·n·p² operations for n rows and p columns.
//!
//! Reference: G. Golub & C. Van Loan, "Matrix Computations", 4th ed., 2013, 5.2 and 5.4.2;
//! J. Demmel et al., "Communication-optimal parallel and sequential QR and LU
//! factorizations", SIAM J. Sci. Comput. 34(1), 2012.

use super::kernels::dot;

/// Rows of a block: 64 rows of 50 columns fit into the first cache.
pub const BLOCK: usize = 64;

/// One column of a block, padded with zeros.
pub type BlockColumn = [f64; BLOCK];

/// An upper triangular matrix, `(size, size)`, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Triangle {
    /// Number of rows and columns.
    pub size: usize,
    /// All entries; those below the diagonal are zero.
    pub entries: Vec<f64>,
}

impl Triangle {
    /// The triangle of a matrix without rows.
    pub fn zeros(size: usize) -> Self {
        Self {
            size,
            entries: vec![0.0; size * size],
        }
    }

    /// The entry in row `i` and column `j`.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.entries[i * self.size + j]
    }

    /// One row; its first `i` entries are zero.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.entries[i * self.size..(i + 1) * self.size]
    }

    /// Updates the triangle by the rows of a block, given as `size` columns; the block is used
    /// up. Rows of zeros change nothing.
    pub fn absorb(&mut self, block: &mut [BlockColumn]) {
        let size = self.size;
        for j in 0..size {
            let (done, rest) = block.split_at_mut(j + 1);
            let Some(v) = done.last_mut() else { return };
            let row = &mut self.entries[j * size + j..(j + 1) * size];
            let Some((diagonal, row)) = row.split_first_mut() else {
                return;
            };
            let squares = block_dot(v, v);
            if squares == 0.0 {
                continue;
            }
            // The sign avoids cancellation in `first`.
            let length = (*diagonal * *diagonal + squares).sqrt();
            let reflected = if *diagonal > 0.0 { -length } else { length };
            let first = *diagonal - reflected;
            let tau = (reflected - *diagonal) / reflected;
            v.iter_mut().for_each(|x| *x /= first);
            *diagonal = reflected;
            reflect(v, tau, row, rest);
        }
    }

    /// Updates the triangle by the rows of another one.
    pub fn merge(&mut self, other: &Self) {
        let mut block = vec![[0.0; BLOCK]; self.size];
        for start in (0..other.size).step_by(BLOCK) {
            for (j, column) in block.iter_mut().enumerate() {
                for (i, x) in column.iter_mut().enumerate() {
                    *x = if start + i < other.size {
                        other.at(start + i, j)
                    } else {
                        0.0
                    };
                }
            }
            self.absorb(&mut block);
        }
    }

    /// The leading part of fewer rows and columns.
    pub fn leading(&self, size: usize) -> Self {
        let entries = (0..size)
            .flat_map(|i| self.row(i)[..size].iter().copied())
            .collect();
        Self { size, entries }
    }
}

fn block_dot(x: &BlockColumn, y: &BlockColumn) -> f64 {
    dot(x, y)
}

/// Applies the reflection 1 − tau·(1, v)(1, v)ᵀ to the columns right of its own: `row` holds
/// their entries in the triangle, `columns` those in the block.
fn reflect(v: &BlockColumn, tau: f64, row: &mut [f64], columns: &mut [BlockColumn]) {
    let mut row_fours = row.chunks_exact_mut(4);
    let mut column_fours = columns.chunks_exact_mut(4);
    for (row, columns) in row_fours.by_ref().zip(column_fours.by_ref()) {
        if let ([r0, r1, r2, r3], [a, b, c, d]) = (row, columns) {
            reflect_four(v, tau, [r0, r1, r2, r3], [a, b, c, d]);
        }
    }
    let rest = row_fours
        .into_remainder()
        .iter_mut()
        .zip(column_fours.into_remainder());
    for (r, column) in rest {
        let weight = tau * (*r + dot_two_lanes(v, column));
        *r -= weight;
        column.iter_mut().zip(v).for_each(|(x, v)| *x -= weight * v);
    }
}

/// The sum that [`reflect_four`] forms, for one column.
fn dot_two_lanes(v: &BlockColumn, column: &BlockColumn) -> f64 {
    let mut lanes = [0.0; 4];
    for (v, column) in v.chunks_exact(4).zip(column.chunks_exact(4)) {
        for ((lane, v), x) in lanes.iter_mut().zip(v).zip(column) {
            *lane += v * x;
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
}

/// Four columns at once, so that `v` is read once for all.
fn reflect_four(v: &BlockColumn, tau: f64, row: [&mut f64; 4], columns: [&mut BlockColumn; 4]) {
    let [a, b, c, d] = columns;
    let mut lanes = [[0.0; 4]; 4];
    for start in (0..BLOCK).step_by(4) {
        for lane in 0..4 {
            let v = v[start + lane];
            lanes[0][lane] += v * a[start + lane];
            lanes[1][lane] += v * b[start + lane];
            lanes[2][lane] += v * c[start + lane];
            lanes[3][lane] += v * d[start + lane];
        }
    }
    let mut weights = [0.0; 4];
    for ((weight, lanes), r) in weights.iter_mut().zip(lanes).zip(row) {
        *weight = tau * (*r + ((lanes[0] + lanes[2]) + (lanes[1] + lanes[3])));
        *r -= *weight;
    }
    for i in 0..BLOCK {
        a[i] -= weights[0] * v[i];
        b[i] -= weights[1] * v[i];
        c[i] -= weights[2] * v[i];
        d[i] -= weights[3] * v[i];
    }
}

/// A triangle factored again with its columns in order of what they add to those before.
#[derive(Debug, Clone, PartialEq)]
pub struct Pivoted {
    /// `(rank, n_columns)`: upper trapezoidal, columns in pivot order.
    pub rows: Vec<Vec<f64>>,
    /// The columns in pivot order; those from `rank` on add nothing.
    pub order: Vec<usize>,
    /// Number of columns that are independent.
    pub rank: usize,
    /// The rotated right-hand side, `(rank,)`.
    pub rhs: Vec<f64>,
}

/// Factors the matrix of columns `columns`, all of one length, and rotates `rhs` along.
///
/// A column counts as dependent where what remains of it is at most `cut` times the longest
/// column. Ties go to the column further left.
pub fn pivoted(mut columns: Vec<Vec<f64>>, mut rhs: Vec<f64>, cut: f64) -> Pivoted {
    let n = columns.len();
    let mut order: Vec<usize> = (0..n).collect();
    let mut rank = 0;
    let mut largest = 0.0;
    for step in 0..n.min(rhs.len()) {
        let length_of = |column: &Vec<f64>| dot(&column[step..], &column[step..]).sqrt();
        let lengths: Vec<f64> = columns[step..].iter().map(length_of).collect();
        let best = crate::math::argmax(&lengths);
        if step == 0 {
            largest = lengths[best];
        }
        if lengths[best] == 0.0 || lengths[best] <= cut * largest {
            break;
        }
        columns.swap(step, step + best);
        order.swap(step, step + best);
        eliminate(&mut columns[step..], &mut rhs, step);
        rank += 1;
    }
    let rows = (0..rank)
        .map(|i| columns.iter().map(|c| c[i]).collect())
        .collect();
    rhs.truncate(rank);
    Pivoted {
        rows,
        order,
        rank,
        rhs,
    }
}

/// Reflects the entries from `step` on so that those of the first column vanish below `step`.
fn eliminate(columns: &mut [Vec<f64>], rhs: &mut [f64], step: usize) {
    let Some((pivot, rest)) = columns.split_first_mut() else {
        return;
    };
    let length = dot(&pivot[step..], &pivot[step..]).sqrt();
    let reflected = if pivot[step] > 0.0 { -length } else { length };
    let mut v = pivot[step..].to_vec();
    v[0] -= reflected;
    let half_square = -v[0] * reflected;
    let reflect = |column: &mut [f64]| {
        let weight = dot(&v, column) / half_square;
        column
            .iter_mut()
            .zip(&v)
            .for_each(|(x, v)| *x -= weight * v);
    };
    pivot[step..].fill(0.0);
    pivot[step] = reflected;
    rest.iter_mut()
        .for_each(|column| reflect(&mut column[step..]));
    reflect(&mut rhs[step..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(i: usize, j: usize) -> f64 {
        ((i * 7 + j * 13 + i * j) % 17) as f64 - 8.0
    }

    fn gram_error(triangle: &Triangle, n: usize) -> f64 {
        let p = triangle.size;
        let mut worst = 0.0_f64;
        for a in 0..p {
            for b in 0..p {
                let exact: f64 = (0..n).map(|i| entry(i, a) * entry(i, b)).sum();
                let ours: f64 = (0..p).map(|i| triangle.at(i, a) * triangle.at(i, b)).sum();
                worst = worst.max((exact - ours).abs());
            }
        }
        worst
    }

    fn factor(rows: std::ops::Range<usize>, p: usize) -> Triangle {
        let mut triangle = Triangle::zeros(p);
        for start in rows.clone().step_by(BLOCK) {
            let mut block = vec![[0.0; BLOCK]; p];
            for i in start..(start + BLOCK).min(rows.end) {
                for (j, column) in block.iter_mut().enumerate() {
                    column[i - start] = entry(i, j);
                }
            }
            triangle.absorb(&mut block);
        }
        triangle
    }

    #[test]
    fn triangle_keeps_lengths_and_angles() {
        for p in [1, 3, 4, 7, 11] {
            for n in [1, 5, 64, 200] {
                assert!(gram_error(&factor(0..n, p), n) < 1e-9, "{n} x {p}");
            }
        }
    }

    #[test]
    fn merging_equals_absorbing() {
        let mut first = factor(0..100, 5);
        first.merge(&factor(100..170, 5));
        assert!(gram_error(&first, 170) < 1e-9);
    }

    #[test]
    fn dependent_columns_come_last() {
        let columns = vec![
            vec![1.0, 2.0, 2.0],
            vec![2.0, 4.0, 4.0],
            vec![0.0, 1.0, 0.0],
        ];
        let result = pivoted(columns, vec![3.0, 1.0, 0.0], 1e-15);
        assert_eq!(result.rank, 2);
        assert_eq!(result.order, [1, 2, 0]);
        assert!((result.rows[0][0].abs() - 6.0).abs() < 1e-14);
    }
}
