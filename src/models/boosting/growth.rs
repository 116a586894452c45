//! A tree while it grows, leaf by leaf: always the leaf whose split gains most.

use std::ops::Range;

use super::bins::{Binned, MISSING, N_BINS, Scale};
use super::histogram::{Cell, GroupCells, Packing, build, plus, subtract};
use super::split::{Limits, Rule, Search, Split, node_value};
use super::tree::{Node, Question, Test, Tree};
use crate::parallel;
use crate::rng::Rng;

/// Rows that one piece of work parts.
const ROWS_A_PIECE: usize = 4_096;

/// Below so many bins to look at, some 20 µs, the work is not worth a thread.
const FEW_BINS: usize = 4_096;

/// How far a tree may grow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub max_leaf_nodes: usize,
    /// No limit where `None`.
    pub max_depth: Option<usize>,
    pub limits: Limits,
    /// The share of features that each split may use.
    pub max_features: f64,
}

/// What a tree grows on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub binned: &'a Binned,
    /// `(n_samples,)`: gradient and hessian of each row.
    pub cells: &'a [Cell],
    pub packing: &'a Packing,
    pub shape: &'a Shape,
}

/// A node of a growing tree.
#[derive(Debug)]
struct Bud {
    depth: usize,
    /// Its rows, in [`Growth::rows`].
    rows: Range<usize>,
    total: Cell,
    value: f64,
    /// The best split, until it is made.
    split: Option<Split>,
    /// The histograms it was found in, until children take them over.
    histogram: Vec<GroupCells>,
    /// The first of two children that follow each other.
    left: Option<usize>,
}

/// A leaf of a grown tree, with its rows.
#[derive(Debug)]
pub(super) struct Leaf {
    pub node: usize,
    pub rows: Range<usize>,
}

/// A tree under way.
#[derive(Debug)]
pub(super) struct Growth {
    buds: Vec<Bud>,
    /// Leaves that may be split.
    open: Vec<usize>,
    /// `(n_samples,)`: the rows, those of each node together and ascending.
    pub rows: Vec<u32>,
    rng: Rng,
}

impl Growth {
    /// A root, with its best split.
    pub fn new(ground: Ground, rng: Rng) -> Self {
        let rows: Vec<u32> = (0..ground.cells.len() as u32).collect();
        let histogram = build(ground.binned, ground.cells, &rows);
        let first = histogram.first().map_or(&[][..], |cells| &cells[..N_BINS]);
        let total = first.iter().fold([0; 2], |sum, cell| plus(sum, *cell));
        let mut growth = Self {
            buds: vec![Bud {
                depth: 0,
                rows: 0..rows.len(),
                total,
                value: 0.0,
                split: None,
                histogram,
                left: None,
            }],
            open: Vec::new(),
            rows,
            rng,
        };
        let limits = &ground.shape.limits;
        let has_hessian = ground.packing.sums(total).hessian >= limits.min_hessian;
        if has_hessian && growth.may_split(0, ground.shape) {
            growth.find_splits(ground, &[0]);
        }
        growth
    }

    /// Whether no leaf is left to split.
    pub fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Splits the leaf that gains most; says how many cells that touched.
    pub fn advance(&mut self, ground: Ground) -> usize {
        let Some(place) = self.best_open() else {
            return 0;
        };
        let parent = self.open.swap_remove(place);
        let Some(split) = self.buds[parent].split else {
            return 0;
        };
        let children = self.part(parent, &split, ground);
        let n_leaves = self.buds.len().div_ceil(2);
        if n_leaves >= ground.shape.max_leaf_nodes {
            self.open.clear();
            return self.buds[parent].rows.len();
        }
        let may_split: Vec<usize> = children
            .into_iter()
            .filter(|&child| self.may_split(child, ground.shape))
            .collect();
        if may_split.is_empty() {
            self.buds[parent].histogram = Vec::new();
            return self.buds[parent].rows.len();
        }
        let n_summed = self.sum_children(parent, children, ground);
        self.find_splits(ground, &may_split);
        let n_cells = n_summed + may_split.len() * N_BINS;
        self.buds[parent].rows.len() + n_cells * ground.binned.scales.len()
    }

    /// The place in `open` of the leaf that gains most, the older of equals.
    fn best_open(&self) -> Option<usize> {
        let gain = |place: usize| self.buds[self.open[place]].split.map_or(0.0, |s| s.gain);
        let better = |a: usize, b: usize| {
            let order = gain(b)
                .total_cmp(&gain(a))
                .then(self.open[a].cmp(&self.open[b]));
            if order.is_le() { a } else { b }
        };
        (0..self.open.len()).reduce(better)
    }

