//! Training rows with their densities.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use crate::error::Result;
use crate::math;
use crate::models::model::damaged;
use crate::models::neighbors::{Metric, Neighbor, Stored};
use crate::models::{Fitted, Parts, Prediction};

/// Added to reachabilities, so that the density of equal rows is finite; as in scikit-learn.
const LEAST_REACHABILITY: f64 = 1e-10;

/// How dense training rows lie; the score of a row compares it with its neighbors.
#[derive(Debug, Clone)]
pub struct LofModel {
    pub(super) rows: Arc<Stored>,
    pub(super) n_neighbors: usize,
    pub(super) threshold: f64,
    pub(super) measured: Arc<Measured>,
}

/// Of each training row; nothing before training is done.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// The distance of the `n_neighbors`-th neighbor.
    pub reaches: Vec<f64>,
    pub densities: Vec<f64>,
    pub scores: Vec<f64>,
}

impl Measured {
    /// The local density of a row with these neighbors.
    fn density(&self, neighbors: &[Neighbor]) -> f64 {
        let reach = |n: &Neighbor| n.distance.max(self.reaches[n.row as usize]);
        let sum = math::sum(neighbors.iter().map(reach));
        1.0 / (sum / neighbors.len() as f64 + LEAST_REACHABILITY)
    }

    /// The mean density of the neighbors over that of the row.
    fn factor(&self, neighbors: &[Neighbor], density: f64) -> f64 {
        let ratio = |n: &Neighbor| self.densities[n.row as usize] / density;
        math::sum(neighbors.iter().map(ratio)) / neighbors.len() as f64
    }

    /// Measures the training rows, given the neighbors of each.
    pub(super) fn new(neighbors: &[Vec<Neighbor>]) -> Self {
        let reach = |found: &Vec<Neighbor>| found.last().map_or(0.0, |n| n.distance);
        let mut measured = Self {
            reaches: neighbors.iter().map(reach).collect(),
            ..Self::default()
        };
        measured.densities = neighbors
            .iter()
            .map(|found| measured.density(found))
            .collect();
        let pairs = neighbors.iter().zip(&measured.densities);
        measured.scores = pairs
            .map(|(found, density)| measured.factor(found, *density))
            .collect();
        measured
    }
}

impl PartialEq for LofModel {
    fn eq(&self, other: &Self) -> bool {
        self.to_parts() == other.to_parts()
    }
}

impl LofModel {
    /// How distances are measured.
    pub fn metric(&self) -> Metric {
        self.rows.metric()
    }

    /// The training rows, `(n_samples, n_features)`.
    pub fn x(&self) -> &Array2<f64> {
        self.rows.x()
    }

    /// How many neighbors a row is compared with.
    pub fn n_neighbors(&self) -> usize {
        self.n_neighbors
    }

    /// The score beyond which a row is an outlier.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The scores of the training rows, `(n_samples,)`; none before training is done.
    pub fn scores(&self) -> &[f64] {
        &self.measured.scores
    }

    /// The local density of each training row, `(n_samples,)`; none before training is done.
    pub fn densities(&self) -> &[f64] {
        &self.measured.densities
    }

    /// The distance from each training row to its last neighbor, `(n_samples,)`; none before
    /// training is done.
    pub fn reaches(&self) -> &[f64] {
        &self.measured.reaches
    }

    fn score(&self, neighbors: &[Neighbor]) -> f64 {
        match neighbors.first() {
            Some(same) if same.distance == 0.0 => self.measured.scores[same.row as usize],
            _ => self
                .measured
                .factor(neighbors, self.measured.density(neighbors)),
        }
    }
}

impl Fitted for LofModel {
    fn n_features(&self) -> usize {
        self.rows.x().ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let scores: Vec<f64> = if self.measured.scores.is_empty() {
            vec![1.0; x.nrows()]
        } else {
            let neighbors = self.rows.search(x, self.n_neighbors);
            neighbors.iter().map(|found| self.score(found)).collect()
        };
        Prediction::Anomalies {
            is_outlier: scores.iter().map(|score| *score > self.threshold).collect(),
            scores,
        }
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("metric", self.rows.metric().as_str());
        parts.put("n_neighbors", self.n_neighbors);
        parts.put("threshold", self.threshold);
        parts.put_matrix("x", self.rows.x());
        parts.put_vector("reaches", &self.measured.reaches);
        parts.put_vector("densities", &self.measured.densities);
        parts.put_vector("scores", &self.measured.scores);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let x = parts.matrix("x")?;
        let metric = Metric::parse(parts.text("metric")?).map_err(|_| damaged("metric"))?;
        let n_neighbors = parts.count("n_neighbors")?;
        if x.nrows() < 2 || x.ncols() == 0 {
            return Err(damaged("x"));
        }
        if n_neighbors == 0 || n_neighbors >= x.nrows() {
            return Err(damaged("n_neighbors"));
        }
        let of_rows = |name: &str| {
            let values = parts.vector(name)?;
            let fits = values.is_empty() || values.len() == x.nrows();
            let is_right = fits && values.iter().all(|v| *v >= 0.0);
            if is_right {
                Ok(values)
            } else {
                Err(damaged(name))
            }
        };
        let measured = Measured {
            reaches: of_rows("reaches")?,
            densities: of_rows("densities")?,
            scores: of_rows("scores")?,
        };
        let n_measured = measured.scores.len();
        if measured.reaches.len() != n_measured {
            return Err(damaged("reaches"));
        }
        if measured.densities.len() != n_measured || measured.densities.contains(&0.0) {
            return Err(damaged("densities"));
        }
        Ok(Self {
            rows: Arc::new(Stored::new(x, metric)),
            n_neighbors,
            threshold: parts.real("threshold")?,
            measured: Arc::new(measured),
        })
    }
}
