//! Stored rows that vote.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};

use crate::error::{Code, Error, Result};
use crate::models::neighbors::{Index, Metric, Neighbor, Rows};
use crate::models::{Fitted, Parts, Prediction};

/// How neighbors are weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// All alike.
    Uniform,
    /// Each by one over its distance.
    Distance,
}

impl Weights {
    /// The weights of a wire name.
    ///
    /// # Errors
    /// [`Code::BadSetting`] for any other name.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "uniform" => Ok(Self::Uniform),
            "distance" => Ok(Self::Distance),
            _ => {
                let message = format!("There are no weights \u{201c}{name}\u{201d}.");
                Err(Error::new(Code::BadSetting, message).in_field("weights"))
            }
        }
    }

    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Distance => "distance",
        }
    }
}

/// What the stored rows vote for.
#[derive(Debug, Clone, PartialEq)]
pub enum Votes {
    /// Classes.
    Classes {
        /// `(n_samples,)`, each below `n_classes`.
        codes: Vec<u32>,
        /// Number of classes.
        n_classes: usize,
    },
    /// Numbers, `(n_samples,)`.
    Values(Vec<f64>),
}

/// Training rows, prepared for search.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    index: Index,
    votes: Votes,
}

impl Stored {
    /// Prepares rows for search; as many votes as rows.
    ///
    /// - `x`: `(n_samples, n_features)`, at least one of each.
    pub fn new(x: impl Into<Rows>, votes: Votes, metric: Metric) -> Self {
        let index = Index::new(x, metric);
        Self { index, votes }
    }
}

/// Training rows with the number of them that decide.
#[derive(Debug, Clone, PartialEq)]
pub struct KnnModel {
    stored: Arc<Stored>,
    n_neighbors: usize,
    weights: Weights,
}

impl KnnModel {
    /// A model of stored rows; `n_neighbors` is brought into `1..=n_samples`.
    pub fn new(stored: Arc<Stored>, n_neighbors: usize, weights: Weights) -> Self {
        let n_neighbors = n_neighbors.clamp(1, stored.index.x().nrows().max(1));
        Self {
            stored,
            n_neighbors,
            weights,
        }
    }

    /// The training rows, `(n_samples, n_features)`.
    pub fn x(&self) -> &Array2<f64> {
        self.stored.index.x()
    }

    /// What they vote for.
    pub fn votes(&self) -> &Votes {
        &self.stored.votes
    }

    /// How many rows decide.
    pub fn n_neighbors(&self) -> usize {
        self.n_neighbors
    }

    /// How they are weighted.
    pub fn weights(&self) -> Weights {
        self.weights
    }

    /// How distances are measured.
    pub fn metric(&self) -> Metric {
        self.stored.index.metric()
    }

    /// The neighbors of each row, nearest first, of equals the row stored first.
    ///
    /// - `x`: `(n_queries, n_features)`, finite.
    pub fn neighbors(&self, x: ArrayView2<f64>) -> Vec<Vec<Neighbor>> {
        self.stored.index.search(x, self.n_neighbors)
    }

    /// The weight of each neighbor.
    fn weigh(&self, neighbors: &[Neighbor]) -> Vec<f64> {
        let Some(nearest) = neighbors.first().map(|n| n.distance) else {
            return Vec::new();
        };
        let weigh = |n: &Neighbor| match self.weights {
            Weights::Uniform => 1.0,
            Weights::Distance if nearest == 0.0 => f64::from(n.distance == 0.0),
            // Infinitely far rows are all alike.
            Weights::Distance if nearest.is_infinite() => 1.0,
            // Relative to the nearest, so that tiny distances do not overflow.
            Weights::Distance => nearest / n.distance,
        };
        neighbors.iter().map(weigh).collect()
    }

    fn predict_values(&self, neighbors: &[Vec<Neighbor>], values: &[f64]) -> Array1<f64> {
        let mean = |neighbors: &Vec<Neighbor>| {
            let weights = self.weigh(neighbors);
            let terms = weights
                .iter()
                .zip(neighbors)
                .map(|(w, n)| w * values[n.row as usize]);
            crate::math::sum(terms) / crate::math::sum(weights.iter().copied())
        };
        neighbors.iter().map(mean).collect()
    }

