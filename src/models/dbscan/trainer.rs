//! First the core samples, then the clusters that spread over them.

use std::collections::VecDeque;
use std::sync::Arc;

use ndarray::Axis;

use super::Dbscan;
use super::model::DbscanModel;
use super::neighborhood::{Count, Radius, Reach, Remaining, Weigh};
use crate::error::Result;
use crate::models::catalogued::catalogued;
use crate::models::neighbors::tree::Tree;
use crate::models::rows::entries;
use crate::models::{Model, NOISE, Progress, Trainer};
use crate::parallel::map_chunks;
use crate::prepare::Dataset;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 256;

/// Rows whose neighbors are counted between two looks at the work done.
const ROWS_A_ROUND: usize = 8 * ROWS_A_CHUNK;

/// Features compared in a step at most, some 30 ms.
const COMPARED_A_STEP: usize = 10_000_000;

/// Steps in which clusters spread over all rows, where each is short enough.
const STEPS_TO_WATCH: usize = 200;

/// Trains [`Dbscan`].
pub(super) struct DbscanTrainer {
    data: Arc<Dataset>,
    radius: Radius,
    min_samples: usize,
    /// Over the rows as compared.
    tree: Tree,
    width: usize,
    /// By place.
    weights: Option<Vec<f64>>,
    /// By place, as far as counted.
    is_core: Vec<bool>,
    spread: Spread,
}

/// How far clusters have spread; samples by their place in the tree.
struct Spread {
    /// The cluster of each place, or [`NOISE`].
    labels: Vec<u32>,
    remaining: Remaining,
    /// Core samples reached but not yet looked around.
    frontier: VecDeque<usize>,
    n_clusters: u32,
    n_reached: usize,
    /// The place of each row.
    places: Vec<usize>,
    /// Rows before this one start no cluster any more.
    next_row: usize,
}

impl DbscanTrainer {
    pub(super) fn new(settings: Dbscan, data: Arc<Dataset>) -> Self {
        let points = settings
            .metric
            .prepare(entries(&data), data.n_features(), false);
        let width = settings.metric.width(data.n_features());
        let tree = Tree::new(&points, width);
        let by_place = |weights: &Vec<f64>| {
            let rows = tree.rows().iter();
            rows.map(|&row| weights[row as usize]).collect()
        };
        Self {
            radius: Radius {
                metric: settings.metric,
                eps: settings.eps,
            },
            min_samples: settings.min_samples,
            weights: data.weights.as_ref().map(by_place),
            is_core: Vec::with_capacity(data.n_samples()),
            spread: Spread::new(tree.rows()),
            width,
            tree,
            data,
        }
    }

    /// Whether the sample at a place is a core sample, and the comparisons that it took to know.
    fn test(&self, place: usize) -> (bool, usize) {
        let query = self.tree.point(place);
        if let Some(weights) = &self.weights {
            let mut weigh = Weigh::of(weights);
            let n_compared = self.radius.visit(&self.tree, query, &mut weigh);
            return (weigh.sum() >= self.min_samples as f64, n_compared);
        }
        let mut count = Count::up_to(self.min_samples);
        let n_compared = self.radius.visit(&self.tree, query, &mut count);
        (count.is_enough(), n_compared)
    }

    /// Finds core samples until the step is long enough.
    fn find_cores(&mut self) {
        let (n, mut n_compared) = (self.data.n_samples(), 0);
        while self.is_core.len() < n && n_compared * self.width < COMPARED_A_STEP {
            let start = self.is_core.len();
            let n_rows = ROWS_A_ROUND.min(n - start);
            let tests = map_chunks(n_rows, ROWS_A_CHUNK, |places| {
                let tests = places.map(|place| self.test(start + place));
                tests.collect::<Vec<_>>()
            });
            for (is_core, n) in tests.into_iter().flatten() {
                self.is_core.push(is_core);
                n_compared += n;
            }
        }
    }

