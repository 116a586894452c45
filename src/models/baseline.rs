//! A baseline: answers from the target alone, whatever the features say.
//!
//! What any other model must beat. For classes it tells the shares of the training rows
//! (`prior`), only the most frequent class (`most_frequent`), or draws one by the shares
//! (`stratified`) or evenly (`uniform`); for numbers it tells their mean, median, a quantile, or
//! a given constant. One step looks at all targets, so training is a single step; before it every
//! class is equally probable and the number is 0. There is no loss.
//!
//! A draw is made from the bits of the row itself and the seed, so equal rows get equal answers,
//! in any order and in any company; scikit-learn draws anew for every call. A drawn class has
//! probability 1 under `stratified`, as there.
//!
//! Cost: O(n_samples), and O(n_samples · log n_samples) for a median or quantile.
//!
//! Reference: R. C. Holte, "Very simple classification rules perform well on most commonly used
//! datasets", Machine Learning 11, 1993; strategies as scikit-learn's `DummyClassifier` and
//! `DummyRegressor`. With weights a quantile is the smallest number that has at least that
//! share of the weight at or below it.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::model::damaged;
use super::{Estimator, Fitted, Info, Model, Parts, Prediction, Progress, Trainer};
use crate::error::Result;
use crate::math;
use crate::models::catalogued::catalogued;
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, choice, real};

/// How a class is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassRule {
    /// The shares of the classes; the most frequent is predicted.
    Prior,
    /// The most frequent class, for certain.
    MostFrequent,
    /// A class drawn by the shares.
    Stratified,
    /// A class drawn evenly from those present.
    Uniform,
}

const CLASS_RULES: &[(&str, ClassRule)] = &[
    ("prior", ClassRule::Prior),
    ("most_frequent", ClassRule::MostFrequent),
    ("stratified", ClassRule::Stratified),
    ("uniform", ClassRule::Uniform),
];

impl ClassRule {
    fn find(name: &str) -> Option<Self> {
        let found = CLASS_RULES.iter().find(|(known, _)| *known == name);
        found.map(|(_, rule)| *rule)
    }

    fn name(self) -> &'static str {
        let found = CLASS_RULES.iter().find(|(_, rule)| *rule == self);
        found.map_or("prior", |(name, _)| name)
    }
}

/// How a number is answered.
#[derive(Debug, Clone, Copy, PartialEq)]
enum NumberRule {
    Mean,
    Quantile(f64),
    Constant(f64),
}

/// A baseline, unfitted.
#[derive(Debug, Clone)]
pub struct Baseline {
    class_rule: ClassRule,
    number_rule: NumberRule,
}

impl Estimator for Baseline {
    const INFO: Info = Info {
        id: "baseline",
        label: "Baseline",
        tasks: &[Task::Classification, Task::Regression],
        family: "Baseline",
        summary: "Answers from the target alone, without a look at the features.",
        use_when: "Use it first: a model that does not beat it has learnt nothing.",
        avoid_when: "Avoid it for anything but a comparison.",
        unit: "pass",
        hyperparameters: &[
            choice(
                "strategy",
                "Answer for classes",
                &[
                    ("prior", "the shares of the classes"),
                    ("most_frequent", "the most frequent class"),
                    ("stratified", "drawn by the shares"),
                    ("uniform", "drawn evenly"),
                ],
                "What is said of every row where the target has classes. Draws depend on the row's own values, so the same row always gets the same answer.",
            ),
            choice(
                "number_strategy",
                "Answer for numbers",
                &[
                    ("mean", "the mean"),
                    ("median", "the median"),
                    ("quantile", "a quantile"),
                    ("constant", "a given number"),
                ],
                "What is said of every row where the target is a number. The mean has the least squared error, the median the least absolute error.",
            ),
            real(
                "quantile",
                "Quantile",
                (0.0, 1.0, 0.5),
                "The share of the rows that lie below the answer, where a quantile is asked for.",
            ),
            real(
                "constant",
                "Constant",
                (-1e300, 1e300, 0.0),
                "The number to answer, where a given number is asked for.",
            ),
        ],
        cost: "O(n_samples)",
        reference: "R. C. Holte, \u{201c}Very simple classification rules perform well on most commonly used datasets\u{201d}, Machine Learning 11, 1993.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let number_rule = match settings.choice("number_strategy")? {
            "median" => NumberRule::Quantile(0.5),
            "quantile" => NumberRule::Quantile(settings.real("quantile")?),
            "constant" => NumberRule::Constant(settings.real("constant")?),
            _ => NumberRule::Mean,
        };
        Ok(Self {
            class_rule: ClassRule::find(settings.choice("strategy")?).unwrap_or(ClassRule::Prior),
            number_rule,
        })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        let answer = match &data.target {
            Target::Classes { labels, .. } => Answer::Classes {
                shares: vec![1.0 / labels.len() as f64; labels.len()],
                rule: self.class_rule,
                seed: rng.fork("baseline").next_u64() as u32,
            },
            _ => Answer::Number(0.0),
        };
        Ok(Box::new(BaselineTrainer {
            model: BaselineModel {
                n_features: data.n_features(),
                answer,
            },
            data,
            number_rule: self.number_rule,
        }))
    }
}

