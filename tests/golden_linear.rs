//! Linear and ridge regression against exact rational solutions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::linear::LinearModel;
use handlens::models::{Model, Prediction};
use handlens::prepare::Target;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, features_and_target, golden, list, number,
    numbers, settings, text, train,
};

fn fit(id: &str, settings: &Settings, x: &Array2<f64>, y: &[f64]) -> (LinearModel, Option<String>) {
    let data = dataset(x.clone(), Target::Values(y.to_vec()));
    match train(id, settings, data, 0) {
        (Model::Linear(model), progress) => (model, progress.note),
        _ => panic!("not a linear model"),
    }
}

fn tolerance(file: &Value, case: &Value) -> f64 {
    let own = file["tolerance"]["by_case"].get(text(&case["name"]));
    number(own.unwrap_or(&file["tolerance"]["relative"]))
}

/// Each slope times the largest |x| of its column, relative to the largest such product.
fn check_slopes(name: &str, x: &Array2<f64>, ours: &[f64], expected: &[f64], tolerance: f64) {
    let sizes: Vec<f64> = x
        .columns()
        .into_iter()
        .map(|c| c.fold(0.0, |m: f64, v| m.max(v.abs())))
        .collect();
    let effects = |w: &[f64]| -> Vec<f64> { w.iter().zip(&sizes).map(|(w, s)| w * s).collect() };
    let expected = effects(expected);
    let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    assert_close(
        name,
        &effects(ours),
        &expected,
        tolerance,
        largest.max(f64::MIN_POSITIVE),
    );
}

fn check_each(name: &str, ours: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), expected.len(), "{name}");
    for (a, b) in ours.iter().zip(expected) {
        assert!(
            (a - b).abs() <= tolerance * b.abs(),
            "{name}: {a:e} is not {b:e}"
        );
    }
}

#[test]
fn least_squares_is_exact() {
    let file = golden("linear.json");
    for case in list(&file["ols"]) {
        let name = text(&case["name"]);
        let (x, y) = features_and_target(case);
        let has_intercept = case["has_intercept"].as_bool().unwrap();
        let settings = settings([("fit_intercept", Setting::Flag(has_intercept))]);
        let (model, note) = fit("linear", &settings, &x, &y);
        let (expected, tolerance) = (&case["expected"], tolerance(&file, case));
        check_slopes(
            name,
            &x,
            model.coefficients(),
            &numbers(&expected["coefficients"]),
            tolerance,
        );
        assert_eq!(note, None, "{name}");
        assert_eq!(
            model.fit.as_ref().unwrap().rank as f64,
            number(&expected["rank"]),
            "{name}"
        );
        if has_intercept {
            check_each(
                name,
                &[model.intercept],
                &[number(&expected["intercept"])],
                tolerance,
            );
        }
        if let Some(r_squared) = expected["r_squared"].as_f64() {
            check_each(name, &[model.r_squared().unwrap()], &[r_squared], tolerance);
        }
        let details = model.details();
        let all: Vec<_> = details.intercept.iter().chain(&details.slopes).collect();
        if number(&expected["residual_df"]) == 0.0 {
            assert!(
                model.std_errors.is_none() && model.residual_std().is_none(),
                "{name}"
            );
        }
        if expected.get("std_errors").is_some() {
            let of = |pick: fn(&&handlens::models::linear::Coefficient) -> f64| -> Vec<f64> {
                all.iter().map(pick).collect()
            };
            check_each(
                name,
                &of(|c| c.std_error.unwrap()),
                &numbers(&expected["std_errors"]),
                tolerance,
            );
            check_each(
                name,
                &[model.residual_std().unwrap()],
                &[number(&expected["residual_std"])],
                tolerance,
            );
            if expected.get("t_values").is_some() {
                check_each(
                    name,
                    &of(|c| c.t.unwrap()),
                    &numbers(&expected["t_values"]),
                    tolerance.max(1e-8),
                );
                let absolute = number(&file["tolerance"]["p_value_absolute"]);
                assert_close(
                    name,
                    &of(|c| c.p.unwrap()),
                    &numbers(&expected["p_values"]),
                    absolute,
                    1.0,
                );
            }
        }
    }
}