    /// Looks around samples of the frontier until the step is long enough.
    fn spread(&mut self) {
        let mut n_left = self.data.n_samples().div_ceil(STEPS_TO_WATCH);
        let mut n_compared = 0;
        while n_left > 0 && n_compared * self.width < COMPARED_A_STEP {
            let Some(place) = self.spread.next(&self.is_core) else {
                return;
            };
            n_compared += self.look_around(place);
            n_left -= 1;
        }
    }

    /// Lets the rows around a core sample join its cluster.
    fn look_around(&mut self, place: usize) -> usize {
        let spread = &mut self.spread;
        let mut reach = Reach {
            remaining: &mut spread.remaining,
            reached: Vec::new(),
        };
        let query = self.tree.point(place);
        let n_compared = self.radius.visit(&self.tree, query, &mut reach);
        let reached = reach.reached;
        spread.n_reached += reached.len();
        for place in reached {
            spread.labels[place] = spread.n_clusters - 1;
            if self.is_core[place] {
                spread.frontier.push_back(place);
            }
        }
        n_compared
    }

    fn is_done(&self) -> bool {
        self.spread.next_row == self.data.n_samples() && self.spread.frontier.is_empty()
    }

    fn note(&self) -> Option<String> {
        let nothing = format!(
            "No row has {} rows within {}, so all are noise. A larger radius or fewer neighbors would find groups.",
            self.min_samples, self.radius.eps
        );
        (self.is_done() && self.spread.n_clusters == 0).then_some(nothing)
    }
}

impl Spread {
    /// - `rows`: the row at each place.
    fn new(rows: &[u32]) -> Self {
        let mut places = vec![0; rows.len()];
        for (place, &row) in rows.iter().enumerate() {
            places[row as usize] = place;
        }
        Self {
            labels: vec![NOISE; rows.len()],
            remaining: Remaining::all(rows.len()),
            frontier: VecDeque::new(),
            n_clusters: 0,
            n_reached: 0,
            places,
            next_row: 0,
        }
    }

    /// The next core sample to look around: of the frontier, or the first of a new cluster.
    fn next(&mut self, is_core: &[bool]) -> Option<usize> {
        if let Some(place) = self.frontier.pop_front() {
            return Some(place);
        }
        while let Some(&place) = self.places.get(self.next_row) {
            self.next_row += 1;
            if is_core[place] && self.labels[place] == NOISE {
                self.labels[place] = self.n_clusters;
                self.n_clusters += 1;
                self.n_reached += 1;
                self.remaining.take_off(place);
                return Some(place);
            }
        }
        None
    }
}

impl Trainer for DbscanTrainer {
    fn step(&mut self) -> Result<Progress> {
        let n = self.data.n_samples();
        if self.is_core.len() < n {
            self.find_cores();
        } else {
            self.spread();
        }
        let is_done = self.is_done();
        let n_settled = if is_done { n } else { self.spread.n_reached };
        Ok(Progress {
            position: (self.is_core.len() + n_settled) as f64 / n as f64,
            total: 2.0,
            loss: None,
            is_done,
            note: self.note(),
        })
    }

    /// The core samples reached so far.
    fn model(&self) -> Model {
        let spread = &self.spread;
        let is_reached = |row: &usize| {
            let place = spread.places[*row];
            spread.labels[place] != NOISE && self.is_core[place]
        };
        let rows: Vec<usize> = (0..self.data.n_samples()).filter(is_reached).collect();
        let frontier = spread.frontier.iter();
        Model::Dbscan(catalogued(DbscanModel::new(
            self.radius,
            self.data.x.select(Axis(0), &rows),
            rows.iter()
                .map(|&row| spread.labels[spread.places[row]])
                .collect(),
            rows.iter().map(|&row| row as u32).collect(),
            frontier.map(|&place| self.tree.rows()[place]).collect(),
        )))
    }
}
