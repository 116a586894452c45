//! Isolation forest: what few questions set apart is unusual.
//!
//! Each tree takes a few rows by chance and splits them by chance: a feature that varies among
//! them, and a threshold drawn evenly between its least and largest value, until each row is
//! alone or the depth is the logarithm of their number. Rows in thin places are alone soon. The
//! score of a row is 2^(−E/c): E is the mean number of questions until it is alone (where n
//! rows were left together, c(n) is added, what these would need on average), and c = c(number
//! of rows a tree takes). Scores lie between 0 and 1; rows like most others have less than 0.5.
//! One step grows some trees, few at first. There is no loss.
//!
//! A row is an outlier where its score is above the threshold: 0.5, or with `contamination`
//! the score that this share of the training rows exceeds.
//!
//! Cost: O(n_estimators · max_samples · log max_samples), whatever the number of rows; with
//! `contamination` all of these are scored too. Scaling does not matter. Limits: borders run
//! along the features, so that places between two crowds look more usual than they are.
//!
//! Reference: F. T. Liu, K. M. Ting & Z.-H. Zhou, "Isolation forest", ICDM 2008; settings,
//! scores (there with the opposite sign) and threshold as in scikit-learn.

mod grow;
mod model;
mod trainer;

use std::sync::Arc;

pub use model::{IsolationForestModel, average_path_length};

use self::trainer::IsolationTrainer;
use super::forest::N_ESTIMATORS;
use super::rows::standard_layout;
use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, flag, integer, real};

/// An isolation forest, unfitted.
#[derive(Debug, Clone)]
pub struct IsolationForest {
    n_estimators: usize,
    max_samples: usize,
    /// 0 for the threshold 0.5.
    contamination: f64,
    max_features: f64,
    has_bootstrap: bool,
}

impl Estimator for IsolationForest {
    const INFO: Info = Info {
        id: "isolation_forest",
        label: "Isolation forest",
        tasks: &[Task::Anomaly],
        family: "Trees",
        summary: "Finds rows that a few random questions set apart from all others.",
        use_when: "Use it to find unusual rows in large tables with many features, without scaling and without examples.",
        avoid_when: "Avoid it where unusual rows stand between groups of usual ones, or differ only in how features go together.",
        unit: "tree",
        loss: "",
        hyperparameters: &[
            N_ESTIMATORS,
            integer(
                "max_samples",
                "Rows a tree takes",
                (2, 1_000_000, 256),
                "How many rows each tree takes by chance; no more than there are. With few, unusual rows hide each other less.",
            ),
            real(
                "contamination",
                "Share of outliers",
                (0.0, 0.5, 0.0),
                "Which share of the training rows to call outliers. 0 calls those outliers whose score is above 0.5.",
            ),
            real(
                "max_features",
                "Share of features a tree sees",
                (0.01, 1.0, 1.0),
                "Which share of the features, drawn anew, each tree may ask of.",
            ),
            flag(
                "bootstrap",
                "Draw with replacement",
                false,
                "Whether a tree may take the same row more than once.",
            ),
        ],
        cost: "O(n_estimators \u{b7} max_samples \u{b7} log max_samples)",
        reference: "F. T. Liu, K. M. Ting & Z.-H. Zhou, \u{201c}Isolation forest\u{201d}, ICDM 2008.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            n_estimators: settings.count("n_estimators")?,
            max_samples: settings.count("max_samples")?,
            contamination: settings.real("contamination")?,
            max_features: settings.real("max_features")?,
            has_bootstrap: settings.flag("bootstrap")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        let data = standard_layout(data);
        Ok(Box::new(IsolationTrainer::new(self.clone(), data, rng)))
    }

    fn demand(&self, data: &Dataset) -> Demand {
        let n = data.n_samples() as f64;
        let taken = n.min(self.max_samples as f64);
        let n_trees = self.n_estimators as f64;
        let scored = if self.contamination > 0.0 { n } else { 0.0 };
        Demand {
            // A tree has at most twice as many nodes as rows.
            bytes: 4.0 * n + n_trees * taken * 56.0 + 24.0 * scored,
            seconds: n_trees * (3e-7 * taken + 1e-7 * scored),
        }
    }
}
