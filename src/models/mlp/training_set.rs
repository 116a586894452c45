//! The rows of training as the net sees them: f32, the target scaled.

use super::net::Workspace;
use super::{Loss, Output, Target};
use crate::error::{Code, Error, Result};
use crate::math;
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
}

impl TrainingSet {
    /// Takes rows over; classes are learnt by `class_loss`, numbers by the squared error.
    pub(super) fn new(data: &Dataset, class_loss: Loss) -> Result<Self> {
        check_size(data)?;
        let (truth, output, loss) = match &data.target {
            prepare::Target::Classes { codes, labels } => {
                let n_classes = labels.len();
                let truth = Truth::Codes(codes.clone());
                (truth, Output::Classes { n_classes }, class_loss)
            }
            prepare::Target::Values(values) => {
                let (center, scale) = center_and_scale(values);
                let scaled = values.iter().map(|v| ((v - center) / scale) as f32);
                let truth = Truth::Values(scaled.collect());
                (truth, Output::Values { center, scale }, Loss::SquaredError)
            }
            prepare::Target::None => {
                let message = "A neural network needs a target.";
                return Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"));
            }
        };
        Ok(Self {
            x: data.x.iter().map(|&v| v as f32).collect(),
            truth,
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
    ) -> Target<'a, f32> {
        let p = self.n_features;
        let x = work.rows_mut();
        for &row in rows {
            x.extend_from_slice(&self.x[row * p..(row + 1) * p]);
        }
        match &self.truth {
            Truth::Codes(codes) => {
                batch.codes.clear();
                batch.codes.extend(rows.iter().map(|&row| codes[row]));
                Target::Codes(&batch.codes)
            }
            Truth::Values(values) => {
                batch.values.clear();
                batch.values.extend(rows.iter().map(|&row| values[row]));
                Target::Values(&batch.values)
            }
        }
    }
}

fn check_size(data: &Dataset) -> Result<()> {
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
