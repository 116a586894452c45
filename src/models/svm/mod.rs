//! Support vector machine: the border that keeps the widest distance from both classes.
//!
//! Only rows near the border, the *support vectors*, matter. With a kernel K the border is
//! Σ coefᵢ·K(xᵢ, x) + intercept = 0: straight for the linear kernel, of any smooth shape for the
//! radial one. `C` says what rows on the wrong side of their margin cost. With more than two
//! classes every pair has a machine of its own and they vote; of equal votes the clearest
//! decisions win. One step is a twentieth of a pass (or less, where rows are many) of *sequential
//! minimal optimization* ([`smo`]) on up to four machines at once; the loss is the dual
//! objective, summed over the machines, which falls from 0 until no pair of rows violates the
//! conditions by `tol`. Then probabilities are calibrated on held-out rows ([`calibration`]) and
//! those of pairs coupled ([`coupling`]); without `probability` they are the logistic function of
//! the decisions.
//!
//! Cost: about n_samples iterations, each O(n_samples · n_features), less where rows of the
//! kernel matrix are kept: between O(n²) and O(n³) for all. Calibration takes four times as long
//! again. Features must be scaled first.
//!
//! Limits: from some ten thousand rows on it is slow; straight borders
//! [`super::logistic`] draws faster.
//!
//! Reference: C. Cortes & V. Vapnik, "Support-vector networks", Machine Learning 20, 1995;
//! C.-C. Chang & C.-J. Lin, "LIBSVM: a library for support vector machines", ACM TIST 2(3), 2011,
//! whose formulas and defaults these are. Deviations: the kernel is computed in 64 bits; rows
//! are never shrunk away; each class is spread evenly over the folds; probabilities are
//! calibrated unless told otherwise; where the vote and the probabilities disagree, the
//! classes concerned share theirs evenly.

mod calibration;
mod coupling;
mod gram;
mod kernel;
mod model;
mod problem;
mod smo;
pub mod svr;
mod trainer;

use std::sync::Arc;

pub use calibration::Sigmoid;
pub use kernel::Kernel;
pub use model::{Output, SvmModel};

use self::kernel::{COEF0, DEGREE, GAMMA, GAMMA_VALUE, KERNEL, KernelChoice};
use self::smo::Stop;
use self::trainer::{Plan, SvmTrainer};
use super::rows::{check_distances, standard_layout};
use super::weights::{CLASS_WEIGHT, sample_weights};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, flag, integer, real_log};

const C: Hyperparameter = real_log(
    "C",
    "Cost of mistakes",
    (1e-9, 1e9, 1.0),
    "What a row on the wrong side of its margin costs. Smaller values give a wider margin and a smoother model.",
);

const TOL: Hyperparameter = real_log(
    "tol",
    "Tolerance",
    (1e-12, 1.0, 1e-3),
    "Training is done when no two rows violate the conditions of the best solution by more than this.",
);

const MAX_ITER: Hyperparameter = integer(
    "max_iter",
    "Most iterations",
    (1, 1_000_000_000, 10_000_000),
    "After how many iterations to stop a machine at the latest.",
);

/// A support vector classifier, unfitted.
#[derive(Debug, Clone)]
pub struct Svm {
    cost: f64,
    kernel: KernelChoice,
    is_balanced: bool,
    is_calibrated: bool,
    stop: Stop,
}

impl Estimator for Svm {
    const INFO: Info = Info {
        id: "svm",
        label: "Support vector machine",
        tasks: &[Task::Classification],
        family: "Support vectors",
        summary: "Draws the border that keeps the widest distance from the classes, bent as the kernel allows.",
        use_when: "Use it for a few thousand scaled rows whose classes have smooth borders of unknown shape.",
        avoid_when: "Avoid it with many tens of thousands of rows, or where the model must be read.",
        unit: "machine",
        loss: "dual objective",
        hyperparameters: &[
            C,
            KERNEL,
            DEGREE,
            GAMMA,
            GAMMA_VALUE,
            COEF0,
            CLASS_WEIGHT,
            flag(
                "probability",
                "Calibrated probabilities",
                true,
                "Whether probabilities are learnt from rows held out, by five more trainings. Otherwise they are guessed from the distance to the border; the classes are the same.",
            ),
            TOL,
            MAX_ITER,
        ],
        cost: "O(n_samples\u{b2} \u{b7} n_features) to O(n_samples\u{b3})",
        reference: "C. Cortes & V. Vapnik, \u{201c}Support-vector networks\u{201d}, Machine Learning 20, 1995.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            cost: settings.real("C")?,
            kernel: KernelChoice::new(settings)?,
            is_balanced: settings.choice("class_weight")? == "balanced",
            is_calibrated: settings.flag("probability")?,
            stop: stop(settings)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        check_distances(&data)?;
        let Target::Classes { codes, labels } = &data.target else {
            let message = "A support vector machine needs a target with classes; for numbers there is support vector regression.";
            return Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"));
        };
        let caps = caps(&data, self.cost, self.is_balanced);
        let mut has_weight = vec![false; labels.len()];
        (0..codes.len()).for_each(|row| has_weight[codes[row] as usize] |= caps[row] > 0.0);
        if has_weight.iter().filter(|has| **has).count() < 2 {
            let message = "All rows that have a weight are of one class. Give rows of another class a weight too.";
            return Err(Error::new(Code::BadTarget, message).in_field("weights"));
        }
        let data_by_row = standard_layout(data.clone());
        let plan = Plan {
            kernel: self.kernel.for_data(&data_by_row),
            caps,
            stop: self.stop,
            is_calibrated: self.is_calibrated,
        };
        let trainer = SvmTrainer::new(data_by_row, codes, labels.len(), &plan, &rng.fork("svm"));
        Ok(Box::new(trainer))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        let Target::Classes { codes, labels } = &data.target else {
            return Demand::default();
        };
        let mut counts = vec![0.0; labels.len()];
        codes.iter().for_each(|&code| counts[code as usize] += 1.0);
        let sizes = coupling::pairs(counts.len()).map(|(i, j)| counts[i] + counts[j]);
        let seconds: f64 = sizes.map(|n| seconds(n, data.n_features())).sum();
        // Five trainings on four fifths of the rows take 5 · (4/5)² times as long as one.
        let factor = if self.is_calibrated { 4.2 } else { 1.0 };
        Demand {
            bytes: bytes(data, labels.len() as f64),
            seconds: factor * seconds,
        }
    }
}

/// When to stop, as set.
fn stop(settings: &Checked) -> Result<Stop> {
    Ok(Stop {
        tol: settings.real("tol")?,
        max_iter: settings.count("max_iter")?,
    })
}

/// C times the weight of each row, `(n_samples,)`.
fn caps(data: &Dataset, cost: f64, is_balanced: bool) -> Vec<f64> {
    match sample_weights(data, is_balanced) {
        Some(weights) => weights.iter().map(|weight| cost * weight).collect(),
        None => vec![cost; data.n_samples()],
    }
}

/// Seconds in a page for one machine of `n` rows: some n iterations, each of which reads the
/// gradient a few times and, for about half of the rows anew, all features.
fn seconds(n: f64, n_features: usize) -> f64 {
    n * n * (5e-9 + 0.5e-9 * n_features as f64)
}

/// Memory beside the data: the kept part of kernel matrices, and the vectors of each machine.
fn bytes(data: &Dataset, n_machines_a_row: f64) -> f64 {
    let n = data.n_samples() as f64;
    let kept = (problem::CACHE_BYTES as f64).min(8.0 * n * n);
    kept + 64.0 * n * n_machines_a_row + 8.0 * n * data.n_features() as f64
}
