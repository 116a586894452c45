//! Nodes of classes: Gini impurity and entropy, from whole counts or from weights.

use std::sync::Arc;

use super::goal::{
    Criterion, Cut, Focus, Goal, LABEL_LIMIT, Sum, Summary, Weights, class_codes, differ,
    keep_better, x_log2_x,
};
use crate::math;
use crate::prepare::Dataset;

/// Classes counted in whole numbers: every gain is exact up to its last division.
pub(super) struct Counts {
    /// `(n_samples,)`: class, and above it how often the sample was drawn.
    labels: Vec<u32>,
    n_classes: usize,
    criterion: Criterion,
    logs: Arc<Vec<f64>>,
}

impl Focus {
    /// Counts of the classes before the first cut: none on the left.
    fn start(&mut self) -> (&mut [i64], &mut [i64]) {
        self.left.clear();
        self.left.resize(self.totals.len(), 0);
        self.right.clear();
        let totals = self.totals.iter().map(|&total| total as i64);
        self.right.extend(totals);
        (&mut self.left, &mut self.right)
    }
}

fn class_of(label: u32) -> usize {
    (label % LABEL_LIMIT) as usize
}

fn count_of(label: u32) -> i64 {
    i64::from(label / LABEL_LIMIT)
}

impl Counts {
    /// `None` where weights are not whole, or too large for a label.
    pub(super) fn new(
        codes: &[u32],
        n_classes: usize,
        weights: &Weights,
        criterion: Criterion,
        logs: &Arc<Vec<f64>>,
    ) -> Option<Self> {
        let label = |(row, &code): (usize, &u32)| {
            let count = match weights {
                Weights::Same => 1,
                Weights::Counts(counts) => counts[row],
                Weights::Real(_) => return None,
            };
            (code < LABEL_LIMIT && count < LABEL_LIMIT).then_some(count * LABEL_LIMIT + code)
        };
        Some(Self {
            labels: codes.iter().enumerate().map(label).collect::<Option<_>>()?,
            n_classes,
            criterion,
            logs: Arc::clone(logs),
        })
    }

    fn totals(&self, rows: &[u32]) -> Vec<i64> {
        let mut totals = vec![0; self.n_classes];
        for &row in rows {
            let label = self.labels[row as usize];
            totals[class_of(label)] += count_of(label);
        }
        totals
    }

    /// Σ x · log2 x over classes, minus that of their sum: −weight · entropy.
    fn order(&self, counts: &[i64], weight: i64) -> f64 {
        let of = |count: i64| self.logs.get(count as usize).copied().unwrap_or(0.0);
        counts.iter().map(|&count| of(count)).sum::<f64>() - of(weight)
    }

    fn cut_by_gini(&self, keys: &[u64], focus: &mut Focus, min_leaf: usize) -> Option<Cut> {
        let mut best = None;
        let (mut weight_left, mut weight_right) = (0, focus.weight as i64);
        let (left, right) = focus.start();
        let (mut squares_left, mut squares_right) = (0, right.iter().map(|r| r * r).sum::<i64>());
        for (place, pair) in keys.windows(2).enumerate() {
            let (class, count) = (class_of(pair[0] as u32), count_of(pair[0] as u32));
            squares_left += count * (2 * left[class] + count);
            squares_right -= count * (2 * right[class] - count);
            left[class] += count;
            right[class] -= count;
            weight_left += count;
            weight_right -= count;
            let n_left = place + 1;
            if differ(pair[0], pair[1]) && n_left >= min_leaf && keys.len() - n_left >= min_leaf {
                let score = squares_left as f64 / weight_left as f64
                    + squares_right as f64 / weight_right as f64;
                keep_better(&mut best, score, n_left);
            }
        }
        best
    }

    fn cut_by_entropy(&self, keys: &[u64], focus: &mut Focus, min_leaf: usize) -> Option<Cut> {
        let mut best = None;
        let (mut weight_left, mut weight_right) = (0, focus.weight as i64);
        let (left, right) = focus.start();
        for (place, pair) in keys.windows(2).enumerate() {
            let (class, count) = (class_of(pair[0] as u32), count_of(pair[0] as u32));
            left[class] += count;
            right[class] -= count;
            weight_left += count;
            weight_right -= count;
            let n_left = place + 1;
            if differ(pair[0], pair[1]) && n_left >= min_leaf && keys.len() - n_left >= min_leaf {
                let score = self.order(left, weight_left) + self.order(right, weight_right);
                keep_better(&mut best, score, n_left);
            }
        }
        best
    }
}

impl Goal for Counts {
    fn width(&self) -> usize {
        self.n_classes
    }

    fn summarize(&self, rows: &[u32], values: &mut Vec<f64>) -> Summary {
        let totals: Vec<f64> = self.totals(rows).into_iter().map(|t| t as f64).collect();
        summarize(&totals, self.criterion, values)
    }

