//! The search for the split of one node, feature by feature.

use super::columns::{Column, Columns};
use super::goal::{Focus, Goal};
use super::radix::sort_by_upper;
use crate::rng::Rng;

/// How thresholds are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splitter {
    /// The best between any two values.
    Best,
    /// One drawn evenly between the least and the largest value in the node.
    Random,
}

/// A split that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    pub feature: u32,
    pub threshold: f64,
    /// The largest rank that goes to the left.
    pub code: u32,
    /// Comparable within the node.
    pub score: f64,
}

/// Buffers that all searches share.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    pub focus: Focus,
    keys: Vec<u64>,
    scratch: Vec<u64>,
}

/// A node whose split is being sought.
#[derive(Debug)]
pub(super) struct Search {
    /// Features looked at.
    n_seen: usize,
    /// Whether one of them varies in the node.
    has_varied: bool,
    pub best: Option<Split>,
}

/// What all searches of a tree have in common.
pub(super) struct Searcher<'a> {
    pub columns: &'a Columns,
    pub goal: &'a dyn Goal,
    pub splitter: Splitter,
    pub max_features: usize,
    pub min_samples_leaf: usize,
}

impl Search {
    pub(super) fn new() -> Self {
        Self {
            n_seen: 0,
            has_varied: false,
            best: None,
        }
    }

    /// Looks at one more feature; returns whether the search is over: `max_features` were
    /// looked at and one of them varies, or there are no more.
    ///
    /// - `features`: all features; those before `n_seen` were drawn in this node.
    pub(super) fn look(
        &mut self,
        searcher: &Searcher,
        rows: &[u32],
        features: &mut [u32],
        buffers: &mut Buffers,
        rng: &mut Rng,
    ) -> bool {
        let is_drawing = searcher.max_features < features.len();
        if is_drawing {
            let drawn = self.n_seen + rng.below(features.len() - self.n_seen);
            features.swap(self.n_seen, drawn);
        }
        let feature = features[self.n_seen];
        self.n_seen += 1;
        if let Some(found) = searcher.split(feature, rows, buffers, rng) {
            self.has_varied = true;
            self.keep(found);
        }
        let has_enough = self.n_seen >= searcher.max_features && self.has_varied;
        has_enough || self.n_seen == features.len()
    }

    /// Keeps the better split, of equals that of the lower feature.
    fn keep(&mut self, found: Option<Split>) {
        let Some(found) = found else {
            return;
        };
        let is_better = |best: Split| {
            found.score > best.score || found.score == best.score && found.feature < best.feature
        };
        if self.best.is_none_or(is_better) {
            self.best = Some(found);
        }
    }
}

impl Searcher<'_> {
    /// The split of `rows` by one feature; `None` where the feature is constant in them,
    /// `Some(None)` where it varies but no split is allowed.
    fn split(
        &self,
        feature: u32,
        rows: &[u32],
        buffers: &mut Buffers,
        rng: &mut Rng,
    ) -> Option<Option<Split>> {
        let column = self.columns.column(feature);
        let (low, high) = gather(column, rows, &buffers.focus.labels, &mut buffers.keys)?;
        let found = match self.splitter {
            Splitter::Best => self.best(column, (low, high), buffers),
            Splitter::Random => self.random(column, (low, high), buffers, rng),
        };
        Some(found.map(|split| Split { feature, ..split }))
    }

    fn best(
        &self,
        column: &Column,
        (low, high): (u32, u32),
        buffers: &mut Buffers,
    ) -> Option<Split> {
        let n_bits = u32::BITS - (high - low).leading_zeros();
        let keys = &mut buffers.keys;
        keys.iter_mut().for_each(|key| *key -= u64::from(low) << 32);
        sort_by_upper(keys, &mut buffers.scratch, n_bits);
        let cut = self
            .goal
            .best_cut(keys, &mut buffers.focus, self.min_samples_leaf)?;
        let code = |place: usize| (keys[place] >> 32) as u32 + low;
        Some(Split {
            feature: 0,
            threshold: column.threshold(code(cut.n_left - 1), code(cut.n_left)),
            code: code(cut.n_left - 1),
            score: cut.score,
        })
    }

    fn random(
        &self,
        column: &Column,
        (low, high): (u32, u32),
        buffers: &mut Buffers,
        rng: &mut Rng,
    ) -> Option<Split> {
        let (least, largest) = (column.values[low as usize], column.values[high as usize]);
        let threshold = between(least, largest, rng);
        let code = column.code_up_to(threshold);
        part(&mut buffers.keys, &mut buffers.scratch, code);
        let cut = self
            .goal
            .best_cut(&buffers.keys, &mut buffers.focus, self.min_samples_leaf)?;
        Some(Split {
            feature: 0,
            threshold,
            code,
            score: cut.score,
        })
    }
}

/// An even draw between two numbers, the upper one excluded.
pub(crate) fn between(least: f64, largest: f64, rng: &mut Rng) -> f64 {
    let u = rng.uniform();
    // Weighing both ends cannot overflow, as their difference could.
    let drawn = least * (1.0 - u) + largest * u;
    if least <= drawn && drawn < largest {
        drawn
    } else {
        least
    }
}

/// Puts rank and label of each row together; returns the least and the largest rank, or `None`
/// where they are the same.
fn gather(
    column: &Column,
    rows: &[u32],
    labels: &[u32],
    keys: &mut Vec<u64>,
) -> Option<(u32, u32)> {
    let (mut low, mut high) = (u32::MAX, 0);
    keys.clear();
    keys.extend(rows.iter().zip(labels).map(|(&row, &label)| {
        let code = column.codes[row as usize];
        low = low.min(code);
        high = high.max(code);
        u64::from(code) << 32 | u64::from(label)
    }));
    (low < high).then_some((low, high))
}

/// Replaces ranks by 0 up to `code` and by 1 above, and puts the former first.
fn part(keys: &mut Vec<u64>, scratch: &mut Vec<u64>, code: u32) {
    for key in keys.iter_mut() {
        let is_right = u64::from((*key >> 32) as u32 > code);
        *key = is_right << 32 | (*key & 0xffff_ffff);
    }
    sort_by_upper(keys, scratch, 1);
}
