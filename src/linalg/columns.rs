//! Centers and scales of the columns of a matrix, found in few passes over its rows.

use std::borrow::Cow;
use std::ops::Range;

use ndarray::ArrayView2;

use super::dd::two_sum;
use crate::math::power_of_two_at_least;
use crate::parallel::map_chunks;

/// Rows measured as one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 4096;

/// Rows of a sample.
const SAMPLE: usize = 2048;

/// The entries of `x` row by row, copied only where `x` lies otherwise in memory.
pub fn row_major<'a>(x: &ArrayView2<'a, f64>) -> Cow<'a, [f64]> {
    match x.to_slice() {
        Some(entries) => Cow::Borrowed(entries),
        None => Cow::Owned(x.iter().copied().collect()),
    }
}

/// Columns without larger entries count as constant: they hold few digits, and what divides by
/// their spread would leave the range of numbers.
const LEAST_ENTRY: f64 = 1e-300;

/// Where the columns of a matrix lie and how far they spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// Means, rounded; zeros where columns are not to be centered.
    pub centers: Vec<f64>,
    /// Powers of two that bring each centered column to a root mean square between 1/2 and 1;
    /// 0 for columns that are constant up to rounding (all zero, where not centered).
    pub scales: Vec<f64>,
}

impl Columns {
    /// Measures the columns of `entries`, `(n_samples, n_features)` row by row, finite.
    pub fn measure(entries: &[f64], n_features: usize, is_centered: bool) -> Self {
        Self::measure_weighted(entries, n_features, is_centered, None)
    }

    /// As [`Columns::measure_weighted`], of [`SAMPLE`] rows spread evenly over all.
    pub fn measure_sample(
        entries: &[f64],
        n_features: usize,
        is_centered: bool,
        weights: Option<&[f64]>,
    ) -> Self {
        let n = entries.len() / n_features.max(1);
        let places = || (0..n).step_by((n / SAMPLE).max(1));
        let row = |i: usize| &entries[i * n_features..(i + 1) * n_features];
        let rows: Vec<f64> = places().flat_map(row).copied().collect();
        let weights = weights.map(|weights| places().map(|i| weights[i]).collect::<Vec<f64>>());
        Self::measure_weighted(&rows, n_features, is_centered, weights.as_deref())
    }

    /// As [`Columns::measure`], where each row counts as many times as its weight says.
    ///
    /// - `weights`: `(n_samples,)`, positive.
    pub fn measure_weighted(
        entries: &[f64],
        n_features: usize,
        is_centered: bool,
        weights: Option<&[f64]>,
    ) -> Self {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let largest = over_columns(
            entries,
            n_features,
            f64::max,
            |max, _, _, x| if x.abs() > max { x.abs() } else { max },
            |_| 1.0,
        );
        let unit: Vec<f64> = largest
            .iter()
            .map(|&max| 1.0 / power_of_two_at_least(max))
            .collect();
        let n_samples = entries.len() / n_features.max(1);
        let n = match weights {
            Some(weights) => crate::math::sum(weights.iter().copied()),
            None => n_samples as f64,
        };
        let centers: Vec<f64> = if is_centered {
            let sums = column_sums(entries, n_features, &unit, weight);
            sums.iter()
                .zip(&unit)
                .map(|(sum, unit)| sum / n / unit)
                .collect()
        } else {
            vec![0.0; n_features]
        };
        let squares = over_columns(
            entries,
            n_features,
            |a, b| a + b,
            |sum, weight, j, x| {
                let deviation = x * unit[j] - centers[j] * unit[j];
                sum + weight * (deviation * deviation)
            },
            weight,
        );
        let scale = |j: usize| {
            let spread = (squares[j] / n).sqrt();
            // A deviation of this size is what rounding alone leaves of a constant.
            let noise = f64::EPSILON * (largest[j] * unit[j]) * (n_samples as f64).sqrt();
            let least = if is_centered { noise } else { 0.0 };
            let is_constant = spread <= least || largest[j] < LEAST_ENTRY;
            if is_constant {
                0.0
            } else {
                1.0 / power_of_two_at_least(spread) * unit[j]
            }
        };
        Self {
            scales: (0..n_features).map(scale).collect(),
            centers,
        }
    }
}

