//! Lasso: linear regression that sets the slopes of most features to exactly 0.
//!
//! Minimizes ‖y − a − X·w‖² / (2·n) + alpha·‖w‖₁: the elastic net whose penalty is all lasso, and
//! trained as [`super::elastic_net`] is, along a path of falling penalties. The loss shown is
//! that sum, in squared units of the target.
//!
//! Where columns nearly repeat one another the lasso keeps one and drops the rest; where they
//! are equal, it keeps the first. Features must be scaled first.
//!
//! Cost: O(n_samples · n_features²) once, O(n_features²) a sweep.
//!
//! Reference: R. Tibshirani, "Regression shrinkage and selection via the lasso", J. Royal
//! Statistical Society B 58(1), 1996; alpha as in scikit-learn's `Lasso`.

use std::sync::Arc;

use super::elastic_net::{self, ALPHA, MAX_ITER, Penalty, Stop, TOL};
use super::linear::FIT_INTERCEPT;
use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::Checked;

/// Least squares with a penalty on the sizes of slopes.
#[derive(Debug, Clone)]
pub struct Lasso {
    alpha: f64,
    fit_intercept: bool,
    stop: Stop,
}

impl Estimator for Lasso {
    const INFO: Info = Info {
        id: "lasso",
        label: "Lasso",
        tasks: &[Task::Regression],
        family: "Linear",
        summary: "Predicts a number as a weighted sum of few features, and finds which few.",
        use_when: "Use it where many features are at hand and most of them may not matter.",
        avoid_when: "Avoid it where features are not scaled, or several that resemble one another should all be kept.",
        unit: "penalty",
        loss: "half mean squared error and penalty",
        hyperparameters: &[ALPHA, FIT_INTERCEPT, MAX_ITER, TOL],
        cost: "O(n_samples \u{b7} n_features\u{b2}) once, O(n_features\u{b2}) a sweep",
        reference: "R. Tibshirani, \u{201c}Regression shrinkage and selection via the lasso\u{201d}, J. Royal Statistical Society B 58(1), 1996.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            alpha: settings.real("alpha")?,
            fit_intercept: settings.flag("fit_intercept")?,
            stop: Stop::new(settings)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        let penalty = Penalty {
            alpha: self.alpha,
            l1_ratio: 1.0,
        };
        elastic_net::begin(data, penalty, self.fit_intercept, self.stop)
    }

    fn demand(&self, data: &Dataset) -> Demand {
        elastic_net::demand(data)
    }
}
