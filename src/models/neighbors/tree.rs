//! A k-d tree: rows in nested boxes, so that a search skips whatever lies too far away.
//!
//! Boxes are split at the median of their widest side until they hold few rows. A box is
//! skipped only where its nearest point is farther than the worst neighbor so far. That point's
//! distance is computed by the same sum as any row's, so rounding cannot skip a row wrongly, and
//! equal distances are still looked at. A box is taken as a whole where its farthest point is
//! within reach, by the same argument.

use std::ops::Range;

use super::nearest::{Metric, Nearest};

/// Rows of a leaf at most.
const LEAF: usize = 24;

/// Nested boxes over rows.
#[derive(Debug, Clone)]
pub struct Tree {
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
struct Node {
    /// Its rows are those from `start` to before `end`.
    start: usize,
    end: usize,
    /// The two boxes inside; a leaf has none.
    halves: Option<(usize, usize)>,
}

/// What is done with the rows within a distance. Rows are told by their *places*, the order in
/// which they lie in the tree.
pub trait Visitor {
    /// Whether these rows are worth a look; where not, they are left out.
    fn wants(&mut self, places: Range<usize>) -> bool;

    /// Takes rows that are within the distance.
    fn take(&mut self, places: Range<usize>);
}

impl Tree {
    /// Puts rows into boxes.
    ///
    /// - `points`: `(n_samples, n_features)` row by row.
    pub fn new(points: &[f64], n_features: usize) -> Self {
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
        self.nodes.push(Node {
            start,
            end: start + rows.len(),
            halves: None,
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
            self.nodes[node].halves = Some((left, right));
        }
        node
    }

    /// The row at each place, `(n_samples,)`.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The point at a place, `(n_features,)`.
    pub fn point(&self, place: usize) -> &[f64] {
        &self.points[place * self.n_features..(place + 1) * self.n_features]
    }

    /// Offers every row that may be near enough to `query`.
    pub(super) fn search(&self, query: &[f64], metric: Metric, nearest: &mut Nearest) {
        let mut corner = vec![0.0; self.n_features];
        let mut pending = vec![(0.0, 0)];
        while let Some((least, node)) = pending.pop() {
            if least > nearest.worst() {
                continue;
            }
            let Node { start, end, halves } = self.nodes[node];
            if let Some((left, right)) = halves {
                let a = (self.least(query, left, metric, &mut corner), left);
                let b = (self.least(query, right, metric, &mut corner), right);
                // The nearer one is taken from the stack first.
                pending.extend(if a.0 <= b.0 { [b, a] } else { [a, b] });
            } else {
                let p = self.n_features;
                let points = self.points[start * p..end * p].chunks_exact(p);
                for (point, &row) in points.zip(&self.rows[start..end]) {
                    nearest.offer(metric.reduced(query, point), row);
                }
            }
        }
    }

    /// Gives `visitor` all wanted rows whose reduced distance from `query` is at most `limit`,
    /// and returns how many boxes and rows were compared.
    pub fn within(
        &self,
        query: &[f64],
        metric: Metric,
        limit: f64,
        visitor: &mut impl Visitor,
    ) -> usize {
        let mut corner = vec![0.0; self.n_features];
        let (mut pending, mut n_compared) = (vec![(0.0, 0)], 0);
        while let Some((least, node)) = pending.pop() {
            let Node { start, end, halves } = self.nodes[node];
            if least > limit || !visitor.wants(start..end) {
                continue;
            }
            n_compared += 1;
            if self.most(query, node, metric, &mut corner) <= limit {
                visitor.take(start..end);
            } else if let Some((left, right)) = halves {
                let a = (self.least(query, left, metric, &mut corner), left);
                let b = (self.least(query, right, metric, &mut corner), right);
                // The nearer one is taken from the stack first.
                pending.extend(if a.0 <= b.0 { [b, a] } else { [a, b] });
            } else {
                for place in start..end {
                    if visitor.wants(place..place + 1)
                        && metric.reduced(query, self.point(place)) <= limit
                    {
                        visitor.take(place..place + 1);
                    }
                }
                n_compared += end - start;
            }
        }
        n_compared
    }

    /// The distance from `query` to the nearest point of a node's box.
    fn least(&self, query: &[f64], node: usize, metric: Metric, corner: &mut [f64]) -> f64 {
        for (x, (q, low, high)) in corner.iter_mut().zip(self.sides(query, node)) {
            *x = q.max(low).min(high);
        }
        metric.reduced(query, corner)
    }

    /// The distance from `query` to the farthest point of a node's box.
    fn most(&self, query: &[f64], node: usize, metric: Metric, corner: &mut [f64]) -> f64 {
        for (x, (q, low, high)) in corner.iter_mut().zip(self.sides(query, node)) {
            *x = if (q - low).abs() > (high - q).abs() {
                low
            } else {
                high
            };
        }
        metric.reduced(query, corner)
    }

    /// The query and both ends of a node's box, feature by feature.
    fn sides<'a>(
        &'a self,
        query: &'a [f64],
        node: usize,
    ) -> impl Iterator<Item = (f64, f64, f64)> + 'a {
        let p = self.n_features;
        let (lower, upper) = self.corners[node * 2 * p..(node + 1) * 2 * p].split_at(p);
        let ends = lower.iter().zip(upper);
        query
            .iter()
            .zip(ends)
            .map(|(&q, (&low, &high))| (q, low, high))
    }
}
