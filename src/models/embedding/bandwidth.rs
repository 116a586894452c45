//! How far a row reaches: the width of the kernel over its neighbors.

use crate::math;

/// Halvings at most, and how near the sum must come, as in umap-learn.
const MAX_HALVINGS: usize = 64;
const TOLERANCE: f64 = 1e-5;

/// The σ at which Σ exp(−max(d − ρ, 0) / σ) over `distances` is `target`, found by doubling and
/// halving from 1; the last one tried where there is none.
pub fn bandwidth(distances: &[f64], rho: f64, target: f64) -> f64 {
    let sum_at = |sigma: f64| -> f64 {
        let term = |&d: &f64| {
            let beyond = d - rho;
            if beyond > 0.0 {
                math::exp(-beyond / sigma)
            } else {
                1.0
            }
        };
        distances.iter().map(term).sum()
    };
    let (mut low, mut high, mut sigma) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..MAX_HALVINGS {
        let sum = sum_at(sigma);
        if (sum - target).abs() < TOLERANCE {
            break;
        }
        if sum > target {
            high = sigma;
            sigma = (low + high) / 2.0;
        } else {
            low = sigma;
            sigma = if high.is_infinite() {
                sigma * 2.0
            } else {
                (low + high) / 2.0
            };
        }
    }
    sigma
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_meets_its_target() {
        let distances = [0.5, 1.0, 4.0];
        let sigma = bandwidth(&distances, 0.5, 2.0);
        let sum = 1.0 + math::exp(-0.5 / sigma) + math::exp(-3.5 / sigma);
        assert!((sum - 2.0).abs() < 1e-5);
    }
}
