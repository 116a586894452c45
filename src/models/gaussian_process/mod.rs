//! Gaussian process regression: a distribution over curves, narrowed by the data.
//!
//! Before any data the values at different places are taken as jointly normal, more alike the
//! nearer the places: their covariance is constant · shape(distance / length scale), and every
//! observation has noise. Given the data the values elsewhere are normal too, with a mean, which
//! is the prediction, and a standard deviation that grows away from the data. Constant, length
//! scale and noise are those under which the data are most probable: one step is one iteration
//! of L-BFGS ([`crate::linalg::lbfgs`]) on their logarithms, and the loss is minus the log
//! marginal likelihood of the standardized targets, in nats. Further starts follow, and the best
//! is kept.
//!
//! Cost: O(n_samples³) a step for factoring and inverting the covariance matrix, some 20 steps;
//! O(n_samples) a prediction, O(n_samples²) with its deviation.
//!
//! Limits: above `max_samples` rows an evenly drawn part is learnt from, and a note says so.
//! Features must be scaled. The hyperparameters stay between 1e-5 and 1e5.
//!
//! Reference: C. E. Rasmussen & C. K. I. Williams, "Gaussian Processes for Machine Learning", MIT
//! Press, 2006 (algorithm 2.1, equations 5.8 and 5.9; section 8.3.3 for learning from a part);
//! kernels and bounds of scikit-learn's `GaussianProcessRegressor` with ConstantKernel · RBF (or
//! Matern) + WhiteKernel. Deviations: the target is standardized unless told otherwise; where
//! `alpha` does not make the matrix definite, ten times as much is added, and again.

mod kernel;
mod likelihood;
mod model;
mod trainer;

use std::sync::Arc;

pub use kernel::{Covariance, Shape};
pub use model::GaussianProcessModel;

use self::likelihood::Observations;
use self::trainer::{GaussianProcessTrainer, Search};
use super::rows::{check_distances, entries, standard_layout};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, choice, flag, integer, real_log};

/// The most rows that may be learnt from: their matrices take 600 MB.
const MOST_SAMPLES: usize = 5000;

const HYPERPARAMETERS: &[Hyperparameter] = &[
    choice(
        "kernel",
        "Kernel",
        &[
            ("rbf", "radial (endlessly smooth)"),
            ("matern_0.5", "Mat\u{e9}rn 1/2 (rough)"),
            ("matern_1.5", "Mat\u{e9}rn 3/2"),
            ("matern_2.5", "Mat\u{e9}rn 5/2 (smooth)"),
        ],
        "How smooth the curve is taken to be.",
    ),
    real_log(
        "length_scale",
        "Length scale",
        (1e-5, 1e5, 1.0),
        "How far apart places are whose values still go together. Where the search starts.",
    ),
    flag(
        "anisotropic",
        "A scale a feature",
        false,
        "Whether each feature has a length scale of its own; those that say nothing get a long one.",
    ),
    real_log(
        "constant_value",
        "Variance",
        (1e-5, 1e5, 1.0),
        "Variance of the curve. Where the search starts.",
    ),
    real_log(
        "noise_level",
        "Noise",
        (1e-5, 1e5, 1.0),
        "Variance of the noise on each observation. Where the search starts.",
    ),
    choice(
        "optimizer",
        "Search",
        &[
            ("lbfgs", "the most probable kernel"),
            ("none", "none: the kernel as set"),
        ],
        "Whether length scale, variance and noise are sought, or kept as they are set.",
    ),
    integer(
        "n_restarts_optimizer",
        "Further starts",
        (0, 100, 0),
        "How many more searches from starts drawn by chance; the best is kept.",
    ),
    integer(
        "max_iter",
        "Most iterations",
        (1, 10_000, 200),
        "After how many iterations a search ends at the latest.",
    ),
    real_log(
        "tol",
        "Tolerance",
        (1e-12, 1.0, 1e-5),
        "A search ends when no entry of the gradient is larger than this.",
    ),
    flag(
        "normalize_y",
        "Standardize target",
        true,
        "Whether the target is brought to mean 0 and deviation 1 first; otherwise the curve returns to 0 away from the data.",
    ),
    real_log(
        "alpha",
        "Jitter",
        (1e-15, 1.0, 1e-10),
        "Added to the variance of each observation to keep the computation stable.",
    ),
    integer(
        "max_samples",
        "Rows learnt from",
        (2, MOST_SAMPLES as i64, 500),
        "The most rows to learn from; of more, so many are drawn. Twice as many take eight times as long.",
    ),
];

