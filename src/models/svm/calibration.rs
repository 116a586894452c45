//! Probabilities for decisions: a sigmoid fitted to decisions on rows held out.
//!
//! The decisions of a machine on its own training rows are too sure of themselves. So five more
//! machines are trained for each pair of classes, each without a fifth of the rows, and decide
//! about the rows they have not seen; the sigmoid 1 / (1 + exp(A·f + B)) is fitted to those
//! decisions by Newton's method. Each class is spread evenly over the fifths.
//!
//! Reference: J. Platt, "Probabilistic outputs for support vector machines", Advances in Large
//! Margin Classifiers, 1999, as improved by H.-T. Lin, C.-J. Lin & R. C. Weng, "A note on
//! Platt's probabilistic outputs for support vector machines", Machine Learning 68(3), 2007.

use super::kernel::{Kernel, PackedRows};
use super::problem::{Problem, Share, pack};
use crate::linalg::dot;
use crate::math;
use crate::models::rows::entries;
use crate::prepare::Dataset;
use crate::rng::Rng;

/// Parts into which the rows are split.
pub(super) const N_FOLDS: usize = 5;

/// 1 / (1 + exp(A·f + B)): the probability of the first class of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sigmoid {
    /// A, negative where a higher decision speaks for the first class.
    pub slope: f64,
    /// B.
    pub shift: f64,
}

impl Sigmoid {
    /// The logistic function of the decision itself: what is told without calibration.
    pub const PLAIN: Self = Self {
        slope: -1.0,
        shift: 0.0,
    };

    /// The probability of the first class.
    pub fn probability(self, decision: f64) -> f64 {
        math::sigmoid(-(self.slope * decision + self.shift))
    }

    /// The sigmoid of greatest likelihood for `decisions`, those of the first class at the
    /// places where `is_first`. The targets are pulled a little from 0 and 1, as if one more
    /// row of each class had been seen.
    pub(super) fn fit(decisions: &[f64], is_first: &[bool]) -> Self {
        let n_first = is_first.iter().filter(|first| **first).count() as f64;
        let n_second = is_first.len() as f64 - n_first;
        let high = (n_first + 1.0) / (n_first + 2.0);
        let low = 1.0 / (n_second + 2.0);
        let targets = is_first.iter().map(|first| if *first { high } else { low });
        let rows: Vec<(f64, f64)> = decisions.iter().copied().zip(targets).collect();
        let mut sigmoid = Self {
            slope: 0.0,
            shift: math::ln((n_second + 1.0) / (n_first + 1.0)),
        };
        for _ in 0..100 {
            let Some(next) = sigmoid.newton_step(&rows) else {
                break;
            };
            sigmoid = next;
        }
        sigmoid
    }

    /// The cross-entropy of the targets, in nats.
    fn loss(self, rows: &[(f64, f64)]) -> f64 {
        let of_row = |(decision, target): &(f64, f64)| {
            let z = decision * self.slope + self.shift;
            if z >= 0.0 {
                target * z + math::log1p(math::exp(-z))
            } else {
                (target - 1.0) * z + math::log1p(math::exp(z))
            }
        };
        math::sum(rows.iter().map(of_row))
    }

    /// A better sigmoid; none where this one cannot be told from the best.
    fn newton_step(self, rows: &[(f64, f64)]) -> Option<Self> {
        // A little more curvature than there is keeps the system solvable.
        let (mut aa, mut ab, mut bb) = (1e-12, 0.0, 1e-12);
        let (mut slope, mut shift) = (0.0, 0.0);
        for (decision, target) in rows {
            let p = self.probability(*decision);
            let (curvature, error) = (p * (1.0 - p), target - p);
            aa += decision * decision * curvature;
            ab += decision * curvature;
            bb += curvature;
            slope += decision * error;
            shift += error;
        }
        if slope.abs().max(shift.abs()) < 1e-9 * rows.len() as f64 {
            return None;
        }
        let determinant = aa * bb - ab * ab;
        let step_slope = -(bb * slope - ab * shift) / determinant;
        let step_shift = -(aa * shift - ab * slope) / determinant;
        let fall = slope * step_slope + shift * step_shift;
        let loss = self.loss(rows);
        let halves = std::iter::successors(Some(1.0), |t| Some(t * 0.5)).take(40);
        let mut tries = halves.map(|t| {
            let next = Self {
                slope: self.slope + t * step_slope,
                shift: self.shift + t * step_shift,
            };
            (t, next)
        });
        let falls = |(t, next): &(f64, Self)| next.loss(rows) < loss + 1e-4 * t * fall;
        tries.find(falls).map(|(_, next)| next)
    }
}

