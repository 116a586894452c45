//! HDBSCAN: DBSCAN at every radius at once, keeping the clusters that last longest.
//!
//! The *core distance* of a row is that of its `min_samples`-th nearest row, itself included; the
//! *mutual reachability* of two rows is their distance, or the core distance of either where that
//! is larger. A minimum spanning tree over it says at which radius rows come together. Read from
//! the top, the tree of merges splits; splits that leave fewer than `min_cluster_size` rows on one
//! side only take these rows off. What is left is the *condensed tree*. With λ = 1 / distance, the
//! stability of a cluster is the sum over its rows of the λ at which they leave it, less the λ at
//! which it was born. `eom` keeps the clusters of largest total stability, `leaf` the last ones.
//! Clusters born at less than `cluster_selection_epsilon` give way to what they split from. Rows
//! that leave before any kept cluster are [`NOISE`](super::NOISE). There is no loss.
//!
//! The first steps measure core distances; each further one adds a bounded number of edges to
//! the spanning tree. Until it is complete all rows are noise.
//!
//! A new row looks at its 2 · `min_samples` nearest training rows for the one of least mutual
//! reachability, of equals the nearest, and joins its cluster where that is no farther than the
//! distance at which the cluster was born; else it is noise. A row equal to a training row gets
//! that row's label.
//!
//! Cost: O(n_samples² · n_features) time, O(n_samples) memory. Features must be scaled first.
//!
//! Reference: R. Campello, D. Moulavi & J. Sander, "Density-based clustering based on hierarchical
//! density estimates", PAKDD 2013; L. McInnes & J. Healy, "Accelerated hierarchical density based
//! clustering", ICDM workshops 2017. Deviations: edges of equal length are taken in the order in
//! which they were found; clusters are numbered in the order of their first rows; a `min_samples`
//! of 0 stands for `min_cluster_size`.

mod condense;
mod model;
mod select;
mod trainer;

use std::sync::Arc;

pub use condense::{Branch, CondensedTree};
pub use model::HdbscanModel;
pub use select::Clustering;

use self::trainer::HdbscanTrainer;
use super::dbscan::METRIC;
use super::neighbors::Metric;
use super::rows::{check_distances, standard_layout};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, choice, flag, integer, real};

/// How clusters are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Options {
    pub min_cluster_size: usize,
    pub min_samples: usize,
    pub epsilon: f64,
    pub takes_leaves: bool,
    pub allows_one: bool,
}

/// HDBSCAN, unfitted.
#[derive(Debug, Clone)]
pub struct Hdbscan {
    options: Options,
    metric: Metric,
}

impl Estimator for Hdbscan {
    const INFO: Info = Info {
        id: "hdbscan",
        label: "HDBSCAN",
        tasks: &[Task::Clustering],
        family: "Density",
        summary: "Finds dense groups of any shape and of different density, and rows of no group.",
        use_when: "Use it when groups differ in density, their number is unknown, and stray rows should belong to none.",
        avoid_when: "Avoid it for more than some ten thousand rows, or with dozens of features.",
        unit: "edge",
        loss: "",
        hyperparameters: &[
            integer(
                "min_cluster_size",
                "Rows of a group at least",
                (2, 10_000, 5),
                "Smaller groups count as rows that leave. Raise it to see only the large ones.",
            ),
            integer(
                "min_samples",
                "Neighbors for a core",
                (0, 10_000, 0),
                "How many rows, itself included, measure how dense a place is. More make more noise. 0 takes as many as the smallest group.",
            ),
            real(
                "cluster_selection_epsilon",
                "Smallest distance of splits",
                (0.0, 1e9, 0.0),
                "Groups that split at less than this distance stay together.",
            ),
            choice(
                "cluster_selection_method",
                "Which groups",
                &[("eom", "the most stable"), ("leaf", "the smallest")],
                "Whether to keep the groups that last longest, or the last ones of every branch.",
            ),
            flag(
                "allow_single_cluster",
                "One group is allowed",
                false,
                "Whether all rows may be one group. Without it there are two or none.",
            ),
            METRIC,
        ],
        cost: "O(n_samples\u{b2} \u{b7} n_features)",
        reference: "R. Campello, D. Moulavi & J. Sander, \u{201c}Density-based clustering based on hierarchical density estimates\u{201d}, PAKDD 2013.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let min_cluster_size = settings.count("min_cluster_size")?;
        let min_samples = match settings.count("min_samples")? {
            0 => min_cluster_size,
            n => n,
        };
        Ok(Self {
            options: Options {
                min_cluster_size,
                min_samples,
                epsilon: settings.real("cluster_selection_epsilon")?,
                takes_leaves: settings.choice("cluster_selection_method")? == "leaf",
                allows_one: settings.flag("allow_single_cluster")?,
            },
            metric: Metric::parse(settings.choice("metric")?)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        let (n, needed) = (data.n_samples(), self.options.min_samples);
        if needed > n {
            let message = format!(
                "{needed} neighbors are asked for, but there are only {n} rows. Choose at most {n}."
            );
            return Err(Error::new(Code::TooFewSamples, message).in_field("min_samples"));
        }
        check_distances(&data)?;
        let data = standard_layout(data);
        Ok(Box::new(HdbscanTrainer::new(
            self.options,
            self.metric,
            &data,
        )))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        let (n, d) = (data.n_samples() as f64, data.n_features() as f64);
        // A pair of numbers takes about a nanosecond.
        Demand {
            bytes: 8.0 * n * (2.0 * d + 20.0),
            seconds: 0.5e-9 * n * n * (d + 6.0),
        }
    }
}
