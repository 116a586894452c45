//! Huber regression against the minima of `tests/golden/huber.json`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::linear::LinearModel;
use handlens::models::{Model, Prediction, Progress};
use handlens::prepare::{Dataset, Target};
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, golden, indices, list, matrix, number, numbers,
    settings, text, train,
};

fn data(case: &Value) -> Arc<Dataset> {
    let data = dataset(matrix(&case["x"]), Target::Values(numbers(&case["y"])));
    Arc::new(Dataset {
        weights: case.get("weights").map(numbers),
        ..Dataset::clone(&data)
    })
}

fn fit(settings: &Settings, data: &Arc<Dataset>) -> (LinearModel, Progress) {
    match train("huber", settings, data.clone(), 0) {
        (Model::Linear(model), progress) => (model, progress),
        _ => panic!("not a linear model"),
    }
}

fn outliers(model: &LinearModel, data: &Dataset) -> Vec<usize> {
    let robust = model.robust.unwrap();
    let Prediction::Values(predicted) =
        Model::Linear(model.clone()).predict(data.x.view()).unwrap()
    else {
        panic!("not values")
    };
    let Target::Values(y) = &data.target else {
        panic!("no numbers")
    };
    let is_outlier = |&i: &usize| robust.is_outlier(y[i] - predicted[i]);
    (0..y.len()).filter(is_outlier).collect()
}

#[test]
fn minima_agree() {
    let file = golden("huber.json");
    let tolerance = number(&file["tolerance"]["relative"]);
    for case in list(&file["cases"]) {
        let data = data(case);
        for expected in list(&case["expected"]) {
            let intercept = case["has_intercept"].as_bool().unwrap();
            let settings = settings([
                ("epsilon", Setting::Number(number(&expected["epsilon"]))),
                ("alpha", Setting::Number(number(&expected["alpha"]))),
                ("fit_intercept", Setting::Flag(intercept)),
                ("tol", Setting::Number(1e-11)),
                ("max_iter", Setting::Number(1000.0)),
            ]);
            let what = format!("{} {settings:?}", text(&case["name"]));
            let (model, progress) = fit(&settings, &data);
            assert_eq!(progress.note, None, "{what}");
            let spread = data.x.std_axis(ndarray::Axis(0), 0.0);
            let effects =
                |w: &[f64]| -> Vec<f64> { w.iter().zip(&spread).map(|(w, s)| w * s).collect() };
            let slopes = effects(&numbers(&expected["coefficients"]));
            let largest = slopes.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
            assert_close(
                &what,
                &effects(model.coefficients()),
                &slopes,
                tolerance,
                largest,
            );
            let scale = number(&expected["scale"]);
            assert_close(
                &what,
                &[model.robust.unwrap().scale],
                &[scale],
                tolerance,
                scale,
            );
            let intercept = number(&expected["intercept"]);
            let size = intercept.abs().max(largest);
            assert_close(&what, &[model.intercept], &[intercept], tolerance, size);
            let loss = number(&expected["loss"]);
            assert_close(&what, &[progress.loss.unwrap()], &[loss], 1e-10, loss);
            assert_eq!(outliers(&model, &data), indices(&expected["outliers"]));
        }
    }
}

#[test]
fn defaults_converge() {
    for case in list(&golden("huber.json")["cases"]) {
        let (_, progress) = fit(&Settings::default(), &data(case));
        assert_eq!(progress.note, None, "{}", text(&case["name"]));
        assert!(progress.position < 60.0, "{}", progress.position);
    }
}

#[test]
fn an_exact_line_has_no_scale() {
    let x = Array2::from_shape_fn((20, 1), |(i, _)| i as f64);
    let y = (0..20).map(|i| 3.0 * f64::from(i) + 1.0).collect();
    let settings = settings([("alpha", Setting::Number(0.0))]);
    let (model, progress) = fit(&settings, &dataset(x, Target::Values(y)));
    assert_close("slope", model.coefficients(), &[3.0], 1e-3, 1.0);
    assert!(model.robust.unwrap().scale < 1e-2, "{progress:?}");
}

#[test]
fn the_contract_is_kept() {
    let file = golden("huber.json");
    for case in list(&file["cases"]) {
        check_contract("huber", &Settings::default(), &data(case));
    }
    let constant = dataset(Array2::ones((5, 2)), Target::Values(vec![2.0; 5]));
    check_contract("huber", &Settings::default(), &constant);
}

#[test]
fn hostile_parts_are_refused() {
    let file = golden("huber.json");
    let data = data(&list(&file["cases"])[0]);
    let parts = Model::Linear(fit(&Settings::default(), &data).0).to_parts();
    for robust in [vec![], vec![-1.0, 1.35], vec![1.0, 0.0], vec![1.0; 3]] {
        let mut bad = parts.clone();
        bad.put_vector("robust", &robust);
        assert!(Model::from_parts("linear", &bad).is_err(), "{robust:?}");
    }
}
