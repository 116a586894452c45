//! Sums of features within classes: what multinomial and Bernoulli naive Bayes learn from.

use ndarray::Array2;

use super::model::{Likelihood, NaiveBayesModel};
use super::trainer::{Rows, Statistics, n_classes, priors};
use crate::error::Result;
use crate::math;
use crate::prepare::Dataset;
use crate::settings::{Checked, Hyperparameter, flag, real_log};

pub(super) const ALPHA: Hyperparameter = real_log(
    "alpha",
    "Smoothing",
    (1e-10, 1e6, 1.0),
    "What is added to every count, so that what was never seen in a class is improbable there but not impossible. More pulls the classes together.",
);

pub(super) const FIT_PRIOR: Hyperparameter = flag(
    "fit_prior",
    "Learn shares",
    true,
    "Whether classes are as frequent as in the training rows; otherwise all are taken as equally frequent.",
);

/// How sums become probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Options {
    pub alpha: f64,
    pub fit_prior: bool,
    /// The threshold above which a feature counts as present; `None` to take it as a count.
    pub binarize: Option<f64>,
}

impl Options {
    pub(super) fn new(settings: &Checked, binarize: Option<f64>) -> Result<Self> {
        Ok(Self {
            alpha: settings.real("alpha")?,
            fit_prior: settings.flag("fit_prior")?,
            binarize,
        })
    }
}

/// Sums of features, and weights, by class.
#[derive(Clone)]
pub(super) struct Counts {
    options: Options,
    n_features: usize,
    /// `(n_classes,)`: sums of weights.
    of_class: Vec<f64>,
    /// `(n_classes, n_features)` row by row.
    of_feature: Vec<f64>,
}

impl Counts {
    pub(super) fn new(data: &Dataset, options: Options) -> Result<Self> {
        let n_classes = n_classes(data)?;
        Ok(Self {
            options,
            n_features: data.n_features(),
            of_class: vec![0.0; n_classes],
            of_feature: vec![0.0; n_classes * data.n_features()],
        })
    }

    fn likelihood(&self) -> Likelihood {
        let (d, alpha) = (self.n_features, self.options.alpha);
        let rows = self.of_feature.chunks_exact(d).zip(&self.of_class);
        let shape = (self.of_class.len(), d);
        let matrix =
            |values: Vec<f64>| Array2::from_shape_fn(shape, |(class, j)| values[class * d + j]);
        match self.options.binarize {
            None => {
                let of_class = |(sums, _): (&[f64], &f64)| -> Vec<f64> {
                    let total = math::ln(sums.iter().map(|s| s + alpha).sum::<f64>());
                    let share = |s: &f64| math::ln(s + alpha) - total;
                    sums.iter().map(share).collect()
                };
                Likelihood::Multinomial {
                    feature_log_prob: matrix(rows.flat_map(of_class).collect()),
                }
            }
            Some(threshold) => {
                let share = |(sums, count): (&[f64], &f64)| -> Vec<f64> {
                    let total = math::ln(count + 2.0 * alpha);
                    sums.iter().map(|s| math::ln(s + alpha) - total).collect()
                };
                let absent = |(sums, count): (&[f64], &f64)| -> Vec<f64> {
                    let total = math::ln(count + 2.0 * alpha);
                    let rest = |s: &f64| math::ln((count - s).max(0.0) + alpha) - total;
                    sums.iter().map(rest).collect()
                };
                Likelihood::Bernoulli {
                    threshold,
                    present: matrix(rows.clone().flat_map(share).collect()),
                    absent: matrix(rows.flat_map(absent).collect()),
                }
            }
        }
    }
}

impl Statistics for Counts {
    fn of_rows(&self, rows: Rows) -> Self {
        let mut sums = Self {
            of_class: vec![0.0; self.of_class.len()],
            of_feature: vec![0.0; self.of_feature.len()],
            ..self.clone()
        };
        for (x, class, weight) in rows.iter() {
            sums.of_class[class] += weight;
            let places = class * self.n_features..(class + 1) * self.n_features;
            for (sum, &x) in sums.of_feature[places].iter_mut().zip(x) {
                *sum += match self.options.binarize {
                    None => weight * x,
                    Some(threshold) if x > threshold => weight,
                    Some(_) => 0.0,
                };
            }
        }
        sums
    }

    fn merge(&mut self, other: &Self) {
        let add = |(own, new): (&mut f64, &f64)| *own += new;
        self.of_class.iter_mut().zip(&other.of_class).for_each(add);
        let sums = self.of_feature.iter_mut().zip(&other.of_feature);
        sums.for_each(add);
    }

    fn model(&self) -> NaiveBayesModel {
        let priors = priors(&self.of_class, !self.options.fit_prior);
        NaiveBayesModel::new(priors, self.likelihood())
    }

    fn loss(&self) -> f64 {
        let total: f64 = self.of_class.iter().sum();
        let priors = priors(&self.of_class, !self.options.fit_prior);
        let likelihood = self.likelihood();
        let of_class = |class: usize| {
            let places = class * self.n_features..(class + 1) * self.n_features;
            let sums = &self.of_feature[places];
            let count = self.of_class[class];
            count * math::ln(priors[class]) + likelihood.of_sums(class, sums, count)
        };
        let present = (0..self.of_class.len()).filter(|&class| self.of_class[class] > 0.0);
        -present.map(of_class).sum::<f64>() / total
    }
}
