//! Samples in `f32`, by which nearly all of them find their nearest centroid.
//!
//! With X and C the sample and the centroid less the mean of all samples, ‖x − c‖² − ‖X‖² is
//! ‖C‖² − 2·X·C: in `f32` one product and one sum a feature, for 8 samples and 4 centroids at a
//! time. Where the least of these scores is less than the next one by more than both can be
//! wrong, the label is certain; the caller compares the other samples by `f64` distances. So the
//! labels are those of comparing all by `f64` distances, and the sketch decides nothing but the
//! time.
//!
//! The bound: with u = 2⁻²⁴, roundings of X, of C, of ‖C‖² and of the p products and sums add up
//! to less than κ·(‖X‖² + ‖C‖²) for κ = (p + 16)·2u. A score is computed less κ·‖C‖², so what
//! other centroids may be nearer by is in it; the one of least score b may be farther by
//! 2κ·(‖X‖² + ‖C‖²), and its ‖C‖² is at most 5.5·‖X‖² + 2.7·max(b, 0). The margin asked for,
//! κ·(16·‖X‖² + 8·max(b, 0)) and what products below the range of numbers lose, is larger.

use super::points::Points;
use crate::linalg::lanes::{F32x8, I32x8, LANES};
use crate::math::power_of_two_at_least;
use crate::parallel::{for_each_chunk_mut, map_chunks};

/// Centroids compared at a time.
const GROUP: usize = 4;

/// Rows measured as one piece of work.
const ROWS_A_CHUNK: usize = 4096;

/// The label of a sample whose nearest centroid is not certain.
pub(super) const UNCERTAIN: u32 = u32::MAX;

/// Centroids farther than this, in units of the farthest sample, would leave the range of `f32`.
const FARTHEST: f64 = (1u64 << 50) as f64;

/// Samples, centered and scaled, for rough comparison.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    centers: Vec<f64>,
    /// Power of two that brings centered samples to at most 1.
    scale: f64,
    /// Panels of 8 samples: a line of the parts of the margin that they ask for, and for each
    /// feature the entries side by side.
    lines: Vec<[f32; LANES]>,
}

/// Centroids laid out for rough comparison.
#[derive(Debug, Clone)]
pub(super) struct Rough {
    n_clusters: usize,
    /// Groups of 4: for each feature the 4 entries side by side, times −2.
    entries: Vec<[f32; GROUP]>,
    /// Their squared lengths less what scores can be wrong by; infinite for those that only fill
    /// the last group.
    squares: Vec<[f32; GROUP]>,
    /// The share of a positive score that the margin has; infinite where no label is certain.
    share: f32,
}

impl Sketch {
    pub(super) fn new(points: Points) -> Self {
        let (p, n_panels) = (points.n_features, points.len().div_ceil(LANES));
        let (centers, farthest) = measure(points);
        let mut sketch = Self {
            centers,
            scale: 1.0 / power_of_two_at_least(farthest),
            lines: vec![[0.0; LANES]; n_panels * (p + 1)],
        };
        let (centers, scale) = (&sketch.centers, sketch.scale);
        for_each_chunk_mut(
            &mut sketch.lines,
            ROWS_A_CHUNK / LANES * (p + 1),
            |start, lines| {
                let rows = points.x[start / (p + 1) * LANES * p..].chunks(LANES * p);
                for (panel, rows) in lines.chunks_exact_mut(p + 1).zip(rows) {
                    fill(panel, rows, centers, scale);
                }
            },
        );
        sketch
    }

    /// Lays out centroids, `(n_clusters, n_features)` row by row.
    pub(super) fn rough(&self, centroids: &[f64]) -> Rough {
        let p = self.centers.len();
        let n_clusters = centroids.len() / p;
        let n_groups = n_clusters.div_ceil(GROUP);
        let mut rough = Rough {
            n_clusters,
            entries: vec![[0.0; GROUP]; n_groups * p],
            squares: vec![[f32::INFINITY; GROUP]; n_groups],
            share: (8.0 * rounding(p)) as f32,
        };
        for (cluster, centroid) in centroids.chunks_exact(p).enumerate() {
            let (group, place) = (cluster / GROUP, cluster % GROUP);
            let mut square = 0.0;
            let lines = rough.entries[group * p..].iter_mut();
            for ((line, x), c) in lines.zip(centroid).zip(&self.centers) {
                let entry = (x - c) * self.scale;
                line[place] = -2.0 * entry as f32;
                square += entry * entry;
            }
            rough.squares[group][place] = (square * (1.0 - rounding(p))) as f32;
            if square.is_nan() || square > FARTHEST * FARTHEST {
                rough.share = f32::INFINITY;
            }
        }
        rough
    }

    /// The nearest centroid of each sample from `start` on, or [`UNCERTAIN`].
    ///
    /// - `start`: a multiple of 8.
    #[inline(always)]
    pub(super) fn label(&self, start: usize, to: &Rough, labels: &mut [u32]) {
        let n_lines = self.centers.len() + 1;
        let panels = self.lines[start / LANES * n_lines..].chunks_exact(n_lines);
        for (labels, panel) in labels.chunks_mut(LANES).zip(panels) {
            let nearest = to.nearest(panel).map(|label| label as u32);
            labels.copy_from_slice(&nearest[..labels.len()]);
        }
    }
}