/// The rows of one class, split evenly into [`N_FOLDS`] parts by chance: the part of each.
pub(super) fn parts(n_rows: usize, rng: &mut Rng) -> Vec<usize> {
    let mut part = vec![0; n_rows];
    for (rank, row) in rng.permutation(n_rows).into_iter().enumerate() {
        part[row] = rank % N_FOLDS;
    }
    part
}

/// A machine trained without some rows, which it then decides about.
pub(super) struct Fold {
    /// Which pair of classes it is about.
    pub pair: usize,
    pub problem: Problem,
    /// The rows held out, and whether each is of the first class.
    pub held_out: Vec<(usize, bool)>,
    /// The decisions about them, as far as they are made.
    pub decisions: Vec<f64>,
    machine: Option<Machine>,
}

impl Fold {
    pub(super) fn new(pair: usize, problem: Problem, held_out: Vec<(usize, bool)>) -> Self {
        Self {
            pair,
            problem,
            held_out,
            decisions: Vec::new(),
            machine: None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.problem.smo.is_done && self.decisions.len() == self.held_out.len()
    }

    /// Trains on, or decides about further rows, for a share of a step.
    pub(super) fn advance(&mut self, data: &Dataset, kernel: Kernel, share: Share) {
        if !self.problem.smo.is_done {
            return self.problem.advance(data, kernel, share);
        }
        let machine = self
            .machine
            .get_or_insert_with(|| Machine::new(data, &self.problem));
        let n_rows = share.work() as usize / machine.rows.size().max(1);
        let start = self.decisions.len();
        let end = (start + n_rows.max(1)).min(self.held_out.len());
        let d = data.n_features();
        for (row, _) in &self.held_out[start..end] {
            let x = &entries(data)[row * d..(row + 1) * d];
            self.decisions.push(machine.decide(kernel, x));
        }
        if self.is_done() {
            self.machine = None;
        }
    }
}

/// What is needed to decide between two classes.
struct Machine {
    rows: PackedRows,
    coefficients: Vec<f64>,
    offset: f64,
}

impl Machine {
    fn new(data: &Dataset, problem: &Problem) -> Self {
        let weighted = problem.rows.iter().zip(problem.smo.coefficients());
        let (rows, coefficients): (Vec<usize>, Vec<f64>) = weighted
            .filter(|(_, coefficient)| *coefficient != 0.0)
            .map(|(row, coefficient)| (*row, coefficient))
            .unzip();
        Self {
            rows: pack(data, &rows),
            coefficients,
            offset: problem.smo.offset(),
        }
    }

    fn decide(&self, kernel: Kernel, x: &[f64]) -> f64 {
        let mut alike = vec![0.0; self.rows.len()];
        kernel.evaluate(&self.rows, x, &mut alike);
        finite(dot(&alike, &self.coefficients) - self.offset)
    }
}

/// A decision that overflowed, brought back into the range of numbers.
pub(super) fn finite(decision: f64) -> f64 {
    if decision.is_nan() {
        0.0
    } else {
        decision.clamp(-1e300, 1e300)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the sigmoid is best, mean target and mean probability agree, and so do their
    /// products with the decision.
    #[test]
    fn the_fitted_sigmoid_has_no_gradient() {
        let mut rng = Rng::new(2);
        let decisions: Vec<f64> = (0..200).map(|_| 2.0 * rng.normal()).collect();
        let is_first: Vec<bool> = decisions
            .iter()
            .map(|f| rng.uniform() < math::sigmoid(1.5 * f - 0.5))
            .collect();
        let sigmoid = Sigmoid::fit(&decisions, &is_first);
        let n_first = is_first.iter().filter(|first| **first).count() as f64;
        let (high, low) = (
            (n_first + 1.0) / (n_first + 2.0),
            1.0 / (200.0 - n_first + 2.0),
        );
        let (mut slope, mut shift) = (0.0, 0.0);
        for (f, first) in decisions.iter().zip(&is_first) {
            let error = sigmoid.probability(*f) - if *first { high } else { low };
            slope += f * error;
            shift += error;
        }
        assert!(slope.abs() < 1e-6 && shift.abs() < 1e-6, "{slope} {shift}");
        assert!((sigmoid.slope + 1.5).abs() < 0.4 && (sigmoid.shift - 0.5).abs() < 0.4);
    }

    #[test]
    fn parts_differ_by_one_row_at_most() {
        let parts = parts(23, &mut Rng::new(1));
        let sizes: Vec<usize> = (0..N_FOLDS)
            .map(|fold| parts.iter().filter(|part| **part == fold).count())
            .collect();
        assert!(sizes.iter().all(|size| (4..=5).contains(size)), "{sizes:?}");
    }
}
