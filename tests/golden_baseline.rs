//! Baselines against scikit-learn's dummies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::{Model, Prediction};
use handlens::prepare::{Dataset, Target};
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, golden, indices, list, number, numbers, settings,
    text, train,
};

fn weighted(target: Target, n: usize, weights: &Value) -> Arc<Dataset> {
    let data = dataset(Array2::zeros((n, 1)), target);
    let weights = (!weights.is_null()).then(|| numbers(weights));
    Arc::new(Dataset {
        weights,
        ..Dataset::clone(&data)
    })
}

fn classes(codes: &[usize]) -> Target {
    Target::Classes {
        codes: codes.iter().map(|&code| code as u32).collect(),
        labels: vec!["a".into(), "b".into(), "c".into()],
    }
}

fn strategy(name: &str) -> Settings {
    settings([("strategy", Setting::Text(name.into()))])
}

/// Classes and probabilities of rows.
fn answers(model: &Model, x: &Array2<f64>) -> (Vec<u32>, Array2<f64>) {
    match model.predict(x.view()).unwrap() {
        Prediction::Classes {
            codes,
            probabilities,
        } => (codes, probabilities),
        _ => panic!("not classes"),
    }
}

#[test]
fn numbers_agree() {
    for case in list(&golden("baseline.json")["numbers"]) {
        let y = numbers(&case["y"]);
        let data = weighted(Target::Values(y.clone()), y.len(), &case["weights"]);
        let settings = settings([
            (
                "number_strategy",
                Setting::Text(text(&case["strategy"]).into()),
            ),
            ("quantile", Setting::Number(number(&case["quantile"]))),
            ("constant", Setting::Number(2.5)),
        ]);
        let (model, _) = train("baseline", &settings, data, 0);
        let Prediction::Values(ours) = model.predict(Array2::zeros((1, 1)).view()).unwrap() else {
            panic!("not a number")
        };
        let what = format!("{} {}", case["strategy"], case["quantile"]);
        assert_close(&what, &[ours[0]], &[number(&case["answer"])], 1e-14, 10.0);
    }
}

#[test]
fn shares_agree() {
    for case in list(&golden("baseline.json")["classes"]) {
        let codes = indices(&case["y"]);
        let data = weighted(classes(&codes), codes.len(), &case["weights"]);
        let name = text(&case["strategy"]);
        let (model, _) = train("baseline", &strategy(name), data, 0);
        let (_, ours) = answers(&model, &Array2::zeros((1, 1)));
        let expected = numbers(&case["probabilities"]);
        assert_close(name, &ours.row(0).to_vec(), &expected, 1e-14, 1.0);
    }
}

#[test]
fn draws_depend_on_the_row_and_follow_the_shares() {
    let x = Array2::from_shape_fn((4000, 2), |(i, j)| i as f64 * 0.25 + j as f64);
    let codes: Vec<usize> = (0..4000)
        .map(|i| [0, 1, 1, 2, 2, 2, 2, 2, 2, 2][i % 10])
        .collect();
    for (name, shares) in [("stratified", [0.1, 0.2, 0.7]), ("uniform", [1.0 / 3.0; 3])] {
        let data = dataset(x.clone(), classes(&codes));
        let (model, _) = train("baseline", &strategy(name), data, 1);
        let (drawn, _) = answers(&model, &x);
        for (class, share) in shares.into_iter().enumerate() {
            let found = drawn.iter().filter(|&&code| code as usize == class).count();
            // Three standard deviations of a binomial share of 4,000 draws.
            assert!((found as f64 / 4000.0 - share).abs() < 0.024, "{name}");
        }
        let mut negative_zero = x.slice(ndarray::s![..1, ..]).to_owned();
        negative_zero[(0, 0)] = -0.0;
        assert_eq!(answers(&model, &negative_zero).0[0], drawn[0]);
    }
}

#[test]
fn the_contract_is_kept() {
    let data = dataset(Array2::zeros((12, 1)), classes(&[0, 1, 1, 2].repeat(3)));
    for name in ["prior", "most_frequent", "stratified", "uniform"] {
        check_contract("baseline", &strategy(name), &data);
    }
}
