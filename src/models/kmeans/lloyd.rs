//! One iteration of Lloyd: samples join centroids, centroids move to means.

use super::packed::Packed;
use super::points::Points;
use super::sketch::{Rough, Sketch, UNCERTAIN};
use crate::linalg::wide::twofold;
use crate::linalg::{axpy, dot, squared_distance, sum_of};
use crate::math;
use crate::parallel::for_each_chunk_mut;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 2048;

/// Where the samples are, iteration by iteration.
#[derive(Debug, Clone)]
pub(super) struct Lloyd {
    n_features: usize,
    chunks: Vec<Chunk>,
    /// Weighted sum of squared distances of the samples to their centroids.
    pub inertia: f64,
}

/// Some consecutive samples.
#[derive(Debug, Clone)]
struct Chunk {
    start: usize,
    labels: Vec<u32>,
    /// Squared distance of each sample to its centroid.
    squares: Vec<f64>,
    /// Weighted sum of the samples of each cluster, `(n_clusters, n_features)`.
    sums: Vec<f64>,
    /// Weight of the samples of each cluster.
    counts: Vec<f64>,
    inertia: f64,
    /// Whether a sample went to another cluster.
    has_changed: bool,
}

/// Centroids that samples join.
struct Centroids<'a> {
    /// `(n_clusters, n_features)`.
    entries: &'a [f64],
    packed: Packed,
    rough: Rough,
}

impl Lloyd {
    /// All samples without a cluster.
    pub(super) fn new(points: Points) -> Self {
        let n = points.len();
        let chunk = |start: usize| {
            let len = ROWS_A_CHUNK.min(n - start);
            Chunk {
                start,
                labels: vec![u32::MAX; len],
                squares: vec![0.0; len],
                sums: Vec::new(),
                counts: Vec::new(),
                inertia: 0.0,
                has_changed: false,
            }
        };
        Self {
            n_features: points.n_features,
            chunks: (0..n).step_by(ROWS_A_CHUNK).map(chunk).collect(),
            inertia: 0.0,
        }
    }

    /// Lets every sample join its nearest centroid, the lower index where tied; `true` where one
    /// goes to another cluster.
    ///
    /// - `sketch`: of `points`.
    pub(super) fn assign(&mut self, points: Points, sketch: &Sketch, centroids: &[f64]) -> bool {
        let to = Centroids {
            entries: centroids,
            packed: Packed::new(centroids, self.n_features),
            rough: sketch.rough(centroids),
        };
        for_each_chunk_mut(&mut self.chunks, 1, |_, chunks| {
            chunks
                .iter_mut()
                .for_each(|chunk| assign(chunk, points, sketch, &to));
        });
        self.inertia = math::sum(self.chunks.iter().map(|chunk| chunk.inertia));
        self.chunks.iter().any(|chunk| chunk.has_changed)
    }

    /// Moves `centroids` to the means of their samples and returns the sum of squared moves.
    ///
    /// Centroids without samples restart first: the lowest of them at the sample farthest from
    /// its own centroid (the first where tied), which leaves its old cluster, and so on.
    pub(super) fn move_centroids(&self, points: Points, centroids: &mut [f64]) -> f64 {
        let p = self.n_features;
        let mut means = Means::empty(centroids.len() / p, p);
        for chunk in &self.chunks {
            axpy(1.0, &chunk.sums, &mut means.sums);
            axpy(1.0, &chunk.counts, &mut means.counts);
        }
        self.relocate(points, &mut means);
        let mut moved = 0.0;
        let clusters = centroids
            .chunks_exact_mut(p)
            .zip(means.sums.chunks_exact(p));
        for ((centroid, sum), &count) in clusters.zip(&means.counts) {
            // A cluster whose only sample left it stays where it was.
            if count <= 0.0 {
                continue;
            }
            let mean: Vec<f64> = sum.iter().map(|s| s / count).collect();
            moved += squared_distance(&mean, centroid);
            centroid.copy_from_slice(&mean);
        }
        moved
    }

    fn relocate(&self, points: Points, means: &mut Means) {
        let is_empty = |c: &usize| means.counts[*c] == 0.0;
        let empty: Vec<usize> = (0..means.counts.len()).filter(is_empty).collect();
        if empty.is_empty() {
            return;
        }
        let chunks = || self.chunks.iter();
        let squares: Vec<f64> = chunks().flat_map(|chunk| &chunk.squares).copied().collect();
        let labels: Vec<u32> = chunks().flat_map(|chunk| &chunk.labels).copied().collect();
        let mut farthest = math::order_by(squares.len(), &|a, b| squares[b].total_cmp(&squares[a]));
        farthest.retain(|&sample| points.weight(sample) > 0.0);
        for (&cluster, &sample) in empty.iter().zip(&farthest) {
            // Samples that lie on centroids are no better places.
            if squares[sample] == 0.0 {
                return;
            }
            let (row, weight) = (points.row(sample), points.weight(sample));
            means.add(labels[sample] as usize, row, -weight);
            means.clear(cluster);
            means.add(cluster, row, weight);
        }
    }
}

