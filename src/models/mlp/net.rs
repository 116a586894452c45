//! The net itself: its shape, its parameters and their start. How rows pass through it stands
//! in `pass`.
//!
//! Written once for f32, in which the page trains, and f64, in which tests compare whole loss
//! curves with PyTorch's.

use super::Activation;
pub use super::pass::Workspace;
use crate::linalg::real::Real;
use crate::rng::Rng;
use std::ops::Range;

/// What a net looks like before it has learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Numbers of features, of neurons of each hidden layer, and of outputs.
    pub widths: Vec<usize>,
    /// One a hidden layer.
    pub activations: Vec<Activation>,
    /// Whether the sums of hidden layers are normalized before their activation.
    pub has_batch_norm: bool,
}

/// A multilayer perceptron; the last layer is linear.
#[derive(Debug, Clone, PartialEq)]
pub struct Net<T> {
    shape: Shape,
    /// Layer after layer: weights `(n_in, n_out)` row-major, then biases `(n_out,)`; with batch
    /// normalization, hidden layers have scales and shifts `(n_out,)` after them.
    parameters: Vec<T>,
    /// With batch normalization, hidden layer after hidden layer: means, then variances,
    /// `(n_out,)`.
    running: Vec<T>,
}

/// The parameters of one layer, by reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerRef<'a, T> {
    /// `(n_in, n_out)` row-major.
    pub weights: &'a [T],
    /// `(n_out,)`.
    pub biases: &'a [T],
    /// `(n_out,)`, or empty without batch normalization.
    pub scales: &'a [T],
    /// As `scales`.
    pub shifts: &'a [T],
}

/// As [`LayerRef`], to be written: the slopes of one layer.
#[derive(Debug)]
pub(super) struct LayerMut<'a, T> {
    pub weights: &'a mut [T],
    pub biases: &'a mut [T],
    pub scales: &'a mut [T],
    pub shifts: &'a mut [T],
}

impl Shape {
    /// Number of layers, the last included.
    pub fn n_layers(&self) -> usize {
        self.widths.len().saturating_sub(1)
    }

    fn is_hidden(&self, layer: usize) -> bool {
        layer + 1 < self.n_layers()
    }

    fn normalizes(&self, layer: usize) -> bool {
        self.has_batch_norm && self.is_hidden(layer)
    }

    /// Numbers of weights, of biases, and of scales (as many as shifts) of a layer.
    fn sizes(&self, layer: usize) -> (usize, usize, usize) {
        let (n_in, n_out) = (self.widths[layer], self.widths[layer + 1]);
        let n_scales = if self.normalizes(layer) { n_out } else { 0 };
        (n_in * n_out, n_out, n_scales)
    }

    fn n_parameters_of(&self, layer: usize) -> usize {
        let (n_weights, n_biases, n_scales) = self.sizes(layer);
        n_weights + n_biases + 2 * n_scales
    }

    /// Where the parameters of a layer lie.
    pub(super) fn range(&self, layer: usize) -> Range<usize> {
        let start = (0..layer).map(|l| self.n_parameters_of(l)).sum();
        start..start + self.n_parameters_of(layer)
    }

    /// Number of parameters.
    pub fn n_parameters(&self) -> usize {
        (0..self.n_layers()).map(|l| self.n_parameters_of(l)).sum()
    }

    /// Where the running statistics of a layer lie.
    pub(super) fn running_range(&self, layer: usize) -> Range<usize> {
        let size_of = |l: usize| 2 * self.sizes(l).2;
        let start = (0..layer).map(size_of).sum();
        start..start + size_of(layer)
    }

    /// Number of running statistics.
    pub fn n_running(&self) -> usize {
        (0..self.n_layers()).map(|l| 2 * self.sizes(l).2).sum()
    }

    /// The parts of `parameters`, those of one layer.
    pub(super) fn split<'a, T>(&self, layer: usize, parameters: &'a [T]) -> LayerRef<'a, T> {
        let (n_weights, n_biases, n_scales) = self.sizes(layer);
        let (weights, rest) = parameters.split_at(n_weights);
        let (biases, rest) = rest.split_at(n_biases);
        let (scales, shifts) = rest.split_at(n_scales);
        LayerRef {
            weights,
            biases,
            scales,
            shifts,
        }
    }

    /// As [`Shape::split`].
    pub(super) fn split_mut<'a, T>(
        &self,
        layer: usize,
        parameters: &'a mut [T],
    ) -> LayerMut<'a, T> {
        let (n_weights, n_biases, n_scales) = self.sizes(layer);
        let (weights, rest) = parameters.split_at_mut(n_weights);
        let (biases, rest) = rest.split_at_mut(n_biases);
        let (scales, shifts) = rest.split_at_mut(n_scales);
        LayerMut {
            weights,
            biases,
            scales,
            shifts,
        }
    }

    /// Half the width of the interval that a layer's first weights are drawn from.
    fn reach(&self, layer: usize) -> f64 {
        let (n_in, n_out) = (self.widths[layer], self.widths[layer + 1]);
        let is_one_sided = |a: &Activation| a.is_one_sided();
        let n = if self.activations.get(layer).is_some_and(is_one_sided) {
            n_in
        } else {
            n_in + n_out
        };
        (6.0 / n.max(1) as f64).sqrt()
    }
}

