//! Every query against every row, most of them only roughly.
//!
//! Rows and queries, less the mean of all rows, are rounded to multiples of a step of their own,
//! so that whole numbers of 16 bits remain, and the products of 4 queries and 8 rows at a time
//! are added up exactly in 32 bits. Only where the estimate of the distance, less the most it
//! can be wrong, is within the worst neighbor so far, is the distance computed from the
//! differences in `f64`. So the neighbors are exact, and the rough work takes half as long as a
//! matrix product in `f32`.
//!
//! The bound: let A = s·a + e be a query and B = t·b + f a row, of steps s and t and whole
//! numbers a and b of length at most γ. Rounded to the nearest, ‖e‖ ≤ s·ρ and ‖f‖ ≤ t·ρ for
//! ρ = √p/2 and a little. By Cauchy and Schwarz A·B differs from s·t·(a·b) by at most
//! ‖A‖·t·ρ + s·ρ·t·γ, and no sum of products exceeds γ² < 2³¹.

use super::nearest::{Metric, Nearest};
use crate::linalg::lanes::{F32x8, I32x8, LANES, Pairs};
use crate::linalg::wide::twofold;
use crate::linalg::{Columns, dot};
use crate::math::power_of_two_at_least;
use crate::parallel;

/// Rows of a panel.
const ROWS: usize = LANES;

/// Queries estimated at a time.
const QUERIES: usize = 4;

/// Numbers of the panels that all queries pass before the next ones: 32 KB, the first cache.
const BLOCK: usize = 16_384;

/// Numbers of the rows that one piece of work lays out, some 0.1 ms.
const NUMBERS_A_CHUNK: usize = 1 << 16;

/// The length that rows have in steps; with what rounding adds, below the root of 2³¹.
const LENGTH: f64 = 32_000.0;

/// Steps are at least this, so that their products stay in the range of `f32`.
const LEAST_STEP: f64 = 1.0 / (1u128 << 100) as f64;

/// Queries of a larger squared length, in units of the farthest row, would leave that range.
const LARGEST_SQUARE: f64 = (1u128 << 100) as f64;

/// The most by which one operation in `f32` is wrong, times 2.
const EPSILON: f64 = f32::EPSILON as f64;

/// Rows laid out for rough comparison.
#[derive(Debug, Clone)]
pub(super) struct Panels {
    n_features: usize,
    frame: Frame,
    /// Panels of 8 rows: for each two features the 8 pairs of entries side by side.
    entries: Vec<[[i16; 2]; ROWS]>,
    /// Of each panel the squared lengths, rounded down, and the steps.
    rows: Vec<([f32; ROWS], [f32; ROWS])>,
}

impl Panels {
    /// - `points`: `(n_samples, n_features)` row by row.
    pub(super) fn new(points: &[f64], n_features: usize) -> Self {
        let n_panels = (points.len() / n_features).div_ceil(ROWS);
        let n_pairs = n_features.div_ceil(2);
        let frame = Frame::of(points, n_features);
        let mut entries = vec![[[0; 2]; ROWS]; n_panels * n_pairs];
        // Rows that only fill the last panel are infinitely long.
        let mut rows = vec![([f32::INFINITY; ROWS], [0.0; ROWS]); n_panels];
        let n = (NUMBERS_A_CHUNK / (ROWS * n_features)).max(1);
        let chunks = entries.chunks_mut(n * n_pairs).zip(rows.chunks_mut(n));
        let chunks = chunks.zip(points.chunks(n * ROWS * n_features));
        parallel::for_each(chunks, |((entries, rows), points)| {
            frame.lay_out(points, entries, rows);
        });
        Self {
            n_features,
            frame,
            entries,
            rows,
        }
    }