    fn predict_classes(
        &self,
        all: &[Vec<Neighbor>],
        codes: &[u32],
        n_classes: usize,
    ) -> Prediction {
        let mut probabilities = Array2::zeros((all.len(), n_classes));
        let mut winners = Vec::with_capacity(all.len());
        for (neighbors, mut row) in all.iter().zip(probabilities.rows_mut()) {
            let weights = self.weigh(neighbors);
            let mut nearest = vec![f64::INFINITY; n_classes];
            for (neighbor, weight) in neighbors.iter().zip(&weights) {
                let class = codes[neighbor.row as usize] as usize;
                row[class] += weight;
                nearest[class] = nearest[class].min(neighbor.distance);
            }
            winners.push(winner(row.as_slice().unwrap_or_default(), &nearest));
            let total = row.sum();
            row.mapv_inplace(|votes| votes / total);
        }
        Prediction::Classes {
            codes: winners,
            probabilities,
        }
    }
}

/// The class with most votes, then with the nearest neighbor, then the lowest.
fn winner(votes: &[f64], nearest: &[f64]) -> u32 {
    let mut best = 0;
    for class in 1..votes.len() {
        let is_tied = votes[class] == votes[best];
        if votes[class] > votes[best] || (is_tied && nearest[class] < nearest[best]) {
            best = class;
        }
    }
    best as u32
}

impl Fitted for KnnModel {
    fn n_features(&self) -> usize {
        self.x().ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let neighbors = self.neighbors(x);
        match &self.stored.votes {
            Votes::Values(values) => Prediction::Values(self.predict_values(&neighbors, values)),
            Votes::Classes { codes, n_classes } => {
                self.predict_classes(&neighbors, codes, *n_classes)
            }
        }
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put_matrix("x", self.x());
        parts.put("n_neighbors", self.n_neighbors);
        parts.put("weights", self.weights.as_str());
        parts.put("metric", self.metric().as_str());
        match &self.stored.votes {
            Votes::Values(values) => parts.put_vector("values", values),
            Votes::Classes { codes, n_classes } => {
                parts.put_codes("codes", codes);
                parts.put("n_classes", *n_classes);
            }
        }
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let x = parts.matrix("x")?;
        let damaged = |name: &str| {
            let message =
                format!("The model is damaged: \u{201c}{name}\u{201d} does not fit the rest.");
            Error::new(Code::BadArtifact, message).in_field(name)
        };
        let as_damaged = |error: Error| {
            damaged(
                error
                    .place()
                    .and_then(|p| p.field.as_deref())
                    .unwrap_or("weights"),
            )
        };
        let (votes, n_votes) = if parts.tensors.contains_key("codes") {
            let n_classes = parts.count("n_classes")?;
            let codes = parts.codes("codes", n_classes)?;
            let n_votes = codes.len();
            (Votes::Classes { codes, n_classes }, n_votes)
        } else {
            let values = parts.vector("values")?;
            let n_votes = values.len();
            (Votes::Values(values), n_votes)
        };
        let n_neighbors = parts.count("n_neighbors")?;
        let weights = Weights::parse(parts.text("weights")?).map_err(as_damaged)?;
        let metric = Metric::parse(parts.text("metric")?).map_err(as_damaged)?;
        if x.ncols() == 0 || x.nrows() != n_votes || n_votes > u32::MAX as usize {
            return Err(damaged("x"));
        }
        // A class without any row is legal; one class a row is the most that training makes.
        if let Votes::Classes { n_classes, .. } = &votes
            && *n_classes > 1_000_000
        {
            return Err(damaged("n_classes"));
        }
        if n_neighbors == 0 || n_neighbors > n_votes {
            return Err(damaged("n_neighbors"));
        }
        Ok(Self {
            stored: Arc::new(Stored::new(x, votes, metric)),
            n_neighbors,
            weights,
        })
    }
}
