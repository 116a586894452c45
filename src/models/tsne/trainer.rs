//! t-SNE as steps: neighbors, then gradient descent.

use std::sync::Arc;

use ndarray::Array2;

use super::gradient::{attraction, divergence, join};
use super::{Joint, Repulsion, Tsne, n_neighbors};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::embedding::{EmbeddingModel, Graph, Search, Weaving, principal_places};
use crate::models::neighbors::Index;
use crate::models::rows::entries;
use crate::models::{Model, Progress, Trainer};
use crate::prepare::Dataset;
use crate::rng::Rng;

/// Iterations with exaggeration, and momentum during and after them, as in scikit-learn.
const EARLY_ITERATIONS: usize = 250;
const EARLY_MOMENTUM: f64 = 0.5;
const MOMENTUM: f64 = 0.8;

/// Spread of the places at the start.
const START_DEVIATION: f64 = 1e-4;

/// Rows up to which every pair is summed.
const EXACT_UP_TO: usize = 500;

/// A gradient shorter than this moves nothing any more, as in scikit-learn.
const LEAST_GRADIENT: f64 = 1e-7;

/// How far a row goes in one iteration at most, as in openTSNE.
const MAX_STEP: f64 = 5.0;

/// Rows worked on in one step, some 35 ms: several iterations, or part of one.
const ROWS_A_STEP: usize = 15_000;

/// Iterations of a step at most, so that the descent is worth watching.
const ITERATIONS_A_STEP: usize = 10;

/// Rows of a piece of an iteration.
const ROWS_A_PIECE: usize = 8192;

/// Trains [`Tsne`].
pub(super) struct TsneTrainer {
    settings: Tsne,
    rows: Arc<Index>,
    note: Option<String>,
    perplexity: f64,
    /// `(n_samples, 2)` row by row.
    places: Vec<f64>,
    state: State,
}

enum State {
    Searching(Search),
    Weaving(Box<Weaving>),
    Descending(Box<Descent>),
}

impl TsneTrainer {
    pub(super) fn new(settings: Tsne, data: &Arc<Dataset>, rng: &Rng) -> Self {
        let n = data.n_samples();
        let perplexity = settings.perplexity_of(n);
        let note = (perplexity < settings.perplexity).then(|| {
            format!(
                "A perplexity of {} is too much for {n} rows; {} is used.",
                settings.perplexity,
                math::print_number((perplexity * 100.0).round() / 100.0)
            )
        });
        let rows = Arc::new(Index::new(Arc::clone(data), settings.metric));
        let search = Search::of_others(rows.clone(), n_neighbors(perplexity, n));
        Self {
            note,
            perplexity,
            places: start(data, settings.starts_at_random, rng),
            state: State::Searching(search),
            rows,
            settings,
        }
    }

    /// Some more neighbors; with the last of them their graph begins.
    fn search(&self, mut search: Search) -> State {
        if !search.step() {
            return State::Searching(search);
        }
        let (perplexity, n_rows) = (self.perplexity, self.rows.x().nrows());
        let weigh = Joint { perplexity, n_rows };
        State::Weaving(Box::new(Weaving::new(search, |_| Box::new(weigh))))
    }

    /// Some more edges; with the last of them the descent begins.
    fn weave(&self, mut weaving: Box<Weaving>) -> State {
        match weaving.step() {
            Some(p) => State::Descending(Box::new(Descent::new(p, &self.settings))),
            None => State::Weaving(weaving),
        }
    }
}

/// Where the rows start: their principal components, or drawn. Some noise parts equal rows.
fn start(data: &Dataset, is_random: bool, rng: &Rng) -> Vec<f64> {
    let mut draw = rng.fork("start");
    let mut normal = |deviation: f64| deviation * draw.normal();
    if !is_random {
        let places = principal_places(entries(data), data.n_features(), 2, rng);
        let first = places.column(0).to_vec();
        let deviation = math::moments(&first).map_or(0.0, |m| m.deviation);
        if deviation > 0.0 {
            let noise = 0.01 * START_DEVIATION;
            let place = |x: &f64| x / deviation * START_DEVIATION + normal(noise);
            return places.iter().map(place).collect();
        }
    }
    let n = data.n_samples();
    (0..2 * n).map(|_| normal(START_DEVIATION)).collect()
}

impl Trainer for TsneTrainer {
    fn step(&mut self) -> Result<Progress> {
        let nothing = State::Searching(Search::of_others(self.rows.clone(), 0));
        self.state = match std::mem::replace(&mut self.state, nothing) {
            State::Searching(search) => self.search(search),
            State::Weaving(weaving) => self.weave(weaving),
            State::Descending(mut descent) => {
                let outcome = descent.advance(&mut self.places);
                self.state = State::Descending(descent);
                outcome?;
                return Ok(self.progress());
            }
        };
        Ok(self.progress())
    }

    fn model(&self) -> Model {
        let n = self.rows.x().nrows();
        let places = Array2::from_shape_vec((n, 2), self.places.clone()).unwrap_or_default();
        let n_neighbors = (self.perplexity as usize).max(1);
        Model::Embedding(catalogued(EmbeddingModel::new(
            Tsne::METHOD,
            self.rows.clone(),
            places,
            n_neighbors,
        )))
    }
}

