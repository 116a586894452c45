//! One iteration of Lloyd: samples join centroids, centroids move to means.

use crate::linalg::{axpy, squared_distance};
use crate::math;
use crate::models::rows::entries;
use crate::parallel::map_chunks;
use crate::prepare::Dataset;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 2048;

/// Centroids compared side by side.
const LANES: usize = 8;

/// Centroids laid out for comparison: groups of 8, for each feature their entries side by side.
#[derive(Debug, Clone)]
pub(in crate::models) struct Packed {
    n_features: usize,
    entries: Vec<f64>,
}

impl Packed {
    /// - `centroids`: `(n_clusters, n_features)` row by row, at least one.
    pub(in crate::models) fn new(centroids: &[f64], n_features: usize) -> Self {
        let n_groups = (centroids.len() / n_features).div_ceil(LANES);
        let mut entries = vec![f64::INFINITY; n_groups * LANES * n_features];
        for (cluster, centroid) in centroids.chunks_exact(n_features).enumerate() {
            let start = cluster / LANES * LANES * n_features + cluster % LANES;
            for (j, &c) in centroid.iter().enumerate() {
                entries[start + j * LANES] = c;
            }
        }
        Self {
            n_features,
            entries,
        }
    }

    /// The nearest centroid, the lower index where tied, and its squared distance.
    #[inline(always)]
    pub(in crate::models) fn nearest(&self, row: &[f64]) -> (u32, f64) {
        let (mut best, mut least) = (0, f64::INFINITY);
        for (group, entries) in self
            .entries
            .chunks_exact(LANES * self.n_features)
            .enumerate()
        {
            let mut squares = [0.0; LANES];
            for (x, centroids) in row.iter().zip(entries.chunks_exact(LANES)) {
                for (square, c) in squares.iter_mut().zip(centroids) {
                    *square += (x - c) * (x - c);
                }
            }
            for (lane, &square) in squares.iter().enumerate() {
                if square < least {
                    (best, least) = (group * LANES + lane, square);
                }
            }
        }
        (best as u32, least)
    }
}

/// Where the samples went and what follows for the centroids.
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    /// `(n_samples,)`.
    pub labels: Vec<u32>,
    /// Squared distance of each sample to its centroid.
    pub squares: Vec<f64>,
    /// Weighted sum of the samples of each cluster, `(n_clusters, n_features)`.
    sums: Vec<f64>,
    /// Weight of the samples of each cluster.
    counts: Vec<f64>,
    /// Weighted sum of `squares`.
    pub inertia: f64,
}

/// Rows and how much each counts.
#[derive(Clone, Copy)]
pub(in crate::models) struct Points<'a> {
    /// `(n_samples, n_features)` row by row.
    pub x: &'a [f64],
    pub n_features: usize,
    /// `(n_samples,)`; all 1 where absent.
    pub weights: Option<&'a [f64]>,
}

impl<'a> Points<'a> {
    /// The rows of a data set.
    pub(in crate::models) fn of(data: &'a Dataset) -> Self {
        Self {
            x: entries(data),
            n_features: data.n_features(),
            weights: data.weights.as_deref(),
        }
    }

    pub(in crate::models) fn len(&self) -> usize {
        self.x.len() / self.n_features
    }

    pub(in crate::models) fn row(&self, sample: usize) -> &'a [f64] {
        &self.x[sample * self.n_features..(sample + 1) * self.n_features]
    }

    #[inline(always)]
    pub(in crate::models) fn weight(&self, sample: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[sample])
    }

    /// Σ weight · value.
    pub(in crate::models) fn weigh(&self, values: &[f64]) -> f64 {
        match self.weights {
            None => math::sum(values.iter().copied()),
            Some(weights) => math::sum(values.iter().zip(weights).map(|(v, w)| v * w)),
        }
    }
}

