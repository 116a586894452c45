//! Nodes of numbers, judged by the absolute distance to their median.

use std::sync::Arc;

use super::goal::{Cut, Focus, Goal, Summary, Weights, differ, keep_better};
use super::squares::{is_pure, unscale, weigh};
use crate::math;

/// Numbers and their weights.
pub(super) struct Absolutes {
    y: Arc<Vec<f64>>,
    scale: f64,
    weights: Weights,
}

impl Absolutes {
    pub(super) fn new(y: Arc<Vec<f64>>, scale: f64, weights: Weights) -> Self {
        Self { y, scale, weights }
    }

    /// The targets of `rows` in ascending order, as a ladder without anyone on it, and the
    /// rung of each row.
    fn ladder(&self, rows: &[u32]) -> (Ladder, Vec<u32>) {
        let y = |place: usize| self.y[rows[place] as usize];
        let order = math::order_by(rows.len(), &|a, b| y(a).total_cmp(&y(b)));
        let mut rungs = vec![0; rows.len()];
        for (rung, &place) in order.iter().enumerate() {
            rungs[place] = rung as u32;
        }
        let heights = order.into_iter().map(y).collect();
        (Ladder::new(heights), rungs)
    }

    /// The absolute distances to the median of the first 1, 2, … of `rows` together.
    fn distances<'a>(
        &self,
        ladder: &mut Ladder,
        rows: impl Iterator<Item = (&'a u32, &'a u32)>,
    ) -> Vec<f64> {
        ladder.clear();
        let add = |(&row, &rung): (&u32, &u32)| {
            ladder.add(rung as usize, self.weights.of(row as usize));
            ladder.median().1
        };
        rows.map(add).collect()
    }
}

impl Goal for Absolutes {
    fn width(&self) -> usize {
        1
    }

    /// Sorting, and two walks up a ladder.
    fn effort(&self) -> usize {
        24
    }

    fn summarize(&self, rows: &[u32], values: &mut Vec<f64>) -> Summary {
        let (mut ladder, rungs) = self.ladder(rows);
        for (&row, &rung) in rows.iter().zip(&rungs) {
            ladder.add(rung as usize, self.weights.of(row as usize));
        }
        let (median, distance) = ladder.median();
        let (squares, weight) = weigh(&self.y, &self.weights, rows, |y| {
            (y - median) * (y - median)
        });
        values.push(median * self.scale);
        Summary {
            weight,
            impurity: (distance.max(0.0) / weight * self.scale).min(f64::MAX),
            loss: unscale(squares, self.scale),
            is_pure: is_pure(&self.y, rows),
        }
    }

    fn focus(&self, rows: &[u32], focus: &mut Focus) {
        focus.labels.clear();
        focus.labels.extend_from_slice(rows);
        let (mut ladder, rungs) = self.ladder(rows);
        let distances = self.distances(&mut ladder, rows.iter().zip(&rungs));
        focus.base = -distances.last().copied().unwrap_or(0.0) * self.scale;
    }

    fn best_cut(&self, keys: &[u64], _focus: &mut Focus, min_leaf: usize) -> Option<Cut> {
        let rows: Vec<u32> = keys.iter().map(|&key| key as u32).collect();
        let (mut ladder, rungs) = self.ladder(&rows);
        let lefts = self.distances(&mut ladder, rows.iter().zip(&rungs));
        let rights = self.distances(&mut ladder, rows.iter().zip(&rungs).rev());
        let mut best = None;
        for n_left in min_leaf..=keys.len().saturating_sub(min_leaf) {
            if n_left > 0 && n_left < keys.len() && differ(keys[n_left - 1], keys[n_left]) {
                let distance = lefts[n_left - 1] + rights[keys.len() - n_left - 1];
                keep_better(&mut best, -distance * self.scale, n_left);
            }
        }
        best
    }
}

/// Numbers in ascending order, of which some count: their median, and how far they are from it
/// together, each in O(log n) (P. Fenwick, "A new data structure for cumulative frequency
/// tables", Software: Practice and Experience 24(3), 1994).
struct Ladder {
    heights: Vec<f64>,
    /// Partial sums of weight and of weight · height.
    sums: Vec<[f64; 2]>,
    totals: [f64; 2],
}

impl Ladder {
    fn new(heights: Vec<f64>) -> Self {
        Self {
            sums: vec![[0.0; 2]; heights.len() + 1],
            totals: [0.0; 2],
            heights,
        }
    }

    fn clear(&mut self) {
        self.sums.fill([0.0; 2]);
        self.totals = [0.0; 2];
    }

    fn add(&mut self, rung: usize, weight: f64) {
        let step = [weight, weight * self.heights[rung]];
        let mut at = rung + 1;
        while at < self.sums.len() {
            add(&mut self.sums[at], step);
            at += at & at.wrapping_neg();
        }
        add(&mut self.totals, step);
    }

    /// The median and the sum of weight · distance to it. Where half of the weight lies on
    /// either side it is half-way between the two numbers.
    fn median(&self) -> (f64, f64) {
        let half = self.totals[0] / 2.0;
        let (upper, below) = self.last(|weight| weight <= half);
        let (lower, _) = self.last(|weight| weight < half);
        let last = self.heights.len() - 1;
        let low = self.heights[lower.min(last)];
        let median = low + (self.heights[upper.min(last)] - low) / 2.0;
        let above = [self.totals[0] - below[0], self.totals[1] - below[1]];
        let distance = above[1] - median * above[0] + (median * below[0] - below[1]);
        (median, distance)
    }

    /// The most rungs whose weight together is as asked, and their sums.
    fn last(&self, fits: impl Fn(f64) -> bool) -> (usize, [f64; 2]) {
        let (mut at, mut sums) = (0, [0.0; 2]);
        let mut width = (self.sums.len() - 1).next_power_of_two();
        while width > 0 {
            if let Some(part) = self.sums.get(at + width)
                && fits(sums[0] + part[0])
            {
                at += width;
                add(&mut sums, *part);
            }
            width /= 2;
        }
        (at, sums)
    }
}

fn add(sums: &mut [f64; 2], step: [f64; 2]) {
    sums[0] += step[0];
    sums[1] += step[1];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_distances() {
        let mut ladder = Ladder::new(vec![1.0, 2.0, 4.0, 10.0]);
        ladder.add(3, 1.0);
        assert_eq!(ladder.median(), (10.0, 0.0));
        ladder.add(0, 1.0);
        assert_eq!(ladder.median(), (5.5, 9.0));
        ladder.add(1, 1.0);
        assert_eq!(ladder.median(), (2.0, 9.0));
        ladder.add(2, 3.0);
        assert_eq!(ladder.median(), (4.0, 11.0));
    }
}
