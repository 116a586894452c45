//! Centroids side by side.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lower_cluster() {
        let packed = Packed::new(&[0.0, 2.0, 2.0], 1);
        assert_eq!(packed.nearest(&[1.0]), (0, 1.0));
        assert_eq!(packed.nearest(&[1.9]).0, 1);
    }
}
