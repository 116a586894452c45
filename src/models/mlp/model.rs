//! A fitted neural net.

use ndarray::{Array1, Array2, ArrayView2, s};

use super::net::{Net, Workspace};
use super::training_set::LARGEST_FEATURE;
use super::{Activation, Goal, Loss, storage};
use crate::error::Result;
use crate::math;
use crate::models::{Fitted, Parts, Prediction};
use crate::parallel;
use crate::prepare::{self, Dataset};

/// Rows predicted at a time: what the layers make of them stays in the cache.
const ROWS_A_CHUNK: usize = 128;

/// A neural net and the meaning of its outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct MlpModel {
    /// Weights and biases.
    pub net: Net<f32>,
    /// What the last layer means.
    pub output: Output,
    /// What training made small.
    pub loss: Loss,
}

/// What the outputs of a net mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Output {
    /// One logit a class.
    Classes {
        /// Number of classes.
        n_classes: usize,
    },
    /// One number, the target as `(target - center) / scale`.
    Values {
        /// Mean of the target in training.
        center: f64,
        /// Standard deviation of the target in training; 1 for a constant.
        scale: f64,
    },
}

impl Output {
    /// Number of outputs.
    pub fn n_outputs(self) -> usize {
        match self {
            Self::Classes { n_classes } => n_classes,
            Self::Values { .. } => 1,
        }
    }
}

/// One layer, to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// `(n_in, n_out)`.
    pub weights: Array2<f32>,
    /// `(n_out,)`.
    pub biases: Vec<f32>,
    /// What follows its sums; the last layer is linear.
    pub activation: Activation,
}

/// What batch normalization does with the sums of a layer in prediction: minus the mean, over the
/// root of the variance and a little, times the scale, plus the shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalization<'a> {
    /// `(n_out,)`: running means.
    pub means: &'a [f32],
    /// `(n_out,)`: running variances.
    pub variances: &'a [f32],
    /// `(n_out,)`.
    pub scales: &'a [f32],
    /// `(n_out,)`.
    pub shifts: &'a [f32],
}

impl MlpModel {
    /// The batch normalization of a layer, where it has one.
    pub fn normalization(&self, layer: usize) -> Option<Normalization<'_>> {
        let parameters = *self.net.layers().get(layer)?;
        let (means, variances) = self.net.running_of(layer);
        (!means.is_empty()).then_some(Normalization {
            means,
            variances,
            scales: parameters.scales,
            shifts: parameters.shifts,
        })
    }

    /// The layers, first to last.
    pub fn layers(&self) -> Vec<Layer> {
        let activations = self.net.shape().activations.iter().copied();
        let activations = activations.chain([Activation::Identity]);
        let layers = self.net.layers().into_iter().zip(activations);
        layers
            .map(|(layer, activation)| {
                let n_out = layer.biases.len();
                let shape = (layer.weights.len() / n_out.max(1), n_out);
                Layer {
                    weights: matrix(layer.weights, shape),
                    biases: layer.biases.to_vec(),
                    activation,
                }
            })
            .collect()
    }

    /// What each hidden neuron says of rows: one `(n_samples, n_neurons)` a hidden layer.
    pub fn activations(&self, x: ArrayView2<f64>) -> Vec<Array2<f32>> {
        let work = self.forward(x);
        let widths = self.net.widths();
        (1..widths.len() - 1)
            .map(|index| matrix(work.values(index), (x.nrows(), widths[index])))
            .collect()
    }

    /// The share of neurons of each hidden layer that say the same, up to f32, of all rows: of
    /// ReLU those that are always 0 and so learn nothing any more; `(n_hidden_layers,)`.
    pub fn dead_shares(&self, x: ArrayView2<f64>) -> Vec<f64> {
        let share = |values: &Array2<f32>| {
            let is_same = |column: &ndarray::ArrayView1<f32>| {
                column.iter().all(|v| Some(v) == column.first())
            };
            let columns = values.columns().into_iter();
            let n_dead = columns.filter(is_same).count();
            n_dead as f64 / values.ncols().max(1) as f64
        };
        self.activations(x).iter().map(share).collect()
    }

    /// The length of the gradient of the mean loss on `data` by the weights and biases of each
    /// layer, first to last: where it fades towards the first, the net learns slowly. `None`
    /// where the target is of another kind.
    pub fn gradient_norms(&self, data: &Dataset) -> Option<Vec<f64>> {
        let truth = self.truth(data)?;
        let mut work = Workspace::default();
        fill(work.rows_mut(), data.x.view());
        let goal = Goal {
            loss: self.loss,
            target: truth.target(),
            weights: None,
        };
        self.net.loss_and_gradient(&mut work, &goal, None);
        let shape = self.net.shape();
        let norm = |layer: usize| math::sum(squares(&work.gradient[shape.range(layer)])).sqrt();
        Some((0..shape.n_layers()).map(norm).collect())
    }

    fn forward(&self, x: ArrayView2<f64>) -> Workspace<f32> {
        let mut work = Workspace::default();
        fill(work.rows_mut(), x);
        self.net.forward(&mut work);
        work
    }

    /// The last layer's sums, `(n_samples, n_outputs)` row-major: logits, or scaled numbers.
    /// Those that overflow f32 are brought back into its range.
    pub fn outputs(&self, x: ArrayView2<f64>) -> Vec<f64> {
        let bound = |&z: &f32| {
            if z.is_nan() {
                0.0
            } else {
                f64::from(z.clamp(f32::MIN, f32::MAX))
            }
        };
        let pieces: Vec<Vec<f64>> = parallel::map_chunks(x.nrows(), ROWS_A_CHUNK, |rows| {
            let work = self.forward(x.slice(s![rows, ..]));
            work.outputs().iter().map(bound).collect()
        });
        pieces.concat()
    }

    /// The target as the net sees it; `None` where it is of another kind, or of a class that the
    /// net does not know.
    fn truth<T: crate::linalg::real::Real>(&self, data: &Dataset) -> Option<Truth<T>> {
        match (self.output, &data.target) {
            (Output::Classes { n_classes }, prepare::Target::Classes { codes, .. }) => {
                let is_known = |&code: &u32| (code as usize) < n_classes;
                let all_known = codes.iter().all(is_known);
                all_known.then(|| Truth::Codes(codes.clone()))
            }
            (Output::Values { center, scale }, prepare::Target::Values(values)) => {
                let scaled = values.iter().map(|v| T::from_f64((v - center) / scale));
                Some(Truth::Values(scaled.collect()))
            }
            _ => None,
        }
    }
}

