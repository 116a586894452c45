//! Covariance of the values at two places.

use crate::error::Result;
use crate::linalg::elementary::exp_f64;
use crate::models::Parts;
use crate::models::model::damaged;

/// How covariance falls with the distance r, measured in length scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// exp(−r²/2): endlessly smooth.
    Rbf,
    /// exp(−r): continuous, but rough (nu = ½).
    Matern12,
    /// (1 + √3·r)·exp(−√3·r): one derivative (nu = 3/2).
    Matern32,
    /// (1 + √5·r + 5/3·r²)·exp(−√5·r): two derivatives (nu = 5/2).
    Matern52,
}

const SHAPES: &[(&str, Shape)] = &[
    ("rbf", Shape::Rbf),
    ("matern_0.5", Shape::Matern12),
    ("matern_1.5", Shape::Matern32),
    ("matern_2.5", Shape::Matern52),
];

impl Shape {
    pub(super) fn find(name: &str) -> Option<Self> {
        let found = SHAPES.iter().find(|(known, _)| *known == name);
        found.map(|(_, shape)| *shape)
    }

    fn name(self) -> &'static str {
        let found = SHAPES.iter().find(|(_, shape)| *shape == self);
        found.map_or("rbf", |(name, _)| name)
    }

    /// The correlation at squared distance `r2`, and its derivative by −½·r².
    #[inline(always)]
    fn at(self, r2: f64) -> (f64, f64) {
        let r = r2.sqrt();
        match self {
            Self::Rbf => {
                let e = exp_f64(-0.5 * r2);
                (e, e)
            }
            Self::Matern12 => {
                let e = exp_f64(-r);
                (e, if r > 0.0 { e / r } else { 0.0 })
            }
            Self::Matern32 => {
                let s = 3.0_f64.sqrt() * r;
                let e = exp_f64(-s);
                ((1.0 + s) * e, 3.0 * e)
            }
            Self::Matern52 => {
                let s = 5.0_f64.sqrt() * r;
                let e = exp_f64(-s);
                ((1.0 + s + s * s / 3.0) * e, 5.0 / 3.0 * (1.0 + s) * e)
            }
        }
    }
}

/// constant · shape(distance / length scales), and noise on every observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariance {
    /// How covariance falls with distance.
    pub shape: Shape,
    /// Variance of the function.
    pub constant: f64,
    /// `(1,)` for all features alike, or `(n_features,)`.
    pub length_scales: Vec<f64>,
    /// Variance of the noise.
    pub noise: f64,
}

/// Hyperparameters stay within these, as in scikit-learn.
const RANGE: (f64, f64) = (1e-5, 1e5);

impl Covariance {
    /// The logarithms of constant, length scales and noise.
    pub(super) fn to_logs(&self) -> Vec<f64> {
        let inner = self.length_scales.iter();
        let all = std::iter::once(&self.constant)
            .chain(inner)
            .chain([&self.noise]);
        all.map(|value| crate::math::ln(*value)).collect()
    }

    /// The same kernel with other hyperparameters, brought into [`RANGE`].
    pub(super) fn with_logs(&self, logs: &[f64]) -> Self {
        let value = |log: &f64| crate::math::exp(*log).clamp(RANGE.0, RANGE.1);
        let values: Vec<f64> = logs.iter().map(value).collect();
        let last = values.len() - 1;
        Self {
            shape: self.shape,
            constant: values[0],
            length_scales: values[1..last].to_vec(),
            noise: values[last],
        }
    }

    /// Whether a logarithm lies within the range, so that the kernel follows it.
    pub(super) fn is_inside(log: f64) -> bool {
        (crate::math::ln(RANGE.0)..=crate::math::ln(RANGE.1)).contains(&log)
    }

    /// The middle of the range and half its width, as logarithms.
    pub(super) fn log_range() -> (f64, f64) {
        (crate::math::ln(RANGE.0), crate::math::ln(RANGE.1))
    }

    /// Rows divided by the length scales, `(n_samples, n_features)` row by row.
    pub(super) fn scale(&self, x: &[f64], n_features: usize) -> Vec<f64> {
        let scale = |at: usize| self.length_scales[at % n_features % self.length_scales.len()];
        let places = x.iter().enumerate();
        places.map(|(at, value)| value / scale(at)).collect()
    }

    /// The covariance of two scaled rows without noise, and the factor that makes squared
    /// differences of scaled features its derivatives by the logarithms of their length scales.
    #[inline(always)]
    pub(super) fn at(&self, r2: f64) -> (f64, f64) {
        let (value, derivative) = self.shape.at(r2);
        (self.constant * value, self.constant * derivative)
    }

    pub(super) fn put(&self, parts: &mut Parts) {
        parts.put("shape", self.shape.name());
        parts.put_vector("length_scales", &self.length_scales);
        parts.put("constant", self.constant);
        parts.put("noise", self.noise);
    }

    pub(super) fn from_parts(parts: &Parts, n_features: usize) -> Result<Self> {
        let positive = |name: &str| match parts.real(name)? {
            value if value > 0.0 => Ok(value),
            _ => Err(damaged(name)),
        };
        let length_scales = parts.vector("length_scales")?;
        let fits = length_scales.len() == 1 || length_scales.len() == n_features;
        if !fits || length_scales.iter().any(|scale| *scale <= 0.0) {
            return Err(damaged("length_scales"));
        }
        Ok(Self {
            shape: Shape::find(parts.text("shape")?).ok_or_else(|| damaged("shape"))?,
            constant: positive("constant")?,
            length_scales,
            noise: positive("noise")?,
        })
    }
}
