//! Quantiles, with and without weights, as scikit-learn takes them.

use crate::math;

/// What lies between two values that share a quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Middle {
    /// The lower of them.
    Lower,
    /// Their mean.
    Averaged,
}

/// The percentiles at which the weights up to a value reach a share of all.
///
/// - `values`, `weights`: `(n,)`, n at least 1, the weights positive or 0.
/// - `percents`: 0 to 100; returns one value each.
pub(super) fn weighted_quantile(
    values: &[f64],
    weights: &[f64],
    percents: &[f64],
    middle: Middle,
) -> Vec<f64> {
    let order = math::order_by(values.len(), &|a, b| values[a].total_cmp(&values[b]));
    let mut reached = Vec::with_capacity(order.len());
    let mut sum = 0.0;
    for &row in &order {
        sum += weights[row];
        reached.push(sum);
    }
    let at = |place: usize| values[order[place.min(order.len() - 1)]];
    let quantile = |percent: &f64| {
        let share = percent / 100.0 * sum;
        // Rows without weight do not stand before the first.
        let share = if share == 0.0 {
            f64::from_bits(1)
        } else {
            share
        };
        let place = reached.partition_point(|r| *r < share).min(order.len() - 1);
        let is_between = middle == Middle::Averaged && reached[place] - share <= f64::EPSILON;
        if !is_between {
            return at(place);
        }
        let next = reached.partition_point(|r| *r <= reached[place]);
        let next = if next < order.len() { next } else { place };
        (at(place) + at(next)) / 2.0
    };
    percents.iter().map(quantile).collect()
}

/// The value below which the share `q` lies: interpolated where all weigh the same, else the
/// first at which the weights reach that share.
///
/// - `values`: `(n,)`, n at least 1.
pub(super) fn quantile(values: &mut [f64], weights: Option<&[f64]>, q: f64) -> f64 {
    match weights {
        Some(weights) => weighted_quantile(values, weights, &[100.0 * q], Middle::Lower)[0],
        None => {
            super::sorting::sort_floats(values);
            math::quantile(values, q).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_count_as_repeated_rows() {
        let (values, weights) = ([3.0, 1.0, 2.0], [1.0, 2.0, 1.0]);
        let at = |percent, middle| weighted_quantile(&values, &weights, &[percent], middle)[0];
        assert_eq!(at(50.0, Middle::Lower), 1.0);
        assert_eq!(at(50.0, Middle::Averaged), 1.5);
        assert_eq!(at(0.0, Middle::Lower), 1.0);
        assert_eq!(at(100.0, Middle::Averaged), 3.0);
    }

    #[test]
    fn without_weights_the_median_lies_between() {
        assert_eq!(quantile(&mut [4.0, 1.0, 2.0, 3.0], None, 0.5), 2.5);
    }
}
