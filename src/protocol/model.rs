//! What is told of a model: its summary and its predictions.

use super::{Evaluation, ModelId};
use crate::data::ColumnType;
use crate::export::Provenance;
use crate::prepare::Task;
use crate::settings::{Setting, Settings};

/// A model as `inspect` tells it.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ModelSummary {
    /// The handle.
    pub model: ModelId,
    /// Its name.
    pub name: String,
    /// Id of the algorithm.
    pub algorithm: String,
    /// What the page calls the algorithm.
    pub algorithm_label: String,
    /// All hyperparameters.
    pub settings: Settings,
    /// The task.
    pub task: Task,
    /// Target column.
    pub target: Option<String>,
    /// Class labels, for classification.
    pub labels: Vec<String>,
    /// The columns it wants, in order.
    pub inputs: Vec<Input>,
    /// Names of the prepared features.
    pub features: Vec<String>,
    /// What the recipe does, step by step, in words.
    pub steps: Vec<String>,
    /// How good it was when it was saved, or is now.
    pub evaluation: Option<Evaluation>,
    /// Linear models: intercept and weights in the units of the data as read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coefficients: Option<Vec<Coefficient>>,
    /// Facts of this kind of model, by name.
    pub facts: Vec<Fact>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A column that a model wants.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Input {
    /// Column name.
    pub name: String,
    /// What it holds.
    pub column_type: ColumnType,
    /// The levels of a category that the training rows had.
    pub levels: Vec<String>,
    /// Smallest and largest number in the training rows.
    pub range: Option<(f64, f64)>,
    /// What a missing cell is filled with; `null` where nothing fills it.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub fill: serde_json::Value,
    /// Where nothing fills a gap: whether the model predicts with it, or the row gets no
    /// prediction.
    pub keeps_gaps: bool,
    /// The median, or the most frequent level.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub typical: serde_json::Value,
}

/// A weight of a linear model, in the units of the data as read.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Coefficient {
    /// `intercept`, or the feature.
    pub name: String,
    /// The class it speaks for, where a model has one weight a class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Change of the prediction for one more unit of the feature.
    pub value: f64,
    /// Its standard error, where it can be known.
    pub std_error: Option<f64>,
    /// `value / std_error`.
    pub t_value: Option<f64>,
    /// How likely so large a t would be if the true weight were 0.
    pub p_value: Option<f64>,
}

/// A fact by name.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// Predictions of rows, in order.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Predictions {
    /// One entry a row.
    pub rows: Vec<RowPrediction>,
    /// How many rows there were in all.
    pub n_rows: usize,
    /// Class labels, in the order of `probabilities`.
    pub labels: Vec<String>,
    /// Gaps filled, unseen levels, and other things to know.
    pub notes: Vec<String>,
}

/// The prediction of one row.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RowPrediction {
    /// Class label, number, cluster (−1 for none) or whether it is an outlier; `null` where the row has a gap that the recipe drops.
    pub prediction: Option<Setting>,
    /// One probability a class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<Vec<f64>>,
    /// Place on the axes of a projection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Vec<f64>>,
    /// How unusual the row is, the higher the more; for anomalies, where `prediction` says
    /// whether it lies beyond the threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}
