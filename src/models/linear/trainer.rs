//! Least squares as steps: blocks of rows, then refinement passes.

use std::sync::Arc;

use super::{Fit, LinearModel};
use crate::error::{Code, Error, Result};
use crate::linalg::least_squares::{Data, LeastSquares, MAX_PASSES, Refinement};
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::rows::{entries, standard_layout};
use crate::models::weights::present_rows;
use crate::models::{Model, Progress, Trainer};
use crate::prepare::{Dataset, Target};

/// Operations of one step, some 30 ms.
const OPERATIONS_A_STEP: usize = 100_000_000;

/// Columns up to which the triangles fit into memory.
pub(in crate::models) const MAX_FEATURES: usize = 5000;

/// The condition number from which slopes are said to be shaky: few columns are measured to more
/// than six digits.
const TOLD_CONDITION: f64 = 1e6;

/// Trains [`super::Linear`] and, with a penalty, ridge.
pub struct LinearTrainer {
    data: Arc<Dataset>,
    y: Vec<f64>,
    has_intercept: bool,
    alpha: f64,
    problem: LeastSquares,
    state: Stage,
}

fn numbers<'a>(data: &'a Dataset, y: &'a [f64]) -> Data<'a> {
    Data {
        x: entries(data),
        y,
        weights: data.weights.as_deref(),
    }
}

enum Stage {
    /// Rows are being absorbed.
    Absorbing,
    /// All rows are in; the solution is refined.
    Refining {
        state: Box<Refinement>,
        passes: usize,
    },
    /// Nothing is left to do.
    Done {
        state: Box<Refinement>,
        passes: usize,
    },
}

impl LinearTrainer {
    /// Starts from data with numbers as target.
    ///
    /// - `alpha`: weight of the squared slopes, 0 for ordinary least squares.
    pub fn new(data: Arc<Dataset>, has_intercept: bool, alpha: f64) -> Result<Self> {
        let data = present_rows(standard_layout(data));
        let Target::Values(y) = &data.target else {
            let message = "Linear regression needs a target that is a number.";
            return Err(Error::new(Code::DoesNotFit, message).in_field("target"));
        };
        if data.n_features() > MAX_FEATURES {
            let message = format!(
                "Linear regression takes at most {MAX_FEATURES} features, found {}. Select fewer.",
                data.n_features()
            );
            return Err(Error::new(Code::TooLarge, message));
        }
        let y = y.clone();
        let numbers = numbers(&data, &y);
        let problem = LeastSquares::new(numbers, data.n_features(), has_intercept, alpha);
        Ok(Self {
            data,
            y,
            has_intercept,
            alpha,
            problem,
            state: Stage::Absorbing,
        })
    }

    fn rows_a_step(&self) -> usize {
        let width = self.data.n_features() + 1;
        (OPERATIONS_A_STEP / (2 * width * width)).max(1)
    }

    fn seen(&self) -> f64 {
        self.problem.n_absorbed() as f64 / self.y.len() as f64
    }

    fn absorb(&mut self) -> Result<()> {
        let n_rows = self.rows_a_step();
        self.problem.absorb(numbers(&self.data, &self.y), n_rows);
        if self.problem.n_absorbed() == self.y.len() {
            let Some(state) = self.problem.factor().map(Box::new) else {
                self.problem.start_over(numbers(&self.data, &self.y));
                return Ok(());
            };
            self.check(&state)?;
            self.state = Stage::Refining { state, passes: 0 };
        }
        Ok(())
    }

    fn fitted(&self, state: &Refinement, is_done: bool) -> LinearModel {
        let solution = self.problem.solution(state);
        let model = LinearModel::new(solution.slopes, solution.intercept, self.has_intercept);
        let fit = Fit {
            n_samples: self.problem.n_absorbed(),
            rank: solution.rank,
            residual_squares: solution.residual_squares,
            total_squares: self.total_squares(),
            total_weight: self.problem.total_weight(),
            centers: state.centers().to_vec(),
            covariance_factor: None,
        };
        // A penalty biases the slopes, and on part of the rows nothing is claimed.
        let has_errors = is_done && self.alpha == 0.0;
        let factor = if has_errors {
            self.problem.inverse_factor(state)
        } else {
            None
        };
        model.with_fit(fit, factor)
    }

    fn total_squares(&self) -> f64 {
        let data = numbers(&self.data, &self.y);
        let from = |center: f64| {
            let square = |(i, y): (usize, &f64)| data.weight(i) * (y - center) * (y - center);
            math::sum(self.y.iter().enumerate().map(square))
        };
        match (self.has_intercept, data.weights) {
            (false, _) => from(0.0),
            (true, Some(_)) => from(self.mean()),
            (true, None) => math::moments(&self.y).map_or(0.0, |m| m.variance * m.n as f64),
        }
    }

