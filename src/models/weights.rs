//! How much each sample counts: weights given with the data, and weights of classes.

use std::sync::Arc;

use crate::math;
use crate::prepare::{Dataset, Target};
use crate::settings::{Hyperparameter, choice};

/// The setting of algorithms that can weigh classes.
pub(super) const CLASS_WEIGHT: Hyperparameter = choice(
    "class_weight",
    "Class weights",
    &[
        ("none", "every row the same"),
        ("balanced", "rare classes more"),
    ],
    "Whether the rows of rare classes count more, so that all classes weigh the same together. It finds more of a rare class, at the price of more false alarms.",
);

/// The weight of each sample, `(n_samples,)`; `None` where all weigh the same.
///
/// Where `is_balanced`, each sample's weight is multiplied by that of its class: the sum of all
/// weights / (number of classes present · sum of the weights of the class), as scikit-learn's
/// `class_weight="balanced"`.
pub(super) fn sample_weights(data: &Dataset, is_balanced: bool) -> Option<Vec<f64>> {
    let Target::Classes { codes, labels } = &data.target else {
        return data.weights.clone();
    };
    if !is_balanced {
        return data.weights.clone();
    }
    let own = |row: usize| data.weights.as_ref().map_or(1.0, |weights| weights[row]);
    Some(balanced(codes, labels.len(), own))
}

/// Each sample's `own` weight, multiplied by that of its class as in [`sample_weights`].
pub(super) fn balanced(codes: &[u32], n_classes: usize, own: impl Fn(usize) -> f64) -> Vec<f64> {
    let sum_of = |class: usize| {
        let rows = (0..codes.len()).filter(|&row| codes[row] as usize == class);
        math::sum(rows.map(&own))
    };
    let sums: Vec<f64> = (0..n_classes).map(sum_of).collect();
    let n_present = sums.iter().filter(|sum| **sum > 0.0).count() as f64;
    let total = math::sum(sums.iter().copied());
    let of_class = |class: usize| {
        if sums[class] > 0.0 {
            total / (n_present * sums[class])
        } else {
            0.0
        }
    };
    let factors: Vec<f64> = (0..n_classes).map(of_class).collect();
    let weights = codes.iter().enumerate();
    weights
        .map(|(row, &code)| own(row) * factors[code as usize])
        .collect()
}

/// The same data without the rows of weight 0, which count as absent; copied only where there
/// are such rows.
pub(super) fn present_rows(data: Arc<Dataset>) -> Arc<Dataset> {
    let weights = data.weights.as_deref().unwrap_or_default();
    if weights.iter().all(|weight| *weight > 0.0) {
        return data;
    }
    let is_present = |row: &usize| weights[*row] > 0.0;
    let rows: Vec<usize> = (0..weights.len()).filter(is_present).collect();
    Arc::new(data.select(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_classes_weigh_the_same_together() {
        let data = Dataset {
            target: Target::Classes {
                codes: vec![0, 0, 0, 2],
                labels: vec!["a".into(), "b".into(), "c".into()],
            },
            ..Dataset::default()
        };
        let weights = sample_weights(&data, true);
        assert_eq!(weights, Some(vec![2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0]));
        assert_eq!(sample_weights(&data, false), None);
    }
}
