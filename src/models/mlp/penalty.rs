//! What large weights cost. Biases, scales and shifts are free.

use super::net::Net;
use crate::linalg::real::Real;
use crate::parallel;

/// Weights whose slopes one piece of work changes, some 10 µs.
const WEIGHTS_A_PIECE: usize = 16_384;

/// The strengths of both penalties.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Penalty {
    /// Of the sum of absolute values, which drives weights to about 0.
    pub l1: f64,
    /// Of half the sum of squares, which keeps weights small.
    pub l2: f64,
}

impl<T: Real> Net<T> {
    /// Adds the gradient of `l1 · Σ|w| + l2 / 2 · Σw²` over all weights and returns its value.
    pub fn add_penalty(&self, penalty: Penalty, gradient: &mut [T]) -> f64 {
        let mut value = 0.0;
        for index in 0..self.shape().n_layers() {
            let weights = self.layer(index).weights;
            let slopes = &mut gradient[self.shape().range(index)];
            if penalty.l2 > 0.0 {
                let l2 = T::from_f64(penalty.l2);
                value += 0.5 * penalty.l2 * charge(slopes, weights, |w| l2 * w, |w| w * w);
            }
            if penalty.l1 > 0.0 {
                let l1 = T::from_f64(penalty.l1);
                value += penalty.l1 * charge(slopes, weights, |w| l1 * sign(w), f64::abs);
            }
        }
        value
    }

    /// Multiplies all weights by `factor`: the decay of AdamW (Loshchilov & Hutter, "Decoupled
    /// weight decay regularization", ICLR 2019).
    pub fn shrink_weights(&mut self, factor: f64) {
        let factor = T::from_f64(factor);
        for index in 0..self.shape().n_layers() {
            let start = self.shape().range(index).start;
            let n_weights = self.layer(index).weights.len();
            let weights = &mut self.parameters_mut()[start..start + n_weights];
            weights.iter_mut().for_each(|w| *w = *w * factor);
        }
    }
}

/// What there is to do for many weights, by several threads at once.
enum Work<'a, T> {
    Sum(&'a mut f64),
    Add(&'a mut [T], &'a [T]),
}

/// Adds `slope` of each weight to its slope, and returns the sum of `term` over the weights. The
/// sum has a fixed order and is left to one thread, while others add.
fn charge<T: Real>(
    slopes: &mut [T],
    weights: &[T],
    slope: impl Fn(T) -> T + Sync,
    term: impl Fn(f64) -> f64 + Sync,
) -> f64 {
    let add = |slopes: &mut [T], weights: &[T]| {
        let pairs = slopes.iter_mut().zip(weights);
        pairs.for_each(|(g, &w)| *g += slope(w));
    };
    if weights.len() <= WEIGHTS_A_PIECE {
        add(slopes, weights);
        return sum(weights, term);
    }
    let mut value = 0.0;
    let pieces = slopes.chunks_mut(WEIGHTS_A_PIECE);
    let pieces = pieces.zip(weights.chunks(WEIGHTS_A_PIECE));
    let mut works = vec![Work::Sum(&mut value)];
    works.extend(pieces.map(|(slopes, weights)| Work::Add(slopes, weights)));
    parallel::for_each(works.into_iter(), |work| match work {
        Work::Sum(value) => *value = sum(weights, &term),
        Work::Add(slopes, weights) => add(slopes, weights),
    });
    value
}

/// −1, 0 or 1.
fn sign<T: Real>(w: T) -> T {
    let zero = T::default();
    if w > zero {
        T::ONE
    } else if w < zero {
        -T::ONE
    } else {
        zero
    }
}

/// The sum of squares, in f64.
pub(super) fn sum_of_squares<T: Real>(values: &[T]) -> f64 {
    sum(values, |v| v * v)
}

/// Terms summed in eight f64 lanes: fixed order, no digits lost over many weights.
fn sum<T: Real>(values: &[T], term: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let (eights, rest) = values.as_chunks::<8>();
    for eight in eights {
        for (lane, v) in lanes.iter_mut().zip(eight) {
            *lane += term(v.to_f64());
        }
    }
    let rest: f64 = rest.iter().map(|v| term(v.to_f64())).sum();
    lanes.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn many_weights_cost_what_a_loop_says_with_any_number_of_threads() {
        let mut rng = Rng::new(1);
        for n in [0, 9, WEIGHTS_A_PIECE, WEIGHTS_A_PIECE + 1, 50_000] {
            let weights: Vec<f32> = (0..n).map(|_| rng.normal() as f32).collect();
            // Slopes of biases follow those of weights.
            let before: Vec<f32> = (0..n + 5).map(|_| rng.normal() as f32).collect();
            let mut expected = before.clone();
            let pairs = expected.iter_mut().zip(&weights);
            pairs.for_each(|(g, w)| *g += 0.3 * w);
            for n_threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads);
                let mut slopes = before.clone();
                let value = pool
                    .build()
                    .unwrap()
                    .install(|| charge(&mut slopes, &weights, |w| 0.3 * w, |w| w * w));
                assert_eq!(value, sum_of_squares(&weights));
                assert_eq!(slopes, expected);
            }
        }
    }
}
