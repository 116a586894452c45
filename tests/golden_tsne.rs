//! t-SNE against openTSNE, scikit-learn and finite differences.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::Prediction;
use handlens::models::embedding::Graph;
use handlens::models::tsne::{conditional, divergence, gradient, joint};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::maps::{embedding, neighbors_of_rows, trustworthiness};
use support::{
    Value, assert_close, check_contract, dataset, features_and_target, golden, list, matrix,
    number, settings, text, train,
};

fn flat(value: &Value) -> Vec<f64> {
    matrix(value).iter().copied().collect()
}

/// Joint probabilities of a case.
fn graph(case: &Value) -> Graph {
    let x = matrix(&case["x"]);
    let k = list(&case["neighbors"][0]).len();
    joint(
        &neighbors_of_rows(x.view(), k, false),
        number(&case["perplexity"]),
    )
}

#[test]
fn probabilities_agree() {
    let file = golden("tsne.json");
    for case in list(&file["affinities"]) {
        let near = neighbors_of_rows(
            matrix(&case["x"]).view(),
            list(&case["neighbors"][0]).len(),
            false,
        );
        let rows: Vec<f64> = near.iter().flatten().map(|n| f64::from(n.row)).collect();
        assert_eq!(rows, flat(&case["neighbors"]));
        let ours = conditional(&near, number(&case["perplexity"]));
        let tolerance = number(&file["tolerance"]["conditional"]);
        assert_close(
            text(&case["name"]),
            &ours,
            &flat(&case["conditional"]),
            tolerance,
            1.0,
        );
        let total: f64 = graph(case).weights.iter().sum();
        assert!((total - 1.0).abs() < 1e-12);
    }
}

#[test]
fn divergence_and_gradient_agree() {
    let file = golden("tsne.json");
    for case in list(&file["affinities"]) {
        let name = text(&case["name"]);
        let (p, places) = (graph(case), flat(&case["places"]));
        let (ours, total) = gradient(&p, &places, 1.0, 0.0);
        let expected = flat(&case["gradient"]);
        let largest = expected.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
        let tolerance = number(&file["tolerance"]["gradient_exact"]);
        assert_close(name, &ours, &expected, tolerance, largest);
        let tolerance = number(&file["tolerance"]["gradient_by_tree"]);
        let (by_tree, _) = gradient(&p, &places, 1.0, 0.5);
        assert_close(name, &by_tree, &expected, tolerance, largest);
        let mass = p.weights.iter().sum();
        let loss = divergence(&p, mass, &places, total);
        assert_close(name, &[loss], &[number(&case["divergence"])], 1e-6, 1.0);
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_divergence() {
    let file = golden("tsne.json");
    let case = &list(&file["affinities"])[0];
    let (p, places) = (graph(case), flat(&case["places"]));
    let loss = |places: &[f64]| {
        let pairs = places.chunks(2).enumerate();
        let total: f64 = pairs
            .flat_map(|(i, a)| {
                let rest = places.chunks(2).enumerate().filter(move |(j, _)| *j != i);
                rest.map(move |(_, b)| {
                    let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
                    1.0 / (1.0 + dx * dx + dy * dy)
                })
            })
            .sum();
        divergence(&p, p.weights.iter().sum(), places, total)
    };
    let (ours, _) = gradient(&p, &places, 1.0, 0.0);
    let largest = ours.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    for at in 0..places.len() {
        let moved = |by: f64| {
            let mut places = places.clone();
            places[at] += by;
            loss(&places)
        };
        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        assert!(
            (slope - ours[at]).abs() < 1e-5 * largest,
            "{at}: {slope} is not {}",
            ours[at]
        );
    }
}

#[test]
fn a_tree_pushes_many_places_as_all_pairs_do() {
    let mut rng = Rng::new(3);
    let places: Vec<f64> = (0..4000).map(|_| 20.0 * rng.normal()).collect();
    let empty = Graph {
        starts: vec![0; 2001],
        ..Graph::default()
    };
    let (exact, all) = gradient(&empty, &places, 1.0, 0.0);
    let (by_tree, total) = gradient(&empty, &places, 1.0, 0.5);
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    let error = square(&mut exact.iter().zip(&by_tree).map(|(a, b)| a - b));
    let relative = (error / square(&mut exact.iter().copied())).sqrt();
    assert!(relative < 1e-2, "{relative}");
    assert!((total / all - 1.0).abs() < 5e-3, "{total} is not {all}");
}

#[test]
fn digits_end_as_well_as_the_reference() {
    let file = golden("tsne.json");
    let (x, _) = features_and_target(&file["run"]);
    let few = settings([(
        "max_iter",
        Setting::Number(number(&file["run"]["max_iter"])),
    )]);
    let (model, progress) = train("tsne", &few, dataset(x.clone(), Target::None), 0);
    let model = embedding(model);
    let ours = progress.loss.unwrap();
    let trust = trustworthiness(x.view(), model.places().view(), 5);
    for reference in ["scikit_learn", "opentsne"] {
        let expected = &file["run"][reference];
        let most =
            number(&expected["divergence"]) * (1.0 + number(&file["tolerance"]["run_divergence"]));
        assert!(ours <= most, "{reference}: {ours} > {most}");
        let least = number(&expected["trustworthiness"])
            - number(&file["tolerance"]["run_trustworthiness"]);
        assert!(trust >= least, "{reference}: {trust} < {least}");
    }
}

#[test]
fn new_rows_go_among_their_neighbors() {
    let mut rng = Rng::new(9);
    let x = Array2::from_shape_fn((60, 3), |(i, _)| {
        f64::from(i as u32 % 2) * 20.0 + rng.normal()
    });
    let (model, _) = train(
        "tsne",
        &Settings::new(),
        dataset(x.clone(), Target::None),
        0,
    );
    let places = embedding(model.clone()).places().clone();
    let Prediction::Coordinates(own) = model.predict(x.view()).unwrap() else {
        panic!("not coordinates")
    };
    assert_eq!(own, places, "training rows stay at their places");
    let Prediction::Coordinates(new) = model.predict((&x + 0.01).view()).unwrap() else {
        panic!("not coordinates")
    };
    let middle = |of: &Array2<f64>| of.mean_axis(ndarray::Axis(0)).unwrap();
    let group = |of: &Array2<f64>, first: usize| of.slice(ndarray::s![first..;2, ..]).to_owned();
    for first in [0, 1] {
        let far = middle(&group(&places, 1 - first)) - middle(&group(&places, first));
        let off = middle(&group(&new, first)) - middle(&group(&places, first));
        assert!(off.dot(&off) < 0.1 * far.dot(&far));
    }
}

#[test]
fn the_contract_is_kept() {
    let mut rng = Rng::new(4);
    let x = Array2::from_shape_simple_fn((40, 3), || rng.normal());
    check_contract("tsne", &Settings::new(), &dataset(x, Target::None));
}