#[test]
fn dependent_columns_get_the_shortest_slopes_and_a_notice() {
    let file = golden("linear.json");
    let tolerance = number(&file["tolerance"]["rank_deficient_absolute"]);
    for case in list(&file["rank_deficient"]) {
        let name = text(&case["name"]);
        let (x, y) = features_and_target(case);
        let (model, note) = fit("linear", &Settings::default(), &x, &y);
        let expected = &case["expected"];
        let rank = number(&expected["rank"]) as usize;
        assert_eq!(model.fit.as_ref().unwrap().rank, rank, "{name}");
        assert_close(
            name,
            model.coefficients(),
            &numbers(&expected["coefficients"]),
            tolerance,
            1.0,
        );
        assert_close(
            name,
            &[model.intercept],
            &[number(&expected["intercept"])],
            tolerance,
            1.0,
        );
        let Prediction::Values(values) = Model::Linear(model.clone()).predict(x.view()).unwrap()
        else {
            panic!("{name}: not values")
        };
        assert_close(
            name,
            &values.to_vec(),
            &numbers(&expected["predictions"]),
            tolerance,
            1.0,
        );
        assert_eq!(note.is_some(), rank < x.ncols(), "{name}");
        assert_eq!(model.std_errors.is_none(), rank < x.ncols(), "{name}");
    }
}

#[test]
fn ridge_is_exact() {
    let file = golden("linear.json");
    for case in list(&file["ridge"]) {
        let name = text(&case["name"]);
        let (x, y) = features_and_target(case);
        for expected in list(&case["expected"]) {
            let alpha = number(&expected["alpha"]);
            let settings = settings([("alpha", Setting::Number(alpha))]);
            let (model, _) = fit("ridge", &settings, &x, &y);
            let what = format!("{name}, alpha {alpha}");
            let expected_slopes = numbers(&expected["coefficients"]);
            check_slopes(
                &what,
                &x,
                model.coefficients(),
                &expected_slopes,
                tolerance(&file, case),
            );
            let intercept = number(&expected["intercept"]);
            // Slopes that cancel far from zero leave the intercept as exact as their products.
            let size = x
                .columns()
                .into_iter()
                .zip(&expected_slopes)
                .fold(intercept.abs(), |m, (c, w)| {
                    m.max(c.fold(0.0_f64, |m, v| m.max(v.abs())) * w.abs())
                });
            assert_close(
                &what,
                &[model.intercept],
                &[intercept],
                tolerance(&file, case),
                size,
            );
        }
    }
}

#[test]
fn ridge_without_penalty_is_least_squares() {
    let (x, y) = features_and_target(&golden("linear.json")["ols"][0]);
    let none = settings([("alpha", Setting::Number(0.0))]);
    let (ridge, _) = fit("ridge", &none, &x, &y);
    let (linear, _) = fit("linear", &Settings::default(), &x, &y);
    assert_eq!(ridge, linear);
}

#[test]
fn raw_units_undo_standardizing() {
    let (x, y) = features_and_target(&golden("linear.json")["ols"][0]);
    let centers: Vec<f64> = (0..x.ncols())
        .map(|j| x.column(j).mean().unwrap())
        .collect();
    let scales: Vec<f64> = (0..x.ncols()).map(|j| x.column(j).std(0.0)).collect();
    let scaled = Array2::from_shape_fn(x.dim(), |(i, j)| (x[(i, j)] - centers[j]) / scales[j]);
    let direct = fit("linear", &Settings::default(), &x, &y).0.details();
    let undone = fit("linear", &Settings::default(), &scaled, &y)
        .0
        .in_raw_units(&centers, &scales);
    let all = |c: &handlens::models::linear::Coefficients| -> Vec<f64> {
        let all = c.intercept.iter().chain(&c.slopes);
        all.flat_map(|c| [c.value, c.std_error.unwrap(), c.t.unwrap()])
            .collect()
    };
    // Standardized features are rounded once; the columns' condition number is 500.
    check_each("raw units", &all(&undone), &all(&direct), 1e-11);
}

