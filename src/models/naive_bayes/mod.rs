//! Naive Bayes: how probable is such a row in each class, feature by feature?
//!
//! Bayes' rule turns the share of each class and the probability of the row within it into
//! probabilities of the classes. *Naive* is to take the features as independent within a class,
//! so that each needs only a few sums: means and variances ([`gaussian`]), totals
//! ([`multinomial`]) or counts of rows ([`bernoulli`]). One step absorbs a twentieth of the rows
//! (fewer where they are many and wide) and the sums of chunks are merged in order, so the model
//! is at any time what the rows so far say. The loss is the mean negative log-likelihood of the
//! rows so far and their classes together, in nats, computed from the sums. All is done with
//! logarithms: products of many small probabilities would vanish.
//!
//! Cost: O(n_samples · n_features) for all steps together.
//!
//! Limits: features that repeat one another count twice, so probabilities tend to 0 and 1; the
//! order of the classes suffers less. A class without rows has probability 0.
//!
//! Reference: M. E. Maron, "Automatic indexing: an experimental inquiry", J. ACM 8(3), 1961;
//! formulas and defaults are scikit-learn's.

pub mod bernoulli;
mod counts;
pub mod gaussian;
mod model;
pub mod multinomial;
mod trainer;

pub use model::{Likelihood, NaiveBayesModel};
