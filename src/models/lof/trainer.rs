//! First the neighbors of all rows, then their densities.

use std::sync::Arc;

use ndarray::s;

use super::Lof;
use super::model::{LofModel, Measured};
use crate::error::Result;
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::neighbors::{Neighbor, Stored};
use crate::models::{Model, Progress, Trainer};
use crate::prepare::Dataset;

/// Rows whose neighbors are searched between two looks at the work done.
const ROWS_A_ROUND: usize = 256;

/// Features compared in a step at most, some 30 ms.
const COMPARED_A_STEP: usize = 20_000_000;

/// The threshold where no share of outliers is given; as in the paper's examples.
const THRESHOLD: f64 = 1.5;

/// Trains [`Lof`].
pub(super) struct LofTrainer {
    rows: Arc<Stored>,
    n_neighbors: usize,
    contamination: f64,
    /// Of the rows searched so far, without themselves.
    neighbors: Vec<Vec<Neighbor>>,
    measured: Arc<Measured>,
    threshold: f64,
    is_done: bool,
    note: Option<String>,
}

impl LofTrainer {
    pub(super) fn new(settings: Lof, data: &Arc<Dataset>) -> Self {
        let most = data.n_samples() - 1;
        let note = format!(
            "Only {most} other rows are there to compare a row with, instead of {}.",
            settings.n_neighbors
        );
        Self {
            rows: Arc::new(Stored::new(Arc::clone(data), settings.metric)),
            n_neighbors: settings.n_neighbors.min(most),
            contamination: settings.contamination,
            neighbors: Vec::with_capacity(data.n_samples()),
            measured: Arc::default(),
            threshold: THRESHOLD,
            is_done: false,
            note: (settings.n_neighbors > most).then_some(note),
        }
    }

    fn n_samples(&self) -> usize {
        self.rows.x().nrows()
    }

    /// Searches neighbors until the step is long enough.
    fn search(&mut self) {
        let n = self.n_samples();
        let a_round = ROWS_A_ROUND * n.min(4096) * self.rows.width();
        for _ in 0..(COMPARED_A_STEP / a_round).max(1) {
            let start = self.neighbors.len();
            let end = (start + ROWS_A_ROUND).min(n);
            let queries = self.rows.x().slice(s![start..end, ..]);
            // One more, for a row finds itself too.
            let found = self.rows.search(queries, self.n_neighbors + 1);
            let others = found.into_iter().zip(start..).map(without);
            self.neighbors.extend(others);
            if end == n {
                return;
            }
        }
    }

    /// Turns neighbors into densities and scores.
    fn measure(&mut self) {
        let measured = Measured::new(&self.neighbors);
        if self.contamination > 0.0 {
            let mut scores = measured.scores.clone();
            scores.sort_unstable_by(f64::total_cmp);
            let usual = 1.0 - self.contamination;
            self.threshold = math::quantile(&scores, usual).unwrap_or(THRESHOLD);
        }
        self.measured = Arc::new(measured);
        self.neighbors = Vec::new();
        self.is_done = true;
    }
}

/// The neighbors of a row without itself; where it is hidden behind rows equal to it, without
/// one of those.
fn without((mut found, row): (Vec<Neighbor>, usize)) -> Vec<Neighbor> {
    let own = found
        .iter()
        .position(|neighbor| neighbor.row as usize == row);
    found.remove(own.unwrap_or(0));
    found
}

impl Trainer for LofTrainer {
    fn step(&mut self) -> Result<Progress> {
        if !self.is_done {
            if self.neighbors.len() < self.n_samples() {
                self.search();
            } else {
                self.measure();
            }
        }
        let position = match self.is_done {
            true => 2.0,
            false => self.neighbors.len() as f64 / self.n_samples() as f64,
        };
        Ok(Progress {
            position,
            total: 2.0,
            loss: None,
            is_done: self.is_done,
            note: self.note.clone(),
        })
    }

    fn model(&self) -> Model {
        Model::Lof(catalogued(LofModel {
            rows: Arc::clone(&self.rows),
            n_neighbors: self.n_neighbors,
            threshold: self.threshold,
            measured: Arc::clone(&self.measured),
        }))
    }
}
