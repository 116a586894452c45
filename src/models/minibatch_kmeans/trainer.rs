//! One batch a step.

use std::sync::Arc;

use ndarray::Array2;

use super::MiniBatchKMeans;
use crate::error::Result;
use crate::linalg::squared_distance;
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::kmeans::packed::Packed;
use crate::models::kmeans::points::Points;
use crate::models::kmeans::seeding::Seeding;
use crate::models::kmeans::{KMeansModel, least_move};
use crate::models::{Model, Progress, Trainer};
use crate::parallel::map_chunks;
use crate::prepare::Dataset;
use crate::rng::Rng;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 1024;

/// Trains [`MiniBatchKMeans`].
pub(super) struct MiniBatchTrainer {
    settings: MiniBatchKMeans,
    data: Arc<Dataset>,
    rng: Rng,
    /// `(n_clusters, n_features)` row by row.
    centroids: Vec<f64>,
    /// Weight of the rows that each centroid has seen.
    seen: Vec<f64>,
    n_batches: usize,
    most_batches: usize,
    /// Rows seen since centroids last might restart.
    n_since_restart: usize,
    /// Sum of squared moves below which training has settled.
    least_move: f64,
    smoothed: Smoothed,
    is_done: bool,
    loss: Option<f64>,
    note: Option<String>,
}

/// A mean over batches in which older ones fade.
#[derive(Default)]
struct Smoothed {
    mean: Option<f64>,
    lowest: Option<f64>,
    n_without_low: usize,
}

impl Smoothed {
    /// - `share`: how much the newest batch counts.
    fn add(&mut self, loss: f64, share: f64) {
        let mean = self
            .mean
            .map_or(loss, |mean| mean * (1.0 - share) + loss * share);
        self.mean = Some(mean);
        if self.lowest.is_none_or(|lowest| mean < lowest) {
            self.lowest = Some(mean);
            self.n_without_low = 0;
        } else {
            self.n_without_low += 1;
        }
    }
}

impl MiniBatchTrainer {
    pub(super) fn new(settings: MiniBatchKMeans, data: Arc<Dataset>, rng: &Rng) -> Self {
        let n = data.n_samples();
        let mut trainer = Self {
            least_move: least_move(&data, settings.tol),
            most_batches: (settings.max_iter * n / settings.batch_size).max(1),
            rng: rng.fork("minibatch_kmeans"),
            settings,
            data,
            centroids: Vec::new(),
            seen: Vec::new(),
            n_batches: 0,
            n_since_restart: 0,
            smoothed: Smoothed::default(),
            is_done: false,
            loss: None,
            note: None,
        };
        trainer.seed();
        trainer
    }

    /// Chooses the first centroids among some rows.
    fn seed(&mut self) {
        let (n, k) = (self.data.n_samples(), self.settings.n_clusters);
        let size = (3 * self.settings.batch_size).max(3 * k);
        let rows: Vec<usize> = if size < n {
            (0..size).map(|_| self.rng.below(n)).collect()
        } else {
            (0..n).collect()
        };
        let (x, weights) = self.gather(&rows);
        let points = Points {
            x: &x,
            n_features: self.data.n_features(),
            weights: weights.as_deref(),
        };
        let mut seeding = Seeding::new(points, self.rng.fork("seeding"));
        let mut n_chosen = 1;
        while n_chosen < k && seeding.add(points, k) {
            n_chosen += 1;
        }
        if n_chosen < k {
            self.note = Some(format!(
                "Only {n_chosen} of the rows to start from differ from one another, so there are {n_chosen} clusters instead of {k}."
            ));
        }
        self.centroids = seeding.centroids;
        self.seen = vec![0.0; n_chosen];
    }

    /// Rows, one after the other, and their weights.
    fn gather(&self, rows: &[usize]) -> (Vec<f64>, Option<Vec<f64>>) {
        let points = Points::of(&self.data);
        let x = rows
            .iter()
            .flat_map(|&row| points.row(row))
            .copied()
            .collect();
        // Rows of weight 0 alone are no start; they then count alike.
        let weights = points
            .weights
            .map(|_| rows.iter().map(|&row| points.weight(row)).collect());
        let has_weight = |w: &Vec<f64>| w.iter().any(|w| *w > 0.0);
        (x, weights.filter(has_weight))
    }

    /// Learns from one batch and returns the mean squared distance before and the sum of squared
    /// moves.
    fn learn(&mut self) -> (f64, f64) {
        let n = self.data.n_samples();
        let rows: Vec<usize> = (0..self.settings.batch_size)
            .map(|_| self.rng.below(n))
            .collect();
        let before = self.centroids.clone();
        let nearest = self.nearest(&rows);
        self.move_centroids(&rows, &nearest);
        if self.may_restart() {
            self.restart(&rows);
        }
        let points = Points::of(&self.data);
        let squares = rows.iter().zip(&nearest);
        let squares = squares.map(|(&row, (_, square))| points.weight(row) * square);
        let loss = math::sum(squares) / rows.len() as f64;
        (loss, squared_distance(&before, &self.centroids))
    }

