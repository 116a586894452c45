//! One iteration of Lloyd: samples join centroids, centroids move to means.

use crate::linalg::{axpy, squared_distance};
use crate::math;
use crate::parallel::map_chunks;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 2048;

/// Centroids compared side by side.
const LANES: usize = 8;

/// Centroids laid out for comparison: groups of 8, for each feature their entries side by side.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    n_features: usize,
    entries: Vec<f64>,
}

impl Packed {
    /// - `centroids`: `(n_clusters, n_features)` row by row, at least one.
    pub(super) fn new(centroids: &[f64], n_features: usize) -> Self {
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
    pub(super) fn nearest(&self, row: &[f64]) -> (u32, f64) {
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
    /// Sum of the samples of each cluster, `(n_clusters, n_features)`.
    sums: Vec<f64>,
    /// Samples of each cluster.
    counts: Vec<usize>,
    /// Sum of `squares`.
    pub inertia: f64,
}

/// Lets every sample join its nearest centroid.
///
/// - `x`: `(n_samples, n_features)`; `centroids`: `(n_clusters, n_features)`; row by row.
pub(super) fn assign(x: &[f64], centroids: &[f64], n_features: usize) -> Assignment {
    let packed = Packed::new(centroids, n_features);
    let n_clusters = centroids.len() / n_features;
    let chunks = map_chunks(x.len() / n_features, ROWS_A_CHUNK, |rows| {
        let mut part = Assignment {
            labels: Vec::with_capacity(rows.len()),
            squares: Vec::with_capacity(rows.len()),
            sums: vec![0.0; centroids.len()],
            counts: vec![0; n_clusters],
            inertia: 0.0,
        };
        for row in x[rows.start * n_features..rows.end * n_features].chunks_exact(n_features) {
            let (label, square) = packed.nearest(row);
            part.labels.push(label);
            part.squares.push(square);
            let start = label as usize * n_features;
            axpy(1.0, row, &mut part.sums[start..start + n_features]);
            part.counts[label as usize] += 1;
        }
        part
    });
    join(chunks, centroids.len(), n_clusters)
}

fn join(chunks: Vec<Assignment>, n_entries: usize, n_clusters: usize) -> Assignment {
    let mut joined = Assignment {
        labels: Vec::new(),
        squares: Vec::new(),
        sums: vec![0.0; n_entries],
        counts: vec![0; n_clusters],
        inertia: 0.0,
    };
    for chunk in chunks {
        joined.labels.extend(chunk.labels);
        joined.squares.extend(chunk.squares);
        axpy(1.0, &chunk.sums, &mut joined.sums);
        joined
            .counts
            .iter_mut()
            .zip(chunk.counts)
            .for_each(|(a, b)| *a += b);
    }
    joined.inertia = math::sum(joined.squares.iter().copied());
    joined
}

impl Assignment {
    /// Moves `centroids` to the means of their samples and returns the sum of squared moves.
    ///
    /// Centroids without samples restart first: the lowest of them at the sample farthest from
    /// its own centroid (the first where tied), which leaves its old cluster, and so on.
    pub(super) fn move_centroids(
        &mut self,
        x: &[f64],
        centroids: &mut [f64],
        n_features: usize,
    ) -> f64 {
        self.relocate(x, n_features);
        let mut moved = 0.0;
        let clusters = centroids
            .chunks_exact_mut(n_features)
            .zip(self.sums.chunks_exact(n_features));
        for ((centroid, sum), &count) in clusters.zip(&self.counts) {
            // A cluster whose only sample left it stays where it was.
            if count == 0 {
                continue;
            }
            let mean: Vec<f64> = sum.iter().map(|s| s / count as f64).collect();
            moved += squared_distance(&mean, centroid);
            centroid.copy_from_slice(&mean);
        }
        moved
    }

    fn relocate(&mut self, x: &[f64], n_features: usize) {
        let empty: Vec<usize> = (0..self.counts.len())
            .filter(|&c| self.counts[c] == 0)
            .collect();
        if empty.is_empty() {
            return;
        }
        let squares = &self.squares;
        let farthest = math::order_by(squares.len(), &|a, b| squares[b].total_cmp(&squares[a]));
        for (&cluster, &sample) in empty.iter().zip(&farthest) {
            // Samples that lie on centroids are no better places.
            if self.squares[sample] == 0.0 {
                return;
            }
            let row = &x[sample * n_features..(sample + 1) * n_features];
            let old = self.labels[sample] as usize;
            axpy(
                -1.0,
                row,
                &mut self.sums[old * n_features..(old + 1) * n_features],
            );
            self.counts[old] -= 1;
            self.sums[cluster * n_features..(cluster + 1) * n_features].copy_from_slice(row);
            self.counts[cluster] = 1;
        }
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
        let mut assignment = assign(&x, &centroids, 1);
        assert_eq!(assignment.inertia, 101.0);
        assignment.move_centroids(&x, &mut centroids, 1);
        assert_eq!(centroids, [0.5, 10.0]);
    }
}