    /// Offers every row that may be near enough to each query.
    ///
    /// - `points`: as given to [`Panels::new`]; `queries`: `(n_queries, n_features)`.
    pub(super) fn search(&self, points: &[f64], queries: &[f64], nearest: &mut [Nearest]) {
        let (p, n_pairs) = (self.n_features, self.n_features.div_ceil(2));
        let mut rounded = Rounded::default();
        let groups = queries.chunks(QUERIES * p);
        let rough: Vec<Rough> = groups
            .map(|group| Rough::new(group, &self.frame, &mut rounded))
            .collect();
        let panels_a_block = (BLOCK / (ROWS * n_pairs * 2)).max(1);
        let blocks = self.entries.chunks(panels_a_block * n_pairs);
        for (index, entries) in blocks.enumerate() {
            let first = index * panels_a_block;
            let block = Block {
                entries,
                rows: &self.rows[first..],
                first_row: first * ROWS,
            };
            let groups = rough
                .iter()
                .zip(nearest.chunks_mut(QUERIES))
                .zip(queries.chunks(QUERIES * p));
            for ((rough, nearest), queries) in groups {
                let exact = Exact {
                    points,
                    queries,
                    n_features: p,
                };
                compare(&block, rough, &exact, nearest);
            }
        }
    }
}

/// What rows and queries are measured by before they are rounded.
#[derive(Debug, Clone)]
struct Frame {
    centers: Vec<f64>,
    /// Power of two that brings centered rows to at most 1.
    scale: f64,
    /// The most that rounding can move a row, in steps.
    error: f64,
}

/// A row or query, centered, scaled and rounded.
#[derive(Debug, Default)]
struct Rounded {
    centered: Vec<f64>,
    pairs: Vec<[i16; 2]>,
    step: f32,
    square: f64,
}

impl Frame {
    fn of(points: &[f64], n_features: usize) -> Self {
        let centers = Columns::measure(points, n_features, true).centers;
        let n = (NUMBERS_A_CHUNK / n_features).max(1);
        let of_chunks = parallel::map_chunks(points.len() / n_features, n, |rows| {
            let points = &points[rows.start * n_features..rows.end * n_features];
            points.chunks_exact(n_features).fold(0.0_f64, |max, row| {
                row.iter()
                    .zip(&centers)
                    .fold(max, |max, (x, c)| max.max((x - c).abs()))
            })
        });
        let farthest = of_chunks.into_iter().fold(0.0_f64, f64::max);
        Self {
            scale: 1.0 / power_of_two_at_least(farthest),
            centers,
            // Computing what is rounded adds less than a hundredth of a step.
            error: 0.51 * (n_features as f64).sqrt(),
        }
    }

    /// Rounds the rows of some panels.
    fn lay_out(
        &self,
        points: &[f64],
        entries: &mut [[[i16; 2]; ROWS]],
        rows: &mut [([f32; ROWS], [f32; ROWS])],
    ) {
        let n_features = self.centers.len();
        let panels = entries.chunks_exact_mut(n_features.div_ceil(2)).zip(rows);
        let mut rounded = Rounded::default();
        for ((entries, (squares, steps)), points) in panels.zip(points.chunks(ROWS * n_features)) {
            for (lane, point) in points.chunks_exact(n_features).enumerate() {
                self.round(point, &mut rounded);
                for (line, pair) in entries.iter_mut().zip(&rounded.pairs) {
                    line[lane] = *pair;
                }
                squares[lane] = (rounded.square * (1.0 - 4.0 * EPSILON)) as f32;
                steps[lane] = rounded.step;
            }
        }
    }

    #[inline(always)]
    fn round(&self, row: &[f64], to: &mut Rounded) {
        let entries = row.iter().zip(&self.centers);
        to.centered.clear();
        to.centered
            .extend(entries.map(|(x, c)| (x - c) * self.scale));
        to.square = dot(&to.centered, &to.centered);
        to.step = (to.square.sqrt() / LENGTH).max(LEAST_STEP) as f32;
        let steps = 1.0 / to.step;
        let (pairs, rest) = to.centered.as_chunks::<2>();
        to.pairs.clear();
        to.pairs.extend(
            pairs
                .iter()
                .map(|pair| pair.map(|x| nearest_integer(x, steps))),
        );
        if let [x] = rest {
            to.pairs.push([nearest_integer(*x, steps), 0]);
        }
    }

    /// What is lost of scaled squares where products are too small for `f32`, or squares of
    /// differences too small for `f64`.
    fn lost(&self) -> f64 {
        // 2⁻⁵³⁷, the root of the least number.
        let root = self.scale * f64::from_bits((1023 - 537) << 52);
        self.centers.len() as f64 * (LEAST_STEP * f64::from(f32::EPSILON) + root * root)
    }
}