    /// The nearest centroid of rows, and its squared distance.
    fn nearest(&self, rows: &[usize]) -> Vec<(u32, f64)> {
        let points = Points::of(&self.data);
        let packed = Packed::new(&self.centroids, points.n_features);
        let chunks = map_chunks(rows.len(), ROWS_A_CHUNK, |chunk| {
            let rows = rows[chunk].iter();
            rows.map(|&row| packed.nearest(points.row(row)))
                .collect::<Vec<_>>()
        });
        chunks.concat()
    }

    /// Makes each centroid the mean of all rows that ever joined it.
    fn move_centroids(&mut self, rows: &[usize], nearest: &[(u32, f64)]) {
        let points = Points::of(&self.data);
        let p = points.n_features;
        let mut added = vec![0.0; self.seen.len()];
        let mut sums: Vec<f64> = self.centroids.clone();
        for (sum, seen) in sums.chunks_exact_mut(p).zip(&self.seen) {
            sum.iter_mut().for_each(|s| *s *= seen);
        }
        for (&row, &(cluster, _)) in rows.iter().zip(nearest) {
            let (cluster, weight) = (cluster as usize, points.weight(row));
            crate::linalg::axpy(
                weight,
                points.row(row),
                &mut sums[cluster * p..(cluster + 1) * p],
            );
            added[cluster] += weight;
        }
        let centroids = self.centroids.chunks_exact_mut(p).zip(sums.chunks_exact(p));
        for ((centroid, sum), (seen, added)) in centroids.zip(self.seen.iter_mut().zip(added)) {
            if added > 0.0 {
                *seen += added;
                centroid
                    .iter_mut()
                    .zip(sum)
                    .for_each(|(c, s)| *c = s / *seen);
            }
        }
    }

    fn may_restart(&mut self) -> bool {
        self.n_since_restart += self.settings.batch_size;
        let is_due = self.n_since_restart >= 10 * self.seen.len();
        let is_time = is_due || self.seen.contains(&0.0);
        if is_time {
            self.n_since_restart = 0;
        }
        is_time && self.settings.reassignment_ratio > 0.0
    }

    /// Lets centroids that have seen little restart at rows of the batch, half as many at most.
    fn restart(&mut self, rows: &[usize]) {
        let p = self.data.n_features();
        let busiest = self.seen.iter().copied().fold(0.0, f64::max);
        let least = self.settings.reassignment_ratio * busiest;
        let seen = &self.seen;
        let mut idle = math::order_by(seen.len(), &|a, b| seen[a].total_cmp(&seen[b]));
        idle.retain(|&cluster| seen[cluster] < least);
        idle.truncate(rows.len() / 2);
        let others = (0..seen.len()).filter(|cluster| !idle.contains(cluster));
        let seen_by_others = others
            .map(|cluster| seen[cluster])
            .fold(f64::INFINITY, f64::min);
        let places = self.rng.permutation(rows.len());
        for (&cluster, place) in idle.iter().zip(places) {
            let row = Points::of(&self.data).row(rows[place]);
            self.centroids[cluster * p..(cluster + 1) * p].copy_from_slice(row);
            // So that it does not restart again at once.
            self.seen[cluster] = seen_by_others;
        }
    }

    /// Learns from a batch and decides whether it was the last.
    fn advance(&mut self) {
        let (loss, moved) = self.learn();
        self.n_batches += 1;
        // The first only tells how good the start was.
        if self.n_batches > 1 {
            let n = self.data.n_samples() as f64;
            let share = 2.0 * self.settings.batch_size as f64 / (n + 1.0);
            self.smoothed.add(loss, share.min(1.0));
        }
        self.loss = self.smoothed.mean.or(Some(loss));
        let has_settled = self.least_move > 0.0 && moved <= self.least_move && self.n_batches > 1;
        let is_stuck = self.smoothed.n_without_low >= self.settings.max_no_improvement;
        if has_settled || is_stuck || self.n_batches == self.most_batches {
            self.is_done = true;
            self.loss = Some(self.final_loss());
        }
    }

    /// Mean squared distance of all rows.
    fn final_loss(&self) -> f64 {
        let rows: Vec<usize> = (0..self.data.n_samples()).collect();
        let squares: Vec<f64> = self.nearest(&rows).into_iter().map(|(_, s)| s).collect();
        Points::of(&self.data).weigh(&squares) / rows.len() as f64
    }
}

impl Trainer for MiniBatchTrainer {
    fn step(&mut self) -> Result<Progress> {
        if !self.is_done {
            self.advance();
        }
        let passes = |n_batches: usize| {
            (n_batches * self.settings.batch_size) as f64 / self.data.n_samples() as f64
        };
        let position = passes(self.n_batches);
        Ok(Progress {
            position,
            total: if self.is_done {
                position
            } else {
                passes(self.most_batches)
            },
            loss: self.loss,
            is_done: self.is_done,
            note: self.note.clone(),
        })
    }

    fn model(&self) -> Model {
        let p = self.data.n_features();
        let shape = (self.seen.len(), p);
        let centroids =
            Array2::from_shape_fn(shape, |(cluster, j)| self.centroids[cluster * p + j]);
        Model::KMeans(catalogued(KMeansModel { centroids }))
    }
}
