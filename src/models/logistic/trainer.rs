//! Logistic regression under way.

use super::objective::Objective;
use crate::error::Result;
use crate::linalg::lbfgs::Lbfgs;
use crate::models::{Model, Progress, Trainer};

/// One L-BFGS iteration a step.
pub(super) struct LogisticTrainer {
    objective: Objective,
    solver: Lbfgs,
    feature_names: Vec<String>,
    max_iter: usize,
    tol: f64,
    iteration: usize,
    is_done: bool,
    note: Option<String>,
}

impl LogisticTrainer {
    pub(super) fn new(
        objective: Objective,
        feature_names: Vec<String>,
        max_iter: usize,
        tol: f64,
    ) -> Self {
        let solver = Lbfgs::new(objective.start(), |x, g| objective.evaluate(x, g));
        Self {
            objective,
            solver,
            feature_names,
            max_iter,
            tol,
            iteration: 0,
            is_done: false,
            note: None,
        }
    }

    fn advance(&mut self) {
        let objective = &self.objective;
        let has_moved = self.solver.step(|x, g| objective.evaluate(x, g));
        self.iteration += usize::from(has_moved);
        let has_converged = self.solver.max_gradient() <= self.tol;
        // Where it cannot move, rounding hides any further fall: that is the minimum too.
        self.is_done = has_converged || !has_moved || self.iteration >= self.max_iter;
        if self.is_done {
            self.note = self.separation().or_else(|| {
                (has_moved && !has_converged).then(|| {
                    format!(
                        "Stopped after {} iterations before the gradient was small enough. Allow more iterations (max_iter), or scale the features.",
                        self.iteration
                    )
                })
            });
        }
    }

    /// Says that there is no best model where the classes are told apart without a mistake.
    fn separation(&self) -> Option<String> {
        if self.objective.has_penalty() || !self.objective.is_separated(self.solver.point()) {
            return None;
        }
        let strongest = self.objective.strongest_feature(self.solver.point());
        let name = self
            .feature_names
            .get(strongest)
            .map_or("?", String::as_str);
        Some(format!(
            "The training rows can be told apart without a mistake, most of all by \u{201c}{name}\u{201d}. Without a penalty the coefficients then grow for ever; they show where training stopped. Set the penalty to l2."
        ))
    }
}

impl Trainer for LogisticTrainer {
    fn step(&mut self) -> Result<Progress> {
        if !self.is_done {
            self.advance();
        }
        Ok(Progress {
            position: self.iteration as f64,
            total: self.max_iter as f64,
            loss: Some(self.solver.value()),
            is_done: self.is_done,
            note: self.note.clone(),
        })
    }

    fn model(&self) -> Model {
        Model::Logistic(self.objective.model(self.solver.point()))
    }
}
