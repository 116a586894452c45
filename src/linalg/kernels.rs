//! Sums of products and of differences in fixed lanes: the compiler vectorizes them, and the
//! order of additions, hence every bit, is the same on every machine.

/// Lanes of every sum here; a change changes the bits of stored models.
const LANES: usize = 8;

/// Adds the lanes up as a balanced tree.
#[inline(always)]
fn fold(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Sums `term(x_i, y_i)` over the shorter of `x` and `y`.
#[inline(always)]
pub(crate) fn sum_of(x: &[f64], y: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    // As the lanes would add up two numbers, without the detour.
    if let ([x0, x1], [y0, y1]) = (x, y) {
        return (term(*x0, *y0) + 0.0) + (term(*x1, *y1) + 0.0);
    }
    let mut lanes = [0.0; LANES];
    let mut x_pieces = x.chunks_exact(LANES);
    let mut y_pieces = y.chunks_exact(LANES);
    for (x, y) in x_pieces.by_ref().zip(y_pieces.by_ref()) {
        for ((lane, &x), &y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += term(x, y);
        }
    }
    let rest = x_pieces.remainder().iter().zip(y_pieces.remainder());
    for (lane, (&x, &y)) in lanes.iter_mut().zip(rest) {
        *lane += term(x, y);
    }
    fold(lanes)
}

/// Σ xᵢ·yᵢ of two vectors of equal length.
///
/// ```
/// assert_eq!(handlens::linalg::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    sum_of(x, y, |x, y| x * y)
}

/// Σ (xᵢ − yᵢ)² of two vectors of equal length: never negative, 0 where they are equal.
pub fn squared_distance(x: &[f64], y: &[f64]) -> f64 {
    sum_of(x, y, |x, y| (x - y) * (x - y))
}

/// Σ |xᵢ − yᵢ| of two vectors of equal length.
pub fn manhattan_distance(x: &[f64], y: &[f64]) -> f64 {
    sum_of(x, y, |x, y| (x - y).abs())
}

/// max |xᵢ − yᵢ| of two vectors of equal length; 0 where they are empty.
pub fn chebyshev_distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter()
        .zip(y)
        .fold(0.0, |max, (x, y)| f64::max(max, (x - y).abs()))
}

/// y ← y + a·x for two vectors of equal length.
pub fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_agree_with_the_definition_at_every_length() {
        for n in 0..40 {
            let x: Vec<f64> = (0..n).map(|i| f64::from(i) - 7.0).collect();
            let y: Vec<f64> = (0..n).map(|i| f64::from(i * i % 11)).collect();
            let pairs = || x.iter().zip(&y);
            assert_eq!(dot(&x, &y), pairs().map(|(a, b)| a * b).sum::<f64>());
            assert_eq!(
                squared_distance(&x, &y),
                pairs().map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
            );
            assert_eq!(
                manhattan_distance(&x, &y),
                pairs().map(|(a, b)| (a - b).abs()).sum::<f64>()
            );
        }
    }
}
