//! How good a model is: scores with error bars, each against a baseline, and a verdict in words.
//!
//! [`evaluate`] compares a [`Prediction`] with the rows it was made for. The baseline is what
//! one could say without looking at a single feature: always the most frequent class, or the
//! mean, *of the training target*. A metric that cannot be computed is `None` with its reason,
//! never 0: "no row of this class" and "every row wrong" are different findings.
//!
//! Cost: O(n_samples · n_classes), ROC AUC O(n log n) a class; the silhouette alone is
//! O(n² · n_features) and is sampled above 10,000 rows.
//!
//! Names and definitions follow scikit-learn 1.7. Deviation: where scikit-learn warns and
//! counts 0 (precision of a class that is never predicted), the class is left out of the mean
//! and the metric says so.

mod anomaly;
mod classification;
mod clustering;
mod metric;
mod projection;
mod regression;
mod silhouette;
mod verdict;

use ndarray::ArrayView2;

use crate::error::{Code, Error, Result};
use crate::models::Prediction;
use crate::prepare::{Dataset, Target};

pub use classification::roc_auc;
pub use metric::{ClassScore, Confusion, Evaluation, Format, Metric, Scores, Verdict, VerdictKind};
pub use projection::trustworthiness;
pub use silhouette::{Silhouette, silhouette};
pub use verdict::judge;

/// What the scores are measured against.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The target of the *training* rows: where the baseline is learnt.
    pub train_target: &'a Target,
    /// Centroids `(n_clusters, n_features)` in the space of the features, for the inertia.
    /// Without them it is measured from the mean of each cluster's rows.
    pub centroids: Option<ArrayView2<'a, f64>>,
    /// Whether the axes of a projection have units of their own, as those of t-SNE.
    pub is_map: bool,
}

impl<'a> Reference<'a> {
    /// A reference to the target of the training rows alone.
    pub fn of(train_target: &'a Target) -> Self {
        Self {
            train_target,
            centroids: None,
            is_map: false,
        }
    }
}

/// Scores `prediction`, made for the rows of `data`, against the truth in `data.target`.
///
/// # Errors
/// [`Code::ShapeMismatch`] where the prediction has another number of rows than `data`, or is
/// of a kind that does not fit the target; [`Code::NotFinite`] where it holds NaN.
///
/// ```
/// use handlens::{evaluate::{Reference, evaluate}, models::Prediction, prepare::{Dataset, Target}};
/// let target = Target::Values(vec![1.0, 2.0, 4.0]);
/// let data = Dataset {
///     x: ndarray::array![[0.0], [1.0], [2.0]],
///     target: target.clone(),
///     feature_names: vec!["a".into()],
///     rows: vec![0, 1, 2],
///     ..Dataset::default()
/// };
/// let prediction = Prediction::Values(ndarray::array![1.0, 2.0, 3.0]);
/// let scores = evaluate(&prediction, &data, &Reference::of(&target))?;
/// assert_eq!(scores.value("mae"), Some(1.0 / 3.0));
/// # Ok::<(), handlens::error::Error>(())
/// ```
pub fn evaluate(
    prediction: &Prediction,
    data: &Dataset,
    reference: &Reference<'_>,
) -> Result<Scores> {
    let n_samples = data.n_samples();
    if prediction.len() != n_samples {
        let message = format!(
            "There are {} predictions for {n_samples} rows.",
            prediction.len()
        );
        return Err(Error::new(Code::ShapeMismatch, message));
    }
    match (prediction, &data.target) {
        (
            Prediction::Classes {
                codes,
                probabilities,
            },
            Target::Classes {
                codes: truth,
                labels,
            },
        ) => classification::score(
            truth,
            codes,
            probabilities.view(),
            labels,
            reference.train_target,
        ),
        (Prediction::Values(values), Target::Values(truth)) => {
            let values: Vec<f64> = values.iter().copied().collect();
            regression::score(truth, &values, reference.train_target)
        }
        (Prediction::Clusters(codes), _) => {
            Ok(clustering::score(codes, data.x.view(), reference.centroids))
        }
        (Prediction::Anomalies { scores, is_outlier }, _) => anomaly::score(scores, is_outlier),
        (Prediction::Coordinates(coordinates), _) => {
            projection::score(coordinates.view(), data.x.view(), reference.is_map)
        }
        _ => Err(Error::new(
            Code::ShapeMismatch,
            "The model predicts something else than the target of these rows holds.",
        )),
    }
}