    fn may_split(&self, bud: usize, shape: &Shape) -> bool {
        let bud = &self.buds[bud];
        bud.rows.len() >= 2 * shape.limits.min_samples_leaf as usize
            && shape.max_depth.is_none_or(|most| bud.depth < most)
    }

    /// Parts the rows of a node and adds its children.
    fn part(&mut self, parent: usize, split: &Split, ground: Ground) -> [usize; 2] {
        let (range, depth) = (self.buds[parent].rows.clone(), self.buds[parent].depth + 1);
        let n_left = part_rows(&mut self.rows[range.clone()], split, ground.binned);
        let middle = range.start + n_left;
        let left = self.buds.len();
        let sides = [
            (range.start..middle, split.left),
            (middle..range.end, split.right),
        ];
        for (rows, total) in sides {
            self.buds.push(Bud {
                depth,
                rows,
                total,
                value: node_value(ground.packing.sums(total), ground.shape.limits.l2),
                split: None,
                histogram: Vec::new(),
                left: None,
            });
        }
        self.buds[parent].left = Some(left);
        [left, left + 1]
    }

    /// Sums the rows of the smaller child up; the other child's sums are the rest.
    fn sum_children(&mut self, parent: usize, [left, right]: [usize; 2], ground: Ground) -> usize {
        let is_left_smaller = self.buds[left].rows.len() < self.buds[right].rows.len();
        let (small, large) = if is_left_smaller {
            (left, right)
        } else {
            (right, left)
        };
        let rows = &self.rows[self.buds[small].rows.clone()];
        let summed = build(ground.binned, ground.cells, rows);
        let mut rest = std::mem::take(&mut self.buds[parent].histogram);
        for (rest, summed) in rest.iter_mut().zip(&summed) {
            subtract(rest, summed);
        }
        let n_summed = self.buds[small].rows.len();
        self.buds[small].histogram = summed;
        self.buds[large].histogram = rest;
        n_summed
    }

    /// Finds the best splits of some leaves and opens those that have one.
    fn find_splits(&mut self, ground: Ground, buds: &[usize]) {
        let asked: Vec<Vec<bool>> = buds.iter().map(|_| self.draw_features(ground)).collect();
        let n_groups = ground.binned.groups.len();
        let is_little = buds.len() * ground.binned.n_bins() < FEW_BINS;
        let n_tasks = buds.len() * n_groups;
        let best_of = |task: usize| {
            let (place, group) = (task / n_groups, task % n_groups);
            let bud = &self.buds[buds[place]];
            let search = Search {
                packing: ground.packing,
                limits: &ground.shape.limits,
                total: bud.total,
                value: bud.value,
            };
            search.best_of_group(ground.binned, group, &bud.histogram[group], &asked[place])
        };
        let chunk = if is_little { n_tasks } else { 1 };
        let found = parallel::map_chunks(n_tasks, chunk, |tasks| {
            tasks.map(best_of).collect::<Vec<_>>()
        })
        .concat();
        for (&bud, found) in buds.iter().zip(found.chunks(n_groups.max(1))) {
            let best = found.iter().flatten().copied().reduce(more_gain);
            self.buds[bud].split = best;
            if best.is_some() {
                self.open.push(bud);
            } else {
                self.buds[bud].histogram = Vec::new();
            }
        }
    }

    /// Which features the next split may use; empty where all.
    fn draw_features(&mut self, ground: Ground) -> Vec<bool> {
        let n_features = ground.binned.scales.len();
        let share = ground.shape.max_features;
        if share >= 1.0 {
            return Vec::new();
        }
        let n_asked = ((share * n_features as f64).ceil() as usize).clamp(1, n_features);
        let mut is_asked = vec![false; n_features];
        is_asked[..n_asked].fill(true);
        self.rng.shuffle(&mut is_asked);
        is_asked
    }

    /// The leaves.
    pub fn leaves(&self) -> Vec<Leaf> {
        let buds = self.buds.iter().enumerate();
        buds.filter(|(_, bud)| bud.left.is_none())
            .map(|(node, bud)| Leaf {
                node,
                rows: bud.rows.clone(),
            })
            .collect()
    }

