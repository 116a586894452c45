//! Whether rows can be told apart without a mistake: without a penalty there is no best model then.
//!
//! Classes are *separated* where every row is on the right side of the model, and
//! *quasi-separated* where some direction never speaks for a wrong class and sometimes for the
//! right one; either way the loss falls for ever along it. Of quasi-separation, what a feature
//! does alone is found, such as a level that only rows of one class have. Directions of several
//! features would take a linear program.
//!
//! Reference: A. Albert, J. A. Anderson, "On the existence of maximum likelihood estimates in
//! logistic regression models", Biometrika 71(1), 1984.

use super::objective::{Objective, ROWS_A_CHUNK};
use crate::linalg::gemm::Scratch;
use crate::{math, parallel};

impl Objective {
    /// Whether every row is on the right side: then larger coefficients are always better.
    pub(super) fn is_separated(&self, point: &[f64]) -> bool {
        let q = self.n_outputs;
        let chunks = parallel::map_chunks(self.codes.len(), ROWS_A_CHUNK, |rows| {
            let mut logits = Vec::new();
            self.logits(point, rows.clone(), &mut logits, &mut Scratch::default());
            logits
                .chunks_exact(q)
                .zip(&self.codes[rows])
                .all(|(z, &code)| {
                    let code = code as usize;
                    match z {
                        [odds] => {
                            if code == 1 {
                                *odds > 0.0
                            } else {
                                *odds < 0.0
                            }
                        }
                        _ => z.iter().enumerate().all(|(k, v)| k == code || *v < z[code]),
                    }
                })
        });
        chunks.into_iter().all(|is_right| is_right)
    }

    /// The feature whose coefficient, per standard deviation, is the largest.
    pub(super) fn strongest_feature(&self, point: &[f64]) -> usize {
        let rows = point.chunks_exact(self.n_outputs).take(self.columns.len());
        let size = |row: &[f64]| row.iter().fold(0.0_f64, |max, v| v.abs().max(max));
        math::argmax(&rows.map(size).collect::<Vec<f64>>())
    }

    /// The first feature, and a class, that a value of the feature parts: the rows of the class
    /// lie on one side of it and all others on the other, those at the value itself excepted.
    pub(super) fn quasi_separated_by(&self) -> Option<(usize, usize)> {
        let p = self.columns.len();
        (0..p).find_map(|feature| {
            let class = self.parted_class(&self.ranges(feature))?;
            (self.columns[feature].factor != 0.0).then_some((feature, class))
        })
    }

    /// Least and largest value of a feature in each class; rows without weight do not count.
    fn ranges(&self, feature: usize) -> Vec<(f64, f64)> {
        let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); self.n_classes];
        let rows = self.x.chunks_exact(self.columns.len()).zip(&self.codes);
        for (row, (x, &code)) in rows.enumerate() {
            let counts = self
                .weights
                .as_ref()
                .is_none_or(|weights| weights[row] > 0.0);
            if let Some((low, high)) = ranges.get_mut(code as usize).filter(|_| counts) {
                *low = low.min(x[feature]);
                *high = high.max(x[feature]);
            }
        }
        ranges
    }

    /// The class that one value parts from all others, if there is one.
    fn parted_class(&self, ranges: &[(f64, f64)]) -> Option<usize> {
        let is_parted = |class: usize| {
            let (low, high) = ranges[class];
            let others = ranges.iter().enumerate().filter(|(k, _)| *k != class);
            let (rest_low, rest_high) = others.fold(
                (f64::INFINITY, f64::NEG_INFINITY),
                |(low, high), (_, range)| (low.min(range.0), high.max(range.1)),
            );
            // Without an intercept the value can only be 0.
            let is_above = |low: f64, high: f64| {
                low >= high && (self.fit_intercept || low >= 0.0 && high <= 0.0)
            };
            let is_seen = low <= high && rest_low <= rest_high;
            let varies = low.min(rest_low) < high.max(rest_high);
            is_seen && varies && (is_above(low, rest_high) || is_above(rest_low, high))
        };
        let parted = || (0..ranges.len()).filter(|&class| is_parted(class));
        // Of two classes both are parted; the one that has more than the shared value is meant.
        let is_spread = |class: &usize| ranges[*class].0 < ranges[*class].1;
        parted().find(is_spread).or_else(|| parted().next())
    }
}
