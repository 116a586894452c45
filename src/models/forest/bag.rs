//! Which rows each tree of a forest learns from.

use std::sync::Arc;

use crate::models::trees::Weights;
use crate::models::weights::balanced;
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
    /// Where the classes of each draw are balanced: the class of each row, and how many there
    /// are.
    balanced: Option<(Vec<u32>, usize)>,
}

/// What one tree learns from.
pub(super) struct Draw {
    /// How much each row counts.
    pub weights: Weights,
    /// How often each row was drawn; nothing where all are taken.
    pub counts: Option<Arc<Vec<u32>>>,
}

impl Bag {
    pub(super) fn of_all(n_samples: usize, weights: Option<Vec<f64>>) -> Self {
        let weights = weights.map_or(Weights::Same, |weights| Weights::Real(Arc::new(weights)));
        Self {
            n_samples,
            n_draws: 0,
            weights,
            cumulated: Vec::new(),
            balanced: None,
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
            balanced: None,
        }
    }

    /// The same where in each draw all classes weigh the same together, as scikit-learn's
    /// `class_weight="balanced_subsample"`.
    pub(super) fn balancing(self, codes: Vec<u32>, n_classes: usize) -> Self {
        Self {
            balanced: Some((codes, n_classes)),
            ..self
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

    /// The rows of one tree.
    pub(super) fn draw(&self, rng: &mut Rng) -> Draw {
        if !self.is_drawing() {
            return Draw {
                weights: self.weights.clone(),
                counts: None,
            };
        }
        let mut counts = vec![0_u32; self.n_samples];
        for _ in 0..self.n_draws {
            counts[self.draw_row(rng)] += 1;
        }
        let counts = Arc::new(counts);
        let weights = match &self.balanced {
            None => Weights::Counts(Arc::clone(&counts)),
            Some((codes, n_classes)) => {
                let weights = balanced(codes, *n_classes, |row| f64::from(counts[row]));
                Weights::Real(Arc::new(weights))
            }
        };
        Draw {
            weights,
            counts: Some(counts),
        }
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
        let counts = bag.draw(&mut Rng::new(1)).counts.unwrap();
        assert_eq!((counts[0], counts[3]), (0, 0));
        assert!((450..550).contains(&counts[1]), "{counts:?}");
        assert_eq!(counts.iter().sum::<u32>(), 2000);
    }

    #[test]
    fn the_classes_of_each_draw_weigh_the_same_together() {
        let codes: Vec<u32> = (0..100).map(|row| u32::from(row % 10 == 0)).collect();
        let bag = Bag::drawing(100, 60, None).balancing(codes.clone(), 2);
        let draw = bag.draw(&mut Rng::new(1));
        let Weights::Real(weights) = draw.weights else {
            panic!("not weighed")
        };
        let counts = draw.counts.unwrap();
        for class in [0, 1] {
            let rows = || (0..100).filter(|&row| codes[row] == class);
            let sum: f64 = rows().map(|row| weights[row]).sum();
            assert!((sum - 30.0).abs() < 1e-12, "{sum}");
            assert!(rows().all(|row| (weights[row] > 0.0) == (counts[row] > 0)));
        }
    }
}