/// Lets every sample join its nearest centroid.
///
/// - `centroids`: `(n_clusters, n_features)` row by row.
pub(super) fn assign(points: Points, centroids: &[f64]) -> Assignment {
    let p = points.n_features;
    let packed = Packed::new(centroids, p);
    let chunks = map_chunks(points.len(), ROWS_A_CHUNK, |rows| {
        let mut part = Assignment::empty(centroids.len(), p);
        for sample in rows {
            let row = points.row(sample);
            let (label, square) = packed.nearest(row);
            part.labels.push(label);
            part.squares.push(square);
            let (start, weight) = (label as usize * p, points.weight(sample));
            axpy(weight, row, &mut part.sums[start..start + p]);
            part.counts[label as usize] += weight;
        }
        part
    });
    let mut joined = Assignment::empty(centroids.len(), p);
    for chunk in chunks {
        joined.labels.extend(chunk.labels);
        joined.squares.extend(chunk.squares);
        axpy(1.0, &chunk.sums, &mut joined.sums);
        axpy(1.0, &chunk.counts, &mut joined.counts);
    }
    joined.inertia = points.weigh(&joined.squares);
    joined
}

impl Assignment {
    fn empty(n_entries: usize, n_features: usize) -> Self {
        Self {
            labels: Vec::new(),
            squares: Vec::new(),
            sums: vec![0.0; n_entries],
            counts: vec![0.0; n_entries / n_features],
            inertia: 0.0,
        }
    }

    /// Moves `centroids` to the means of their samples and returns the sum of squared moves.
    ///
    /// Centroids without samples restart first: the lowest of them at the sample farthest from
    /// its own centroid (the first where tied), which leaves its old cluster, and so on.
    pub(super) fn move_centroids(&mut self, points: Points, centroids: &mut [f64]) -> f64 {
        let p = points.n_features;
        self.relocate(points);
        let mut moved = 0.0;
        let clusters = centroids.chunks_exact_mut(p).zip(self.sums.chunks_exact(p));
        for ((centroid, sum), &count) in clusters.zip(&self.counts) {
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

    fn relocate(&mut self, points: Points) {
        let is_empty = |c: &usize| self.counts[*c] == 0.0;
        let empty: Vec<usize> = (0..self.counts.len()).filter(is_empty).collect();
        if empty.is_empty() {
            return;
        }
        let squares = &self.squares;
        let mut farthest = math::order_by(squares.len(), &|a, b| squares[b].total_cmp(&squares[a]));
        farthest.retain(|&sample| points.weight(sample) > 0.0);
        for (&cluster, &sample) in empty.iter().zip(&farthest) {
            // Samples that lie on centroids are no better places.
            if self.squares[sample] == 0.0 {
                return;
            }
            self.restart(points, cluster, sample);
        }
    }

    /// Moves a sample, all by itself, into an empty cluster.
    fn restart(&mut self, points: Points, cluster: usize, sample: usize) {
        let (row, weight) = (points.row(sample), points.weight(sample));
        let (p, old) = (points.n_features, self.labels[sample] as usize);
        axpy(-weight, row, &mut self.sums[old * p..(old + 1) * p]);
        self.counts[old] -= weight;
        let sum = &mut self.sums[cluster * p..(cluster + 1) * p];
        sum.fill(0.0);
        axpy(weight, row, sum);
        self.counts[cluster] = weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lower_cluster() {
        let packed = Packed::new(&[0.0, 2.0, 2.0], 1);
        assert_eq!(packed.nearest(&[1.0]), (0, 1.0));
        assert_eq!(packed.nearest(&[1.9]).0, 1);
    }

    #[test]
    fn an_empty_cluster_restarts_at_the_farthest_sample() {
        let x = [0.0, 1.0, 10.0];
        let mut centroids = [0.0, 100.0];
        let points = Points {
            x: &x,
            n_features: 1,
            weights: None,
        };
        let mut assignment = assign(points, &centroids);
        assert_eq!(assignment.inertia, 101.0);
        assignment.move_centroids(points, &mut centroids);
        assert_eq!(centroids, [0.5, 10.0]);
    }
}
