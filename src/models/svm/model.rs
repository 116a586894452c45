//! Fitted support vector machines.

use ndarray::{Array1, Array2, ArrayView2};

use super::calibration::{Sigmoid, finite};
use super::coupling::{couple, pairs};
use super::kernel::{Kernel, PackedRows};
use crate::error::Result;
use crate::linalg::{dot, row_major};
use crate::math;
use crate::models::model::damaged;
use crate::models::{Fitted, Parts, Prediction};

/// The rows that matter, with their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct SvmModel {
    /// How alike two rows are.
    pub kernel: Kernel,
    /// `(n_support, n_features)`: for classes those of the first class come first.
    pub support_vectors: Array2<f64>,
    /// `(n_support,)`: which training rows they are.
    pub support: Vec<u32>,
    /// `(n_present − 1, n_support)` for classes, laid out as scikit-learn's `dual_coef_`: for
    /// the pair i < j of classes with rows, the weights of i's vectors are in row j − 1, those of
    /// j's in row i; positive for i. `(1, n_support)` for a number.
    pub dual_coefficients: Array2<f64>,
    /// One a pair of classes, in the order (0, 1), (0, 2), …, (1, 2), …; a single one for a
    /// number.
    pub intercepts: Vec<f64>,
    /// What it says.
    pub output: Output,
    packed: PackedRows,
}

/// What a support vector machine says.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A number.
    Number,
    /// Classes.
    Classes {
        /// `(n_classes,)`: which classes had training rows.
        is_present: Vec<bool>,
        /// `(n_present,)`: support vectors of each class that is present.
        n_support: Vec<usize>,
        /// `(n_pairs,)`: how decisions become probabilities; [`Sigmoid::PLAIN`] where they are
        /// not calibrated.
        sigmoids: Vec<Sigmoid>,
    },
}

impl SvmModel {
    /// A model of support vectors and their weights; see the fields.
    pub(super) fn new(
        kernel: Kernel,
        (support_vectors, support): (Array2<f64>, Vec<u32>),
        dual_coefficients: Array2<f64>,
        intercepts: Vec<f64>,
        output: Output,
    ) -> Self {
        let rows: Vec<Vec<f64>> = support_vectors
            .rows()
            .into_iter()
            .map(|row| row.to_vec())
            .collect();
        let packed = PackedRows::new(rows.iter().map(Vec::as_slice), support_vectors.ncols());
        Self {
            kernel,
            support_vectors,
            support,
            dual_coefficients: dual_coefficients.as_standard_layout().into_owned(),
            intercepts,
            output,
            packed,
        }
    }

    /// The decision of every row about every pair of classes, positive for the first of the
    /// pair: `(n_samples, n_pairs)`; for a number the prediction, `(n_samples, 1)`. On the
    /// margins of a pair it is 1 and −1.
    ///
    /// - `x`: `(n_samples, n_features)`.
    pub fn decision_function(&self, x: ArrayView2<f64>) -> Array2<f64> {
        let d = x.ncols();
        let x = row_major(&x);
        let mut alike = vec![0.0; self.packed.len()];
        let decisions = x.chunks_exact(d.max(1)).flat_map(|row| {
            self.kernel.evaluate(&self.packed, row, &mut alike);
            self.decide(&alike)
        });
        let decisions: Vec<f64> = decisions.collect();
        let n_outputs = self.intercepts.len();
        let shape = (decisions.len() / n_outputs.max(1), n_outputs);
        Array2::from_shape_vec(shape, decisions).unwrap_or_else(|_| Array2::zeros((0, n_outputs)))
    }

