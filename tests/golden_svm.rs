//! Support vector machines against LIBSVM.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::svm::{Output, SvmModel};
use handlens::models::{Algorithm, Model, Prediction};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::{Array2, array};
use support::{
    Value, assert_close, check_contract, dataset, features_and_target, golden, indices, list,
    matrix, number, numbers, settings, text, train,
};

fn classes(y: &[f64]) -> Target {
    Target::Classes {
        codes: y.iter().map(|&code| code as u32).collect(),
        labels: (0..=y.iter().fold(0.0_f64, |max, &code| max.max(code)) as usize)
            .map(|class| format!("class {class}"))
            .collect(),
    }
}

fn data_of(case: &Value, target: fn(&[f64]) -> Target) -> Arc<Dataset> {
    let (x, y) = features_and_target(case);
    let data = dataset(x, target(&y));
    let weights = (!case["weights"].is_null()).then(|| numbers(&case["weights"]));
    Arc::new(Dataset {
        weights,
        ..Dataset::clone(&data)
    })
}

fn settings_of(case: &Value, tol: &Value) -> Settings {
    let mut settings: Settings = serde_json::from_value(case["settings"].clone()).unwrap();
    settings.insert("tol".into(), Setting::Number(number(tol)));
    settings
}

fn svm(model: &Model) -> &SvmModel {
    match model {
        Model::Svm(model) => model,
        _ => panic!("not a support vector machine"),
    }
}

fn flat(matrix: &Array2<f64>) -> Vec<f64> {
    matrix.iter().copied().collect()
}

/// Coefficients by training row; vectors of a coefficient near 0 may be there or not.
fn by_row(coefficients: &Array2<f64>, support: &[usize], n: usize) -> Vec<f64> {
    let mut all = Array2::zeros((coefficients.nrows(), n));
    for (place, &row) in support.iter().enumerate() {
        all.column_mut(row).assign(&coefficients.column(place));
    }
    flat(&all)
}

/// Asserts that support vectors, coefficients and intercepts are those of the case.
fn check_machine(name: &str, ours: &SvmModel, case: &Value, n: usize, tolerance: f64) {
    let rows: Vec<usize> = ours.support.iter().map(|&row| row as usize).collect();
    let mine = by_row(&ours.dual_coefficients, &rows, n);
    let theirs = matrix(&case["dual_coefficients"]);
    let theirs = by_row(&theirs, &indices(&case["support"]), n);
    let scale = theirs.iter().fold(1.0_f64, |max, v| max.max(v.abs()));
    assert_close(
        &format!("{name}: coefficients"),
        &mine,
        &theirs,
        tolerance,
        scale,
    );
    let intercepts = numbers(&case["intercepts"]);
    let what = format!("{name}: intercepts");
    assert_close(&what, &ours.intercepts, &intercepts, tolerance, scale);
}

#[test]
fn classifiers_agree() {
    let file = golden("svm.json");
    let tolerance = number(&file["tolerance"]["relative"]);
    for case in list(&file["classes"]) {
        let name = text(&case["name"]);
        let data = data_of(case, classes);
        let mut settings = settings_of(case, &file["tolerance"]["tol"]);
        settings.insert("probability".into(), Setting::Flag(false));
        let (model, _) = train("svm", &settings, data.clone(), 0);
        check_machine(name, svm(&model), case, data.n_samples(), tolerance);
        let rows = data.x.select(ndarray::Axis(0), &indices(&case["rows"]));
        let decisions = flat(&svm(&model).decision_function(rows.view()));
        let expected = flat(&matrix(&case["decisions"]));
        assert_close(
            &format!("{name}: decisions"),
            &decisions,
            &expected,
            tolerance,
            10.0,
        );
        let Prediction::Classes { codes, .. } = model.predict(data.x.view()).unwrap() else {
            panic!("{name}: not classes")
        };
        let codes: Vec<usize> = codes.into_iter().map(|code| code as usize).collect();
        let differ = codes
            .iter()
            .zip(indices(&case["codes"]))
            .filter(|(a, b)| **a != *b);
        // Of equal votes scikit-learn takes the lowest class, we the clearest.
        assert!(differ.count() <= 1, "{name}");
    }
}

#[test]
fn regressions_agree() {
    let file = golden("svm.json");
    let tolerance = number(&file["tolerance"]["relative"]);
    for case in list(&file["numbers"]) {
        let name = text(&case["name"]);
        let data = data_of(case, |y| Target::Values(y.to_vec()));
        let settings = settings_of(case, &file["tolerance"]["tol"]);
        let (model, _) = train("svr", &settings, data.clone(), 0);
        check_machine(name, svm(&model), case, data.n_samples(), tolerance);
        let Prediction::Values(ours) = model.predict(data.x.view()).unwrap() else {
            panic!("{name}: not numbers")
        };
        let expected = numbers(&case["predictions"]);
        let what = format!("{name}: predictions");
        assert_close(&what, &ours.to_vec(), &expected, tolerance, 10.0);
    }
}

