//! How parameters follow their gradient.

use crate::linalg::real::Real;

/// The rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Solver {
    /// Plain gradient descent: w −= rate · g.
    Sgd,
    /// A heavy ball: v = momentum · v + g, w −= rate · v (B. T. Polyak, "Some methods of
    /// speeding up the convergence of iteration methods", 1964).
    Momentum {
        /// Share of the last move that is kept.
        momentum: f64,
    },
    /// Moves of about equal size for every parameter: the mean gradient over the root of the
    /// mean square (Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015), with
    /// the paper's constants; ε is added outside the root, as there and in PyTorch.
    Adam,
}

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// A rule with its memory.
#[derive(Debug, Clone)]
pub struct Optimizer<T> {
    solver: Solver,
    rate: f64,
    mean: Vec<T>,
    square: Vec<T>,
    /// β₁ᵗ and β₂ᵗ.
    powers: (f64, f64),
}

impl<T: Real> Optimizer<T> {
    /// Starts with an empty memory for `n_parameters`.
    pub fn new(solver: Solver, rate: f64, n_parameters: usize) -> Self {
        let memory = |is_needed: bool| vec![T::default(); if is_needed { n_parameters } else { 0 }];
        Self {
            solver,
            rate,
            mean: memory(solver != Solver::Sgd),
            square: memory(solver == Solver::Adam),
            powers: (1.0, 1.0),
        }
    }

    /// Moves `parameters` once along `gradient`.
    pub fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        let rate = T::from_f64(self.rate);
        let pairs = parameters.iter_mut().zip(gradient);
        match self.solver {
            Solver::Sgd => pairs.for_each(|(w, &g)| *w = *w - rate * g),
            Solver::Momentum { momentum } => {
                let momentum = T::from_f64(momentum);
                for ((w, &g), v) in pairs.zip(&mut self.mean) {
                    *v = momentum * *v + g;
                    *w = *w - rate * *v;
                }
            }
            Solver::Adam => self.adam(parameters, gradient),
        }
    }

    fn adam(&mut self, parameters: &mut [T], gradient: &[T]) {
        self.powers = (self.powers.0 * BETA_1, self.powers.1 * BETA_2);
        let rate = T::from_f64(self.rate / (1.0 - self.powers.0));
        let correction = T::from_f64(1.0 / (1.0 - self.powers.1).sqrt());
        let (b1, b2, epsilon) = (
            T::from_f64(BETA_1),
            T::from_f64(BETA_2),
            T::from_f64(EPSILON),
        );
        let memory = self.mean.iter_mut().zip(&mut self.square);
        for ((w, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(memory) {
            *m = b1 * *m + (T::ONE - b1) * g;
            *v = b2 * *v + (T::ONE - b2) * (g * g);
            *w = *w - rate * *m / (v.sqrt() * correction + epsilon);
        }
    }
}
