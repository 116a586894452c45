//! What trees say of rows, as predictions and as losses.

use ndarray::{Array1, Array2};

use crate::math;
use crate::models::Prediction;
use crate::prepare::Target;

/// Answers as a prediction. Of equally likely classes the lowest is predicted.
///
/// - `answers`: `(n_samples, width)`, shares of the classes or one number.
pub(in crate::models) fn prediction(answers: Vec<f64>, n_classes: Option<usize>) -> Prediction {
    let Some(n_classes) = n_classes else {
        return Prediction::Values(Array1::from_vec(answers));
    };
    let rows = answers.chunks_exact(n_classes);
    let codes: Vec<u32> = rows.map(|row| math::argmax(row) as u32).collect();
    let probabilities = Array2::from_shape_vec((codes.len(), n_classes), answers)
        .unwrap_or_else(|_| Array2::zeros((0, n_classes)));
    Prediction::Classes {
        codes,
        probabilities,
    }
}

/// The loss of one answer: its Brier score, Σ (share − truth)² over the classes, or its squared
/// error; infinite for a class that the answer does not know.
fn loss_of(answer: &[f64], target: &Target, row: usize) -> f64 {
    match target {
        Target::Values(values) => (answer[0] - values[row]) * (answer[0] - values[row]),
        Target::Classes { codes, .. } => {
            let truth = |class: usize| f64::from(class == codes[row] as usize);
            let squares = answer.iter().enumerate();
            squares
                .map(|(k, share)| (share - truth(k)) * (share - truth(k)))
                .sum()
        }
        Target::None => 0.0,
    }
}

/// The mean Brier score or squared error; `None` without rows, without a target of the kind,
/// or where it is too large for a number.
pub(in crate::models) fn mean_loss(
    answers: &[f64],
    target: &Target,
    n_classes: Option<usize>,
) -> Option<f64> {
    let fits = match target {
        Target::Classes { labels, .. } => n_classes == Some(labels.len()),
        Target::Values(_) => n_classes.is_none(),
        Target::None => false,
    };
    let rows = answers.chunks_exact(n_classes.unwrap_or(1)).enumerate();
    let n = rows.len() as f64;
    let sum = || math::sum(rows.map(|(row, answer)| loss_of(answer, target, row)));
    (fits && n > 0.0)
        .then(|| sum() / n)
        .filter(|loss| loss.is_finite())
}
