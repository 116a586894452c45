//! UMAP against umap-learn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::error::Code;
use handlens::models::embedding::{Graph, Weigh};
use handlens::models::umap::{Strengths, curve::Curve};
use handlens::models::{Algorithm, Model, Prediction};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::maps::{embedding, neighbors_of_rows, trustworthiness};
use support::{
    assert_close, check_contract, dataset, features_and_target, golden, list, matrix, number,
    numbers, settings, text, train,
};

#[test]
fn the_fuzzy_graph_agrees() {
    let file = golden("umap.json");
    let tolerance = number(&file["tolerance"]["graph"]);
    for case in list(&file["graphs"]) {
        let name = text(&case["name"]);
        let k = number(&case["n_neighbors"]) as usize;
        let near = neighbors_of_rows(matrix(&case["x"]).view(), k, true);
        let ours = Strengths::new(&near, k);
        let reaches: Vec<_> = near.iter().map(|row| ours.reach(row)).collect();
        let rho: Vec<f64> = reaches.iter().map(|reach| reach.rho).collect();
        let sigma: Vec<f64> = reaches.iter().map(|reach| reach.sigma).collect();
        assert_close(name, &rho, &numbers(&case["rho"]), tolerance, 1.0);
        assert_close(name, &sigma, &numbers(&case["sigma"]), tolerance, 1.0);
        let expected: Vec<f64> = matrix(&case["strengths"]).iter().copied().collect();
        let edges = ours.weights(&near, 0..near.len());
        assert_close(name, &edges, &expected, tolerance, 1.0);
        let graph = Graph::woven(&near, &ours);
        let expected = &case["graph"];
        let whole = |values: &[u32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
        assert_eq!(
            whole(&graph.columns),
            numbers(&expected["columns"]),
            "{name}"
        );
        let starts: Vec<u32> = graph.starts.iter().map(|&s| s as u32).collect();
        assert_eq!(whole(&starts), numbers(&expected["starts"]), "{name}");
        assert_close(
            name,
            &graph.weights,
            &numbers(&expected["weights"]),
            tolerance,
            1.0,
        );
    }
}

#[test]
fn the_curve_agrees() {
    let file = golden("umap.json");
    for case in list(&file["curves"]) {
        let ours = Curve::fit(number(&case["spread"]), number(&case["min_dist"]));
        let expected = [number(&case["a"]), number(&case["b"])];
        let tolerance = number(&file["tolerance"]["curve"]);
        assert_close("a, b", &[ours.a, ours.b], &expected, tolerance, expected[0]);
    }
}

#[test]
fn digits_end_as_well_as_the_reference() {
    let file = golden("umap.json");
    let (x, _) = features_and_target(&file["run"]);
    let expected = numbers(&file["run"]["trustworthiness"]);
    let worst = expected.iter().copied().fold(f64::INFINITY, f64::min);
    for init in ["spectral", "pca"] {
        let start = settings([("init", Setting::Text(init.into()))]);
        let (model, progress) = train("umap", &start, dataset(x.clone(), Target::None), 0);
        let trust = trustworthiness(x.view(), embedding(model).places().view(), 5);
        let least = worst - number(&file["tolerance"]["run_trustworthiness"]);
        assert!(trust >= least, "{init}: {trust} < {least}");
        assert_eq!(progress.position, 500.0);
    }
}

#[test]
fn the_loss_falls() {
    let mut rng = Rng::new(8);
    let x = Array2::from_shape_fn((300, 4), |(i, _)| {
        f64::from(i as u32 % 3) * 6.0 + rng.normal()
    });
    let algorithm = Algorithm::find("umap", &Settings::new()).unwrap();
    let mut trainer = algorithm
        .begin(dataset(x, Target::None), &Rng::new(0))
        .unwrap();
    let mut losses = Vec::new();
    loop {
        let progress = trainer.step().unwrap();
        losses.extend(progress.loss);
        if progress.is_done {
            break;
        }
    }
    assert!(losses.len() >= 20, "worth watching");
    assert!(losses[losses.len() - 1] < 0.8 * losses[0], "{losses:?}");
}

#[test]
fn any_number_of_components_can_be_had() {
    let mut rng = Rng::new(9);
    let x = Array2::from_shape_simple_fn((40, 3), || rng.normal());
    for n_components in [1, 2, 3, 7, 10] {
        let few = settings([
            ("n_components", Setting::Number(f64::from(n_components))),
            ("n_epochs", Setting::Number(20.0)),
        ]);
        let (model, _) = train("umap", &few, dataset(x.clone(), Target::None), 0);
        let Prediction::Coordinates(places) = model.predict(x.view()).unwrap() else {
            panic!("not coordinates")
        };
        assert_eq!(places.dim(), (40, n_components as usize));
        assert_eq!(&places, embedding(model).places());
    }
}

#[test]
fn a_least_distance_beyond_the_spread_is_refused() {
    let wide = settings([
        ("min_dist", Setting::Number(0.9)),
        ("spread", Setting::Number(0.5)),
    ]);
    let algorithm = Algorithm::find("umap", &wide).unwrap();
    let x = Array2::from_shape_fn((9, 2), |(i, j)| (i * i + j) as f64);
    let error = algorithm
        .begin(dataset(x, Target::None), &Rng::new(0))
        .err()
        .unwrap();
    assert_eq!(error.code(), Code::BadSetting);
}

#[test]
fn damaged_parts_are_refused() {
    let mut rng = Rng::new(2);
    let x = Array2::from_shape_simple_fn((30, 2), || rng.normal());
    let few = settings([("n_epochs", Setting::Number(5.0))]);
    let (model, _) = train("umap", &few, dataset(x, Target::None), 0);
    let parts = model.to_parts();
    let refuse = |change: &dyn Fn(&mut handlens::models::Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        let error = Model::from_parts(model.kind(), &parts).unwrap_err();
        assert_eq!(error.code(), Code::BadArtifact);
    };
    refuse(&|parts| parts.put("method", "som"));
    refuse(&|parts| parts.put("metric", "none"));
    refuse(&|parts| parts.put("n_neighbors", 0));
    refuse(&|parts| parts.put("n_neighbors", 31));
    refuse(&|parts| parts.put_matrix("places", &Array2::zeros((29, 2))));
    refuse(&|parts| parts.put_matrix("x", &Array2::zeros((30, 0))));
    refuse(&|parts| parts.put_matrix("places", &Array2::from_elem((30, 2), f64::NAN)));
}

#[test]
fn the_contract_is_kept() {
    let mut rng = Rng::new(4);
    let x = Array2::from_shape_simple_fn((40, 3), || rng.normal());
    check_contract("umap", &Settings::new(), &dataset(x, Target::None));
}
