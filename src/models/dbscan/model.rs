//! Core samples with their clusters.

use std::sync::OnceLock;

use ndarray::{Array2, ArrayView2};

use super::neighborhood::{Lowest, Radius};
use crate::error::Result;
use crate::linalg::row_major;
use crate::models::model::damaged;
use crate::models::neighbors::Metric;
use crate::models::neighbors::tree::Tree;
use crate::models::{Fitted, NOISE, Parts, Prediction};

/// Core samples; a row joins the first cluster with one of them within `eps`.
#[derive(Debug, Clone)]
pub struct DbscanModel {
    radius: Radius,
    cores: Array2<f64>,
    clusters: Vec<u32>,
    core_rows: Vec<u32>,
    frontier: Vec<u32>,
    /// Over the core samples as compared, built when first asked.
    index: OnceLock<Index>,
}

#[derive(Debug, Clone)]
struct Index {
    tree: Tree,
    /// Cluster at each place of the tree.
    clusters: Vec<u32>,
}

impl PartialEq for DbscanModel {
    fn eq(&self, other: &Self) -> bool {
        self.to_parts() == other.to_parts()
    }
}

impl DbscanModel {
    pub(super) fn new(
        radius: Radius,
        cores: Array2<f64>,
        clusters: Vec<u32>,
        core_rows: Vec<u32>,
        frontier: Vec<u32>,
    ) -> Self {
        Self {
            radius,
            cores,
            clusters,
            core_rows,
            frontier,
            index: OnceLock::new(),
        }
    }

    /// The radius within which rows are neighbors.
    pub fn eps(&self) -> f64 {
        self.radius.eps
    }

    /// The radius in the form in which distances are compared, such as its square.
    pub fn reduced_eps(&self) -> f64 {
        self.radius.reduced()
    }

    /// How distances are measured.
    pub fn metric(&self) -> Metric {
        self.radius.metric
    }

    /// The core samples, `(n_cores, n_features)`, in the order of the training rows.
    pub fn cores(&self) -> &Array2<f64> {
        &self.cores
    }

    /// The cluster of each core sample, `(n_cores,)`.
    pub fn clusters(&self) -> &[u32] {
        &self.clusters
    }

    /// The training row of each core sample, `(n_cores,)`, ascending.
    pub fn core_rows(&self) -> &[u32] {
        &self.core_rows
    }

    /// The training rows from which the newest cluster still spreads, the next one first; none
    /// once training is done.
    pub fn frontier(&self) -> &[u32] {
        &self.frontier
    }

    /// How many clusters there are.
    pub fn n_clusters(&self) -> usize {
        self.clusters
            .iter()
            .max()
            .map_or(0, |&last| last as usize + 1)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let (metric, d) = (self.radius.metric, self.cores.ncols());
            let cores = self.cores.view();
            let entries = row_major(&cores);
            let points = metric.prepare(&entries, d, false);
            let tree = Tree::new(&points, metric.width(d));
            let clusters = tree.rows().iter().map(|&row| self.clusters[row as usize]);
            Index {
                clusters: clusters.collect(),
                tree,
            }
        })
    }

    fn cluster_of(&self, query: &[f64]) -> u32 {
        let index = self.index();
        let mut lowest = Lowest {
            clusters: &index.clusters,
            lowest: None,
        };
        self.radius.visit(&index.tree, query, &mut lowest);
        lowest.lowest.unwrap_or(NOISE)
    }
}

impl Fitted for DbscanModel {
    fn n_features(&self) -> usize {
        self.cores.ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        if self.clusters.is_empty() {
            return Prediction::Clusters(vec![NOISE; x.nrows()]);
        }
        let (metric, d) = (self.radius.metric, self.cores.ncols());
        let entries = row_major(&x);
        let queries = metric.prepare(&entries, d, false);
        let queries = queries.chunks_exact(metric.width(d));
        Prediction::Clusters(queries.map(|query| self.cluster_of(query)).collect())
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("eps", self.radius.eps);
        parts.put("metric", self.radius.metric.as_str());
        parts.put_matrix("cores", &self.cores);
        parts.put_codes("clusters", &self.clusters);
        parts.put_codes("core_rows", &self.core_rows);
        parts.put_codes("frontier", &self.frontier);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let cores = parts.matrix("cores")?;
        let n_cores = cores.nrows();
        let clusters = parts.codes("clusters", n_cores)?;
        let core_rows = parts.indices("core_rows")?;
        let frontier = parts.indices("frontier")?;
        let eps = parts.real("eps")?;
        let metric = Metric::parse(parts.text("metric")?).map_err(|_| damaged("metric"))?;
        if cores.ncols() == 0 {
            return Err(damaged("cores"));
        }
        if clusters.len() != n_cores {
            return Err(damaged("clusters"));
        }
        if core_rows.len() != n_cores || !core_rows.is_sorted_by(|a, b| a < b) {
            return Err(damaged("core_rows"));
        }
        if frontier
            .iter()
            .any(|row| core_rows.binary_search(row).is_err())
        {
            return Err(damaged("frontier"));
        }
        if eps <= 0.0 {
            return Err(damaged("eps"));
        }
        let radius = Radius { metric, eps };
        Ok(Self::new(radius, cores, clusters, core_rows, frontier))
    }
}
