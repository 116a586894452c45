//! A k-d tree: rows in nested boxes, so that a search skips whatever lies too far away.
//!
//! Boxes are split at the median of their widest side until they hold few rows. A box is
//! skipped only where its nearest point is farther than the worst neighbor so far. That point's
//! distance is computed by the same sum as any row's, so rounding cannot skip a row wrongly, and
//! equal distances are still looked at.

use super::nearest::{Metric, Nearest};

/// Rows of a leaf at most.
const LEAF: usize = 24;

/// Nested boxes over rows.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    n_features: usize,
    /// The rows in the order of the leaves, `(n_samples, n_features)`.
    points: Vec<f64>,
    /// Where each of them was stored.
    rows: Vec<u32>,
    nodes: Vec<Node>,
    /// Lower and upper corner of each node's box, `2 · n_features` numbers each.
    corners: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    /// Two boxes.
    Split { left: usize, right: usize },
    /// The rows from `start` to before `end`.
    Leaf { start: usize, end: usize },
}

impl Tree {
    /// - `points`: `(n_samples, n_features)` row by row.
    pub(super) fn new(points: &[f64], n_features: usize) -> Self {
        let n = points.len() / n_features.max(1);
        let mut tree = Self {
            n_features,
            points: Vec::new(),
            rows: (0..n as u32).collect(),
            nodes: Vec::new(),
            corners: Vec::new(),
        };
        let mut rows = std::mem::take(&mut tree.rows);
        tree.grow(points, &mut rows, 0);
        let row_of =
            |&row: &u32| &points[row as usize * n_features..(row as usize + 1) * n_features];
        tree.points = rows.iter().flat_map(row_of).copied().collect();
        tree.rows = rows;
        tree
    }

    /// Adds the node of `rows`, which start at `start` in the order of the leaves. Halving
    /// bounds the depth by the logarithm of the number of rows.
    fn grow(&mut self, points: &[f64], rows: &mut [u32], start: usize) -> usize {
        let p = self.n_features;
        let entry = |row: u32, j: usize| points[row as usize * p + j];
        let bound = |j: usize, start: f64, pick: fn(f64, f64) -> f64| {
            rows.iter()
                .fold(start, |bound, &row| pick(bound, entry(row, j)))
        };
        let lower: Vec<f64> = (0..p).map(|j| bound(j, f64::INFINITY, f64::min)).collect();
        let upper: Vec<f64> = (0..p)
            .map(|j| bound(j, f64::NEG_INFINITY, f64::max))
            .collect();
        let sides: Vec<f64> = lower.iter().zip(&upper).map(|(a, b)| b - a).collect();
        let widest = crate::math::argmax(&sides);
        let node = self.nodes.len();
        self.corners.extend(lower);
        self.corners.extend(upper);
        self.nodes.push(Node::Leaf {
            start,
            end: start + rows.len(),
        });
        if rows.len() > LEAF && sides[widest] > 0.0 {
            let middle = rows.len() / 2;
            rows.select_nth_unstable_by(middle, |&a, &b| {
                entry(a, widest)
                    .total_cmp(&entry(b, widest))
                    .then(a.cmp(&b))
            });
            let (near, far) = rows.split_at_mut(middle);
            let left = self.grow(points, near, start);
            let right = self.grow(points, far, start + middle);
            self.nodes[node] = Node::Split { left, right };
        }
        node
    }

    /// Offers every row that may be near enough to `query`.
    pub(super) fn search(&self, query: &[f64], metric: Metric, nearest: &mut Nearest) {
        let mut pending = vec![(0.0, 0)];
        while let Some((least, node)) = pending.pop() {
            if least > nearest.worst() {
                continue;
            }
            match self.nodes[node] {
                Node::Leaf { start, end } => {
                    let p = self.n_features;
                    let points = self.points[start * p..end * p].chunks_exact(p);
                    for (point, &row) in points.zip(&self.rows[start..end]) {
                        nearest.offer(metric.reduced(query, point), row);
                    }
                }
                Node::Split { left, right } => {
                    let a = (self.least(query, left, metric), left);
                    let b = (self.least(query, right, metric), right);
                    // The nearer one is taken from the stack first.
                    pending.extend(if a.0 <= b.0 { [b, a] } else { [a, b] });
                }
            }
        }
    }

    /// The distance from `query` to the nearest point of a node's box.
    fn least(&self, query: &[f64], node: usize, metric: Metric) -> f64 {
        let p = self.n_features;
        let corners = &self.corners[node * 2 * p..(node + 1) * 2 * p];
        let (lower, upper) = corners.split_at(p);
        let mut point = [0.0; super::TREE_UP_TO];
        for (((x, q), low), high) in point.iter_mut().zip(query).zip(lower).zip(upper) {
            *x = q.max(*low).min(*high);
        }
        metric.reduced(query, &point[..p])
    }
}
