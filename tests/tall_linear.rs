//! Least squares on many rows, whose columns are measured by a sample first: what the sample
//! misses must not be missed by the fit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::Model;
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::Settings;
use ndarray::Array2;
use support::{assert_close, dataset, train};

const ROWS: usize = 30_000;

/// Slopes and intercept of y = 7 + 2·x₁ − 3·x₂ + 5·x₃, found from `x`.
fn check(what: &str, x: Array2<f64>, tolerance: f64) {
    let y = x
        .rows()
        .into_iter()
        .map(|row| 7.0 + 2.0 * row[0] - 3.0 * row[1] + 5.0 * row[2]);
    let data = dataset(x.clone(), Target::Values(y.collect()));
    let Model::Linear(model) = train("linear", &Settings::default(), data, 0).0 else {
        panic!("not a linear model")
    };
    let found = [model.coefficients(), &[model.intercept]].concat();
    assert_close(what, &found, &[2.0, -3.0, 5.0, 7.0], tolerance, 1.0);
}

fn normals() -> Array2<f64> {
    let mut rng = Rng::new(4);
    Array2::from_shape_simple_fn((ROWS, 3), || rng.normal())
}

#[test]
fn sorted_rows_are_fitted_as_others() {
    let mut x = normals();
    let mut first: Vec<f64> = x.column(0).to_vec();
    first.sort_by(f64::total_cmp);
    x.column_mut(0).assign(&ndarray::Array1::from(first));
    check("sorted", x, 1e-11);
}

#[test]
fn a_column_that_varies_in_one_row_alone_gets_its_slope() {
    let mut x = normals();
    x.column_mut(2).fill(0.0);
    x[(7, 2)] = 1.0;
    check("one row", x, 1e-9);
}

#[test]
fn a_huge_value_in_one_row_is_no_harm() {
    let mut x = normals();
    x[(11, 1)] = 1e9;
    check("huge", x, 1e-8);
}

#[test]
fn a_column_far_from_zero_keeps_its_digits() {
    let mut x = normals();
    x.column_mut(0).mapv_inplace(|v| v + 1e6);
    // Rounding y, near 2e6, moves the slope by some 4e-13, and the intercept a million times as
    // far.
    check("far", x, 4e-6);
}
