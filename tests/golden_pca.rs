//! Principal components against exact or independent decompositions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::pca::PcaModel;
use handlens::models::{Model, Prediction};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    assert_close, check_contract, dataset, features_and_target, golden, indices, list, matrix,
    number, numbers, settings, text, train,
};

#[test]
fn components_and_variances_agree() {
    let file = golden("pca.json");
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let (x, _) = features_and_target(case);
        let expected = &case["expected"];
        let own = file["tolerance"]["by_case"].get(name);
        let tolerance = number(own.unwrap_or(&file["tolerance"]["components_absolute"]));
        let n_components = x.nrows().min(x.ncols()) as f64;
        let settings = settings([("n_components", Setting::Number(n_components))]);
        let Model::Pca(model) = train("pca", &settings, dataset(x.clone(), Target::None), 0).0
        else {
            panic!("not components")
        };
        let variances = numbers(&expected["explained_variance"]);
        let relative = own.map_or(
            number(&file["tolerance"]["explained_variance_relative_to_first"]),
            number,
        );
        assert_close(
            name,
            &model.explained_variance,
            &variances,
            relative,
            variances[0],
        );
        assert_close(
            name,
            &model.explained_variance_ratio,
            &numbers(&expected["explained_variance_ratio"]),
            relative,
            1.0,
        );
        let largest = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        assert_close(
            name,
            &model.mean,
            &numbers(&expected["mean"]),
            1e-14,
            largest,
        );
        let probes = x.select(ndarray::Axis(0), &indices(&expected["probe_rows"]));
        let Prediction::Coordinates(places) =
            Model::Pca(model.clone()).predict(probes.view()).unwrap()
        else {
            panic!("{name}: not coordinates")
        };
        let transformed = matrix(&expected["transformed"]);
        let farthest = transformed.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        for (i, component) in list(&expected["components"]).iter().enumerate() {
            let what = format!("{name}, component {}", i + 1);
            let expected_row = numbers(component);
            let ours = model.components.row(i).to_vec();
            let is_clear = expected["sign_is_clear"][i].as_bool().unwrap();
            let along: f64 = ours.iter().zip(&expected_row).map(|(a, b)| a * b).sum();
            let sign = if is_clear { 1.0 } else { along.signum() };
            let ours: Vec<f64> = ours.iter().map(|x| sign * x).collect();
            assert_close(&what, &ours, &expected_row, tolerance, 1.0);
            let ours: Vec<f64> = places.column(i).iter().map(|x| sign * x).collect();
            assert_close(
                &what,
                &ours,
                &transformed.column(i).to_vec(),
                tolerance,
                farthest,
            );
        }
    }
}

/// Rows enough for covariances, with deviations that fall to `least` of the first.
fn many_rows(least: f64) -> Array2<f64> {
    let mut rng = Rng::new(6);
    let deviations = [1.0, 0.7, 0.5, 0.3, least];
    let turn = Array2::from_shape_simple_fn((5, 5), || rng.normal());
    let x = Array2::from_shape_fn((5000, 5), |(_, j)| rng.normal() * deviations[j]);
    x.dot(&turn) + 3.0
}

/// Against the QR of the first 4,000 rows thrice: the same principal axes, found without
/// covariances because the rows are few.
#[test]
fn many_rows_have_the_axes_of_few() {
    // The variance of the last axis is known to eps · its condition: 1e-16 · 1e7, doubled by squaring.
    for (least, tolerance) in [(0.2, 1e-9), (1e-7, 1e-6)] {
        let few = many_rows(least).slice_move(ndarray::s![..4000, ..]);
        let many = ndarray::concatenate![ndarray::Axis(0), few, few, few];
        let all = settings([("n_components", Setting::Number(5.0))]);
        let fit = |x: Array2<f64>| match train("pca", &all, dataset(x, Target::None), 0).0 {
            Model::Pca(model) => model,
            _ => panic!("not components"),
        };
        let (ours, expected) = (fit(many), fit(few));
        let flat = |model: &PcaModel| model.components.iter().copied().collect::<Vec<_>>();
        assert_close("axes", &flat(&ours), &flat(&expected), 1e-8, 1.0);
        let (ours, expected) = (ours.explained_variance, expected.explained_variance);
        for (a, b) in ours.iter().zip(&expected) {
            let ratio = a / b * 11_999.0 / 3999.0 / 3.0;
            assert!((ratio - 1.0).abs() < tolerance, "{least}: {ratio}");
        }
    }
}

#[test]
fn components_beyond_the_rank_are_still_at_right_angles() {
    let x = ndarray::array![[1.0, 1.0, 0.0], [2.0, 2.0, 0.0], [4.0, 4.0, 0.0]];
    let all = settings([("n_components", Setting::Number(3.0))]);
    let Model::Pca(model) = train("pca", &all, dataset(x, Target::None), 0).0 else {
        panic!("not components")
    };
    let products = Array2::from_shape_fn((3, 3), |(i, j)| {
        (0..3)
            .map(|k| model.components[(i, k)] * model.components[(j, k)])
            .sum::<f64>()
    });
    for ((i, j), product) in products.indexed_iter() {
        assert!((product - f64::from(i == j)).abs() < 1e-14);
    }
    assert_eq!(model.explained_variance[1..], [0.0, 0.0]);
}

#[test]
fn too_many_components_are_reduced_and_noted() {
    let x = ndarray::array![[1.0], [2.0], [4.0]];
    let (model, progress) = train("pca", &Settings::default(), dataset(x, Target::None), 0);
    let Model::Pca(model) = model else {
        panic!("not components")
    };
    assert_eq!(model.components.dim(), (1, 1));
    assert!(progress.note.unwrap().contains("at most 1"));
}

#[test]
fn the_loss_is_what_the_kept_directions_miss() {
    let (x, _) = features_and_target(&golden("pca.json")["cases"][0]);
    let data = dataset(x, Target::None);
    let (model, progress) = train("pca", &Settings::default(), data.clone(), 0);
    let on_rows = model.loss(&data).unwrap();
    assert!((on_rows / progress.loss.unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn the_contract_is_kept() {
    let (x, _) = features_and_target(&golden("pca.json")["cases"][0]);
    check_contract("pca", &Settings::default(), &dataset(x, Target::None));
    check_contract(
        "pca",
        &Settings::default(),
        &dataset(Array2::zeros((1, 3)), Target::None),
    );
}