    /// - `alike`: `(n_support,)`, the kernel of a row with each support vector.
    fn decide(&self, alike: &[f64]) -> Vec<f64> {
        let weights = |row: usize| {
            let row = self.dual_coefficients.row(row);
            row.to_slice().unwrap_or_default()
        };
        let Output::Classes { n_support, .. } = &self.output else {
            return vec![finite(dot(alike, weights(0)) + self.intercepts[0])];
        };
        let mut start = 0;
        let of_class: Vec<_> = n_support
            .iter()
            .map(|n| {
                start += n;
                start - n..start
            })
            .collect();
        let part = |class: usize, row: usize| {
            let places = of_class[class].clone();
            dot(&alike[places.clone()], &weights(row)[places])
        };
        let intercepts = self.intercepts.iter();
        pairs(n_support.len())
            .zip(intercepts)
            .map(|((i, j), intercept)| finite(part(i, j - 1) + part(j, i) + intercept))
            .collect()
    }
}

/// Which class most pairs vote for; of equals the one with the clearest decisions, then the
/// lowest. As scikit-learn's `predict` with `break_ties`.
fn vote(n_present: usize, decisions: &[f64]) -> usize {
    let mut votes = vec![0.0; n_present];
    let mut confidences = vec![0.0; n_present];
    for ((i, j), decision) in pairs(n_present).zip(decisions) {
        votes[if *decision > 0.0 { i } else { j }] += 1.0;
        confidences[i] += decision;
        confidences[j] -= decision;
    }
    // Confidences are brought below a third of a vote either way, so that votes decide first.
    let score = |(votes, sum): (&f64, &f64)| votes + sum / (3.0 * (sum.abs() + 1.0));
    let scores: Vec<f64> = votes.iter().zip(&confidences).map(score).collect();
    math::argmax(&scores)
}

/// The class and the probabilities of a row, `(n_present,)`. Where the vote and the
/// probabilities disagree, the classes concerned share what they have.
fn classify(decisions: &[f64], sigmoids: &[Sigmoid], n_present: usize) -> (usize, Vec<f64>) {
    let class = vote(n_present, decisions);
    let of_pairs: Vec<f64> = decisions
        .iter()
        .zip(sigmoids)
        .map(|(decision, sigmoid)| sigmoid.probability(*decision))
        .collect();
    let mut probabilities = couple(n_present, &of_pairs);
    make_most(&mut probabilities, class);
    (class, probabilities)
}

/// Lets `class` share evenly with the classes above it, the highest first, until none is.
fn make_most(probabilities: &mut [f64], class: usize) {
    let (mut sharing, mut sum) = (vec![class], probabilities[class]);
    for _ in 1..probabilities.len() {
        let mean = sum / sharing.len() as f64;
        let others = (0..probabilities.len()).filter(|other| !sharing.contains(other));
        let above = others.filter(|&other| probabilities[other] > mean);
        let Some(next) = above.max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]))
        else {
            break;
        };
        sum += probabilities[next];
        sharing.push(next);
    }
    let mean = sum / sharing.len() as f64;
    sharing.iter().for_each(|&each| probabilities[each] = mean);
}

