//! Huber regression: a weighted sum of the features that few wild rows cannot move far.
//!
//! Residuals r = y − a − X·w up to epsilon·σ count squared, larger ones only by their size, and
//! the scale σ is found along with the slopes. Minimizes
//! Σ (σ + H(r/σ)·σ) + alpha·‖w‖², where H(z) is z² for |z| < epsilon and 2·epsilon·|z| − epsilon²
//! beyond. One step is one iteration of L-BFGS ([`crate::linalg::lbfgs`]); σ is sought by its
//! logarithm, so it stays positive. The loss shown is the sum over the rows divided by their
//! number (by the sum of their weights), in units of the target.
//!
//! Rows with |r| > epsilon·σ are outliers; the model keeps σ and epsilon to tell them. With
//! epsilon 1.35 the fit is 95 % as precise as least squares where errors are normal.
//!
//! Cost: O(n_samples · n_features) a step, some 20 to 100 steps. Limits: rows that are wild in
//! their *features* still pull.
//!
//! Reference: P. J. Huber & E. Ronchetti, "Robust statistics", 2nd ed., Wiley, 2009, 7.7;
//! objective and defaults are those of scikit-learn's `HuberRegressor`. Deviation: columns and
//! target are centered and scaled inside, which changes the path but not the minimum; the
//! tolerance is on the gradient in those units.

mod objective;
mod trainer;

use std::sync::Arc;

use super::linear::FIT_INTERCEPT;
use super::{Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, integer, real, real_log};

/// The settings of a Huber regression.
#[derive(Debug, Clone)]
pub struct Huber {
    epsilon: f64,
    alpha: f64,
    fit_intercept: bool,
    max_iter: usize,
    tol: f64,
}

impl Estimator for Huber {
    const INFO: Info = Info {
        id: "huber",
        label: "Huber regression",
        tasks: &[Task::Regression],
        family: "Linear",
        summary: "Predicts a number as a weighted sum of the features that outliers cannot pull far.",
        use_when: "Use it where some targets are far off, by mistake or by nature, and should not decide.",
        avoid_when: "Avoid it where the far-off rows are what matters, or each slope should be read with its error.",
        unit: "iteration",
        loss: "mean Huber loss and scale",
        hyperparameters: &[
            real(
                "epsilon",
                "Outliers from",
                (1.0, 10.0, 1.35),
                "From how many scales on a residual counts by its size only. Smaller values resist more outliers, larger ones come close to least squares.",
            ),
            real_log(
                "alpha",
                "Penalty",
                (0.0, 1e9, 1e-4),
                "How strongly the slopes are pulled towards 0.",
            ),
            FIT_INTERCEPT,
            integer(
                "max_iter",
                "Most iterations",
                (1, 100_000, 100),
                "After how many iterations to stop at the latest.",
            ),
            real_log(
                "tol",
                "Tolerance",
                (1e-12, 1.0, 1e-5),
                "Training is done when no entry of the gradient is larger than this. Smaller values take longer and end closer to the minimum.",
            ),
        ],
        cost: "O(n_samples \u{b7} n_features) a step, some 20 to 100 steps",
        reference: "P. J. Huber & E. Ronchetti, \u{201c}Robust statistics\u{201d}, 2nd ed., Wiley, 2009.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            epsilon: settings.real("epsilon")?,
            alpha: settings.real("alpha")?,
            fit_intercept: settings.flag("fit_intercept")?,
            max_iter: settings.count("max_iter")?,
            tol: settings.real("tol")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        Ok(Box::new(trainer::HuberTrainer::new(data, self)?))
    }
}
