//! Rows, their spanning tree, and the clusters it gives.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::Options;
use super::condense::CondensedTree;
use super::select::Clustering;
use crate::error::Result;
use crate::models::agglomerative::{Dendrogram, Forest, Merge};
use crate::models::model::damaged;
use crate::models::neighbors::{Metric, Neighbor, Stored};
use crate::models::{Fitted, NOISE, Parts, Prediction};

/// Clusters of training rows; a row joins that of the training row it is densely linked to.
#[derive(Debug, Clone)]
pub struct HdbscanModel {
    rows: Arc<Stored>,
    options: Options,
    /// Of all rows, or none where they are not measured yet.
    cores: Arc<Vec<f64>>,
    edges: Vec<Merge>,
    /// Once all edges are there.
    found: Option<Arc<Found>>,
}

/// What follows from a complete spanning tree.
#[derive(Debug)]
pub(super) struct Found {
    pub tree: CondensedTree,
    pub clustering: Clustering,
}

impl Found {
    pub(super) fn new(n_samples: usize, edges: &[Merge], options: &Options) -> Self {
        let merges = Dendrogram::new(n_samples, edges);
        let tree = CondensedTree::new(&merges, options.min_cluster_size);
        let clustering = Clustering::new(&tree, options);
        Self { tree, clustering }
    }
}

impl PartialEq for HdbscanModel {
    fn eq(&self, other: &Self) -> bool {
        self.to_parts() == other.to_parts()
    }
}

impl HdbscanModel {
    pub(super) fn new(
        rows: Arc<Stored>,
        options: Options,
        cores: Arc<Vec<f64>>,
        edges: Vec<Merge>,
        found: Option<Arc<Found>>,
    ) -> Self {
        Self {
            rows,
            options,
            cores,
            edges,
            found,
        }
    }

    /// The training rows, `(n_samples, n_features)`.
    pub fn x(&self) -> &Array2<f64> {
        self.rows.x()
    }

    /// The core distance of each training row, `(n_samples,)`; none before they are measured.
    pub fn core_distances(&self) -> &[f64] {
        &self.cores
    }

    /// The edges of the spanning tree in the order found, each from a row that was in the tree
    /// to one that was not; their heights are mutual reachabilities.
    pub fn edges(&self) -> &[Merge] {
        &self.edges
    }

    /// The condensed tree, once the spanning tree is complete.
    pub fn condensed_tree(&self) -> Option<&CondensedTree> {
        self.found.as_ref().map(|found| &found.tree)
    }

    /// Labels and probabilities of the training rows, once the spanning tree is complete.
    pub fn clustering(&self) -> Option<&Clustering> {
        self.found.as_ref().map(|found| &found.clustering)
    }

    /// How many clusters there are.
    pub fn n_clusters(&self) -> usize {
        self.clustering()
            .map_or(0, |clustering| clustering.branches.len())
    }

    /// The cluster of a row, given its nearest training rows.
    /// How distances are measured.
    pub fn metric(&self) -> Metric {
        self.rows.metric()
    }

    /// Neighbors that make a place dense.
    pub fn min_samples(&self) -> usize {
        self.options.min_samples
    }

    fn cluster_of(&self, clustering: &Clustering, neighbors: &[Neighbor]) -> u32 {
        let label = |neighbor: &Neighbor| clustering.labels[neighbor.row as usize];
        if let Some(same) = neighbors.first().filter(|nearest| nearest.distance == 0.0) {
            return label(same);
        }
        let place = (self.options.min_samples - 1).min(neighbors.len().saturating_sub(1));
        let core = neighbors
            .get(place)
            .map_or(0.0, |neighbor| neighbor.distance);
        let reachability = |neighbor: &Neighbor| {
            let own = self.cores[neighbor.row as usize];
            neighbor.distance.max(core).max(own)
        };
        // Of equals the first is kept.
        let least = neighbors
            .iter()
            .min_by(|a, b| reachability(a).total_cmp(&reachability(b)));
        let Some(nearest) = least else {
            return NOISE;
        };
        let cluster = label(nearest);
        let is_within = |reach: &f64| reachability(nearest) <= *reach;
        let reach = clustering.reaches.get(cluster as usize);
        if reach.is_some_and(is_within) {
            cluster
        } else {
            NOISE
        }
    }
}

