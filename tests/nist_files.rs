//! NIST's own files, read where they lie beside the repository: linear regression, univariate
//! summaries and analysis of variance against the certified values that each file states.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::path::{Path, PathBuf};

use handlens::models::Model;
use handlens::models::linear::LinearModel;
use handlens::prepare::Target;
use handlens::settings::Setting;
use ndarray::Array2;
use support::{dataset, settings, train};

/// The text of a file; nothing, and a word about it, where the folder is not there.
fn file(name: &str) -> Option<String> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/nist");
    if !folder.is_dir() {
        println!("skipped: no reference data");
        return None;
    }
    Some(std::fs::read_to_string(folder.join(format!("{name}.dat"))).unwrap())
}

/// The numbers of a line; nothing where it is not made of numbers.
fn numbers(line: &str) -> Vec<f64> {
    let found: Option<Vec<f64>> = line
        .split_whitespace()
        .map(|word| word.parse().ok())
        .collect();
    found.unwrap_or_default()
}

/// The lines of numbers after the last line that starts with `Data`.
fn rows(text: &str) -> Vec<Vec<f64>> {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines
        .iter()
        .rposition(|line| line.trim_start().starts_with("Data"))
        .unwrap();
    let rows = lines[start + 1..].iter().map(|line| numbers(line));
    rows.filter(|row| !row.is_empty()).collect()
}

/// The last word of the line that follows or holds `label`.
fn certified(text: &str, label: &str) -> f64 {
    let line = text.lines().find(|line| line.contains(label)).unwrap();
    line.split_whitespace().last().unwrap().parse().unwrap()
}

fn digits(ours: f64, certified: f64) -> f64 {
    let error = (ours - certified).abs()
        / if certified == 0.0 {
            1.0
        } else {
            certified.abs()
        };
    if error == 0.0 {
        return 15.0;
    }
    (-libm::log10(error)).clamp(0.0, 15.0)
}

fn fit(x: Array2<f64>, y: Vec<f64>, has_intercept: bool) -> LinearModel {
    let settings = settings([("fit_intercept", Setting::Flag(has_intercept))]);
    match train("linear", &settings, dataset(x, Target::Values(y)), 0).0 {
        Model::Linear(model) => model,
        _ => panic!("not a linear model"),
    }
}

/// Correct digits of the worst coefficient and of the worst standard error.
fn regression(name: &str, degree: usize, has_intercept: bool) -> Option<(f64, f64)> {
    let text = file(name)?;
    let rows = rows(&text);
    let width = if degree > 1 {
        degree
    } else {
        rows[0].len() - 1
    };
    let entry = |(i, j): (usize, usize)| match degree {
        1 => rows[i][j + 1],
        _ => (0..j).fold(rows[i][1], |power, _| power * rows[i][1]),
    };
    let x = Array2::from_shape_fn((rows.len(), width), entry);
    let details = fit(x, rows.iter().map(|row| row[0]).collect(), has_intercept).details();
    let stated = text.lines().filter_map(|line| {
        let (name, rest) = line.trim_start().split_once(' ')?;
        let is_coefficient = name.starts_with('B') && name[1..].parse::<u32>().is_ok();
        is_coefficient
            .then(|| numbers(rest))
            .filter(|found| found.len() == 2)
    });
    let stated: Vec<Vec<f64>> = stated.collect();
    let ours: Vec<_> = details.intercept.iter().chain(&details.slopes).collect();
    assert_eq!(ours.len(), stated.len(), "{name}");
    let worst = |pick: &dyn Fn(usize) -> f64| (0..ours.len()).map(pick).fold(15.0, f64::min);
    Some((
        worst(&|i| digits(ours[i].value, stated[i][0])),
        worst(&|i| digits(ours[i].std_error.unwrap(), stated[i][1])),
    ))
}

