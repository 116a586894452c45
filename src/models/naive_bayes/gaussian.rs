//! Gaussian naive Bayes: within a class every feature is bell-shaped.
//!
//! Each class keeps the mean and the variance of every feature. A share `var_smoothing` of the
//! largest variance of any feature is added to all variances, so that a feature that is constant
//! within a class does not decide alone. See [`super`] for steps, loss, cost and limits.
//!
//! Reference: R. O. Duda & P. E. Hart, "Pattern Classification and Scene Analysis", Wiley, 1973;
//! merging after T. F. Chan, G. H. Golub & R. J. LeVeque, "Updating formulae and a pairwise
//! algorithm for computing sample variances", COMPSTAT 1982. Deviations from scikit-learn's
//! `GaussianNB`: the largest variance is that of the weighted rows, so that a weight of 2 is a
//! row given twice; where no feature varies at all, every class is as probable as its share.

use std::sync::Arc;

use ndarray::Array2;

use super::model::{Likelihood, NaiveBayesModel};
use super::trainer::{NaiveBayesTrainer, Rows, Statistics, n_classes, priors};
use crate::error::Result;
use crate::math;
use crate::models::rows::check_distances;
use crate::models::{Estimator, Info, Trainer};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, choice, real_log};

/// Gaussian naive Bayes, unfitted.
#[derive(Debug, Clone)]
pub struct GaussianNb {
    has_even_priors: bool,
    var_smoothing: f64,
}

impl Estimator for GaussianNb {
    const INFO: Info = Info {
        id: "gaussian_nb",
        label: "Gaussian naive Bayes",
        tasks: &[Task::Classification],
        family: "Naive Bayes",
        summary: "Describes each class by the mean and spread of every feature and asks where a row fits best.",
        use_when: "Use it for a first answer in an instant, with few rows or many features that vary on their own.",
        avoid_when: "Avoid it where features go together, or where the probabilities themselves matter.",
        unit: "pass",
        loss: "negative log-likelihood (nats)",
        hyperparameters: &[
            choice(
                "priors",
                "Shares of classes",
                &[
                    ("none", "as in the training rows"),
                    ("uniform", "all the same"),
                ],
                "How frequent each class is taken to be before a row is looked at.",
            ),
            real_log(
                "var_smoothing",
                "Smoothing",
                (1e-15, 1.0, 1e-9),
                "The share of the largest variance that is added to all variances. More makes features that hardly vary within a class count less.",
            ),
        ],
        cost: "O(n_samples \u{b7} n_features)",
        reference: "R. O. Duda & P. E. Hart, \u{201c}Pattern Classification and Scene Analysis\u{201d}, Wiley, 1973.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            has_even_priors: settings.choice("priors")? == "uniform",
            var_smoothing: settings.real("var_smoothing")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        check_distances(&data)?;
        let moments = ClassMoments {
            settings: self.clone(),
            n_features: data.n_features(),
            counts: vec![0.0; n_classes(&data)?],
            means: vec![0.0; n_classes(&data)? * data.n_features()],
            squares: vec![0.0; n_classes(&data)? * data.n_features()],
        };
        Ok(Box::new(NaiveBayesTrainer::new(data, moments)))
    }
}

/// Weight, mean and squared deviations of every feature in every class.
#[derive(Clone)]
struct ClassMoments {
    settings: GaussianNb,
    n_features: usize,
    /// `(n_classes,)`: sums of weights.
    counts: Vec<f64>,
    /// `(n_classes, n_features)` row by row, as `squares`.
    means: Vec<f64>,
    /// Weighted sums of squared deviations from the mean.
    squares: Vec<f64>,
}

impl ClassMoments {
    fn class(&self, class: usize) -> std::ops::Range<usize> {
        class * self.n_features..(class + 1) * self.n_features
    }