    fn mean(&self) -> f64 {
        let data = numbers(&self.data, &self.y);
        if data.weights.is_none() {
            return math::mean(&self.y).unwrap_or(0.0);
        }
        let weighted = self.y.iter().enumerate().map(|(i, y)| data.weight(i) * y);
        math::sum(weighted) / data.total_weight()
    }

    /// What is known before any row: the mean of the target, where there is an intercept.
    fn mean_model(&self) -> LinearModel {
        let mean = Some(self.mean()).filter(|_| self.has_intercept);
        let slopes = vec![0.0; self.data.n_features()];
        LinearModel::new(slopes, mean.unwrap_or(0.0), self.has_intercept)
    }

    /// Mean squared error on the rows seen, and the penalty where there is one.
    fn loss(&self, state: &Refinement) -> f64 {
        let solution = self.problem.solution(state);
        let penalty: f64 = solution.slopes.iter().map(|w| self.alpha * w * w).sum();
        (solution.residual_squares + penalty) / self.problem.total_weight()
    }

    fn check(&self, state: &Refinement) -> Result<()> {
        let solution = self.problem.solution(state);
        if solution.intercept.is_finite() && solution.slopes.iter().all(|w| w.is_finite()) {
            return Ok(());
        }
        let message = "The slopes leave the range of numbers. Scale features and target first.";
        Err(Error::new(Code::Diverged, message))
    }

    fn note(&self, state: &Refinement) -> Option<String> {
        let dependent = self.problem.dependent(state);
        if dependent.is_empty() {
            return near_dependence(self.problem.condition(state));
        }
        let name = |&j: &usize| {
            self.data
                .feature_names
                .get(j)
                .cloned()
                .unwrap_or_else(|| format!("column {}", j + 1))
        };
        let shown: Vec<String> = dependent.iter().take(5).map(name).collect();
        let more = if dependent.len() > 5 { ", …" } else { "" };
        let rank = self.problem.n_features() - dependent.len();
        Some(format!(
            "Only {rank} of {} columns are independent: {}{more} can be computed from the others or do not vary. Of all slopes that fit equally well the smallest are shown.",
            self.problem.n_features(),
            shown.join(", ")
        ))
    }
}

/// What there is to say of columns that nearly depend on one another.
fn near_dependence(condition: f64) -> Option<String> {
    (condition >= TOLD_CONDITION).then(|| {
        format!(
            "The columns nearly depend on one another (condition number about 1e{0:.0}): a change in the {0:.0}th digit of the data can change the slopes altogether, though hardly the predictions. Lower the degree where columns are powers, scale before expanding, or use ridge regression.",
            math::ln(condition) / std::f64::consts::LN_10
        )
    })
}

impl Trainer for LinearTrainer {
    fn step(&mut self) -> Result<Progress> {
        match std::mem::replace(&mut self.state, Stage::Absorbing) {
            Stage::Absorbing => self.absorb()?,
            Stage::Refining { mut state, passes } => {
                let is_settled = self
                    .problem
                    .refine(numbers(&self.data, &self.y), &mut state);
                let passes = passes + 1;
                self.check(&state)?;
                self.state = if is_settled || passes == MAX_PASSES {
                    Stage::Done { state, passes }
                } else {
                    Stage::Refining { state, passes }
                };
            }
            done @ Stage::Done { .. } => self.state = done,
        }
        Ok(self.progress())
    }

    fn model(&self) -> Model {
        Model::Linear(catalogued(match &self.state {
            Stage::Absorbing if self.problem.n_absorbed() == 0 => self.mean_model(),
            Stage::Absorbing => {
                let state = self.problem.factor();
                match state.filter(|state| self.check(state).is_ok()) {
                    Some(state) => self.fitted(&state, false),
                    None => self.mean_model(),
                }
            }
            Stage::Refining { state, .. } => self.fitted(state, false),
            Stage::Done { state, .. } => self.fitted(state, true),
        }))
    }
}

impl LinearTrainer {
    fn progress(&self) -> Progress {
        let at = |passes: usize, total: usize, state: &Refinement| Progress {
            position: 1.0 + passes as f64,
            total: 1.0 + total as f64,
            loss: Some(self.loss(state)).filter(|loss| loss.is_finite()),
            is_done: false,
            note: self.note(state),
        };
        match &self.state {
            Stage::Absorbing => Progress {
                position: self.seen(),
                total: 1.0 + MAX_PASSES as f64,
                ..Progress::default()
            },
            Stage::Refining { state, passes } => at(*passes, MAX_PASSES, state),
            Stage::Done { state, passes } => Progress {
                is_done: true,
                ..at(*passes, *passes, state)
            },
        }
    }
}
