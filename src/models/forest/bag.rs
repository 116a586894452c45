//! Which rows each tree of a forest learns from.

use std::sync::Arc;

use crate::models::trees::Weights;
use crate::rng::Rng;

/// A bag of rows, from which each tree draws with replacement or takes all.
pub(super) struct Bag {
    n_samples: usize,
    /// Rows to draw; 0 where all are taken.
    n_draws: usize,
    /// Without draws: how much each row counts.
    weights: Weights,
    /// With weights: the sum of those up to each row.
    cumulated: Vec<f64>,
}

impl Bag {
    pub(super) fn of_all(n_samples: usize, weights: Option<Vec<f64>>) -> Self {
        let weights = weights.map_or(Weights::Same, |weights| Weights::Real(Arc::new(weights)));
        Self {
            n_samples,
            n_draws: 0,
            weights,
            cumulated: Vec::new(),
        }
    }

    /// Rows are drawn as often as their weights say.
    pub(super) fn drawing(n_samples: usize, n_draws: usize, weights: Option<Vec<f64>>) -> Self {
        let mut sum = 0.0;
        let add = |weight: f64| {
            sum += weight;
            sum
        };
        Self {
            n_samples,
            n_draws: n_draws.max(1),
            weights: Weights::Same,
            cumulated: weights.unwrap_or_default().into_iter().map(add).collect(),
        }
    }

    /// Whether rows may be left out.
    pub(super) fn is_drawing(&self) -> bool {
        self.n_draws > 0
    }

    /// How much each row counts where none is drawn.
    pub(super) fn all(&self) -> &Weights {
        &self.weights
    }

    /// How much each row counts for one tree.
    pub(super) fn draw(&self, rng: &mut Rng) -> Weights {
        if !self.is_drawing() {
            return self.weights.clone();
        }
        let mut counts = vec![0_u32; self.n_samples];
        for _ in 0..self.n_draws {
            counts[self.draw_row(rng)] += 1;
        }
        Weights::Counts(counts)
    }

    fn draw_row(&self, rng: &mut Rng) -> usize {
        let Some(total) = self.cumulated.last() else {
            return rng.below(self.n_samples);
        };
        let drawn = rng.uniform() * total;
        let row = self.cumulated.partition_point(|sum| *sum <= drawn);
        // Rounding up to the total itself would miss the last row that has a weight.
        let last = self.cumulated.partition_point(|sum| sum < total);
        row.min(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_weight_are_never_drawn() {
        let bag = Bag::drawing(4, 2000, Some(vec![0.0, 1.0, 3.0, 0.0]));
        let Weights::Counts(counts) = bag.draw(&mut Rng::new(1)) else {
            panic!("not drawn")
        };
        assert_eq!((counts[0], counts[3]), (0, 0));
        assert!((450..550).contains(&counts[1]), "{counts:?}");
        assert_eq!(counts.iter().sum::<u32>(), 2000);
    }
}
