//! Few ticks with nice numbers.

use super::text;
use crate::math;

/// Multiples of 1, 2 or 5 times a power of ten within `[low, high]`, about `count` of them.
///
/// ```
/// use handlens::plot::ticks;
/// assert_eq!(ticks(0.0, 1.0, 5), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
/// assert_eq!(ticks(32.0, 59.0, 5), [35.0, 40.0, 45.0, 50.0, 55.0]);
/// assert!(ticks(1.0, 1.0, 5).is_empty());
/// ```
pub fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 || count == 0 {
        return Vec::new();
    }
    let rough = span / count as f64;
    let power = math::pow(10.0, math::log10(rough).floor());
    if power <= 0.0 || !power.is_finite() {
        return Vec::new();
    }
    let step = match rough / power {
        m if m < 1.5 => power,
        m if m < 3.5 => 2.0 * power,
        m if m < 7.5 => 5.0 * power,
        _ => 10.0 * power,
    };
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    // A range far from zero and narrower than its rounding has no tick to show.
    if !(last - first).is_finite() || last - first > 50.0 {
        return Vec::new();
    }
    let n = (last - first).max(-1.0) as i64 + 1;
    (0..n)
        .map(|i| clean((first + i as f64) * step, step))
        .collect()
}

/// Takes away the rounding noise of a multiplication: 0.6000000000000001 becomes 0.6.
fn clean(value: f64, step: f64) -> f64 {
    let decimals = (1.0 - math::log10(step).floor()).clamp(0.0, 17.0) as usize;
    format!("{value:.decimals$}")
        .parse()
        .map_or(value, |v: f64| v + 0.0)
}

/// Texts of ticks, all with as many decimals as the finest needs.
pub fn labels(ticks: &[f64]) -> Vec<String> {
    let largest = ticks.iter().fold(0.0_f64, |m, t| m.max(t.abs()));
    let step = ticks
        .windows(2)
        .map(|w| w[1] - w[0])
        .fold(f64::INFINITY, f64::min);
    if !(1e-4..1e6).contains(&largest) || step < 1e-6 {
        return ticks.iter().map(|&t| text::number(t, 4)).collect();
    }
    // A tick alone has no step; it needs the decimals of itself.
    let finest = if step.is_finite() { step } else { largest };
    let decimals = (0..7).find(|&d| {
        let scaled = finest * math::pow(10.0, f64::from(d));
        (scaled - scaled.round()).abs() < 1e-6 * scaled
    });
    let decimals = decimals.unwrap_or(3) as usize;
    ticks
        .iter()
        .map(|t| grouped(&format!("{t:.decimals$}")))
        .collect()
}

/// Thousands set apart from five digits on, and a true minus.
fn grouped(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("\u{2212}", digits),
        None => ("", text),
    };
    let whole = digits.split('.').next().unwrap_or_default().len();
    let mut grouped = sign.to_owned();
    for (index, digit) in digits.char_indices() {
        if whole > 4 && index > 0 && index < whole && (whole - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A range that holds `values` with some air, never empty: a single value gets a span of its
/// own size.
pub fn range_of(values: impl IntoIterator<Item = f64>, air_low: f64, air_high: f64) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.into_iter().filter(|v| v.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        return (0.0, 1.0);
    }
    let span = high / 2.0 - low / 2.0;
    if span <= low.abs().max(high.abs()) * 1e-12 {
        let half = if low == 0.0 { 1.0 } else { low.abs() * 0.5 };
        return (low - half, high + half);
    }
    (
        (low - 2.0 * span * air_low).max(-f64::MAX),
        (high + 2.0 * span * air_high).min(f64::MAX),
    )
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn ticks_have_as_many_decimals_as_the_finest_needs() {
        for (ticks, expected) in [
            (vec![0.0, 0.25, 0.5], vec!["0.00", "0.25", "0.50"]),
            (vec![50.0, 100.0], vec!["50", "100"]),
            (vec![100.0], vec!["100"]),
            (vec![0.5], vec!["0.5"]),
        ] {
            assert_eq!(labels(&ticks), expected);
        }
    }
}
