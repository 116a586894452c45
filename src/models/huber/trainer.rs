//! Huber regression under way.

use std::sync::Arc;

use super::Huber;
use super::objective::Objective;
use crate::error::{Code, Error, Result};
use crate::linalg::lbfgs::Lbfgs;
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::rows::standard_layout;
use crate::models::weights::present_rows;
use crate::models::{Model, Progress, Trainer};
use crate::prepare::{Dataset, Target};

/// ln σ from which on the rows count as fitted exactly.
const EXACT: f64 = -36.0;

/// One L-BFGS iteration a step.
pub(super) struct HuberTrainer {
    objective: Objective,
    solver: Lbfgs,
    max_iter: usize,
    tol: f64,
    iteration: usize,
    is_done: bool,
    note: Option<String>,
}

impl HuberTrainer {
    pub(super) fn new(data: Arc<Dataset>, settings: &Huber) -> Result<Self> {
        let data = present_rows(standard_layout(data));
        let Target::Values(y) = &data.target else {
            let message = "Huber regression needs a target that is a number.";
            return Err(Error::new(Code::DoesNotFit, message).in_field("target"));
        };
        let deviation = math::moments(y).map_or(0.0, |m| m.deviation);
        let note = penalty_note(settings.alpha * deviation / y.len() as f64);
        let objective = Objective::new(Arc::clone(&data), y, settings);
        let solver = Lbfgs::new(objective.start(), |x, g| objective.evaluate(x, g));
        Ok(Self {
            objective,
            solver,
            max_iter: settings.max_iter,
            tol: settings.tol,
            iteration: 0,
            is_done: false,
            note,
        })
    }

    fn advance(&mut self) -> Result<()> {
        let objective = &self.objective;
        let has_moved = self.solver.step(|x, g| objective.evaluate(x, g));
        self.iteration += usize::from(has_moved);
        let scale = self.solver.point().last().copied().unwrap_or_default();
        let has_converged = self.solver.max_gradient() <= self.tol || scale < EXACT;
        self.is_done = has_converged || !has_moved || self.iteration >= self.max_iter;
        if self.is_done && has_moved && !has_converged {
            self.note = Some(format!(
                "Stopped after {} iterations before the gradient was small enough. Allow more iterations (max_iter).",
                self.iteration
            ));
        }
        let model = self.objective.model(self.solver.point());
        if model.intercept.is_finite() && model.coefficients().iter().all(|w| w.is_finite()) {
            return Ok(());
        }
        let message = "The slopes leave the range of numbers. Scale features and target first.";
        Err(Error::new(Code::Diverged, message))
    }
}

/// The pull of the penalty on slopes as large as the target, over that of the rows, from which it
/// is told: ten times stronger.
const TOLD_PULL: f64 = 10.0;

/// What there is to say of a penalty too strong for the target: it grows with the square of its
/// size, the rest in proportion.
fn penalty_note(pull: f64) -> Option<String> {
    (pull >= TOLD_PULL).then(|| {
        "The penalty (alpha) pulls the slopes far towards 0, because it weighs the more, the larger the numbers in the unit of the target. Choose less, or give the target in a larger unit.".to_owned()
    })
}

impl Trainer for HuberTrainer {
    fn step(&mut self) -> Result<Progress> {
        if !self.is_done {
            self.advance()?;
        }
        let loss = self.objective.in_units(self.solver.value());
        Ok(Progress {
            position: self.iteration as f64,
            total: self.max_iter as f64,
            loss: Some(loss).filter(|loss| loss.is_finite()),
            is_done: self.is_done,
            note: self.note.clone(),
        })
    }

    fn model(&self) -> Model {
        Model::Linear(catalogued(self.objective.model(self.solver.point())))
    }
}
