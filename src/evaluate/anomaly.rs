//! Metrics of anomalies without a right answer: how many rows lie beyond the threshold, and how
//! clearly.

use super::metric::{Format, Metric, Scores};
use crate::error::{Code, Error, Result};
use crate::math;

/// Scores anomalies; both are `(n_samples,)`.
pub(super) fn score(scores: &[f64], is_outlier: &[bool]) -> Result<Scores> {
    if scores.iter().any(|score| !score.is_finite()) {
        let message = "The model gives a row a score that is not finite.";
        return Err(Error::new(Code::NotFinite, message));
    }
    let mean_of = |wanted: bool| {
        let pairs = scores.iter().zip(is_outlier);
        let chosen: Vec<f64> = pairs.filter(|p| *p.1 == wanted).map(|p| *p.0).collect();
        math::mean(&chosen)
    };
    let n_outliers = is_outlier.iter().filter(|flag| **flag).count();
    let share = if scores.is_empty() {
        Err("There are no rows.".to_owned())
    } else {
        Ok(n_outliers as f64 / scores.len() as f64)
    };
    let gap = match (mean_of(true), mean_of(false)) {
        (Some(unusual), Some(usual)) => Ok(unusual - usual),
        (None, _) => Err("No row lies beyond the threshold.".to_owned()),
        (_, None) => Err("Every row lies beyond the threshold.".to_owned()),
    };
    let metrics = vec![
        Metric::new("outlier_share", "Unusual rows", Format::Percent, false)
            .explained(
                "How many of the rows the model finds unusual. Where the threshold lies is a choice, not a finding.",
                "rows beyond the threshold / rows",
            )
            .with(share),
        Metric::new("score_gap", "Distance of the unusual", Format::Number, true)
            .explained(
                "How far apart the scores of unusual and usual rows are: a wide gap is a clear finding.",
                "mean score of the unusual \u{2212} mean score of the others",
            )
            .with(gap),
    ];
    Ok(Scores {
        n_samples: scores.len(),
        headline: "outlier_share".to_owned(),
        metrics,
        confusion: None,
        per_class: None,
    })
}
