//! Merges, a bounded number a step.

use std::sync::Arc;

use super::centers::Centers;
use super::chain::Chain;
use super::dendrogram::{Dendrogram, Merge};
use super::matrix::Matrix;
use super::model::AgglomerativeModel;
use super::spanning::Spanning;
use super::{Agglomerative, Cut, Linkage};
use crate::error::Result;
use crate::models::catalogued::catalogued;
use crate::models::neighbors::{Metric, Stored};
use crate::models::rows::entries;
use crate::models::{Model, Progress, Trainer};
use crate::prepare::Dataset;

/// Steps in which all merges are found, where each is short enough.
const STEPS_TO_WATCH: usize = 200;

/// Features compared in a step at most, some 30 ms.
const COMPARED_A_STEP: usize = 20_000_000;

/// Trains [`Agglomerative`].
pub(super) struct AgglomerativeTrainer {
    rows: Arc<Stored>,
    cut: Cut,
    /// As the metric compares them, `(n_samples, width)`.
    points: Vec<f64>,
    metric: Metric,
    n_samples: usize,
    state: State,
    merges: Vec<Merge>,
    note: Option<String>,
}

enum State {
    Measuring(Matrix),
    Chaining(Chain),
    Spanning(Spanning),
    Done,
}

impl AgglomerativeTrainer {
    pub(super) fn new(settings: Agglomerative, data: Arc<Dataset>) -> Result<Self> {
        let (n, d) = (data.n_samples(), data.n_features());
        let is_ward = settings.linkage == Linkage::Ward;
        let is_other = is_ward && settings.metric != Metric::Euclidean;
        let metric = if is_ward {
            Metric::Euclidean
        } else {
            settings.metric
        };
        let points = metric.prepare(entries(&data), d, false).into_owned();
        let state = match settings.linkage {
            Linkage::Ward => State::Chaining(Chain::new(Box::new(Centers::new(&points, d)), n)),
            Linkage::Single => {
                State::Spanning(Spanning::new(points.clone(), metric.width(d), metric, None))
            }
            linkage => State::Measuring(Matrix::new(linkage, n)?),
        };
        let note = "Ward\u{2019}s linkage always measures straight lines; the other distance has no effect.";
        Ok(Self {
            rows: Arc::new(Stored::new(data, metric)),
            cut: settings.cut,
            points,
            metric,
            n_samples: n,
            state,
            merges: Vec::new(),
            note: is_other.then(|| note.to_owned()),
        })
    }

    /// Measures distances until the step is long enough, and then starts the chain.
    fn measure(&mut self, mut matrix: Matrix) {
        let width = self.points.len() / self.n_samples;
        matrix.fill(&self.points, self.metric, COMPARED_A_STEP / width);
        self.state = if matrix.is_filled() {
            State::Chaining(Chain::new(Box::new(matrix), self.n_samples))
        } else {
            State::Measuring(matrix)
        };
    }

    /// Finds merges until the step is long enough.
    fn merge(&mut self, mut state: State) {
        let width = self.points.len() / self.n_samples;
        let quota = self.merges.len() + self.n_samples.div_ceil(STEPS_TO_WATCH);
        let mut n_compared = 0;
        while self.merges.len() < quota.min(self.n_samples - 1)
            && n_compared * width < COMPARED_A_STEP
        {
            n_compared += state.cost();
            self.merges.extend(state.advance());
        }
        self.state = state;
    }
}

impl State {
    /// Clusters or rows compared to advance once.
    fn cost(&self) -> usize {
        match self {
            Self::Measuring(_) | Self::Done => 0,
            Self::Chaining(chain) => chain.cost(),
            Self::Spanning(spanning) => spanning.cost(),
        }
    }

    fn advance(&mut self) -> Option<Merge> {
        match self {
            Self::Measuring(_) | Self::Done => None,
            Self::Chaining(chain) => chain.advance(),
            Self::Spanning(spanning) => spanning.advance(),
        }
    }
}

impl Trainer for AgglomerativeTrainer {
    fn step(&mut self) -> Result<Progress> {
        let n_merges = self.n_samples - 1;
        if self.merges.len() < n_merges {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Measuring(matrix) => self.measure(matrix),
                state => self.merge(state),
            }
        }
        Ok(Progress {
            position: self.merges.len() as f64,
            total: n_merges as f64,
            loss: None,
            is_done: self.merges.len() == n_merges,
            note: self.note.clone(),
        })
    }

    /// The tree of the merges found so far, cut.
    fn model(&self) -> Model {
        let dendrogram = Dendrogram::new(self.n_samples, &self.merges);
        let labels = dendrogram.cut(self.cut);
        Model::Agglomerative(catalogued(AgglomerativeModel::new(
            Arc::clone(&self.rows),
            labels,
            dendrogram,
        )))
    }
}
