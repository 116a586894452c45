//! The best split of a node: for each feature the cut between bins that lowers the loss most.
//!
//! The loss of a node, to second order, is G·v with v = −G / (H + l2), its sums of gradients and
//! hessians and its value (T. Chen & C. Guestrin, "XGBoost: a scalable tree boosting system",
//! KDD 2016, equations 5 to 7); the gain is what it falls by. Gaps go with the side that gains
//! more. Levels of a category are sorted by G / (H + 10), levels with little support left out,
//! and cut like a number (W. Fisher, "On grouping for maximum homogeneity", J. American
//! Statistical Association 53, 1958).

use super::bins::{Binned, GROUP, MISSING, N_BINS, Scale};
use super::histogram::{Cell, Packing, Sums, minus, plus};
use crate::math;

/// A set of levels or bins.
pub(super) type BinSet = [u32; 8];

/// A level with less support than this many rows is not sorted; it goes right.
const LEAST_SUPPORT: f64 = 10.0;
/// A gain below this share of the loss is one of rounding.
const NOISE: f64 = 1e-13;
/// Keeps the value of a node without hessian finite.
const TINY: f64 = 1e-15;

/// What a split must keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    pub min_samples_leaf: u32,
    pub min_hessian: f64,
    pub l2: f64,
}

/// Which rows go left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rule {
    /// Bins up to this one.
    UpTo(u8),
    /// Bins of this set, that of gaps perhaps among them.
    Among(BinSet),
}

/// A split of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    pub feature: usize,
    pub rule: Rule,
    pub is_missing_left: bool,
    pub gain: f64,
    pub left: Cell,
    pub right: Cell,
}

impl Split {
    /// Whether the rows of a bin go left.
    #[inline(always)]
    pub fn goes_left(&self, bin: u8) -> bool {
        match &self.rule {
            Rule::UpTo(last) => bin <= *last || (self.is_missing_left && bin == MISSING),
            Rule::Among(bins) => contains(bins, bin),
        }
    }
}

/// Whether a bin is in a set.
#[inline(always)]
pub(super) fn contains(bins: &BinSet, bin: u8) -> bool {
    bins[usize::from(bin >> 5)] >> (bin & 31) & 1 == 1
}

/// The value of a node, learning rate aside.
pub(super) fn node_value(sums: Sums, l2: f64) -> f64 {
    -sums.gradient / (sums.hessian + l2 + TINY)
}

/// A node and the rules under which it is split.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub packing: &'a Packing,
    pub limits: &'a Limits,
    /// The sum of the node's rows.
    pub total: Cell,
    /// The node's value, which its loss is reckoned with.
    pub value: f64,
}

/// The best split found so far along one feature.
#[derive(Debug, Clone, Copy)]
struct Best<P> {
    gain: f64,
    left: Cell,
    place: P,
}

/// Whether a cut lies where a split may be.
enum Fit {
    Before,
    Within(f64),
    Beyond,
}

