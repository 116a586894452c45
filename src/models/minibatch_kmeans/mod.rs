//! Mini-batch k-means: centroids that move a little with every handful of rows.
//!
//! One step draws `batch_size` rows, evenly and with repetition. Every row of the batch joins its
//! nearest centroid, which becomes the mean of all rows that ever joined it in a batch: the more
//! it has seen, the less it moves. The loss is the mean squared distance of the rows of a batch
//! before the move, smoothed over the batches, in squared feature units; in the end that of all
//! rows. It need not fall with every step. Training is done when the smoothed loss has not
//! reached a new low for `max_no_improvement` batches, when the centroids move less than `tol`
//! asks for, or after as many batches as make `max_iter` passes over the rows.
//!
//! Whenever 10 · `n_clusters` rows have been seen, centroids that have seen fewer than
//! `reassignment_ratio` of what the busiest has seen restart at rows of the batch.
//!
//! The start is greedy k-means++ on 3 · `batch_size` rows. Sample weights weigh distances, means
//! and the draws of the start.
//!
//! Cost: O(batch_size · n_clusters · n_features) a step, whatever the number of rows. Features
//! must be scaled first.
//!
//! Reference: D. Sculley, "Web-scale k-means clustering", WWW 2010. Smoothing, restarts and stop
//! are those of scikit-learn. Deviation: with fewer different rows among those drawn for the
//! start than clusters there are fewer clusters.

mod trainer;

use std::sync::Arc;

use self::trainer::MiniBatchTrainer;
use super::rows::{check_distances, standard_layout};
use super::{Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, integer, real, real_log};

/// Mini-batch k-means, unfitted.
#[derive(Debug, Clone)]
pub struct MiniBatchKMeans {
    n_clusters: usize,
    batch_size: usize,
    max_iter: usize,
    max_no_improvement: usize,
    reassignment_ratio: f64,
    tol: f64,
}

impl Estimator for MiniBatchKMeans {
    const INFO: Info = Info {
        id: "minibatch_kmeans",
        label: "Mini-batch k-means",
        tasks: &[Task::Clustering],
        family: "Centers",
        summary: "Sorts rows into round groups, learning from a handful of rows at a time.",
        use_when: "Use it in place of k-means when there are so many rows that a pass over all takes long.",
        avoid_when: "Avoid it with few rows: k-means then is as fast and finds tighter groups.",
        unit: "pass",
        loss: "mean squared distance, smoothed",
        hyperparameters: &[
            integer(
                "n_clusters",
                "Clusters",
                (1, 1000, 8),
                "How many groups to form. The loss always falls with more; look for the bend.",
            ),
            integer(
                "batch_size",
                "Rows of a batch",
                (1, 100_000, 1024),
                "How many rows each step learns from. More are steadier and slower.",
            ),
            integer(
                "max_iter",
                "Passes at most",
                (1, 10_000, 100),
                "Where training ends that has not settled before, in passes over all rows.",
            ),
            integer(
                "max_no_improvement",
                "Patience",
                (1, 10_000, 10),
                "After how many batches without a new low of the smoothed loss training ends.",
            ),
            real(
                "reassignment_ratio",
                "Restart share",
                (0.0, 1.0, 0.01),
                "Centers that have seen less than this share of what the busiest has seen restart. 0 restarts none.",
            ),
            real_log(
                "tol",
                "Tolerance",
                (0.0, 1.0, 0.0),
                "Training ends when the centers move by less than this share of the features' mean variance (squared). 0 leaves it to the patience.",
            ),
        ],
        cost: "O(batch_size \u{b7} n_clusters \u{b7} n_features) a step",
        reference: "D. Sculley, \u{201c}Web-scale k-means clustering\u{201d}, WWW 2010.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            n_clusters: settings.count("n_clusters")?,
            batch_size: settings.count("batch_size")?,
            max_iter: settings.count("max_iter")?,
            max_no_improvement: settings.count("max_no_improvement")?,
            reassignment_ratio: settings.real("reassignment_ratio")?,
            tol: settings.real("tol")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        let n = data.n_samples();
        if self.n_clusters > n {
            let message = format!(
                "{} clusters are asked for, but there are only {n} rows. Choose at most {n}.",
                self.n_clusters
            );
            return Err(Error::new(Code::TooFewSamples, message).in_field("n_clusters"));
        }
        check_distances(&data)?;
        let settings = Self {
            batch_size: self.batch_size.min(n),
            ..self.clone()
        };
        Ok(Box::new(MiniBatchTrainer::new(
            settings,
            standard_layout(data),
            rng,
        )))
    }
}