/// `x·steps`, rounded: added to 1.5·2²³, its whole part stands in the lowest bits.
#[inline(always)]
fn nearest_integer(x: f64, steps: f32) -> i16 {
    (x as f32 * steps + 12_582_912.0).to_bits() as i16
}

/// Four queries laid out for rough comparison.
#[derive(Debug, Default)]
struct Rough {
    /// For each two features the pairs of the four.
    entries: Vec<[[i16; 2]; QUERIES]>,
    queries: [Query; QUERIES],
}

/// What the estimates for a query are made of.
#[derive(Debug, Default, Clone, Copy)]
struct Query {
    /// Its step, times 2.
    step: f32,
    /// How wrong the product with a row can be, in steps of the row, times 2.
    error: f32,
    /// Squared length, scaled.
    square: f64,
    /// What is lost below the range of numbers.
    lost: f64,
    /// The square of the scale, in two factors.
    scale: f64,
}

impl Rough {
    /// - `queries`: up to 4.
    fn new(queries: &[f64], frame: &Frame, rounded: &mut Rounded) -> Self {
        let p = frame.centers.len();
        let mut rough = Self {
            entries: vec![[[0; 2]; QUERIES]; p.div_ceil(2)],
            ..Self::default()
        };
        let places = queries.chunks_exact(p).zip(&mut rough.queries);
        for (place, (query, to)) in places.enumerate() {
            frame.round(query, rounded);
            for (line, pair) in rough.entries.iter_mut().zip(&rounded.pairs) {
                line[place] = *pair;
            }
            *to = Query::new(rounded, frame);
        }
        rough
    }
}

impl Query {
    fn new(rounded: &Rounded, frame: &Frame) -> Self {
        let (square, step) = (rounded.square, f64::from(rounded.step));
        let longest = LENGTH + 1.0 + frame.error;
        let error = frame.error * (square.sqrt() + step * longest);
        // What the operations of an estimate in `f32` can be wrong by.
        let rounding = 4.0 * EPSILON * step * longest * longest;
        let is_in_range = square <= LARGEST_SQUARE;
        Self {
            step: 2.0 * rounded.step,
            error: (2.0 * (error + rounding) * (1.0 + 8.0 * EPSILON)) as f32,
            square,
            lost: if is_in_range {
                frame.lost()
            } else {
                f64::INFINITY
            },
            scale: frame.scale,
        }
    }

    /// The estimate above which a row is surely farther than `worst`.
    #[inline(always)]
    fn limit(&self, worst: f64) -> f32 {
        let worst = (worst * self.scale) * self.scale;
        let rounding = 8.0 * EPSILON * (worst + self.square);
        (worst - self.square + rounding + self.lost) as f32
    }

    /// Of each of 8 rows, whether it is surely farther than `limit` says; one whose estimate is
    /// no number is not, so it is looked at.
    #[inline(always)]
    fn are_far(&self, dots: I32x8, (squares, steps): (F32x8, F32x8), limit: f32) -> u32 {
        let product = dots.to_f32().times(F32x8::splat(self.step));
        let most = product.plus(F32x8::splat(self.error)).times(steps);
        F32x8::splat(limit).is_less(squares.minus(most)).bits()
    }
}

/// Some panels.
struct Block<'a> {
    entries: &'a [[[i16; 2]; ROWS]],
    rows: &'a [([f32; ROWS], [f32; ROWS])],
    first_row: usize,
}

twofold! {
/// Four queries against some panels.
fn compare(block: &Block<'_>, rough: &Rough, exact: &Exact<'_>, nearest: &mut [Nearest]) {
    let mut limits = [f32::NEG_INFINITY; QUERIES];
    for ((limit, nearest), query) in limits.iter_mut().zip(nearest.iter()).zip(&rough.queries) {
        *limit = query.limit(nearest.worst());
    }
    let panels = block
        .entries
        .chunks_exact(rough.entries.len())
        .zip(block.rows);
    for (panel, (entries, (squares, steps))) in panels.enumerate() {
        let dots = dots(entries, &rough.entries);
        let rows = (F32x8::load(squares), F32x8::load(steps));
        let row = block.first_row + panel * ROWS;
        let queries = rough.queries.iter().zip(dots).zip(&mut limits);
        for ((q, nearest), ((query, dots), limit)) in
            nearest.iter_mut().enumerate().zip(queries)
        {
            let mut near = !query.are_far(dots, rows, *limit) & ((1 << ROWS) - 1);
            if near == 0 {
                continue;
            }
            while near != 0 {
                exact.offer(q, row + near.trailing_zeros() as usize, nearest);
                near &= near - 1;
            }
            *limit = query.limit(nearest.worst());
        }
    }
}
}

