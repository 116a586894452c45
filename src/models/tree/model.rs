//! A fitted decision tree.

use std::sync::Arc;

use ndarray::ArrayView2;

use crate::error::Result;
use crate::linalg::row_major;
use crate::models::model::damaged;
use crate::models::trees::{
    Criterion, Details, Draft, Pruning, Tree, check_shares, importances, mean_loss, path,
    prediction, put_trees, take_trees,
};
use crate::models::{Fitted, Parts, Prediction};
use crate::prepare::Dataset;

/// A decision tree with what is known of each of its nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeModel {
    tree: Arc<Tree>,
    details: Details,
    criterion: Criterion,
    n_features: usize,
    n_classes: Option<usize>,
}

impl TreeModel {
    pub(super) fn new(
        draft: &Draft,
        criterion: Criterion,
        n_features: usize,
        n_classes: Option<usize>,
    ) -> Self {
        Self {
            tree: Arc::new(draft.tree()),
            details: draft.details.clone(),
            criterion,
            n_features,
            n_classes,
        }
    }

    /// Nodes, thresholds and leaves.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Number of classes; `None` for a tree that predicts a number.
    pub fn n_classes(&self) -> Option<usize> {
        self.n_classes
    }

    /// What [`TreeModel::impurity`] measures.
    pub fn criterion(&self) -> Criterion {
        self.criterion
    }

    /// What node `index` would say as a leaf: shares of the classes, or one number.
    pub fn value(&self, index: usize) -> &[f64] {
        let width = self.n_classes.unwrap_or(1);
        &self.details.values[index * width..(index + 1) * width]
    }

    /// The impurity of node `index`, in the unit of the criterion.
    pub fn impurity(&self, index: usize) -> f64 {
        self.details.impurity[index]
    }

    /// The sum of the weights of the training samples of node `index`.
    pub fn weight(&self, index: usize) -> f64 {
        self.details.weight[index]
    }

    /// The mean decrease of impurity by feature, `(n_features,)`, as shares of the whole.
    pub fn importances(&self) -> Vec<f64> {
        importances(&self.tree.nodes, &self.details, self.n_features)
    }

    /// The stages of minimal cost-complexity pruning, from this tree to its root: for each the
    /// price of a leaf from which on it is the best, and its impurity.
    pub fn pruning_path(&self) -> Vec<Pruning> {
        path(&self.tree.nodes, &self.details)
    }

    fn answers(&self, x: ArrayView2<f64>) -> Vec<f64> {
        let x = row_major(&x);
        let rows = x.chunks_exact(self.n_features);
        rows.flat_map(|row| self.tree.answer(row))
            .copied()
            .collect()
    }
}

impl Fitted for TreeModel {
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
        parts.put("criterion", self.criterion.as_str());
        if let Some(n_classes) = self.n_classes {
            parts.put("n_classes", n_classes);
        }
        put_trees(&mut parts, &[&*self.tree]);
        parts.put_vector("node_values", &self.details.values);
        parts.put_vector("impurity", &self.details.impurity);
        parts.put_vector("weight", &self.details.weight);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let n_features = parts.count("n_features")?;
        let n_classes = parts.optional_count("n_classes")?;
        let width = n_classes.unwrap_or(1);
        let mut trees = take_trees(parts, n_features, width)?;
        let tree = trees.pop().filter(|_| trees.is_empty());
        let tree = tree.ok_or_else(|| damaged("n_nodes"))?;
        let details = Details {
            values: parts.vector("node_values")?,
            impurity: parts.vector("impurity")?,
            weight: parts.vector("weight")?,
        };
        let n = tree.n_nodes();
        if n_features == 0 || n.checked_mul(width) != Some(details.values.len()) {
            return Err(damaged("node_values"));
        }
        if details.impurity.len() != n || details.weight.len() != n {
            return Err(damaged("impurity"));
        }
        if details.weight.iter().any(|weight| *weight <= 0.0) {
            return Err(damaged("weight"));
        }
        if let Some(n_classes) = n_classes {
            check_shares(&details.values, n_classes)?;
            check_shares(&tree.values, n_classes)?;
        }
        Ok(Self {
            criterion: Criterion::parse(parts.text("criterion")?)?,
            tree,
            details,
            n_features,
            n_classes,
        })
    }
}
