//! Linear regression against the certified values of NIST's reference datasets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::Model;
use handlens::models::linear::LinearModel;
use handlens::prepare::Target;
use handlens::settings::Setting;
use ndarray::Array2;
use support::{Value, dataset, golden, list, number, numbers, settings, text, train};

/// Correct significant digits, at most 15; of a certified 0, digits after the point.
fn digits(ours: f64, certified: f64) -> f64 {
    let error = (ours - certified).abs();
    let relative = if certified == 0.0 {
        error
    } else {
        error / certified.abs()
    };
    if relative == 0.0 {
        15.0
    } else {
        (-libm::log10(relative)).clamp(0.0, 15.0)
    }
}

fn worst(ours: &[f64], certified: &[f64]) -> f64 {
    assert_eq!(ours.len(), certified.len());
    ours.iter()
        .zip(certified)
        .map(|(a, b)| digits(*a, *b))
        .fold(15.0, f64::min)
}

fn design(data: &Value) -> Array2<f64> {
    let x = support::matrix(&data["x"]);
    let Some(degree) = data["polynomial_degree"].as_u64() else {
        return x;
    };
    let power = |(i, j): (usize, usize)| (0..j).fold(x[(i, 0)], |power, _| power * x[(i, 0)]);
    Array2::from_shape_fn((x.nrows(), degree as usize), power)
}

fn fit(data: &Value) -> LinearModel {
    let has_intercept = data["has_intercept"].as_bool().unwrap();
    let target = Target::Values(numbers(&data["y"]));
    let settings = settings([("fit_intercept", Setting::Flag(has_intercept))]);
    match train("linear", &settings, dataset(design(data), target), 0).0 {
        Model::Linear(model) => model,
        _ => panic!("not a linear model"),
    }
}

#[test]
fn certified_digits_are_reached() {
    let file = golden("nist/nist_linear.json");
    for data in list(&file["datasets"]) {
        let name = text(&data["name"]);
        let certified = &data["certified"];
        let model = fit(data);
        let details = model.details();
        let all: Vec<_> = details.intercept.iter().chain(&details.slopes).collect();
        let values: Vec<f64> = all.iter().map(|c| c.value).collect();
        let errors: Vec<f64> = all.iter().map(|c| c.std_error.unwrap()).collect();
        let of_values = worst(&values, &numbers(&certified["coefficients"]));
        let of_errors = worst(&errors, &numbers(&certified["std_errors"]));
        let of_residual = digits(
            model.residual_std().unwrap(),
            number(&certified["residual_std"]),
        );
        let of_r = digits(model.r_squared().unwrap(), number(&certified["r_squared"]));
        let f = number(&certified["f_statistic"]);
        // A perfect fit leaves residuals of rounding size, so F is huge, not infinite.
        let of_f = if f.is_finite() {
            digits(model.f_test().unwrap().0, f)
        } else {
            15.0
        };
        println!(
            "{name:9} coefficients {of_values:4.1}  errors {of_errors:4.1}  residual std {of_residual:4.1}  R2 {of_r:4.1}  F {of_f:4.1}"
        );
        // The powers of Filip's x are rounded to f64; that alone costs half of the digits.
        let (for_values, for_errors) = if name == "Filip" {
            (7.5, 7.0)
        } else {
            (13.0, 9.0)
        };
        assert!(of_values >= for_values, "{name}: coefficients");
        assert!(of_errors >= for_errors, "{name}: standard errors");
        assert!(
            of_residual >= for_errors && of_r >= for_errors && of_f >= for_errors,
            "{name}"
        );
    }
}

#[test]
fn means_and_deviations_reach_their_digits() {
    let file = golden("nist/nist_univariate.json");
    let limits = &file["tolerance"];
    for data in list(&file["datasets"]) {
        let name = text(&data["name"]);
        let values = numbers(&data["values"]);
        let moments = handlens::math::moments(&values).unwrap();
        // NIST divides by n − 1.
        let n = values.len() as f64;
        let deviation = moments.deviation * (n / (n - 1.0)).sqrt();
        let certified = |what: &str| text(&data["certified"][what]).parse::<f64>().unwrap();
        let mean_digits = digits(moments.mean, certified("mean"));
        let deviation_digits = digits(deviation, certified("std"));
        println!("{name}: mean {mean_digits:.1}, deviation {deviation_digits:.1} digits");
        assert!(
            mean_digits >= number(&limits["min_correct_digits_mean"]),
            "{name}: mean"
        );
        let wanted = number(&limits["min_correct_digits_std"][name]);
        assert!(
            deviation_digits >= wanted,
            "{name}: deviation {deviation_digits}"
        );
    }
}
