//! A fitted neural net.

use ndarray::{Array1, Array2, ArrayView2};

use super::net::{Net, Workspace};
use super::training_set::LARGEST_FEATURE;
use super::{Activation, Loss};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::models::{Fitted, Parts, Prediction, Tensor, TensorData};
use crate::prepare::{Dataset, Target};

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

/// One layer, to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// `(n_in, n_out)`.
    pub weights: Array2<f32>,
    /// `(n_out,)`.
    pub biases: Vec<f32>,
}

impl MlpModel {
    /// The layers, first to last; the last is linear.
    pub fn layers(&self) -> Vec<Layer> {
        let layers = self.net.layers().into_iter();
        layers
            .map(|layer| {
                let n_out = layer.biases.len();
                let shape = (layer.weights.len() / n_out.max(1), n_out);
                Layer {
                    weights: Array2::from_shape_fn(shape, |(i, j)| layer.weights[i * n_out + j]),
                    biases: layer.biases.to_vec(),
                }
            })
            .collect()
    }

    /// What each hidden neuron says of rows: one `(n_samples, n_neurons)` a hidden layer.
    pub fn activations(&self, x: ArrayView2<f64>) -> Vec<Array2<f32>> {
        let work = self.forward(x);
        let widths = self.net.widths();
        (1..widths.len() - 1)
            .map(|index| {
                let (values, width) = (work.values(index), widths[index]);
                Array2::from_shape_fn((x.nrows(), width), |(i, j)| values[i * width + j])
            })
            .collect()
    }

    fn forward(&self, x: ArrayView2<f64>) -> Workspace<f32> {
        let mut work = Workspace::default();
        let narrow = |v: &f64| v.clamp(-LARGEST_FEATURE, LARGEST_FEATURE) as f32;
        work.rows_mut().extend(x.iter().map(narrow));
        self.net.forward(&mut work);
        work
    }

    /// The last layer's sums, `(n_samples, n_outputs)` row-major: logits, or scaled numbers.
    /// Those that overflow f32 are brought back into its range.
    pub fn outputs(&self, x: ArrayView2<f64>) -> Vec<f64> {
        let mut work = self.forward(x);
        let bound = |z: &mut f32| {
            if z.is_nan() {
                0.0
            } else {
                f64::from(z.clamp(f32::MIN, f32::MAX))
            }
        };
        work.outputs_mut().iter_mut().map(bound).collect()
    }

    fn n_outputs(&self) -> usize {
        match self.output {
            Output::Classes { n_classes } => n_classes,
            Output::Values { .. } => 1,
        }
    }
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

    /// The mean of the loss that training made small, penalty excluded, in the same unit.
    fn loss(&self, data: &Dataset) -> Option<f64> {
        let outputs = self.outputs(data.x.view());
        let losses: Option<Vec<f64>> = match (self.output, &data.target) {
            (Output::Classes { n_classes }, Target::Classes { codes, .. }) => {
                let rows = outputs.chunks_exact(n_classes).zip(codes);
                let loss_of = match self.loss {
                    Loss::Brier => brier,
                    _ => cross_entropy,
                };
                rows.map(|(row, &code)| loss_of(row, code as usize))
                    .collect()
            }
            (Output::Values { center, scale }, Target::Values(values)) => {
                let errors = outputs
                    .iter()
                    .zip(values)
                    .map(|(z, v)| z - (v - center) / scale);
                errors.map(|error| Some(error * error)).collect()
            }
            _ => None,
        };
        math::mean(&losses?)
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("activation", self.net.activation().as_str());
        parts.put("loss", self.loss.as_str());
        parts.put("n_layers", self.net.widths().len() - 1);
        match self.output {
            Output::Classes { n_classes } => parts.put("n_classes", n_classes),
            Output::Values { center, scale } => parts.put_vector("target", &[center, scale]),
        }
        for (index, layer) in self.net.layers().iter().enumerate() {
            let n_out = layer.biases.len();
            let shape = vec![layer.weights.len() / n_out.max(1), n_out];
            put(&mut parts, format!("weights_{index}"), shape, layer.weights);
            put(
                &mut parts,
                format!("biases_{index}"),
                vec![n_out],
                layer.biases,
            );
        }
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let activation = Activation::find(parts.text("activation")?)
            .ok_or_else(|| damaged("activation", "a known activation"))?;
        let output = match parts.tensors.get("target") {
            Some(_) => match parts.vector("target")?[..] {
                [center, scale] if scale > 0.0 => Output::Values { center, scale },
                _ => return Err(damaged("target", "a mean and a positive scale")),
            },
            None => Output::Classes {
                n_classes: parts.count("n_classes")?,
            },
        };
        let loss =
            Loss::find(parts.text("loss")?).ok_or_else(|| damaged("loss", "a known loss"))?;
        let net = read_net(parts, activation)?;
        let model = Self { net, output, loss };
        let is_wide_enough = model.n_outputs() >= 2 || loss == Loss::SquaredError;
        if model.net.widths().last() != Some(&model.n_outputs()) || !is_wide_enough {
            return Err(damaged("n_classes", "the width of the last layer"));
        }
        Ok(model)
    }
}

