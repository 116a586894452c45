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
            Some(weights) => Wheel::new(weights).draw(&mut rng),
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
        let wheel = Wheel::new(&weighted);
        if wheel.total <= 0.0 {
            return false;
        }
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for _ in 0..n_candidates(n_clusters) {
            let candidate = wheel.draw(&mut self.rng);
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

/// Draws places in proportion to the numbers there; never one with 0.
struct Wheel<'a> {
    numbers: &'a [f64],
    /// Of chunks of the numbers, compensated: what is lost of small numbers beside large ones
    /// would shift every place after them.
    sums: Vec<f64>,
    total: f64,
}

impl<'a> Wheel<'a> {
    fn new(numbers: &'a [f64]) -> Self {
        let chunks = numbers.chunks(ROWS_A_CHUNK);
        let sums: Vec<f64> = chunks.map(|c| math::sum(c.iter().copied())).collect();
        Self {
            numbers,
            total: math::sum(sums.iter().copied()),
            sums,
        }
    }

    fn draw(&self, rng: &mut Rng) -> usize {
        let at = rng.uniform() * self.total;
        let (chunk, at) = place_of(&self.sums, at);
        let start = chunk * ROWS_A_CHUNK;
        let end = self.numbers.len().min(start + ROWS_A_CHUNK);
        start + place_of(&self.numbers[start..end], at).0
    }
}

/// The place at which the compensated sum of the numbers up to it first exceeds `at`, or else
/// the last that is not 0; and what is left of `at` there.
fn place_of(numbers: &[f64], at: f64) -> (usize, f64) {
    let (mut left, mut lost) = (at, 0.0);
    let mut found = (0, at);
    for (place, &number) in numbers.iter().enumerate() {
        if number > 0.0 {
            found = (place, left + lost);
            let next = left - number;
            lost += if left.abs() >= number {
                (left - next) - number
            } else {
                left - (number + next)
            };
            left = next;
            if left + lost < 0.0 {
                break;
            }
        }
    }
    found
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
        let counts = counted(7, |seed| Wheel::new(&numbers).draw(&mut Rng::new(seed)));
        for (count, number) in counts.iter().zip(numbers) {
            check(*count, 40_000.0, number / 30.0);
        }
    }

    #[test]
    fn every_place_is_found_where_sums_in_order_lose_small_numbers() {
        // After 1e16 a plain sum stays where it is, however many ones follow.
        let mut numbers = vec![1.0; 2 * ROWS_A_CHUNK];
        numbers[0] = 1e16;
        for place in [1, 3, ROWS_A_CHUNK - 1] {
            // Even, as numbers near 1e16 are.
            let before = (place - 1) as f64;
            let found = place_of(&numbers[..ROWS_A_CHUNK], 1e16 + before);
            assert_eq!(found, (place, 0.0));
        }
        let wheel = Wheel::new(&numbers);
        assert_eq!(wheel.total, 1e16 + (2 * ROWS_A_CHUNK) as f64);
        assert_eq!(wheel.sums[1], ROWS_A_CHUNK as f64);
    }

    #[test]
    fn the_last_place_that_is_not_0_takes_what_rounding_leaves() {
        assert_eq!(place_of(&[1.0, 2.0, 0.0], 3.0), (1, 2.0));
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