/// The rows on the margin decide 1 and −1, those inside less.
#[test]
fn free_support_vectors_lie_on_the_margin() {
    let case = &golden("svm.json")["classes"][2];
    let data = data_of(case, classes);
    let (model, _) = train("svm", &settings_of(case, &Value::from(1e-9)), data, 0);
    let model = svm(&model);
    let decisions = model.decision_function(model.support_vectors.view());
    for (place, decision) in decisions.iter().enumerate() {
        let coefficient = model.dual_coefficients[(0, place)];
        if coefficient.abs() < 10.0 - 1e-9 {
            assert!((decision - coefficient.signum()).abs() < 1e-6, "{decision}");
        } else {
            assert!(decision * coefficient.signum() <= 1.0 + 1e-6, "{decision}");
        }
    }
}

/// What rows say of themselves and of each other must be the truth in the long run.
#[test]
fn probabilities_are_calibrated() {
    let mut rng = Rng::new(4);
    let x = Array2::from_shape_fn((600, 2), |_| rng.normal());
    let y: Vec<f64> = x
        .rows()
        .into_iter()
        .map(|row| {
            let log_odds = 1.5 * row[0] - row[1];
            f64::from(rng.uniform() < handlens::math::sigmoid(log_odds))
        })
        .collect();
    let settings = settings([("kernel", Setting::Text("linear".into()))]);
    let (model, _) = train("svm", &settings, dataset(x.clone(), classes(&y)), 2);
    let Prediction::Classes { probabilities, .. } = model.predict(x.view()).unwrap() else {
        panic!("not classes")
    };
    let truth = |row: usize| handlens::math::sigmoid(1.5 * x[(row, 0)] - x[(row, 1)]);
    let errors = (0..600).map(|row| (probabilities[(row, 1)] - truth(row)).abs());
    let mean = errors.sum::<f64>() / 600.0;
    assert!(mean < 0.04, "{mean}");
}

#[test]
fn the_loss_never_rises_and_calibration_changes_no_class() {
    let case = &golden("svm.json")["classes"][3];
    let data = data_of(case, classes);
    let algorithm = Algorithm::find("svm", &Settings::default()).unwrap();
    let mut trainer = algorithm.begin(data.clone(), &Rng::new(1)).unwrap();
    let mut last = 0.0;
    loop {
        let progress = trainer.step().unwrap();
        assert!(progress.loss.unwrap() <= last + 1e-9);
        last = progress.loss.unwrap();
        if progress.is_done {
            break;
        }
    }
    let plain = settings([("probability", Setting::Flag(false))]);
    let (plain, _) = train("svm", &plain, data.clone(), 1);
    let codes = |model: &Model| match model.predict(data.x.view()).unwrap() {
        Prediction::Classes { codes, .. } => codes,
        _ => panic!("not classes"),
    };
    assert_eq!(codes(&trainer.model()), codes(&plain));
}

#[test]
fn rows_without_weight_and_classes_without_rows_are_left_out() {
    let x = array![[0.0], [1.0], [2.0], [3.0], [1.5]];
    let target = Target::Classes {
        codes: vec![0, 0, 3, 3, 1],
        labels: ["a", "b", "c", "d"].map(String::from).to_vec(),
    };
    let data = dataset(x, target);
    let weighted = |weights: Vec<f64>| {
        Arc::new(Dataset {
            weights: Some(weights),
            ..Dataset::clone(&data)
        })
    };
    let (model, _) = train(
        "svm",
        &Settings::default(),
        weighted(vec![1.0, 1.0, 1.0, 1.0, 0.0]),
        0,
    );
    let Output::Classes { is_present, .. } = &svm(&model).output else {
        panic!("not classes")
    };
    assert_eq!(is_present, &[true, false, false, true]);
    let algorithm = Algorithm::find("svm", &Settings::default()).unwrap();
    let error = algorithm.begin(weighted(vec![1.0, 0.5, 0.0, 0.0, 0.0]), &Rng::new(0));
    assert_eq!(error.err().unwrap().code().as_str(), "bad_target");
}

#[test]
fn time_is_told_beforehand() {
    let x = Array2::zeros((100_000, 20));
    let y: Vec<f64> = (0..100_000).map(|row| f64::from(row % 2)).collect();
    let demand = |id: &str, target: Target| {
        let algorithm = Algorithm::find(id, &Settings::default()).unwrap();
        algorithm.demand(&dataset(x.clone(), target)).unwrap()
    };
    assert!(demand("svm", classes(&y)).seconds > 60.0);
    assert!(demand("svr", Target::Values(y)).seconds > 60.0);
}

#[test]
fn the_contract_is_kept() {
    let file = golden("svm.json");
    for case in list(&file["classes"]).iter().take(5) {
        let settings = settings_of(case, &Value::from(1e-3));
        check_contract("svm", &settings, &data_of(case, classes));
    }
    for case in list(&file["numbers"]) {
        let settings = settings_of(case, &Value::from(1e-3));
        let data = data_of(case, |y| Target::Values(y.to_vec()));
        check_contract("svr", &settings, &data);
    }
}
