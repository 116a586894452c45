//! Which clusters of the condensed tree are kept, and whose the rows are.

use super::Options;
use super::condense::{CondensedTree, lambda};
use crate::models::NOISE;

/// The clusters kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Clustering {
    /// `(n_samples,)`: the cluster of each row, or [`NOISE`].
    pub labels: Vec<u32>,
    /// `(n_samples,)`: how long each row stays in its cluster, from 0 to 1; 0 for noise.
    pub probabilities: Vec<f64>,
    /// `(n_clusters,)`: the branch of the condensed tree that each cluster is.
    pub branches: Vec<usize>,
    /// `(n_clusters,)`: the mutual reachability up to which rows belong to it.
    pub reaches: Vec<f64>,
}

impl Clustering {
    /// Chooses clusters and labels rows.
    pub(super) fn new(tree: &CondensedTree, options: &Options) -> Self {
        let is_kept = keep(tree, options);
        let threshold = root_threshold(tree, options);
        let branches: Vec<Option<usize>> = (0..tree.last.len())
            .map(|row| branch_of(tree, &is_kept, threshold, row))
            .collect();
        let mut numbers = vec![None; tree.branches.len()];
        let mut clustering = Self::default();
        for (row, branch) in branches.into_iter().enumerate() {
            let Some(branch) = branch else {
                clustering.labels.push(NOISE);
                clustering.probabilities.push(0.0);
                continue;
            };
            let label = *numbers[branch].get_or_insert_with(|| {
                clustering.branches.push(branch);
                let birth = tree.branches[branch].birth;
                clustering
                    .reaches
                    .push(if branch == 0 { threshold } else { birth });
                clustering.branches.len() as u32 - 1
            });
            clustering.labels.push(label);
            clustering
                .probabilities
                .push(probability(tree, branch, row));
        }
        clustering
    }
}

/// Which branches are kept.
fn keep(tree: &CondensedTree, options: &Options) -> Vec<bool> {
    let mut is_kept = if options.takes_leaves {
        let is_leaf = |(i, branch): (usize, &super::Branch)| i > 0 && branch.children.is_empty();
        tree.branches.iter().enumerate().map(is_leaf).collect()
    } else {
        most_stable(tree, options.allows_one)
    };
    // The root alone has nothing to give way to.
    if options.epsilon > 0.0 && !is_kept.first().copied().unwrap_or(false) {
        is_kept = give_way(tree, options, &is_kept);
    }
    is_kept
}

/// The branches of largest total stability, none within another.
fn most_stable(tree: &CondensedTree, allows_root: bool) -> Vec<bool> {
    let n = tree.branches.len();
    let mut stability: Vec<f64> = tree.branches.iter().map(|b| b.stability).collect();
    let mut is_kept = vec![true; n];
    is_kept[0] = allows_root;
    let first = usize::from(!allows_root);
    for branch in (first..n).rev() {
        let children = &tree.branches[branch].children;
        let inside: f64 = children.iter().map(|&child| stability[child]).sum();
        if inside > stability[branch] {
            is_kept[branch] = false;
            stability[branch] = inside;
        }
    }
    let mut is_inside = vec![false; n];
    for branch in 1..n {
        let parent = tree.branches[branch].parent.unwrap_or(0);
        is_inside[branch] = is_inside[parent] || is_kept[parent];
        is_kept[branch] &= !is_inside[branch];
    }
    is_kept
}

/// Replaces branches born at less than epsilon by the first above born at more.
fn give_way(tree: &CondensedTree, options: &Options, is_kept: &[bool]) -> Vec<bool> {
    let mut result = vec![false; is_kept.len()];
    for start in (0..is_kept.len()).filter(|&branch| is_kept[branch]) {
        let mut branch = start;
        while tree.branches[branch].birth < options.epsilon
            || (branch != start && tree.branches[branch].birth == options.epsilon)
        {
            match tree.branches[branch].parent {
                Some(0) if !options.allows_one => break,
                Some(parent) => branch = parent,
                None => break,
            }
        }
        result[branch] = true;
    }
    result
}

/// The distance up to which rows belong to the root, where that is the only cluster.
fn root_threshold(tree: &CondensedTree, options: &Options) -> f64 {
    if options.epsilon > 0.0 {
        options.epsilon
    } else {
        tree.branches.first().map_or(0.0, |root| root.end)
    }
}

/// The kept branch that a row is in.
fn branch_of(tree: &CondensedTree, is_kept: &[bool], threshold: f64, row: usize) -> Option<usize> {
    let mut branch = tree.last[row];
    while branch != 0 {
        if is_kept[branch] {
            return Some(branch);
        }
        branch = tree.branches[branch].parent?;
    }
    let is_within = is_kept.first().copied()? && tree.leaving[row] <= threshold;
    is_within.then_some(0)
}

/// λ at which the row leaves, relative to that at which its cluster ends.
fn probability(tree: &CondensedTree, branch: usize, row: usize) -> f64 {
    let (at, end) = (lambda(tree.leaving[row]), lambda(tree.branches[branch].end));
    if end == 0.0 || at.is_infinite() {
        return 1.0;
    }
    at.min(end) / end
}