impl Search<'_> {
    /// The best split among the features of a group, the first of equals; `None` where none
    /// gains.
    ///
    /// - `cells`: `(GROUP · N_BINS,)`, the histograms.
    /// - `is_asked`: which features may be used; all where empty.
    pub fn best_of_group(
        &self,
        binned: &Binned,
        group: usize,
        cells: &[Cell],
        is_asked: &[bool],
    ) -> Option<Split> {
        let mut best: Option<Split> = None;
        for (place, cells) in cells.as_chunks::<N_BINS>().0.iter().enumerate() {
            let feature = group * GROUP + place;
            if feature >= binned.scales.len() || is_asked.get(feature) == Some(&false) {
                continue;
            }
            let found = self.best_of_feature(binned, feature, cells);
            if let Some(found) = found
                && best.is_none_or(|best| found.gain > best.gain)
            {
                best = Some(found);
            }
        }
        best
    }

    fn best_of_feature(
        &self,
        binned: &Binned,
        feature: usize,
        cells: &[Cell; N_BINS],
    ) -> Option<Split> {
        let has_gaps = binned.has_gaps[feature];
        match &binned.scales[feature] {
            Scale::Number(thresholds) => {
                self.best_cut(feature, cells, thresholds.len() + 1, has_gaps)
            }
            Scale::Category(n_levels) => self.best_set(feature, cells, *n_levels, has_gaps),
        }
    }

    /// Cuts a number: gaps right, then gaps left where there are any.
    fn best_cut(
        &self,
        feature: usize,
        cells: &[Cell; N_BINS],
        n_bins: usize,
        has_gaps: bool,
    ) -> Option<Split> {
        let split = |best: Best<usize>, is_missing_left: bool| Split {
            feature,
            rule: Rule::UpTo(best.place as u8),
            is_missing_left,
            gain: best.gain,
            left: best.left,
            right: minus(self.total, best.left),
        };
        // With gaps, cutting after the last bin parts them from the rest.
        let last = if has_gaps { n_bins } else { n_bins - 1 };
        let upward = self.scan((0..last).map(|bin| (bin, cells[bin])), 0.0, |sum| sum);
        let least = upward.map_or(0.0, |best| best.gain);
        let downward = has_gaps
            .then(|| {
                let bins = (0..n_bins.saturating_sub(1)).rev();
                let bins = bins.map(|bin| (bin, cells[bin + 1]));
                self.scan(bins, least, |sum| minus(self.total, sum))
            })
            .flatten();
        downward
            .map(|best| split(best, true))
            .or(upward.map(|best| split(best, false)))
    }

    /// Adds bins up one by one and keeps the cut that gains most, the first of equals.
    ///
    /// - `bins`: place and cell of each bin, in the order of the scan.
    /// - `left_of`: the left side's sum, of the bins added up so far.
    fn scan<P: Copy>(
        &self,
        bins: impl Iterator<Item = (P, Cell)>,
        least: f64,
        left_of: impl Fn(Cell) -> Cell,
    ) -> Option<Best<P>> {
        let whole = self.value * self.packing.sums(self.total).gradient;
        let mut best: Option<Best<P>> = None;
        let mut most = least;
        let mut sum = [0; 2];
        for (place, cell) in bins {
            // An empty bin cuts where the one before did.
            if cell[1] == 0 {
                continue;
            }
            sum = plus(sum, cell);
            match self.fit(sum, whole) {
                Fit::Before => {}
                Fit::Beyond => break,
                Fit::Within(gain) if gain > most => {
                    most = gain;
                    let left = left_of(sum);
                    best = Some(Best { gain, left, place });
                }
                Fit::Within(_) => {}
            }
        }
        best
    }

    /// Whether `side` and the rest of the node may part, and what that gains.
    #[inline(always)]
    fn fit(&self, side: Cell, whole: f64) -> Fit {
        let near = self.packing.sums(side);
        let far = self.packing.sums(minus(self.total, side));
        let is_small = |sums: &Sums| {
            sums.count < self.limits.min_samples_leaf || sums.hessian < self.limits.min_hessian
        };
        if is_small(&near) {
            return Fit::Before;
        }
        if is_small(&far) {
            return Fit::Beyond;
        }
        let loss = |sums: Sums| sums.gradient * node_value(sums, self.limits.l2);
        // Added first, so that both scans of a number give equal cuts equal gains.
        let parts = loss(near) + loss(far);
        let gain = whole - parts;
        Fit::Within(if gain > NOISE * parts.abs() {
            gain
        } else {
            0.0
        })
    }

    /// Parts the levels of a category in two sets. A gap counts as a level.
    fn best_set(
        &self,
        feature: usize,
        cells: &[Cell; N_BINS],
        n_levels: usize,
        has_gaps: bool,
    ) -> Option<Split> {
        let gap = has_gaps.then_some(usize::from(MISSING));
        let bins: Vec<usize> = (0..n_levels).chain(gap).collect();
        let sorted = self.sort_levels(cells, &bins);
        // The first half from either end: the left set is the smaller one, and levels of little
        // support go with the larger.
        let n_up = sorted.len().div_ceil(2);
        let n_down = n_up.saturating_sub(1);
        let upward = sorted[..n_up.min(sorted.len().saturating_sub(1))].iter();
        let upward = upward.enumerate().map(|(i, &bin)| (i, cells[bin]));
        let up = self.scan(upward, 0.0, |sum| sum);
        let least = up.map_or(0.0, |best| best.gain);
        let downward = sorted.iter().rev().take(n_down);
        let downward = downward.enumerate().map(|(i, &bin)| (i, cells[bin]));
        let down = self.scan(downward, least, |sum| sum);
        let chosen: Vec<usize> = match (&up, &down) {
            (_, Some(best)) => sorted.iter().rev().take(best.place + 1).copied().collect(),
            (Some(best), None) => sorted[..=best.place].to_vec(),
            (None, None) => return None,
        };
        let best = down.or(up)?;
        let set = bin_set(&chosen);
        Some(Split {
            feature,
            rule: Rule::Among(set),
            is_missing_left: contains(&set, MISSING),
            gain: best.gain,
            left: best.left,
            right: minus(self.total, best.left),
        })
    }

    /// The levels with enough support, by their value, the lowest first.
    fn sort_levels(&self, cells: &[Cell; N_BINS], bins: &[usize]) -> Vec<usize> {
        let total = self.packing.sums(self.total);
        let support = f64::from(total.count) / total.hessian;
        let sums = |bin: usize| self.packing.sums(cells[bin]);
        let has_support = |bin: &usize| sums(*bin).hessian * support >= LEAST_SUPPORT;
        let kept: Vec<usize> = bins.iter().copied().filter(has_support).collect();
        let value = |place: usize| {
            let sums = sums(kept[place]);
            sums.gradient / (sums.hessian + LEAST_SUPPORT)
        };
        let order = math::order_by(kept.len(), &|a, b| value(a).total_cmp(&value(b)));
        order.into_iter().map(|place| kept[place]).collect()
    }
}

fn bin_set(bins: &[usize]) -> BinSet {
    let mut set = [0; 8];
    for bin in bins {
        set[bin >> 5] |= 1 << (bin & 31);
    }
    set
}
