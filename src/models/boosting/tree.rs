//! One tree of the sum: questions, and values at the leaves.

use super::split::{BinSet, contains};

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// A question.
    Split(Question),
    /// An answer.
    Leaf {
        /// What is added for rows that end here, learning rate included.
        value: f64,
        /// Rows learnt from that ended here.
        n_samples: u32,
    },
}

/// What an inner node asks of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// The feature it looks at.
    pub feature: u32,
    /// Which rows go left.
    pub test: Test,
    /// Whether a gap, or a level never seen, goes left.
    pub is_missing_left: bool,
    /// The left child; the right one follows it. Both stand after their parent.
    pub left: u32,
    /// By how much the loss of the rows learnt from fell, to second order.
    pub gain: f64,
    /// Rows learnt from that came by.
    pub n_samples: u32,
}

/// Which rows go left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Test {
    /// Those whose feature is at most this; the largest number parts gaps from the rest.
    AtMost(f64),
    /// Those whose level is in the set: bit `level & 31` of word `level >> 5`.
    Among([u32; 8]),
}

/// A tree; the root is the first node.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// Parents before their children.
    pub nodes: Vec<Node>,
}

impl Tree {
    /// The value of the leaf where a row ends.
    ///
    /// - `row`: `(n_features,)`.
    /// - `n_levels`: `(n_features,)`, the levels known of each category; 0 for numbers.
    pub fn value(&self, row: &[f64], n_levels: &[u32]) -> f64 {
        let mut place = 0;
        loop {
            match &self.nodes[place] {
                Node::Leaf { value, .. } => return *value,
                Node::Split(question) => {
                    let feature = question.feature as usize;
                    let goes_left = question.goes_left(row[feature], n_levels[feature]);
                    place = question.left as usize + usize::from(!goes_left);
                }
            }
        }
    }

    /// Number of leaves.
    pub fn n_leaves(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }

    /// The questions.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Split(question) => Some(question),
            Node::Leaf { .. } => None,
        })
    }
}

impl Question {
    #[inline(always)]
    fn goes_left(&self, value: f64, n_levels: u32) -> bool {
        if value.is_nan() {
            return self.is_missing_left;
        }
        match &self.test {
            Test::AtMost(threshold) => value <= *threshold,
            Test::Among(levels) => {
                is_among(levels, value, n_levels).unwrap_or(self.is_missing_left)
            }
        }
    }
}

/// Whether a level is in the set; `None` where it was never seen.
fn is_among(levels: &BinSet, value: f64, n_levels: u32) -> Option<bool> {
    let is_known = value >= 0.0 && value < f64::from(n_levels);
    is_known.then(|| contains(levels, value as u8))
}
