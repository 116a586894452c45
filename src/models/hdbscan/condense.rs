//! The tree of merges without its small branches.

use std::collections::VecDeque;

use crate::models::agglomerative::Dendrogram;

/// A cluster of the condensed tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// What it split from; none for the root, which holds all rows.
    pub parent: Option<usize>,
    /// The clusters it splits into: none or two.
    pub children: Vec<usize>,
    /// The distance at which it was born; infinite for the root.
    pub birth: f64,
    /// Rows it was born with.
    pub size: usize,
    /// Σ over its rows of λ at leaving less λ at birth, λ = 1 / distance.
    pub stability: f64,
    /// The least distance at which rows or clusters leave it: that at which it ends.
    pub end: f64,
}

/// Clusters, and where every row leaves them. Cluster 0 is the root; children follow parents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CondensedTree {
    /// `(n_clusters,)`.
    pub branches: Vec<Branch>,
    /// `(n_samples,)`: the last cluster that each row is in.
    pub last: Vec<usize>,
    /// `(n_samples,)`: the distance at which it leaves that.
    pub leaving: Vec<f64>,
}

/// 1 / distance; infinite for equal rows.
pub(super) fn lambda(distance: f64) -> f64 {
    if distance > 0.0 {
        1.0 / distance
    } else {
        f64::INFINITY
    }
}

impl CondensedTree {
    /// Condenses a complete tree of merges.
    pub(super) fn new(merges: &Dendrogram, min_cluster_size: usize) -> Self {
        let n = merges.n_leaves;
        let mut tree = Self {
            branches: Vec::new(),
            last: vec![0; n],
            leaving: vec![0.0; n],
        };
        tree.add(None, f64::INFINITY, n);
        let mut pending = VecDeque::from([(n + merges.heights.len() - 1, 0)]);
        while let Some((node, cluster)) = pending.pop_front() {
            let Some(merge) = node.checked_sub(n) else {
                // The only row there is.
                continue;
            };
            let (children, distance) = (merges.children[merge], merges.heights[merge]);
            let is_large = |child: &u32| merges.size(*child as usize) as usize >= min_cluster_size;
            let both = children.iter().all(is_large);
            for child in children {
                let size = merges.size(child as usize) as usize;
                if both {
                    let born = tree.add(Some(cluster), distance, size);
                    pending.push_back((child as usize, born));
                } else if is_large(&child) {
                    pending.push_back((child as usize, cluster));
                } else {
                    tree.take_off(merges, child as usize, cluster, distance);
                }
            }
        }
        tree
    }

    /// Adds a cluster, which leaves its parent.
    fn add(&mut self, parent: Option<usize>, birth: f64, size: usize) -> usize {
        let cluster = self.branches.len();
        if let Some(parent) = parent {
            self.branches[parent].children.push(cluster);
            self.leave(parent, birth, size);
        }
        self.branches.push(Branch {
            parent,
            children: Vec::new(),
            birth,
            size,
            stability: 0.0,
            end: f64::INFINITY,
        });
        cluster
    }

    /// Takes rows off a cluster.
    fn leave(&mut self, cluster: usize, distance: f64, n_rows: usize) {
        let branch = &mut self.branches[cluster];
        branch.end = branch.end.min(distance);
        let (at, since) = (lambda(distance), lambda(branch.birth));
        // Rows that leave as they come add nothing, even at an infinite λ.
        if at > since {
            branch.stability += (at - since) * n_rows as f64;
        }
    }

    /// Takes all rows below a node off a cluster.
    fn take_off(&mut self, merges: &Dendrogram, node: usize, cluster: usize, distance: f64) {
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            if let Some(merge) = node.checked_sub(merges.n_leaves) {
                pending.extend(merges.children[merge].map(|child| child as usize));
            } else {
                self.last[node] = cluster;
                self.leaving[node] = distance;
                self.leave(cluster, distance, 1);
            }
        }
    }
}
