//! Core distances, then the spanning tree edge by edge.

use std::sync::Arc;

use ndarray::s;

use super::Options;
use super::model::{Found, HdbscanModel};
use crate::error::Result;
use crate::models::agglomerative::{Merge, Spanning};
use crate::models::catalogued::catalogued;
use crate::models::neighbors::{Metric, Stored};
use crate::models::{Model, Progress, Trainer};
use crate::prepare::Dataset;

/// Rows whose core distances are measured between two looks at the work done.
const ROWS_A_ROUND: usize = 256;

/// Features compared in a step at most, some 30 ms.
const COMPARED_A_STEP: usize = 20_000_000;

/// Steps in which the spanning tree grows, where each is short enough.
const STEPS_TO_WATCH: usize = 200;

/// Trains [`super::Hdbscan`].
pub(super) struct HdbscanTrainer {
    rows: Arc<Stored>,
    options: Options,
    /// Core distances, once all are known.
    cores: Arc<Vec<f64>>,
    /// Core distances as compared, as far as known.
    reduced: Vec<f64>,
    spanning: Option<Spanning>,
    edges: Vec<Merge>,
    found: Option<Arc<Found>>,
}

impl HdbscanTrainer {
    pub(super) fn new(options: Options, metric: Metric, data: &Arc<Dataset>) -> Self {
        Self {
            rows: Arc::new(Stored::new(Arc::clone(data), metric)),
            options,
            cores: Arc::default(),
            reduced: Vec::with_capacity(data.n_samples()),
            spanning: None,
            edges: Vec::new(),
            found: None,
        }
    }

    fn n_samples(&self) -> usize {
        self.rows.x().nrows()
    }

    /// Measures core distances until the step is long enough.
    fn measure(&mut self) {
        let (n, width) = (self.n_samples(), self.rows.width());
        let rounds = COMPARED_A_STEP / (ROWS_A_ROUND * n.min(4096) * width);
        for _ in 0..rounds.max(1) {
            let start = self.reduced.len();
            let end = (start + ROWS_A_ROUND).min(n);
            let queries = self.rows.x().slice(s![start..end, ..]);
            let found = self.rows.search(queries, self.options.min_samples);
            let metric = self.rows.metric();
            let points = self.rows.points();
            let point = |row: usize| &points[row * width..(row + 1) * width];
            let farthest = found.iter().zip(start..).map(|(found, row)| {
                let last = found.last().map_or(row, |neighbor| neighbor.row as usize);
                metric.reduced(point(row), point(last))
            });
            self.reduced.extend(farthest);
            if end == n {
                return self.plant();
            }
        }
    }

    /// Starts the spanning tree.
    fn plant(&mut self) {
        let metric = self.rows.metric();
        let cores = self.reduced.iter().map(|core| metric.unreduced(*core));
        self.cores = Arc::new(cores.collect());
        self.spanning = Some(Spanning::new(
            self.rows.points().to_vec(),
            self.rows.width(),
            metric,
            Some(self.reduced.clone()),
        ));
    }

    /// Adds edges until the step is long enough.
    fn grow(&mut self) {
        let (n, width) = (self.n_samples(), self.rows.width());
        let quota = self.edges.len() + n.div_ceil(STEPS_TO_WATCH);
        let mut n_compared = 0;
        if let Some(spanning) = &mut self.spanning {
            while self.edges.len() < quota && n_compared * width < COMPARED_A_STEP {
                n_compared += spanning.cost();
                let Some(edge) = spanning.advance() else {
                    break;
                };
                self.edges.push(edge);
            }
        }
        if self.edges.len() + 1 == n {
            self.spanning = None;
            self.found = Some(Arc::new(Found::new(n, &self.edges, &self.options)));
        }
    }
}

impl Trainer for HdbscanTrainer {
    fn step(&mut self) -> Result<Progress> {
        if self.reduced.len() < self.n_samples() {
            self.measure();
        } else if self.found.is_none() {
            self.grow();
        }
        let clustering = self.found.as_ref().map(|found| &found.clustering);
        let has_none = clustering.is_some_and(|clustering| clustering.branches.is_empty());
        let note = "No group stands out, so all rows are noise. Allow a single group, or ask for smaller ones.";
        Ok(Progress {
            position: self.edges.len() as f64,
            total: (self.n_samples() - 1) as f64,
            loss: None,
            is_done: self.found.is_some(),
            note: has_none.then(|| note.to_owned()),
        })
    }

    /// The edges found so far; the clusters once all are there.
    fn model(&self) -> Model {
        Model::Hdbscan(catalogued(HdbscanModel::new(
            Arc::clone(&self.rows),
            self.options,
            Arc::clone(&self.cores),
            self.edges.clone(),
            self.found.clone(),
        )))
    }
}
