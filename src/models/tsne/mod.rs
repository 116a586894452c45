//! t-SNE: rows on a plane so that near rows stay near.
//!
//! Every row gives its neighbors probabilities that fall with their distance, Gaussian and as
//! wide as its `perplexity` asks; made symmetric they are P. On the plane the same pairs have
//! probabilities Q that fall as 1 / (1 + distance²). Gradient descent moves the places until Q
//! resembles P: the loss is their Kullback–Leibler divergence Σ P ln(P / Q), in nats.
//!
//! The first steps search the neighbors, exactly. Then a step is one or a few iterations, or on
//! many rows a part of one. In the first 250 iterations P is multiplied by `early_exaggeration`,
//! which lets clusters form; the loss told is always that without the factor, so it may rise
//! then. The pull along P is summed over the `3 · perplexity` neighbors of each row; the push
//! between all pairs by Barnes and Hut's tree, in which far boxes count as one ([`Repulsion`]).
//! Up to 500 rows every pair is summed.
//!
//! Cost: O(n_samples²·n_features) for the neighbors, O(n_samples·(perplexity + ln n_samples)) an
//! iteration. Distances between clusters and their sizes mean little. A new row is placed among
//! its nearest training rows: see [`super::embedding::EmbeddingModel`].
//!
//! Reference: L. van der Maaten & G. Hinton, "Visualizing data using t-SNE", JMLR 9, 2008;
//! L. van der Maaten, "Accelerating t-SNE using tree-based algorithms", JMLR 15, 2014.
//! Deviations: a perplexity of which a third of the rows is less is reduced, as openTSNE does;
//! it is met to 1e-10 (scikit-learn: 1e-5); the
//! automatic learning rate grows when the exaggeration ends, and no row goes farther than 5 in one
//! iteration, both as in openTSNE; boxes are judged from the nearest corner of eight
//! rows at a time, so pushes are more exact at the same `angle`; always two components.

mod affinities;
mod gradient;
mod repulsion;
mod trainer;
mod tree;

use std::sync::Arc;

use affinities::Joint;
pub use affinities::{conditional, joint};
pub use gradient::{divergence, gradient};
pub use repulsion::Repulsion;

use self::trainer::TsneTrainer;
use super::embedding::Method;
use super::neighbors::Metric;
use super::rows::{check_distances, standard_layout};
use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, choice, integer, real, real_log};

/// t-SNE, unfitted.
#[derive(Debug, Clone)]
pub struct Tsne {
    perplexity: f64,
    early_exaggeration: f64,
    /// 0 where it follows from the number of rows.
    learning_rate: f64,
    max_iter: usize,
    angle: f64,
    starts_at_random: bool,
    metric: Metric,
}

impl Tsne {
    const METHOD: Method = Method::Tsne;

    /// As scikit-learn's "auto", unless set: the pull that is `exaggeration` times stronger takes
    /// steps as much shorter.
    fn step_size(&self, n_samples: usize, exaggeration: f64) -> f64 {
        if self.learning_rate > 0.0 {
            return self.learning_rate;
        }
        (n_samples as f64 / exaggeration / 4.0).max(50.0)
    }

    /// The perplexity that so many rows allow.
    fn perplexity_of(&self, n_samples: usize) -> f64 {
        let most = n_samples.saturating_sub(1) as f64 / 3.0;
        self.perplexity.min(most).max(1.0)
    }
}

/// Neighbors that a perplexity takes into account.
fn n_neighbors(perplexity: f64, n_samples: usize) -> usize {
    ((3.0 * perplexity) as usize).min(n_samples.saturating_sub(1))
}

impl Estimator for Tsne {
    const INFO: Info = Info {
        id: "tsne",
        label: "t-SNE",
        tasks: &[Task::Projection],
        family: "Maps of neighbors",
        summary: "Lays rows out on a plane so that near rows stay near.",
        use_when: "Use it to see groups in many features, up to some 100,000 rows.",
        avoid_when: "Avoid it where distances between groups or their sizes matter, or many new rows must be placed.",
        unit: "iteration",
        loss: "Kullback\u{2013}Leibler divergence (nats)",
        hyperparameters: &[
            real_log(
                "perplexity",
                "Perplexity",
                (1.0, 1000.0, 30.0),
                "How many neighbors each row attends to. Few show fine detail, many the large lines.",
            ),
            real(
                "early_exaggeration",
                "Early exaggeration",
                (1.0, 100.0, 12.0),
                "How much stronger the pull is in the first 250 iterations. More separates groups more clearly.",
            ),
            real(
                "learning_rate",
                "Learning rate",
                (0.0, 1e5, 0.0),
                "How far each iteration goes; 0 chooses by the number of rows. Too much scatters the rows in a ball, too little leaves them in a lump.",
            ),
            integer(
                "max_iter",
                "Iterations",
                (1, 100_000, 1000),
                "How many iterations at most. Fewer than 500 seldom suffice.",
            ),
            real(
                "angle",
                "Angle",
                (0.0, 1.0, 0.5),
                "From how small an angle of sight far rows are taken together. 0 sums every pair; more is faster and rougher.",
            ),
            choice(
                "init",
                "Start",
                &[("pca", "principal components"), ("random", "at random")],
                "Where the rows start. Principal components keep the large lines and are the same for every seed.",
            ),
            choice(
                "metric",
                "Distance",
                &[
                    ("euclidean", "straight line (Euclidean)"),
                    ("manhattan", "sum of differences (Manhattan)"),
                    ("cosine", "angle (cosine)"),
                ],
                "How the distance between two rows is measured.",
            ),
        ],
        cost: "O(n_samples\u{b2} \u{b7} n_features + iterations \u{b7} n_samples \u{b7} log n_samples)",
        reference: "L. van der Maaten & G. Hinton, \u{201c}Visualizing data using t-SNE\u{201d}, Journal of Machine Learning Research 9, 2008.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            perplexity: settings.real("perplexity")?,
            early_exaggeration: settings.real("early_exaggeration")?,
            learning_rate: settings.real("learning_rate")?,
            max_iter: settings.count("max_iter")?,
            angle: settings.real("angle")?,
            starts_at_random: settings.choice("init")? == "random",
            metric: Metric::parse(settings.choice("metric")?)?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        check_distances(&data)?;
        let data = standard_layout(data);
        Ok(Box::new(TsneTrainer::new(self.clone(), &data, rng)))
    }

    /// Seconds as measured on one core in a page.
    fn demand(&self, data: &Dataset) -> Demand {
        let (n, p) = (data.n_samples() as f64, data.n_features() as f64);
        let k = n_neighbors(self.perplexity_of(data.n_samples()), data.n_samples()) as f64;
        Demand {
            // Neighbors, then both directions of each edge twice over; the rows twice.
            bytes: n * (16.0 * k + 4.0 * 12.0 * k + 16.0 * p + 300.0),
            seconds: 5e-11 * n * n * p + 2.5e-9 * n * (4.0 * k + 500.0) * self.max_iter as f64,
        }
    }
}
