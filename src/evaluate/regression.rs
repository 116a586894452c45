//! Metrics of predicted numbers, in the unit of the target or its share of variance.

use super::metric::{Format, Metric, Scores};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::prepare::Target;

/// Scores predicted numbers; `truth` and `predicted` are `(n_samples,)`.
pub(super) fn score(truth: &[f64], predicted: &[f64], train: &Target) -> Result<Scores> {
    if predicted.iter().any(|v| !v.is_finite()) {
        let message = "The model predicts a number that is not finite.";
        return Err(Error::new(Code::NotFinite, message));
    }
    let constant = match train {
        Target::Values(values) => math::mean(values),
        _ => None,
    };
    let errors: Vec<f64> = truth.iter().zip(predicted).map(|(t, p)| p - t).collect();
    let base: Option<Vec<f64>> = constant.map(|c| truth.iter().map(|t| c - t).collect());
    let of_base = |measure: fn(&[f64]) -> Option<f64>| base.as_deref().and_then(measure);
    let empty = || "There are no rows.".to_owned();
    let metrics = vec![
        Metric::new("r2", "R\u{b2}", Format::Number, true)
            .explained(
                "The share of the target's ups and downs that the model explains: 1 is perfect, 0 no better than always saying the mean of these rows, below 0 worse.",
                "1 \u{2212} \u{3a3}(y \u{2212} \u{177})\u{b2} / \u{3a3}(y \u{2212} \u{233})\u{b2}",
            )
            .with(r2(truth, &errors))
            .against(base.as_ref().and_then(|base| r2(truth, base).ok())),
        Metric::new("rmse", "RMSE", Format::Number, false)
            .explained(
                "The typical miss in the unit of the target, large misses counting more.",
                "\u{221a}(mean of (y \u{2212} \u{177})\u{b2})",
            )
            .with(rmse(&errors).ok_or_else(empty))
            .give_or_take(rmse_error(&errors))
            .against(of_base(rmse)),
        Metric::new("mae", "Mean absolute error", Format::Number, false)
            .explained(
                "The average miss in the unit of the target.",
                "mean of |y \u{2212} \u{177}|",
            )
            .with(mae(&errors).ok_or_else(empty))
            .give_or_take(super::classification::error_of_mean(&sizes(&errors)))
            .against(of_base(mae)),
        Metric::new("median_ae", "Median absolute error", Format::Number, false)
            .explained(
                "Half of the misses are smaller than this. A few wild rows do not move it.",
                "median of |y \u{2212} \u{177}|",
            )
            .with(median_ae(&errors).ok_or_else(empty))
            .against(of_base(median_ae)),
    ];
    Ok(Scores {
        n_samples: truth.len(),
        headline: "r2".to_owned(),
        metrics,
        confusion: None,
        per_class: None,
    })
}

fn sizes(errors: &[f64]) -> Vec<f64> {
    errors.iter().map(|e| e.abs()).collect()
}

fn mae(errors: &[f64]) -> Option<f64> {
    math::mean(&sizes(errors))
}

/// Scaled by a power of two, so 1e200 does not overflow when squared.
fn rmse(errors: &[f64]) -> Option<f64> {
    let scale = scale_of(errors);
    let squares: Vec<f64> = errors.iter().map(|e| (e / scale) * (e / scale)).collect();
    math::mean(&squares).map(|mean| mean.sqrt() * scale)
}

/// By the delta method: the error of the mean square, divided by twice its root.
fn rmse_error(errors: &[f64]) -> Option<f64> {
    let scale = scale_of(errors);
    let squares: Vec<f64> = errors.iter().map(|e| (e / scale) * (e / scale)).collect();
    let root = math::mean(&squares)?.sqrt();
    if root == 0.0 {
        return Some(0.0);
    }
    Some(super::classification::error_of_mean(&squares)? / (2.0 * root) * scale)
}

fn median_ae(errors: &[f64]) -> Option<f64> {
    let mut sizes = sizes(errors);
    sizes.sort_by(f64::total_cmp);
    math::quantile(&sizes, 0.5)
}

fn r2(truth: &[f64], errors: &[f64]) -> std::result::Result<f64, String> {
    if truth.len() < 2 {
        return Err("R\u{b2} needs at least two rows.".to_owned());
    }
    if math::is_constant(truth) {
        return Err(
            "All these rows have the same target, so there are no ups and downs to explain."
                .to_owned(),
        );
    }
    let mean = math::mean(truth).unwrap_or_default();
    let deviations: Vec<f64> = truth.iter().map(|t| t - mean).collect();
    let (missed, spread) = (rmse(errors), rmse(&deviations));
    match (missed, spread) {
        (Some(missed), Some(spread)) => {
            let ratio = missed / spread;
            Ok(1.0 - ratio * ratio)
        }
        _ => Err("There are no rows.".to_owned()),
    }
}

fn scale_of(values: &[f64]) -> f64 {
    math::power_of_two_at_least(values.iter().fold(0.0, |max: f64, v| max.max(v.abs())))
}
