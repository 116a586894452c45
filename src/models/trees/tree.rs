//! A decision tree, ready to predict.

/// One node, as it is walked. See [`Tree::kind`] for what it means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::models) struct Node {
    pub threshold: f64,
    /// The feature of a split; the number of a leaf.
    pub feature: u32,
    /// The left child, the right one follows it; 0 for a leaf.
    pub left: u32,
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Sends rows on.
    Split {
        /// Index of the feature that is compared.
        feature: usize,
        /// Rows whose feature is at most this go to the left.
        threshold: f64,
        /// Index of the left child.
        left: usize,
        /// Index of the right child.
        right: usize,
    },
    /// Answers.
    Leaf {
        /// Its number among the leaves.
        leaf: usize,
    },
}

/// A binary tree in flat arrays. Node 0 is the root; children come after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub(in crate::models) nodes: Vec<Node>,
    /// `(n_nodes,)`: training samples that reached each node, each counted once.
    pub(in crate::models) n_samples: Vec<u32>,
    /// `(n_leaves, width)`: shares of the classes, or one number.
    pub(in crate::models) values: Vec<f64>,
    pub(in crate::models) width: usize,
}

impl Tree {
    /// Number of nodes.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Number of leaves.
    pub fn n_leaves(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }

    /// What node `index` does.
    pub fn kind(&self, index: usize) -> Kind {
        let node = self.nodes[index];
        match node.left {
            0 => Kind::Leaf {
                leaf: node.feature as usize,
            },
            left => Kind::Split {
                feature: node.feature as usize,
                threshold: node.threshold,
                left: left as usize,
                right: left as usize + 1,
            },
        }
    }

    /// Training samples that reached node `index`.
    pub fn n_samples(&self, index: usize) -> usize {
        self.n_samples[index] as usize
    }

    /// What leaf number `leaf` says: a share for each class, or one number.
    pub fn value(&self, leaf: usize) -> &[f64] {
        &self.values[leaf * self.width..(leaf + 1) * self.width]
    }

    /// The index of the leaf node that a row ends in.
    ///
    /// - `row`: `(n_features,)`, finite.
    pub fn apply(&self, row: &[f64]) -> usize {
        self.descend(row).0
    }

    /// What the tree says of a row.
    ///
    /// - `row`: `(n_features,)`, finite.
    #[inline]
    pub fn answer(&self, row: &[f64]) -> &[f64] {
        self.value(self.descend(row).1 as usize)
    }

    /// Index and number of the leaf.
    #[inline(always)]
    fn descend(&self, row: &[f64]) -> (usize, u32) {
        let (mut index, mut node) = (0, self.nodes[0]);
        while node.left != 0 {
            let is_right = row[node.feature as usize] > node.threshold;
            index = node.left as usize + usize::from(is_right);
            node = self.nodes[index];
        }
        (index, node.feature)
    }

    /// Adds what the tree says of each row to `sums`.
    ///
    /// - `x`: `(n_samples, n_features)`; `sums`: `(n_samples, width)`; both row by row.
    pub(in crate::models) fn add_answers(&self, x: &[f64], n_features: usize, sums: &mut [f64]) {
        let stride = ABREAST * n_features;
        let n_abreast = x.len() / stride * stride;
        let (first, rest) = sums.split_at_mut(n_abreast / n_features * self.width);
        let blocks = x.chunks_exact(stride);
        for (rows, sums) in blocks.zip(first.chunks_exact_mut(ABREAST * self.width)) {
            let leaves = self.descend_abreast(rows, n_features);
            for (leaf, sums) in leaves.into_iter().zip(sums.chunks_exact_mut(self.width)) {
                add(self.value(leaf as usize), sums);
            }
        }
        let rows = x[n_abreast..].chunks_exact(n_features);
        for (row, sums) in rows.zip(rest.chunks_exact_mut(self.width)) {
            add(self.answer(row), sums);
        }
    }

    /// The leaves of several rows, walked together: while one waits for memory, others go on.
    #[inline(always)]
    fn descend_abreast(&self, rows: &[f64], n_features: usize) -> [u32; ABREAST] {
        let mut nodes = [self.nodes[0]; ABREAST];
        let mut is_walking = nodes[0].left != 0;
        while is_walking {
            is_walking = false;
            for (lane, node) in nodes.iter_mut().enumerate() {
                if node.left != 0 {
                    let x = rows[lane * n_features + node.feature as usize];
                    *node = self.nodes[node.left as usize + usize::from(x > node.threshold)];
                    is_walking = true;
                }
            }
        }
        nodes.map(|node| node.feature)
    }

    /// `(n_nodes,)`: steps from the root.
    pub fn depths(&self) -> Vec<u32> {
        let mut depths = vec![0; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            if node.left != 0 {
                let left = node.left as usize;
                depths[left] = depths[index] + 1;
                depths[left + 1] = depths[index] + 1;
            }
        }
        depths
    }

    /// Steps from the root to the deepest leaf.
    pub fn depth(&self) -> usize {
        self.depths().into_iter().max().unwrap_or(0) as usize
    }
}

/// Rows that walk down a tree together.
const ABREAST: usize = 4;

fn add(parts: &[f64], sums: &mut [f64]) {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum += part;
    }
}

/// Numbers the leaves in the order of the nodes.
pub(in crate::models) fn number_leaves(nodes: &mut [Node]) {
    let leaves = nodes.iter_mut().filter(|node| node.left == 0);
    for (number, leaf) in (0..).zip(leaves) {
        leaf.feature = number;
        leaf.threshold = 0.0;
    }
}
