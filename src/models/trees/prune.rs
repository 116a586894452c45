//! Minimal cost-complexity pruning: branches that purify least for their leaves fall first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::draft::{Details, Draft};
use super::tree::{Node, number_leaves};

/// One stage of the pruning of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pruning {
    /// The price of a leaf from which the tree is pruned so far.
    pub alpha: f64,
    /// Impurity of the leaves, each by its share of the weight.
    pub impurity: f64,
    /// Leaves that are left.
    pub n_leaves: usize,
    /// The split that became a leaf; `None` for the tree before any pruning.
    pub node: Option<usize>,
}

/// A split and what its branch is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Link {
    alpha: f64,
    node: usize,
    /// How often the branch had changed by then.
    version: u32,
}

impl Eq for Link {}

impl PartialOrd for Link {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The weakest first, of equals the one nearer the root: a heap gives the largest.
impl Ord for Link {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_alpha = other.alpha.total_cmp(&self.alpha);
        by_alpha.then(other.node.cmp(&self.node))
    }
}

/// A tree whose weakest branches fall one after another.
///
/// Cost: O(depth · log n_nodes) a stage.
struct Pruner<'a> {
    nodes: &'a [Node],
    parents: Vec<usize>,
    /// Impurity of each node by its share of the weight, and that of the leaves of its branch.
    own: Vec<f64>,
    branch: Vec<f64>,
    /// Leaves of each branch; 1 for a leaf, and 0 for what has fallen.
    n_leaves: Vec<usize>,
    versions: Vec<u32>,
    links: BinaryHeap<Link>,
}

impl<'a> Pruner<'a> {
    fn new(nodes: &'a [Node], details: &Details) -> Self {
        let n = nodes.len();
        let own = |i: usize| details.weight[i] * details.impurity[i] / details.weight[0];
        let mut pruner = Self {
            nodes,
            parents: vec![usize::MAX; n],
            own: (0..n).map(own).collect(),
            branch: vec![0.0; n],
            n_leaves: vec![1; n],
            versions: vec![0; n],
            links: BinaryHeap::new(),
        };
        pruner.branch.copy_from_slice(&pruner.own);
        for index in (0..n).rev().filter(|&index| nodes[index].left != 0) {
            let left = nodes[index].left as usize;
            pruner.parents[left] = index;
            pruner.parents[left + 1] = index;
            pruner.branch[index] = pruner.branch[left] + pruner.branch[left + 1];
            pruner.n_leaves[index] = pruner.n_leaves[left] + pruner.n_leaves[left + 1];
            pruner.offer(index);
        }
        pruner
    }

    fn offer(&mut self, node: usize) {
        let gained = self.own[node] - self.branch[node];
        self.links.push(Link {
            alpha: gained / (self.n_leaves[node] - 1) as f64,
            node,
            version: self.versions[node],
        });
    }

    /// The weakest link, which is left in place.
    fn weakest(&mut self) -> Option<Link> {
        loop {
            let link = *self.links.peek()?;
            let is_current = self.versions[link.node] == link.version;
            if is_current && self.n_leaves[link.node] > 1 {
                return Some(link);
            }
            self.links.pop();
        }
    }

    /// Turns a split into a leaf.
    fn cut(&mut self, node: usize) {
        self.fell_below(node);
        let n_fallen = self.n_leaves[node] - 1;
        let gained = self.own[node] - self.branch[node];
        self.n_leaves[node] = 1;
        self.branch[node] = self.own[node];
        let mut at = self.parents[node];
        while at != usize::MAX {
            self.n_leaves[at] -= n_fallen;
            self.branch[at] += gained;
            self.versions[at] += 1;
            self.offer(at);
            at = self.parents[at];
        }
    }

    fn fell_below(&mut self, node: usize) {
        let mut stack = vec![node];
        while let Some(at) = stack.pop() {
            let left = self.nodes[at].left as usize;
            // Below a leaf, given or made, nothing is left to fall.
            if left == 0 || self.n_leaves[at] < 2 {
                continue;
            }
            stack.extend([left, left + 1]);
            if at != node {
                self.n_leaves[at] = 0;
            }
        }
    }

    fn stage(&self, alpha: f64, node: Option<usize>) -> Pruning {
        Pruning {
            alpha,
            impurity: self.branch[0],
            n_leaves: self.n_leaves[0],
            node,
        }
    }
}

/// All stages of the pruning, from the tree as it is to its root.
pub(in crate::models) fn path(nodes: &[Node], details: &Details) -> Vec<Pruning> {
    let mut pruner = Pruner::new(nodes, details);
    let mut stages = vec![pruner.stage(0.0, None)];
    while let Some(link) = pruner.weakest() {
        pruner.cut(link.node);
        stages.push(pruner.stage(link.alpha, Some(link.node)));
    }
    stages
}

/// The tree without the branches that are worth at most `alpha` a leaf.
pub(in crate::models) fn prune(draft: &Draft, alpha: f64) -> Draft {
    let mut pruner = Pruner::new(&draft.nodes, &draft.details);
    let mut is_leaf: Vec<bool> = draft.nodes.iter().map(|node| node.left == 0).collect();
    while let Some(link) = pruner.weakest().filter(|link| link.alpha <= alpha) {
        pruner.cut(link.node);
        is_leaf[link.node] = true;
    }
    keep(draft, &is_leaf)
}

/// The nodes that are reached from the root without passing a leaf, in their old order.
fn keep(draft: &Draft, is_leaf: &[bool]) -> Draft {
    let mut kept = vec![0_usize];
    let mut nodes: Vec<Node> = Vec::new();
    // Children are put at the end, so that those of one node stay side by side.
    while let Some(&old) = kept.get(nodes.len()) {
        let mut node = draft.nodes[old];
        if is_leaf[old] {
            node.left = 0;
        } else {
            let left = node.left as usize;
            node.left = kept.len() as u32;
            kept.extend([left, left + 1]);
        }
        nodes.push(node);
    }
    number_leaves(&mut nodes);
    let values = |&old: &usize| &draft.details.values[old * draft.width..][..draft.width];
    Draft {
        nodes,
        n_samples: kept.iter().map(|&old| draft.n_samples[old]).collect(),
        details: Details {
            values: kept.iter().flat_map(values).copied().collect(),
            impurity: kept
                .iter()
                .map(|&old| draft.details.impurity[old])
                .collect(),
            weight: kept.iter().map(|&old| draft.details.weight[old]).collect(),
        },
        losses: kept.iter().map(|&old| draft.losses[old]).collect(),
        width: draft.width,
    }
}
