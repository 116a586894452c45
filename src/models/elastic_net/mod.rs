//! Elastic net: linear regression whose slopes are pulled towards 0, many of them all the way.
//!
//! Minimizes ‖y − a − X·w‖² / (2·n) + alpha·(l1_ratio·‖w‖₁ + (1 − l1_ratio)/2·‖w‖²); the
//! intercept a is free. With weighted samples the squares are weighted and n is the sum of the
//! weights. The first part of the penalty, the lasso, sets slopes to exactly 0 and so selects
//! features; the second, ridge, shares the weight among features that resemble one another.
//! The loss shown is that sum, in squared units of the target.
//!
//! The rows are read once, into the products XᵀX and Xᵀy of centered columns. Then the penalty
//! is lowered from where all slopes are 0 to alpha on a grid of equal factors, each fit starting
//! from the last: the *path*, which shows in which order features enter. A step is one alpha of
//! the path, or some sweeps of it. A sweep is coordinate descent: each slope in turn takes its
//! best value while the others stand still. It ends when the *duality gap*, a bound on what is
//! left to gain, is at most tol·‖y‖²; the slopes that are not 0 are then solved for exactly, and
//! kept where that contradicts no sign.
//!
//! Cost: O(n_samples · n_features²) once, O(n_features²) a sweep. Limits: as in [`super::ridge`]
//! features must be scaled first. Where lasso finds equal columns the first takes all.
//!
//! References: R. Tibshirani, "Regression shrinkage and selection via the lasso", J. Royal
//! Statistical Society B 58(1), 1996; H. Zou & T. Hastie, "Regularization and variable selection
//! via the elastic net", ibid. 67(2), 2005; J. Friedman, T. Hastie & R. Tibshirani,
//! "Regularization paths for generalized linear models via coordinate descent", J. Statistical
//! Software 33(1), 2010. Deviations from scikit-learn: the default tol is 1e-8, not 1e-4, since
//! sweeps do not touch the rows; alpha 0 is solved as least squares, l1_ratio 0 as ridge.

mod path;
mod problem;
mod trainer;

use std::sync::Arc;

pub use path::Path;
pub(super) use trainer::{Penalty, Stop, begin};

use super::linear::FIT_INTERCEPT;
use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, integer, real, real_log};

/// Weight of the whole penalty; shared with lasso.
pub(super) const ALPHA: Hyperparameter = real_log(
    "alpha",
    "Penalty",
    (0.0, 1e9, 1.0),
    "How strongly the slopes are pulled towards 0: 0 is plain linear regression, more leaves fewer features.",
);

/// Sweeps at most; shared with lasso.
pub(super) const MAX_ITER: Hyperparameter = integer(
    "max_iter",
    "Most sweeps",
    (1, 1_000_000, 1000),
    "After how many sweeps over the slopes each fit of the path stops at the latest.",
);

/// When a fit is done; shared with lasso.
pub(super) const TOL: Hyperparameter = real_log(
    "tol",
    "Tolerance",
    (1e-12, 1.0, 1e-8),
    "A fit is done when at most this share of the target's variation could still be gained. Smaller values take more sweeps.",
);

/// Least squares with a penalty on sizes and on squares of slopes.
#[derive(Debug, Clone)]
pub struct ElasticNet {
    penalty: Penalty,
    fit_intercept: bool,
    stop: Stop,
}

impl Estimator for ElasticNet {
    const INFO: Info = Info {
        id: "elastic_net",
        label: "Elastic net",
        tasks: &[Task::Regression],
        family: "Linear",
        summary: "Predicts a number as a weighted sum of few features, where kin features share the weight.",
        use_when: "Use it where many features resemble one another and most of them may not matter.",
        avoid_when: "Avoid it where features are not scaled, or each slope should be read with its error.",
        unit: "penalty",
        loss: "half mean squared error and penalty",
        hyperparameters: &[
            ALPHA,
            real(
                "l1_ratio",
                "Share of the lasso",
                (0.0, 1.0, 0.5),
                "How the penalty is mixed: 1 is the lasso, which sets slopes to 0; 0 is ridge, which only shrinks them.",
            ),
            FIT_INTERCEPT,
            MAX_ITER,
            TOL,
        ],
        cost: "O(n_samples \u{b7} n_features\u{b2}) once, O(n_features\u{b2}) a sweep",
        reference: "H. Zou & T. Hastie, \u{201c}Regularization and variable selection via the elastic net\u{201d}, J. Royal Statistical Society B 67(2), 2005.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            penalty: Penalty {
                alpha: settings.real("alpha")?,
                l1_ratio: settings.real("l1_ratio")?,
            },
            fit_intercept: settings.flag("fit_intercept")?,
            stop: Stop::new(settings)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        begin(data, self.penalty, self.fit_intercept, self.stop)
    }

    fn demand(&self, data: &Dataset) -> Demand {
        demand(data)
    }
}

/// Three square matrices while training: products of two threads' rows, and of all.
pub(super) fn demand(data: &Dataset) -> Demand {
    let p = data.n_features() as f64;
    Demand {
        bytes: 24.0 * p * p,
        ..Demand::default()
    }
}
