//! The mean silhouette of clusters: every distance between two rows, measured once.

use std::collections::BTreeMap;
use std::ops::Range;

use ndarray::ArrayView2;

use crate::rng::Rng;
use crate::{math, parallel};

/// Rows up to which the silhouette is exact; above it is the mean over a sample of as many.
const MOST_ROWS: usize = 10_000;

/// Rows compared side by side.
const LANES: usize = 8;

/// Panels of one piece of work; fixed, so results do not depend on threads.
const PANELS_A_BLOCK: usize = 8;

/// Sums of distances kept at most, 64 MB; with more clusters every distance is measured twice.
const MOST_SUMS: usize = 8 << 20;

/// The mean silhouette of rows, and whether it was sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct Silhouette {
    /// From −1 to 1.
    pub mean: f64,
    /// Says so where only a sample of rows was measured.
    pub note: Option<String>,
}

/// The mean silhouette by Euclidean distance (P. Rousseeuw, "Silhouettes", J. Comput. Appl.
/// Math. 20, 1987).
///
/// Exact up to 10,000 rows; above, over a sample of 10,000 of a fixed seed, compared with one
/// another. A row alone in its cluster counts 0, as in the paper.
///
/// - `x`: `(n_samples, n_features)`; `codes`: `(n_samples,)`.
///
/// # Errors
/// A sentence where there are fewer than two clusters, or as many as rows.
pub fn silhouette(x: ArrayView2<f64>, codes: &[u32]) -> Result<Silhouette, String> {
    if x.ncols() == 0 || x.nrows() != codes.len() {
        return Err("There are no features to measure distances by.".to_owned());
    }
    let (rows, note) = sample(codes.len());
    let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for &row in &rows {
        members.entry(codes[row]).or_default().push(row);
    }
    if members.len() < 2 {
        return Err("All rows are in one cluster; there is no other to compare with.".to_owned());
    }
    if members.len() == rows.len() {
        return Err("Every row is a cluster of its own.".to_owned());
    }
    let members: Vec<Vec<usize>> = members.into_values().collect();
    let panels = Panels::new(x, &members);
    let values = if panels.n_places() * members.len() <= MOST_SUMS {
        panels.each_pair_once()
    } else {
        panels.row_by_row()
    };
    let mean = math::sum(values) / rows.len() as f64;
    Ok(Silhouette { mean, note })
}

fn sample(n: usize) -> (Vec<usize>, Option<String>) {
    if n <= MOST_ROWS {
        return ((0..n).collect(), None);
    }
    let mut rows = Rng::new(0).fork("silhouette").permutation(n);
    rows.truncate(MOST_ROWS);
    rows.sort_unstable();
    let note = format!("Measured on a sample of {MOST_ROWS} of {n} rows.");
    (rows, Some(note))
}

/// Rows in panels of eight, cluster by cluster; the last panel of a cluster is filled up with
/// places that count for nothing.
struct Panels {
    width: usize,
    /// For each panel and feature the entries of its rows side by side.
    entries: Vec<f64>,
    /// Rows of each panel.
    n_rows: Vec<usize>,
    /// Cluster of each panel, never falling.
    clusters: Vec<usize>,
    /// Rows of each cluster.
    counts: Vec<usize>,
}

/// What the rows of some panels of one cluster add up.
struct Block {
    panels: Range<usize>,
    /// Of each of their places, the distances to each cluster, but for rows of panels before.
    own: Vec<f64>,
    /// Of each place of the panels after, the distances to the rows of these.
    later: Vec<f64>,
}

impl Panels {
    /// - `members`: the rows of each cluster.
    fn new(x: ArrayView2<f64>, members: &[Vec<usize>]) -> Self {
        let mut panels = Self {
            width: x.ncols(),
            entries: Vec::new(),
            n_rows: Vec::new(),
            clusters: Vec::new(),
            counts: members.iter().map(Vec::len).collect(),
        };
        for (cluster, rows) in members.iter().enumerate() {
            for rows in rows.chunks(LANES) {
                for j in 0..x.ncols() {
                    let row_of = |lane: usize| rows.get(lane).unwrap_or(&rows[0]);
                    panels
                        .entries
                        .extend((0..LANES).map(|lane| x[(*row_of(lane), j)]));
                }
                panels.n_rows.push(rows.len());
                panels.clusters.push(cluster);
            }
        }
        panels
    }

    fn n_places(&self) -> usize {
        self.n_rows.len() * LANES
    }

    fn panel(&self, panel: usize) -> &[f64] {
        let len = LANES * self.width;
        &self.entries[panel * len..(panel + 1) * len]
    }

    /// The row at a place of a panel.
    fn row(&self, panel: usize, lane: usize) -> Vec<f64> {
        let entries = self.panel(panel).iter().skip(lane);
        entries.step_by(LANES).copied().collect()
    }

    /// The distances of a row to those of a panel; 0 for places that are filled up.
    #[inline(always)]
    fn distances(&self, row: &[f64], panel: usize) -> [f64; LANES] {
        let mut squares = [0.0; LANES];
        for (a, b) in row.iter().zip(self.panel(panel).chunks_exact(LANES)) {
            for (square, b) in squares.iter_mut().zip(b) {
                *square += (a - b) * (a - b);
            }
        }
        let mut distances = squares.map(f64::sqrt);
        distances[self.n_rows[panel]..].fill(0.0);
        distances
    }

