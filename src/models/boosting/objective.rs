//! Losses: what is optimized, with slope and curvature, and where training starts.
//!
//! A model's sum for a row is its *raw* value; the link makes it what is predicted. Losses are
//! those of scikit-learn: half the squared error, half the Poisson and gamma deviances without
//! their constant terms, and the log loss in nats.

use super::weighted::quantile;
use crate::linalg::elementary::exp_f64;
use crate::math;

/// The loss that trees are grown on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Objective {
    /// Half the squared error; predicts the mean.
    SquaredError,
    /// The absolute error; predicts the median.
    AbsoluteError,
    /// The pinball loss; predicts this quantile.
    Quantile(f64),
    /// Half the Poisson deviance, for counts; the raw value is the logarithm of the mean.
    Poisson,
    /// Half the gamma deviance, for positive numbers; likewise.
    Gamma,
    /// Log loss of two classes; the raw value is the log-odds of the second.
    Binomial,
    /// Log loss of several classes; raw values go through the softmax.
    Multinomial(usize),
}

impl Objective {
    /// Trees an iteration, and raw values a row.
    pub fn n_outputs(self) -> usize {
        match self {
            Self::Multinomial(n_classes) => n_classes,
            _ => 1,
        }
    }

    /// Whether the curvature says how far to go. Where it does not, each leaf is set to the
    /// best constant for its rows.
    pub(super) fn is_smooth(self) -> bool {
        !matches!(self, Self::AbsoluteError | Self::Quantile(_))
    }

    /// Whether the second derivative is 1 everywhere.
    pub(super) fn has_constant_hessian(self) -> bool {
        matches!(
            self,
            Self::SquaredError | Self::AbsoluteError | Self::Quantile(_)
        )
    }

    /// First and second derivative of the loss of one row of one raw value.
    #[inline(always)]
    pub(super) fn slope(self, y: f64, raw: f64) -> (f64, f64) {
        match self {
            Self::SquaredError => (raw - y, 1.0),
            Self::AbsoluteError => (if raw > y { 1.0 } else { -1.0 }, 1.0),
            Self::Quantile(q) => (if y >= raw { -q } else { 1.0 - q }, 1.0),
            Self::Poisson => {
                let mean = exp_f64(raw);
                (mean - y, mean)
            }
            Self::Gamma => {
                let ratio = y * exp_f64(-raw);
                (1.0 - ratio, ratio)
            }
            Self::Binomial | Self::Multinomial(_) => {
                let e = exp_f64(-raw);
                let p = 1.0 / (1.0 + e);
                (p - y, p * (e * p))
            }
        }
    }

    /// The loss of a row.
    ///
    /// - `y`: the value, or the code of the class.
    /// - `raw`: `(n_outputs,)`.
    pub(super) fn loss(self, y: f64, raw: &[f64]) -> f64 {
        let first = raw[0];
        let error = y - first;
        match self {
            Self::SquaredError => 0.5 * error * error,
            Self::AbsoluteError => error.abs(),
            Self::Quantile(q) if error >= 0.0 => q * error,
            Self::Quantile(q) => (q - 1.0) * error,
            Self::Poisson => math::exp(first) - y * first,
            Self::Gamma => first + y * math::exp(-first),
            Self::Binomial => {
                // ln(1 + eˣ) without overflow.
                let size = math::log1p(math::exp(-first.abs()));
                first.max(0.0) + size - y * first
            }
            Self::Multinomial(_) => math::log_sum_exp(raw) - raw[y as usize],
        }
    }

    /// The best constant, where training starts: `(n_outputs,)`.
    ///
    /// - `y`, `weights`: `(n_samples,)`, at least one sample of weight.
    pub(super) fn baseline(self, y: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let mean = |of: &dyn Fn(f64) -> f64| weighted_mean(y.iter().map(|&v| of(v)), weights);
        let value = |v: f64| v;
        let share = |low: f64, p: f64| p.clamp(low, 1.0 - low);
        let least = 10.0 * f64::EPSILON;
        vec![match self {
            Self::SquaredError => mean(&value),
            Self::AbsoluteError | Self::Quantile(_) => self.best_constant(&mut y.to_vec(), weights),
            Self::Poisson | Self::Gamma => math::ln(mean(&value).max(least)),
            Self::Binomial => {
                let p = share(least, mean(&value));
                math::ln(p / (1.0 - p))
            }
            Self::Multinomial(n_classes) => {
                let log_share = |class: usize| {
                    let p = mean(&|code| f64::from(code == class as f64));
                    math::ln(share(f64::EPSILON, p))
                };
                let logs: Vec<f64> = (0..n_classes).map(log_share).collect();
                let center = logs.iter().sum::<f64>() / n_classes as f64;
                return logs.into_iter().map(|log| log - center).collect();
            }
        }]
    }

    /// The quantile of some errors that the loss asks for.
    pub(super) fn best_constant(self, errors: &mut [f64], weights: Option<&[f64]>) -> f64 {
        let q = match self {
            Self::Quantile(q) => q,
            _ => 0.5,
        };
        quantile(errors, weights, q)
    }
}

/// The mean of `values`, each counting as its weight says.
pub(super) fn weighted_mean(
    values: impl ExactSizeIterator<Item = f64>,
    weights: Option<&[f64]>,
) -> f64 {
    let n = values.len() as f64;
    match weights {
        None => math::sum(values) / n,
        Some(weights) => {
            let total = math::sum(weights.iter().copied());
            math::sum(values.zip(weights).map(|(v, w)| v * w)) / total
        }
    }
}