impl TsneTrainer {
    fn progress(&self) -> Progress {
        let total = self.settings.max_iter as f64;
        let mut progress = Progress {
            total,
            note: self.note.clone(),
            ..Progress::default()
        };
        if let State::Descending(descent) = &self.state {
            progress.position = descent.position();
            progress.loss = descent.loss;
            progress.is_done = descent.is_done;
        }
        progress
    }
}

/// Gradient descent with momentum and a gain for each coordinate.
struct Descent {
    p: Graph,
    /// Its sum.
    mass: f64,
    settings: Tsne,
    angle: f64,
    velocity: Vec<f64>,
    gains: Vec<f64>,
    n_iterations: usize,
    /// The iteration under way.
    pull: Vec<f64>,
    push: Option<Repulsion>,
    loss: Option<f64>,
    is_done: bool,
}

impl Descent {
    fn new(p: Graph, settings: &Tsne) -> Self {
        let n = p.n_rows();
        Self {
            mass: math::sum(p.weights.iter().copied()),
            p,
            settings: settings.clone(),
            angle: if n <= EXACT_UP_TO {
                0.0
            } else {
                settings.angle
            },
            velocity: vec![0.0; 2 * n],
            gains: vec![1.0; 2 * n],
            n_iterations: 0,
            pull: Vec::new(),
            push: None,
            loss: None,
            // One row has no other to be near to.
            is_done: n < 2,
        }
    }

    /// Iterations done, and the share of the one under way.
    fn position(&self) -> f64 {
        let share = self.pull.len() as f64 / self.gains.len().max(1) as f64;
        (self.n_iterations as f64 + share).min(self.settings.max_iter as f64)
    }

    /// Works on as many rows as a step allows.
    fn advance(&mut self, places: &mut [f64]) -> Result<()> {
        let n = self.p.n_rows();
        let mut left = ROWS_A_STEP.min(ITERATIONS_A_STEP * n) as f64;
        while left > 0.0 && !self.is_done {
            let is_last = left <= n as f64;
            left -= ROWS_A_PIECE.min(n) as f64 / 2.0;
            self.piece(places, is_last)?;
        }
        Ok(())
    }

    /// One piece of an iteration: some of the push, some of the pull, or the move itself.
    fn piece(&mut self, places: &mut [f64], tells_loss: bool) -> Result<()> {
        let n = self.p.n_rows();
        let mut push = match self.push.take() {
            Some(push) => push,
            None => {
                // A piece on so many leaves, which hold some 4 places each.
                let mut push = Repulsion::new(places, self.angle);
                push.advance(ROWS_A_PIECE / 4);
                self.push = Some(push);
                return Ok(());
            }
        };
        if !push.advance(ROWS_A_PIECE / 4) {
            self.push = Some(push);
            return Ok(());
        }
        let start = self.pull.len() / 2;
        let end = n.min(start + ROWS_A_PIECE);
        self.pull.extend(attraction(&self.p, places, start..end));
        if end < n {
            self.push = Some(push);
            return Ok(());
        }
        self.finish(places, &push, tells_loss)
    }

    /// Moves the places along the gradient.
    fn finish(&mut self, places: &mut [f64], push: &Repulsion, tells_loss: bool) -> Result<()> {
        let is_early = self.n_iterations < EARLY_ITERATIONS;
        let exaggeration = if is_early {
            self.settings.early_exaggeration
        } else {
            1.0
        };
        let gradient = join(&self.pull, push, exaggeration);
        self.pull.clear();
        let length = math::sum(gradient.iter().map(|g| g * g)).sqrt();
        if self.n_iterations == EARLY_ITERATIONS {
            self.velocity.fill(0.0);
            self.gains.fill(1.0);
        }
        self.n_iterations += 1;
        self.is_done =
            self.n_iterations == self.settings.max_iter || (!is_early && length <= LEAST_GRADIENT);
        if tells_loss || self.is_done {
            self.loss =
                Some(divergence(&self.p, self.mass, places, push.total)).filter(|l| l.is_finite());
        }
        let before = places.to_vec();
        let step_size = self.settings.step_size(self.p.n_rows(), exaggeration);
        let momentum = if is_early { EARLY_MOMENTUM } else { MOMENTUM };
        self.shift(places, &gradient, step_size, momentum);
        if places.iter().all(|x| x.is_finite()) {
            return Ok(());
        }
        places.copy_from_slice(&before);
        self.is_done = true;
        let message = "The places left the range of numbers. Choose a smaller learning rate.";
        Err(Error::new(Code::Diverged, message).in_field("learning_rate"))
    }

    /// Gains grow where a coordinate keeps its direction and shrink where it turns back
    /// (R. Jacobs, "Increased rates of convergence through learning rate adaptation", 1988).
    fn shift(&mut self, places: &mut [f64], gradient: &[f64], step_size: f64, momentum: f64) {
        let state = self.velocity.iter_mut().zip(&mut self.gains);
        for ((velocity, gain), gradient) in state.zip(gradient) {
            *gain = if *velocity * gradient < 0.0 {
                *gain + 0.2
            } else {
                (*gain * 0.8).max(0.01)
            };
            *velocity = momentum * *velocity - step_size * *gain * gradient;
        }
        let steps = self.velocity.chunks_exact_mut(2);
        for (place, step) in places.chunks_exact_mut(2).zip(steps) {
            let length = math::hypot(step[0], step[1]);
            let share = if length > MAX_STEP {
                MAX_STEP / length
            } else {
                1.0
            };
            for (place, step) in place.iter_mut().zip(step) {
                *step *= share;
                *place += *step;
            }
        }
    }
}