/// Folds every column with `step(folded, weight of the row, column, entry)` in fixed chunks of rows, then joins
/// the chunks in order.
fn over_columns(
    entries: &[f64],
    n_features: usize,
    join: impl Fn(f64, f64) -> f64,
    step: impl Fn(f64, f64, usize, f64) -> f64 + Sync,
    weight: impl Fn(usize) -> f64 + Sync,
) -> Vec<f64> {
    let chunks = map_rows(entries, n_features, |first, rows| {
        let mut folded = vec![0.0; n_features];
        for (place, row) in rows.chunks_exact(n_features).enumerate() {
            let weight = weight(first + place);
            for (j, (folded, &x)) in folded.iter_mut().zip(row).enumerate() {
                *folded = step(*folded, weight, j, x);
            }
        }
        folded
    });
    let mut joined = vec![0.0; n_features];
    for chunk in chunks {
        joined
            .iter_mut()
            .zip(chunk)
            .for_each(|(a, b)| *a = join(*a, b));
    }
    joined
}

/// Compensated sums of the columns, each entry times its unit and the weight of its row.
fn column_sums(
    entries: &[f64],
    n_features: usize,
    unit: &[f64],
    weight: impl Fn(usize) -> f64 + Sync,
) -> Vec<f64> {
    let chunks = map_rows(entries, n_features, |first, rows| {
        let (mut sums, mut lost) = (vec![0.0; n_features], vec![0.0; n_features]);
        for (place, row) in rows.chunks_exact(n_features).enumerate() {
            let weight = weight(first + place);
            for (((sum, lost), &x), &unit) in sums.iter_mut().zip(&mut lost).zip(row).zip(unit) {
                let (next, error) = two_sum(*sum, weight * (x * unit));
                *sum = next;
                *lost += error;
            }
        }
        (sums, lost)
    });
    let total = |j: usize| {
        let parts = chunks.iter().flat_map(|(sums, lost)| [sums[j], lost[j]]);
        crate::math::sum(parts)
    };
    (0..n_features).map(total).collect()
}

/// Applies `work(first row, rows)` to fixed chunks of rows, in parallel, and returns the
/// results in order.
fn map_rows<T: Send>(
    entries: &[f64],
    n_features: usize,
    work: impl Fn(usize, &[f64]) -> T + Sync,
) -> Vec<T> {
    let n_samples = entries.len() / n_features.max(1);
    map_chunks(n_samples, ROWS_A_CHUNK, |rows: Range<usize>| {
        work(
            rows.start,
            &entries[rows.start * n_features..rows.end * n_features],
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centers_are_exact_and_constants_found() {
        let entries = [1e8 + 1.0, 7.0, 1e8 + 2.0, 7.0, 1e8 + 3.0, 7.0];
        let columns = Columns::measure(&entries, 2, true);
        assert_eq!(columns.centers, [1e8 + 2.0, 7.0]);
        assert_eq!(columns.scales, [1.0, 0.0]);
    }

    #[test]
    fn without_centering_only_zeros_are_constant() {
        let columns = Columns::measure(&[4.0, 0.0, 4.0, 0.0], 2, false);
        assert_eq!(columns.scales, [0.125, 0.0]);
        assert_eq!(columns.centers, [0.0, 0.0]);
    }

    #[test]
    fn weights_count_as_repeated_rows() {
        let weights = [1.0, 3.0];
        let weighted = Columns::measure_weighted(&[1.0, 5.0], 1, true, Some(&weights));
        assert_eq!(weighted, Columns::measure(&[1.0, 5.0, 5.0, 5.0], 1, true));
    }

    #[test]
    fn huge_and_tiny_columns_do_not_overflow() {
        let columns = Columns::measure(&[1e300, 1e-290, -1e300, 3e-290], 2, true);
        assert!(columns.scales.iter().all(|s| s.is_finite() && *s > 0.0));
        assert!((columns.centers[1] / 2e-290 - 1.0).abs() < 1e-15);
    }
}
