//! The neural net as a trainer and as a model: what it learns, when it stops, what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod learning;
mod model;
mod training;

use std::sync::Arc;

use handlens::models::{Algorithm, Model, Prediction, Trainer};
use handlens::prepare::{self, Dataset};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;

pub(crate) fn begin(
    data: &Arc<Dataset>,
    settings: &[(&str, Setting)],
    seed: u32,
) -> Box<dyn Trainer> {
    let settings: Settings = settings
        .iter()
        .map(|(n, v)| ((*n).to_owned(), v.clone()))
        .collect();
    let algorithm = Algorithm::find("mlp", &settings).unwrap();
    algorithm.begin(Arc::clone(data), &Rng::new(seed)).unwrap()
}

pub(crate) fn number(value: f64) -> Setting {
    Setting::Number(value)
}

pub(crate) fn text(value: &str) -> Setting {
    Setting::Text(value.into())
}

pub(crate) fn dataset(x: Array2<f64>, target: prepare::Target) -> Arc<Dataset> {
    let (n, p) = x.dim();
    let feature_names = (0..p).map(|j| format!("x{j}")).collect();
    Arc::new(Dataset {
        x,
        target,
        feature_names,
        rows: (0..n).collect(),
        ..Dataset::default()
    })
}

/// Points in a ring (class 1) around a disk (class 0).
pub(crate) fn rings(n: usize) -> Arc<Dataset> {
    let mut rng = Rng::new(1);
    let x = Array2::from_shape_fn((n, 2), |_| rng.uniform_in(-1.5, 1.5));
    let codes = x
        .rows()
        .into_iter()
        .map(|r| u32::from(r[0] * r[0] + r[1] * r[1] > 1.0))
        .collect();
    let labels = vec!["in".into(), "out".into()];
    dataset(x, prepare::Target::Classes { codes, labels })
}

pub(crate) fn waves(n: usize, center: f64, scale: f64) -> Arc<Dataset> {
    let mut rng = Rng::new(2);
    let x = Array2::from_shape_fn((n, 1), |_| rng.uniform_in(-3.0, 3.0));
    let values = x.iter().map(|&x| center + scale * libm::sin(x)).collect();
    dataset(x, prepare::Target::Values(values))
}

pub(crate) fn accuracy(model: &Model, data: &Dataset) -> f64 {
    let prepare::Target::Classes { codes: truth, .. } = &data.target else {
        panic!()
    };
    let Prediction::Classes { codes, .. } = model.predict(data.x.view()).unwrap() else {
        panic!()
    };
    codes.iter().zip(truth).filter(|(a, b)| a == b).count() as f64 / truth.len() as f64
}
