//! A fitted forest.

use std::sync::Arc;

use ndarray::ArrayView2;

use crate::error::Result;
use crate::linalg::row_major;
use crate::models::model::damaged;
use crate::models::trees::{Tree, check_shares, mean_loss, prediction, put_trees, take_trees};
use crate::models::{Fitted, Parts, Prediction};
use crate::parallel::for_each_chunk_mut;
use crate::prepare::Dataset;

/// Rows that all trees answer before the next ones: they stay in the nearest cache, and trees
/// in the next.
const ROWS_A_BLOCK: usize = 256;

/// Trees whose answers are averaged.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestModel {
    pub(super) trees: Vec<Arc<Tree>>,
    pub(super) n_features: usize,
    pub(super) n_classes: Option<usize>,
    pub(super) importances: Vec<f64>,
    pub(super) oob_score: Option<f64>,
}

impl ForestModel {
    /// The trees, in the order in which they grew.
    pub fn trees(&self) -> &[Arc<Tree>] {
        &self.trees
    }

    /// Number of classes; `None` for a forest that predicts a number.
    pub fn n_classes(&self) -> Option<usize> {
        self.n_classes
    }

    /// The mean decrease of impurity by feature, `(n_features,)`, as shares of the whole.
    pub fn importances(&self) -> &[f64] {
        &self.importances
    }

    /// Accuracy (R² for numbers) on the training rows, each predicted by the trees that did not
    /// see it; `None` where every tree saw all.
    pub fn oob_score(&self) -> Option<f64> {
        self.oob_score
    }

    /// The mean answer of the trees to each row, `(n_samples, width)`.
    fn answers(&self, x: ArrayView2<f64>) -> Vec<f64> {
        let (x, width) = (row_major(&x), self.n_classes.unwrap_or(1));
        let p = self.n_features;
        let mut sums = vec![0.0; x.len() / p * width];
        for_each_chunk_mut(&mut sums, ROWS_A_BLOCK * width, |start, sums| {
            let (first, n) = (start / width, sums.len() / width);
            let rows = &x[first * p..(first + n) * p];
            for tree in &self.trees {
                tree.add_answers(rows, p, sums);
            }
        });
        let n_trees = self.trees.len() as f64;
        sums.iter_mut().for_each(|sum| *sum /= n_trees);
        sums
    }
}

impl Fitted for ForestModel {
    fn n_features(&self) -> usize {
        self.n_features
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        prediction(self.answers(x), self.n_classes)
    }

    /// Mean Brier score, or mean squared error.
    fn loss(&self, data: &Dataset) -> Option<f64> {
        mean_loss(&self.answers(data.x.view()), &data.target, self.n_classes)
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("n_features", self.n_features);
        if let Some(n_classes) = self.n_classes {
            parts.put("n_classes", n_classes);
        }
        if let Some(score) = self.oob_score {
            parts.put("oob_score", score);
        }
        let trees: Vec<&Tree> = self.trees.iter().map(|tree| &**tree).collect();
        put_trees(&mut parts, &trees);
        parts.put_vector("importances", &self.importances);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let n_features = parts.count("n_features")?;
        let n_classes = parts.optional_count("n_classes")?;
        let has_score = parts.values.contains_key("oob_score");
        let model = Self {
            trees: take_trees(parts, n_features, n_classes.unwrap_or(1))?,
            n_features,
            n_classes,
            importances: parts.vector("importances")?,
            oob_score: has_score.then(|| parts.real("oob_score")).transpose()?,
        };
        if let Some(n_classes) = n_classes {
            for tree in &model.trees {
                check_shares(&tree.values, n_classes)?;
            }
        }
        if n_features == 0 || model.importances.len() != n_features {
            return Err(damaged("importances"));
        }
        Ok(model)
    }
}
