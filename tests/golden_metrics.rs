//! Metrics against scikit-learn, and where they are undefined.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

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
        ..Dataset::default()
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
    close(loss.value, -handlens::math::ln(f64::EPSILON) / 2.0);
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
fn silhouette_is_undefined_for_one_cluster_and_sampled_above_10000_rows() {
    let x = Array2::from_shape_fn((12_000, 2), |(i, j)| {
        (i % 2 * 10) as f64 + ((i * 7 + j) % 13) as f64 / 13.0
    });
    let codes: Vec<u32> = (0..12_000).map(|i| i % 2).collect();
    let found = silhouette(x.view(), &codes).unwrap();
    assert!(found.mean > 0.9 && found.note.unwrap().contains("10000 of 12000"));
    assert!(silhouette(x.view(), &[0; 12_000]).is_err());
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

// Against scikit-learn; see tests/reference/README.md.

fn golden() -> serde_json::Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/metrics.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    let list = value.as_array().unwrap().iter();
    list.map(|v| v.as_f64().unwrap()).collect()
}

fn codes(value: &serde_json::Value) -> Vec<u32> {
    numbers(value).into_iter().map(|v| v as u32).collect()
}

fn rows(value: &serde_json::Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn matrix(value: &serde_json::Value) -> Array2<f64> {
    let rows = rows(value);
    let width = rows.first().map_or(0, Vec::len);
    Array2::from_shape_vec((rows.len(), width), rows.concat()).unwrap()
}

/// Compares a number, or that there is none, within the tolerance of the golden file.
#[track_caller]
fn agrees(
    golden: &serde_json::Value,
    case: &serde_json::Value,
    name: &str,
    found: Option<f64>,
    expected: &serde_json::Value,
) {
    let of_case = &golden["tolerance"]["by_case"][case["name"].as_str().unwrap()];
    let relative = of_case["relative"].as_f64().unwrap_or(1e-12);
    let absolute = of_case["absolute"].as_f64().unwrap_or(1e-12);
    let is_near = match (found, expected.as_f64()) {
        (None, None) => true,
        (Some(found), Some(expected)) => {
            (found - expected).abs()
                <= (relative * expected.abs()).max(
                    if expected.abs() < 1e-12 || of_case["absolute"].is_f64() {
                        absolute
                    } else {
                        0.0
                    },
                )
        }
        _ => false,
    };
    assert!(
        is_near,
        "{} {name}: {found:?} is not {expected}",
        case["name"]
    );
}

#[test]
fn labels_score_as_in_scikit_learn() {
    let golden = golden();
    for case in golden["labels"].as_array().unwrap() {
        let n_classes = case["n_classes"].as_u64().unwrap() as usize;
        let (truth, predicted) = (codes(&case["y_true"]), codes(&case["y_pred"]));
        let probabilities = Array2::from_shape_fn((truth.len(), n_classes), |(i, c)| {
            f64::from(u8::from(predicted[i] as usize == c))
        });
        let scores = score(&truth, probabilities);
        let confusion: Vec<Vec<u32>> = case["confusion"]
            .as_array()
            .unwrap()
            .iter()
            .map(codes)
            .collect();
        assert_eq!(
            scores.confusion.as_ref().unwrap().counts,
            confusion,
            "{}",
            case["name"]
        );
        for name in ["accuracy", "balanced_accuracy"] {
            agrees(&golden, case, name, scores.value(name), &case[name]);
        }
        for name in ["precision", "recall", "f1"] {
            let mean = scores.value(&format!("{name}_macro"));
            agrees(&golden, case, name, mean, &case["macro_over_defined"][name]);
        }
        for (class, score) in scores.per_class.as_ref().unwrap().iter().enumerate() {
            agrees(
                &golden,
                case,
                "class precision",
                score.precision,
                &case["precision"][class],
            );
            agrees(
                &golden,
                case,
                "class recall",
                score.recall,
                &case["recall"][class],
            );
            agrees(&golden, case, "class f1", score.f1, &case["f1"][class]);
        }
    }
}

#[test]
fn probabilities_score_as_in_scikit_learn() {
    let golden = golden();
    for case in golden["probabilities"].as_array().unwrap() {
        let scores = score(&codes(&case["y_true"]), matrix(&case["probabilities"]));
        agrees(
            &golden,
            case,
            "log_loss",
            scores.value("log_loss"),
            &case["log_loss"],
        );
        let auc = if case["roc_auc"].is_null() {
            &case["roc_auc_ovr_macro"]
        } else {
            &case["roc_auc"]
        };
        agrees(&golden, case, "roc_auc", scores.value("roc_auc"), auc);
    }
}

#[test]
fn values_score_as_in_scikit_learn() {
    let golden = golden();
    for case in golden["values"].as_array().unwrap() {
        let scores = score_values(&numbers(&case["y_true"]), &numbers(&case["y_pred"]));
        for (ours, theirs) in [
            ("mae", "mean_absolute_error"),
            ("rmse", "root_mean_squared_error"),
            ("median_ae", "median_absolute_error"),
            ("r2", "r2"),
        ] {
            agrees(&golden, case, ours, scores.value(ours), &case[theirs]);
        }
    }
}

#[test]
fn clusters_score_as_in_scikit_learn() {
    let golden = golden();
    for case in golden["clusters"].as_array().unwrap() {
        let x = matrix(&case["x"]);
        let rows = Dataset {
            feature_names: vec![String::new(); x.ncols()],
            rows: (0..x.nrows()).collect(),
            target: Target::None,
            x,
            ..Dataset::default()
        };
        let prediction = Prediction::Clusters(codes(&case["labels"]));
        let scores = evaluate(&prediction, &rows, &Reference::of(&Target::None)).unwrap();
        for name in ["inertia", "silhouette"] {
            agrees(&golden, case, name, scores.value(name), &case[name]);
        }
    }
}