/// Fills a panel with up to 8 rows.
fn fill(panel: &mut [[f32; LANES]], rows: &[f64], centers: &[f64], scale: f64) {
    let (p, least) = (centers.len(), least_margin(centers.len(), scale));
    let share = (16.0 * rounding(p)) as f32;
    let Some((margins, lines)) = panel.split_first_mut() else {
        return;
    };
    for (lane, row) in rows.chunks_exact(p).enumerate() {
        for ((line, x), c) in lines.iter_mut().zip(row).zip(centers) {
            line[lane] = ((x - c) * scale) as f32;
        }
    }
    for line in lines {
        for (square, x) in margins.iter_mut().zip(line) {
            *square += *x * *x;
        }
    }
    for margin in margins {
        *margin = share * *margin + least as f32;
    }
}

impl Rough {
    /// The nearest centroid of each of the 8 samples of a panel.
    #[inline(always)]
    fn nearest(&self, panel: &[[f32; LANES]]) -> [i32; LANES] {
        let Some((margins, entries)) = panel.split_first() else {
            return [UNCERTAIN as i32; LANES];
        };
        let mut least = F32x8::splat(f32::INFINITY);
        let (mut next, mut nearest) = (least, I32x8::splat(0));
        let groups = self.entries.chunks_exact(entries.len()).zip(&self.squares);
        for ((group, squares), first) in groups.zip((0..self.n_clusters as i32).step_by(GROUP)) {
            let scores = scores(entries, group, squares);
            for (score, cluster) in scores.into_iter().zip(first..) {
                let is_less = score.is_less(least);
                next = score.most(least).least(next);
                least = score.least(least);
                nearest = I32x8::splat(cluster).where_else(is_less, nearest);
            }
        }
        let positive = least.most(F32x8::splat(0.0));
        let margin = F32x8::load(margins).plus(positive.times(F32x8::splat(self.share)));
        let is_certain = margin.is_less(next.minus(least));
        nearest
            .where_else(is_certain, I32x8::splat(UNCERTAIN as i32))
            .to_array()
    }
}

/// ‖C‖² − 2·X·C of 8 samples and 4 centroids.
#[inline(always)]
fn scores(
    entries: &[[f32; LANES]],
    group: &[[f32; GROUP]],
    squares: &[f32; GROUP],
) -> [F32x8; GROUP] {
    // Single variables stay in registers; an array that is walked through later would not.
    let [mut first, mut second, mut third, mut fourth] = squares.map(F32x8::splat);
    for (x, c) in entries.iter().zip(group) {
        let x = F32x8::load(x);
        first = first.plus(x.times(F32x8::splat(c[0])));
        second = second.plus(x.times(F32x8::splat(c[1])));
        third = third.plus(x.times(F32x8::splat(c[2])));
        fourth = fourth.plus(x.times(F32x8::splat(c[3])));
    }
    [first, second, third, fourth]
}

/// The share of the squared lengths that a score can be wrong by; infinite where it is no small
/// one.
fn rounding(n_features: usize) -> f64 {
    let share = (n_features + 16) as f64 * f64::from(f32::EPSILON);
    if share < 1.0 / 16.0 {
        share
    } else {
        f64::INFINITY
    }
}

/// More than what products that are too small for `f32`, or squares too small for `f64`, lose.
fn least_margin(n_features: usize, scale: f64) -> f64 {
    const TINY: f64 = 1.0 / (1u128 << 120) as f64;
    // 2⁻⁵³⁷, the root of the least number.
    let root = scale * f64::from_bits((1023 - 537) << 52);
    n_features as f64 * (TINY + root * root)
}

/// Means of the features, and the farthest that an entry is from the mean of its feature.
fn measure(points: Points) -> (Vec<f64>, f64) {
    let (p, n) = (points.n_features, points.len());
    let spreads = map_chunks(n, ROWS_A_CHUNK, |rows| {
        let mut spreads = vec![Spread::default(); p];
        for row in points.x[rows.start * p..rows.end * p].chunks_exact(p) {
            for (spread, &x) in spreads.iter_mut().zip(row) {
                spread.join(Spread {
                    sum: x,
                    lowest: x,
                    highest: x,
                });
            }
        }
        spreads
    });
    let mut all = vec![Spread::default(); p];
    for spread in spreads {
        all.iter_mut()
            .zip(spread)
            .for_each(|(all, spread)| all.join(spread));
    }
    let centers: Vec<f64> = all.iter().map(|spread| spread.sum / n as f64).collect();
    let farthest = all.iter().zip(&centers).fold(0.0, |farthest, (spread, c)| {
        f64::max(farthest, (spread.highest - c).max(c - spread.lowest))
    });
    (centers, farthest)
}

