//! What an algorithm sees: a matrix of features and a target.

use ndarray::{Array2, Axis};

/// What is to be learnt.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of several classes.
    Classification,
    /// A number.
    Regression,
    /// Groups without a target.
    Clustering,
    /// Fewer, telling axes without a target.
    Projection,
    /// Rows unlike the rest, without a target.
    Anomaly,
}

impl Task {
    /// Whether it learns from a target.
    pub fn is_supervised(self) -> bool {
        matches!(self, Self::Classification | Self::Regression)
    }
}

/// The target of the rows of a [`Dataset`].
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Target {
    /// None: clustering, projection and anomalies.
    #[default]
    None,
    /// Numbers, `(n_samples,)`, finite.
    Values(Vec<f64>),
    /// Classes.
    Classes {
        /// `(n_samples,)`, each below `labels.len()`.
        codes: Vec<u32>,
        /// The shown text of each class, in the order of [`crate::data::compare_levels`].
        labels: Vec<String>,
    },
}

/// Features and target of rows, ready for an algorithm.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dataset {
    /// `(n_samples, n_features)`, row-major, finite; NaN is a gap, which only algorithms that
    /// say so ([`crate::models::Info::takes_gaps`]) are given.
    pub x: Array2<f64>,
    /// One entry a row of `x`.
    pub target: Target,
    /// `(n_features,)`.
    pub feature_names: Vec<String>,
    /// `(n_samples,)`: the row of the table each sample came from.
    pub rows: Vec<usize>,
    /// `(n_samples,)`, finite, not negative, not all 0: how much each sample counts. All count
    /// the same where absent.
    pub weights: Option<Vec<f64>>,
    /// `(n_features,)`: which features are codes of categories, whole numbers from 0 without an
    /// order (−1 for an unseen level). None are where the list is empty.
    pub is_category: Vec<bool>,
}

impl Dataset {
    /// Number of rows.
    pub fn n_samples(&self) -> usize {
        self.x.nrows()
    }

    /// Number of columns of `x`.
    pub fn n_features(&self) -> usize {
        self.x.ncols()
    }

    /// The samples at `rows`, in that order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let target = match &self.target {
            Target::None => Target::None,
            Target::Values(values) => Target::Values(rows.iter().map(|&row| values[row]).collect()),
            Target::Classes { codes, labels } => Target::Classes {
                codes: rows.iter().map(|&row| codes[row]).collect(),
                labels: labels.clone(),
            },
        };
        let pick = |weights: &Vec<f64>| rows.iter().map(|&row| weights[row]).collect();
        Self {
            x: self.x.select(Axis(0), rows),
            target,
            feature_names: self.feature_names.clone(),
            rows: rows.iter().map(|&row| self.rows[row]).collect(),
            weights: self.weights.as_ref().map(pick),
            is_category: self.is_category.clone(),
        }
    }
}
