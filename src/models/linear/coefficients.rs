//! Slopes and intercept with their uncertainty.

use crate::special::student_two_sided;

/// One slope or the intercept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficient {
    /// Its value.
    pub value: f64,
    /// Its standard error; `None` where the rows do not determine it.
    pub std_error: Option<f64>,
    /// Value over standard error; `None` where that is 0 or unknown.
    pub t: Option<f64>,
    /// The probability of so large a |t| if the true value were 0.
    pub p: Option<f64>,
}

impl Coefficient {
    /// With a standard error, from the t distribution of so many degrees of freedom.
    pub fn new(value: f64, std_error: Option<f64>, residual_df: f64) -> Self {
        let t = std_error.filter(|&e| e > 0.0).map(|error| value / error);
        let p = t
            .map(|t| student_two_sided(t, residual_df))
            .filter(|p| p.is_finite());
        Self {
            value,
            std_error,
            t,
            p,
        }
    }
}

/// All numbers of a linear model.
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficients {
    /// `None` where the model has no intercept.
    pub intercept: Option<Coefficient>,
    /// `(n_features,)`.
    pub slopes: Vec<Coefficient>,
}
