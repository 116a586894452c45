//! How parameters follow their gradient.

use crate::linalg::real::Real;
use crate::parallel;

/// Parameters that one piece of work moves, some 25 µs.
const PARAMETERS_A_PIECE: usize = 16_384;

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
    /// The same ball, which looks ahead: w −= rate · (g + momentum · v) with the new v
    /// (Y. Nesterov, "A method for solving a convex programming problem with convergence rate
    /// O(1/k²)", 1983, as written by Sutskever et al., ICML 2013).
    Nesterov {
        /// Share of the last move that is kept.
        momentum: f64,
    },
    /// The gradient over the root of its mean square: w −= rate · g / (√s + ε) (T. Tieleman &
    /// G. Hinton, Coursera lecture 6.5, 2012).
    RmsProp {
        /// Share of the mean square that is kept.
        smoothing: f64,
        /// ε.
        epsilon: f64,
    },
    /// Moves of about equal size for every parameter: the mean gradient over the root of the
    /// mean square (Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015); ε is
    /// added outside the root, as there and in PyTorch.
    Adam {
        /// Share of the mean gradient that is kept.
        beta_1: f64,
        /// Share of the mean square that is kept.
        beta_2: f64,
        /// ε.
        epsilon: f64,
    },
}

impl Solver {
    fn needs_mean(self) -> bool {
        !matches!(self, Self::Sgd | Self::RmsProp { .. })
    }

    fn needs_square(self) -> bool {
        matches!(self, Self::RmsProp { .. } | Self::Adam { .. })
    }
}

/// A rule with its memory.
#[derive(Debug, Clone)]
pub struct Optimizer<T> {
    solver: Solver,
    mean: Vec<T>,
    square: Vec<T>,
    /// β₁ᵗ and β₂ᵗ.
    powers: (f64, f64),
}

impl<T: Real> Optimizer<T> {
    /// Starts with an empty memory for `n_parameters`.
    pub fn new(solver: Solver, n_parameters: usize) -> Self {
        let memory = |is_needed: bool| vec![T::default(); if is_needed { n_parameters } else { 0 }];
        Self {
            solver,
            mean: memory(solver.needs_mean()),
            square: memory(solver.needs_square()),
            powers: (1.0, 1.0),
        }
    }

    /// Moves `parameters` once along `gradient`.
    pub fn step(&mut self, parameters: &mut [T], gradient: &[T], rate: f64) {
        let narrow = T::from_f64;
        let pairs = parameters.iter_mut().zip(gradient);
        match self.solver {
            Solver::Sgd => {
                let rate = narrow(rate);
                pairs.for_each(|(w, &g)| *w = *w - rate * g);
            }
            Solver::Momentum { momentum } => {
                let (rate, momentum) = (narrow(rate), narrow(momentum));
                for ((w, &g), v) in pairs.zip(&mut self.mean) {
                    *v = momentum * *v + g;
                    *w = *w - rate * *v;
                }
            }
            Solver::Nesterov { momentum } => {
                let (rate, momentum) = (narrow(rate), narrow(momentum));
                for ((w, &g), v) in pairs.zip(&mut self.mean) {
                    *v = momentum * *v + g;
                    *w = *w - rate * (g + momentum * *v);
                }
            }
            Solver::RmsProp { smoothing, epsilon } => {
                let (rate, epsilon) = (narrow(rate), narrow(epsilon));
                let (old, new) = (narrow(smoothing), narrow(1.0 - smoothing));
                for ((w, &g), s) in pairs.zip(&mut self.square) {
                    *s = old * *s + new * (g * g);
                    *w = *w - rate * g / (s.sqrt() + epsilon);
                }
            }
            Solver::Adam {
                beta_1,
                beta_2,
                epsilon,
            } => self.adam(parameters, gradient, rate, (beta_1, beta_2, epsilon)),
        }
    }

    fn adam(
        &mut self,
        parameters: &mut [T],
        gradient: &[T],
        rate: f64,
        (beta_1, beta_2, epsilon): (f64, f64, f64),
    ) {
        self.powers = (self.powers.0 * beta_1, self.powers.1 * beta_2);
        let rate = T::from_f64(rate / (1.0 - self.powers.0));
        let correction = T::from_f64(1.0 / (1.0 - self.powers.1).sqrt());
        let (b1, b2) = (T::from_f64(beta_1), T::from_f64(beta_2));
        let epsilon = T::from_f64(epsilon);
        let means = self.mean.chunks_mut(PARAMETERS_A_PIECE);
        let memory = means.zip(self.square.chunks_mut(PARAMETERS_A_PIECE));
        let moves = parameters.chunks_mut(PARAMETERS_A_PIECE);
        let moves = moves.zip(gradient.chunks(PARAMETERS_A_PIECE)).zip(memory);
        parallel::for_each(moves, |((parameters, gradient), (means, squares))| {
            let memory = means.iter_mut().zip(squares);
            for ((w, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(memory) {
                *m = b1 * *m + (T::ONE - b1) * g;
                *v = b2 * *v + (T::ONE - b2) * (g * g);
                *w = *w - rate * *m / (v.sqrt() * correction + epsilon);
            }
        });
    }
}

/// Shortens `gradient` to the length `most` where it is longer, as `clip_grad_norm_` of PyTorch
/// does.
pub fn clip<T: Real>(gradient: &mut [T], most: f64) {
    let factor = most / (super::penalty::sum_of_squares(gradient).sqrt() + 1e-6);
    if factor < 1.0 {
        let factor = T::from_f64(factor);
        gradient.iter_mut().for_each(|g| *g = *g * factor);
    }
}