    /// The grown tree.
    ///
    /// - `value_of`: the value of a leaf, from its node and its value in the second order.
    pub fn to_tree(&self, ground: Ground, value_of: impl Fn(usize, f64) -> f64) -> Tree {
        let node = |(index, bud): (usize, &Bud)| match (bud.left, &bud.split) {
            (Some(left), Some(split)) => Node::Split(self.question(bud, split, left, ground)),
            _ => Node::Leaf {
                value: value_of(index, bud.value),
                n_samples: bud.rows.len() as u32,
            },
        };
        Tree {
            nodes: self.buds.iter().enumerate().map(node).collect(),
        }
    }

    fn question(&self, bud: &Bud, split: &Split, left: usize, ground: Ground) -> Question {
        let has_gaps = ground.binned.has_gaps[split.feature];
        // Where no gap was seen, gaps go with the most rows.
        let is_left_larger = self.buds[left].rows.len() > self.buds[left + 1].rows.len();
        Question {
            feature: split.feature as u32,
            test: test(split, &ground.binned.scales[split.feature]),
            is_missing_left: if has_gaps {
                split.is_missing_left
            } else {
                is_left_larger
            },
            left: left as u32,
            gain: split.gain,
            n_samples: bud.rows.len() as u32,
        }
    }
}

fn more_gain(a: Split, b: Split) -> Split {
    if b.gain > a.gain { b } else { a }
}

/// What a split asks of values instead of bins.
fn test(split: &Split, scale: &Scale) -> Test {
    match (&split.rule, scale) {
        (Rule::UpTo(bin), Scale::Number(thresholds)) => {
            // The last bin has no threshold: all numbers go left, gaps right.
            let threshold = thresholds.get(usize::from(*bin)).copied();
            Test::AtMost(threshold.unwrap_or(f64::MAX))
        }
        (Rule::UpTo(bin), Scale::Category(_)) => Test::AtMost(f64::from(*bin)),
        (Rule::Among(bins), _) => {
            let mut levels = *bins;
            levels[usize::from(MISSING >> 5)] &= !(1 << (MISSING & 31));
            Test::Among(levels)
        }
    }
}

/// Brings the rows that go left to the front, both sides in their order; says how many there
/// are.
fn part_rows(rows: &mut [u32], split: &Split, binned: &Binned) -> usize {
    let words = &binned.groups[split.feature / super::bins::GROUP];
    let shift = 8 * (split.feature % super::bins::GROUP) as u32;
    let mut is_left = [false; N_BINS];
    for (bin, is_left) in is_left.iter_mut().enumerate() {
        *is_left = split.goes_left(bin as u8);
    }
    let goes_left = |row: u32| is_left[usize::from((words[row as usize] >> shift) as u8)];
    let parts = parallel::map_chunks(rows.len(), ROWS_A_PIECE, |range| {
        part_piece(&rows[range], goes_left)
    });
    let n_left = parts.iter().map(|(left, _)| left.len()).sum();
    let (mut to_left, mut to_right) = rows.split_at_mut(n_left);
    let copies: Vec<[(&mut [u32], &[u32]); 2]> = parts
        .iter()
        .map(|(left, right)| {
            [
                split_front(&mut to_left, left),
                split_front(&mut to_right, right),
            ]
        })
        .collect();
    parallel::for_each(copies.into_iter(), |sides| {
        sides
            .into_iter()
            .for_each(|(to, from)| to.copy_from_slice(from));
    });
    n_left
}

/// The rows that go left and those that go right.
fn part_piece(rows: &[u32], goes_left: impl Fn(u32) -> bool) -> (Vec<u32>, Vec<u32>) {
    let (mut left, mut right) = (vec![0; rows.len()], vec![0; rows.len()]);
    let (mut n_left, mut n_right) = (0, 0);
    for &row in rows {
        // Both are written and one counts: which it is cannot be guessed ahead.
        let is_left = goes_left(row);
        left[n_left] = row;
        right[n_right] = row;
        n_left += usize::from(is_left);
        n_right += usize::from(!is_left);
    }
    left.truncate(n_left);
    right.truncate(n_right);
    (left, right)
}

/// Takes as much off the front of `to` as `from` fills.
fn split_front<'a, 'b>(to: &mut &'a mut [u32], from: &'b [u32]) -> (&'a mut [u32], &'b [u32]) {
    let (front, rest) = std::mem::take(to).split_at_mut(from.len());
    *to = rest;
    (front, from)
}
