//! Ridge regression: linear regression whose slopes are pulled towards 0.
//!
//! Minimizes ‖y − a − X·w‖² + alpha·‖w‖²; the intercept a is free. The pull trades a little bias
//! for slopes that vary less from sample to sample, above all where columns nearly repeat one
//! another. The loss shown is that sum divided by the number of rows, in squared units of the
//! target. It is least squares with one more row √alpha·eⱼ a feature, and is trained as
//! [`super::linear`] is: blocks of rows, then refinement. With alpha 0 it *is* least squares.
//!
//! With weighted samples the squares are weighted and the penalty is not.
//!
//! Features must be scaled first: the penalty weighs all slopes alike, whatever their units.
//! Standard errors are not given, since the slopes are biased on purpose.
//!
//! Cost: O(n_samples · n_features²).
//!
//! Reference: A. Hoerl & R. Kennard, "Ridge regression: biased estimation for nonorthogonal
//! problems", Technometrics 12(1), 1970; alpha as in scikit-learn's `Ridge`.

use std::sync::Arc;

use super::linear::{FIT_INTERCEPT, LinearTrainer};
use super::{Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, real_log};

/// Least squares with a penalty on squared slopes.
#[derive(Debug, Clone)]
pub struct Ridge {
    alpha: f64,
    fit_intercept: bool,
}

impl Estimator for Ridge {
    const INFO: Info = Info {
        id: "ridge",
        label: "Ridge regression",
        tasks: &[Task::Regression],
        family: "Linear",
        summary: "Predicts a number as a weighted sum of the features, with the weights kept small.",
        use_when: "Use it where features resemble one another or are many for the rows at hand.",
        avoid_when: "Avoid it where the weights themselves are to be read with their errors, or features are not scaled.",
        unit: "pass",
        loss: "mean squared error and penalty",
        hyperparameters: &[
            real_log(
                "alpha",
                "Penalty",
                (0.0, 1e9, 1.0),
                "How strongly the slopes are pulled towards 0: 0 is plain linear regression, more is smoother and steadier.",
            ),
            FIT_INTERCEPT,
        ],
        cost: "O(n_samples \u{b7} n_features\u{b2})",
        reference: "A. Hoerl & R. Kennard, \u{201c}Ridge regression: biased estimation for nonorthogonal problems\u{201d}, Technometrics 12(1), 1970.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            alpha: settings.real("alpha")?,
            fit_intercept: settings.flag("fit_intercept")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        Ok(Box::new(LinearTrainer::new(
            data,
            self.fit_intercept,
            self.alpha,
        )?))
    }
}
