//! The likelihood climbed from one start after the other.

use ndarray::Array2;

use super::kernel::Covariance;
use super::likelihood::Observations;
use super::model::GaussianProcessModel;
use crate::error::Result;
use crate::linalg::lbfgs::Lbfgs;
use crate::models::catalogued::catalogued;
use crate::models::{Model, Progress, Trainer};
use crate::rng::Rng;

/// How the hyperparameters of the kernel are sought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Search {
    /// Further starts, drawn by chance; `None` to keep the kernel as it is set.
    pub n_restarts: Option<usize>,
    pub max_iter: usize,
    pub tol: f64,
}

/// One iteration of L-BFGS a step.
pub(super) struct GaussianProcessTrainer {
    observations: Observations,
    target: (f64, f64),
    start: Covariance,
    search: Search,
    rng: Rng,
    solver: Lbfgs,
    /// Searches that have ended.
    n_ended: usize,
    /// Iterations of the search under way, and of all.
    iteration: usize,
    n_iterations: usize,
    /// Loss and logarithms of the best search that has ended.
    best: Option<(f64, Vec<f64>)>,
    /// What the rows add at the hyperparameters so far.
    weights: Vec<f64>,
    is_done: bool,
    note: Option<String>,
}

impl GaussianProcessTrainer {
    pub(super) fn new(
        observations: Observations,
        target: (f64, f64),
        start: Covariance,
        (search, rng): (Search, Rng),
        note: Option<String>,
    ) -> Self {
        let evaluate =
            |logs: &[f64], gradient: &mut [f64]| observations.evaluate(&start, logs, gradient);
        let solver = Lbfgs::new(start.to_logs(), evaluate);
        let mut trainer = Self {
            weights: vec![0.0; observations.len()],
            observations,
            target,
            start,
            search,
            rng,
            solver,
            n_ended: 0,
            iteration: 0,
            n_iterations: 0,
            best: None,
            is_done: false,
            note,
        };
        trainer.weigh();
        trainer
    }

    /// Where the best search stands: the one under way until one has ended.
    fn covariance(&self) -> Covariance {
        let logs = match &self.best {
            Some((loss, logs)) if *loss <= self.solver.value() => logs,
            _ => self.solver.point(),
        };
        self.start.with_logs(logs)
    }

    /// Brings the weights up to the hyperparameters.
    fn weigh(&mut self) {
        if let Some(factored) = self.observations.factor(&self.covariance()) {
            self.weights = factored.weights;
        }
    }

    fn advance(&mut self) {
        let (observations, start) = (&self.observations, &self.start);
        let evaluate =
            |logs: &[f64], gradient: &mut [f64]| observations.evaluate(start, logs, gradient);
        let has_moved = self.solver.step(evaluate);
        self.iteration += usize::from(has_moved);
        self.n_iterations += usize::from(has_moved);
        let has_ended = !has_moved
            || self.solver.max_gradient() <= self.search.tol
            || self.iteration >= self.search.max_iter;
        if has_ended {
            self.end_search();
        }
    }

    /// Keeps the search if it is the best so far, and starts the next.
    fn end_search(&mut self) {
        self.n_ended += 1;
        let loss = self.solver.value();
        if self.best.as_ref().is_none_or(|(least, _)| loss < *least) {
            self.best = Some((loss, self.solver.point().to_vec()));
        }
        self.is_done = self.n_ended > self.search.n_restarts.unwrap_or(0);
        if !self.is_done {
            let mut rng = self.rng.fork_index("start", self.n_ended);
            let (low, high) = Covariance::log_range();
            let n = self.solver.point().len();
            let point = (0..n).map(|_| rng.uniform_in(low, high)).collect();
            let (observations, start) = (&self.observations, &self.start);
            self.solver = Lbfgs::new(point, |logs, g| observations.evaluate(start, logs, g));
            self.iteration = 0;
        }
    }
}

impl Trainer for GaussianProcessTrainer {
    fn step(&mut self) -> Result<Progress> {
        if self.search.n_restarts.is_none() {
            self.is_done = true;
        }
        if !self.is_done {
            self.advance();
            self.weigh();
        }
        let loss = match &self.best {
            Some((least, _)) => least.min(self.solver.value()),
            None => self.solver.value(),
        };
        let n_searches = self.search.n_restarts.map_or(0, |n| n + 1);
        let position = self.n_iterations as f64;
        Ok(Progress {
            position,
            total: match self.is_done {
                true => position,
                false => (n_searches * self.search.max_iter) as f64,
            },
            loss: loss.is_finite().then_some(loss),
            is_done: self.is_done,
            note: self.note.clone(),
        })
    }

    fn model(&self) -> Model {
        let (x, d) = (&self.observations.x, self.observations.n_features);
        let shape = (self.observations.len(), d);
        Model::GaussianProcess(catalogued(GaussianProcessModel::new(
            self.covariance(),
            Array2::from_shape_fn(shape, |(i, j)| x[i * d + j]),
            self.weights.clone(),
            self.target,
            self.observations.jitter,
        )))
    }
}