impl Fitted for HdbscanModel {
    fn n_features(&self) -> usize {
        self.rows.x().ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let Some(clustering) = self.clustering() else {
            return Prediction::Clusters(vec![NOISE; x.nrows()]);
        };
        let neighbors = self.rows.search(x, 2 * self.options.min_samples);
        let clusters = neighbors
            .iter()
            .map(|found| self.cluster_of(clustering, found));
        Prediction::Clusters(clusters.collect())
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("metric", self.rows.metric().as_str());
        parts.put("min_cluster_size", self.options.min_cluster_size);
        parts.put("min_samples", self.options.min_samples);
        parts.put("epsilon", self.options.epsilon);
        parts.put("takes_leaves", self.options.takes_leaves);
        parts.put("allows_one", self.options.allows_one);
        parts.put_matrix("x", self.rows.x());
        parts.put_vector("core_distances", &self.cores);
        let ends: Vec<u32> = self
            .edges
            .iter()
            .flat_map(|edge| [edge.a, edge.b])
            .collect();
        let lengths: Vec<f64> = self.edges.iter().map(|edge| edge.height).collect();
        parts.put_codes("edges", &ends);
        parts.put_vector("lengths", &lengths);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let x = parts.matrix("x")?;
        let cores = parts.vector("core_distances")?;
        let metric = Metric::parse(parts.text("metric")?).map_err(|_| damaged("metric"))?;
        let options = Options {
            min_cluster_size: parts.count("min_cluster_size")?,
            min_samples: parts.count("min_samples")?,
            epsilon: parts.real("epsilon")?,
            takes_leaves: parts.flag("takes_leaves")?,
            allows_one: parts.flag("allows_one")?,
        };
        let n = x.nrows();
        if x.is_empty() || n > u32::MAX as usize / 2 {
            return Err(damaged("x"));
        }
        if options.min_cluster_size < 2 {
            return Err(damaged("min_cluster_size"));
        }
        if !(1..=n).contains(&options.min_samples) {
            return Err(damaged("min_samples"));
        }
        let edges = edges(parts, n)?;
        let is_measured = cores.len() == n || (cores.is_empty() && edges.is_empty() && n > 1);
        if !is_measured || cores.iter().any(|core| *core < 0.0) {
            return Err(damaged("core_distances"));
        }
        let is_complete = edges.len() + 1 == n;
        let found = is_complete.then(|| Arc::new(Found::new(n, &edges, &options)));
        let rows = Arc::new(Stored::new(x, metric));
        Ok(Self::new(rows, options, Arc::new(cores), edges, found))
    }
}

/// Edges that form no circle.
fn edges(parts: &Parts, n_samples: usize) -> Result<Vec<Merge>> {
    let ends = parts.codes("edges", n_samples)?;
    let lengths = parts.vector("lengths")?;
    let (ends, rest) = ends.as_chunks::<2>();
    if ends.len() != lengths.len() || !rest.is_empty() || ends.len() >= n_samples {
        return Err(damaged("edges"));
    }
    if lengths.iter().any(|length| *length < 0.0) {
        return Err(damaged("lengths"));
    }
    let mut forest = Forest::new(n_samples);
    let mut edges = Vec::with_capacity(ends.len());
    for (&[a, b], &height) in ends.iter().zip(&lengths) {
        let (root, other) = (forest.root(a as usize), forest.root(b as usize));
        if root == other {
            return Err(damaged("edges"));
        }
        forest.join(root, other);
        edges.push(Merge { a, b, height });
    }
    Ok(edges)
}