/// The target of rows, owned.
enum Truth<T> {
    Codes(Vec<u32>),
    Values(Vec<T>),
}

impl<T> Truth<T> {
    fn target(&self) -> super::Target<'_, T> {
        match self {
            Self::Codes(codes) => super::Target::Codes(codes),
            Self::Values(values) => super::Target::Values(values),
        }
    }
}

/// Appends rows as the net takes them.
fn fill(to: &mut Vec<f32>, x: ArrayView2<f64>) {
    // Of a slice the length is known, so that numbers are converted several at a time.
    match x.as_slice() {
        Some(x) => to.extend(x.iter().map(narrow)),
        None => to.extend(x.iter().map(narrow)),
    }
}

fn narrow(v: &f64) -> f32 {
    v.clamp(-LARGEST_FEATURE, LARGEST_FEATURE) as f32
}

fn squares(values: &[f32]) -> impl Iterator<Item = f64> {
    values.iter().map(|&v| f64::from(v) * f64::from(v))
}

fn matrix(values: &[f32], (n_rows, n_columns): (usize, usize)) -> Array2<f32> {
    Array2::from_shape_fn((n_rows, n_columns), |(i, j)| values[i * n_columns + j])
}

impl Fitted for MlpModel {
    fn n_features(&self) -> usize {
        self.net.widths()[0]
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let mut outputs = self.outputs(x);
        match self.output {
            Output::Values { center, scale } => Prediction::Values(
                outputs
                    .iter()
                    .map(|z| center + scale * z)
                    .collect::<Array1<_>>(),
            ),
            Output::Classes { n_classes } => {
                let rows = outputs.chunks_exact_mut(n_classes);
                let codes = rows.map(|row| {
                    let code = math::argmax(row) as u32;
                    math::softmax(row);
                    code
                });
                Prediction::Classes {
                    codes: codes.collect(),
                    probabilities: Array2::from_shape_vec((x.nrows(), n_classes), outputs)
                        .unwrap_or_else(|_| Array2::zeros((0, n_classes))),
                }
            }
        }
    }

    /// The mean of the loss that training made small, penalty excluded, in the same unit;
    /// weighted where the rows have weights.
    fn loss(&self, data: &Dataset) -> Option<f64> {
        let truth = self.truth(data)?;
        let goal = Goal {
            loss: self.loss,
            target: truth.target(),
            weights: data.weights.as_deref(),
        };
        let mut outputs = self.outputs(data.x.view());
        let is_empty = outputs.is_empty();
        let loss = goal.value_and_delta(&mut outputs, self.output.n_outputs());
        (!is_empty).then_some(loss)
    }

    fn to_parts(&self) -> Parts {
        storage::to_parts(self)
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        storage::from_parts(parts)
    }
}
