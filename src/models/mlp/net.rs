//! The net itself: layers, prediction (forward) and gradient (backward).
//!
//! Written once for f32, in which the page trains, and f64, in which tests compare whole loss
//! curves with PyTorch's.
//!
//! A layer turns rows x into a = f(x·W + b). The backward pass takes ∂loss/∂a of a layer and
//! gives ∂loss/∂W = xᵀ·δ, ∂loss/∂b = Σ δ and ∂loss/∂x = δ·Wᵀ, where δ = ∂loss/∂a · f′.
//!
//! Reference: Rumelhart, Hinton & Williams, "Learning representations by back-propagating
//! errors", Nature 323, 1986.

use super::Activation;
use super::loss::{Loss, Target};
use crate::linalg::gemm::{MatrixRef, Scratch, add_product};
use crate::linalg::real::Real;
use crate::rng::Rng;

/// A multilayer perceptron; the last layer is linear.
#[derive(Debug, Clone, PartialEq)]
pub struct Net<T> {
    widths: Vec<usize>,
    activation: Activation,
    /// Layer after layer: weights `(n_in, n_out)` row-major, then biases `(n_out,)`.
    parameters: Vec<T>,
}

/// The weights and biases of one layer, by reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerRef<'a, T> {
    /// `(n_in, n_out)` row-major.
    pub weights: &'a [T],
    /// `(n_out,)`.
    pub biases: &'a [T],
}

/// Memory of a batch, kept between batches so that training allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Workspace<T> {
    /// Rows of the batch, then what each layer makes of them.
    values: Vec<Vec<T>>,
    deltas: Vec<T>,
    back: Vec<T>,
    /// As [`Net::parameters`].
    pub gradient: Vec<T>,
    scratch: Scratch<T>,
}

impl<T: Real> Workspace<T> {
    /// The rows of the next batch, to be filled: cleared, row-major.
    pub fn rows_mut(&mut self) -> &mut Vec<T> {
        if self.values.is_empty() {
            self.values.push(Vec::new());
        }
        self.values[0].clear();
        &mut self.values[0]
    }

    /// What layer `index` made of the last batch; 0 is the rows themselves.
    pub fn values(&self, index: usize) -> &[T] {
        self.values.get(index).map_or(&[], Vec::as_slice)
    }

    /// What the last layer made of the last batch.
    pub fn outputs_mut(&mut self) -> &mut [T] {
        self.values.last_mut().map_or(&mut [], Vec::as_mut_slice)
    }
}

impl<T: Real> Net<T> {
    /// A net with random weights and zero biases.
    ///
    /// Weights are drawn evenly from ±√(6 / n_in) before ReLU (He et al., "Delving deep into
    /// rectifiers", ICCV 2015) and from ±√(6 / (n_in + n_out)) elsewhere (Glorot & Bengio,
    /// "Understanding the difficulty of training deep feedforward neural networks", AISTATS
    /// 2010), so that signals neither fade nor grow on their way.
    pub fn random(widths: &[usize], activation: Activation, rng: &Rng) -> Self {
        let mut parameters = Vec::new();
        for (index, pair) in widths.windows(2).enumerate() {
            let is_last = index + 2 == widths.len();
            let reach = match activation {
                Activation::Relu if !is_last => pair[0],
                _ => pair[0] + pair[1],
            };
            let bound = (6.0 / reach.max(1) as f64).sqrt();
            let mut rng = rng.fork_index("layer", index);
            let weights = (0..pair[0] * pair[1]).map(|_| rng.uniform_in(-bound, bound));
            parameters.extend(weights.map(T::from_f64));
            parameters.resize(parameters.len() + pair[1], T::default());
        }
        Self {
            widths: widths.to_vec(),
            activation,
            parameters,
        }
    }

    /// A net of given parameters; `None` where their number does not fit the widths.
    pub fn from_parameters(
        widths: &[usize],
        activation: Activation,
        parameters: Vec<T>,
    ) -> Option<Self> {
        let n_expected: usize = widths.windows(2).map(|w| (w[0] + 1) * w[1]).sum();
        (widths.len() > 1 && parameters.len() == n_expected).then(|| Self {
            widths: widths.to_vec(),
            activation,
            parameters,
        })
    }

