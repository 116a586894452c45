//! Lasso, elastic net and weighted least squares against scikit-learn's minima.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::Model;
use handlens::models::linear::LinearModel;
use handlens::prepare::{Dataset, Target};
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, golden, list, matrix, number, numbers, settings,
    text, train,
};

fn data(case: &Value) -> Arc<Dataset> {
    let data = dataset(matrix(&case["x"]), Target::Values(numbers(&case["y"])));
    Arc::new(Dataset {
        weights: case.get("weights").map(numbers),
        ..Dataset::clone(&data)
    })
}

fn fit(id: &str, settings: &Settings, data: &Arc<Dataset>) -> LinearModel {
    match train(id, settings, data.clone(), 0) {
        (Model::Linear(model), progress) => {
            assert_eq!(progress.note, None, "{id}");
            model
        }
        _ => panic!("not a linear model"),
    }
}

/// Slopes per standard deviation of their columns, relative to the largest.
fn check_slopes(what: &str, x: &Array2<f64>, ours: &[f64], expected: &[f64], tolerance: f64) {
    let spread = x.std_axis(ndarray::Axis(0), 0.0);
    let effects = |w: &[f64]| -> Vec<f64> { w.iter().zip(&spread).map(|(w, s)| w * s).collect() };
    let expected = effects(expected);
    let largest = expected.iter().fold(1e-300_f64, |max, v| max.max(v.abs()));
    assert_close(what, &effects(ours), &expected, tolerance, largest);
}

fn penalty(expected: &Value, case: &Value) -> (&'static str, Settings) {
    let l1_ratio = number(&expected["l1_ratio"]);
    let mut settings = settings([
        ("alpha", Setting::Number(number(&expected["alpha"]))),
        ("tol", Setting::Number(1e-12)),
        ("max_iter", Setting::Number(1e6)),
        (
            "fit_intercept",
            Setting::Flag(case["has_intercept"].as_bool().unwrap()),
        ),
    ]);
    if l1_ratio == 1.0 {
        return ("lasso", settings);
    }
    settings.insert("l1_ratio".into(), Setting::Number(l1_ratio));
    ("elastic_net", settings)
}

#[test]
fn minima_agree() {
    let file = golden("penalized.json");
    let tolerance = number(&file["tolerance"]["relative"]);
    for case in list(&file["fits"]) {
        let data = data(case);
        for expected in list(&case["expected"]) {
            let (id, settings) = penalty(expected, case);
            let what = format!("{} {settings:?}", text(&case["name"]));
            let model = fit(id, &settings, &data);
            let slopes = numbers(&expected["coefficients"]);
            let is_zero = |w: &f64| *w == 0.0;
            let zeros = |w: &[f64]| w.iter().map(is_zero).collect::<Vec<bool>>();
            assert_eq!(zeros(model.coefficients()), zeros(&slopes), "{what}");
            check_slopes(&what, &data.x, model.coefficients(), &slopes, tolerance);
            let intercept = number(&expected["intercept"]);
            let size = intercept.abs().max(1.0);
            assert_close(&what, &[model.intercept], &[intercept], 1e-7, size);
        }
    }
}

#[test]
fn the_path_agrees() {
    let file = golden("penalized.json");
    let case = &file["path"];
    let data = data(case);
    let alphas = numbers(&case["alphas"]);
    let settings = settings([
        ("alpha", Setting::Number(*alphas.last().unwrap())),
        ("tol", Setting::Number(1e-12)),
    ]);
    let path = fit("lasso", &settings, &data).path.unwrap();
    let expected = matrix(&case["coefficients"]);
    for (alpha, slopes) in alphas.iter().zip(expected.rows()) {
        let at = path
            .alphas
            .iter()
            .position(|a| (a / alpha - 1.0).abs() < 1e-9)
            .unwrap();
        let what = format!("alpha {alpha}");
        let ours = path.coefficients.row(at).to_vec();
        // Entries are compared with the largest of the path, which starts at 0.
        assert_close(&what, &ours, &slopes.to_vec(), 1e-8, 30.0);
    }
    assert!(path.coefficients.row(0).iter().all(|w| *w == 0.0));
}

#[test]
fn defaults_end_at_the_minimum() {
    let file = golden("penalized.json");
    for case in list(&file["fits"]) {
        let data = data(case);
        for expected in list(&case["expected"]) {
            let (id, mut settings) = penalty(expected, case);
            settings.remove("tol");
            let model = fit(id, &settings, &data);
            let slopes = numbers(&expected["coefficients"]);
            check_slopes(id, &data.x, model.coefficients(), &slopes, 1e-3);
        }
    }
}

