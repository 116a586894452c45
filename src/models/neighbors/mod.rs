//! The rows nearest to others, exactly: what nearest neighbors, densities and embeddings stand on.
//!
//! Rows are prepared once and then asked for the `k` nearest of any row, in order of
//! (distance, row): of rows at equal distance the one stored first is nearer. With few features
//! a k-d tree leaves most rows out; with many, a cheap estimate with a proven error does, and
//! what remains is compared by Σ(a − b)² in `f64`.
//!
//! Cost: O(n_samples · n_features) a query at most.

mod brute;
mod nearest;
mod panels;
mod rows;
mod stored;
pub(super) mod tree;

use ndarray::ArrayView2;

pub use nearest::{Metric, Neighbor};
pub use rows::Rows;
pub(super) use stored::Stored;

use self::nearest::Nearest;
use self::panels::Panels;
use self::rows::Points;
use self::tree::Tree;
use crate::linalg::row_major;
use crate::parallel::map_chunks;

/// Features up to which a tree is worth its detours, on rows spread evenly.
const TREE_UP_TO: usize = 12;

/// Rows from which a tree is worth building.
const TREE_FROM_ROWS: usize = 512;

/// Queries answered as one piece of work: enough to use each block of rows often while it is in
/// the cache, few enough that a thousand queries keep several threads busy.
const QUERIES_A_CHUNK: usize = 256;

/// Rows prepared for search.
#[derive(Debug, Clone)]
pub struct Index {
    points: Points,
    metric: Metric,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Tree(Tree),
    Panels(Panels),
    Plain,
}

impl PartialEq for Index {
    fn eq(&self, other: &Self) -> bool {
        **self.x() == **other.x() && self.metric == other.metric
    }
}

impl Index {
    /// Prepares rows for search.
    ///
    /// - `x`: `(n_samples, n_features)`, finite, at least one of each.
    pub fn new(x: impl Into<Rows>, metric: Metric) -> Self {
        let points = Points::new(x.into(), metric);
        let (n, p) = (points.rows().nrows(), metric.width(points.rows().ncols()));
        let kind = match metric {
            Metric::Cosine => Kind::Panels(Panels::new(points.entries(), p)),
            _ if p <= TREE_UP_TO && n >= TREE_FROM_ROWS => {
                Kind::Tree(Tree::new(points.entries(), p))
            }
            Metric::Euclidean => Kind::Panels(Panels::new(points.entries(), p)),
            _ => Kind::Plain,
        };
        Self {
            points,
            metric,
            kind,
        }
    }

    /// The rows, `(n_samples, n_features)`.
    pub fn x(&self) -> &Rows {
        self.points.rows()
    }

    /// The rows as compared, `(n_samples, width)` row by row.
    pub(super) fn entries(&self) -> &[f64] {
        self.points.entries()
    }

    /// How distances are measured.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The `k` nearest rows of each query, or all where there are fewer, nearest first; of
    /// equals the row stored first.
    ///
    /// - `queries`: `(n_queries, n_features)`, finite.
    pub fn search(&self, queries: ArrayView2<f64>, k: usize) -> Vec<Vec<Neighbor>> {
        let k = k.clamp(1, self.x().nrows().max(1));
        let chunks = map_chunks(queries.nrows(), QUERIES_A_CHUNK, |rows| {
            self.search_chunk(queries.slice(ndarray::s![rows, ..]), k)
        });
        chunks.into_iter().flatten().collect()
    }

    fn search_chunk(&self, queries: ArrayView2<f64>, k: usize) -> Vec<Vec<Neighbor>> {
        let (metric, n_features) = (self.metric, self.x().ncols());
        let p = metric.width(n_features);
        let entries = row_major(&queries);
        let entries = metric.prepare(&entries, n_features, true);
        let mut nearest = vec![Nearest::new(k); queries.nrows()];
        match &self.kind {
            Kind::Tree(tree) => {
                for (query, nearest) in entries.chunks_exact(p).zip(&mut nearest) {
                    tree.search(query, metric, nearest);
                }
            }
            Kind::Panels(panels) => panels.search(self.entries(), &entries, &mut nearest),
            Kind::Plain => brute::search(self.entries(), &entries, p, metric, &mut nearest),
        }
        let found = nearest.into_iter().map(Nearest::into_found);
        let to_distance = |mut found: Vec<Neighbor>| {
            found
                .iter_mut()
                .for_each(|n| n.distance = metric.unreduced(n.distance));
            found
        };
        found.map(to_distance).collect()
    }
}

/// The rows nearest to queries, as matrices.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Neighbors {
    /// Columns of both.
    pub k: usize,
    /// `(n_queries, k)`: places among the rows, nearest first, of equals the one stored first.
    pub rows: Vec<u32>,
    /// `(n_queries, k)`: their distances, never falling along a row.
    pub distances: Vec<f64>,
}

/// The `k` rows of `x` nearest to each query, or all where there are fewer; exact. A row that is
/// asked for its neighbors among itself and others finds itself too.
///
/// - `x`: `(n_samples, n_features)`, `queries`: `(n_queries, n_features)`, both finite.
///
/// ```
/// use handlens::models::neighbors::{Metric, neighbors};
/// let x = ndarray::array![[0.0], [1.0], [3.0]];
/// let near = neighbors(x.view(), x.view(), 2, Metric::Euclidean);
/// assert_eq!(near.rows, [0, 1, 1, 0, 2, 1]);
/// assert_eq!(near.distances, [0.0, 1.0, 0.0, 1.0, 0.0, 2.0]);
/// ```
pub fn neighbors(
    x: ArrayView2<f64>,
    queries: ArrayView2<f64>,
    k: usize,
    metric: Metric,
) -> Neighbors {
    let found = Index::new(x.to_owned(), metric).search(queries, k);
    let flat = || found.iter().flatten();
    Neighbors {
        k: k.clamp(1, x.nrows().max(1)),
        rows: flat().map(|n| n.row).collect(),
        distances: flat().map(|n| n.distance).collect(),
    }
}
