//! The elastic net under way: products of rows, then a path of penalties.

use std::sync::Arc;

use super::path::Path;
use super::problem::{Problem, Scaling};
use crate::error::{Code, Error, Result};
use crate::linalg::tall::TallGram;
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::linear::{LinearModel, LinearTrainer, MAX_FEATURES};
use crate::models::rows::{entries, standard_layout};
use crate::models::weights::present_rows;
use crate::models::{Model, Progress, Trainer};
use crate::prepare::{Dataset, Target};
use crate::settings::Checked;

/// Operations of one step, some 30 ms.
const OPERATIONS_A_STEP: usize = 100_000_000;

/// Alphas of a path that spans a factor of 1000, as in scikit-learn; shorter ones have fewer.
const ALPHAS_A_PATH: f64 = 100.0;
/// The factor that they span.
const SPAN: f64 = 1e3;

/// How slopes are penalized.
#[derive(Debug, Clone, Copy)]
pub(in crate::models) struct Penalty {
    pub alpha: f64,
    /// The share of the lasso; the rest is ridge.
    pub l1_ratio: f64,
}

/// When a fit of the path ends.
#[derive(Debug, Clone, Copy)]
pub(in crate::models) struct Stop {
    max_iter: usize,
    tol: f64,
}

impl Stop {
    /// Reads `max_iter` and `tol`.
    pub(in crate::models) fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            max_iter: settings.count("max_iter")?,
            tol: settings.real("tol")?,
        })
    }
}

/// Starts an elastic net; the plain squares and ridge at its ends are trained as such.
pub(in crate::models) fn begin(
    data: Arc<Dataset>,
    penalty: Penalty,
    has_intercept: bool,
    stop: Stop,
) -> Result<Box<dyn Trainer>> {
    let Penalty { alpha, l1_ratio } = penalty;
    if alpha * l1_ratio == 0.0 {
        let n = total_weight(&data);
        let ridge = alpha * n;
        return Ok(Box::new(LinearTrainer::new(data, has_intercept, ridge)?));
    }
    Ok(Box::new(ElasticNetTrainer::new(
        data,
        penalty,
        has_intercept,
        stop,
    )?))
}

fn total_weight(data: &Dataset) -> f64 {
    match &data.weights {
        Some(weights) => math::sum(weights.iter().copied()),
        None => data.n_samples() as f64,
    }
}

/// Alphas from the least that leaves all slopes 0 down to `alpha`, by equal factors.
fn grid(largest: f64, alpha: f64) -> Vec<f64> {
    if largest.is_nan() || largest <= alpha {
        return vec![alpha];
    }
    let n_factors = ALPHAS_A_PATH * math::ln(largest / alpha) / math::ln(SPAN);
    let n_factors = n_factors.ceil().clamp(1.0, 3.0 * ALPHAS_A_PATH);
    let at = |k: f64| largest * math::exp(math::ln(alpha / largest) * k / n_factors);
    let between = (0..n_factors as u32).map(|k| at(f64::from(k)));
    between.chain([alpha]).collect()
}

struct ElasticNetTrainer {
    data: Arc<Dataset>,
    y: Vec<f64>,
    has_intercept: bool,
    penalty: Penalty,
    stop: Stop,
    n: f64,
    scaling: Scaling,
    gram: TallGram,
    descent: Option<Descent>,
}

/// Where the path is.
struct Descent {
    problem: Problem,
    alphas: Vec<f64>,
    /// The least penalty that leaves all slopes 0.
    largest: f64,
    /// Alphas done.
    n_done: usize,
    /// Slopes of the alphas done, in the units of the data.
    slopes: Vec<f64>,
    n_sweeps: usize,
    /// The last alpha at which the sweeps ran out.
    stopped_at: Option<f64>,
}

impl ElasticNetTrainer {
    fn new(data: Arc<Dataset>, penalty: Penalty, has_intercept: bool, stop: Stop) -> Result<Self> {
        let data = present_rows(standard_layout(data));
        let Target::Values(y) = &data.target else {
            let message = "The elastic net needs a target that is a number.";
            return Err(Error::new(Code::DoesNotFit, message).in_field("target"));
        };
        if data.n_features() > MAX_FEATURES {
            let message = format!(
                "The elastic net takes at most {MAX_FEATURES} features, found {}. Select fewer.",
                data.n_features()
            );
            return Err(Error::new(Code::TooLarge, message));
        }
        let y = y.clone();
        let scaling = Scaling::measure(entries(&data), &y, data.weights.as_deref(), has_intercept);
        Ok(Self {
            n: total_weight(&data),
            gram: TallGram::new(data.n_samples(), data.n_features() + 1),
            descent: None,
            y,
            scaling,
            data,
            has_intercept,
            penalty,
            stop,
        })
    }

    fn absorb(&mut self) {
        let p = self.data.n_features();
        let n_rows = (OPERATIONS_A_STEP / ((p + 1) * (p + 1))).max(1);
        let (x, y, scaling) = (entries(&self.data), &self.y, &self.scaling);
        let weights = self.data.weights.as_deref();
        self.gram.absorb(n_rows, |i, out| {
            let root = weights.map_or(1.0, |weights| weights[i].sqrt());
            scaling.write(&x[i * p..(i + 1) * p], y[i], root, out);
        });
        if self.gram.n_absorbed() == self.y.len() {
            self.descent = Some(self.descent());
        }
    }

