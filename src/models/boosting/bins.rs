//! Features cut into at most 255 bins, so that a split is sought among bins, not rows.
//!
//! The bins of four features of a row stand in one `u32`: a histogram loop reads them with one
//! load, and each byte is an index that cannot leave a table of 256.

use super::sorting::sort_floats;
use super::weighted::{Middle, weighted_quantile};
use crate::parallel;
use crate::prepare::Dataset;
use crate::rng::Rng;

/// The bin of a gap.
pub(super) const MISSING: u8 = 255;
/// Features whose bins share a word.
pub(super) const GROUP: usize = 4;
/// Bins of a feature, that of gaps included.
pub(super) const N_BINS: usize = 256;
/// Quantiles are taken from at most this many rows, as in scikit-learn.
const MOST_QUANTILE_ROWS: usize = 200_000;

/// How the values of a feature become bins.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scale {
    /// Bin b holds the values above threshold b − 1 and up to threshold b, which ascend.
    Number(Vec<f64>),
    /// The bin is the code; so many there are.
    Category(usize),
}

impl Scale {
    fn bin(&self, value: f64) -> u8 {
        match self {
            _ if value.is_nan() => MISSING,
            Self::Number(thresholds) => thresholds.partition_point(|t| *t < value) as u8,
            Self::Category(n_levels) if value >= 0.0 && value < *n_levels as f64 => value as u8,
            Self::Category(_) => MISSING,
        }
    }
}

/// The bins of all rows, four features a word.
#[derive(Debug, Clone, Default)]
pub(super) struct Binned {
    /// For each group of features `(n_samples,)`: the bin of its first feature in the low byte.
    pub groups: Vec<Vec<u32>>,
    /// `(n_features,)`.
    pub scales: Vec<Scale>,
    /// `(n_features,)`: whether any row has a gap there.
    pub has_gaps: Vec<bool>,
}

impl Binned {
    /// Bins of all features together.
    pub fn n_bins(&self) -> usize {
        let of_scale = |scale: &Scale| match scale {
            Scale::Number(thresholds) => thresholds.len() + 1,
            Scale::Category(n_levels) => *n_levels,
        };
        self.scales.iter().map(of_scale).sum()
    }
}

/// Cuts features into bins, a group at a time.
#[derive(Debug)]
pub(super) struct Binning {
    max_bins: usize,
    /// The rows that quantiles are taken from; all where `None`.
    quantile_rows: Option<Vec<usize>>,
}

impl Binning {
    pub fn new(max_bins: usize, n_samples: usize, rng: &Rng) -> Self {
        let quantile_rows = (n_samples > MOST_QUANTILE_ROWS).then(|| {
            let mut rng = rng.fork("bins");
            let mut rows: Vec<usize> = (0..MOST_QUANTILE_ROWS)
                .map(|_| rng.below(n_samples))
                .collect();
            rows.sort_unstable();
            rows
        });
        Self {
            max_bins,
            quantile_rows,
        }
    }

    /// Adds the next groups of features to `binned`, at most `n_groups`.
    pub fn advance(
        &self,
        data: &Dataset,
        weights: Option<&[f64]>,
        binned: &mut Binned,
        n_groups: usize,
    ) {
        let first = binned.groups.len();
        let last = data.n_features().div_ceil(GROUP).min(first + n_groups);
        let made = parallel::map_chunks(last - first, 1, |range| {
            self.group(data, weights, first + range.start)
        });
        for (words, features) in made {
            binned.groups.push(words);
            for (scale, has_gaps) in features {
                binned.scales.push(scale);
                binned.has_gaps.push(has_gaps);
            }
        }
    }

    /// The words of a group, and scale and presence of gaps of each of its features.
    fn group(
        &self,
        data: &Dataset,
        weights: Option<&[f64]>,
        group: usize,
    ) -> (Vec<u32>, Vec<(Scale, bool)>) {
        let features = group * GROUP..((group + 1) * GROUP).min(data.n_features());
        let mut words = vec![0_u32; data.n_samples()];
        let mut made = Vec::with_capacity(GROUP);
        for (place, feature) in features.enumerate() {
            let values = data.x.column(feature).to_vec();
            let is_category = data.is_category.get(feature) == Some(&true);
            let scale = self.scale(&values, weights, is_category);
            let mut has_gaps = false;
            for (word, value) in words.iter_mut().zip(values) {
                let bin = scale.bin(value);
                has_gaps |= bin == MISSING;
                *word |= u32::from(bin) << (8 * place);
            }
            made.push((scale, has_gaps));
        }
        (words, made)
    }

