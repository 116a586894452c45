//! A tree of random splits.

use super::model::set_path_lengths;
use crate::models::trees::{Node, Tree, between, number_leaves};
use crate::rng::Rng;

/// Rows and features among which trees are grown.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    /// `(n_samples, n_features)` row by row.
    pub x: &'a [f64],
    pub n_features: usize,
}

impl Matrix<'_> {
    fn at(&self, row: u32, feature: u32) -> f64 {
        self.x[row as usize * self.n_features + feature as usize]
    }

    fn range(&self, rows: &[u32], feature: u32) -> (f64, f64) {
        let start = (f64::INFINITY, f64::NEG_INFINITY);
        rows.iter().fold(start, |(least, largest), &row| {
            let x = self.at(row, feature);
            (least.min(x), largest.max(x))
        })
    }

    /// A feature that varies among `rows`, drawn evenly from `features`, and a threshold within
    /// its range; `None` where all are constant.
    fn draw(&self, rows: &[u32], features: &mut [u32], rng: &mut Rng) -> Option<(u32, f64)> {
        for n_left in (1..=features.len()).rev() {
            let drawn = rng.below(n_left);
            let feature = features[drawn];
            let (least, largest) = self.range(rows, feature);
            if least < largest {
                return Some((feature, between(least, largest, rng)));
            }
            features.swap(drawn, n_left - 1);
        }
        None
    }
}

/// A node whose rows are `start..end`.
struct Open {
    node: usize,
    start: usize,
    end: usize,
    depth: u32,
}

/// Grows a tree on `rows`, which it reorders.
///
/// - `features`: those it may ask of.
pub(super) fn grow(matrix: Matrix, rows: &mut [u32], features: &mut [u32], rng: &mut Rng) -> Tree {
    let max_depth = rows.len().max(2).next_power_of_two().ilog2();
    let mut tree = root(rows.len());
    let mut stack = vec![Open {
        node: 0,
        start: 0,
        end: rows.len(),
        depth: 0,
    }];
    while let Some(open) = stack.pop() {
        let own = &mut rows[open.start..open.end];
        if own.len() < 2 || open.depth == max_depth {
            continue;
        }
        let Some((feature, threshold)) = matrix.draw(own, features, rng) else {
            continue;
        };
        let n_left = part(own, |row| matrix.at(row, feature) <= threshold);
        let left = tree.nodes.len();
        tree.nodes[open.node] = Node {
            threshold,
            feature,
            left: left as u32,
        };
        let middle = open.start + n_left;
        for (child, (start, end)) in [(open.start, middle), (middle, open.end)]
            .into_iter()
            .enumerate()
        {
            add_leaf(&mut tree, end - start);
            stack.push(Open {
                node: left + child,
                start,
                end,
                depth: open.depth + 1,
            });
        }
    }
    number_leaves(&mut tree.nodes);
    set_path_lengths(&mut tree);
    tree
}

/// A tree that tells nothing apart.
pub(super) fn root(n_samples: usize) -> Tree {
    let mut tree = Tree {
        nodes: Vec::new(),
        n_samples: Vec::new(),
        values: Vec::new(),
        width: 1,
    };
    add_leaf(&mut tree, n_samples);
    set_path_lengths(&mut tree);
    tree
}

fn add_leaf(tree: &mut Tree, n_samples: usize) {
    tree.nodes.push(Node {
        threshold: 0.0,
        feature: 0,
        left: 0,
    });
    tree.n_samples.push(n_samples as u32);
}

/// Brings those that go to the left first; returns how many they are.
fn part(rows: &mut [u32], is_left: impl Fn(u32) -> bool) -> usize {
    let mut n_left = 0;
    for place in 0..rows.len() {
        if is_left(rows[place]) {
            rows.swap(n_left, place);
            n_left += 1;
        }
    }
    n_left
}
