//! DBSCAN against scikit-learn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::dbscan::DbscanModel;
use handlens::models::{Algorithm, Model, NOISE, Parts, Prediction, TensorData};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, check_contract, dataset, golden, indices, list, matrix, numbers, settings, text, train,
};

fn settings_of(case: &Value) -> Settings {
    let metric = case.get("metric").map_or("euclidean", text);
    settings([
        ("eps", Setting::Number(case["eps"].as_f64().unwrap())),
        (
            "min_samples",
            Setting::Number(case["min_samples"].as_f64().unwrap()),
        ),
        ("metric", Setting::Text(metric.into())),
    ])
}

fn labels(model: &Model, x: &Array2<f64>) -> Vec<usize> {
    match model.predict(x.view()).unwrap() {
        Prediction::Clusters(codes) => codes.into_iter().map(|code| code as usize).collect(),
        _ => panic!("not clusters"),
    }
}

fn dbscan(model: &Model) -> &DbscanModel {
    match model {
        Model::Dbscan(model) => model,
        _ => panic!("not core samples"),
    }
}

#[test]
fn labels_and_core_samples_agree() {
    for case in list(&golden("dbscan.json")["cases"]) {
        let name = text(&case["name"]);
        let x = matrix(&case["x"]);
        let data = Arc::new(Dataset {
            weights: case.get("weights").map(numbers),
            ..Dataset::clone(&dataset(x.clone(), Target::None))
        });
        let (model, progress) = train("dbscan", &settings_of(case), data, 0);
        assert_eq!(labels(&model, &x), indices(&case["labels"]), "{name}");
        let cores: Vec<usize> = dbscan(&model)
            .core_rows()
            .iter()
            .map(|&row| row as usize)
            .collect();
        assert_eq!(cores, indices(&case["cores"]), "{name}");
        assert_eq!(
            labels(&model, &matrix(&case["new"])),
            indices(&case["new_labels"]),
            "{name}, new rows"
        );
        assert_eq!(progress.note.is_some(), cores.is_empty(), "{name}");
    }
}

#[test]
fn clusters_spread_from_their_frontier() {
    let case = &golden("dbscan.json")["cases"][0];
    let x = matrix(&case["x"]);
    let algorithm = Algorithm::find("dbscan", &settings_of(case)).unwrap();
    let mut trainer = algorithm
        .begin(dataset(x.clone(), Target::None), &Rng::new(0))
        .unwrap();
    let (mut n_before, mut n_frontiers, mut position) = (0, 0, 0.0);
    loop {
        let progress = trainer.step().unwrap();
        let model = trainer.model();
        let n_reached = dbscan(&model).core_rows().len();
        assert!(n_reached >= n_before && progress.position >= position);
        n_frontiers += usize::from(!dbscan(&model).frontier().is_empty());
        (n_before, position) = (n_reached, progress.position);
        if progress.is_done {
            break;
        }
    }
    assert!(n_frontiers > 20, "{n_frontiers} steps can be watched");
    assert!(dbscan(&trainer.model()).frontier().is_empty());
}

#[test]
fn rows_of_zeros_have_no_direction() {
    let x = ndarray::array![[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [0.0, 3.0]];
    let settings = settings([
        ("metric", Setting::Text("cosine".into())),
        ("min_samples", Setting::Number(2.0)),
    ]);
    let (model, _) = train("dbscan", &settings, dataset(x.clone(), Target::None), 0);
    assert_eq!(labels(&model, &x), [0, 0, 1, 1, NOISE as usize]);
}

#[test]
fn damaged_parts_are_refused() {
    let case = &golden("dbscan.json")["cases"][0];
    let data = dataset(matrix(&case["x"]), Target::None);
    let parts = train("dbscan", &settings_of(case), data, 0).0.to_parts();
    let refuse = |name: &str, change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        let error = Model::from_parts("dbscan", &parts).unwrap_err();
        assert_eq!(error.code().as_str(), "bad_artifact", "{name}");
    };
    refuse("eps", &|parts| parts.put("eps", -1.0));
    refuse("metric", &|parts| parts.put("metric", "none"));
    refuse("cores", &|parts| {
        parts.put_matrix("cores", &Array2::zeros((0, 0)))
    });
    refuse("clusters", &|parts| parts.put_codes("clusters", &[0]));
    refuse("core_rows", &|parts| {
        if let Some(tensor) = parts.tensors.get_mut("core_rows")
            && let TensorData::U32(rows) = &mut tensor.data
        {
            rows.reverse();
        }
    });
    refuse("frontier", &|parts| {
        parts.put_codes("frontier", &[u32::MAX])
    });
}

#[test]
fn the_contract_is_kept() {
    let case = &golden("dbscan.json")["cases"][1];
    let data = dataset(matrix(&case["x"]), Target::None);
    check_contract("dbscan", &settings_of(case), &data);
}
