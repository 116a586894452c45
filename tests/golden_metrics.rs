//! Metrics against scikit-learn, and where they are undefined.

use handlens::evaluate::{Evaluation, Reference, Scores, VerdictKind, evaluate, silhouette};
use handlens::models::Prediction;
use handlens::prepare::{Dataset, Target};
use ndarray::{Array1, Array2};

fn classes(codes: &[u32], n_classes: usize) -> Target {
    let labels = (0..n_classes).map(|c| format!("c{c}")).collect();
    Target::Classes {
        codes: codes.to_vec(),
        labels,
    }
}

fn data(target: Target, n: usize) -> Dataset {
    Dataset {
        x: Array2::zeros((n, 1)),
        target,
        feature_names: vec!["a".into()],
        rows: (0..n).collect(),
    }
}

/// Scores classes by their probabilities, the training target being that of the rows.
fn score(truth: &[u32], probabilities: Array2<f64>) -> Scores {
    let codes = probabilities
        .outer_iter()
        .map(|row| handlens::math::argmax(&row.to_vec()) as u32)
        .collect();
    let target = classes(truth, probabilities.ncols());
    let prediction = Prediction::Classes {
        codes,
        probabilities,
    };
    evaluate(
        &prediction,
        &data(target.clone(), truth.len()),
        &Reference::of(&target),
    )
    .unwrap()
}

fn score_values(truth: &[f64], predicted: &[f64]) -> Scores {
    let target = Target::Values(truth.to_vec());
    let prediction = Prediction::Values(Array1::from(predicted.to_vec()));
    evaluate(
        &prediction,
        &data(target.clone(), truth.len()),
        &Reference::of(&target),
    )
    .unwrap()
}

/// Both agree to a relative 1e-12 (the order of summation differs).
#[track_caller]
fn close(found: Option<f64>, expected: f64) {
    let found = found.expect("a value");
    let allowed = 1e-12 * expected.abs().max(1e-3);
    assert!(
        (found - expected).abs() <= allowed,
        "{found} is not {expected}"
    );
}

#[test]
fn undefined_is_none_with_a_reason() {
    let one_class = score(&[1, 1], ndarray::array![[0.2, 0.8], [0.6, 0.4]]);
    let auc = one_class.metric("roc_auc").unwrap();
    assert_eq!(auc.value, None);
    assert!(auc.reason.as_ref().unwrap().contains("one class"));

    let constant = score_values(&[3.0, 3.0, 3.0], &[3.0, 2.0, 4.0]);
    let r2 = constant.metric("r2").unwrap();
    assert_eq!((r2.value, r2.baseline), (None, None));
    assert!(r2.reason.as_ref().unwrap().contains("same target"));

    let empty = score_values(&[], &[]);
    assert!(
        empty
            .metrics
            .iter()
            .all(|m| m.value.is_none() && m.reason.is_some())
    );
    let empty = score(&[], Array2::zeros((0, 2)));
    assert!(
        empty
            .metrics
            .iter()
            .all(|m| m.value.is_none() && m.reason.is_some())
    );
}

#[test]
fn a_class_never_predicted_is_left_out_of_precision_and_said_so() {
    let scores = score(
        &[0, 0, 1, 1],
        ndarray::array![[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]],
    );
    let precision = scores.metric("precision_macro").unwrap();
    assert_eq!(precision.value, Some(0.5));
    assert!(precision.note.as_ref().unwrap().contains("c1"));
    assert_eq!(scores.per_class.unwrap()[1].precision, None);
}

#[test]
fn a_probability_of_zero_is_clipped_with_a_note() {
    let scores = score(&[0, 1], ndarray::array![[0.0, 1.0], [0.0, 1.0]]);
    let loss = scores.metric("log_loss").unwrap();
    close(
        loss.value,
        -f64::EPSILON.log2() * std::f64::consts::LN_2 / 2.0,
    );
    assert!(loss.note.as_ref().unwrap().contains("1 row gives"));
}

#[test]
fn wrong_shapes_and_nan_are_refused() {
    let target = Target::Values(vec![1.0, 2.0]);
    let rows = data(target.clone(), 2);
    let reference = Reference::of(&target);
    let few = Prediction::Values(ndarray::array![1.0]);
    let nan = Prediction::Values(ndarray::array![1.0, f64::NAN]);
    let other = Prediction::Classes {
        codes: vec![0, 0],
        probabilities: ndarray::array![[1.0], [1.0]],
    };
    for prediction in [few, nan, other] {
        assert!(evaluate(&prediction, &rows, &reference).is_err());
    }
}

#[test]
fn huge_numbers_do_not_overflow() {
    let scores = score_values(&[1e200, 2e200, 3e200], &[1e200, 2e200, 2e200]);
    close(scores.value("rmse"), 1e200 / 3f64.sqrt());
    close(scores.value("r2"), 0.5);
}

#[test]
fn silhouette_is_undefined_for_one_cluster_and_sampled_above_5000_rows() {
    let x = Array2::from_shape_fn((6000, 2), |(i, j)| {
        (i % 2 * 10) as f64 + ((i * 7 + j) % 13) as f64 / 13.0
    });
    let codes: Vec<u32> = (0..6000).map(|i| i % 2).collect();
    let found = silhouette(x.view(), &codes).unwrap();
    assert!(found.mean > 0.9 && found.note.unwrap().contains("5000 of 6000"));
    assert!(silhouette(x.view(), &[0; 6000]).is_err());
}

/// A classifier of two classes that is right on the given shares of seen and unseen rows.
fn verdict(seen: (usize, usize), unseen: (usize, usize)) -> VerdictKind {
    let scored = |(right, n): (usize, usize)| {
        let truth: Vec<u32> = (0..n as u32).map(|i| i % 2).collect();
        let p = Array2::from_shape_fn((n, 2), |(i, class)| {
            let is_right = (i * 37) % n < right;
            if (i % 2 == class) == is_right {
                0.9
            } else {
                0.1
            }
        });
        score(&truth, p)
    };
    Evaluation::new(scored(seen), Some(scored(unseen)))
        .verdict
        .kind
}

#[test]
fn verdicts_follow_the_scores() {
    assert_eq!(verdict((96, 100), (38, 40)), VerdictKind::FitsWell);
    assert_eq!(verdict((100, 100), (28, 40)), VerdictKind::Overfits);
    assert_eq!(
        verdict((62, 100), (26, 40)),
        VerdictKind::NoBetterThanBaseline
    );
    assert_eq!(verdict((660, 1000), (265, 400)), VerdictKind::Underfits);
    assert_eq!(verdict((96, 100), (5, 5)), VerdictKind::TooFewRows);
    let train = score(&[0, 1], ndarray::array![[0.9, 0.1], [0.1, 0.9]]);
    assert_eq!(
        Evaluation::new(train, None).verdict.kind,
        VerdictKind::NotJudged
    );
}
