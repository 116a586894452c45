//! Dropout: neurons that are silent by chance while a batch is learnt.
//!
//! Each activation of a hidden layer is 0 with probability `rate`, else divided by
//! `1 - rate`, so that the next layer sees the same sum on average; in prediction nothing is
//! dropped.
//!
//! Reference: Srivastava et al., "Dropout: a simple way to prevent neural networks from
//! overfitting", JMLR 15, 2014.

use crate::linalg::real::Real;
use crate::rng::Rng;

/// The draws of one batch.
#[derive(Debug, Clone)]
pub struct Dropout {
    rate: f64,
    rng: Rng,
}

impl Dropout {
    /// Drops with probability `rate`, from 0 to below 1; the same `rng` drops the same neurons.
    pub fn new(rate: f64, rng: Rng) -> Self {
        Self { rate, rng }
    }

    /// Drops some of `values`, and their slopes with them.
    pub(super) fn apply<T: Real>(&mut self, values: &mut [T], slopes: &mut [T]) {
        let limit = (self.rate * (1_u64 << 32) as f64) as u64;
        let kept = T::from_f64(1.0 / (1.0 - self.rate));
        let drop_some = |bits: u64, value: &mut T, slope: &mut T| {
            let factor = if bits < limit { T::default() } else { kept };
            *value = *value * factor;
            *slope = *slope * factor;
        };
        // One draw of 64 bits serves two neurons.
        for (values, slopes) in values.chunks_mut(2).zip(slopes.chunks_mut(2)) {
            let bits = self.rng.next_u64();
            let halves = [bits >> 32, bits & 0xffff_ffff];
            for ((value, slope), half) in values.iter_mut().zip(slopes).zip(halves) {
                drop_some(half, value, slope);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_its_share_and_keeps_the_mean() {
        let (mut values, mut slopes) = (vec![1.0_f64; 20_001], vec![2.0; 20_001]);
        Dropout::new(0.3, Rng::new(1)).apply(&mut values, &mut slopes);
        let n_dropped = values.iter().filter(|v| **v == 0.0).count();
        assert!((n_dropped as f64 / 20_001.0 - 0.3).abs() < 0.01);
        let mean = values.iter().sum::<f64>() / 20_001.0;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        let pairs = values.iter().zip(&slopes);
        assert!(pairs.into_iter().all(|(v, s)| *s == 2.0 * v));
    }

    #[test]
    fn a_rate_of_zero_changes_nothing() {
        let (mut values, mut slopes) = ([1.5_f32, -2.0, 3.0], [1.0_f32; 3]);
        Dropout::new(0.0, Rng::new(1)).apply(&mut values, &mut slopes);
        assert_eq!((values, slopes), ([1.5, -2.0, 3.0], [1.0; 3]));
    }
}