    fn scale(&self, values: &[f64], weights: Option<&[f64]>, is_category: bool) -> Scale {
        if is_category && let Some(n_levels) = count_levels(values, self.max_bins) {
            return Scale::Category(n_levels);
        }
        Scale::Number(match &self.quantile_rows {
            None => thresholds(values, weights, self.max_bins),
            Some(rows) => {
                let pick = |all: &[f64]| -> Vec<f64> { rows.iter().map(|&row| all[row]).collect() };
                let weights = weights.map(pick);
                thresholds(&pick(values), weights.as_deref(), self.max_bins)
            }
        })
    }
}

/// How many codes there are; `None` where values are no codes or do not fit into bins.
fn count_levels(values: &[f64], max_bins: usize) -> Option<usize> {
    let mut most = 0.0_f64;
    for &value in values.iter().filter(|v| **v >= 0.0) {
        if value.fract() != 0.0 {
            return None;
        }
        most = most.max(value);
    }
    (most < max_bins as f64).then_some(most as usize + 1)
}

/// Where to cut a number: between all values where they are few, else at quantiles that lie
/// evenly. Gaps and rows of weight 0 do not count.
///
/// - returns at most `max_bins` − 1 values, ascending, each different.
pub(super) fn thresholds(values: &[f64], weights: Option<&[f64]>, max_bins: usize) -> Vec<f64> {
    let counts = |row: &usize| !values[*row].is_nan() && weights.is_none_or(|w| w[*row] > 0.0);
    let rows: Vec<usize> = (0..values.len()).filter(counts).collect();
    let mut sorted: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
    sort_floats(&mut sorted);
    let mut distinct = sorted.clone();
    distinct.dedup();
    if distinct.len() <= max_bins {
        return distinct.windows(2).map(|w| midpoint(w[0], w[1])).collect();
    }
    let step = 100.0 / max_bins as f64;
    let percents = (1..max_bins).map(|i| i as f64 * step);
    let mut cuts: Vec<f64> = match weights {
        None => percents.map(|p| averaged_quantile(&sorted, p)).collect(),
        Some(weights) => {
            let values: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
            let weights: Vec<f64> = rows.iter().map(|&row| weights[row]).collect();
            let percents: Vec<f64> = percents.collect();
            weighted_quantile(&values, &weights, &percents, Middle::Averaged)
        }
    };
    cuts.dedup();
    cuts
}

/// Between `a` < `b`: at least `a`, below `b`.
fn midpoint(a: f64, b: f64) -> f64 {
    let middle = (a + b) / 2.0;
    let middle = if middle.is_finite() {
        middle
    } else {
        a / 2.0 + b / 2.0
    };
    if middle < b { middle } else { a }
}

/// A percentile of ascending values by the definition "averaged inverted cumulative
/// distribution function" (Hyndman & Fan, "Sample quantiles in statistical packages", The
/// American Statistician 50(4), 1996, definition 2).
fn averaged_quantile(sorted: &[f64], percent: f64) -> f64 {
    let position = sorted.len() as f64 * (percent / 100.0) - 1.0;
    let low = position.floor();
    let at = |index: f64| sorted[(index.max(0.0) as usize).min(sorted.len() - 1)];
    let (a, b) = (at(low), at(low + 1.0));
    if position == low {
        b - (b - a) * 0.5
    } else {
        b
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_cut_between() {
        assert_eq!(thresholds(&[3.0, 1.0, f64::NAN, 1.0], None, 255), [2.0]);
        assert!(thresholds(&[7.0; 4], None, 255).is_empty());
        assert!(thresholds(&[f64::NAN; 4], None, 255).is_empty());
        let next = f64::from_bits(1.0_f64.to_bits() + 1);
        assert_eq!(thresholds(&[1.0, next], None, 255), [1.0]);
        let huge = thresholds(&[1e308, 1.7e308], None, 255);
        assert!(huge[0] > 1e308 && huge[0] < 1.7e308);
    }

    #[test]
    fn a_value_on_a_threshold_belongs_below() {
        let scale = Scale::Number(vec![1.0, 2.0]);
        let bins: Vec<u8> = [0.0, 1.0, 1.5, 2.0, 2.1, f64::NAN]
            .map(|v| scale.bin(v))
            .into();
        assert_eq!(bins, [0, 0, 1, 1, 2, MISSING]);
        let codes = Scale::Category(3);
        let bins: Vec<u8> = [-1.0, 0.0, 2.0, 3.0].map(|v| codes.bin(v)).into();
        assert_eq!(bins, [MISSING, 0, 2, MISSING]);
    }
}
