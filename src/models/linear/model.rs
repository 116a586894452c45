//! A weighted sum with what is known of its quality.

use ndarray::{Array1, Array2, ArrayView2};

use super::{Coefficient, Coefficients};
use crate::error::Result;
use crate::linalg::{dot, row_major};
use crate::models::elastic_net::Path;
use crate::models::model::damaged;
use crate::models::{Fitted, Parts, Prediction};
use crate::prepare::{Dataset, Target};
use crate::special::f_upper;

/// Features up to which the joint uncertainty of the slopes is kept.
pub(super) const COVARIANCE_UP_TO: usize = 200;

/// A weighted sum of features: least squares, ridge, lasso, the elastic net, and Huber's.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    coefficients: Vec<f64>,
    /// The prediction where all features are 0; 0 where none was fitted.
    pub intercept: f64,
    /// Whether the intercept was fitted.
    pub has_intercept: bool,
    /// Standard errors of the slopes, `(n_features,)`; `None` where rows are too few, columns
    /// depend on one another, or a penalty was used.
    pub std_errors: Option<Vec<f64>>,
    /// How the fit went; `None` before the first step.
    pub fit: Option<Fit>,
    /// How the slopes grew as the penalty fell; only of lasso and the elastic net, and where it
    /// is small enough to be stored.
    pub path: Option<Path>,
    /// What counts as an outlier; only of Huber regression.
    pub robust: Option<Robust>,
}

/// What Huber regression takes as an outlier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Robust {
    /// σ, in units of the target.
    pub scale: f64,
    /// Residuals beyond this many σ count by their size only.
    pub epsilon: f64,
}

impl Robust {
    /// Whether a row with this residual is an outlier.
    pub fn is_outlier(&self, residual: f64) -> bool {
        residual.abs() > self.epsilon * self.scale
    }

    fn read(parts: &Parts) -> Result<Option<Self>> {
        match parts.optional_vector("robust")?.as_deref() {
            None => Ok(None),
            Some(&[scale, epsilon]) if scale >= 0.0 && epsilon >= 1.0 => {
                Ok(Some(Self { scale, epsilon }))
            }
            Some(_) => Err(damaged("robust")),
        }
    }
}

/// How a linear model fits the rows it was trained on.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Rows it was fitted to.
    pub n_samples: usize,
    /// The sum of their weights.
    pub total_weight: f64,
    /// Number of independent columns.
    pub rank: usize,
    /// Σ weight·(y − prediction)².
    pub residual_squares: f64,
    /// Σ weight·(y − mean)²; Σ weight·y² where no intercept was fitted.
    pub total_squares: f64,
    /// Where the columns were centered, `(n_features,)`.
    pub centers: Vec<f64>,
    /// F, `(n_features, n_features)`: F·Fᵀ times the residual variance is the covariance of
    /// the slopes. `None` as [`LinearModel::std_errors`], and above 200 features.
    pub covariance_factor: Option<Array2<f64>>,
}

impl Fit {
    /// Rows less parameters.
    pub fn residual_df(&self, has_intercept: bool) -> usize {
        self.n_samples
            .saturating_sub(self.rank + usize::from(has_intercept))
    }

    /// The variance of the errors as estimated from the residuals.
    fn residual_variance(&self, has_intercept: bool) -> Option<f64> {
        let df = self.residual_df(has_intercept);
        (df > 0).then(|| self.residual_squares / df as f64)
    }
}

impl LinearModel {
    /// A model of known slopes.
    pub fn new(coefficients: Vec<f64>, intercept: f64, has_intercept: bool) -> Self {
        Self {
            coefficients,
            intercept,
            has_intercept,
            std_errors: None,
            fit: None,
            path: None,
            robust: None,
        }
    }

    /// Slopes, `(n_features,)`, in units of the target per unit of the feature.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Standard deviation of the residuals; `None` where no rows are left over to estimate it.
    pub fn residual_std(&self) -> Option<f64> {
        let fit = self.fit.as_ref()?;
        fit.residual_variance(self.has_intercept).map(f64::sqrt)
    }

