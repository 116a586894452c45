//! The rows of training as the net sees them: f32, the target scaled.

use super::net::Workspace;
use super::options::Options;
use super::{Goal, Loss, Output, Target};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::models::rows::{NUMBERS_A_CHUNK, largest_entry};
use crate::models::weights::sample_weights;
use crate::parallel::for_each_chunk_mut;
use crate::prepare::{self, Dataset};

/// Larger features are refused in training and cut off in prediction: sums of products with
/// weights must stay within f32, some 1e38.
pub(super) const LARGEST_FEATURE: f64 = 1e10;

/// All training rows.
#[derive(Debug, Clone)]
pub(super) struct TrainingSet {
    /// `(n_samples, n_features)` row-major.
    x: Vec<f32>,
    truth: Truth,
    /// `(n_samples,)`, 1 on average; all the same where absent.
    weights: Option<Vec<f32>>,
    pub n_samples: usize,
    pub n_features: usize,
    /// What the net predicts.
    pub output: Output,
    /// What is made small.
    pub loss: Loss,
}

#[derive(Debug, Clone)]
enum Truth {
    Codes(Vec<u32>),
    Values(Vec<f32>),
}

/// The targets of a batch, kept between batches.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    codes: Vec<u32>,
    values: Vec<f32>,
    weights: Vec<f32>,
}

impl TrainingSet {
    /// Takes rows over.
    pub(super) fn new(data: &Dataset, options: &Options) -> Result<Self> {
        check_size(data)?;
        let (truth, output, loss) = match &data.target {
            prepare::Target::Classes { codes, labels } => {
                let n_classes = labels.len();
                let truth = Truth::Codes(codes.clone());
                (truth, Output::Classes { n_classes }, options.class_loss)
            }
            prepare::Target::Values(values) => {
                let (center, scale) = center_and_scale(values);
                let scaled = values.iter().map(|v| ((v - center) / scale) as f32);
                let truth = Truth::Values(scaled.collect());
                (truth, Output::Values { center, scale }, options.value_loss)
            }
            prepare::Target::None => {
                let message = "A neural network needs a target.";
                return Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"));
            }
        };
        Ok(Self {
            x: narrow(data),
            truth,
            weights: sample_weights(data, options.balances_classes).map(|w| around_one(&w)),
            n_samples: data.n_samples(),
            n_features: data.n_features(),
            output,
            loss,
        })
    }

    /// Copies `rows` into `work` and `batch`.
    pub(super) fn gather<'a>(
        &self,
        rows: &[usize],
        work: &mut Workspace<f32>,
        batch: &'a mut Batch,
    ) -> Goal<'a, f32> {
        let p = self.n_features;
        let x = work.rows_mut();
        for &row in rows {
            x.extend_from_slice(&self.x[row * p..(row + 1) * p]);
        }
        let target = match &self.truth {
            Truth::Codes(codes) => Target::Codes(pick(codes, rows, &mut batch.codes)),
            Truth::Values(values) => Target::Values(pick(values, rows, &mut batch.values)),
        };
        let weights = self.weights.as_ref();
        Goal {
            loss: self.loss,
            target,
            weights: weights.map(|w| pick(w, rows, &mut batch.weights)),
        }
    }

    /// The class of a row; 0 for a numeric target.
    pub(super) fn class_of(&self, row: usize) -> u32 {
        match &self.truth {
            Truth::Codes(codes) => codes[row],
            Truth::Values(_) => 0,
        }
    }

    /// How much `rows` count together: their number where there are no weights.
    pub(super) fn weight_of(&self, rows: &[usize]) -> f64 {
        match &self.weights {
            Some(weights) => rows.iter().map(|&row| f64::from(weights[row])).sum(),
            None => rows.len() as f64,
        }
    }
}

/// The features in single precision, row by row.
fn narrow(data: &Dataset) -> Vec<f32> {
    let Some(wide) = data.x.as_slice() else {
        return data.x.iter().map(|&v| v as f32).collect();
    };
    let mut narrow = vec![0.0; wide.len()];
    for_each_chunk_mut(&mut narrow, NUMBERS_A_CHUNK, |start, piece| {
        for (to, &v) in piece.iter_mut().zip(&wide[start..]) {
            *to = v as f32;
        }
    });
    narrow
}

fn pick<'a, T: Copy>(all: &[T], rows: &[usize], to: &'a mut Vec<T>) -> &'a [T] {
    to.clear();
    to.extend(rows.iter().map(|&row| all[row]));
    to
}

/// Weights over their mean, so that they fit into f32.
fn around_one(weights: &[f64]) -> Vec<f32> {
    let largest = weights.iter().fold(0.0_f64, |max, w| w.max(max));
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let mean = math::mean(&weights.iter().map(|w| w / unit).collect::<Vec<_>>());
    let mean = mean.unwrap_or(1.0);
    let all = weights.iter().map(|w| (w / unit / mean) as f32);
    all.collect()
}

fn check_size(data: &Dataset) -> Result<()> {
    if largest_entry(data) <= LARGEST_FEATURE {
        return Ok(());
    }
    let is_large = |v: &f64| v.abs() > LARGEST_FEATURE;
    let Some(((_, feature), value)) = data.x.indexed_iter().find(|(_, v)| is_large(v)) else {
        return Ok(());
    };
    let name = data.feature_names.get(feature).map_or("?", String::as_str);
    let message = format!(
        "Feature \u{201c}{name}\u{201d} reaches {}; a neural network learns from numbers near 1. Scale the features.",
        math::print_number(*value)
    );
    Err(Error::new(Code::DoesNotFit, message).in_column(name))
}

/// Mean and standard deviation, without overflow. The scale of a constant is its size, or 1
/// for 0: the net starts off the mark by that much.
fn center_and_scale(values: &[f64]) -> (f64, f64) {
    let max = values.iter().fold(0.0_f64, |max, v| v.abs().max(max));
    let unit = math::power_of_two_at_least(max);
    let scaled: Vec<f64> = values.iter().map(|v| v / unit).collect();
    let Some(moments) = math::moments(&scaled) else {
        return (0.0, 1.0);
    };
    let center = moments.mean * unit;
    let scale = moments.variance.sqrt() * unit;
    if math::is_constant(&scaled) || scale == 0.0 {
        (center, if max > 0.0 { max } else { 1.0 })
    } else {
        (center, scale)
    }
}
