//! Multinomial naive Bayes: features are counts, such as words of a text.
//!
//! Each class keeps the share of every feature in the sum of all its features; a row is compared
//! with these shares. `alpha` is added to every sum. Features must not be negative. See
//! [`super`] for steps, loss, cost and limits; the loss leaves out the number of orders in which
//! the counts of a row may have come, which is the same for all classes.
//!
//! Reference: A. McCallum & K. Nigam, "A comparison of event models for naive Bayes text
//! classification", AAAI Workshop on Learning for Text Categorization, 1998; as scikit-learn's
//! `MultinomialNB`.

use std::sync::Arc;

use super::counts::{ALPHA, Counts, FIT_PRIOR, Options};
use super::trainer::NaiveBayesTrainer;
use crate::error::Result;
use crate::models::{Estimator, Info, Trainer};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::Checked;

/// Multinomial naive Bayes, unfitted.
#[derive(Debug, Clone)]
pub struct MultinomialNb {
    options: Options,
}

impl Estimator for MultinomialNb {
    const INFO: Info = Info {
        id: "multinomial_nb",
        label: "Multinomial naive Bayes",
        tasks: &[Task::Classification],
        family: "Naive Bayes",
        summary: "Compares the shares of a row's counts with those of each class.",
        use_when: "Use it for counts: words of a text, purchases, events.",
        avoid_when: "Avoid it for measurements; numbers below 0 it refuses.",
        unit: "pass",
        loss: "negative log-likelihood (nats)",
        hyperparameters: &[ALPHA, FIT_PRIOR],
        cost: "O(n_samples \u{b7} n_features)",
        reference: "A. McCallum & K. Nigam, \u{201c}A comparison of event models for naive Bayes text classification\u{201d}, AAAI Workshop on Learning for Text Categorization, 1998.",
        takes_negatives: false,
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let options = Options::new(settings, None)?;
        Ok(Self { options })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        let counts = Counts::new(&data, self.options)?;
        Ok(Box::new(NaiveBayesTrainer::new(data, counts)))
    }
}