/// Gaussian process regression, unfitted.
#[derive(Debug, Clone)]
pub struct GaussianProcess {
    start: Covariance,
    is_anisotropic: bool,
    search: Search,
    normalize_y: bool,
    alpha: f64,
    max_samples: usize,
}

impl Estimator for GaussianProcess {
    const INFO: Info = Info {
        id: "gaussian_process",
        label: "Gaussian process",
        tasks: &[Task::Regression],
        family: "Gaussian processes",
        summary: "Lays the most probable smooth curve through the data and says how sure it is everywhere.",
        use_when: "Use it for some hundred rows and few features, above all where the uncertainty matters.",
        avoid_when: "Avoid it with many thousands of rows or dozens of features.",
        unit: "iteration",
        loss: "negative log marginal likelihood (nats)",
        hyperparameters: HYPERPARAMETERS,
        cost: "O(n_samples\u{b3}) a step",
        reference: "C. E. Rasmussen & C. K. I. Williams, \u{201c}Gaussian Processes for Machine Learning\u{201d}, MIT Press, 2006.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let is_searched = settings.choice("optimizer")? == "lbfgs";
        let n_restarts = settings.count("n_restarts_optimizer")?;
        Ok(Self {
            start: Covariance {
                shape: Shape::find(settings.choice("kernel")?).unwrap_or(Shape::Rbf),
                constant: settings.real("constant_value")?,
                length_scales: vec![settings.real("length_scale")?],
                noise: settings.real("noise_level")?,
            },
            is_anisotropic: settings.flag("anisotropic")?,
            search: Search {
                n_restarts: is_searched.then_some(n_restarts),
                max_iter: settings.count("max_iter")?,
                tol: settings.real("tol")?,
            },
            normalize_y: settings.flag("normalize_y")?,
            alpha: settings.real("alpha")?,
            max_samples: settings.count("max_samples")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        check_distances(&data)?;
        let rng = rng.fork("gaussian_process");
        let (data, note) = self.part(standard_layout(data), &rng);
        let Target::Values(values) = &data.target else {
            let message = "A Gaussian process needs a target that is a number.";
            return Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"));
        };
        let target = self.target_units(values);
        let observations = Observations {
            x: entries(&data).to_vec(),
            n_features: data.n_features(),
            y: values.iter().map(|y| (y - target.0) / target.1).collect(),
            jitter: self.alpha,
        };
        let mut start = self.start.clone();
        if self.is_anisotropic {
            start.length_scales = start.length_scales.repeat(data.n_features());
        }
        let search = (self.search, rng);
        let trainer = GaussianProcessTrainer::new(observations, target, start, search, note);
        Ok(Box::new(trainer))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        let n = data.n_samples().min(self.max_samples) as f64;
        let n_searches = self.search.n_restarts.map_or(0, |n| n + 1) as f64;
        // Matrix, inverse and parts of both; some 40 evaluations a search of n³ operations each.
        Demand {
            bytes: 40.0 * n * n,
            seconds: (1.0 + 40.0 * n_searches) * 0.15e-9 * n * n * n,
        }
    }
}

impl GaussianProcess {
    /// At most `max_samples` rows, drawn evenly, and what to say where some are left out.
    fn part(&self, data: Arc<Dataset>, rng: &Rng) -> (Arc<Dataset>, Option<String>) {
        let n = data.n_samples();
        if n <= self.max_samples {
            return (data, None);
        }
        let mut rows = rng.fork("rows").permutation(n);
        rows.truncate(self.max_samples);
        rows.sort_unstable();
        let note = format!(
            "Learns from {} of the {n} rows, drawn by chance. More (max_samples) take much longer.",
            self.max_samples
        );
        (Arc::new(data.select(&rows)), Some(note))
    }

    /// Mean and deviation of the target; 0 and 1 where it is left as it is.
    fn target_units(&self, values: &[f64]) -> (f64, f64) {
        let moments = math::moments(values).filter(|_| self.normalize_y);
        let Some(moments) = moments else {
            return (0.0, 1.0);
        };
        let is_usable = !math::is_constant(values) && moments.deviation.is_normal();
        (
            moments.mean,
            if is_usable { moments.deviation } else { 1.0 },
        )
    }
}