    /// Share of the target's variation explained on the training rows (of Σ y² where there is
    /// no intercept); `None` for a constant target.
    pub fn r_squared(&self) -> Option<f64> {
        let fit = self.fit.as_ref()?;
        (fit.total_squares > 0.0).then(|| 1.0 - fit.residual_squares / fit.total_squares)
    }

    /// The F statistic of all slopes together and the probability of one so large by chance;
    /// `None` where it is undefined. Infinite for a perfect fit.
    pub fn f_test(&self) -> Option<(f64, f64)> {
        let fit = self.fit.as_ref()?;
        let (df, rank) = (fit.residual_df(self.has_intercept), fit.rank);
        if df == 0 || rank == 0 || fit.total_squares == 0.0 {
            return None;
        }
        let explained = (fit.total_squares - fit.residual_squares).max(0.0) / rank as f64;
        let f = explained / (fit.residual_squares / df as f64);
        Some((f, f_upper(f, rank as f64, df as f64)))
    }

    /// Slopes and intercept with errors, as the features were given.
    pub fn details(&self) -> Coefficients {
        let n = self.coefficients.len();
        self.in_raw_units(&vec![0.0; n], &vec![1.0; n])
    }

    /// Slopes and intercept in the units of raw features, where those given to training were
    /// `(raw − center) / scale`.
    ///
    /// - `centers`, `scales`: `(n_features,)`; scales are not 0.
    pub fn in_raw_units(&self, centers: &[f64], scales: &[f64]) -> Coefficients {
        let df = self
            .fit
            .as_ref()
            .map_or(0, |fit| fit.residual_df(self.has_intercept)) as f64;
        let slopes = self
            .coefficients
            .iter()
            .zip(scales)
            .enumerate()
            .map(|(j, (value, scale))| {
                let error = self.std_errors.as_ref().and_then(|errors| errors.get(j));
                Coefficient::new(value / scale, error.map(|e| e / scale.abs()), df)
            });
        let shifts: Vec<f64> = centers.iter().zip(scales).map(|(c, s)| -c / s).collect();
        let terms = self
            .coefficients
            .iter()
            .zip(&shifts)
            .map(|(w, shift)| w * shift);
        let value = crate::math::sum(terms.chain([self.intercept]));
        let intercept = self
            .has_intercept
            .then(|| Coefficient::new(value, self.mean_error(&shifts), df));
        Coefficients {
            intercept,
            slopes: slopes.collect(),
        }
    }

    /// Standard error of the fitted mean at a point: of the intercept where the point is 0.
    ///
    /// - `point`: `(n_features,)`.
    pub fn mean_error(&self, point: &[f64]) -> Option<f64> {
        let fit = self.fit.as_ref()?;
        let factor = fit.covariance_factor.as_ref()?;
        let variance = fit.residual_variance(self.has_intercept)?;
        let from_center: Vec<f64> = point.iter().zip(&fit.centers).map(|(x, c)| x - c).collect();
        let mut share = if self.has_intercept {
            1.0 / fit.total_weight
        } else {
            0.0
        };
        for column in factor.columns() {
            let along: f64 = crate::math::sum(column.iter().zip(&from_center).map(|(f, d)| f * d));
            share += along * along;
        }
        Some((variance * share).sqrt())
    }

    /// Fills in the fit, and the standard errors where the factor of the covariance is given.
    pub(super) fn with_fit(mut self, fit: Fit, factor: Option<Vec<f64>>) -> Self {
        let n = self.coefficients.len();
        let variance = fit.residual_variance(self.has_intercept);
        if let (Some(variance), Some(factor)) = (variance, &factor) {
            let error = |row: &[f64]| (variance * dot(row, row)).sqrt();
            self.std_errors = Some(factor.chunks_exact(n).map(error).collect());
        }
        let kept = factor.filter(|_| variance.is_some() && n <= COVARIANCE_UP_TO);
        let covariance_factor = kept.and_then(|f| Array2::from_shape_vec((n, n), f).ok());
        self.fit = Some(Fit {
            covariance_factor,
            ..fit
        });
        self
    }
}

