//! A fitted naive Bayes classifier.

use ndarray::{Array2, ArrayView2, Axis};

use crate::error::Result;
use crate::linalg::dot;
use crate::math;
use crate::models::model::damaged;
use crate::models::{Fitted, Parts, Prediction};
use crate::prepare::{Dataset, Target};

/// How probable a row is within each class.
#[derive(Debug, Clone, PartialEq)]
pub enum Likelihood {
    /// Every feature is normally distributed.
    Gaussian {
        /// `(n_classes, n_features)`.
        means: Array2<f64>,
        /// `(n_classes, n_features)`, positive.
        variances: Array2<f64>,
    },
    /// Features are counts.
    Multinomial {
        /// `(n_classes, n_features)`: ln of the share of the feature in the class.
        feature_log_prob: Array2<f64>,
    },
    /// Features are there or not.
    Bernoulli {
        /// Above this a feature is there.
        threshold: f64,
        /// `(n_classes, n_features)`: ln of the share of rows with the feature.
        present: Array2<f64>,
        /// `(n_classes, n_features)`: ln of the share of rows without it.
        absent: Array2<f64>,
    },
}

/// Shares of classes, and how probable rows are within each.
#[derive(Debug, Clone, PartialEq)]
pub struct NaiveBayesModel {
    /// `(n_classes,)`, summing to 1: how frequent each class is.
    pub priors: Vec<f64>,
    /// How probable a row is within a class.
    pub likelihood: Likelihood,
    /// What a row of zeros, or of absent features, adds for each class.
    offsets: Vec<f64>,
}

/// No single feature adds more than this, so that sums stay finite.
const MOST: f64 = 1e200;

impl NaiveBayesModel {
    /// `(n_classes,)`: what of the joint log likelihood does not depend on the row.
    pub fn offsets(&self) -> &[f64] {
        &self.offsets
    }

    /// - `priors`: `(n_classes,)`.
    pub(super) fn new(priors: Vec<f64>, likelihood: Likelihood) -> Self {
        let offsets = priors.iter().zip(likelihood.offsets());
        Self {
            offsets: offsets.map(|(p, offset)| math::ln(*p) + offset).collect(),
            priors,
            likelihood,
        }
    }

    /// ln of the probability (density) of a row and each class together, `(n_classes,)`; −∞
    /// for a class without training rows.
    ///
    /// - `row`: `(n_features,)`.
    pub fn joint_log_likelihood(&self, row: &[f64]) -> Vec<f64> {
        let classes = self.offsets.iter().enumerate();
        classes
            .map(|(class, offset)| offset + self.likelihood.of_row(class, row))
            .collect()
    }
}

impl Likelihood {
    fn matrix(&self) -> &Array2<f64> {
        match self {
            Self::Gaussian { means, .. } => means,
            Self::Multinomial { feature_log_prob } => feature_log_prob,
            Self::Bernoulli { present, .. } => present,
        }
    }

    /// What does not depend on the row, `(n_classes,)`.
    fn offsets(&self) -> Vec<f64> {
        match self {
            Self::Gaussian { variances, .. } => {
                let of_class = |v: &f64| math::ln(std::f64::consts::TAU * v);
                let classes = variances.rows().into_iter();
                classes
                    .map(|row| -0.5 * row.iter().map(of_class).sum::<f64>())
                    .collect()
            }
            Self::Multinomial { feature_log_prob } => vec![0.0; feature_log_prob.nrows()],
            Self::Bernoulli { absent, .. } => absent.sum_axis(Axis(1)).to_vec(),
        }
    }

    /// What the features of a row add for a class.
    fn of_row(&self, class: usize, row: &[f64]) -> f64 {
        match self {
            Self::Gaussian { means, variances } => {
                let moments = means.row(class).into_iter().zip(variances.row(class));
                let squares = row
                    .iter()
                    .zip(moments)
                    .map(|(x, (mean, variance))| ((x - mean) * (x - mean) / variance).min(MOST));
                -0.5 * squares.sum::<f64>()
            }
            Self::Multinomial { feature_log_prob } => {
                let shares = feature_log_prob.row(class);
                let sum = dot(row, shares.as_slice().unwrap_or(&[]));
                if sum.is_nan() {
                    0.0
                } else {
                    sum.clamp(-MOST, MOST)
                }
            }
            Self::Bernoulli {
                threshold,
                present,
                absent,
            } => {
                let features = row.iter().zip(present.row(class)).zip(absent.row(class));
                let there = features.filter(|((x, _), _)| **x > *threshold);
                there.map(|((_, present), absent)| present - absent).sum()
            }
        }
    }

