//! A neural net under way.

use super::MlpModel;
use super::best::Best;
use super::dropout::Dropout;
use super::held_back;
use super::net::{Net, Shape, Workspace};
use super::optimizer::{self, Optimizer};
use super::options::Options;
use super::penalty::Penalty;
use super::training_set::{Batch, TrainingSet};
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

/// Moves of the weights without a better loss that a stall takes at the least, besides the
/// patience in epochs: small data move once or twice an epoch, and ten such epochs are less than
/// one swing of Adam around a minimum.
const LEAST_STALLED_MOVES: usize = 100;

/// Rows of a validation that are passed through the net together.
const ROWS_A_PASS: usize = 1024;

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
    /// Batches learnt.
    n_moves: usize,
    epoch_loss: WeightedSum,
    /// The net at the start of the step.
    last_good: Net<f32>,
    best: Best,
    loss: Option<f64>,
    is_done: bool,
    note: Option<String>,
}

/// Losses of batches, each counting as much as its rows.
#[derive(Debug, Clone, Copy, Default)]
struct WeightedSum {
    sum: f64,
    weight: f64,
}

impl WeightedSum {
    fn add(&mut self, value: f64, weight: f64) {
        self.sum += value * weight;
        self.weight += weight;
    }

    fn since(self, before: Self) -> Self {
        Self {
            sum: self.sum - before.sum,
            weight: self.weight - before.weight,
        }
    }

    /// 0 where no row counts; NaN stays NaN.
    fn mean(self) -> f64 {
        if self.weight > 0.0 || self.sum.is_nan() {
            self.sum / self.weight
        } else {
            0.0
        }
    }
}

impl MlpTrainer {
    pub(super) fn new(set: TrainingSet, options: Options, rng: &Rng) -> Self {
        let shape = options.shape(set.n_features, set.output.n_outputs());
        let net = Net::random(shape, &rng.fork("weights"));
        let (order, held_back) = if options.early_stopping {
            held_back::split(&set, options.validation_fraction, rng.fork("held back"))
        } else {
            ((0..set.n_samples).collect(), Vec::new())
        };
        Self {
            optimizer: Optimizer::new(options.solver, net.parameters().len()),
            last_good: net.clone(),
            net,
            rng: rng.clone(),
            work: Workspace::default(),
            batch: Batch::default(),
            order,
            held_back,
            cursor: 0,
            epoch: 0,
            n_moves: 0,
            epoch_loss: WeightedSum::default(),
            best: Best::new(),
            loss: None,
            is_done: false,
            note: None,
            set,
            options,
        }
    }

    fn advance(&mut self) {
        self.last_good.copy_learnt(&self.net);
        if self.cursor == 0 {
            let mut rng = self.rng.fork_index("shuffle", self.epoch);
            rng.shuffle(&mut self.order);
            self.epoch_loss = WeightedSum::default();
        }
        let before = self.epoch_loss;
        let mut budget = BUDGET;
        while budget > 0.0 && self.cursor < self.order.len() {
            budget -= self.learn_batch();
        }
        let loss = self.epoch_loss.since(before).mean();
        if !(loss.is_finite() && self.net.is_finite()) {
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
        let weight = self.set.weight_of(rows);
        let goal = self.set.gather(rows, &mut self.work, &mut self.batch);
        let mut dropout = dropout(&self.options, &self.rng, self.n_moves);
        let data_loss = self
            .net
            .loss_and_gradient(&mut self.work, &goal, dropout.as_mut());
        self.net.update_running(&self.work);
        let n_rows = rows.len() as f64;
        let loss = data_loss + self.move_weights(n_rows);
        self.epoch_loss.add(loss, weight);
        self.cursor = end;
        self.n_moves += 1;
        cost(self.net.shape(), n_rows)
    }

    /// Follows the gradient of a batch; returns the penalty.
    fn move_weights(&mut self, n_rows: f64) -> f64 {
        let options = &self.options;
        let gradient = &mut self.work.gradient;
        let penalty = Penalty {
            l1: options.l1 / n_rows,
            l2: options.l2 / n_rows,
        };
        let penalty = self.net.add_penalty(penalty, gradient);
        if options.longest_gradient < f64::INFINITY {
            optimizer::clip(gradient, options.longest_gradient);
        }
        let rate = options.learning_rate.at(self.epoch);
        if options.weight_decay > 0.0 {
            self.net.shrink_weights(1.0 - rate * options.weight_decay);
        }
        self.optimizer
            .step(self.net.parameters_mut(), gradient, rate);
        penalty
    }

    /// Numbers have left their range: back to the last good weights, and no further.
    fn give_up(&mut self) {
        self.net.copy_learnt(&self.last_good);
        self.is_done = true;
        self.note = Some(
            "Training broke off because the weights grew beyond all bounds; the last good ones were kept. Lower the learning rate, or scale the features.".to_owned(),
        );
    }

    fn end_epoch(&mut self) {
        self.cursor = 0;
        self.epoch += 1;
        let loss = if self.held_back.is_empty() {
            self.epoch_loss.mean()
        } else {
            self.validation_loss()
        };
        self.best.remember(loss, &self.net, self.options.tol);
        let has_stalled = self.has_stalled();
        if has_stalled && self.epoch < self.options.max_iter {
            self.note = Some(self.stall_note());
        }
        self.is_done = has_stalled || self.epoch >= self.options.max_iter;
        if self.is_done {
            self.best.restore(&mut self.net);
        }
    }

    fn has_stalled(&self) -> bool {
        let moves = self.order.len().div_ceil(self.options.batch_size.max(1));
        let n_without_gain = self.best.n_without_gain;
        n_without_gain >= self.options.patience && n_without_gain * moves >= LEAST_STALLED_MOVES
    }

    fn stall_note(&self) -> String {
        let rows = if self.held_back.is_empty() {
            "training"
        } else {
            "held-back"
        };
        format!(
            "Stopped after epoch {}: the loss on the {rows} rows had not fallen for {} epochs.",
            self.epoch, self.best.n_without_gain
        )
    }

    fn validation_loss(&mut self) -> f64 {
        let mut loss = WeightedSum::default();
        for rows in self.held_back.chunks(ROWS_A_PASS) {
            let goal = self.set.gather(rows, &mut self.work, &mut self.batch);
            self.net.forward(&mut self.work);
            let outputs = self.work.outputs_mut();
            let value = goal.value_and_delta(outputs, self.net.n_outputs());
            loss.add(value, self.set.weight_of(rows));
        }
        loss.mean()
    }
}

/// What is dropped in a batch: a stream of its own for every move.
fn dropout(options: &Options, rng: &Rng, n_moves: usize) -> Option<Dropout> {
    let draw = || Dropout::new(options.dropout, rng.fork_index("dropout", n_moves));
    (options.dropout > 0.0).then(draw)
}

/// Operations that a batch takes.
pub(super) fn cost(shape: &Shape, n_rows: f64) -> f64 {
    let n_parameters = shape.n_parameters() as f64;
    let n_neurons = shape.widths.iter().sum::<usize>() as f64;
    n_rows * (6.0 * n_parameters + NEURON_COST * n_neurons) + MOVE_COST * n_parameters
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