    /// Mean and variance of a feature over all classes.
    fn overall(&self, feature: usize) -> (f64, f64) {
        let total: f64 = self.counts.iter().sum();
        let classes = || self.counts.iter().enumerate();
        let at = |class: usize| class * self.n_features + feature;
        let mean = classes().map(|(c, n)| n / total * self.means[at(c)]).sum();
        let squares = classes().map(|(c, n)| {
            let shift = self.means[at(c)] - mean;
            self.squares[at(c)] + n * shift * shift
        });
        (mean, squares.sum::<f64>() / total)
    }

    /// What is added to every variance; 1 where nothing varies, which makes all densities equal.
    fn smoothing(&self) -> f64 {
        let variances = (0..self.n_features).map(|j| self.overall(j).1);
        let smoothing = self.settings.var_smoothing * variances.fold(0.0, f64::max);
        if smoothing > 0.0 { smoothing } else { 1.0 }
    }

    /// Smoothed variances, `(n_classes, n_features)`; 1 for a class without rows.
    fn variances(&self) -> Vec<f64> {
        let smoothing = self.smoothing();
        let classes = self.counts.iter().zip(self.squares.chunks(self.n_features));
        let of_class = |(count, squares): (&f64, &[f64])| -> Vec<f64> {
            let variance = |s: &f64| {
                if *count > 0.0 {
                    s / count + smoothing
                } else {
                    1.0
                }
            };
            squares.iter().map(variance).collect()
        };
        classes.flat_map(of_class).collect()
    }
}

impl Statistics for ClassMoments {
    fn of_rows(&self, rows: Rows) -> Self {
        let mut sums = Self {
            counts: vec![0.0; self.counts.len()],
            means: vec![0.0; self.means.len()],
            squares: vec![0.0; self.squares.len()],
            ..self.clone()
        };
        for (x, class, weight) in rows.iter() {
            let places = sums.class(class);
            sums.counts[class] += weight;
            let means = sums.means[places].iter_mut().zip(x);
            means.for_each(|(mean, x)| *mean += weight * x);
        }
        for class in 0..sums.counts.len() {
            let (places, count) = (sums.class(class), sums.counts[class]);
            if count > 0.0 {
                sums.means[places].iter_mut().for_each(|m| *m /= count);
            }
        }
        for (x, class, weight) in rows.iter() {
            let places = sums.class(class);
            let means = sums.means[places.clone()].iter().zip(x);
            let squares = sums.squares[places].iter_mut().zip(means);
            squares.for_each(|(square, (mean, x))| *square += weight * (x - mean) * (x - mean));
        }
        sums
    }

    fn merge(&mut self, other: &Self) {
        for class in 0..self.counts.len() {
            let (own, new) = (self.counts[class], other.counts[class]);
            if new <= 0.0 {
                continue;
            }
            let total = own + new;
            for at in self.class(class) {
                let shift = other.means[at] - self.means[at];
                self.squares[at] += other.squares[at] + shift * shift * (own / total * new);
                self.means[at] += shift * (new / total);
            }
            self.counts[class] = total;
        }
    }

    fn model(&self) -> NaiveBayesModel {
        let shape = (self.counts.len(), self.n_features);
        let matrix =
            |values: Vec<f64>| Array2::from_shape_fn(shape, |(c, j)| values[c * shape.1 + j]);
        let priors = priors(&self.counts, self.settings.has_even_priors);
        let likelihood = Likelihood::Gaussian {
            means: matrix(self.means.clone()),
            variances: matrix(self.variances()),
        };
        NaiveBayesModel::new(priors, likelihood)
    }

    fn loss(&self) -> f64 {
        let total: f64 = self.counts.iter().sum();
        let priors = priors(&self.counts, self.settings.has_even_priors);
        let variances = self.variances();
        let of_class = |class: usize| {
            let places = self.class(class);
            let features = variances[places.clone()].iter().zip(&self.squares[places]);
            let count = self.counts[class];
            let spread: f64 = features
                .map(|(v, s)| math::ln(std::f64::consts::TAU * v) + s / count / v)
                .sum();
            count / total * (0.5 * spread - math::ln(priors[class]))
        };
        let present = (0..self.counts.len()).filter(|&class| self.counts[class] > 0.0);
        present.map(of_class).sum()
    }
}
