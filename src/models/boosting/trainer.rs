//! Iterations of boosting, one a step.

use std::sync::Arc;

use ndarray::{Array2, Axis};

use super::bins::{Binned, Binning, GROUP, Scale};
use super::growth::{Ground, Growth, Leaf};
use super::held_out::hold_out;
use super::histogram::Packing;
use super::model::{mean_loss, targets};
use super::slopes::Slopes;
use super::tree::{Node, Tree};
use super::{BoostingModel, HistGradientBoosting, MANY_ROWS, Objective};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::weights::sample_weights;
use crate::models::{Model, Progress, Trainer};
use crate::parallel::for_each_chunk_mut;
use crate::prepare::Dataset;
use crate::rng::Rng;

/// Cells of tables and histograms after which a step ends, some 30 ms.
const CELLS_A_STEP: usize = 16_000_000;
/// Cells to sort into bins in one step, some 30 ms.
const CELLS_TO_BIN: usize = 1_000_000;
/// Rows whose sums one piece of work adds to.
const ROWS_A_PIECE: usize = 16_384;
/// The loss is measured on at most so many rows.
const MOST_LOSS_ROWS: usize = 10_000;

/// Rows with what they teach.
#[derive(Debug)]
struct Lesson {
    data: Arc<Dataset>,
    /// `(n_samples,)`: values or codes of classes.
    y: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Lesson {
    fn new(data: Arc<Dataset>, weights: Option<Vec<f64>>) -> Self {
        Self {
            y: targets(&data),
            weights,
            data,
        }
    }

    /// Some of the rows.
    fn select(&self, rows: &[usize]) -> Self {
        let weights = self.weights.as_deref();
        let weights = weights.map(|all| rows.iter().map(|&row| all[row]).collect());
        Self::new(Arc::new(self.data.select(rows)), weights)
    }

    fn loss(&self, objective: Objective, raw: &Array2<f64>) -> Option<f64> {
        mean_loss(objective, &self.y, self.weights.as_deref(), raw)
    }
}

/// Rows on which a loss is followed, with the sum of trees so far.
#[derive(Debug)]
struct Watched {
    lesson: Lesson,
    /// `(n_samples, n_outputs)`.
    raw: Array2<f64>,
}

/// Trains [`HistGradientBoosting`].
pub(super) struct BoostingTrainer {
    settings: HistGradientBoosting,
    rng: Rng,
    train: Lesson,
    validation: Option<Watched>,
    /// The rows learnt from on which the loss is measured; all where `None`.
    loss_rows: Option<Vec<usize>>,
    binning: Binning,
    binned: Binned,
    /// For each output `(n_samples,)`: the sum so far.
    raw: Vec<Vec<f64>>,
    slopes: Slopes,
    growth: Option<(Growth, Packing)>,
    /// The trees of the iteration under way.
    round: Vec<Arc<Tree>>,
    model: BoostingModel,
    is_done: bool,
    note: Option<String>,
}

impl BoostingTrainer {
    pub fn new(
        settings: HistGradientBoosting,
        objective: Objective,
        data: &Arc<Dataset>,
        rng: &Rng,
    ) -> Result<Self> {
        let rng = rng.fork("boosting");
        let weights = sample_weights(data, settings.is_balanced);
        let stops_early = settings.stops_early.unwrap_or(data.n_samples() > MANY_ROWS);
        let mut train = Lesson::new(Arc::clone(data), weights);
        let mut validation = None;
        if stops_early {
            let (weights, fraction) = (train.weights.as_deref(), settings.validation_fraction);
            let (kept, held) = hold_out(data, weights, fraction, &rng)?;
            validation = Some(train.select(&held));
            train = train.select(&kept);
        }
        let baseline = objective.baseline(&train.y, train.weights.as_deref());
        let n = train.y.len();
        let watch = |lesson: Lesson| {
            let shape = (lesson.y.len(), baseline.len());
            let raw = Array2::from_shape_fn(shape, |(_, k)| baseline[k]);
            Watched { lesson, raw }
        };
        let mut trainer = Self {
            validation: validation.map(watch),
            loss_rows: (n > MOST_LOSS_ROWS).then(|| draw_rows(n, &rng)),
            binning: Binning::new(settings.max_bins, n, &rng),
            binned: Binned::default(),
            raw: baseline.iter().map(|&b| vec![b; n]).collect(),
            slopes: Slopes::new(n, objective),
            growth: None,
            round: Vec::new(),
            model: BoostingModel {
                objective,
                baseline,
                trees: Vec::new(),
                n_levels: vec![0; train.data.n_features()],
                train_losses: Vec::new(),
                validation_losses: Vec::new(),
            },
            is_done: false,
            note: None,
            settings,
            rng,
            train,
        };
        trainer.measure()?;
        Ok(trainer)
    }

