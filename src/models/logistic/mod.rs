//! Logistic regression: weighted sums of the features, turned into probabilities.
//!
//! With two classes one weighted sum is the log-odds of the second class; with more, each class
//! has its own sum and the softmax makes them probabilities. One step is one iteration of
//! L-BFGS ([`crate::linalg::lbfgs`]): all rows are predicted, the errors give the gradient, and
//! the coefficients move downhill. The loss is the mean *log loss*, −ln of the probability given
//! to the true class, in nats, plus the penalty over C·n_samples; intercepts are not penalized.
//! It has one minimum, and the fit is done where the gradient vanishes. With weights the mean is
//! weighted and n_samples is the sum of the weights.
//!
//! The penalty is ½·‖coefficients‖² (l2), ‖coefficients‖₁ (l1), which sets coefficients to
//! exactly 0 and so selects features, or a mix of both (elasticnet). Sizes have a kink at 0, so
//! these take OWL-QN ([`crate::linalg::owlqn`]), L-BFGS within one choice of signs.
//!
//! Cost: O(n_samples · n_features · n_classes) a step, some 20 to 50 steps.
//!
//! Limits: classes are told apart by flat borders only. Where they can be told apart without a
//! mistake there is no minimum without a penalty: the coefficients grow for ever; a note says
//! so. A class without training rows keeps a small probability.
//!
//! Reference: D. R. Cox, "The regression analysis of binary sequences", J. Royal Statistical
//! Society B 20(2), 1958; objective and defaults are those of scikit-learn. Deviations: columns
//! are centered and scaled inside, which changes the path but not the minimum, so features of
//! any unit converge; the tolerance is on the gradient in those units (for standardized
//! features they are scikit-learn's).

mod model;
mod objective;
mod separation;
mod trainer;

use std::sync::Arc;

pub use model::LogisticModel;

use super::weights::{CLASS_WEIGHT, present_rows, sample_weights};
use super::{Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, choice, flag, integer, real, real_log};

use objective::{Objective, Options};
use trainer::LogisticTrainer;

const HYPERPARAMETERS: &[Hyperparameter] = &[
    choice(
        "penalty",
        "Penalty",
        &[
            ("l2", "squared size of the coefficients"),
            ("l1", "size of the coefficients"),
            ("elasticnet", "both"),
            ("none", "none"),
        ],
        "Whether large coefficients cost something. The penalty keeps them small where data are few; one on their size sets those of features that matter little to 0.",
    ),
    real(
        "l1_ratio",
        "Share of sizes",
        (0.0, 1.0, 0.5),
        "How the penalty elasticnet is mixed: 1 is l1, 0 is l2. The other penalties do not use it.",
    ),
    real_log(
        "C",
        "Inverse penalty",
        (1e-6, 1e6, 1.0),
        "How little large coefficients cost. Smaller values give a simpler, more cautious model.",
    ),
    flag(
        "fit_intercept",
        "Intercept",
        true,
        "Whether each sum starts at a learnt constant. Switch it off only if all features are 0 where no class is favored.",
    ),
    CLASS_WEIGHT,
    integer(
        "max_iter",
        "Most iterations",
        (1, 100_000, 100),
        "After how many iterations to stop at the latest.",
    ),
    real_log(
        "tol",
        "Tolerance",
        (1e-12, 1.0, 1e-4),
        "Training is done when no entry of the gradient is larger than this. Smaller values take longer and end closer to the minimum.",
    ),
];

/// The settings of a logistic regression.
#[derive(Debug, Clone)]
pub struct Logistic {
    options: Options,
    is_balanced: bool,
    max_iter: usize,
    tol: f64,
}

impl Estimator for Logistic {
    const INFO: Info = Info {
        id: "logistic",
        label: "Logistic regression",
        tasks: &[Task::Classification],
        family: "Linear",
        summary: "Weighs each feature for or against each class and turns the sums into probabilities.",
        use_when: "Use it for a fast first model with trustworthy probabilities, whose coefficients say what counts.",
        avoid_when: "Avoid it where the border between the classes is curved, or features matter only together.",
        unit: "iteration",
        loss: "log loss (nats)",
        hyperparameters: HYPERPARAMETERS,
        cost: "O(n_samples \u{b7} n_features \u{b7} n_classes) a step, some 20 to 50 steps",
        reference: "D. R. Cox, \u{201c}The regression analysis of binary sequences\u{201d}, J. Royal Statistical Society B 20(2), 1958.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let penalty = settings.choice("penalty")?;
        Ok(Self {
            is_balanced: settings.choice("class_weight")? == "balanced",
            options: Options {
                inverse_penalty: (penalty != "none").then_some(settings.real("C")?),
                l1_ratio: match penalty {
                    "l1" => 1.0,
                    "elasticnet" => settings.real("l1_ratio")?,
                    _ => 0.0,
                },
                fit_intercept: settings.flag("fit_intercept")?,
            },
            max_iter: settings.count("max_iter")?,
            tol: settings.real("tol")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        let data = present_rows(data);
        let Target::Classes { codes, labels } = &data.target else {
            let message = "Logistic regression needs a target with classes.";
            return Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"));
        };
        let weights = sample_weights(&data, self.is_balanced);
        let classes = (codes.as_slice(), labels.len());
        let objective = Objective::new(&data.x, weights, classes, &self.options);
        let names = (data.feature_names.clone(), labels.clone());
        let trainer = LogisticTrainer::new(objective, names, self.max_iter, self.tol);
        Ok(Box::new(trainer))
    }
}
