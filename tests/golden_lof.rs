//! The local outlier factor against scikit-learn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::{Algorithm, Model, Parts, Prediction};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, golden, indices, list, matrix, number, numbers,
    text, train,
};

fn settings_of(case: &Value) -> Settings {
    let setting = |value: &Value| match value {
        Value::String(text) => Setting::Text(text.clone()),
        other => Setting::Number(number(other)),
    };
    let given = case["settings"].as_object().unwrap().iter();
    given
        .map(|(name, value)| (name.clone(), setting(value)))
        .collect()
}

fn scores(model: &Model, x: &Array2<f64>) -> (Vec<f64>, Vec<usize>) {
    let Prediction::Anomalies { scores, is_outlier } = model.predict(x.view()).unwrap() else {
        panic!("not anomalies")
    };
    let outliers = (0..is_outlier.len()).filter(|&row| is_outlier[row]);
    (scores, outliers.collect())
}

fn threshold(model: &Model) -> f64 {
    match model {
        Model::Lof(model) => model.threshold(),
        _ => panic!("not densities"),
    }
}

#[test]
fn scores_of_seen_and_new_rows_agree() {
    let file = golden("lof.json");
    for case in list(&file["cases"]) {
        let what = format!("{} {}", text(&case["name"]), case["settings"]);
        let own = file["tolerance"]["by_case"].get(text(&case["name"]));
        let tolerance = number(own.unwrap_or(&file["tolerance"]["relative"]));
        let x = matrix(&case["x"]);
        let (model, _) = train(
            "lof",
            &settings_of(case),
            dataset(x.clone(), Target::None),
            0,
        );
        let check = |x: &Array2<f64>, expected: &str, outliers: &str| {
            let expected = numbers(&case[expected]);
            let (ours, found) = scores(&model, x);
            for (row, (a, b)) in ours.iter().zip(&expected).enumerate() {
                assert!(
                    (a - b).abs() <= tolerance * b,
                    "{what}, row {row}: {a} is not {b}"
                );
            }
            assert_eq!(found, indices(&case[outliers]), "{what}");
        };
        check(&x, "scores", "outliers");
        check(&matrix(&case["new"]), "new_scores", "new_outliers");
        let expected = number(&case["threshold"]);
        assert_close(
            &what,
            &[threshold(&model)],
            &[expected],
            tolerance,
            expected,
        );
    }
}

#[test]
fn fewer_rows_than_neighbors_are_noted_and_one_is_refused() {
    let x = Array2::from_shape_fn((5, 1), |(i, _)| (i * i) as f64);
    let (_, progress) = train("lof", &Settings::new(), dataset(x, Target::None), 0);
    assert!(progress.note.unwrap().contains("Only 4 other rows"));
    let algorithm = Algorithm::find("lof", &Settings::new()).unwrap();
    let alone = dataset(Array2::ones((1, 2)), Target::None);
    let error = algorithm.begin(alone, &Rng::new(0)).err().unwrap();
    assert_eq!(error.code().as_str(), "too_few_samples");
}

#[test]
fn damaged_parts_are_refused() {
    let case = &golden("lof.json")["cases"][0];
    let data = dataset(matrix(&case["x"]), Target::None);
    let parts = train("lof", &settings_of(case), data, 0).0.to_parts();
    let refuse = |name: &str, change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        let error = Model::from_parts("lof", &parts).unwrap_err();
        assert_eq!(error.code().as_str(), "bad_artifact", "{name}");
    };
    refuse("metric", &|parts| parts.put("metric", "none"));
    refuse("threshold", &|parts| parts.put("threshold", "high"));
    refuse("n_neighbors", &|parts| parts.put("n_neighbors", 0));
    refuse("more neighbors", &|parts| parts.put("n_neighbors", 102));
    refuse("x", &|parts| parts.put_matrix("x", &Array2::zeros((1, 2))));
    refuse("reaches", &|parts| parts.put_vector("reaches", &[]));
    refuse("densities", &|parts| {
        parts.put_vector("densities", &[0.0; 102])
    });
    refuse("scores", &|parts| parts.put_vector("scores", &[1.0]));
}

#[test]
fn the_contract_is_kept() {
    let case = &golden("lof.json")["cases"][0];
    let data = dataset(matrix(&case["x"]), Target::None);
    check_contract("lof", &settings_of(case), &data);
}
