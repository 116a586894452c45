//! Elementary functions and sums that give the same bits on every machine.
//!
//! `f64::exp` and its kin are whatever the system provides; these come from the `libm` crate,
//! compiled from the same Rust source natively and on wasm. The basic operations and `sqrt` are
//! exact by IEEE 754 and need no wrapper. Fused multiply-add is never used.

use std::cmp::Ordering;

pub use libm::{
    acos, asin, atan, atan2, cos, erf, erfc, exp, exp2, expf, expm1, hypot, lgamma, log as ln,
    log1p, log2, log10, logf as lnf, pow, powf, sin, sincos, sinh, tan, tanh, tanhf,
};

/// The logistic function 1 / (1 + exp(−x)), without overflow.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let e = exp(x);
        e / (1.0 + e)
    }
}

/// ln(Σ exp(xᵢ)), shifted by the maximum; −∞ for an empty slice.
pub fn log_sum_exp(x: &[f64]) -> f64 {
    let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !max.is_finite() {
        return max;
    }
    max + ln(x.iter().map(|&v| exp(v - max)).sum::<f64>())
}

/// Turns logits into probabilities that sum to 1, in place.
pub fn softmax(logits: &mut [f64]) {
    let total = log_sum_exp(logits);
    for value in logits.iter_mut() {
        *value = exp(*value - total);
    }
}

/// A sum with compensation (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation
/// endlicher Summen", ZAMM 54, 1974): as exact as if computed in twice the precision.
///
/// ```
/// assert_eq!(handlens::math::sum([1.0, 1e100, 1.0, -1e100]), 2.0);
/// ```
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() {
            (sum - next) + value
        } else {
            (value - next) + sum
        };
        sum = next;
    }
    // An infinite or undefined sum leaves NaN in the compensation.
    if sum.is_finite() { sum + lost } else { sum }
}

/// Mean of `values`; `None` where there are none.
pub fn mean(values: &[f64]) -> Option<f64> {
    moments(values).map(|m| m.mean)
}

/// Mean and mean square deviation of a set of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Count.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Mean square deviation from the mean (divided by n); may overflow where the deviation
    /// does not.
    pub variance: f64,
    /// Root mean square deviation (divided by n).
    pub deviation: f64,
}

/// Mean and variance in two compensated passes; `None` where there are no values.
///
/// Values are scaled by a power of two first, so 1e200 does not overflow and subnormals
/// keep their digits.
pub fn moments(values: &[f64]) -> Option<Moments> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let max = values.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
    let scale = power_of_two_at_least(max);
    let mean = sum(values.iter().map(|v| v / scale)) / n;
    let deviations = || values.iter().map(|v| v / scale - mean);
    // The second term takes back the rounding of the mean (Chan, Golub & LeVeque, 1983).
    let drift = sum(deviations());
    let squares = sum(deviations().map(|d| d * d));
    let variance = ((squares - drift * drift / n) / n).max(0.0);
    Some(Moments {
        n: values.len(),
        mean: mean * scale,
        variance: variance * scale * scale,
        deviation: variance.sqrt() * scale,
    })
}

/// The smallest power of two that is at least `x`, within the normal range; 1 for 0 and NaN.
pub fn power_of_two_at_least(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return 1.0;
    }
    let (_, exponent) = libm::frexp(x);
    libm::ldexp(1.0, exponent.clamp(-1021, 1023))
}

/// Whether a column of numbers is constant up to rounding: its variance is at most
/// n · (eps · max|x|)².
pub fn is_constant(values: &[f64]) -> bool {
    let Some(m) = moments(values) else {
        return true;
    };
    let max = values.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
    let noise = f64::EPSILON * max;
    m.deviation <= noise * (m.n as f64).sqrt()
}

/// The value below which the share `q` of the sorted values lies, interpolated linearly as
/// NumPy's default does; `None` where there are none. `sorted` must be ascending.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let low = position.floor() as usize;
    let high = (low + 1).min(last);
    let part = position - low as f64;
    let (a, b) = (*sorted.get(low)?, *sorted.get(high)?);
    Some(if part >= 0.5 {
        b - (b - a) * (1.0 - part)
    } else {
        a + (b - a) * part
    })
}

/// Index of the largest value, the first of equals; 0 for an empty slice. NaN never wins.
pub fn argmax(values: &[f64]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] || values[best].is_nan() {
            best = index;
        }
    }
    best
}

/// The indices `0..n` in the order of `compare`, equals by index.
///
/// Every call shares the one sort in here: compiled for each comparison anew, sorting would be
/// a tenth of the wasm module.
///
/// ```
/// let sizes = [3, 1, 3, 2];
/// let order = handlens::math::order_by(4, &|a, b| sizes[b].cmp(&sizes[a]));
/// assert_eq!(order, [0, 2, 3, 1]);
/// ```
pub fn order_by(n: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| compare(a, b));
    order
}

/// Sorts `items` by `compare`, equals in their old order, through [`order_by`].
pub fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let order = order_by(items.len(), &|a, b| compare(&items[a], &items[b]));
    let mut slots: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|index| slots[index].take()));
}

/// A number in its canonical printed form: the shortest digits that read back the same, whole
/// numbers without a point, −0 as 0.
///
/// ```
/// use handlens::math::print_number;
/// assert_eq!(print_number(3.0), "3");
/// assert_eq!(print_number(0.1), "0.1");
/// assert_eq!(print_number(-0.0), "0");
/// assert_eq!(print_number(1e300), "1e300");
/// ```
pub fn print_number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    if (1e-5..1e16).contains(&size) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}
