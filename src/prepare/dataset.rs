//! What an algorithm sees: a matrix of features and a target.

use ndarray::Array2;

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
}

/// The target of the rows of a [`Dataset`].
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// None: clustering and projection.
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

/// Features and target of rows, ready for an algorithm: finite numbers only.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// `(n_samples, n_features)`, row-major, finite.
    pub x: Array2<f64>,
    /// One entry a row of `x`.
    pub target: Target,
    /// `(n_features,)`.
    pub feature_names: Vec<String>,
    /// `(n_samples,)`: the row of the table each sample came from.
    pub rows: Vec<usize>,
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
}
