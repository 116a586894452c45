//! What large weights cost. Biases, scales and shifts are free.

use super::net::Net;
use crate::linalg::real::Real;

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
                let pairs = slopes.iter_mut().zip(weights);
                pairs.for_each(|(g, &w)| *g += l2 * w);
                value += 0.5 * penalty.l2 * sum_of_squares(weights);
            }
            if penalty.l1 > 0.0 {
                let l1 = T::from_f64(penalty.l1);
                let pairs = slopes.iter_mut().zip(weights);
                pairs.for_each(|(g, &w)| *g += l1 * sign(w));
                value += penalty.l1 * sum(weights, |w| w.abs());
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
