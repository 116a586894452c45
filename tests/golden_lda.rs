//! Linear discriminants against scikit-learn's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::logistic::LogisticModel;
use handlens::models::{Model, Prediction};
use handlens::prepare::{Dataset, Target};
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, features_and_target, golden, indices, list,
    matrix, number, numbers, settings, text, train,
};

fn data(case: &Value) -> Arc<Dataset> {
    let (x, y) = features_and_target(case);
    classes(x, &y, number(&case["n_classes"]) as usize)
}

fn classes(x: Array2<f64>, y: &[f64], n_classes: usize) -> Arc<Dataset> {
    let target = Target::Classes {
        codes: y.iter().map(|&y| y as u32).collect(),
        labels: (0..n_classes).map(|k| k.to_string()).collect(),
    };
    dataset(x, target)
}

fn fit(settings: &Settings, data: &Arc<Dataset>) -> LogisticModel {
    match train("lda", settings, data.clone(), 0) {
        (Model::Logistic(model), _) => model,
        _ => panic!("not weights of classes"),
    }
}

fn probabilities(model: &LogisticModel, x: &Array2<f64>) -> Array2<f64> {
    let model = Model::Logistic(model.clone());
    match model.predict(x.view()).unwrap() {
        Prediction::Classes { probabilities, .. } => probabilities,
        _ => panic!("not classes"),
    }
}

/// Intercepts of three and more classes less their mean: what all have in common changes no
/// probability, and lsqr gives a constant column a share of it.
fn centered(intercepts: &[f64]) -> Vec<f64> {
    let mean = match intercepts {
        [_] => 0.0,
        _ => intercepts.iter().sum::<f64>() / intercepts.len() as f64,
    };
    intercepts.iter().map(|b| b - mean).collect()
}

#[test]
fn weights_and_probabilities_agree() {
    let file = golden("lda.json");
    let tolerance = |name: &str| number(&file["tolerance"][name]);
    for case in list(&file["cases"]) {
        let data = data(case);
        for expected in list(&case["expected"]) {
            let settings = settings([
                (
                    "shrinkage",
                    Setting::Text(text(&expected["shrinkage"]).into()),
                ),
                ("amount", Setting::Number(number(&expected["amount"]))),
            ]);
            let what = format!("{} {settings:?}", text(&case["name"]));
            let model = fit(&settings, &data);
            let spread = data.x.std_axis(ndarray::Axis(0), 0.0);
            let effects = |w: &Array2<f64>| (w * &spread).into_iter().collect::<Vec<f64>>();
            let coefficients = effects(&matrix(&expected["coefficients"]));
            let largest = coefficients.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
            assert_close(
                &what,
                &effects(&model.coefficients),
                &coefficients,
                tolerance("coefficient_relative"),
                largest,
            );
            let intercepts = numbers(&expected["intercept"]);
            let size = intercepts.iter().fold(largest, |max, v| max.max(v.abs()));
            let (ours, theirs) = (centered(&model.intercepts), centered(&intercepts));
            assert_close(&what, &ours, &theirs, 1e-8, size);
            let rows = indices(&expected["probe_rows"]);
            let ours = probabilities(&model, &data.x.select(ndarray::Axis(0), &rows));
            assert_close(
                &what,
                &ours.into_iter().collect::<Vec<f64>>(),
                &matrix(&expected["probabilities"])
                    .into_iter()
                    .collect::<Vec<f64>>(),
                tolerance("probability_absolute"),
                1.0,
            );
        }
    }
}

#[test]
fn a_class_without_rows_never_wins() {
    let (x, y) = features_and_target(&golden("lda.json")["cases"][0]);
    let n_classes = 5;
    for shrinkage in ["none", "auto", "fixed"] {
        let settings = settings([("shrinkage", Setting::Text(shrinkage.into()))]);
        let model = fit(&settings, &classes(x.clone(), &y, n_classes));
        let p = probabilities(&model, &(&x * 100.0 - 300.0));
        assert!(p.column(3).iter().chain(p.column(4)).all(|p| *p < 1e-15));
    }
}

#[test]
fn a_row_a_class_leaves_the_shares() {
    let x = Array2::from_shape_fn((3, 2), |(i, j)| (i * j + i) as f64);
    let p = probabilities(
        &fit(
            &Settings::default(),
            &classes(x.clone(), &[0.0, 1.0, 2.0], 3),
        ),
        &x,
    );
    assert!(p.iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-12), "{p}");
}

#[test]
fn the_contract_is_kept() {
    for case in list(&golden("lda.json")["cases"]) {
        for shrinkage in ["none", "auto", "fixed"] {
            let settings = settings([("shrinkage", Setting::Text(shrinkage.into()))]);
            check_contract("lda", &settings, &data(case));
        }
    }
}
