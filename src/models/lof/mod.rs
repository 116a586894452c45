//! Local outlier factor: rows in thinner places than their neighbors are unusual.
//!
//! The *reachability* of a row from a neighbor is their distance, or the distance of the neighbor
//! to its own `n_neighbors`-th neighbor where that is larger. The *local density* of a row is 1
//! over the mean reachability from its `n_neighbors` nearest rows, itself left out. Its score, the
//! local outlier factor, is the mean density of these neighbors over its own: about 1 among its
//! like, the larger the more unusual. Rows of a score beyond the threshold are outliers: beyond
//! 1.5, or beyond what leaves the share `contamination` of the training rows. There is no loss.
//!
//! The first steps find the neighbors, the last one the densities and scores. Until then every
//! row has score 1.
//!
//! A new row is scored by its nearest training rows in the same way. A row equal to a training
//! row gets that row's score, which it would otherwise change by counting itself as a neighbor.
//!
//! Cost: a search for `n_neighbors` neighbors of every row: with few features about
//! O(n_samples · log n_samples), O(n_samples² · n_features) at worst. Features must be scaled
//! first: reachabilities are compared with 1e-10, which keeps the density of equal rows finite.
//!
//! Reference: M. Breunig, H.-P. Kriegel, R. Ng & J. Sander, "LOF: identifying density-based local
//! outliers", SIGMOD 2000. Deviations: a `contamination` of 0 stands for scikit-learn's `auto`;
//! for the cosine distance rows of zeros are alike, and at distance 1 from all others.

mod model;
mod trainer;

use std::sync::Arc;

pub use model::LofModel;

use self::trainer::LofTrainer;
use super::dbscan::METRIC;
use super::neighbors::Metric;
use super::rows::{check_distances, standard_layout};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, integer, real};

/// Local outlier factor, unfitted.
#[derive(Debug, Clone)]
pub struct Lof {
    n_neighbors: usize,
    contamination: f64,
    metric: Metric,
}

impl Estimator for Lof {
    const INFO: Info = Info {
        id: "lof",
        label: "Local outlier factor",
        tasks: &[Task::Anomaly],
        family: "Neighbors",
        summary: "Finds rows that lie in thinner places than the rows around them.",
        use_when: "Use it when the data have dense and thin regions, and unusual means unusual for its region.",
        avoid_when: "Avoid it with dozens of features, in which all rows become about equally far.",
        unit: "pass",
        loss: "",
        hyperparameters: &[
            integer(
                "n_neighbors",
                "Neighbors",
                (1, 1000, 20),
                "How many of the nearest rows a row is compared with. Take more than the smallest group of usual rows has.",
            ),
            real(
                "contamination",
                "Share of outliers",
                (0.0, 0.5, 0.0),
                "Which share of the training rows to call unusual. 0 calls all unusual whose score is above 1.5.",
            ),
            METRIC,
        ],
        cost: "O(n_samples \u{b7} log n_samples) with few features, O(n_samples\u{b2} \u{b7} n_features) at worst",
        reference: "M. Breunig, H.-P. Kriegel, R. Ng & J. Sander, \u{201c}LOF: identifying density-based local outliers\u{201d}, SIGMOD 2000.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            n_neighbors: settings.count("n_neighbors")?,
            contamination: settings.real("contamination")?,
            metric: Metric::parse(settings.choice("metric")?)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        if data.n_samples() < 2 {
            let message =
                "A row alone has no neighbors to be compared with. Give at least two rows.";
            return Err(Error::new(Code::TooFewSamples, message));
        }
        check_distances(&data)?;
        let data = standard_layout(data);
        Ok(Box::new(LofTrainer::new(self.clone(), &data)))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        let (n, d) = (data.n_samples() as f64, data.n_features() as f64);
        Demand {
            bytes: n * (12.0 * self.n_neighbors as f64 + 16.0 * d + 40.0),
            // Every pair of rows is compared where features are many (measured: 0.1 ns a feature).
            seconds: n * n * d * 1e-10,
        }
    }
}
