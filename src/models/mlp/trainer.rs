//! A neural net under way.

use super::net::{Net, Workspace};
use super::optimizer::Optimizer;
use super::options::Options;
use super::training_set::{Batch, TrainingSet};
use super::{MlpModel, Output};
use crate::error::Result;
use crate::models::{Model, Progress, Trainer};
use crate::rng::Rng;

/// Operations of one step: some 20 to 40 ms in a browser. Counted, not timed, so that steps
/// are the same everywhere.
const BUDGET: f64 = 4e8;

/// What a neuron costs a row besides its multiplications: activation, loss, copying (measured
/// on small nets).
const NEURON_COST: f64 = 200.0;

/// What a parameter costs a batch: the optimizer's move.
const MOVE_COST: f64 = 20.0;

/// One epoch a step, or the part of it that fits [`BUDGET`].
pub(super) struct MlpTrainer {
    set: TrainingSet,
    options: Options,
    net: Net<f32>,
    optimizer: Optimizer<f32>,
    rng: Rng,
    work: Workspace<f32>,
    batch: Batch,
    /// Rows to learn from, in the order of this epoch.
    order: Vec<usize>,
    /// Rows held back for early stopping.
    held_back: Vec<usize>,
    cursor: usize,
    epoch: usize,
    /// Summed loss of the rows of this epoch.
    epoch_loss: f64,
    /// Parameters at the start of the step.
    last_good: Vec<f32>,
    best: Best,
    loss: Option<f64>,
    is_done: bool,
    note: Option<String>,
}

/// Moves of the weights without a better loss that a stall takes at the least, besides the
/// patience in epochs: small data move once or twice an epoch, and ten such epochs are less than
/// one swing of Adam around a minimum.
const LEAST_STALLED_MOVES: usize = 100;

/// The best epoch so far.
#[derive(Default)]
struct Best {
    loss: Option<f64>,
    n_without_gain: usize,
    parameters: Vec<f32>,
}

impl MlpTrainer {
    pub(super) fn new(set: TrainingSet, options: Options, rng: &Rng) -> Self {
        let n_outputs = match set.output {
            Output::Classes { n_classes } => n_classes,
            Output::Values { .. } => 1,
        };
        let mut widths = vec![set.n_features];
        widths.extend(&options.hidden);
        widths.push(n_outputs);
        let net = Net::random(&widths, options.activation, &rng.fork("weights"));
        let n_parameters = net.parameters().len();
        let (order, held_back) = split(&set, &options, rng);
        Self {
            optimizer: Optimizer::new(options.solver, options.learning_rate, n_parameters),
            net,
            rng: rng.clone(),
            work: Workspace::default(),
            batch: Batch::default(),
            order,
            held_back,
            cursor: 0,
            epoch: 0,
            epoch_loss: 0.0,
            last_good: Vec::new(),
            best: Best::default(),
            loss: None,
            is_done: false,
            note: None,
            set,
            options,
        }
    }

    fn advance(&mut self) {
        self.last_good.clear();
        self.last_good.extend_from_slice(self.net.parameters());
        if self.cursor == 0 {
            self.rng
                .fork_index("shuffle", self.epoch)
                .shuffle(&mut self.order);
            self.epoch_loss = 0.0;
        }
        let (start, loss_before) = (self.cursor, self.epoch_loss);
        let mut budget = BUDGET;
        while budget > 0.0 && self.cursor < self.order.len() {
            budget -= self.learn_batch();
        }
        let loss = (self.epoch_loss - loss_before) / (self.cursor - start).max(1) as f64;
        if !(loss.is_finite() && self.net.parameters().iter().all(|w| w.is_finite())) {
            self.give_up();
            return;
        }
        self.loss = Some(loss);
        if self.cursor == self.order.len() {
            self.end_epoch();
        }
    }

