//! The tree of all merges.

use super::Cut;
use crate::error::Result;
use crate::math;
use crate::models::Parts;
use crate::models::model::damaged;

/// Two clusters that merge, each told by one of its rows; or two rows joined by an edge of a
/// spanning tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merge {
    /// A row of the one.
    pub a: u32,
    /// A row of the other.
    pub b: u32,
    /// How far apart they are.
    pub height: f64,
}

/// Merges in the order of their heights, as in SciPy's linkage matrix. While merges are still
/// being found it is a forest of those there are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dendrogram {
    /// Number of rows, the leaves.
    pub n_leaves: usize,
    /// `(n_merges,)`: what merges, the lower number first. Below `n_leaves` it is a row; above,
    /// `n_leaves + i` is the cluster that merge `i` made.
    pub children: Vec<[u32; 2]>,
    /// `(n_merges,)`, never falling: how far apart the two were.
    pub heights: Vec<f64>,
    /// `(n_merges,)`: rows of the cluster made.
    pub sizes: Vec<u32>,
}

impl Dendrogram {
    /// Sorts merges by height, equals in their order.
    pub(in crate::models) fn new(n_leaves: usize, merges: &[Merge]) -> Self {
        let by_height = |a: usize, b: usize| merges[a].height.total_cmp(&merges[b].height);
        let mut tree = Self {
            n_leaves,
            ..Self::default()
        };
        let mut forest = Forest::new(n_leaves);
        for place in math::order_by(merges.len(), &by_height) {
            let Merge { a, b, height } = merges[place];
            let (a, b) = (forest.root(a as usize), forest.root(b as usize));
            tree.children.push([a.min(b) as u32, a.max(b) as u32]);
            tree.sizes.push(tree.size(a) + tree.size(b));
            tree.heights.push(height);
            forest.join(a, b);
        }
        tree
    }

    /// Rows of a leaf or of the cluster of a merge.
    pub(in crate::models) fn size(&self, node: usize) -> u32 {
        let merge = node.checked_sub(self.n_leaves);
        merge.map_or(1, |merge| self.sizes[merge])
    }

    /// The cluster of each row, `(n_leaves,)`, where the tree is cut. Clusters are numbered in
    /// the order of their first rows.
    pub fn cut(&self, cut: Cut) -> Vec<u32> {
        let n_merges = match cut {
            Cut::Clusters(n) => self.n_leaves.saturating_sub(n).min(self.heights.len()),
            Cut::Height(height) => self.heights.partition_point(|h| *h < height),
        };
        let mut forest = Forest::new(self.n_leaves);
        for [a, b] in &self.children[..n_merges] {
            forest.join(*a as usize, *b as usize);
        }
        let mut numbers = vec![None; self.n_leaves + n_merges];
        let mut n_clusters = 0;
        let number = |row: usize| {
            *numbers[forest.root(row)].get_or_insert_with(|| {
                n_clusters += 1;
                n_clusters - 1
            })
        };
        (0..self.n_leaves).map(number).collect()
    }

    /// Adds itself to the parts of a model.
    pub(in crate::models) fn put(&self, parts: &mut Parts) {
        parts.put("n_leaves", self.n_leaves);
        parts.put_codes("children", self.children.as_flattened());
        parts.put_vector("heights", &self.heights);
    }

    /// Reads it back: every cluster merges at most once and after it was made.
    pub(in crate::models) fn from_parts(parts: &Parts) -> Result<Self> {
        let heights = parts.vector("heights")?;
        let n_leaves = parts.count("n_leaves")?;
        // Before anything of that size is made.
        if n_leaves > u32::MAX as usize / 2 || heights.len() >= n_leaves.max(1) {
            return Err(damaged("n_leaves"));
        }
        if !heights.is_sorted() || heights.first().is_some_and(|h| *h < 0.0) {
            return Err(damaged("heights"));
        }
        let children = parts.codes("children", n_leaves + heights.len())?;
        let (children, rest) = children.as_chunks::<2>();
        if children.len() != heights.len() || !rest.is_empty() {
            return Err(damaged("children"));
        }
        let mut tree = Self {
            n_leaves,
            heights,
            ..Self::default()
        };
        let mut is_merged = std::collections::BTreeSet::new();
        for (merge, &[a, b]) in children.iter().enumerate() {
            let is_made = (b as usize) < n_leaves + merge;
            if a >= b || !is_made || !is_merged.insert(a) || !is_merged.insert(b) {
                return Err(damaged("children"));
            }
            tree.sizes
                .push(tree.size(a as usize) + tree.size(b as usize));
            tree.children.push([a, b]);
        }
        Ok(tree)
    }
}

/// Which cluster each row is in while clusters merge; every merge makes a new number.
pub(in crate::models) struct Forest {
    parents: Vec<u32>,
}

impl Forest {
    pub(in crate::models) fn new(n: usize) -> Self {
        Self {
            parents: (0..n as u32).collect(),
        }
    }

    pub(in crate::models) fn root(&mut self, mut node: usize) -> usize {
        while self.parents[node] as usize != node {
            let above = self.parents[self.parents[node] as usize];
            self.parents[node] = above;
            node = above as usize;
        }
        node
    }

    pub(in crate::models) fn join(&mut self, a: usize, b: usize) {
        let new = self.parents.len() as u32;
        self.parents.push(new);
        self.parents[a] = new;
        self.parents[b] = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_are_sorted_and_numbered_as_in_scipy() {
        let merge = |a, b, height| Merge { a, b, height };
        let tree = Dendrogram::new(4, &[merge(0, 3, 2.0), merge(1, 2, 1.0), merge(3, 2, 5.0)]);
        assert_eq!(tree.children, [[1, 2], [0, 3], [4, 5]]);
        assert_eq!(tree.sizes, [2, 2, 4]);
        assert_eq!(tree.cut(Cut::Clusters(2)), [0, 1, 1, 0]);
        assert_eq!(tree.cut(Cut::Height(2.0)), [0, 1, 1, 2]);
        assert_eq!(tree.cut(Cut::Clusters(1)), [0, 0, 0, 0]);
    }
}
