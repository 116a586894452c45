//! Fits from several starts, one Lloyd iteration a step.

use std::sync::Arc;

use ndarray::Array2;

use super::lloyd::Lloyd;
use super::points::Points;
use super::seeding::Seeding;
use super::sketch::Sketch;
use super::{KMeans, KMeansModel, least_move};
use crate::error::Result;
use crate::models::catalogued::catalogued;
use crate::models::{Model, Progress, Trainer};
use crate::prepare::Dataset;
use crate::rng::Rng;

/// Multiplications after which seeding pauses until the next step, some 20 ms.
const SEEDING_A_STEP: usize = 40_000_000;

/// Trains [`KMeans`].
pub(super) struct KMeansTrainer {
    settings: KMeans,
    data: Arc<Dataset>,
    sketch: Sketch,
    rng: Rng,
    /// Sum of squared moves below which a fit has settled.
    least_move: f64,
    state: State,
    /// The centroids of the current fit, `(n_clusters, n_features)` row by row.
    centroids: Vec<f64>,
    lloyd: Lloyd,
    /// Fits that are finished.
    n_finished: usize,
    /// Iterations of the current fit.
    iteration: usize,
    /// Inertia at the last assignment of samples.
    inertia: Option<f64>,
    /// Inertia and centroids of the best finished fit.
    best: Option<(f64, Vec<f64>)>,
    note: Option<String>,
}

enum State {
    Seeding(Box<Seeding>),
    Iterating,
    Done,
}

impl KMeansTrainer {
    pub(super) fn new(settings: KMeans, data: Arc<Dataset>, rng: &Rng) -> Self {
        let mut trainer = Self::at(settings.clone(), data, Vec::new());
        trainer.rng = rng.fork("kmeans");
        trainer.settings.n_init = settings.n_init;
        trainer.start();
        trainer
    }

    /// One fit from given centroids.
    pub(super) fn at(settings: KMeans, data: Arc<Dataset>, centroids: Vec<f64>) -> Self {
        Self {
            least_move: least_move(&data, settings.tol),
            lloyd: Lloyd::new(Points::of(&data)),
            sketch: Sketch::new(Points::of(&data)),
            settings: KMeans {
                n_init: 1,
                ..settings
            },
            data,
            rng: Rng::new(0),
            state: State::Iterating,
            centroids,
            n_finished: 0,
            iteration: 0,
            inertia: None,
            best: None,
            note: None,
        }
    }

    /// Starts seeding the next fit.
    fn start(&mut self) {
        let rng = self.rng.fork_index("start", self.n_finished);
        let seeding = Seeding::new(Points::of(&self.data), rng);
        self.centroids = seeding.centroids.clone();
        self.lloyd = Lloyd::new(Points::of(&self.data));
        self.iteration = 0;
        self.seed(seeding);
    }

    /// Adds centroids until all are there or the step is long enough.
    fn seed(&mut self, mut seeding: Seeding) {
        let (p, k) = (self.data.n_features(), self.settings.n_clusters);
        let cost = seeding.cost(k) * p;
        let mut spent = 0;
        while seeding.centroids.len() < k * p {
            if spent > SEEDING_A_STEP {
                self.centroids = seeding.centroids.clone();
                self.state = State::Seeding(Box::new(seeding));
                return;
            }
            if !seeding.add(Points::of(&self.data), k) {
                let n_different = seeding.centroids.len() / p;
                self.note = Some(format!(
                    "Only {n_different} rows differ from one another, so there are {n_different} clusters instead of {k}."
                ));
                break;
            }
            spent += cost;
        }
        self.centroids = seeding.centroids;
        self.state = State::Iterating;
    }

    /// One iteration of Lloyd.
    fn iterate(&mut self) {
        let points = Points::of(&self.data);
        let has_changed = self.lloyd.assign(points, &self.sketch, &self.centroids);
        self.iteration += 1;
        self.inertia = Some(self.lloyd.inertia);
        if !has_changed {
            return self.finish(self.lloyd.inertia);
        }
        let moved = self.lloyd.move_centroids(points, &mut self.centroids);
        // With tolerance 0 only labels that repeat end a fit.
        let has_settled = self.least_move > 0.0 && moved <= self.least_move;
        if has_settled || self.iteration == self.settings.max_iter {
            self.lloyd.assign(points, &self.sketch, &self.centroids);
            self.inertia = Some(self.lloyd.inertia);
            self.finish(self.lloyd.inertia);
        }
    }

    /// Keeps the fit if it is the best so far, and goes on to the next start.
    fn finish(&mut self, inertia: f64) {
        self.n_finished += 1;
        if self.best.as_ref().is_none_or(|(least, _)| inertia < *least) {
            self.best = Some((inertia, self.centroids.clone()));
        }
        if self.n_finished < self.settings.n_init {
            self.start();
        } else {
            self.state = State::Done;
            self.inertia = self.best.as_ref().map(|(inertia, _)| *inertia);
        }
    }
}

impl Trainer for KMeansTrainer {
    fn step(&mut self) -> Result<Progress> {
        match std::mem::replace(&mut self.state, State::Iterating) {
            State::Seeding(seeding) => self.seed(*seeding),
            State::Iterating => self.iterate(),
            State::Done => self.state = State::Done,
        }
        let is_done = matches!(self.state, State::Done);
        let max_iter = self.settings.max_iter;
        let position = if is_done {
            ((self.n_finished - 1) * max_iter + self.iteration) as f64
        } else {
            (self.n_finished * max_iter + self.iteration) as f64
        };
        let total = if is_done {
            position
        } else {
            (self.settings.n_init * max_iter) as f64
        };
        Ok(Progress {
            position,
            total,
            loss: self.inertia,
            is_done,
            note: self.note.clone(),
        })
    }

    /// The current fit; once done the best.
    fn model(&self) -> Model {
        let centroids = match (&self.state, &self.best) {
            (State::Done, Some((_, best))) => best,
            _ => &self.centroids,
        };
        let p = self.data.n_features();
        let shape = (centroids.len() / p, p);
        let centroids = Array2::from_shape_fn(shape, |(cluster, j)| centroids[cluster * p + j]);
        Model::KMeans(catalogued(KMeansModel { centroids }))
    }
}