#[test]
fn weighted_rows_count_as_often() {
    let file = golden("penalized.json");
    let tolerance = number(&file["tolerance"]["weighted"]);
    for case in list(&file["weighted"]) {
        let data = data(case);
        let intercept = Setting::Flag(case["has_intercept"].as_bool().unwrap());
        for (id, name) in [("linear", "ols"), ("ridge", "ridge")] {
            let expected = &case[name];
            let mut settings = settings([("fit_intercept", intercept.clone())]);
            if let Some(alpha) = expected.get("alpha") {
                settings.insert("alpha".into(), Setting::Number(number(alpha)));
            }
            let model = fit(id, &settings, &data);
            let slopes = numbers(&expected["coefficients"]);
            assert_close(id, model.coefficients(), &slopes, tolerance, 1.0);
            let intercept = number(&expected["intercept"]);
            assert_close(id, &[model.intercept], &[intercept], tolerance, 3.0);
        }
    }
}

/// Each row as often as its weight says.
fn repeated(data: &Dataset) -> Arc<Dataset> {
    let weights = data.weights.clone().unwrap();
    let times = |row: usize| std::iter::repeat_n(row, weights[row] as usize);
    let rows: Vec<usize> = (0..weights.len()).flat_map(times).collect();
    Arc::new(Dataset {
        weights: None,
        ..data.select(&rows)
    })
}

#[test]
fn a_weight_is_a_number_of_rows() {
    let file = golden("penalized.json");
    let data = data(&list(&file["weighted"])[0]);
    for id in ["linear", "ridge", "lasso", "elastic_net"] {
        let settings = match id {
            "linear" => Settings::default(),
            _ => settings([("alpha", Setting::Number(0.1))]),
        };
        let weighted = fit(id, &settings, &data);
        let repeated = fit(id, &settings, &repeated(&data));
        let (a, b) = (weighted.coefficients(), repeated.coefficients());
        assert_close(id, a, b, 1e-12, 1.0);
        assert_close(id, &[weighted.intercept], &[repeated.intercept], 1e-12, 1.0);
        if id == "linear" {
            let squares = |model: &LinearModel| {
                let fit = model.fit.as_ref().unwrap();
                [fit.residual_squares, fit.total_squares, fit.total_weight]
            };
            assert_close(id, &squares(&weighted), &squares(&repeated), 1e-11, 1.0);
        }
    }
}

#[test]
fn of_equal_columns_the_first_is_kept() {
    let file = golden("penalized.json");
    let case = &list(&file["fits"])[0];
    let x = matrix(&case["x"]);
    let twice = Array2::from_shape_fn((x.nrows(), 3), |(i, j)| x[(i, [1, 1, 2][j])]);
    let data = dataset(twice, Target::Values(numbers(&case["y"])));
    let settings = settings([("alpha", Setting::Number(1.0))]);
    let model = fit("lasso", &settings, &data);
    assert!(model.coefficients()[0] > 1.0 && model.coefficients()[1] == 0.0);
    // Ridge shares the weight equally.
    let shared = fit("elastic_net", &settings, &data);
    let [first, second, _] = shared.coefficients()[..] else {
        panic!("three slopes")
    };
    assert!(first > 1.0 && (first - second).abs() < 1e-6);
}

#[test]
fn the_ends_are_least_squares_and_ridge() {
    let file = golden("penalized.json");
    let data = data(&list(&file["fits"])[0]);
    let zero = Setting::Number(0.0);
    let none = settings([("alpha", zero.clone())]);
    let squares = fit("linear", &Settings::default(), &data);
    assert_eq!(fit("lasso", &none, &data), squares);
    let only_ridge = settings([("alpha", Setting::Number(0.5)), ("l1_ratio", zero)]);
    let alpha = Setting::Number(0.5 * data.n_samples() as f64);
    let ridge = fit("ridge", &settings([("alpha", alpha)]), &data);
    assert_eq!(fit("elastic_net", &only_ridge, &data), ridge);
}

#[test]
fn sweeps_that_run_out_are_noted() {
    let file = golden("penalized.json");
    let data = data(&list(&file["fits"])[0]);
    let settings = settings([
        ("alpha", Setting::Number(0.001)),
        ("max_iter", Setting::Number(1.0)),
        ("tol", Setting::Number(1e-12)),
    ]);
    let note = train("lasso", &settings, data, 0).1.note.unwrap();
    assert!(note.contains("max_iter"), "{note}");
}

#[test]
fn the_contract_is_kept() {
    let file = golden("penalized.json");
    for case in list(&file["fits"]) {
        for id in ["lasso", "elastic_net"] {
            check_contract(id, &Settings::default(), &data(case));
        }
    }
    let constant = dataset(Array2::ones((5, 2)), Target::Values(vec![2.0; 5]));
    check_contract("lasso", &Settings::default(), &constant);
}

#[test]
fn a_hostile_path_is_refused() {
    let file = golden("penalized.json");
    let model = train(
        "lasso",
        &Settings::default(),
        data(&list(&file["fits"])[0]),
        0,
    )
    .0;
    let parts = model.to_parts();
    for alphas in [vec![1.0], vec![0.0; 3], vec![]] {
        let mut bad = parts.clone();
        bad.put_vector("path_alphas", &alphas);
        assert!(Model::from_parts("linear", &bad).is_err(), "{alphas:?}");
    }
}
