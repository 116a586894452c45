//! Mini-batch k-means against scikit-learn over many seeds; sample weights.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::kmeans::KMeans;
use handlens::models::{Algorithm, Estimator, Model, Prediction, train_to_end};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Checked, Setting, Settings};
use ndarray::Array2;
use support::{
    assert_close, check_contract, dataset, golden, indices, list, matrix, number, numbers,
    settings, text, train,
};

fn grid_of_blobs(n: usize, n_side: usize) -> Array2<f64> {
    let fraction = |i: usize, step: f64| (i as f64 * step) % 1.0 - 0.5;
    Array2::from_shape_fn((n, 2), |(i, j)| {
        let cell = i % (n_side * n_side);
        match j {
            0 => (cell % n_side) as f64 + fraction(i, 0.754_877_666_246_692_7),
            _ => (cell / n_side) as f64 + fraction(i, 0.569_840_290_998_053_2),
        }
    })
}

fn count(value: &support::Value) -> usize {
    number(value) as usize
}

#[test]
fn inertias_over_seeds_agree() {
    let file = golden("minibatch_kmeans.json");
    for case in list(&file["statistics"]) {
        let x = grid_of_blobs(count(&case["n_samples"]), count(&case["n_side"]));
        let settings = settings([
            ("n_clusters", Setting::Number(number(&case["n_clusters"]))),
            ("batch_size", Setting::Number(number(&case["batch_size"]))),
        ]);
        let n_seeds = count(&case["n_seeds"]);
        let inertia = |seed: usize| {
            let data = dataset(x.clone(), Target::None);
            let (_, progress) = train("minibatch_kmeans", &settings, data, seed as u32);
            progress.loss.unwrap() * x.nrows() as f64
        };
        let ours: Vec<f64> = (0..n_seeds).map(inertia).collect();
        let mean = ours.iter().sum::<f64>() / n_seeds as f64;
        let squares: f64 = ours.iter().map(|v| (v - mean) * (v - mean)).sum();
        let deviation = number(&case["deviation"]);
        let variance = squares / (n_seeds - 1) as f64 + deviation * deviation;
        let error = (variance / n_seeds as f64).sqrt();
        let limit = number(&file["tolerance"]["standard_errors"]) * error;
        let theirs = number(&case["mean"]);
        assert!(
            (mean - theirs).abs() <= limit,
            "{mean} is not {theirs} within {limit}"
        );
    }
}

#[test]
fn weights_of_kmeans_agree() {
    let file = golden("minibatch_kmeans.json");
    let tolerance = number(&file["tolerance"]["relative"]);
    for case in list(&file["weighted"]) {
        let name = text(&case["name"]);
        let x = matrix(&case["x"]);
        let data = Arc::new(Dataset {
            weights: Some(numbers(&case["weights"])),
            ..Dataset::clone(&dataset(x.clone(), Target::None))
        });
        let settings = settings([("tol", Setting::Number(0.0))]);
        let checked = Checked::new(KMeans::INFO.hyperparameters, &settings).unwrap();
        let start = matrix(&case["start_centroids"]);
        let mut trainer = KMeans::new(&checked)
            .unwrap()
            .begin_at(data, start)
            .unwrap();
        let progress = train_to_end(trainer.as_mut()).unwrap();
        let inertia = number(&case["inertia"]);
        assert_close(
            name,
            &[progress.loss.unwrap()],
            &[inertia],
            tolerance,
            inertia,
        );
        let model = trainer.model();
        let Model::KMeans(kmeans) = &model else {
            panic!("not centroids")
        };
        let ours: Vec<f64> = kmeans.centroids.iter().copied().collect();
        let theirs: Vec<f64> = matrix(&case["centroids"]).into_iter().collect();
        assert_close(name, &ours, &theirs, tolerance, 3.0);
        let Prediction::Clusters(labels) = model.predict(x.view()).unwrap() else {
            panic!("not clusters")
        };
        let labels: Vec<usize> = labels.into_iter().map(|l| l as usize).collect();
        assert_eq!(labels, indices(&case["labels"]), "{name}");
    }
}

#[test]
fn rows_of_weight_0_are_no_centroids() {
    let mut rng = Rng::new(2);
    let x = Array2::from_shape_fn((300, 2), |(i, _)| {
        rng.normal() + if i < 100 { 50.0 } else { 0.0 }
    });
    let weights = (0..300).map(|i| f64::from(u8::from(i >= 100))).collect();
    let data = Arc::new(Dataset {
        weights: Some(weights),
        ..Dataset::clone(&dataset(x, Target::None))
    });
    for id in ["kmeans", "minibatch_kmeans"] {
        let (model, _) = train(id, &Settings::new(), data.clone(), 1);
        let Model::KMeans(model) = model else {
            panic!("not centroids")
        };
        assert!(
            model.centroids.iter().all(|c| *c < 10.0),
            "{id}: {}",
            model.centroids
        );
    }
}

#[test]
fn fewer_different_rows_than_clusters_are_noted() {
    let x = Array2::from_shape_fn((20, 2), |(i, _)| (i % 3) as f64);
    let (model, progress) = train(
        "minibatch_kmeans",
        &Settings::new(),
        dataset(x, Target::None),
        1,
    );
    let Model::KMeans(model) = model else {
        panic!("not centroids")
    };
    assert_eq!(model.centroids.nrows(), 3);
    assert!(progress.note.unwrap().contains("Only 3"));
}

#[test]
fn more_clusters_than_rows_are_refused() {
    let algorithm = Algorithm::find("minibatch_kmeans", &Settings::new()).unwrap();
    let data = dataset(Array2::zeros((5, 1)), Target::None);
    let error = algorithm.begin(data, &Rng::new(0)).err().unwrap();
    assert_eq!(error.code().as_str(), "too_few_samples");
}

#[test]
fn the_contract_is_kept() {
    let data = dataset(grid_of_blobs(400, 2), Target::None);
    let settings = settings([("batch_size", Setting::Number(50.0))]);
    check_contract("minibatch_kmeans", &settings, &data);
}
