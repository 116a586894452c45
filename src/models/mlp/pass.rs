//! How rows pass through a net: forward to outputs, backward to gradients.
//!
//! A layer turns rows x into a = f(x·W + b). The backward pass takes ∂loss/∂a of a layer and
//! gives ∂loss/∂W = xᵀ·δ, ∂loss/∂b = Σ δ and ∂loss/∂x = δ·Wᵀ, where δ = ∂loss/∂a · f′. Batch
//! normalization stands between the sum and f, dropout after f; both have their slopes in the
//! same chain.
//!
//! Reference: Rumelhart, Hinton & Williams, "Learning representations by back-propagating
//! errors", Nature 323, 1986.

use super::batch_norm::Normalized;
use super::dropout::Dropout;
use super::loss::Goal;
use super::net::Net;
use crate::linalg::gemm::{MatrixRef, Scratch, add_product};
use crate::linalg::real::Real;

/// Memory of a batch, kept between batches so that training allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Workspace<T> {
    /// Rows of the batch, then what each layer makes of them.
    values: Vec<Vec<T>>,
    /// ∂(value)/∂(sum) of each neuron of each hidden layer: slope of the activation and dropout.
    slopes: Vec<Vec<T>>,
    norms: Vec<Normalized<T>>,
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
    pub fn outputs(&self) -> &[T] {
        self.values.last().map_or(&[], Vec::as_slice)
    }

    /// As [`Workspace::outputs`].
    pub fn outputs_mut(&mut self) -> &mut [T] {
        self.values.last_mut().map_or(&mut [], Vec::as_mut_slice)
    }

    pub(super) fn update_running(&self, layer: usize, running: &mut [T]) {
        if let Some(norm) = self.norms.get(layer) {
            norm.update(running);
        }
    }
}

/// What differs between learning and predicting.
enum Mode<'a> {
    Predict,
    Train(Option<&'a mut Dropout>),
}

impl<T: Real> Net<T> {
    /// Sends the rows of `work` through the net; the outputs are its last values.
    pub fn forward(&self, work: &mut Workspace<T>) {
        self.pass(work, Mode::Predict);
    }

    /// Mean loss of the rows of `work`, which gets the gradient too.
    pub fn loss_and_gradient(
        &self,
        work: &mut Workspace<T>,
        goal: &Goal<'_, T>,
        dropout: Option<&mut Dropout>,
    ) -> f64 {
        self.pass(work, Mode::Train(dropout));
        work.deltas.clear();
        work.deltas
            .extend_from_slice(&work.values[self.shape().n_layers()]);
        let value = goal.value_and_delta(&mut work.deltas, self.n_outputs());
        self.backward(work);
        value
    }

    fn pass(&self, work: &mut Workspace<T>, mut mode: Mode<'_>) {
        let n_layers = self.shape().n_layers();
        work.values.resize(n_layers + 1, Vec::new());
        work.slopes.resize(n_layers - 1, Vec::new());
        for index in 0..n_layers {
            self.add_up(work, index);
            if index + 1 < n_layers {
                self.bend(work, index, &mut mode);
            }
        }
    }

    /// The weighted sums of a layer.
    fn add_up(&self, work: &mut Workspace<T>, index: usize) {
        let layer = self.layer(index);
        let (before, after) = work.values.split_at_mut(index + 1);
        let (x, z) = (&before[index], &mut after[0]);
        let n_in = self.widths()[index];
        z.clear();
        (0..x.len() / n_in.max(1)).for_each(|_| z.extend_from_slice(layer.biases));
        let weights = MatrixRef::new(layer.weights, layer.biases.len());
        add_product(MatrixRef::new(x, n_in), weights, z, &mut work.scratch);
    }

    /// What a hidden layer makes of its sums: normalization, activation, dropout.
    fn bend(&self, work: &mut Workspace<T>, index: usize, mode: &mut Mode<'_>) {
        let a = &mut work.values[index + 1];
        if self.shape().has_batch_norm {
            work.norms
                .resize(self.shape().n_layers() - 1, Normalized::default());
            let running = &self.running()[self.shape().running_range(index)];
            let is_training = matches!(mode, Mode::Train(_));
            work.norms[index].forward(a, &self.layer(index), running, is_training);
        }
        let activation = self.shape().activations[index];
        let Mode::Train(dropout) = mode else {
            activation.apply(a);
            return;
        };
        let slopes = &mut work.slopes[index];
        slopes.resize(a.len(), T::default());
        activation.apply_with_slope(a, slopes);
        if let Some(dropout) = dropout {
            dropout.apply(a, slopes);
        }
    }

    fn backward(&self, work: &mut Workspace<T>) {
        work.gradient.clear();
        work.gradient.resize(self.parameters().len(), T::default());
        for index in (0..self.shape().n_layers()).rev() {
            if index + 1 < self.shape().n_layers() {
                self.unbend(work, index);
            }
            self.attribute(work, index);
            if index > 0 {
                self.send_back(work, index);
            }
        }
    }

    /// Takes ∂loss/∂a of a hidden layer to ∂loss/∂(its sums).
    fn unbend(&self, work: &mut Workspace<T>, index: usize) {
        let pairs = work.deltas.iter_mut().zip(&work.slopes[index]);
        pairs.for_each(|(d, &slope)| *d = *d * slope);
        if self.shape().has_batch_norm {
            let slopes = &mut work.gradient[self.shape().range(index)];
            let mut to = self.shape().split_mut(index, slopes);
            work.norms[index].backward(&mut work.deltas, &self.layer(index), &mut to);
        }
    }

    /// The slopes of weights and biases of a layer.
    fn attribute(&self, work: &mut Workspace<T>, index: usize) {
        let slopes = &mut work.gradient[self.shape().range(index)];
        let to = self.shape().split_mut(index, slopes);
        let n_out = to.biases.len();
        let x = MatrixRef::new(&work.values[index], self.widths()[index]);
        let delta = MatrixRef::new(&work.deltas, n_out);
        add_product(x.t(), delta, to.weights, &mut work.scratch);
        for row in work.deltas.chunks_exact(n_out) {
            to.biases.iter_mut().zip(row).for_each(|(to, &d)| *to += d);
        }
    }

    /// Takes ∂loss/∂(sums of a layer) to ∂loss/∂(its inputs).
    fn send_back(&self, work: &mut Workspace<T>, index: usize) {
        let n_out = self.widths()[index + 1];
        let weights = MatrixRef::new(self.layer(index).weights, n_out).t();
        work.back.clear();
        work.back.resize(work.values[index].len(), T::default());
        let delta = MatrixRef::new(&work.deltas, n_out);
        add_product(delta, weights, &mut work.back, &mut work.scratch);
        std::mem::swap(&mut work.deltas, &mut work.back);
    }
}