    fn focus(&self, rows: &[u32], focus: &mut Focus) {
        let totals = self.totals(rows);
        let weight = totals.iter().sum();
        focus.labels.clear();
        let labels = rows.iter().map(|&row| self.labels[row as usize]);
        focus.labels.extend(labels);
        focus.totals = totals.iter().map(|&total| total as f64).collect();
        focus.weight = weight as f64;
        focus.base = match self.criterion {
            Criterion::Entropy => self.order(&totals, weight),
            _ => totals.iter().map(|t| t * t).sum::<i64>() as f64 / focus.weight,
        };
    }

    fn best_cut(&self, keys: &[u64], focus: &mut Focus, min_leaf: usize) -> Option<Cut> {
        match self.criterion {
            Criterion::Entropy => self.cut_by_entropy(keys, focus, min_leaf),
            _ => self.cut_by_gini(keys, focus, min_leaf),
        }
    }
}

/// Classes whose samples have weights: sums with compensation.
pub(super) struct Shares {
    data: Arc<Dataset>,
    weights: Weights,
    n_classes: usize,
    criterion: Criterion,
}

impl Shares {
    pub(super) fn new(
        data: Arc<Dataset>,
        n_classes: usize,
        weights: Weights,
        criterion: Criterion,
    ) -> Self {
        Self {
            data,
            weights,
            n_classes,
            criterion,
        }
    }

    fn totals(&self, rows: &[u32]) -> Vec<f64> {
        let codes = class_codes(&self.data);
        let mut totals = vec![Sum::default(); self.n_classes];
        for &row in rows {
            totals[codes[row as usize] as usize].add(self.weights.of(row as usize));
        }
        totals.into_iter().map(Sum::total).collect()
    }
}

/// How pure a part is, times its weight; the higher, the purer.
fn purity(criterion: Criterion, totals: impl Iterator<Item = f64> + Clone) -> f64 {
    let weight = math::sum(totals.clone());
    if weight <= 0.0 {
        return 0.0;
    }
    match criterion {
        Criterion::Entropy => math::sum(totals.map(x_log2_x)) - x_log2_x(weight),
        _ => math::sum(totals.map(|total| total * total)) / weight,
    }
}

impl Goal for Shares {
    fn width(&self) -> usize {
        self.n_classes
    }

    /// Every cut sums over the classes; the entropy takes their logarithms.
    fn effort(&self) -> usize {
        match self.criterion {
            Criterion::Entropy => 12 * self.n_classes,
            _ => 2 * self.n_classes,
        }
    }

    fn summarize(&self, rows: &[u32], values: &mut Vec<f64>) -> Summary {
        summarize(&self.totals(rows), self.criterion, values)
    }

    fn focus(&self, rows: &[u32], focus: &mut Focus) {
        focus.labels.clear();
        focus.labels.extend_from_slice(rows);
        focus.totals = self.totals(rows);
        focus.weight = math::sum(focus.totals.iter().copied());
        focus.base = purity(self.criterion, focus.totals.iter().copied());
    }

    fn best_cut(&self, keys: &[u64], focus: &mut Focus, min_leaf: usize) -> Option<Cut> {
        let codes = class_codes(&self.data);
        let mut best = None;
        let mut left = vec![Sum::default(); self.n_classes];
        for (place, pair) in keys.windows(2).enumerate() {
            let row = pair[0] as u32 as usize;
            left[codes[row] as usize].add(self.weights.of(row));
            let n_left = place + 1;
            if differ(pair[0], pair[1]) && n_left >= min_leaf && keys.len() - n_left >= min_leaf {
                let lefts = left.iter().map(|sum| sum.total());
                // Rounding must not leave less than nothing on the right.
                let rights = focus.totals.iter().zip(&left);
                let rights = rights.map(|(total, left)| (total - left.total()).max(0.0));
                let score = purity(self.criterion, lefts) + purity(self.criterion, rights);
                keep_better(&mut best, score, n_left);
            }
        }
        best
    }
}

/// Shares of the classes, and how mixed they are.
fn summarize(totals: &[f64], criterion: Criterion, values: &mut Vec<f64>) -> Summary {
    let weight = math::sum(totals.iter().copied());
    let shares = totals.iter().map(|total| total / weight);
    values.extend(shares.clone());
    let gini = (1.0 - math::sum(shares.clone().map(|share| share * share))).max(0.0);
    let impurity = match criterion {
        Criterion::Entropy => (-math::sum(shares.map(x_log2_x))).max(0.0),
        _ => gini,
    };
    Summary {
        weight,
        impurity,
        loss: gini * weight,
        is_pure: totals.iter().filter(|total| **total > 0.0).count() < 2,
    }
}