impl Fitted for LinearModel {
    fn n_features(&self) -> usize {
        self.coefficients.len()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let entries = row_major(&x);
        let rows = entries.chunks_exact(self.coefficients.len().max(1));
        let values = rows.map(|row| self.intercept + dot(row, &self.coefficients));
        Prediction::Values(values.collect())
    }

    fn loss(&self, data: &Dataset) -> Option<f64> {
        let (Target::Values(y), Prediction::Values(predicted)) =
            (&data.target, self.predict(data.x.view()))
        else {
            return None;
        };
        mean_squared_error(y, &predicted)
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put_vector("coefficients", &self.coefficients);
        parts.put_vector("intercept", &[self.intercept]);
        parts.put("has_intercept", self.has_intercept);
        if let Some(errors) = &self.std_errors {
            parts.put_vector("std_errors", errors);
        }
        if let Some(fit) = &self.fit {
            parts.put("n_samples", fit.n_samples);
            parts.put("rank", fit.rank);
            if fit.total_weight != fit.n_samples as f64 {
                parts.put("total_weight", fit.total_weight);
            }
            parts.put_vector("squares", &[fit.residual_squares, fit.total_squares]);
            parts.put_vector("centers", &fit.centers);
            if let Some(factor) = &fit.covariance_factor {
                parts.put_matrix("covariance_factor", factor);
            }
        }
        if let Some(path) = &self.path {
            path.put(&mut parts);
        }
        if let Some(robust) = &self.robust {
            parts.put_vector("robust", &[robust.scale, robust.epsilon]);
        }
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let coefficients = parts.vector("coefficients")?;
        let n = coefficients.len();
        let [intercept] = parts.vector("intercept")?[..] else {
            return Err(damaged("intercept"));
        };
        let has_intercept = parts.flag("has_intercept")?;
        let std_errors = parts.optional_vector("std_errors")?;
        if n == 0 || std_errors.as_ref().is_some_and(|errors| errors.len() != n) {
            return Err(damaged("std_errors"));
        }
        if std_errors.iter().flatten().any(|&e| e < 0.0) {
            return Err(damaged("std_errors"));
        }
        let fit = match parts.optional_vector("squares")? {
            Some(squares) => Some(read_fit(parts, &squares, n)?),
            None => None,
        };
        Ok(Self {
            path: Path::read(parts, n)?,
            robust: Robust::read(parts)?,
            coefficients,
            intercept,
            has_intercept,
            std_errors,
            fit,
        })
    }
}

fn read_fit(parts: &Parts, squares: &[f64], n_features: usize) -> Result<Fit> {
    let [residual_squares, total_squares] = *squares else {
        return Err(damaged("squares"));
    };
    let rank = parts.count("rank")?;
    let n_samples = parts.count("n_samples")?;
    let total_weight = match parts.values.get("total_weight") {
        Some(_) => parts.real("total_weight")?,
        None => n_samples as f64,
    };
    if total_weight <= 0.0 {
        return Err(damaged("total_weight"));
    }
    if residual_squares < 0.0 || total_squares < 0.0 || n_samples == 0 || rank > n_features {
        return Err(damaged("squares"));
    }
    let centers = parts.vector("centers")?;
    let covariance_factor = match parts.tensors.get("covariance_factor") {
        Some(_) => Some(parts.matrix("covariance_factor")?),
        None => None,
    };
    let is_square = |f: &Array2<f64>| f.dim() == (n_features, n_features);
    if centers.len() != n_features || covariance_factor.as_ref().is_some_and(|f| !is_square(f)) {
        return Err(damaged("centers"));
    }
    Ok(Fit {
        n_samples,
        total_weight,
        rank,
        residual_squares,
        total_squares,
        centers,
        covariance_factor,
    })
}

/// Mean of (y − predicted)²; `None` where there are no rows.
fn mean_squared_error(y: &[f64], predicted: &Array1<f64>) -> Option<f64> {
    let squares = y.iter().zip(predicted).map(|(y, p)| (y - p) * (y - p));
    (!y.is_empty()).then(|| crate::math::sum(squares) / y.len() as f64)
}