    /// Some panels of one cluster, and the next ones, until all are in a block.
    fn blocks(&self) -> Vec<Range<usize>> {
        let mut blocks: Vec<Range<usize>> = Vec::new();
        for panel in 0..self.n_rows.len() {
            match blocks.last_mut() {
                Some(block)
                    if block.len() < PANELS_A_BLOCK
                        && self.clusters[block.start] == self.clusters[panel] =>
                {
                    block.end = panel + 1;
                }
                _ => blocks.push(panel..panel + 1),
            }
        }
        blocks
    }

    /// The silhouette of each row; what two rows are apart counts for both.
    fn each_pair_once(&self) -> Vec<f64> {
        let (k, blocks) = (self.counts.len(), self.blocks());
        let mut sums = vec![0.0; self.n_places() * k];
        let parts = parallel::map_chunks(blocks.len(), 1, |index| {
            self.block(blocks[index.start].clone())
        });
        for block in parts {
            let cluster = self.clusters[block.panels.start];
            let (own, later) =
                sums[block.panels.start * LANES * k..].split_at_mut(block.panels.len() * LANES * k);
            own.iter_mut()
                .zip(&block.own)
                .for_each(|(sum, d)| *sum += d);
            for (sums, d) in later.chunks_exact_mut(k).zip(&block.later) {
                sums[cluster] += d;
            }
        }
        let places = sums.chunks_exact(k).enumerate();
        let values = places.filter_map(|(place, sums)| {
            let (panel, lane) = (place / LANES, place % LANES);
            (lane < self.n_rows[panel]).then(|| self.value(self.clusters[panel], sums))
        });
        values.collect()
    }

    fn block(&self, panels: Range<usize>) -> Block {
        let k = self.counts.len();
        let places: Vec<(usize, usize)> = panels
            .clone()
            .flat_map(|panel| (0..self.n_rows[panel]).map(move |lane| (panel, lane)))
            .collect();
        let rows: Vec<Vec<f64>> = places.iter().map(|&(p, lane)| self.row(p, lane)).collect();
        let mut own = vec![0.0; panels.len() * LANES * k];
        let mut later = Vec::with_capacity((self.n_rows.len() - panels.end) * LANES);
        let mut sums = vec![[0.0; LANES]; rows.len()];
        for other in panels.start..self.n_rows.len() {
            let mut column = [0.0; LANES];
            for (row, sums) in rows.iter().zip(&mut sums) {
                let distances = self.distances(row, other);
                for ((sum, column), d) in sums.iter_mut().zip(&mut column).zip(distances) {
                    *sum += d;
                    *column += d;
                }
            }
            if other >= panels.end {
                later.extend(column);
            }
            let cluster = self.clusters[other];
            if self.clusters.get(other + 1) != Some(&cluster) {
                for (&(panel, lane), sums) in places.iter().zip(&mut sums) {
                    let place = (panel - panels.start) * LANES + lane;
                    own[place * k + cluster] = sums.iter().sum();
                    *sums = [0.0; LANES];
                }
            }
        }
        Block { panels, own, later }
    }

    /// The silhouette of each row, with memory for one row only.
    fn row_by_row(&self) -> Vec<f64> {
        let parts = parallel::map_chunks(self.n_rows.len(), PANELS_A_BLOCK, |panels| {
            let places = panels.flat_map(|panel| (0..self.n_rows[panel]).map(move |l| (panel, l)));
            let value = |(panel, lane)| {
                let (row, mut sums) = (self.row(panel, lane), vec![0.0; self.counts.len()]);
                for (other, cluster) in self.clusters.iter().enumerate() {
                    sums[*cluster] += self.distances(&row, other).iter().sum::<f64>();
                }
                self.value(self.clusters[panel], &sums)
            };
            places.map(value).collect::<Vec<f64>>()
        });
        parts.concat()
    }

    /// The silhouette of a row of a cluster, given the sums of its distances to all clusters.
    fn value(&self, own: usize, sums: &[f64]) -> f64 {
        if self.counts[own] < 2 {
            return 0.0;
        }
        let inside = sums[own] / (self.counts[own] - 1) as f64;
        let others = sums.iter().zip(&self.counts).enumerate();
        let nearest = others
            .filter(|(cluster, _)| *cluster != own)
            .fold(f64::INFINITY, |least, (_, (sum, &n))| {
                least.min(sum / n as f64)
            });
        let larger = inside.max(nearest);
        if larger > 0.0 {
            (nearest - inside) / larger
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree_whatever_the_sizes_of_clusters() {
        let mut rng = Rng::new(3);
        let x = ndarray::Array2::from_shape_fn((230, 3), |_| rng.normal());
        let members: Vec<Vec<usize>> = vec![
            (0..1).collect(),
            (1..90).collect(),
            (90..98).collect(),
            (98..230).collect(),
        ];
        let panels = Panels::new(x.view(), &members);
        let (once, twice) = (panels.each_pair_once(), panels.row_by_row());
        assert_eq!(once.len(), 230);
        for (a, b) in once.iter().zip(&twice) {
            assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        }
        assert_eq!(once[0], 0.0);
    }
}