impl Fitted for SvmModel {
    fn n_features(&self) -> usize {
        self.support_vectors.ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let decisions = self.decision_function(x);
        let Output::Classes {
            is_present,
            sigmoids,
            ..
        } = &self.output
        else {
            return Prediction::Values(Array1::from_iter(decisions));
        };
        let places = is_present.iter().enumerate();
        let present: Vec<usize> = places
            .filter(|(_, is)| **is)
            .map(|(class, _)| class)
            .collect();
        let mut codes = Vec::with_capacity(x.nrows());
        let mut probabilities = Array2::zeros((x.nrows(), is_present.len()));
        for (decisions, mut out) in decisions.rows().into_iter().zip(probabilities.rows_mut()) {
            let (class, found) = classify(&decisions.to_vec(), sigmoids, present.len());
            codes.push(present[class] as u32);
            present
                .iter()
                .zip(found)
                .for_each(|(&class, p)| out[class] = p);
        }
        Prediction::Classes {
            codes,
            probabilities,
        }
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        self.kernel.put(&mut parts);
        parts.put_matrix("support_vectors", &self.support_vectors);
        parts.put_codes("support", &self.support);
        parts.put_matrix("dual_coefficients", &self.dual_coefficients);
        parts.put_vector("intercepts", &self.intercepts);
        if let Output::Classes {
            is_present,
            n_support,
            sigmoids,
        } = &self.output
        {
            let codes =
                |counts: Vec<usize>| -> Vec<u32> { counts.into_iter().map(|c| c as u32).collect() };
            parts.put_codes(
                "is_present",
                &codes(is_present.iter().map(|is| usize::from(*is)).collect()),
            );
            parts.put_codes("n_support", &codes(n_support.clone()));
            let sigmoids = sigmoids.iter().flat_map(|s| [s.slope, s.shift]);
            parts.put_vector("sigmoids", &sigmoids.collect::<Vec<f64>>());
        }
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let support_vectors = parts.matrix("support_vectors")?;
        let (n, d) = support_vectors.dim();
        if d == 0 {
            return Err(damaged("support_vectors"));
        }
        let support = parts.indices("support")?;
        if support.len() != n {
            return Err(damaged("support"));
        }
        let (n_rows, n_outputs, output) = match parts.tensors.contains_key("is_present") {
            true => read_classes(parts, n)?,
            false => (1, 1, Output::Number),
        };
        let dual_coefficients = parts.matrix("dual_coefficients")?;
        if dual_coefficients.dim() != (n_rows, n) {
            return Err(damaged("dual_coefficients"));
        }
        let intercepts = parts.vector("intercepts")?;
        if intercepts.len() != n_outputs {
            return Err(damaged("intercepts"));
        }
        let kernel = Kernel::from_parts(parts)?;
        let vectors = (support_vectors, support);
        Ok(Self::new(
            kernel,
            vectors,
            dual_coefficients,
            intercepts,
            output,
        ))
    }
}

/// What it says of classes, with the rows of coefficients and the pairs that this takes.
fn read_classes(parts: &Parts, n_vectors: usize) -> Result<(usize, usize, Output)> {
    let is_present: Vec<bool> = parts
        .codes("is_present", 2)?
        .iter()
        .map(|is| *is == 1)
        .collect();
    let n_present = is_present.iter().filter(|is| **is).count();
    let n_support: Vec<usize> = parts
        .indices("n_support")?
        .iter()
        .map(|n| *n as usize)
        .collect();
    let total = n_support
        .iter()
        .try_fold(0_usize, |sum, n| sum.checked_add(*n));
    if n_present < 2 || n_support.len() != n_present || total != Some(n_vectors) {
        return Err(damaged("n_support"));
    }
    let n_pairs = n_present * (n_present - 1) / 2;
    let sigmoids = parts.vector("sigmoids")?;
    if sigmoids.len() != 2 * n_pairs {
        return Err(damaged("sigmoids"));
    }
    let sigmoids = sigmoids.chunks_exact(2);
    let output = Output::Classes {
        is_present,
        n_support,
        sigmoids: sigmoids
            .map(|pair| Sigmoid {
                slope: pair[0],
                shift: pair[1],
            })
            .collect(),
    };
    Ok((n_present - 1, n_pairs, output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_voted_for_shares_with_those_above_it() {
        let check = |mut p: Vec<f64>, class: usize, expected: &[f64]| {
            make_most(&mut p, class);
            for (ours, expected) in p.iter().zip(expected) {
                assert!((ours - expected).abs() < 1e-15, "{p:?}");
            }
        };
        check(vec![0.5, 0.3, 0.2], 0, &[0.5, 0.3, 0.2]);
        check(vec![0.5, 0.3, 0.2], 1, &[0.4, 0.4, 0.2]);
        check(vec![0.35, 0.3, 0.35], 1, &[1.0 / 3.0; 3]);
    }

    #[test]
    fn of_equal_votes_the_clearest_decisions_win() {
        // Each class wins once: 0 against 1, 2 against 0, 1 against 2 by far.
        assert_eq!(vote(3, &[0.1, -0.1, 5.0]), 1);
        assert_eq!(vote(3, &[0.1, 0.1, 5.0]), 0);
    }
}