/// −ln of the probability of `code`; `None` for a class that the model does not have.
fn cross_entropy(logits: &[f64], code: usize) -> Option<f64> {
    Some(math::log_sum_exp(logits) - logits.get(code)?)
}

/// Squared distance of the probabilities from the truth; `None` as above.
fn brier(logits: &[f64], code: usize) -> Option<f64> {
    let mut errors = logits.to_vec();
    math::softmax(&mut errors);
    *errors.get_mut(code)? -= 1.0;
    Some(errors.iter().map(|e| e * e).sum())
}

fn read_net(parts: &Parts, activation: Activation) -> Result<Net<f32>> {
    let n_layers = parts.count("n_layers")?;
    let (mut widths, mut parameters) = (Vec::new(), Vec::new());
    for index in 0..n_layers {
        let name = format!("weights_{index}");
        let (shape, weights) = tensor(parts, &name)?;
        let [n_in, n_out] = shape[..] else {
            return Err(damaged(&name, "a matrix"));
        };
        if widths.last().is_some_and(|&width| width != n_in) || n_in == 0 || n_out == 0 {
            return Err(damaged(&name, "a matrix that fits the layer before"));
        }
        if widths.is_empty() {
            widths.push(n_in);
        }
        widths.push(n_out);
        let name = format!("biases_{index}");
        let (shape, biases) = tensor(parts, &name)?;
        if *shape != [n_out] {
            return Err(damaged(&name, "one number a neuron"));
        }
        parameters.extend_from_slice(weights);
        parameters.extend_from_slice(biases);
    }
    Net::from_parameters(&widths, activation, parameters)
        .ok_or_else(|| damaged("n_layers", "the number of layers"))
}

fn put(parts: &mut Parts, name: String, shape: Vec<usize>, data: &[f32]) {
    let data = TensorData::F32(data.to_vec());
    parts.tensors.insert(name, Tensor { shape, data });
}

/// A finite f32 tensor whose shape agrees with its length.
fn tensor<'a>(parts: &'a Parts, name: &str) -> Result<(&'a [usize], &'a [f32])> {
    match parts.tensors.get(name) {
        Some(Tensor {
            shape,
            data: TensorData::F32(data),
        }) => {
            let size = shape
                .iter()
                .try_fold(1_usize, |size, &n| size.checked_mul(n));
            if size == Some(data.len()) && data.iter().all(|v| v.is_finite()) {
                return Ok((shape, data));
            }
            Err(damaged(name, "finite numbers of its shape"))
        }
        _ => Err(damaged(name, "32-bit floats")),
    }
}

fn damaged(name: &str, what: &str) -> Error {
    let message = format!("The model is damaged: \u{201c}{name}\u{201d} should be {what}.");
    Error::new(Code::BadArtifact, message).in_field(name)
}
