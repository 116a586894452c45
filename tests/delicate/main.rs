//! Where computing with numbers goes wrong unless care is taken: one test a delicate spot that no
//! other test looks at. `docs/delicate-spots.md` lists all spots with their tests.

// The helpers of a test may panic as the test itself may; the lint knows only the latter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clusters;
mod columns;
mod distances;
#[allow(dead_code, reason = "shared with the tests of the session")]
#[path = "../session/lab.rs"]
mod lab;
mod labels;
mod lines;
mod list;
mod nets;
mod splits;
mod sums;
#[path = "../support/mod.rs"]
mod support;
mod tails;
mod targets;
mod thresholds;
mod trees;

use handlens::data::{ReadOptions, Table, read};
use handlens::models::{Model, Prediction};
use handlens::prepare::{Dataset, Pipeline, Recipe, Target, Task};
use handlens::settings::Setting;
use ndarray::Array2;

/// A column vector.
fn column(values: &[f64]) -> Array2<f64> {
    Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap()
}

/// Classes 0, 1, … named a, b, ….
fn classes(codes: &[u32], n_classes: u8) -> Target {
    let labels = (0..n_classes).map(|class| char::from(b'a' + class).to_string());
    Target::Classes {
        codes: codes.to_vec(),
        labels: labels.collect(),
    }
}

fn word(value: &str) -> Setting {
    Setting::Text(value.into())
}

fn table(csv: &str) -> Table {
    read(csv.as_bytes(), &ReadOptions::default()).unwrap().table
}

/// A recipe with some steps set.
fn recipe(steps: &[(&str, &str)]) -> Recipe {
    let mut recipe = Recipe::default();
    for (step, value) in steps {
        recipe.default_step(step, word(value));
    }
    recipe
}

fn prepare(recipe: &Recipe, table: &Table, target: Option<(&str, Task)>) -> (Pipeline, Dataset) {
    let pipeline = recipe.fit(table, target).unwrap();
    let dataset = pipeline.transform(table, target.is_some()).unwrap().dataset;
    (pipeline, dataset)
}

fn values_of(model: &Model, x: &Array2<f64>) -> Vec<f64> {
    match model.predict(x.view()).unwrap() {
        Prediction::Values(values) => values.to_vec(),
        other => panic!("{other:?}"),
    }
}

/// Classes and the probability of each.
fn classes_of(model: &Model, x: &Array2<f64>) -> (Vec<u32>, Array2<f64>) {
    match model.predict(x.view()).unwrap() {
        Prediction::Classes {
            codes,
            probabilities,
        } => (codes, probabilities),
        other => panic!("{other:?}"),
    }
}

fn clusters_of(model: &Model, x: &Array2<f64>) -> Vec<u32> {
    match model.predict(x.view()).unwrap() {
        Prediction::Clusters(clusters) => clusters,
        other => panic!("{other:?}"),
    }
}
