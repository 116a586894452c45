//! Training rows with their clusters, and the tree of merges.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::dendrogram::Dendrogram;
use crate::error::Result;
use crate::models::model::damaged;
use crate::models::neighbors::{Metric, Stored};
use crate::models::{Fitted, Parts, Prediction};

/// Clusters of training rows; a row joins that of the nearest.
#[derive(Debug, Clone)]
pub struct AgglomerativeModel {
    rows: Arc<Stored>,
    labels: Vec<u32>,
    dendrogram: Dendrogram,
}

impl PartialEq for AgglomerativeModel {
    fn eq(&self, other: &Self) -> bool {
        self.to_parts() == other.to_parts()
    }
}

impl AgglomerativeModel {
    pub(super) fn new(rows: Arc<Stored>, labels: Vec<u32>, dendrogram: Dendrogram) -> Self {
        Self {
            rows,
            labels,
            dendrogram,
        }
    }

    /// The training rows, `(n_samples, n_features)`.
    pub fn x(&self) -> &Array2<f64> {
        self.rows.x()
    }

    /// How distances are measured.
    pub fn metric(&self) -> Metric {
        self.rows.metric()
    }

    /// The cluster of each training row, `(n_samples,)`.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// How many clusters there are.
    pub fn n_clusters(&self) -> usize {
        self.labels
            .iter()
            .max()
            .map_or(0, |&last| last as usize + 1)
    }

    /// All merges found so far.
    pub fn dendrogram(&self) -> &Dendrogram {
        &self.dendrogram
    }
}

impl Fitted for AgglomerativeModel {
    fn n_features(&self) -> usize {
        self.rows.x().ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let nearest = self.rows.search(x, 1).into_iter().flatten();
        Prediction::Clusters(nearest.map(|n| self.labels[n.row as usize]).collect())
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("metric", self.rows.metric().as_str());
        parts.put_matrix("x", self.rows.x());
        parts.put_codes("labels", &self.labels);
        self.dendrogram.put(&mut parts);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let x = parts.matrix("x")?;
        let labels = parts.codes("labels", x.nrows())?;
        let dendrogram = Dendrogram::from_parts(parts)?;
        let metric = Metric::parse(parts.text("metric")?).map_err(|_| damaged("metric"))?;
        if x.is_empty() || labels.len() != x.nrows() {
            return Err(damaged("labels"));
        }
        if dendrogram.n_leaves != x.nrows() {
            return Err(damaged("n_leaves"));
        }
        Ok(Self::new(
            Arc::new(Stored::new(x, metric)),
            labels,
            dendrogram,
        ))
    }
}
