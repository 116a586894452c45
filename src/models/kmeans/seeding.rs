//! Greedy k-means++: starting centroids far apart from one another.

use crate::linalg::squared_distance;
use crate::math;
use crate::parallel::map_chunks;
use crate::rng::Rng;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 4096;

/// Centroids chosen so far, and each sample's squared distance to the nearest.
#[derive(Debug, Clone)]
pub(super) struct Seeding {
    /// `(n_chosen, n_features)` row by row.
    pub centroids: Vec<f64>,
    squares: Vec<f64>,
    rng: Rng,
}

impl Seeding {
    /// Draws the first centroid evenly from the rows of `x`, `(n_samples, n_features)`.
    pub(super) fn new(x: &[f64], n_features: usize, mut rng: Rng) -> Self {
        let first = rng.below(x.len() / n_features);
        let centroid = &x[first * n_features..(first + 1) * n_features];
        let far = vec![f64::INFINITY; x.len() / n_features];
        let squares = nearer(x, centroid, &far);
        Self {
            centroids: centroid.to_vec(),
            squares,
            rng,
        }
    }

    /// Rows compared with one candidate, all candidates of a centroid together.
    pub(super) fn cost(&self, n_clusters: usize) -> usize {
        self.squares.len() * n_candidates(n_clusters)
    }

    /// Adds a centroid: of some rows drawn with probability proportional to their squared
    /// distance to the nearest centroid, the one that leaves the least sum of such distances,
    /// the first where tied. `false` where every row equals a centroid already.
    pub(super) fn add(&mut self, x: &[f64], n_features: usize, n_clusters: usize) -> bool {
        let total = math::sum(self.squares.iter().copied());
        if total <= 0.0 {
            return false;
        }
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for _ in 0..n_candidates(n_clusters) {
            let candidate = self.draw(total);
            let row = &x[candidate * n_features..(candidate + 1) * n_features];
            let squares = nearer(x, row, &self.squares);
            let left = math::sum(squares.iter().copied());
            if best.as_ref().is_none_or(|(least, _, _)| left < *least) {
                best = Some((left, candidate, squares));
            }
        }
        if let Some((_, row, squares)) = best {
            self.centroids
                .extend_from_slice(&x[row * n_features..(row + 1) * n_features]);
            self.squares = squares;
        }
        true
    }

    /// A sample drawn in proportion to its squared distance; never one at distance 0.
    fn draw(&mut self, total: f64) -> usize {
        let mut left = self.rng.uniform() * total;
        let mut last = 0;
        for (sample, &square) in self.squares.iter().enumerate() {
            if square > 0.0 {
                last = sample;
                left -= square;
                if left < 0.0 {
                    break;
                }
            }
        }
        last
    }
}

/// Candidates for one centroid, as many as scikit-learn tries.
fn n_candidates(n_clusters: usize) -> usize {
    2 + math::ln(n_clusters as f64) as usize
}

/// Squared distances after `centroid` joins: the lesser of the old and its own.
fn nearer(x: &[f64], centroid: &[f64], squares: &[f64]) -> Vec<f64> {
    let p = centroid.len();
    let chunks = map_chunks(squares.len(), ROWS_A_CHUNK, |rows| {
        let points = x[rows.start * p..rows.end * p].chunks_exact(p);
        let pairs = points.zip(&squares[rows]);
        pairs
            .map(|(point, old)| squared_distance(point, centroid).min(*old))
            .collect::<Vec<f64>>()
    });
    chunks.concat()
}