    fn descent(&self) -> Descent {
        let mut problem = Problem::new(&self.gram.gram());
        let Penalty { alpha, l1_ratio } = self.penalty;
        let largest = problem.largest_alpha(l1_ratio, self.n, &self.scaling);
        let alphas = grid(largest, alpha);
        let first = Penalty {
            alpha: alphas[0],
            l1_ratio,
        };
        problem.set_penalty(first, self.n, &self.scaling);
        Descent {
            problem,
            alphas,
            largest,
            n_done: 0,
            slopes: Vec::new(),
            n_sweeps: 0,
            stopped_at: None,
        }
    }

    fn model_of(&self, slopes: &[f64], path: Option<Path>) -> LinearModel {
        let centers = self.scaling.columns.centers.iter();
        let leaning = slopes.iter().zip(centers).map(|(w, center)| -w * center);
        let intercept = if self.has_intercept {
            math::sum(leaning.chain([self.scaling.y_center]))
        } else {
            0.0
        };
        let mut model = LinearModel::new(slopes.to_vec(), intercept, self.has_intercept);
        model.path = path;
        model
    }
}

impl Descent {
    fn is_done(&self) -> bool {
        self.n_done == self.alphas.len()
    }

    /// Sweeps until this alpha is done or the step is full.
    fn advance(&mut self, stop: Stop, n_sweeps: usize) -> bool {
        for _ in 0..n_sweeps {
            let change = self.problem.sweep();
            self.n_sweeps += 1;
            // A change of rounding size is none: no sweep will find more.
            let is_settled = change <= f64::EPSILON;
            let is_enough = self.problem.gap() <= stop.tol * self.problem.squares;
            if is_enough || is_settled {
                self.problem.polish();
                return true;
            }
            if self.n_sweeps >= stop.max_iter {
                self.stopped_at = self.alphas.get(self.n_done).copied();
                return true;
            }
        }
        false
    }

    fn note(&self) -> Option<String> {
        if self.is_done()
            && self.largest > 0.0
            && matches!(self.alphas[..], [alpha] if alpha >= self.largest)
        {
            return Some(format!(
                "Every slope is 0: the penalty (alpha), which is in the unit of the target, is larger than what any feature explains. Features enter below {:.2e}, or when the target is given in a smaller unit.",
                self.largest
            ));
        }
        let alpha = self.stopped_at.filter(|_| self.is_done())?;
        Some(format!(
            "At a penalty of {} the sweeps ran out before the slopes had settled. Allow more sweeps (max_iter), or scale the features.",
            math::print_number(alpha)
        ))
    }
}

impl Trainer for ElasticNetTrainer {
    fn step(&mut self) -> Result<Progress> {
        match &self.descent {
            None => self.absorb(),
            Some(descent) if descent.is_done() => {}
            Some(_) => self.descend()?,
        }
        Ok(self.progress())
    }

    fn model(&self) -> Model {
        let p = self.data.n_features();
        let zeros = vec![0.0; p];
        Model::Linear(catalogued(match &self.descent {
            Some(descent) => {
                let last = descent.slopes.chunks_exact(p).last().unwrap_or(&zeros);
                let path = Path::new(&descent.alphas[..descent.n_done], &descent.slopes);
                self.model_of(last, path)
            }
            None => self.model_of(&zeros, None),
        }))
    }
}

impl ElasticNetTrainer {
    /// Sweeps on; where an alpha is done, keeps its slopes and lowers the penalty.
    fn descend(&mut self) -> Result<()> {
        let p = self.data.n_features();
        let n_sweeps = (OPERATIONS_A_STEP / (2 * p * p)).max(1);
        let Some(descent) = &mut self.descent else {
            return Ok(());
        };
        if !descent.advance(self.stop, n_sweeps) {
            return Ok(());
        }
        let slopes = self.scaling.slopes(&descent.problem.slopes);
        if slopes.iter().any(|w| !w.is_finite()) {
            let message = "The slopes leave the range of numbers. Scale features and target first.";
            return Err(Error::new(Code::Diverged, message));
        }
        descent.slopes.extend(slopes);
        descent.n_done += 1;
        descent.n_sweeps = 0;
        if let Some(&alpha) = descent.alphas.get(descent.n_done) {
            let penalty = Penalty {
                alpha,
                ..self.penalty
            };
            descent.problem.set_penalty(penalty, self.n, &self.scaling);
        }
        Ok(())
    }

    fn progress(&self) -> Progress {
        let Some(descent) = &self.descent else {
            return Progress {
                position: self.gram.n_absorbed() as f64 / self.y.len() as f64,
                total: 1.0 + ALPHAS_A_PATH,
                ..Progress::default()
            };
        };
        let unit = self.n * self.scaling.y_scale * self.scaling.y_scale;
        let loss = descent.problem.objective() / unit;
        Progress {
            position: 1.0 + descent.n_done as f64,
            total: 1.0 + descent.alphas.len() as f64,
            loss: Some(loss).filter(|loss| loss.is_finite()),
            is_done: descent.is_done(),
            note: descent.note(),
        }
    }
}