    /// Numbers of features, of neurons of each hidden layer, and of outputs.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// The activation of the hidden layers.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Layer after layer: weights `(n_in, n_out)` row-major, then biases `(n_out,)`.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The parameters, to be moved by an optimizer.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// The layers, first to last.
    pub fn layers(&self) -> Vec<LayerRef<'_, T>> {
        let mut rest = self.parameters.as_slice();
        let shapes = self.widths.windows(2);
        shapes
            .map(|w| {
                let (weights, after) = rest.split_at(w[0] * w[1]);
                let (biases, after) = after.split_at(w[1]);
                rest = after;
                LayerRef { weights, biases }
            })
            .collect()
    }

    /// Sends the rows of `work` through the net; the outputs are its last values.
    pub fn forward(&self, work: &mut Workspace<T>) {
        work.values.resize(self.widths.len(), Vec::new());
        let n_samples = work.values[0].len() / self.widths[0].max(1);
        let n_layers = self.widths.len() - 1;
        let mut rest = self.parameters.as_slice();
        for (index, shape) in self.widths.windows(2).enumerate() {
            let (weights, after) = rest.split_at(shape[0] * shape[1]);
            let (biases, after) = after.split_at(shape[1]);
            rest = after;
            let (before, after) = work.values.split_at_mut(index + 1);
            let (x, a) = (&before[index], &mut after[0]);
            a.clear();
            (0..n_samples).for_each(|_| a.extend_from_slice(biases));
            let (x, w) = (
                MatrixRef::new(x, shape[0]),
                MatrixRef::new(weights, shape[1]),
            );
            add_product(x, w, a, &mut work.scratch);
            if index + 1 < n_layers {
                self.activation.apply(a);
            }
        }
    }

    /// Mean loss of the rows of `work`, which gets the gradient too.
    pub fn loss_and_gradient(
        &self,
        work: &mut Workspace<T>,
        loss: Loss,
        target: Target<'_, T>,
    ) -> f64 {
        self.forward(work);
        let n_outputs = self.widths[self.widths.len() - 1];
        work.deltas.clear();
        work.deltas
            .extend_from_slice(&work.values[self.widths.len() - 1]);
        let value = loss.value_and_delta(&mut work.deltas, n_outputs, target);
        self.backward(work);
        value
    }

    fn backward(&self, work: &mut Workspace<T>) {
        work.gradient.clear();
        work.gradient.resize(self.parameters.len(), T::default());
        let mut end = self.parameters.len();
        for (index, shape) in self.widths.windows(2).enumerate().rev() {
            let start = end - (shape[0] + 1) * shape[1];
            let (weights, _) = self.parameters[start..end].split_at(shape[0] * shape[1]);
            let gradient = &mut work.gradient[start..end];
            let (to_weights, to_biases) = gradient.split_at_mut(shape[0] * shape[1]);
            end = start;
            let x = MatrixRef::new(&work.values[index], shape[0]);
            let delta = MatrixRef::new(&work.deltas, shape[1]);
            add_product(x.t(), delta, to_weights, &mut work.scratch);
            for row in work.deltas.chunks_exact(shape[1]) {
                to_biases.iter_mut().zip(row).for_each(|(to, &d)| *to += d);
            }
            if index > 0 {
                work.back.clear();
                work.back.resize(work.values[index].len(), T::default());
                let w = MatrixRef::new(weights, shape[1]).t();
                add_product(delta, w, &mut work.back, &mut work.scratch);
                self.activation
                    .multiply_slope(&mut work.back, &work.values[index]);
                std::mem::swap(&mut work.deltas, &mut work.back);
            }
        }
    }

    /// Adds the gradient of `strength / 2 · ‖weights‖²` and returns its value; biases are free.
    pub fn add_penalty(&self, strength: f64, gradient: &mut [T]) -> f64 {
        if strength == 0.0 {
            return 0.0;
        }
        let factor = T::from_f64(strength);
        let (mut sum, mut start) = (0.0, 0);
        for shape in self.widths.windows(2) {
            let end = start + shape[0] * shape[1];
            let weights = &self.parameters[start..end];
            for (g, &w) in gradient[start..end].iter_mut().zip(weights) {
                *g += factor * w;
            }
            sum += sum_of_squares(weights);
            start = end + shape[1];
        }
        0.5 * strength * sum
    }
}

/// Squares summed in eight f64 lanes: fixed order, no digits lost over many weights.
fn sum_of_squares<T: Real>(values: &[T]) -> f64 {
    let mut lanes = [0.0; 8];
    let (eights, rest) = values.as_chunks::<8>();
    for eight in eights {
        for (lane, v) in lanes.iter_mut().zip(eight) {
            *lane += v.to_f64() * v.to_f64();
        }
    }
    let rest: f64 = rest.iter().map(|v| v.to_f64() * v.to_f64()).sum();
    lanes.iter().sum::<f64>() + rest
}
