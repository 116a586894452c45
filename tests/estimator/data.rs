//! Small tables that every algorithm can learn from, and training on them.

use std::sync::Arc;

use handlens::models::{Algorithm, Entry, Info, Model, Prediction, Progress, train_to_end};
use handlens::prepare::{Dataset, Target, Task};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;

/// Three groups that can be told apart, 40 rows each, in `d` features that are not negative.
pub fn groups(d: usize) -> (Array2<f64>, Vec<u32>) {
    let mut rng = Rng::new(0).fork("groups");
    let codes: Vec<u32> = (0..120).map(|i| i % 3).collect();
    let center = |code: u32, j: usize| 4.0 * f64::from(code == j as u32 % 3) + 6.0;
    let x = Array2::from_shape_fn((120, d), |(i, j)| center(codes[i], j) + rng.normal());
    (x, codes)
}

pub fn dataset(x: Array2<f64>, target: Target) -> Dataset {
    Dataset {
        feature_names: (0..x.ncols()).map(|j| format!("x{j}")).collect(),
        rows: (0..x.nrows()).collect(),
        x,
        target,
        ..Dataset::default()
    }
}

pub fn classes(codes: Vec<u32>) -> Target {
    let n = codes.iter().max().map_or(0, |&most| most + 1);
    Target::Classes {
        codes,
        labels: (0..n).map(|code| format!("class {code}")).collect(),
    }
}

/// A target for the features of [`groups`].
pub fn target(task: Task, x: &Array2<f64>, codes: &[u32]) -> Target {
    match task {
        Task::Classification => classes(codes.to_vec()),
        Task::Regression => {
            let last = x.ncols() - 1;
            let value = |row: ndarray::ArrayView1<f64>| 2.0 * row[0] - row[last] + 5.0;
            Target::Values(x.rows().into_iter().map(value).collect())
        }
        Task::Clustering | Task::Projection | Task::Anomaly => Target::None,
    }
}

/// A table for each task of an algorithm.
pub fn for_tasks(info: &Info) -> Vec<Dataset> {
    let (x, codes) = groups(4);
    let make = |task: &Task| dataset(x.clone(), target(*task, &x, &codes));
    info.tasks.iter().map(make).collect()
}

/// Settings that suit [`groups`]: few trees, so that training ends soon, and a threshold between
/// the groups where numbers are made 0 and 1.
pub fn quick(info: &Info) -> Settings {
    let wishes = [("n_estimators", 15.0), ("binarize", 8.0)];
    let is_declared = |name: &str| info.hyperparameters.iter().any(|h| h.name == name);
    wishes
        .into_iter()
        .filter(|(name, _)| is_declared(name))
        .map(|(name, value)| (name.to_owned(), Setting::Number(value)))
        .collect()
}

pub fn train_with(entry: &Entry, settings: &Settings, data: &Dataset) -> (Model, Progress) {
    let algorithm = Algorithm::find(entry.info.id, settings).unwrap();
    let mut trainer = algorithm
        .begin(Arc::new(data.clone()), &Rng::new(0))
        .unwrap_or_else(|error| panic!("{}: {error}", entry.info.id));
    let progress = train_to_end(trainer.as_mut()).unwrap();
    (trainer.model(), progress)
}

pub fn train(entry: &Entry, data: &Dataset) -> Model {
    train_with(entry, &quick(entry.info), data).0
}

/// The error with which training does not even start.
pub fn refusal(entry: &Entry, data: &Dataset) -> handlens::error::Error {
    let algorithm = Algorithm::find(entry.info.id, &quick(entry.info)).unwrap();
    match algorithm.begin(Arc::new(data.clone()), &Rng::new(0)) {
        Err(error) => error,
        Ok(_) => panic!("{} takes what it should refuse", entry.info.id),
    }
}

/// What is said of each row: the class, value, cluster, place or score, then probabilities.
pub fn answers(model: &Model, x: &Array2<f64>) -> Vec<Vec<f64>> {
    match model.predict(x.view()).unwrap() {
        Prediction::Classes {
            codes,
            probabilities,
        } => codes
            .iter()
            .zip(probabilities.rows())
            .map(|(&code, row)| [&[f64::from(code)], row.as_slice().unwrap()].concat())
            .collect(),
        Prediction::Values(values) => values.iter().map(|&v| vec![v]).collect(),
        Prediction::Clusters(codes) => codes.iter().map(|&c| vec![f64::from(c)]).collect(),
        Prediction::Coordinates(m) => m.rows().into_iter().map(|row| row.to_vec()).collect(),
        Prediction::Anomalies { scores, is_outlier } => scores
            .iter()
            .zip(is_outlier)
            .map(|(&score, flag)| vec![score, f64::from(flag)])
            .collect(),
    }
}

pub fn assert_alike(what: &str, a: &[Vec<f64>], b: &[Vec<f64>], tolerance: f64) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (row, (a, b)) in a.iter().zip(b).enumerate() {
        for (a, b) in a.iter().zip(b) {
            let is_near = (a - b).abs() <= tolerance * a.abs().max(1.0);
            assert!(is_near, "{what}, row {row}: {a} is not {b}");
        }
    }
}
