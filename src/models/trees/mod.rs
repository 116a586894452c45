//! Decision trees as all tree algorithms share them: their nodes, how they grow, how they are
//! pruned and stored.
//!
//! A tree asks one question of one feature at each node: rows whose value is at most the
//! threshold go to the left child, the others to the right. It grows by splits: among the
//! places between two different values of a feature the one is taken that leaves the two parts
//! purest, weighted by their sizes. Values are compared as they are, in 64 bits; a threshold
//! lies half-way between its neighbors, or at the lower one where rounding would reach the
//! upper. Of equally good splits that of the lower feature wins, then the lower threshold.
//!
//! Every feature is ranked once for all trees. A node then orders its rows by counting digits
//! of ranks, and walks along them with running sums: whole counts for classes, compensated sums
//! for weights and numbers. Cost: O(n_samples · n_features) for each level of a tree.
//!
//! Deviations from scikit-learn: it compares features in 32 bits, takes values within 1e-7 for
//! the same, and a node for pure whose impurity is below 2.2e-16; here only equal values and
//! equal targets are.

mod absolute;
mod answers;
mod classes;
mod columns;
mod declared;
mod draft;
mod goal;
mod grower;
mod out_of_bag;
mod prune;
mod radix;
mod search;
mod squares;
mod storage;
mod tree;

pub use draft::Details;
pub use goal::Criterion;
pub use prune::Pruning;
pub use search::Splitter;
pub use tree::{Kind, Tree};

pub(super) use tree::{Node, number_leaves};

pub(super) use answers::{mean_loss, prediction};
pub(super) use columns::Columns;
pub(super) use declared::{
    CCP_ALPHA, CRITERION, Growth, MAX_DEPTH, MAX_FEATURES_OF_FOREST, MAX_FEATURES_OF_TREE,
    MAX_LEAF_NODES, MIN_IMPURITY_DECREASE, MIN_SAMPLES_LEAF, MIN_SAMPLES_SPLIT,
};
pub(super) use draft::{Draft, importances, to_shares};
pub(super) use goal::{Truth, Weights};
pub(super) use grower::{Budget, Grower, Limits, Problem, root};
pub(super) use out_of_bag::{Judged, OutOfBag};
pub(super) use prune::{path, prune};
pub(super) use search::between;
pub(super) use storage::{check_shares, put_trees, take_trees};

/// Samples times features that a step looks at: some 25 ms.
pub(super) const WORK_A_STEP: usize = 2_000_000;
