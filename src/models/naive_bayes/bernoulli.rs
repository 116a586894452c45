//! Bernoulli naive Bayes: each feature is there or not.
//!
//! A feature counts as present where it is above `binarize`; with the scaling that a recipe
//! starts from, 0 is its mean. Each class keeps the share of its rows that have the feature, and
//! unlike [`super::multinomial`] a feature's absence speaks too. `alpha` rows with and `alpha`
//! rows without the feature are added to every class. See [`super`] for steps, loss, cost and
//! limits.
//!
//! Reference: A. McCallum & K. Nigam, "A comparison of event models for naive Bayes text
//! classification", AAAI Workshop on Learning for Text Categorization, 1998; as scikit-learn's
//! `BernoulliNB`.

use std::sync::Arc;

use super::counts::{ALPHA, Counts, FIT_PRIOR, Options};
use super::trainer::NaiveBayesTrainer;
use crate::error::Result;
use crate::models::{Estimator, Info, Trainer};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, real};

/// Bernoulli naive Bayes, unfitted.
#[derive(Debug, Clone)]
pub struct BernoulliNb {
    options: Options,
}

impl Estimator for BernoulliNb {
    const INFO: Info = Info {
        id: "bernoulli_nb",
        label: "Bernoulli naive Bayes",
        tasks: &[Task::Classification],
        family: "Naive Bayes",
        summary: "Asks of each feature only whether it is there, and compares with how often it is in each class.",
        use_when: "Use it for yes-or-no features, or short texts.",
        avoid_when: "Avoid it where it matters how much of a feature there is.",
        unit: "pass",
        loss: "negative log-likelihood (nats)",
        hyperparameters: &[
            ALPHA,
            real(
                "binarize",
                "Threshold",
                (-1e9, 1e9, 0.0),
                "Above this a feature counts as present. With standard scaling 0 is the mean of each number.",
            ),
            FIT_PRIOR,
        ],
        cost: "O(n_samples \u{b7} n_features)",
        reference: "A. McCallum & K. Nigam, \u{201c}A comparison of event models for naive Bayes text classification\u{201d}, AAAI Workshop on Learning for Text Categorization, 1998.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let options = Options::new(settings, Some(settings.real("binarize")?))?;
        Ok(Self { options })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        let counts = Counts::new(&data, self.options)?;
        Ok(Box::new(NaiveBayesTrainer::new(data, counts)))
    }
}
