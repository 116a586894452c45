//! Singular values and right singular vectors by one-sided Jacobi rotations.
//!
//! Pairs of rows are rotated until all are at right angles. A rotation from the left changes no
//! singular value, so in the end the rows' lengths are the singular values and their directions
//! the right singular vectors. Rows from a column-pivoted triangle need few sweeps, and small
//! singular values keep their digits.
//!
//! Reference: Z. Drmač & K. Veselić, "New fast and accurate Jacobi SVD algorithm", SIAM J.
//! Matrix Anal. Appl. 29(4), 2008.

use super::kernels::dot;

/// Sweeps at most; some 6 to 10 suffice.
pub const MAX_SWEEPS: usize = 40;

/// Rotates every pair of rows once; `true` when all were at right angles already.
pub fn sweep(rows: &mut [Vec<f64>]) -> bool {
    let mut is_done = true;
    let tolerance = f64::EPSILON * (rows.first().map_or(1, Vec::len) as f64).sqrt();
    for j in 1..rows.len() {
        let (before, rest) = rows.split_at_mut(j);
        let Some(b) = rest.first_mut() else { break };
        for a in before {
            is_done &= !rotate(a, b, tolerance);
        }
    }
    is_done
}

/// Rotates two rows to a right angle; `false` where they are at one.
fn rotate(a: &mut [f64], b: &mut [f64], tolerance: f64) -> bool {
    let (a_square, b_square, product) = (dot(a, a), dot(b, b), dot(a, b));
    // Written so that neither product underflows for tiny rows.
    if product.abs() <= tolerance * a_square.sqrt() * b_square.sqrt() || product == 0.0 {
        return false;
    }
    let slope = (b_square - a_square) / (2.0 * product);
    let tangent = if slope.is_infinite() {
        return false;
    } else {
        1.0_f64.copysign(slope) / (slope.abs() + (1.0 + slope * slope).sqrt())
    };
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = cosine * tangent;
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_end_at_right_angles_with_known_lengths() {
        // Singular values of [[3, 0], [4, 5]] are √45 and √5.
        let mut rows = vec![vec![3.0, 0.0], vec![4.0, 5.0]];
        let n_sweeps = (0..MAX_SWEEPS).take_while(|_| !sweep(&mut rows)).count();
        assert!(n_sweeps < 5);
        let mut squares: Vec<f64> = rows.iter().map(|r| dot(r, r)).collect();
        squares.sort_by(f64::total_cmp);
        assert!((squares[0] - 5.0).abs() < 1e-13 && (squares[1] - 45.0).abs() < 1e-13);
    }

    #[test]
    fn duplicate_columns_give_a_zero() {
        let mut rows = vec![
            vec![1.0, 1.0, 2.0],
            vec![3.0, 3.0, -1.0],
            vec![2.0, 2.0, 0.5],
        ];
        (0..MAX_SWEEPS).take_while(|_| !sweep(&mut rows)).count();
        let least = rows.iter().map(|r| dot(r, r)).fold(f64::INFINITY, f64::min);
        assert!(least < 1e-30);
    }
}