    /// What rows add for a class, from their sums of features and their weight; 0 for
    /// [`Likelihood::Gaussian`], which sums do not determine.
    pub(super) fn of_sums(&self, class: usize, sums: &[f64], weight: f64) -> f64 {
        match self {
            Self::Gaussian { .. } => 0.0,
            Self::Multinomial { feature_log_prob } => {
                let shares = feature_log_prob.row(class);
                shares.iter().zip(sums).map(|(p, s)| p * s).sum()
            }
            Self::Bernoulli {
                present, absent, ..
            } => {
                let features = present.row(class).into_iter().zip(absent.row(class));
                let terms = features.zip(sums);
                terms.map(|((p, q), s)| s * p + (weight - s) * q).sum()
            }
        }
    }
}

impl Fitted for NaiveBayesModel {
    fn n_features(&self) -> usize {
        self.likelihood.matrix().ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let n_classes = self.priors.len();
        let mut probabilities = Array2::zeros((x.nrows(), n_classes));
        let mut codes = Vec::with_capacity(x.nrows());
        for (row, mut out) in x.rows().into_iter().zip(probabilities.rows_mut()) {
            let mut logits = self.joint_log_likelihood(&row.to_vec());
            codes.push(math::argmax(&logits) as u32);
            math::softmax(&mut logits);
            out.iter_mut().zip(logits).for_each(|(out, p)| *out = p);
        }
        Prediction::Classes {
            codes,
            probabilities,
        }
    }

    fn loss(&self, data: &Dataset) -> Option<f64> {
        let Target::Classes { codes, .. } = &data.target else {
            return None;
        };
        let rows = data.x.rows().into_iter().zip(codes);
        let losses = rows.map(|(row, &code)| {
            let joint = self.joint_log_likelihood(&row.to_vec());
            joint.get(code as usize).map(|joint| -joint)
        });
        let loss = math::mean(&losses.collect::<Option<Vec<f64>>>()?)?;
        loss.is_finite().then_some(loss)
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put_vector("priors", &self.priors);
        match &self.likelihood {
            Likelihood::Gaussian { means, variances } => {
                parts.put_matrix("means", means);
                parts.put_matrix("variances", variances);
            }
            Likelihood::Multinomial { feature_log_prob } => {
                parts.put_matrix("feature_log_prob", feature_log_prob);
            }
            Likelihood::Bernoulli {
                threshold,
                present,
                absent,
            } => {
                parts.put("threshold", *threshold);
                parts.put_matrix("present", present);
                parts.put_matrix("absent", absent);
            }
        }
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let priors = parts.vector("priors")?;
        let sum: f64 = priors.iter().sum();
        if priors.len() < 2 || priors.iter().any(|p| *p < 0.0) || (sum - 1.0).abs() > 1e-6 {
            return Err(damaged("priors"));
        }
        let likelihood = read_likelihood(parts, priors.len())?;
        Ok(Self::new(priors, likelihood))
    }
}

fn read_likelihood(parts: &Parts, n_classes: usize) -> Result<Likelihood> {
    let has = |name: &str| parts.tensors.contains_key(name);
    let first = ["means", "feature_log_prob"];
    let first = first
        .into_iter()
        .find(|name| has(name))
        .unwrap_or("present");
    let matrix = parts.matrix(first)?;
    if matrix.nrows() != n_classes || matrix.ncols() == 0 {
        return Err(damaged(first));
    }
    let second = |name: &str, is_allowed: fn(&f64) -> bool| {
        let other = parts.matrix(name)?;
        let fits = other.dim() == matrix.dim() && other.iter().all(is_allowed);
        if fits { Ok(other) } else { Err(damaged(name)) }
    };
    let is_log = |p: &f64| *p <= 1e-9;
    if first != "means" && !matrix.iter().all(is_log) {
        return Err(damaged(first));
    }
    Ok(match first {
        "means" => Likelihood::Gaussian {
            variances: second("variances", |v| *v > 0.0)?,
            means: matrix,
        },
        "feature_log_prob" => Likelihood::Multinomial {
            feature_log_prob: matrix,
        },
        _ => Likelihood::Bernoulli {
            threshold: parts.real("threshold")?,
            absent: second("absent", is_log)?,
            present: matrix,
        },
    })
}
