//! Greedy k-means++: starting centroids far apart from one another.

use super::points::Points;
use crate::linalg::squared_distance;
use crate::math;
use crate::parallel::map_chunks;
use crate::rng::Rng;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 4096;

/// Centroids chosen so far, and each sample's squared distance to the nearest.
#[derive(Debug, Clone)]
pub(in crate::models) struct Seeding {
    /// `(n_chosen, n_features)` row by row.
    pub centroids: Vec<f64>,
    squares: Vec<f64>,
    rng: Rng,
}

impl Seeding {
    /// Draws the first centroid from the rows, in proportion to their weights.
    pub(in crate::models) fn new(points: Points, mut rng: Rng) -> Self {
        let first = match points.weights {
            None => rng.below(points.len()),
            Some(weights) => draw(&mut rng, weights, math::sum(weights.iter().copied())),
        };
        let far = vec![f64::INFINITY; points.len()];
        Self {
            centroids: points.row(first).to_vec(),
            squares: nearer(points, first, &far),
            rng,
        }
    }

    /// Rows compared with one candidate, all candidates of a centroid together.
    pub(super) fn cost(&self, n_clusters: usize) -> usize {
        self.squares.len() * n_candidates(n_clusters)
    }

    /// Adds a centroid: of some rows drawn with probability proportional to their weight and
    /// squared distance to the nearest centroid, the one that leaves the least sum of such
    /// distances, the first where tied. `false` where every row equals a centroid already.
    pub(in crate::models) fn add(&mut self, points: Points, n_clusters: usize) -> bool {
        let weighted: Vec<f64> = match points.weights {
            None => self.squares.clone(),
            Some(weights) => self
                .squares
                .iter()
                .zip(weights)
                .map(|(s, w)| s * w)
                .collect(),
        };
        let total = math::sum(weighted.iter().copied());
        if total <= 0.0 {
            return false;
        }
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for _ in 0..n_candidates(n_clusters) {
            let candidate = draw(&mut self.rng, &weighted, total);
            let squares = nearer(points, candidate, &self.squares);
            let left = points.weigh(&squares);
            if best.as_ref().is_none_or(|(least, _, _)| left < *least) {
                best = Some((left, candidate, squares));
            }
        }
        if let Some((_, row, squares)) = best {
            self.centroids.extend_from_slice(points.row(row));
            self.squares = squares;
        }
        true
    }
}

/// A place drawn in proportion to the numbers there, which sum to `total`; never one with 0.
fn draw(rng: &mut Rng, numbers: &[f64], total: f64) -> usize {
    let mut left = rng.uniform() * total;
    let mut last = 0;
    for (place, &number) in numbers.iter().enumerate() {
        if number > 0.0 {
            last = place;
            left -= number;
            if left < 0.0 {
                break;
            }
        }
    }
    last
}

/// Candidates for one centroid, as many as scikit-learn tries.
fn n_candidates(n_clusters: usize) -> usize {
    2 + math::ln(n_clusters as f64) as usize
}

/// Squared distances after a row joins as centroid: the lesser of the old and its own.
fn nearer(points: Points, candidate: usize, squares: &[f64]) -> Vec<f64> {
    let centroid = points.row(candidate);
    let chunks = map_chunks(squares.len(), ROWS_A_CHUNK, |rows| {
        let own = rows.map(|row| squared_distance(points.row(row), centroid).min(squares[row]));
        own.collect::<Vec<f64>>()
    });
    chunks.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each place comes of 40,000 draws.
    fn counted(n: usize, mut draw: impl FnMut(u32) -> usize) -> Vec<f64> {
        let mut counts = vec![0.0; n];
        (0..40_000).for_each(|seed| counts[draw(seed)] += 1.0);
        counts
    }

    /// Within five deviations of what a share expects: of a million such tests one fails.
    fn check(count: f64, n: f64, share: f64) {
        let deviation = (n * share * (1.0 - share)).sqrt();
        let apart = (count - n * share).abs();
        assert!(apart <= 5.0 * deviation, "{count} of {n}, not {share}");
    }

    #[test]
    fn places_are_drawn_in_proportion_and_never_those_with_0() {
        let numbers = [0.0, 1.0, 4.0, 0.0, 9.0, 16.0, 0.0];
        let counts = counted(7, |seed| draw(&mut Rng::new(seed), &numbers, 30.0));
        for (count, number) in counts.iter().zip(numbers) {
            check(*count, 40_000.0, number / 30.0);
        }
    }

    /// Rows at 0, 1 and 3, all far from zero, the first chosen: of the others the squares of the
    /// distances are 1 and 9. The nearer one leaves 4, the farther one 1, so the nearer is taken
    /// where both candidates are it: in 1 of 10² cases. By plain distances it would be 1 of 4².
    #[test]
    fn seeds_are_drawn_by_squared_distance() {
        let x = [0.0, 1.0, 3.0].map(|v| 1e8 + v);
        let points = Points {
            x: &x,
            n_features: 1,
            weights: None,
        };
        let counts = counted(4, |seed| {
            let mut seeding = Seeding::new(points, Rng::new(seed));
            if seeding.centroids != [x[0]] {
                return 3;
            }
            assert_eq!(seeding.squares, [0.0, 1.0, 9.0]);
            assert!(seeding.add(points, 2));
            x.iter().position(|v| *v == seeding.centroids[1]).unwrap()
        });
        check(counts[3], 40_000.0, 2.0 / 3.0);
        check(counts[1], counts[1] + counts[2], 0.01);
        assert_eq!(counts[0], 0.0);
    }
}
