//! HDBSCAN against scikit-learn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::hdbscan::HdbscanModel;
use handlens::models::{Algorithm, Model, NOISE, Parts, Prediction};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, golden, indices, list, matrix, number, numbers,
    settings, text, train,
};

fn settings_of(case: &Value) -> Settings {
    let setting = |value: &Value| match value {
        Value::Bool(flag) => Setting::Flag(*flag),
        Value::String(text) => Setting::Text(text.clone()),
        other => Setting::Number(number(other)),
    };
    let given = case["settings"].as_object().unwrap().iter();
    given
        .map(|(name, value)| (name.clone(), setting(value)))
        .collect()
}

fn labels(model: &Model, x: &Array2<f64>) -> Vec<usize> {
    match model.predict(x.view()).unwrap() {
        Prediction::Clusters(codes) => codes.into_iter().map(|code| code as usize).collect(),
        _ => panic!("not clusters"),
    }
}

fn hdbscan(model: &Model) -> &HdbscanModel {
    match model {
        Model::Hdbscan(model) => model,
        _ => panic!("not a spanning tree"),
    }
}

#[test]
fn labels_and_probabilities_agree() {
    let file = golden("hdbscan.json");
    let tolerance = number(&file["tolerance"]["relative"]);
    for case in list(&file["cases"]) {
        let what = format!("{} {}", text(&case["name"]), case["settings"]);
        let x = matrix(&case["x"]);
        let data = dataset(x.clone(), Target::None);
        let (model, progress) = train("hdbscan", &settings_of(case), data, 0);
        assert_eq!(labels(&model, &x), indices(&case["labels"]), "{what}");
        let model = hdbscan(&model);
        let cores = numbers(&case["core_distances"]);
        assert_close(&what, model.core_distances(), &cores, tolerance, 1.0);
        let probabilities = numbers(&case["probabilities"]);
        let clustering = model.clustering().unwrap();
        assert_close(
            &what,
            &clustering.probabilities,
            &probabilities,
            tolerance,
            1.0,
        );
        assert_eq!(progress.note.is_some(), model.n_clusters() == 0, "{what}");
    }
}

#[test]
fn clusters_that_split_below_epsilon_stay_together() {
    let case = &golden("hdbscan.json")["cases"][3];
    let x = matrix(&case["x"]);
    let kept = |epsilon: f64| {
        let mut settings = settings_of(case);
        settings.insert("cluster_selection_epsilon".into(), Setting::Number(epsilon));
        let (model, _) = train("hdbscan", &settings, dataset(x.clone(), Target::None), 0);
        let tree = hdbscan(&model).condensed_tree().unwrap();
        let kept = &hdbscan(&model).clustering().unwrap().branches;
        for &branch in kept {
            let branch = &tree.branches[branch];
            assert!(
                branch.birth >= epsilon || branch.parent == Some(0),
                "{branch:?}"
            );
        }
        kept.len()
    };
    let numbers: Vec<usize> = [0.0, 0.1, 0.2, 0.3, 10.0].into_iter().map(kept).collect();
    assert!(
        numbers.is_sorted_by(|a, b| a >= b) && numbers[0] > numbers[3],
        "{numbers:?}"
    );
    assert_eq!(numbers[4], 2);
}

#[test]
fn new_rows_join_dense_places_and_others_are_noise() {
    let case = &golden("hdbscan.json")["cases"][0];
    let x = matrix(&case["x"]);
    let (model, _) = train(
        "hdbscan",
        &settings_of(case),
        dataset(x.clone(), Target::None),
        0,
    );
    // A little beside a row that stays longest in its cluster.
    let probabilities = &hdbscan(&model).clustering().unwrap().probabilities;
    let row = (0..x.nrows())
        .find(|&row| probabilities[row] == 1.0)
        .unwrap();
    let near = x.slice(ndarray::s![row..=row, ..]).mapv(|v| v + 1e-3);
    assert_eq!(labels(&model, &near)[0], labels(&model, &x)[row]);
    let far = Array2::from_elem((1, 2), 50.0);
    assert_eq!(labels(&model, &far), [NOISE as usize]);
}

#[test]
fn the_spanning_tree_can_be_watched() {
    let case = &golden("hdbscan.json")["cases"][1];
    let x = matrix(&case["x"]);
    let algorithm = Algorithm::find("hdbscan", &settings_of(case)).unwrap();
    let mut trainer = algorithm
        .begin(dataset(x.clone(), Target::None), &Rng::new(0))
        .unwrap();
    let mut n_edges = Vec::new();
    while !trainer.step().unwrap().is_done {
        let model = trainer.model();
        n_edges.push(hdbscan(&model).edges().len());
        assert!(
            labels(&model, &x)
                .iter()
                .all(|&label| label == NOISE as usize)
        );
    }
    assert!(n_edges.len() > 100 && n_edges.is_sorted());
    assert_eq!(hdbscan(&trainer.model()).edges().len(), x.nrows() - 1);
}

#[test]
fn equal_rows_are_no_trouble() {
    let x = Array2::from_shape_fn((60, 2), |(i, j)| ((i / 12) * (j + 1)) as f64);
    let (model, _) = train(
        "hdbscan",
        &Settings::new(),
        dataset(x.clone(), Target::None),
        0,
    );
    let labels = labels(&model, &x);
    for (row, label) in labels.iter().enumerate() {
        assert_eq!(*label, labels[row / 12 * 12], "row {row}");
    }
    assert_eq!(hdbscan(&model).n_clusters(), 5);
}

#[test]
fn damaged_parts_are_refused() {
    let case = &golden("hdbscan.json")["cases"][0];
    let data = dataset(matrix(&case["x"]), Target::None);
    let parts = train("hdbscan", &settings_of(case), data, 0).0.to_parts();
    let refuse = |name: &str, change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        let error = Model::from_parts("hdbscan", &parts).unwrap_err();
        assert_eq!(error.code().as_str(), "bad_artifact", "{name}");
    };
    refuse("metric", &|parts| parts.put("metric", "none"));
    refuse("min_cluster_size", &|parts| {
        parts.put("min_cluster_size", 1)
    });
    refuse("min_samples", &|parts| parts.put("min_samples", 121));
    refuse("takes_leaves", &|parts| parts.put("takes_leaves", 1));
    refuse("x", &|parts| parts.put_matrix("x", &Array2::zeros((0, 2))));
    refuse("core_distances", &|parts| {
        parts.put_vector("core_distances", &[1.0])
    });
    refuse("lengths", &|parts| {
        parts.put_vector("lengths", &[-1.0; 119])
    });
    refuse("edges", &|parts| parts.put_codes("edges", &[0, 1, 2]));
    refuse("a circle", &|parts| {
        parts.put_codes("edges", &[0, 1, 1, 2, 2, 0]);
        parts.put_vector("lengths", &[1.0; 3]);
    });
    refuse("a loop", &|parts| {
        parts.put_codes("edges", &[1, 1]);
        parts.put_vector("lengths", &[1.0]);
    });
}

#[test]
fn the_contract_is_kept() {
    let case = &golden("hdbscan.json")["cases"][1];
    let data = dataset(matrix(&case["x"]), Target::None);
    check_contract("hdbscan", &settings_of(case), &data);
    let single = settings([("allow_single_cluster", Setting::Flag(true))]);
    check_contract("hdbscan", &single, &data);
}