#[test]
fn the_contract_is_kept() {
    let (x, y) = features_and_target(&golden("linear.json")["ols"][0]);
    let data = dataset(x, Target::Values(y));
    check_contract("linear", &Settings::default(), &data);
    check_contract("ridge", &Settings::default(), &data);
    let tiny = dataset(Array2::zeros((1, 2)), Target::Values(vec![3.0]));
    check_contract("linear", &Settings::default(), &tiny);
    check_contract("ridge", &Settings::default(), &tiny);
    let huge = dataset(
        Array2::from_shape_fn((20, 2), |(i, j)| 1e300 * (i + i * j) as f64 / 30.0),
        Target::Values(vec![1.0; 20]),
    );
    check_contract("linear", &Settings::default(), &huge);
}

#[test]
fn slopes_beyond_the_range_of_numbers_are_an_error_and_leave_the_mean() {
    let x = Array2::from_shape_fn((20, 1), |(i, _)| i as f64 * 1e-295);
    let y: Vec<f64> = (0..20).map(|i| f64::from(i) * 1e20).collect();
    let algorithm = handlens::models::Algorithm::find("linear", &Settings::default()).unwrap();
    let data = dataset(x.clone(), Target::Values(y));
    let mut trainer = algorithm.begin(data, &handlens::rng::Rng::new(0)).unwrap();
    for _ in 0..2 {
        assert_eq!(trainer.step().unwrap_err().code().as_str(), "diverged");
    }
    let Prediction::Values(values) = trainer.model().predict(x.view()).unwrap() else {
        panic!("not values")
    };
    // A mean is rounded twice: its sum and its division.
    assert!(
        values
            .iter()
            .all(|v| (v / 9.5e20 - 1.0).abs() <= 2.0 * f64::EPSILON)
    );
}

/// A case whose rows are repeated until products of columns stand for them.
fn repeated(case: &Value, times: usize) -> (Array2<f64>, Vec<f64>) {
    let (x, y) = features_and_target(case);
    let many = ndarray::concatenate(ndarray::Axis(0), &vec![x.view(); times]).unwrap();
    (many, y.repeat(times))
}

#[test]
fn many_rows_give_the_slopes_of_few() {
    let file = golden("linear.json");
    let ols = list(&file["ols"]).iter();
    let has_spare_rows = |case: &&Value| number(&case["expected"]["residual_df"]) > 0.0;
    for case in ols.filter(has_spare_rows) {
        let name = text(&case["name"]);
        let (x, y) = features_and_target(case);
        let times = 20_000_usize.div_ceil(y.len());
        let (many_x, many_y) = repeated(case, times);
        let has_intercept = case["has_intercept"].as_bool().unwrap();
        let linear = settings([("fit_intercept", Setting::Flag(has_intercept))]);
        let (few, _) = fit("linear", &linear, &x, &y);
        let (many, note) = fit("linear", &linear, &many_x, &many_y);
        assert_eq!(note, None, "{name}");
        check_slopes(name, &x, many.coefficients(), few.coefficients(), 1e-12);
        let squares = |model: &LinearModel| model.fit.as_ref().unwrap().residual_squares;
        let total = few.fit.as_ref().unwrap().total_squares;
        let apart = (squares(&many) / times as f64 - squares(&few)).abs();
        assert!(apart <= 1e-12 * total, "{name}: squares {apart:e} apart");
        let alpha = |alpha: f64| settings([("alpha", Setting::Number(alpha))]);
        let (few, _) = fit("ridge", &alpha(0.5), &x, &y);
        let (many, _) = fit("ridge", &alpha(0.5 * times as f64), &many_x, &many_y);
        check_slopes(name, &x, many.coefficients(), few.coefficients(), 1e-12);
    }
}

#[test]
fn many_rows_of_dependent_columns_are_told() {
    let file = golden("linear.json");
    for case in list(&file["rank_deficient"]) {
        let (x, y) = features_and_target(case);
        let (many_x, many_y) = repeated(case, 20_000_usize.div_ceil(y.len()));
        let rank = number(&case["expected"]["rank"]) as usize;
        let (model, note) = fit("linear", &Settings::default(), &many_x, &many_y);
        assert_eq!(model.fit.as_ref().unwrap().rank, rank);
        assert_eq!(note.is_some(), rank < x.ncols());
        let (few, _) = fit("linear", &Settings::default(), &x, &y);
        check_slopes(
            "dependent",
            &x,
            model.coefficients(),
            few.coefficients(),
            1e-9,
        );
    }
}
