//! Logistic regression under way.

use super::objective::Objective;
use crate::error::Result;
use crate::linalg::lbfgs::Lbfgs;
use crate::linalg::owlqn::Owlqn;
use crate::models::catalogued::catalogued;
use crate::models::{Model, Progress, Trainer};

/// What goes downhill.
enum Solver {
    /// Where the objective is smooth.
    Smooth(Lbfgs),
    /// Where sizes of coefficients cost something.
    Sparse(Owlqn),
}

impl Solver {
    fn new(objective: &Objective) -> Self {
        let (start, smooth) = (objective.start(), |x: &[f64], g: &mut [f64]| {
            objective.evaluate(x, g)
        });
        match objective.size_weights() {
            Some(weights) => Self::Sparse(Owlqn::new(start, weights, smooth)),
            None => Self::Smooth(Lbfgs::new(start, smooth)),
        }
    }

    fn step(&mut self, objective: &Objective) -> bool {
        let smooth = |x: &[f64], g: &mut [f64]| objective.evaluate(x, g);
        match self {
            Self::Smooth(solver) => solver.step(smooth),
            Self::Sparse(solver) => solver.step(smooth),
        }
    }

    fn point(&self) -> &[f64] {
        match self {
            Self::Smooth(solver) => solver.point(),
            Self::Sparse(solver) => solver.point(),
        }
    }

    fn value(&self) -> f64 {
        match self {
            Self::Smooth(solver) => solver.value(),
            Self::Sparse(solver) => solver.value(),
        }
    }

    fn max_gradient(&self) -> f64 {
        match self {
            Self::Smooth(solver) => solver.max_gradient(),
            Self::Sparse(solver) => solver.max_gradient(),
        }
    }
}

/// One iteration of the solver a step.
pub(super) struct LogisticTrainer {
    objective: Objective,
    solver: Solver,
    feature_names: Vec<String>,
    labels: Vec<String>,
    max_iter: usize,
    tol: f64,
    iteration: usize,
    is_done: bool,
    note: Option<String>,
}

impl LogisticTrainer {
    pub(super) fn new(
        objective: Objective,
        (feature_names, labels): (Vec<String>, Vec<String>),
        max_iter: usize,
        tol: f64,
    ) -> Self {
        Self {
            solver: Solver::new(&objective),
            objective,
            feature_names,
            labels,
            max_iter,
            tol,
            iteration: 0,
            is_done: false,
            note: None,
        }
    }

    fn advance(&mut self) {
        let has_moved = self.solver.step(&self.objective);
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
        if self.objective.has_penalty() {
            return None;
        }
        let name_of = |feature: usize| self.feature_names.get(feature).map_or("?", String::as_str);
        if !self.objective.is_separated(self.solver.point()) {
            let (feature, class) = self.objective.quasi_separated_by()?;
            let (name, class) = (
                name_of(feature),
                self.labels.get(class).map_or("?", String::as_str),
            );
            return Some(format!(
                "\u{201c}{name}\u{201d} alone never errs about the class \u{201c}{class}\u{201d}: the values it has there and elsewhere do not overlap, but for one they may share. Without a penalty its coefficient then grows for ever; it shows where training stopped. Set the penalty to l2."
            ));
        }
        let name = name_of(self.objective.strongest_feature(self.solver.point()));
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
        Model::Logistic(catalogued(self.objective.model(self.solver.point())))
    }
}