/// Where the numbers of a feature lie.
#[derive(Debug, Clone, Copy)]
struct Spread {
    sum: f64,
    lowest: f64,
    highest: f64,
}

impl Default for Spread {
    fn default() -> Self {
        Self {
            sum: 0.0,
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
        }
    }
}

impl Spread {
    #[inline(always)]
    fn join(&mut self, other: Self) {
        let Self {
            sum,
            lowest,
            highest,
        } = other;
        self.sum += sum;
        self.lowest = if lowest < self.lowest {
            lowest
        } else {
            self.lowest
        };
        self.highest = if highest > self.highest {
            highest
        } else {
            self.highest
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::kmeans::packed::Packed;
    use crate::rng::Rng;

    /// Every certain label is that of the `f64` distances; returns the share of certain ones.
    fn check(x: &[f64], n_features: usize, centroids: &[f64]) -> f64 {
        let points = Points {
            x,
            n_features,
            weights: None,
        };
        let sketch = Sketch::new(points);
        let mut labels = vec![0; points.len()];
        sketch.label(0, &sketch.rough(centroids), &mut labels);
        let packed = Packed::new(centroids, n_features);
        let mut n_certain = 0;
        for (sample, &label) in labels.iter().enumerate() {
            if label != UNCERTAIN {
                assert_eq!(label, packed.nearest(points.row(sample)).0, "{sample}");
                n_certain += 1;
            }
        }
        f64::from(n_certain) / points.len() as f64
    }

    fn normals(n: usize, rng: &mut Rng) -> Vec<f64> {
        (0..n).map(|_| rng.normal()).collect()
    }

    #[test]
    fn nearly_all_labels_are_certain_and_all_of_these_right() {
        let mut rng = Rng::new(1);
        for (p, k) in [(1, 1), (1, 5), (2, 3), (3, 4), (16, 8), (17, 9), (100, 33)] {
            let x = normals(1003 * p, &mut rng);
            let share = check(&x, p, &x[..k * p]);
            assert!(share > 0.98, "{p} features, {k} clusters: {share}");
        }
    }

    #[test]
    fn scales_and_offsets_do_not_matter_to_what_is_certain() {
        let mut rng = Rng::new(2);
        for (scale, offset) in [
            (1e150, 0.0),
            (1e-150, 0.0),
            (1e-300, 0.0),
            (5e-324, 0.0),
            (1.0, 1e6),
            (1.0, 1e12),
            (1.0, 1e17),
            (1e-160, 1e-150),
            (1e-165, 1e-150),
        ] {
            let mut x = normals(2000 * 4, &mut rng);
            x.iter_mut().for_each(|x| *x = *x * scale + offset);
            let share = check(&x, 4, &x[..4 * 7]);
            let is_coarse = scale < 1e-150 || offset > 1e12;
            assert!(is_coarse || share > 0.98, "{scale} {offset}: {share}");
        }
    }

    /// Samples on the plane between two centroids, moved by ever less.
    #[test]
    fn near_ties_are_right_or_uncertain() {
        let mut rng = Rng::new(3);
        for p in [1, 2, 5, 16, 64] {
            let mut near = 1.0;
            for _ in 0..60 {
                near *= 0.5;
                let (a, b) = (normals(p, &mut rng), normals(p, &mut rng));
                let mut x = Vec::new();
                for _ in 0..64 {
                    let place = 0.5 + near * rng.normal();
                    x.extend(a.iter().zip(&b).map(|(a, b)| a + place * (b - a)));
                }
                check(&x, p, &[a, b].concat());
            }
        }
    }

    #[test]
    fn clusters_with_the_same_center_and_duplicates_are_uncertain() {
        let x = [1.0, 2.0, 1.0, 2.0, 5.0, 6.0];
        assert_eq!(check(&x, 2, &[1.0, 2.0, 1.0, 2.0]), 0.0);
        assert_eq!(check(&[3.0; 20], 2, &[3.0, 3.0, 4.0, 4.0]), 1.0);
    }

    /// One sample far from all others does not make these uncertain, nor does its cluster.
    #[test]
    fn a_far_sample_with_its_own_cluster_leaves_the_others_certain() {
        let mut rng = Rng::new(4);
        let mut x = normals(4000 * 3, &mut rng);
        x[..3].copy_from_slice(&[1e3, -1e3, 1e3]);
        assert!(check(&x, 3, &x[..3 * 5]) > 0.98);
    }

    #[test]
    fn centroids_out_of_range_make_nothing_certain_that_is_wrong() {
        let mut rng = Rng::new(5);
        let x = normals(500 * 2, &mut rng);
        for far in [
            1e14,
            1e16,
            1e18,
            1e19,
            1e20,
            1e38,
            1e39,
            1e160,
            1e300,
            f64::MAX,
        ] {
            let centroids = [0.0, 0.0, far, 1.0, -far, far, far * (1.0 - 1e-9), 1.0];
            check(&x, 2, &centroids);
            check(&x, 2, &centroids[2..]);
            check(&x, 2, &[centroids[2], 1.0, centroids[6], 1.0]);
        }
    }
}
