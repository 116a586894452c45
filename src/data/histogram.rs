//! Histograms whose bins begin at round numbers.

use crate::math;

/// Bins aimed at; round widths make it 10 to 27.
const N_BINS: f64 = 20.0;

/// Counts of numbers in bins of equal width.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Histogram {
    /// Bounds of the bins, ascending; one more than bins. A value on a bound is in the bin above
    /// it, on the last bound in the last bin.
    pub edges: Vec<f64>,
    /// Number of values in each bin.
    pub counts: Vec<usize>,
}

/// The histogram of ascending, finite numbers; `None` where there are none. Bins are 1, 2 or 5
/// times a power of ten wide and start at multiples of that. Numbers that are the same, or too
/// close for that, share one bin.
pub(super) fn histogram(sorted: &[f64]) -> Option<Histogram> {
    let (&min, &max) = (sorted.first()?, sorted.last()?);
    let edges = round_edges(min, max).unwrap_or_else(|| vec![min, max]);
    let mut counts = Vec::with_capacity(edges.len() - 1);
    let mut rest = sorted;
    for upper in edges.iter().skip(1).take(edges.len().saturating_sub(2)) {
        let n = rest.partition_point(|value| value < upper);
        counts.push(n);
        rest = rest.get(n..).unwrap_or_default();
    }
    counts.push(rest.len());
    Some(Histogram { edges, counts })
}

fn round_edges(min: f64, max: f64) -> Option<Vec<f64>> {
    // Divided before subtracted, so that ±1e308 does not overflow.
    let width = max / N_BINS - min / N_BINS;
    let size = min.abs().max(max.abs());
    if width <= 0.0 || width < 1e-11 * size || width < 1e-300 {
        return None;
    }
    let mut exponent = math::log10(width).floor() as i32;
    let mantissa = width / power_of_ten(exponent);
    let mut digit = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|d| mantissa <= d * 1.000_001)?;
    if digit == 10.0 {
        (digit, exponent) = (1.0, exponent + 1);
    }
    // Whole multiples over a power of ten are correctly rounded decimals.
    let edge = |index: f64| {
        if exponent < 0 {
            index * digit / power_of_ten(-exponent)
        } else {
            index * digit * power_of_ten(exponent)
        }
    };
    let mut first = (min / edge(1.0)).floor();
    while edge(first) > min {
        first -= 1.0;
    }
    let mut edges = vec![edge(first)];
    let mut index = first + 1.0;
    while edges.len() < 100 {
        let next = edge(index);
        edges.push(next);
        if next >= max {
            return edges.iter().all(|edge| edge.is_finite()).then_some(edges);
        }
        index += 1.0;
    }
    None
}

fn power_of_ten(exponent: i32) -> f64 {
    math::pow(10.0, f64::from(exponent))
}