impl<T: Real> Net<T> {
    /// A net with random weights and zero biases.
    ///
    /// Weights are drawn evenly from ±√(6 / n_in) before ReLU and its kin (He et al., "Delving
    /// deep into rectifiers", ICCV 2015) and from ±√(6 / (n_in + n_out)) elsewhere (Glorot &
    /// Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    /// AISTATS 2010), so that signals neither fade nor grow on their way.
    pub fn random(shape: Shape, rng: &Rng) -> Self {
        let mut parameters = vec![T::default(); shape.n_parameters()];
        let mut running = vec![T::default(); shape.n_running()];
        for index in 0..shape.n_layers() {
            let bound = shape.reach(index);
            let mut rng = rng.fork_index("layer", index);
            let layer = shape.split_mut(index, &mut parameters[shape.range(index)]);
            let draw = |w: &mut T| *w = T::from_f64(rng.uniform_in(-bound, bound));
            layer.weights.iter_mut().for_each(draw);
            layer.scales.fill(T::ONE);
            let statistics = &mut running[shape.running_range(index)];
            let n_means = statistics.len() / 2;
            statistics[n_means..].fill(T::ONE);
        }
        Self {
            shape,
            parameters,
            running,
        }
    }

    /// A net of given parameters and running statistics, in the order of [`Net::parameters`] and
    /// [`Net::running`]; `None` where their numbers do not fit the shape.
    pub fn from_parts(shape: Shape, parameters: Vec<T>, running: Vec<T>) -> Option<Self> {
        let fits = shape.widths.len() > 1
            && shape.activations.len() + 1 == shape.n_layers()
            && parameters.len() == shape.n_parameters()
            && running.len() == shape.n_running();
        fits.then_some(Self {
            shape,
            parameters,
            running,
        })
    }

    /// Widths, activations, normalization.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Numbers of features, of neurons of each hidden layer, and of outputs.
    pub fn widths(&self) -> &[usize] {
        &self.shape.widths
    }

    /// Number of outputs.
    pub fn n_outputs(&self) -> usize {
        self.shape.widths.last().copied().unwrap_or_default()
    }

    /// Layer after layer: weights `(n_in, n_out)` row-major, biases `(n_out,)`; with batch
    /// normalization also scales and shifts `(n_out,)` of hidden layers.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The parameters, to be moved by an optimizer.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// With batch normalization, means and variances `(n_out,)` of every hidden layer.
    pub fn running(&self) -> &[T] {
        &self.running
    }

    /// Moves the running statistics towards those of the last batch of `work`.
    pub fn update_running(&mut self, work: &Workspace<T>) {
        for layer in 0..self.shape.n_layers() {
            if self.shape.normalizes(layer) {
                let range = self.shape.running_range(layer);
                work.update_running(layer, &mut self.running[range]);
            }
        }
    }

    /// Takes over what a net of the same shape has learnt, without new memory.
    pub fn copy_learnt(&mut self, other: &Self) {
        self.parameters.copy_from_slice(&other.parameters);
        self.running.copy_from_slice(&other.running);
    }

    /// Whether all parameters are finite.
    pub fn is_finite(&self) -> bool {
        let learnt = self.parameters.iter().chain(&self.running);
        learnt.into_iter().all(|v| v.to_f64().is_finite())
    }

    /// A layer; 0 is the first.
    pub fn layer(&self, index: usize) -> LayerRef<'_, T> {
        let range = self.shape.range(index);
        self.shape.split(index, &self.parameters[range])
    }

    /// The layers, first to last.
    pub fn layers(&self) -> Vec<LayerRef<'_, T>> {
        (0..self.shape.n_layers()).map(|l| self.layer(l)).collect()
    }

    /// Means and variances of a layer; empty where it is not normalized.
    pub fn running_of(&self, layer: usize) -> (&[T], &[T]) {
        let statistics = &self.running[self.shape.running_range(layer)];
        statistics.split_at(statistics.len() / 2)
    }
}