/// Weighted sums of the samples of clusters.
struct Means {
    n_features: usize,
    sums: Vec<f64>,
    counts: Vec<f64>,
}

impl Means {
    fn empty(n_clusters: usize, n_features: usize) -> Self {
        Self {
            n_features,
            sums: vec![0.0; n_clusters * n_features],
            counts: vec![0.0; n_clusters],
        }
    }

    fn add(&mut self, cluster: usize, row: &[f64], weight: f64) {
        let start = cluster * self.n_features;
        axpy(weight, row, &mut self.sums[start..start + self.n_features]);
        self.counts[cluster] += weight;
    }

    /// As [`Means::add`] with weight 1.
    #[inline(always)]
    fn add_one(&mut self, cluster: usize, row: &[f64]) {
        let start = cluster * self.n_features;
        let sums = &mut self.sums[start..start + self.n_features];
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        self.counts[cluster] += 1.0;
    }

    fn clear(&mut self, cluster: usize) {
        let start = cluster * self.n_features;
        self.sums[start..start + self.n_features].fill(0.0);
        self.counts[cluster] = 0.0;
    }
}

twofold! {
/// Lets the samples of a chunk join their nearest centroids.
fn assign(chunk: &mut Chunk, points: Points<'_>, sketch: &Sketch, to: &Centroids<'_>) {
    let p = points.n_features;
    let rows = || points.x[chunk.start * p..].chunks_exact(p);
    let mut labels = vec![UNCERTAIN; chunk.labels.len()];
    sketch.label(chunk.start, &to.rough, &mut labels);
    for (label, row) in labels.iter_mut().zip(rows()) {
        if *label == UNCERTAIN {
            *label = to.packed.nearest(row).0;
        }
    }
    let mut means = Means::empty(to.entries.len() / p, p);
    let samples = labels.iter().zip(rows()).zip(chunk.start..);
    for (((&label, row), sample), square) in samples.zip(&mut chunk.squares) {
        let start = label as usize * p;
        *square = squared_distance(row, &to.entries[start..start + p]);
        match points.weights {
            Some(weights) => means.add(label as usize, row, weights[sample]),
            None => means.add_one(label as usize, row),
        }
    }
    let squares = &chunk.squares;
    chunk.inertia = match points.weights {
        Some(weights) => dot(squares, &weights[chunk.start..][..squares.len()]),
        None => sum_of(squares, squares, |square, _| square),
    };
    chunk.has_changed = chunk.labels != labels;
    chunk.labels = labels;
    (chunk.sums, chunk.counts) = (means.sums, means.counts);
}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::wide::compared::both;

    #[test]
    fn an_empty_cluster_restarts_at_the_farthest_sample() {
        let x = [0.0, 1.0, 10.0];
        let mut centroids = [0.0, 100.0];
        let points = Points {
            x: &x,
            n_features: 1,
            weights: None,
        };
        let (mut lloyd, sketch) = (Lloyd::new(points), Sketch::new(points));
        assert!(lloyd.assign(points, &sketch, &centroids));
        assert_eq!(lloyd.inertia, 101.0);
        lloyd.move_centroids(points, &mut centroids);
        assert_eq!(centroids, [0.5, 10.0]);
    }

    #[test]
    fn wider_registers_change_no_bit() {
        let mut rng = crate::rng::Rng::new(6);
        let x: Vec<f64> = (0..3000 * 19).map(|_| rng.normal()).collect();
        let points = Points {
            x: &x,
            n_features: 19,
            weights: None,
        };
        let [narrow, wide] = both(|| {
            let (mut lloyd, sketch) = (Lloyd::new(points), Sketch::new(points));
            let mut centroids = x[..19 * 7].to_vec();
            let mut bits = Vec::new();
            for _ in 0..5 {
                lloyd.assign(points, &sketch, &centroids);
                lloyd.move_centroids(points, &mut centroids);
                bits.extend(centroids.iter().map(|c| c.to_bits()));
                bits.push(lloyd.inertia.to_bits());
            }
            bits
        });
        assert_eq!(narrow, wide);
    }

    #[test]
    fn samples_join_the_nearest_of_all_by_exact_distances() {
        let mut rng = crate::rng::Rng::new(5);
        let x: Vec<f64> = (0..9000).map(|_| rng.normal()).collect();
        let points = Points {
            x: &x,
            n_features: 3,
            weights: None,
        };
        let mut centroids = x[..3 * 11].to_vec();
        let (mut lloyd, sketch) = (Lloyd::new(points), Sketch::new(points));
        for iteration in 0..40 {
            let has_changed = lloyd.assign(points, &sketch, &centroids);
            let packed = Packed::new(&centroids, 3);
            let labels = lloyd.chunks.iter().flat_map(|chunk| &chunk.labels);
            for (sample, label) in labels.enumerate() {
                assert_eq!(*label, packed.nearest(points.row(sample)).0, "{iteration}");
            }
            lloyd.move_centroids(points, &mut centroids);
            if !has_changed {
                break;
            }
        }
    }
}
