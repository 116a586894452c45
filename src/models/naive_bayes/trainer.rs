//! Rows absorbed block by block.

use std::ops::Range;
use std::sync::Arc;

use super::NaiveBayesModel;
use crate::error::{Code, Error, Result};
use crate::models::catalogued::catalogued;
use crate::models::rows::{entries, standard_layout};
use crate::models::{Model, Progress, Trainer};
use crate::parallel;
use crate::prepare::{Dataset, Target};

/// Steps that a training has at least, so that it can be watched.
const LEAST_STEPS: usize = 20;

/// Numbers absorbed in a step at most, some 10 ms.
const NUMBERS_A_STEP: usize = 2_000_000;

/// Rows summed as one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 2048;

/// Sums that say all that a naive Bayes model needs to know of rows.
pub(super) trait Statistics: Clone + Send + Sync {
    /// Sums of further rows alone.
    fn of_rows(&self, rows: Rows) -> Self;

    /// Adds the sums of rows that follow.
    fn merge(&mut self, other: &Self);

    /// What the rows so far say.
    fn model(&self) -> NaiveBayesModel;

    /// The mean negative log-likelihood of the rows so far, in nats.
    fn loss(&self) -> f64;
}

/// Rows next to one another.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// `(n_samples, n_features)` row by row.
    pub x: &'a [f64],
    pub n_features: usize,
    /// `(n_samples,)`.
    pub codes: &'a [u32],
    /// `(n_samples,)`, or all 1.
    pub weights: Option<&'a [f64]>,
}

impl<'a> Rows<'a> {
    /// Features, class and weight of each row.
    pub fn iter(self) -> impl Iterator<Item = (&'a [f64], usize, f64)> {
        let rows = self.x.chunks_exact(self.n_features).zip(self.codes);
        let weight = move |row: usize| self.weights.map_or(1.0, |w| w[row]);
        rows.enumerate()
            .map(move |(row, (x, &code))| (x, code as usize, weight(row)))
    }
}

/// Trains any of the kinds.
pub(super) struct NaiveBayesTrainer<S> {
    data: Arc<Dataset>,
    statistics: S,
    n_absorbed: usize,
}

impl<S: Statistics> NaiveBayesTrainer<S> {
    pub(super) fn new(data: Arc<Dataset>, statistics: S) -> Self {
        Self {
            data: standard_layout(data),
            statistics,
            n_absorbed: 0,
        }
    }

    fn rows(&self, range: Range<usize>) -> Rows<'_> {
        let d = self.data.n_features();
        let codes: &[u32] = match &self.data.target {
            Target::Classes { codes, .. } => codes,
            _ => &[],
        };
        Rows {
            x: &entries(&self.data)[range.start * d..range.end * d],
            n_features: d,
            codes: &codes[range.clone()],
            weights: self.data.weights.as_ref().map(|w| &w[range]),
        }
    }

    fn rows_a_step(&self) -> usize {
        let n = self.data.n_samples();
        let most = (NUMBERS_A_STEP / self.data.n_features()).max(1);
        n.div_ceil(LEAST_STEPS).min(most)
    }
}

impl<S: Statistics + 'static> Trainer for NaiveBayesTrainer<S> {
    fn step(&mut self) -> Result<Progress> {
        let (n, start) = (self.data.n_samples(), self.n_absorbed);
        let end = (start + self.rows_a_step()).min(n);
        let sums = parallel::map_chunks(end - start, ROWS_A_CHUNK, |rows| {
            let rows = self.rows(start + rows.start..start + rows.end);
            self.statistics.of_rows(rows)
        });
        sums.iter().for_each(|sums| self.statistics.merge(sums));
        self.n_absorbed = end;
        let loss = self.statistics.loss();
        Ok(Progress {
            position: end as f64 / n as f64,
            total: 1.0,
            loss: loss.is_finite().then_some(loss),
            is_done: end == n,
            note: None,
        })
    }

    fn model(&self) -> Model {
        Model::NaiveBayes(catalogued(self.statistics.model()))
    }
}

/// Number of classes of the target.
///
/// # Errors
/// [`Code::DoesNotFit`] where it has none.
pub(super) fn n_classes(data: &Dataset) -> Result<usize> {
    match &data.target {
        Target::Classes { labels, .. } => Ok(labels.len()),
        _ => {
            let message = "Naive Bayes needs a target with classes.";
            Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"))
        }
    }
}

/// The share of each class by its weight, or even among the classes present; all even where no
/// row has been seen.
///
/// - `counts`: `(n_classes,)`.
pub(super) fn priors(counts: &[f64], is_even: bool) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    if total <= 0.0 {
        return vec![1.0 / counts.len() as f64; counts.len()];
    }
    let n_present = counts.iter().filter(|count| **count > 0.0).count() as f64;
    let share = |&count: &f64| match (is_even, count > 0.0) {
        (true, true) => 1.0 / n_present,
        (true, false) => 0.0,
        (false, _) => count / total,
    };
    counts.iter().map(share).collect()
}