/// The products of 4 queries and 8 rows, in steps of both.
#[inline(always)]
fn dots(panel: &[[[i16; 2]; ROWS]], queries: &[[[i16; 2]; QUERIES]]) -> [I32x8; QUERIES] {
    // Single variables stay in registers; an array that is walked through later would not.
    let [mut first, mut second, mut third, mut fourth] = [I32x8::splat(0); QUERIES];
    for (b, a) in panel.iter().zip(queries) {
        let b = Pairs::load(b);
        first = first.plus_dot(b, Pairs::splat(a[0]));
        second = second.plus_dot(b, Pairs::splat(a[1]));
        third = third.plus_dot(b, Pairs::splat(a[2]));
        fourth = fourth.plus_dot(b, Pairs::splat(a[3]));
    }
    [first, second, third, fourth]
}

/// What the exact distances are computed from.
struct Exact<'a> {
    points: &'a [f64],
    queries: &'a [f64],
    n_features: usize,
}

impl Exact<'_> {
    fn offer(&self, q: usize, row: usize, nearest: &mut Nearest) {
        let p = self.n_features;
        let query = self.queries.get(q * p..(q + 1) * p);
        let point = self.points.get(row * p..(row + 1) * p);
        if let (Some(query), Some(point)) = (query, point) {
            nearest.offer(Metric::Euclidean.reduced(query, point), row as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::wide::compared::both;
    use crate::models::neighbors::Neighbor;
    use crate::models::neighbors::brute;
    use crate::rng::Rng;

    fn found(k: usize, n_queries: usize, search: impl Fn(&mut [Nearest])) -> Vec<Vec<Neighbor>> {
        let mut nearest = vec![Nearest::new(k); n_queries];
        search(&mut nearest);
        nearest.into_iter().map(Nearest::into_found).collect()
    }

    /// The rough search finds what comparing all rows finds, to the last bit.
    fn check(points: &[f64], queries: &[f64], n_features: usize, what: &str) {
        for k in [1, 3] {
            let n = queries.len() / n_features;
            let panels = Panels::new(points, n_features);
            let rough = found(k, n, |nearest| panels.search(points, queries, nearest));
            let plain = found(k, n, |nearest| {
                brute::search(points, queries, n_features, Metric::Euclidean, nearest);
            });
            assert_eq!(rough, plain, "{what}, {n_features} features");
            let [narrow, wide] =
                both(|| found(k, n, |nearest| panels.search(points, queries, nearest)));
            assert!(
                narrow == rough && wide == rough,
                "{what}, {n_features} features"
            );
        }
    }

    fn power_of_two(exponent: i32) -> f64 {
        f64::from_bits(((1023 + exponent) as u64) << 52)
    }

    fn normals(n: usize, rng: &mut Rng) -> Vec<f64> {
        (0..n).map(|_| rng.normal()).collect()
    }

    #[test]
    fn all_sizes_scales_and_offsets() {
        let mut rng = Rng::new(1);
        for p in [1, 2, 3, 16, 17, 50] {
            for n in [1, 7, 8, 9, 300] {
                for (scale, offset) in [
                    (1.0, 0.0),
                    (1.0, 1e9),
                    (1.0, 1e16),
                    (1e150, 0.0),
                    (1e-150, 0.0),
                    (1e-160, 0.0),
                    (1e-162, 1e-150),
                    (1e-310, 0.0),
                    (0.0, 3.0),
                ] {
                    let mut all = normals((n + 6) * p, &mut rng);
                    all.iter_mut().for_each(|x| *x = *x * scale + offset);
                    let (points, queries) = all.split_at(n * p);
                    check(
                        points,
                        queries,
                        p,
                        &format!("{n} rows of {scale} + {offset}"),
                    );
                }
            }
        }
    }

    /// Rows at nearly the same distance from a query, on both sides of what rounding resolves.
    #[test]
    fn rows_of_several_pieces_of_work() {
        let mut rng = Rng::new(6);
        for n in [1304, 1305, 3001] {
            let points = normals(n * 50, &mut rng);
            let queries = normals(5 * 50, &mut rng);
            check(&points, &queries, 50, &format!("{n} rows"));
        }
    }

    #[test]
    fn near_ties() {
        let mut rng = Rng::new(2);
        for p in [1, 2, 16, 40] {
            let mut near = 1.0;
            for _ in 0..56 {
                near *= 0.5;
                let query = normals(p, &mut rng);
                let mut points = Vec::new();
                for _ in 0..40 {
                    let direction = normals(p, &mut rng);
                    let length = dot(&direction, &direction).sqrt();
                    let far = (1.0 + near * rng.normal()) / length;
                    points.extend(query.iter().zip(&direction).map(|(q, d)| q + far * d));
                }
                check(&points, &query, p, &format!("{near}"));
            }
        }
    }

    #[test]
    fn rows_and_queries_of_very_different_lengths() {
        let mut rng = Rng::new(3);
        for p in [2, 16, 30] {
            let mut points = normals(200 * p, &mut rng);
            for (row, point) in points.chunks_exact_mut(p).enumerate() {
                let scale = power_of_two(3 * (row % 50) as i32 - 120);
                point.iter_mut().for_each(|x| *x *= scale);
            }
            let mut queries = normals(30 * p, &mut rng);
            for (q, query) in queries.chunks_exact_mut(p).enumerate() {
                let scale = power_of_two(30 * q as i32 - 460);
                query.iter_mut().for_each(|x| *x *= scale);
            }
            check(&points, &queries, p, "lengths");
        }
    }

    #[test]
    fn duplicates_and_whole_numbers_tie_toward_the_first_row() {
        let mut rng = Rng::new(4);
        for p in [1, 2, 15] {
            let points: Vec<f64> = (0..400 * p).map(|_| rng.below(3) as f64).collect();
            check(&points, &points[..50 * p], p, "whole numbers");
        }
    }

    /// Entries all alike make the products as large as they become.
    #[test]
    fn the_largest_products_do_not_overflow() {
        for p in [1, 2, 3, 64, 4000] {
            let mut points = vec![1.0; 9 * p];
            points[4 * p..5 * p].fill(-1.0);
            points[..p].fill(0.999_999);
            check(&points, &points, p, "alike");
            let spikes: Vec<f64> = (0..9 * p)
                .map(|i| {
                    if i % p == 0 {
                        (i / p) as f64 - 4.0
                    } else {
                        0.0
                    }
                })
                .collect();
            check(&spikes, &spikes, p, "spikes");
        }
    }

    /// Few rows are compared exactly: the estimate is good for something.
    #[test]
    fn estimates_leave_out_nearly_all_rows() {
        let mut rng = Rng::new(5);
        for p in [13, 64, 784] {
            let points = normals(1000 * p, &mut rng);
            let query = normals(p, &mut rng);
            let panels = Panels::new(&points, p);
            let rough = Rough::new(&query, &panels.frame, &mut Rounded::default());
            let distance = |row: &[f64]| Metric::Euclidean.reduced(row, &query);
            let mut distances: Vec<f64> = points.chunks_exact(p).map(distance).collect();
            distances.sort_by(f64::total_cmp);
            let limit = rough.queries[0].limit(distances[4]);
            let panels = panels.entries.chunks_exact(p.div_ceil(2)).zip(&panels.rows);
            let near = panels.map(|(entries, (squares, steps))| {
                let rows = (F32x8::load(squares), F32x8::load(steps));
                let dots = dots(entries, &rough.entries);
                8 - rough.queries[0].are_far(dots[0], rows, limit).count_ones()
            });
            let near: u32 = near.sum();
            assert!((5..12).contains(&near), "{p} features: {near}");
        }
    }
}