/// Trains [`Baseline`].
struct BaselineTrainer {
    data: Arc<Dataset>,
    number_rule: NumberRule,
    model: BaselineModel,
}

impl Trainer for BaselineTrainer {
    fn step(&mut self) -> Result<Progress> {
        let weights = self.data.weights.as_deref();
        match (&mut self.model.answer, &self.data.target) {
            (Answer::Classes { shares, .. }, Target::Classes { codes, .. }) => {
                *shares = class_shares(codes, shares.len(), weights);
            }
            (Answer::Number(number), Target::Values(values)) => {
                *number = self.number_rule.of(values, weights);
            }
            _ => {}
        }
        Ok(Progress {
            position: 1.0,
            total: 1.0,
            is_done: true,
            ..Progress::default()
        })
    }

    fn model(&self) -> Model {
        Model::Baseline(catalogued(self.model.clone()))
    }
}

/// The share of the weight that each class has, `(n_classes,)`.
fn class_shares(codes: &[u32], n_classes: usize, weights: Option<&[f64]>) -> Vec<f64> {
    let mut sums = vec![0.0; n_classes];
    for (row, &code) in codes.iter().enumerate() {
        sums[code as usize] += weights.map_or(1.0, |w| w[row]);
    }
    let total = math::sum(sums.iter().copied());
    sums.iter().map(|sum| sum / total).collect()
}

impl NumberRule {
    fn of(self, values: &[f64], weights: Option<&[f64]>) -> f64 {
        match (self, weights) {
            (Self::Constant(constant), _) => constant,
            (Self::Mean, None) => math::mean(values).unwrap_or(0.0),
            (Self::Mean, Some(weights)) => weighted_mean(values, weights),
            (Self::Quantile(q), None) => {
                let order = math::order_by(values.len(), &|a, b| values[a].total_cmp(&values[b]));
                let sorted: Vec<f64> = order.into_iter().map(|row| values[row]).collect();
                math::quantile(&sorted, q).unwrap_or(0.0)
            }
            (Self::Quantile(q), Some(weights)) => weighted_quantile(values, weights, q),
        }
    }
}

fn weighted_mean(values: &[f64], weights: &[f64]) -> f64 {
    let scale = math::power_of_two_at_least(values.iter().fold(0.0, |max, v| v.abs().max(max)));
    let heaviest = math::power_of_two_at_least(weights.iter().fold(0.0, |max, w| w.max(max)));
    let terms = values.iter().zip(weights);
    let sum = math::sum(terms.map(|(v, w)| (v / scale) * (w / heaviest)));
    sum / math::sum(weights.iter().map(|w| w / heaviest)) * scale
}

/// The smallest value with at least the share `q` of the weight at or below it.
fn weighted_quantile(values: &[f64], weights: &[f64], q: f64) -> f64 {
    let mut order = math::order_by(values.len(), &|a, b| values[a].total_cmp(&values[b]));
    order.retain(|&row| weights[row] > 0.0);
    let wanted = q * order.iter().map(|&row| weights[row]).sum::<f64>();
    let mut below = 0.0;
    let reaches = |row: &&usize| {
        below += weights[**row];
        below >= wanted
    };
    let found = order.iter().find(reaches).or(order.last());
    found.map_or(0.0, |&row| values[row])
}

/// What a baseline says.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// One of several classes.
    Classes {
        /// `(n_classes,)`: the share of each class; they sum to 1.
        shares: Vec<f64>,
        /// What is made of the shares.
        rule: ClassRule,
        /// Mixed into every draw.
        seed: u32,
    },
    /// A number.
    Number(f64),
}

/// An answer, whatever the row.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineModel {
    /// Number of features it is shown, and does not look at.
    pub n_features: usize,
    /// What it says.
    pub answer: Answer,
}