#[test]
fn linear_regression() {
    let sets = [
        ("Norris", 1, true),
        ("Pontius", 2, true),
        ("NoInt1", 1, false),
        ("NoInt2", 1, false),
        ("Filip", 10, true),
        ("Longley", 1, true),
        ("Wampler1", 5, true),
        ("Wampler2", 5, true),
        ("Wampler3", 5, true),
        ("Wampler4", 5, true),
        ("Wampler5", 5, true),
    ];
    for (name, degree, has_intercept) in sets {
        let Some((values, errors)) = regression(name, degree, has_intercept) else {
            return;
        };
        println!("{name:9} coefficients {values:4.1}, standard errors {errors:4.1} digits");
        // The powers of Filip's x are rounded to f64; that alone costs half of the digits.
        let (for_values, for_errors) = if name == "Filip" {
            (7.5, 7.0)
        } else {
            (13.0, 9.0)
        };
        assert!(values >= for_values && errors >= for_errors, "{name}");
    }
}

#[test]
fn univariate_summaries() {
    for name in [
        "Lew", "Lottery", "Michelso", "NumAcc1", "NumAcc2", "NumAcc3",
    ] {
        let Some(text) = file(name) else {
            return;
        };
        let values: Vec<f64> = rows(&text).concat();
        let moments = handlens::math::moments(&values).unwrap();
        let n = values.len() as f64;
        // NIST divides by n − 1.
        let deviation = moments.deviation * (n / (n - 1.0)).sqrt();
        let stated = |label: &str| {
            let line = text.lines().find(|line| line.contains(label)).unwrap();
            let number = line.split(':').nth(1).unwrap();
            number
                .split_whitespace()
                .next()
                .unwrap()
                .parse::<f64>()
                .unwrap()
        };
        let mean = digits(moments.mean, stated("Sample Mean"));
        let deviation = digits(deviation, stated("Sample Standard Deviation"));
        println!("{name:9} mean {mean:4.1}, deviation {deviation:4.1} digits");
        let for_deviation = if name == "NumAcc3" { 9.0 } else { 13.0 };
        assert!(mean >= 14.0 && deviation >= for_deviation, "{name}");
    }
}

/// An analysis of variance is a regression on one column a treatment but the first.
#[test]
fn analysis_of_variance() {
    let sets = [
        ("SiRstvt", 12.0),
        ("SmLs01t", 12.0),
        ("SmLs02t", 12.0),
        ("SmLs03t", 12.0),
        // Seven constant leading digits: reading the values rounds them in the tenth digit of
        // what varies, as in NumAcc4.
        ("SmLs04t", 9.0),
        ("SmLs05t", 9.0),
        ("SmLs06t", 9.0),
    ];
    for (name, wanted) in sets {
        let Some(text) = file(name) else {
            return;
        };
        let rows: Vec<Vec<f64>> = rows(&text)
            .into_iter()
            .filter(|row| row != &treatments(row.len()))
            .collect();
        let n_treatments = rows[0].len();
        let n = rows.len() * n_treatments;
        let is_of = |(i, j): (usize, usize)| f64::from(i % n_treatments == j + 1);
        let x = Array2::from_shape_fn((n, n_treatments - 1), is_of);
        let model = fit(x, rows.concat(), true);
        let f = digits(model.f_test().unwrap().0, certified(&text, "Between"));
        let r2 = digits(
            model.r_squared().unwrap(),
            certified(&text, "Certified R-Squared"),
        );
        let residual = digits(
            model.residual_std().unwrap(),
            certified(&text, "Standard Deviation "),
        );
        println!("{name}: F {f:4.1}, R² {r2:4.1}, residual deviation {residual:4.1} digits");
        assert!(f >= wanted && r2 >= wanted && residual >= wanted, "{name}");
    }
}

/// The heading 1, 2, 3, … above the columns.
fn treatments(n: usize) -> Vec<f64> {
    (1..=n).map(|treatment| treatment as f64).collect()
}
