//! Linear discriminant analysis: each class a cloud of the same shape, at its own place.
//!
//! Rows of a class are taken as normal around its mean, with one covariance for all classes.
//! Bayes' rule then gives probabilities whose logits are weighted sums of the features: of class
//! k, with mean mₖ, share πₖ and common covariance S, xᵀS⁻¹mₖ − ½·mₖᵀS⁻¹mₖ + ln πₖ. The first step
//! finds the means; the next absorb blocks of rows, less the mean of their class, into the
//! triangle of a QR factorization; the last turn it into its singular values, a sweep of Jacobi
//! rotations each. Directions along which classes do not spread (singular values at most tol,
//! with every feature scaled to a deviation of 1 within classes) are left out, so dependent
//! features do no harm. There is no loss that falls; the log loss of the end is shown, in nats.
//!
//! With shrinkage the covariance is pulled towards a multiple of the identity, which helps where
//! rows are few for the features: by a fixed amount, or by the amount of Ledoit and Wolf for each
//! class, on features scaled to a deviation of 1.
//!
//! Cost: O(n_samples · n_features²). Limits: borders between classes are flat, and classes whose
//! shapes differ are described badly. A class without training rows never wins.
//!
//! Reference: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
//! Eugenics 7, 1936; O. Ledoit & M. Wolf, "Honey, I shrunk the sample covariance matrix",
//! J. Portfolio Management 30(4), 2004. As scikit-learn's solver svd without shrinkage, and its
//! lsqr with it. Deviations: means of classes that nearly lie on a line are not moved onto it;
//! a constant column weighs 0.

mod rows;
mod solution;
mod trainer;

use std::sync::Arc;

use super::{Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, choice, real, real_log};

/// How the covariance is pulled towards a multiple of the identity.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shrinkage {
    None,
    LedoitWolf,
    Fixed(f64),
}

/// The settings of a linear discriminant analysis.
#[derive(Debug, Clone)]
pub struct Lda {
    shrinkage: Shrinkage,
    tol: f64,
}

impl Estimator for Lda {
    const INFO: Info = Info {
        id: "lda",
        label: "Linear discriminant",
        tasks: &[Task::Classification],
        family: "Linear",
        summary: "Takes each class as a cloud of the same shape and asks in which a row would be most at home.",
        use_when: "Use it for a fast, steady classifier without settings, above all for few rows and several classes.",
        avoid_when: "Avoid it where classes differ in shape, features are far from bell-shaped, or borders are curved.",
        unit: "pass",
        loss: "log loss (nats)",
        hyperparameters: &[
            choice(
                "shrinkage",
                "Shrinkage",
                &[
                    ("none", "none"),
                    ("auto", "by Ledoit and Wolf"),
                    ("fixed", "a fixed amount"),
                ],
                "Whether the covariance is pulled towards a ball. It helps where rows are few for the features.",
            ),
            real(
                "amount",
                "Amount of shrinkage",
                (0.0, 1.0, 0.1),
                "How far a fixed shrinkage goes: 0 keeps the covariance, 1 makes all directions alike.",
            ),
            real_log(
                "tol",
                "Least spread",
                (0.0, 1.0, 1e-4),
                "Directions along which classes spread less than this, of features scaled to 1, are left out. Used without shrinkage.",
            ),
        ],
        cost: "O(n_samples \u{b7} n_features\u{b2})",
        reference: "R. A. Fisher, \u{201c}The use of multiple measurements in taxonomic problems\u{201d}, Annals of Eugenics 7, 1936.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let shrinkage = match settings.choice("shrinkage")? {
            "auto" => Shrinkage::LedoitWolf,
            "fixed" => Shrinkage::Fixed(settings.real("amount")?),
            _ => Shrinkage::None,
        };
        Ok(Self {
            shrinkage,
            tol: settings.real("tol")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        Ok(Box::new(trainer::LdaTrainer::new(data, self)?))
    }
}
