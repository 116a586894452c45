//! Support vector regression: a curve through the data that ignores errors below `epsilon`.
//!
//! Only rows on or outside the tube of half-width `epsilon` around the curve matter; `C` says
//! what each unit beyond it costs. The curve is Σ coefᵢ·K(xᵢ, x) + intercept. Steps, kernels, cost
//! and limits are those of [`super`]; the loss is the dual objective. Inside, the target is
//! neither centered nor scaled, so `epsilon` and `C` are in its units, as in scikit-learn.
//!
//! Reference: H. Drucker, C. Burges, L. Kaufman, A. Smola & V. Vapnik, "Support vector regression
//! machines", NIPS 9, 1997; formulas and defaults of LIBSVM.

use std::sync::Arc;

use ndarray::Array2;

use super::kernel::{COEF0, DEGREE, GAMMA, GAMMA_VALUE, KERNEL, Kernel, KernelChoice};
use super::model::{Output, SvmModel};
use super::problem::{Problem, Share};
use super::smo::{Smo, Stop};
use super::trainer::{note, vectors};
use super::{C, MAX_ITER, TOL, bytes, caps, seconds, stop};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::rows::{check_distances, standard_layout};
use crate::models::{Demand, Estimator, Info, Model, Progress, Trainer};
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, real_log};

/// Support vector regression, unfitted.
#[derive(Debug, Clone)]
pub struct Svr {
    cost: f64,
    epsilon: f64,
    kernel: KernelChoice,
    stop: Stop,
}

impl Estimator for Svr {
    const INFO: Info = Info {
        id: "svr",
        label: "Support vector regression",
        tasks: &[Task::Regression],
        family: "Support vectors",
        summary: "Lays a smooth curve through the data and minds only rows farther off than epsilon.",
        use_when: "Use it for a few thousand scaled rows with a smooth relation and some outliers.",
        avoid_when: "Avoid it with many rows, or where the target's scale is so large that epsilon and C mean nothing.",
        unit: "machine",
        loss: "dual objective",
        hyperparameters: &[
            C,
            real_log(
                "epsilon",
                "Tube",
                (0.0, 1e9, 0.1),
                "Errors below this, in units of the target, cost nothing. Larger values give a simpler curve with fewer support vectors.",
            ),
            KERNEL,
            DEGREE,
            GAMMA,
            GAMMA_VALUE,
            COEF0,
            TOL,
            MAX_ITER,
        ],
        cost: "O(n_samples\u{b2} \u{b7} n_features) to O(n_samples\u{b3})",
        reference: "H. Drucker, C. Burges, L. Kaufman, A. Smola & V. Vapnik, \u{201c}Support vector regression machines\u{201d}, NIPS 9, 1997.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            cost: settings.real("C")?,
            epsilon: settings.real("epsilon")?,
            kernel: KernelChoice::new(settings)?,
            stop: stop(settings)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        check_distances(&data)?;
        let Target::Values(values) = &data.target else {
            let message = "Support vector regression needs a target that is a number.";
            return Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"));
        };
        let caps = caps(&data, self.cost, false);
        let rows: Vec<usize> = (0..values.len()).filter(|&row| caps[row] > 0.0).collect();
        let problem = self.problem(rows, values, &caps);
        let data = standard_layout(data.clone());
        Ok(Box::new(SvrTrainer {
            kernel: self.kernel.for_data(&data),
            epsilon: self.epsilon,
            caps: problem.rows.iter().map(|&row| caps[row]).collect(),
            data,
            problem,
        }))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        Demand {
            bytes: bytes(data, 2.0),
            seconds: 2.0 * seconds(data.n_samples() as f64, data.n_features()),
        }
    }
}

impl Svr {
    /// Two variables a row: how much it pulls the curve up, then how much down.
    fn problem(&self, rows: Vec<usize>, values: &[f64], caps: &[f64]) -> Problem {
        let targets = || rows.iter().map(|&row| values[row]);
        let up = targets().map(|target| self.epsilon - target);
        let down = targets().map(|target| self.epsilon + target);
        let caps: Vec<f64> = rows.iter().map(|&row| caps[row]).collect();
        let n = rows.len();
        let signs = [vec![1.0; n], vec![-1.0; n]].concat();
        let smo = Smo::new(signs, up.chain(down).collect(), caps.repeat(2), self.stop);
        Problem::new(rows, smo)
    }
}

/// Trains [`Svr`].
struct SvrTrainer {
    data: Arc<Dataset>,
    kernel: Kernel,
    epsilon: f64,
    /// Price of each row of the problem.
    caps: Vec<f64>,
    problem: Problem,
}

/// The share of rows at their full price from which the price is told to be small.
const TOLD_AT_PRICE: f64 = 0.95;

impl SvrTrainer {
    /// How much each row pulls the curve up.
    fn pulls(&self) -> Vec<f64> {
        let signed: Vec<f64> = self.problem.smo.coefficients().collect();
        let (up, down) = signed.split_at(self.problem.rows.len());
        up.iter().zip(down).map(|(up, down)| up + down).collect()
    }

    /// What there is to say of settings that do not fit the size of the target.
    fn size_note(&self) -> Option<String> {
        let Target::Values(values) = &self.data.target else {
            return None;
        };
        let pulls = self.pulls();
        if !self.problem.smo.is_done || pulls.is_empty() {
            return None;
        }
        if pulls.iter().all(|pull| *pull == 0.0) && values.iter().any(|v| *v != values[0]) {
            return Some(format!(
                "The curve is flat: no row lies far outside the tube of {} to each side. The tube (epsilon) and the tolerance (tol) are in the unit of the target. Choose less, or give the target in a smaller unit.",
                math::print_number(self.epsilon)
            ));
        }
        let at_price = pulls.iter().zip(&self.caps);
        let n_at_price = at_price.filter(|(pull, cap)| pull.abs() >= **cap).count();
        (n_at_price as f64 >= TOLD_AT_PRICE * pulls.len() as f64).then(|| {
            format!(
                "{n_at_price} of {} rows lie outside the tube and pull as much as C lets them, so the curve is flatter than the data: C is in the unit of the target. Choose more, or give the target in a larger unit.",
                pulls.len()
            )
        })
    }
}

impl Trainer for SvrTrainer {
    fn step(&mut self) -> Result<Progress> {
        let share = Share {
            n_problems: 1,
            is_watched: true,
        };
        if !self.problem.smo.is_done {
            self.problem.advance(&self.data, self.kernel, share);
        }
        Ok(Progress {
            position: self.problem.smo.share_done(),
            total: 1.0,
            loss: Some(self.problem.smo.objective()),
            is_done: self.problem.smo.is_done,
            note: note(std::iter::once(&self.problem)).or_else(|| self.size_note()),
        })
    }

    fn model(&self) -> Model {
        let pulls = self.pulls();
        let places: Vec<usize> = (0..pulls.len())
            .filter(|&place| pulls[place] != 0.0)
            .collect();
        let rows: Vec<usize> = places
            .iter()
            .map(|&place| self.problem.rows[place])
            .collect();
        let coefficients: Vec<f64> = places.iter().map(|&place| pulls[place]).collect();
        Model::Svm(catalogued(SvmModel::new(
            self.kernel,
            vectors(&self.data, &rows),
            Array2::from_shape_fn((1, places.len()), |(_, i)| coefficients[i]),
            vec![-self.problem.smo.offset()],
            Output::Number,
        )))
    }
}