impl BaselineModel {
    /// What it says of every row, where that is the same: the class and the probabilities, or the
    /// number. `None` where answers are drawn.
    pub fn constant_answers(&self) -> Option<Vec<f64>> {
        match &self.answer {
            Answer::Number(number) => Some(vec![*number]),
            Answer::Classes { shares, rule, .. } => {
                let best = math::argmax(shares);
                let certain = |class: usize| f64::from(u8::from(class == best));
                let mut answers = vec![best as f64];
                match rule {
                    ClassRule::Prior => answers.extend(shares),
                    ClassRule::MostFrequent => answers.extend((0..shares.len()).map(certain)),
                    ClassRule::Stratified | ClassRule::Uniform => return None,
                }
                Some(answers)
            }
        }
    }
}

impl Fitted for BaselineModel {
    fn n_features(&self) -> usize {
        self.n_features
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        match &self.answer {
            Answer::Number(number) => Prediction::Values(Array1::from_elem(x.nrows(), *number)),
            Answer::Classes { shares, rule, seed } => predict_classes(x, shares, *rule, *seed),
        }
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("n_features", self.n_features);
        match &self.answer {
            Answer::Number(number) => parts.put_vector("value", &[*number]),
            Answer::Classes { shares, rule, seed } => {
                parts.put_vector("shares", shares);
                parts.put("strategy", rule.name());
                parts.put("seed", *seed);
            }
        }
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let n_features = parts.count("n_features")?;
        if n_features == 0 {
            return Err(damaged("n_features"));
        }
        let answer = match parts.optional_vector("value")?.as_deref() {
            Some([number]) => Answer::Number(*number),
            Some(_) => return Err(damaged("value")),
            None => read_classes(parts)?,
        };
        Ok(Self { n_features, answer })
    }
}

fn read_classes(parts: &Parts) -> Result<Answer> {
    let shares = parts.vector("shares")?;
    let sum: f64 = shares.iter().sum();
    if shares.len() < 2 || shares.iter().any(|s| *s < 0.0) || (sum - 1.0).abs() > 1e-6 {
        return Err(damaged("shares"));
    }
    let rule = ClassRule::find(parts.text("strategy")?).ok_or_else(|| damaged("strategy"))?;
    let seed = u32::try_from(parts.count("seed")?).map_err(|_| damaged("seed"))?;
    Ok(Answer::Classes { shares, rule, seed })
}

fn predict_classes(x: ArrayView2<f64>, shares: &[f64], rule: ClassRule, seed: u32) -> Prediction {
    let n_classes = shares.len();
    let n_present = shares.iter().filter(|s| **s > 0.0).count() as f64;
    let even: Vec<f64> = shares
        .iter()
        .map(|s| if *s > 0.0 { 1.0 / n_present } else { 0.0 })
        .collect();
    let certain = |class: usize| {
        let mut row = vec![0.0; n_classes];
        row[class] = 1.0;
        row
    };
    let mut probabilities = Vec::with_capacity(x.nrows() * n_classes);
    let mut codes = Vec::with_capacity(x.nrows());
    for row in x.rows() {
        let (class, of_row) = match rule {
            ClassRule::Prior => (math::argmax(shares), shares.to_vec()),
            ClassRule::MostFrequent => (math::argmax(shares), certain(math::argmax(shares))),
            ClassRule::Stratified => {
                let class = draw(row, shares, seed);
                (class, certain(class))
            }
            ClassRule::Uniform => (draw(row, &even, seed), even.clone()),
        };
        codes.push(class as u32);
        probabilities.extend(of_row);
    }
    Prediction::Classes {
        codes,
        probabilities: Array2::from_shape_vec((x.nrows(), n_classes), probabilities)
            .unwrap_or_else(|_| Array2::zeros((0, n_classes))),
    }
}

/// A class drawn with `shares`, from the bits of the row and the seed (FNV-1a over its numbers).
fn draw(row: ArrayView1<f64>, shares: &[f64], seed: u32) -> usize {
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ u64::from(seed);
    let hash = row.iter().fold(start, |hash, value| {
        // Adding 0 makes −0 the same as 0.
        let mixed = (hash ^ (value + 0.0).to_bits()).wrapping_mul(0x0000_0100_0000_01b3);
        mixed ^ (mixed >> 29)
    });
    let place = Rng::new((hash ^ (hash >> 32)) as u32).uniform();
    let mut below = 0.0;
    let reaches = |share: &f64| {
        below += share;
        *share > 0.0 && below > place
    };
    let found = shares.iter().position(reaches);
    found.unwrap_or_else(|| shares.iter().rposition(|s| *s > 0.0).unwrap_or(0))
}
