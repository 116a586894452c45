//! Nodes of numbers, judged by the squared distance to their mean.

use std::sync::Arc;

use super::goal::{Cut, Focus, Goal, Sum, Summary, Weights, differ, keep_better};

/// Numbers and their weights.
pub(super) struct Squares {
    y: Arc<Vec<f64>>,
    scale: f64,
    weights: Weights,
}

impl Squares {
    pub(super) fn new(y: Arc<Vec<f64>>, scale: f64, weights: Weights) -> Self {
        Self { y, scale, weights }
    }

    /// The sum of weight · `of`(target), and the sum of the weights.
    fn weigh(&self, rows: &[u32], of: impl Fn(f64) -> f64) -> (f64, f64) {
        weigh(&self.y, &self.weights, rows, of)
    }
}

/// The sum of weight · `of`(target), and the sum of the weights.
pub(super) fn weigh(
    y: &[f64],
    weights: &Weights,
    rows: &[u32],
    of: impl Fn(f64) -> f64,
) -> (f64, f64) {
    let (mut sum, mut weight) = (Sum::default(), Sum::default());
    for &row in rows {
        let w = weights.of(row as usize);
        sum.add(w * of(y[row as usize]));
        weight.add(w);
    }
    (sum.total(), weight.total())
}

/// Whether all targets of a node are the same.
pub(super) fn is_pure(y: &[f64], rows: &[u32]) -> bool {
    rows.windows(2)
        .all(|pair| y[pair[0] as usize] == y[pair[1] as usize])
}

/// A mean square of scaled targets in the unit of the targets, kept finite.
pub(super) fn unscale(square: f64, scale: f64) -> f64 {
    (square * scale * scale).min(f64::MAX)
}

impl Goal for Squares {
    fn width(&self) -> usize {
        1
    }

    fn summarize(&self, rows: &[u32], values: &mut Vec<f64>) -> Summary {
        let is_pure = is_pure(&self.y, rows);
        let (sum, weight) = self.weigh(rows, |y| y);
        // The mean of equal numbers is that number, whatever rounding says.
        let mean = if is_pure {
            self.y[rows[0] as usize]
        } else {
            sum / weight
        };
        let (squares, _) = self.weigh(rows, |y| (y - mean) * (y - mean));
        let impurity = unscale(squares / weight, self.scale);
        values.push(mean * self.scale);
        Summary {
            weight,
            impurity,
            loss: (impurity * weight).min(f64::MAX),
            is_pure,
        }
    }

    fn focus(&self, rows: &[u32], focus: &mut Focus) {
        focus.labels.clear();
        focus.labels.extend_from_slice(rows);
        let (sum, weight) = self.weigh(rows, |y| y);
        focus.center = sum / weight;
        focus.weight = weight;
        focus.drift = self.weigh(rows, |y| y - focus.center).0 / weight;
        focus.base = 0.0;
    }

    /// Around the mean of the node, the squares that a cut saves are
    /// (Σ of the left)² · weight / (weight left · weight right).
    fn best_cut(&self, keys: &[u64], focus: &mut Focus, min_leaf: usize) -> Option<Cut> {
        let mut best = None;
        let (mut sum, mut left) = (Sum::default(), Sum::default());
        let unit = focus.weight * self.scale * self.scale;
        for (place, pair) in keys.windows(2).enumerate() {
            let row = pair[0] as u32 as usize;
            let w = self.weights.of(row);
            sum.add(w * (self.y[row] - focus.center));
            left.add(w);
            let n_left = place + 1;
            if differ(pair[0], pair[1]) && n_left >= min_leaf && keys.len() - n_left >= min_leaf {
                let (left, right) = (left.total(), focus.weight - left.total());
                let sum = sum.total() - focus.drift * left;
                // Where rounding leaves no weight on the right there is nothing to judge.
                if right > 0.0 {
                    keep_better(&mut best, sum * sum / (left * right), n_left);
                }
            }
        }
        best.map(|cut: Cut| Cut {
            score: (cut.score * unit).min(f64::MAX),
            ..cut
        })
    }
}
