//! An isolation forest under way.

use std::sync::Arc;

use super::grow::{Matrix, grow, root};
use super::model::score;
use super::{IsolationForest, IsolationForestModel};
use crate::error::Result;
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::rows::entries;
use crate::models::trees::Tree;
use crate::models::{Model, Progress, Trainer};
use crate::parallel::{for_each_chunk_mut, map_chunks};
use crate::prepare::Dataset;
use crate::rng::Rng;

/// Rows times trees that a step grows or scores: some 30 ms.
const ROWS_A_STEP: usize = 300_000;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 2048;

/// Grows trees, and scores the training rows where the threshold asks for it.
pub(super) struct IsolationTrainer {
    settings: IsolationForest,
    data: Arc<Dataset>,
    rng: Rng,
    /// Rows that a tree takes.
    max_samples: usize,
    /// All rows; each tree takes the first of them, which are then drawn anew.
    order: Vec<u32>,
    trees: Vec<Arc<Tree>>,
    /// Questions that each training row needed, summed over the trees; empty without need.
    sums: Vec<f64>,
    threshold: f64,
}

impl IsolationTrainer {
    pub(super) fn new(settings: IsolationForest, data: Arc<Dataset>, rng: &Rng) -> Self {
        let n = data.n_samples();
        let is_scoring = settings.contamination > 0.0;
        Self {
            max_samples: settings.max_samples.min(n),
            order: (0..n as u32).collect(),
            sums: vec![0.0; if is_scoring { n } else { 0 }],
            threshold: 0.5,
            rng: rng.clone(),
            trees: Vec::new(),
            settings,
            data,
        }
    }

    /// The rows of a tree.
    fn draw_rows(&mut self, rng: &mut Rng) -> Vec<u32> {
        let n = self.order.len();
        if self.settings.has_bootstrap {
            return (0..self.max_samples).map(|_| rng.below(n) as u32).collect();
        }
        for place in 0..self.max_samples {
            self.order.swap(place, place + rng.below(n - place));
        }
        self.order[..self.max_samples].to_vec()
    }

    /// The features that a tree may ask of.
    fn draw_features(&self, rng: &mut Rng) -> Vec<u32> {
        let p = self.data.n_features();
        let n_drawn = ((self.settings.max_features * p as f64) as usize).max(1);
        let mut features: Vec<u32> = (0..p as u32).collect();
        rng.shuffle(&mut features);
        features.truncate(n_drawn);
        features.sort_unstable();
        features
    }

    /// Grows an eighth more trees than there are, within what a step may do.
    fn grow(&mut self) {
        let n_left = self.settings.n_estimators - self.trees.len();
        let within = ROWS_A_STEP / (self.max_samples + self.sums.len());
        let n_new = (1 + self.trees.len() / 8).min(within.max(1)).min(n_left);
        let mut drawn = Vec::with_capacity(n_new);
        for _ in 0..n_new {
            let mut rng = self.rng.fork_index("tree", self.trees.len() + drawn.len());
            let rows = self.draw_rows(&mut rng);
            drawn.push((rows, self.draw_features(&mut rng), rng));
        }
        let matrix = Matrix {
            x: entries(&self.data),
            n_features: self.data.n_features(),
        };
        let grown = map_chunks(n_new, 1, |tree| {
            let (mut rows, mut features, mut rng) = drawn[tree.start].clone();
            Arc::new(grow(matrix, &mut rows, &mut features, &mut rng))
        });
        self.score(&grown);
        self.trees.extend(grown);
        self.set_threshold();
    }

    /// Adds the questions of new trees to those of the training rows.
    fn score(&mut self, grown: &[Arc<Tree>]) {
        let (x, p) = (entries(&self.data), self.data.n_features());
        for_each_chunk_mut(&mut self.sums, ROWS_A_CHUNK, |first, sums| {
            let rows = &x[first * p..(first + sums.len()) * p];
            grown
                .iter()
                .for_each(|tree| tree.add_answers(rows, p, sums));
        });
    }

    /// Sets the threshold so that the asked share of the training rows lies above it.
    fn set_threshold(&mut self) {
        let score = |sum: &f64| score(*sum, self.trees.len(), self.max_samples);
        let mut scores: Vec<f64> = self.sums.iter().map(score).collect();
        scores.sort_unstable_by(f64::total_cmp);
        let share = 1.0 - self.settings.contamination;
        if let Some(threshold) = math::quantile(&scores, share) {
            self.threshold = threshold;
        }
    }
}

impl Trainer for IsolationTrainer {
    fn step(&mut self) -> Result<Progress> {
        if self.trees.len() < self.settings.n_estimators {
            self.grow();
        }
        Ok(Progress {
            position: self.trees.len() as f64,
            total: self.settings.n_estimators as f64,
            is_done: self.trees.len() == self.settings.n_estimators,
            ..Progress::default()
        })
    }

    /// The trees so far; before the first, every row is as usual as unusual.
    fn model(&self) -> Model {
        let mut trees = self.trees.clone();
        if trees.is_empty() {
            trees.push(Arc::new(root(self.max_samples)));
        }
        Model::IsolationForest(catalogued(IsolationForestModel {
            trees,
            n_features: self.data.n_features(),
            max_samples: self.max_samples,
            threshold: self.threshold,
        }))
    }
}