    /// Learns from the next batch; returns what it cost.
    fn learn_batch(&mut self) -> f64 {
        let end = (self.cursor + self.options.batch_size).min(self.order.len());
        let rows = &self.order[self.cursor..end];
        let n_rows = rows.len() as f64;
        let target = self.set.gather(rows, &mut self.work, &mut self.batch);
        let data_loss = self
            .net
            .loss_and_gradient(&mut self.work, self.set.loss, target);
        let gradient = &mut self.work.gradient;
        let loss = data_loss + self.net.add_penalty(self.options.alpha / n_rows, gradient);
        self.optimizer.step(self.net.parameters_mut(), gradient);
        self.epoch_loss += loss * n_rows;
        self.cursor = end;
        let n_parameters = gradient.len() as f64;
        let n_neurons: usize = self.net.widths().iter().sum();
        n_rows * (6.0 * n_parameters + NEURON_COST * n_neurons as f64) + MOVE_COST * n_parameters
    }

    /// Numbers have left their range: back to the last good weights, and no further.
    fn give_up(&mut self) {
        self.net.parameters_mut().copy_from_slice(&self.last_good);
        self.is_done = true;
        self.note = Some(
            "Training broke off because the weights grew beyond all bounds; the last good ones were kept. Lower the learning rate, or scale the features.".to_owned(),
        );
    }

    fn end_epoch(&mut self) {
        self.cursor = 0;
        self.epoch += 1;
        let loss = if self.held_back.is_empty() {
            self.epoch_loss / self.order.len() as f64
        } else {
            self.validation_loss()
        };
        self.remember(loss);
        let moves = self.order.len().div_ceil(self.options.batch_size.max(1));
        let has_stalled = self.best.n_without_gain >= self.options.patience
            && self.best.n_without_gain * moves >= LEAST_STALLED_MOVES;
        if has_stalled && self.epoch < self.options.max_iter {
            let rows = if self.held_back.is_empty() {
                "training"
            } else {
                "held-back"
            };
            self.note = Some(format!(
                "Stopped after epoch {}: the loss on the {rows} rows had not fallen for {} epochs.",
                self.epoch, self.best.n_without_gain
            ));
        }
        self.is_done = has_stalled || self.epoch >= self.options.max_iter;
        if self.is_done && !self.best.parameters.is_empty() {
            self.net
                .parameters_mut()
                .copy_from_slice(&self.best.parameters);
        }
    }

    fn remember(&mut self, loss: f64) {
        let best = self.best.loss.unwrap_or(f64::INFINITY);
        if loss > best - self.options.tol {
            self.best.n_without_gain += 1;
        } else {
            self.best.n_without_gain = 0;
        }
        if loss < best {
            self.best.loss = Some(loss);
            self.best.parameters.clear();
            self.best
                .parameters
                .extend_from_slice(self.net.parameters());
        }
    }

    fn validation_loss(&mut self) -> f64 {
        let n_outputs = self.net.widths().last().copied().unwrap_or(1);
        let mut sum = 0.0;
        for rows in self.held_back.chunks(1024) {
            let target = self.set.gather(rows, &mut self.work, &mut self.batch);
            self.net.forward(&mut self.work);
            let outputs = self.work.outputs_mut();
            sum += self.set.loss.value_and_delta(outputs, n_outputs, target) * rows.len() as f64;
        }
        sum / self.held_back.len() as f64
    }
}

/// Rows to learn from, and rows held back where early stopping wants some and there are enough.
fn split(set: &TrainingSet, options: &Options, rng: &Rng) -> (Vec<usize>, Vec<usize>) {
    let mut rows = rng.fork("held back").permutation(set.n_samples);
    let n_wanted = (set.n_samples as f64 * options.validation_fraction)
        .round()
        .max(1.0) as usize;
    if !options.early_stopping || n_wanted >= set.n_samples {
        return ((0..set.n_samples).collect(), Vec::new());
    }
    let mut order = rows.split_off(n_wanted);
    order.sort_unstable();
    rows.sort_unstable();
    (order, rows)
}

impl Trainer for MlpTrainer {
    fn step(&mut self) -> Result<Progress> {
        if !self.is_done {
            self.advance();
        }
        let part = self.cursor as f64 / self.order.len().max(1) as f64;
        Ok(Progress {
            position: self.epoch as f64 + part,
            total: self.options.max_iter as f64,
            loss: self.loss,
            is_done: self.is_done,
            note: self.note.clone(),
        })
    }

    fn model(&self) -> Model {
        Model::Mlp(MlpModel {
            net: self.net.clone(),
            output: self.set.output,
            loss: self.set.loss,
        })
    }
}
