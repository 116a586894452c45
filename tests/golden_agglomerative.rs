//! Agglomerative clustering against SciPy's trees and scikit-learn's cuts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::agglomerative::AgglomerativeModel;
use handlens::models::{Algorithm, Model, Parts, Prediction};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, golden, indices, list, matrix, number, numbers,
    settings, text, train,
};

fn settings_of(case: &Value, cut: &Value) -> Settings {
    let choice = |name: &str| Setting::Text(text(&case[name]).into());
    let cut = |name: &str, default: f64| Setting::Number(cut.get(name).map_or(default, number));
    settings([
        ("linkage", choice("linkage")),
        ("metric", choice("metric")),
        ("n_clusters", cut("n_clusters", 1.0)),
        ("distance_threshold", cut("distance_threshold", 0.0)),
    ])
}

fn labels(model: &Model, x: &Array2<f64>) -> Vec<usize> {
    match model.predict(x.view()).unwrap() {
        Prediction::Clusters(codes) => codes.into_iter().map(|code| code as usize).collect(),
        _ => panic!("not clusters"),
    }
}

fn agglomerative(model: &Model) -> &AgglomerativeModel {
    match model {
        Model::Agglomerative(model) => model,
        _ => panic!("not a tree of merges"),
    }
}

#[test]
fn trees_and_cuts_agree() {
    let file = golden("agglomerative.json");
    for case in list(&file["cases"]) {
        let (name, linkage) = (text(&case["name"]), text(&case["linkage"]));
        let own = file["tolerance"]["by_case"].get(name);
        let tolerance = number(own.unwrap_or(&file["tolerance"]["relative"]));
        let x = matrix(&case["x"]);
        for cut in list(&case["cuts"]) {
            let what = format!("{name}, {linkage}, {}", text(&case["metric"]));
            let data = dataset(x.clone(), Target::None);
            let (model, _) = train("agglomerative", &settings_of(case, cut), data, 0);
            let tree = agglomerative(&model).dendrogram();
            let children: Vec<usize> = tree
                .children
                .as_flattened()
                .iter()
                .map(|&c| c as usize)
                .collect();
            let expected: Vec<usize> = list(&case["children"]).iter().flat_map(indices).collect();
            assert_eq!(children, expected, "{what}");
            let heights = numbers(&case["heights"]);
            let highest = heights.iter().copied().fold(0.0, f64::max);
            assert_close(&what, &tree.heights, &heights, tolerance, highest);
            let sizes: Vec<usize> = tree.sizes.iter().map(|&size| size as usize).collect();
            assert_eq!(sizes, indices(&case["sizes"]), "{what}");
            assert_eq!(labels(&model, &x), indices(&cut["labels"]), "{what}, {cut}");
        }
    }
}

#[test]
fn merges_can_be_watched() {
    let x = matrix(&golden("agglomerative.json")["cases"][0]["x"]);
    for linkage in ["ward", "average", "complete", "single"] {
        let settings = settings([("linkage", Setting::Text(linkage.into()))]);
        let algorithm = Algorithm::find("agglomerative", &settings).unwrap();
        let mut trainer = algorithm
            .begin(dataset(x.clone(), Target::None), &Rng::new(0))
            .unwrap();
        assert_eq!(agglomerative(&trainer.model()).n_clusters(), x.nrows());
        let mut n_merges = Vec::new();
        while !trainer.step().unwrap().is_done {
            n_merges.push(agglomerative(&trainer.model()).dendrogram().heights.len());
        }
        assert!(n_merges.len() > 50 && n_merges.is_sorted(), "{linkage}");
        assert_eq!(agglomerative(&trainer.model()).n_clusters(), 2, "{linkage}");
    }
}

#[test]
fn rows_of_zeros_are_alike_by_angle() {
    let x = ndarray::array![[1.0, 0.0], [0.0, 0.0], [2.0, 0.1], [0.0, 0.0]];
    for linkage in ["average", "complete", "single"] {
        let settings = settings([
            ("linkage", Setting::Text(linkage.into())),
            ("metric", Setting::Text("cosine".into())),
        ]);
        let (model, _) = train(
            "agglomerative",
            &settings,
            dataset(x.clone(), Target::None),
            0,
        );
        assert_eq!(labels(&model, &x), [0, 1, 0, 1], "{linkage}");
        assert_eq!(
            agglomerative(&model).dendrogram().heights[2],
            1.0,
            "{linkage}"
        );
    }
}

#[test]
fn what_does_not_fit_is_said() {
    let x = Array2::from_shape_fn((5, 2), |(i, j)| (i * i + j) as f64);
    let data = || dataset(x.clone(), Target::None);
    let clusters = settings([("n_clusters", Setting::Number(6.0))]);
    let algorithm = Algorithm::find("agglomerative", &clusters).unwrap();
    let error = algorithm.begin(data(), &Rng::new(0)).err().unwrap();
    assert_eq!(error.code().as_str(), "too_few_samples");
    let metric = settings([("metric", Setting::Text("manhattan".into()))]);
    let (_, progress) = train("agglomerative", &metric, data(), 0);
    assert!(progress.note.unwrap().contains("straight lines"));
    let large = dataset(
        Array2::from_shape_fn((30_000, 1), |(i, _)| i as f64),
        Target::None,
    );
    let average = settings([("linkage", Setting::Text("average".into()))]);
    let algorithm = Algorithm::find("agglomerative", &average).unwrap();
    let error = algorithm.begin(large, &Rng::new(0)).err().unwrap();
    assert_eq!(error.code().as_str(), "too_large");
}

#[test]
fn damaged_parts_are_refused() {
    let x = matrix(&golden("agglomerative.json")["cases"][0]["x"]);
    let data = dataset(x, Target::None);
    let parts = train("agglomerative", &Settings::new(), data, 0)
        .0
        .to_parts();
    let refuse = |name: &str, change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        let error = Model::from_parts("agglomerative", &parts).unwrap_err();
        assert_eq!(error.code().as_str(), "bad_artifact", "{name}");
    };
    refuse("metric", &|parts| parts.put("metric", 3));
    refuse("n_leaves", &|parts| parts.put("n_leaves", u64::MAX));
    refuse("more leaves", &|parts| parts.put("n_leaves", 76));
    refuse("labels", &|parts| parts.put_codes("labels", &[0]));
    refuse("x", &|parts| parts.put_matrix("x", &Array2::zeros((3, 4))));
    refuse("heights", &|parts| parts.put_vector("heights", &[2.0, 1.0]));
    refuse("children", &|parts| parts.put_codes("children", &[0, 1]));
    refuse("merged twice", &|parts| {
        parts.put_vector("heights", &[1.0, 1.0]);
        parts.put_codes("children", &[0, 1, 1, 75]);
    });
    refuse("not made yet", &|parts| {
        parts.put_vector("heights", &[1.0]);
        parts.put_codes("children", &[0, 75]);
    });
}

#[test]
fn the_contract_is_kept() {
    let x = matrix(&golden("agglomerative.json")["cases"][0]["x"]);
    let data = dataset(x, Target::None);
    for linkage in ["ward", "average", "single"] {
        let settings = settings([("linkage", Setting::Text(linkage.into()))]);
        check_contract("agglomerative", &settings, &data);
    }
}