    fn n_samples(&self) -> usize {
        self.train.y.len()
    }

    /// Sorts the next features into bins; whether all are sorted.
    fn bin(&mut self) -> bool {
        let n_groups = (CELLS_TO_BIN / (GROUP * self.n_samples())).max(1);
        let (data, weights) = (&self.train.data, self.train.weights.as_deref());
        self.binning
            .advance(data, weights, &mut self.binned, n_groups);
        let is_binned = self.binned.scales.len() == data.n_features();
        if is_binned {
            let n_levels = |scale: &Scale| match scale {
                Scale::Category(n_levels) => *n_levels as u32,
                Scale::Number(_) => 0,
            };
            self.model.n_levels = self.binned.scales.iter().map(n_levels).collect();
        }
        is_binned
    }

    /// Grows until an iteration ends or the step is long enough; whether one ended.
    fn grow(&mut self) -> Result<bool> {
        let mut spent = 0;
        while spent < CELLS_A_STEP {
            let (mut growth, packing) = match self.growth.take() {
                Some(under_way) => under_way,
                None => {
                    spent += self.n_samples() * self.binned.scales.len();
                    self.plant()?
                }
            };
            while !growth.is_done() && spent < CELLS_A_STEP {
                spent += growth.advance(self.ground(&packing)).max(1);
            }
            if !growth.is_done() {
                self.growth = Some((growth, packing));
                return Ok(false);
            }
            self.add(growth, &packing);
            if self.round.len() == self.model.objective.n_outputs() {
                self.finish_iteration()?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn ground<'a>(&'a self, packing: &'a Packing) -> Ground<'a> {
        Ground {
            binned: &self.binned,
            cells: &self.slopes.cells,
            packing,
            shape: &self.settings.shape,
        }
    }

    /// Starts the next tree of the iteration.
    fn plant(&mut self) -> Result<(Growth, Packing)> {
        let output = self.round.len();
        let weights = self.train.weights.as_deref();
        if output == 0 {
            self.slopes.begin_iteration(&self.raw);
        }
        let packing = self
            .slopes
            .measure(&self.train.y, weights, &self.raw, output)?;
        let n_trees = self.model.trees.len() + output;
        let rng = self.rng.fork_index("tree", n_trees);
        Ok((Growth::new(self.ground(&packing), rng), packing))
    }

    /// Turns a grown tree into one of the model's and adds it to the sums.
    fn add(&mut self, growth: Growth, packing: &Packing) {
        let output = self.round.len();
        let rate = self.settings.learning_rate;
        let leaves = growth.leaves();
        let best: Option<Vec<(usize, f64)>> = (!self.model.objective.is_smooth()).then(|| {
            let of_leaf = |leaf: &Leaf| {
                let rows = &growth.rows[leaf.rows.clone()];
                (leaf.node, self.best_constant(rows, output))
            };
            leaves.iter().map(of_leaf).collect()
        });
        let value_of = |node: usize, value: f64| match &best {
            None => rate * value,
            Some(best) => {
                let found = best.binary_search_by(|(leaf, _)| leaf.cmp(&node));
                found.map_or(0.0, |place| rate * best[place].1)
            }
        };
        let tree = growth.to_tree(self.ground(packing), value_of);
        add_leaves(&mut self.raw[output], &growth, &leaves, &tree);
        self.round.push(Arc::new(tree));
    }

    /// What would be best to add for the rows of a leaf.
    fn best_constant(&self, rows: &[u32], output: usize) -> f64 {
        let rows = rows.iter().map(|&row| row as usize);
        let error = |row: usize| self.train.y[row] - self.raw[output][row];
        let mut errors: Vec<f64> = rows.clone().map(error).collect();
        let weights: Option<Vec<f64>> = self
            .train
            .weights
            .as_ref()
            .map(|weights| rows.map(|row| weights[row]).collect());
        if weights
            .as_ref()
            .is_some_and(|w| w.iter().all(|w| *w == 0.0))
        {
            return 0.0;
        }
        self.model
            .objective
            .best_constant(&mut errors, weights.as_deref())
    }

    /// Adds the iteration's trees to the model, and decides whether it was the last.
    fn finish_iteration(&mut self) -> Result<()> {
        let round = std::mem::take(&mut self.round);
        if let Some(watched) = &mut self.validation {
            for (mut column, tree) in watched.raw.columns_mut().into_iter().zip(&round) {
                let rows = watched.lesson.data.x.axis_iter(Axis(0));
                for (raw, row) in column.iter_mut().zip(rows) {
                    let row = row.to_slice().unwrap_or_default();
                    *raw += tree.value(row, &self.model.n_levels);
                }
            }
        }
        self.model.trees.extend(round);
        self.measure()?;
        let has_settled = self.has_settled();
        if has_settled || self.model.n_iterations() == self.settings.max_iter {
            self.is_done = true;
            self.keep_best(has_settled);
        }
        Ok(())
    }

    /// Measures the losses where the sums stand.
    fn measure(&mut self) -> Result<()> {
        let objective = self.model.objective;
        let train = self.train_loss();
        let validation = self
            .validation
            .as_ref()
            .map(|watched| watched.lesson.loss(objective, &watched.raw));
        match (train, validation) {
            (Some(train), None) => self.model.train_losses.push(train),
            (Some(train), Some(Some(validation))) => {
                self.model.train_losses.push(train);
                self.model.validation_losses.push(validation);
            }
            _ => {
                let message = "The loss left the range of numbers. Try a smaller learning rate.";
                self.is_done = true;
                return Err(Error::new(Code::Diverged, message));
            }
        }
        Ok(())
    }

    fn train_loss(&self) -> Option<f64> {
        let all: Vec<usize>;
        let rows = match &self.loss_rows {
            Some(rows) => rows,
            None => {
                all = (0..self.n_samples()).collect();
                &all
            }
        };
        let raw =
            Array2::from_shape_fn((rows.len(), self.raw.len()), |(i, k)| self.raw[k][rows[i]]);
        let pick = |of: &Vec<f64>| -> Vec<f64> { rows.iter().map(|&row| of[row]).collect() };
        let weights = self.train.weights.as_ref().map(pick);
        let y = pick(&self.train.y);
        mean_loss(self.model.objective, &y, weights.as_deref(), &raw)
    }

    /// Whether the loss on held-out rows has not fallen for long enough.
    fn has_settled(&self) -> bool {
        let losses = &self.model.validation_losses;
        let patience = self.settings.n_iter_no_change;
        if losses.len() <= patience {
            return false;
        }
        let (before, recent) = losses.split_at(losses.len() - patience);
        let reference = before.last().copied().unwrap_or(f64::INFINITY) - self.settings.tol;
        recent.iter().all(|loss| *loss >= reference)
    }

    /// Forgets the iterations after the least loss on held-out rows.
    fn keep_best(&mut self, has_settled: bool) {
        let losses = &self.model.validation_losses;
        if losses.is_empty() {
            return;
        }
        let n_iterations = self.model.n_iterations();
        let negative: Vec<f64> = losses.iter().map(|loss| -loss).collect();
        let best = math::argmax(&negative);
        self.model
            .trees
            .truncate(best * self.model.objective.n_outputs());
        if has_settled {
            self.note = Some(format!(
                "Stopped after {n_iterations} iterations: the loss on rows held out no longer falls. The first {best} are kept."
            ));
        } else if best < n_iterations {
            self.note = Some(format!(
                "Of {n_iterations} iterations the first {best} are kept: there the loss on rows held out is least."
            ));
        }
    }

    fn progress(&self) -> Progress {
        let n_outputs = self.model.objective.n_outputs() as f64;
        let n_finished = self.model.train_losses.len().saturating_sub(1);
        let position = n_finished as f64 + self.round.len() as f64 / n_outputs;
        Progress {
            position,
            total: if self.is_done {
                position
            } else {
                self.settings.max_iter as f64
            },
            loss: self
                .model
                .train_losses
                .get(self.model.n_iterations())
                .copied(),
            is_done: self.is_done,
            note: self.note.clone(),
        }
    }
}

/// Adds the value of its leaf to each row's sum.
fn add_leaves(raw: &mut [f64], growth: &Growth, leaves: &[Leaf], tree: &Tree) {
    for_each_chunk_mut(raw, ROWS_A_PIECE, |start, piece| {
        let end = start + piece.len();
        for leaf in leaves {
            let Node::Leaf { value, .. } = tree.nodes[leaf.node] else {
                continue;
            };
            // The rows of a leaf ascend.
            let rows = &growth.rows[leaf.rows.clone()];
            let place = |row: usize| rows.partition_point(|r| (*r as usize) < row);
            for &row in &rows[place(start)..place(end)] {
                piece[row as usize - start] += value;
            }
        }
    });
}

/// Some rows, drawn evenly, ascending.
fn draw_rows(n: usize, rng: &Rng) -> Vec<usize> {
    let mut rows = rng.fork("loss").permutation(n);
    rows.truncate(MOST_LOSS_ROWS);
    rows.sort_unstable();
    rows
}

impl Trainer for BoostingTrainer {
    fn step(&mut self) -> Result<Progress> {
        if !self.is_done {
            let is_binned = self.binned.scales.len() == self.train.data.n_features();
            if is_binned || self.bin() {
                self.grow()?;
            }
        }
        Ok(self.progress())
    }

    fn model(&self) -> Model {
        Model::Boosting(catalogued(self.model.clone()))
    }
}
