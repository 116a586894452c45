//! A fitted isolation forest.

use std::sync::Arc;

use ndarray::ArrayView2;

use crate::error::Result;
use crate::linalg::row_major;
use crate::math;
use crate::models::model::damaged;
use crate::models::trees::{Kind, Tree, put_trees, take_trees};
use crate::models::{Fitted, Parts, Prediction};

/// Trees that set rows apart, and the score from which a row is unusual.
#[derive(Debug, Clone, PartialEq)]
pub struct IsolationForestModel {
    pub(super) trees: Vec<Arc<Tree>>,
    pub(super) n_features: usize,
    pub(super) max_samples: usize,
    pub(super) threshold: f64,
}

/// The mean number of questions until one of `n` rows is alone in a tree of random splits:
/// 2·(H(n − 1) − (n − 1)/n), the harmonic number H by its logarithm; 0 and 1 for one and two.
pub fn average_path_length(n: usize) -> f64 {
    const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let n = n as f64;
            2.0 * (math::ln(n - 1.0) + EULER_GAMMA) - 2.0 * (n - 1.0) / n
        }
    }
}

/// Makes the value of each leaf the questions until a row that ends there is alone.
pub(super) fn set_path_lengths(tree: &mut Tree) {
    let depths = tree.depths();
    let leaves = (0..tree.n_nodes()).filter(|&node| matches!(tree.kind(node), Kind::Leaf { .. }));
    let length = |node: usize| f64::from(depths[node]) + average_path_length(tree.n_samples(node));
    tree.values = leaves.map(length).collect();
}

/// The score of a row that `n_trees` trees set apart after `sum` questions together.
pub(super) fn score(sum: f64, n_trees: usize, max_samples: usize) -> f64 {
    let usual = n_trees as f64 * average_path_length(max_samples);
    // A single row is as usual as unusual.
    if usual > 0.0 {
        math::exp2(-sum / usual)
    } else {
        0.5
    }
}

impl IsolationForestModel {
    /// The trees; the value of a leaf is the number of questions until a row is alone.
    pub fn trees(&self) -> &[Arc<Tree>] {
        &self.trees
    }

    /// Rows that each tree took.
    pub fn max_samples(&self) -> usize {
        self.max_samples
    }

    /// Rows with a higher score are unusual.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The sum of path lengths of a row that is as usual as any: a sum of 0 has score 1, this one
    /// a half.
    pub fn usual_length(&self) -> f64 {
        self.trees.len() as f64 * average_path_length(self.max_samples)
    }

    /// The longest sum of path lengths whose score lies above the threshold; `None` where no sum
    /// is that short. The score falls as the sum grows, so comparing sums is comparing scores.
    pub fn longest_unusual(&self) -> Option<f64> {
        let is_unusual = |bits: u64| {
            score(f64::from_bits(bits), self.trees.len(), self.max_samples) > self.threshold
        };
        if !is_unusual(0) {
            return None;
        }
        // Of numbers that are not negative, the bits are in the order of the numbers.
        let (mut short, mut long) = (0, f64::MAX.to_bits());
        if is_unusual(long) {
            return Some(f64::MAX);
        }
        while short + 1 < long {
            let middle = short + (long - short) / 2;
            if is_unusual(middle) {
                short = middle;
            } else {
                long = middle;
            }
        }
        Some(f64::from_bits(short))
    }

    fn scores(&self, x: ArrayView2<f64>) -> Vec<f64> {
        let x = row_major(&x);
        let mut sums = vec![0.0; x.len() / self.n_features];
        for tree in &self.trees {
            tree.add_answers(&x, self.n_features, &mut sums);
        }
        let score = |sum: f64| score(sum, self.trees.len(), self.max_samples);
        sums.into_iter().map(score).collect()
    }
}

impl Fitted for IsolationForestModel {
    fn n_features(&self) -> usize {
        self.n_features
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let scores = self.scores(x);
        Prediction::Anomalies {
            is_outlier: scores.iter().map(|s| *s > self.threshold).collect(),
            scores,
        }
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("n_features", self.n_features);
        parts.put("max_samples", self.max_samples);
        parts.put("threshold", self.threshold);
        let trees: Vec<&Tree> = self.trees.iter().map(|tree| &**tree).collect();
        put_trees(&mut parts, &trees);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let n_features = parts.count("n_features")?;
        let model = Self {
            trees: take_trees(parts, n_features, 1)?,
            n_features,
            max_samples: parts.count("max_samples")?,
            threshold: parts.real("threshold")?,
        };
        if n_features == 0 {
            return Err(damaged("n_features"));
        }
        if model.max_samples == 0 || u32::try_from(model.max_samples).is_err() {
            return Err(damaged("max_samples"));
        }
        let is_length = |value: &f64| *value >= 0.0;
        if !model
            .trees
            .iter()
            .all(|tree| tree.values.iter().all(is_length))
        {
            return Err(damaged("values"));
        }
        Ok(model)
    }
}
