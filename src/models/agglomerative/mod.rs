//! Agglomerative clustering: rows become clusters, and the nearest clusters merge, to the last.
//!
//! Every row starts as a cluster of its own. How far clusters are apart is the *linkage*: for
//! `ward` the growth of the sum of squares (as a length, √(2 · growth)), for `average`,
//! `complete` and `single` the mean, largest and smallest distance between their rows. The tree
//! of all merges is cut where `n_clusters` are left, or below the merges of a height of at least
//! `distance_threshold`. There is no loss.
//!
//! Ward, average and complete linkage follow a *chain of nearest neighbors*: from any cluster to
//! its nearest, from there to the nearest, until two are each other's nearest; these merge. That
//! finds the same merges as always taking the nearest pair, in another order, and they are sorted
//! by height in the end. Of equally near clusters the former one in the chain counts as nearer,
//! then that of lower index. Single linkage grows a minimum spanning tree. A step finds a bounded
//! number of merges; until all are found, the model is cut among those there are.
//!
//! A new row joins the cluster of the nearest training row, of equals the first. So training
//! rows get their own label again (equal rows, which merge first of all, that of the first of
//! them).
//!
//! Cost: O(n_samples² · n_features). Memory: O(n_samples²) for average and complete linkage,
//! which keep all distances; O(n_samples · n_features) for ward, which keeps centers, and single.
//! Features must be scaled first.
//!
//! Reference: J. Ward, "Hierarchical grouping to optimize an objective function", JASA 58, 1963;
//! F. Murtagh, "A survey of recent advances in hierarchical clustering algorithms", Computer J.
//! 26, 1983. Deviations: Ward's linkage always measures straight lines and says so where another
//! distance is asked for; clusters are numbered in the order of their first rows; a
//! `distance_threshold` of 0 stands for none; for the cosine distance rows of zeros are alike, and
//! at distance 1 from all others.

mod centers;
mod chain;
mod dendrogram;
mod matrix;
mod model;
mod spanning;
mod trainer;

use std::sync::Arc;

pub use dendrogram::{Dendrogram, Merge};
pub use model::AgglomerativeModel;

pub(super) use self::dendrogram::Forest;
pub(super) use self::spanning::Spanning;
use self::trainer::AgglomerativeTrainer;
use super::dbscan::METRIC;
use super::neighbors::Metric;
use super::rows::{check_distances, standard_layout};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, choice, integer, real};

/// How far two clusters are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linkage {
    /// √(2 · growth of the sum of squares).
    Ward,
    /// Mean distance of their rows.
    Average,
    /// Largest distance of their rows.
    Complete,
    /// Smallest distance of their rows.
    Single,
}

impl Linkage {
    fn parse(name: &str) -> Result<Self> {
        match name {
            "ward" => Ok(Self::Ward),
            "average" => Ok(Self::Average),
            "complete" => Ok(Self::Complete),
            "single" => Ok(Self::Single),
            _ => {
                let message = format!("There is no linkage \u{201c}{name}\u{201d}.");
                Err(Error::new(Code::BadSetting, message).in_field("linkage"))
            }
        }
    }
}

/// Where the tree of merges is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut {
    /// So that as many clusters are left.
    Clusters(usize),
    /// Below the merges of at least this height.
    Height(f64),
}

/// Agglomerative clustering, unfitted.
#[derive(Debug, Clone)]
pub struct Agglomerative {
    linkage: Linkage,
    metric: Metric,
    cut: Cut,
}

impl Estimator for Agglomerative {
    const INFO: Info = Info {
        id: "agglomerative",
        label: "Agglomerative clustering",
        tasks: &[Task::Clustering],
        family: "Trees of clusters",
        summary: "Merges the nearest groups again and again, and shows the tree of all merges.",
        use_when: "Use it when groups contain groups, or to see at which distance rows come together.",
        avoid_when: "Avoid it for more than some ten thousand rows: its time grows with their square.",
        unit: "merge",
        loss: "",
        hyperparameters: &[
            integer(
                "n_clusters",
                "Clusters",
                (1, 10_000, 2),
                "How many groups to leave. Has no effect where a distance is given to cut at.",
            ),
            real(
                "distance_threshold",
                "Distance to cut at",
                (0.0, 1e9, 0.0),
                "Groups at least this far apart do not merge. 0 cuts by the number of groups instead.",
            ),
            choice(
                "linkage",
                "Distance of groups",
                &[
                    ("ward", "growth of the sum of squares (Ward)"),
                    ("average", "mean of all distances"),
                    ("complete", "largest distance"),
                    ("single", "smallest distance"),
                ],
                "How far two groups are apart. Ward finds round groups of like size, single follows chains of rows.",
            ),
            METRIC,
        ],
        cost: "O(n_samples\u{b2} \u{b7} n_features)",
        reference: "J. Ward, \u{201c}Hierarchical grouping to optimize an objective function\u{201d}, J. American Statistical Association 58, 1963.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let threshold = settings.real("distance_threshold")?;
        Ok(Self {
            linkage: Linkage::parse(settings.choice("linkage")?)?,
            metric: Metric::parse(settings.choice("metric")?)?,
            cut: if threshold > 0.0 {
                Cut::Height(threshold)
            } else {
                Cut::Clusters(settings.count("n_clusters")?)
            },
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        let n = data.n_samples();
        if let Cut::Clusters(n_clusters) = self.cut
            && n_clusters > n
        {
            let message = format!(
                "{n_clusters} clusters are asked for, but there are only {n} rows. Choose at most {n}."
            );
            return Err(Error::new(Code::TooFewSamples, message).in_field("n_clusters"));
        }
        check_distances(&data)?;
        let trainer = AgglomerativeTrainer::new(self.clone(), standard_layout(data))?;
        Ok(Box::new(trainer))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        let (n, d) = (data.n_samples() as f64, data.n_features() as f64);
        let pairs = n * (n - 1.0) / 2.0;
        // A pair of numbers takes about a nanosecond, wherever it is used; a chain looks at
        // every pair some three times.
        match self.linkage {
            Linkage::Average | Linkage::Complete => Demand {
                bytes: 8.0 * pairs,
                seconds: 1e-9 * pairs * (d + 10.0),
            },
            Linkage::Ward => Demand {
                bytes: 8.0 * n * d,
                seconds: 3e-9 * pairs * (d + 4.0),
            },
            Linkage::Single => Demand {
                bytes: 8.0 * n * d,
                seconds: 1e-9 * pairs * (d + 4.0),
            },
        }
    }
}
