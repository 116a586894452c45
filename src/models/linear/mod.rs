//! Linear regression: the weighted sum of the features that comes closest to the target.
//!
//! The loss is the mean squared error, in squared units of the target. Its minimum has a closed
//! form, so training is one pass: a step absorbs a block of rows into a small triangle (a
//! Householder QR), and the model in between is the exact fit to the rows seen so far. The last
//! steps polish: residuals in twice the precision correct the slopes until no digit changes.
//!
//! With more independent rows than columns every slope comes with its standard error, its
//! t value and the probability of a slope this far from 0 by chance, after the usual
//! assumptions (independent errors of one variance). Where columns depend on one another many
//! slopes fit equally well: the shortest are taken, and no standard errors are claimed.
//!
//! Weights of samples are taken as those of the inverse variances of their errors; a row of
//! weight 0 is left out.
//!
//! Cost: O(n_samples · n_features²). Limits: the triangle has n_features² numbers.
//!
//! Reference: G. Golub & C. Van Loan, "Matrix Computations", 4th ed., 2013, 5.3; checked
//! against the certified values of NIST's Statistical Reference Datasets.
//! Deviation from scikit-learn: an exact refinement instead of a singular value decomposition,
//! and dependent columns are told from independent ones after scaling, whatever their units.

mod coefficients;
mod model;
mod trainer;

use std::sync::Arc;

pub use coefficients::{Coefficient, Coefficients};
pub use model::{Fit, LinearModel, Robust};
pub(super) use trainer::{LinearTrainer, MAX_FEATURES};

use super::{Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, flag};

/// Whether an intercept is fitted; shared with ridge.
pub(super) const FIT_INTERCEPT: Hyperparameter = flag(
    "fit_intercept",
    "Intercept",
    true,
    "Lets the prediction start at a value of its own when all features are 0. Switch off only where theory says it is 0.",
);

/// Ordinary least squares.
#[derive(Debug, Clone)]
pub struct Linear {
    fit_intercept: bool,
}

impl Estimator for Linear {
    const INFO: Info = Info {
        id: "linear",
        label: "Linear regression",
        tasks: &[Task::Regression],
        family: "Linear",
        summary: "Predicts a number as a weighted sum of the features.",
        use_when: "Use it first for numbers, and whenever each feature's effect should be read off with its error.",
        avoid_when: "Avoid it where effects bend or depend on one another, or where there are nearly as many columns as rows.",
        unit: "pass",
        loss: "mean squared error",
        hyperparameters: &[FIT_INTERCEPT],
        cost: "O(n_samples \u{b7} n_features\u{b2})",
        reference: "G. Golub, \u{201c}Numerical methods for solving linear least squares problems\u{201d}, Numerische Mathematik 7, 1965.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            fit_intercept: settings.flag("fit_intercept")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        Ok(Box::new(LinearTrainer::new(data, self.fit_intercept, 0.0)?))
    }
}
