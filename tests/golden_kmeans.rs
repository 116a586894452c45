//! k-means against whole trajectories computed by the definition.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::kmeans::KMeans;
use handlens::models::{Algorithm, Estimator, Model, Prediction};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Checked, Setting, Settings};
use ndarray::Array2;
use support::{
    assert_close, check_contract, dataset, features_and_target, golden, indices, list, matrix,
    number, settings, text, train,
};

fn centroids(model: Model) -> Array2<f64> {
    match model {
        Model::KMeans(model) => model.centroids,
        _ => panic!("not centroids"),
    }
}

fn kmeans(settings: &Settings) -> KMeans {
    KMeans::new(&Checked::new(KMeans::INFO.hyperparameters, settings).unwrap()).unwrap()
}

#[test]
fn trajectories_agree() {
    let file = golden("kmeans.json");
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let own = file["tolerance"]["by_case"].get(name);
        let tolerance = number(own.unwrap_or(&file["tolerance"]["relative"]));
        let (x, _) = features_and_target(case);
        let largest = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        // Without tolerance a fit runs until no sample changes its cluster.
        let estimator = kmeans(&settings([("tol", Setting::Number(0.0))]));
        let data = dataset(x.clone(), Target::None);
        let mut trainer = estimator
            .begin_at(data, matrix(&case["start_centroids"]))
            .unwrap();
        for (step, expected) in list(&case["iterations"]).iter().enumerate() {
            let what = format!("{name}, iteration {}", step + 1);
            let Prediction::Clusters(labels) = trainer.model().predict(x.view()).unwrap() else {
                panic!("{what}: not clusters")
            };
            let labels: Vec<usize> = labels.into_iter().map(|l| l as usize).collect();
            assert_eq!(labels, indices(&expected["labels"]), "{what}");
            let progress = trainer.step().unwrap();
            let inertia = number(&expected["inertia"]);
            let scale = if inertia == 0.0 { 1.0 } else { inertia };
            assert_close(
                &what,
                &[progress.loss.unwrap()],
                &[inertia],
                tolerance,
                scale,
            );
            let ours: Vec<f64> = centroids(trainer.model()).into_iter().collect();
            let after: Vec<f64> = matrix(&expected["centroids_after"]).into_iter().collect();
            assert_close(&what, &ours, &after, tolerance, largest);
            let is_last = step + 1 == list(&case["iterations"]).len();
            assert_eq!(progress.is_done, is_last, "{what}");
        }
    }
}

#[test]
fn fewer_different_rows_than_clusters_are_noted() {
    let x = Array2::from_shape_fn((10, 2), |(i, _)| (i % 3) as f64);
    let (model, progress) = train("kmeans", &Settings::default(), dataset(x, Target::None), 1);
    assert_eq!(centroids(model).nrows(), 3);
    assert_eq!(progress.loss, Some(0.0));
    assert!(progress.note.unwrap().contains("Only 3 rows"));
}

#[test]
fn more_clusters_than_rows_are_refused() {
    let algorithm = Algorithm::find("kmeans", &Settings::default()).unwrap();
    let error = algorithm
        .begin(dataset(Array2::zeros((5, 1)), Target::None), &Rng::new(0))
        .err()
        .unwrap();
    assert_eq!(error.code().as_str(), "too_few_samples");
}

#[test]
fn more_starts_are_never_worse_and_inertia_never_rises() {
    let mut rng = Rng::new(9);
    let x = Array2::from_shape_fn((500, 3), |_| rng.normal());
    let data = dataset(x, Target::None);
    let loss = |n_init: f64| {
        let settings = settings([("n_init", Setting::Number(n_init))]);
        train("kmeans", &settings, data.clone(), 4).1.loss.unwrap()
    };
    assert!(loss(10.0) <= loss(1.0));
    let mut trainer = Algorithm::find("kmeans", &Settings::default())
        .unwrap()
        .begin(data.clone(), &Rng::new(4))
        .unwrap();
    let mut last = f64::INFINITY;
    loop {
        let progress = trainer.step().unwrap();
        assert!(progress.loss.unwrap() <= last * (1.0 + 1e-15));
        last = progress.loss.unwrap();
        if progress.is_done {
            break;
        }
    }
}

#[test]
fn the_contract_is_kept() {
    let (x, _) = features_and_target(&golden("kmeans.json")["cases"][0]);
    let data = dataset(x, Target::None);
    check_contract("kmeans", &Settings::default(), &data);
    check_contract(
        "kmeans",
        &settings([("n_init", Setting::Number(3.0))]),
        &data,
    );
}
