//! A tree with everything that is known of each node: while it grows, to prune, to draw.

use super::goal::Goal;
use super::tree::{Node, Tree, number_leaves};
use crate::math;

/// What is known of each node of a tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Details {
    /// `(n_nodes, width)`: what each node says, or would say as a leaf: shares of the classes,
    /// or one number.
    pub values: Vec<f64>,
    /// `(n_nodes,)`: in the unit of the criterion.
    pub impurity: Vec<f64>,
    /// `(n_nodes,)`: sum of the weights of its training samples.
    pub weight: Vec<f64>,
}

/// A growing tree.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::models) struct Draft {
    pub nodes: Vec<Node>,
    pub n_samples: Vec<u32>,
    pub details: Details,
    /// `(n_nodes,)`: Brier score or squared error of each node as a leaf, times its weight.
    pub losses: Vec<f64>,
    pub width: usize,
}

impl Draft {
    pub(in crate::models) fn new(width: usize) -> Self {
        Self {
            nodes: Vec::new(),
            n_samples: Vec::new(),
            details: Details::default(),
            losses: Vec::new(),
            width,
        }
    }

    /// Adds a leaf of the samples `rows`; returns its index, and whether they agree.
    pub(super) fn add(&mut self, goal: &dyn Goal, rows: &[u32]) -> (u32, bool) {
        let index = self.nodes.len() as u32;
        let summary = goal.summarize(rows, &mut self.details.values);
        self.nodes.push(Node {
            threshold: 0.0,
            feature: 0,
            left: 0,
        });
        self.n_samples.push(rows.len() as u32);
        self.details.impurity.push(summary.impurity);
        self.details.weight.push(summary.weight);
        self.losses.push(summary.loss);
        (index, summary.is_pure)
    }

    /// The mean loss of the training samples.
    pub(in crate::models) fn loss(&self) -> f64 {
        let nodes = self.nodes.iter().zip(&self.losses);
        let losses = nodes
            .filter(|(node, _)| node.left == 0)
            .map(|(_, loss)| *loss);
        (math::sum(losses) / self.details.weight[0]).min(f64::MAX)
    }

    /// The tree as it stands, to predict with.
    pub(in crate::models) fn tree(&self) -> Tree {
        let mut nodes = self.nodes.clone();
        number_leaves(&mut nodes);
        let leaves = (0..nodes.len()).filter(|&index| nodes[index].left == 0);
        let value = |index: usize| &self.details.values[index * self.width..][..self.width];
        Tree {
            values: leaves.flat_map(value).copied().collect(),
            n_samples: self.n_samples.clone(),
            width: self.width,
            nodes,
        }
    }

    /// The decrease of impurity that each feature brought, as shares of the whole.
    pub(in crate::models) fn importances(&self, n_features: usize) -> Vec<f64> {
        importances(&self.nodes, &self.details, n_features)
    }
}

/// The mean decrease of impurity by feature, `(n_features,)`: weight times impurity of each
/// split minus that of its children, as shares of the sum; all 0 without splits.
pub(in crate::models) fn importances(
    nodes: &[Node],
    details: &Details,
    n_features: usize,
) -> Vec<f64> {
    let mut sums = vec![0.0; n_features];
    let total = |index: usize| details.weight[index] * details.impurity[index];
    for (index, node) in nodes.iter().enumerate() {
        let left = node.left as usize;
        if left != 0 {
            let decrease = total(index) - total(left) - total(left + 1);
            sums[node.feature as usize] += decrease.max(0.0);
        }
    }
    to_shares(&mut sums);
    sums
}

/// Divides by the sum where it is positive.
pub(in crate::models) fn to_shares(sums: &mut [f64]) {
    let sum: f64 = sums.iter().sum();
    if sum > 0.0 && sum.is_finite() {
        sums.iter_mut().for_each(|s| *s /= sum);
    }
}
