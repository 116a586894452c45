//! Reads golden files and sample tables for the tests of algorithms.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod maps;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use handlens::models::{Algorithm, Model, Progress, train_to_end};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
pub use serde_json::Value;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A file of tests/golden.
pub fn golden(name: &str) -> Value {
    serde_json::from_str(&read(&format!("tests/golden/{name}"))).unwrap()
}

pub fn list(value: &Value) -> &Vec<Value> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is not a list"))
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A number, also where it is written as text.
pub fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| text(value).parse().unwrap())
}

pub fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(number).collect()
}

pub fn indices(value: &Value) -> Vec<usize> {
    list(value)
        .iter()
        .map(|v| v.as_u64().unwrap() as usize)
        .collect()
}

pub fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = list(value).iter().map(numbers).collect();
    let n_columns = rows.first().map_or(0, Vec::len);
    Array2::from_shape_vec((rows.len(), n_columns), rows.concat()).unwrap()
}

/// The numbers and the texts of the target of a case, from the case or the sample it names.
pub fn features_and_target(case: &Value) -> (Array2<f64>, Vec<f64>) {
    let Some(sample) = case.get("sample") else {
        return (matrix(&case["x"]), case.get("y").map_or(vec![], numbers));
    };
    let table = read(&format!("samples/{}.csv", text(sample)));
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let place = |name: &Value| headers.iter().position(|h| h == text(name)).unwrap();
    let columns: Vec<usize> = list(&case["x_columns"]).iter().map(place).collect();
    let target = place(&case["y_column"]);
    let n = case["n_samples"].as_u64().unwrap() as usize;
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for record in reader.records().take(n).map(Result::unwrap) {
        x.extend(columns.iter().map(|&c| record[c].parse::<f64>().unwrap()));
        y.push(match case.get("classes") {
            Some(classes) => list(classes)
                .iter()
                .position(|c| text(c) == &record[target])
                .unwrap() as f64,
            None => record[target].parse().unwrap(),
        });
    }
    (Array2::from_shape_vec((n, columns.len()), x).unwrap(), y)
}

pub fn dataset(x: Array2<f64>, target: Target) -> Arc<Dataset> {
    let feature_names = (0..x.ncols()).map(|j| format!("x{}", j + 1)).collect();
    let rows = (0..x.nrows()).collect();
    Arc::new(Dataset {
        x,
        target,
        feature_names,
        rows,
        ..Dataset::default()
    })
}

pub fn settings<const N: usize>(pairs: [(&str, Setting); N]) -> Settings {
    BTreeMap::from(pairs.map(|(name, value)| (name.to_owned(), value)))
}

pub fn train(id: &str, settings: &Settings, data: Arc<Dataset>, seed: u32) -> (Model, Progress) {
    let algorithm = Algorithm::find(id, settings).unwrap();
    let mut trainer = algorithm.begin(data, &Rng::new(seed)).unwrap();
    let progress = train_to_end(trainer.as_mut()).unwrap();
    (trainer.model(), progress)
}

/// Asserts |ours − expected| ≤ tolerance · scale, entry by entry.
pub fn assert_close(what: &str, ours: &[f64], expected: &[f64], tolerance: f64, scale: f64) {
    assert_eq!(ours.len(), expected.len(), "{what}: lengths");
    for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
        assert!(
            (a - b).abs() <= tolerance * scale,
            "{what}[{i}]: {a:e} is not {b:e}"
        );
    }
}

/// What every model must keep: usable at 0, 1 and n steps, saved and loaded the same, the same
/// parts for the same seed, done stays done.
pub fn check_contract(id: &str, settings: &Settings, data: &Arc<Dataset>) {
    let algorithm = Algorithm::find(id, settings).unwrap();
    let run = |n_steps: usize| {
        let mut trainer = algorithm.begin(data.clone(), &Rng::new(5)).unwrap();
        let mut last = None;
        for _ in 0..n_steps {
            last = Some(trainer.step().unwrap());
        }
        (trainer.model(), last)
    };
    for n_steps in [0, 1, 2, 1000] {
        let (model, last) = run(n_steps);
        assert!(
            last.as_ref()
                .is_none_or(|p| p.loss.is_none_or(f64::is_finite)),
            "{id}"
        );
        let prediction = model.predict(data.x.view()).unwrap();
        assert_eq!(prediction.len(), data.n_samples());
        let loaded = Model::from_parts(model.kind(), &model.to_parts()).unwrap();
        assert_eq!(loaded, model, "{id}: save and load after {n_steps}");
        assert_eq!(loaded.predict(data.x.view()).unwrap(), prediction, "{id}");
        assert_eq!(
            run(n_steps).0.to_parts(),
            model.to_parts(),
            "{id}: same seed"
        );
        let (first, _) = data.x.view().split_at(ndarray::Axis(0), 1);
        let alone = format!("{:?}", model.predict(first).unwrap());
        let again = format!(
            "{:?}",
            model.predict(data.x.slice(ndarray::s![..1, ..])).unwrap()
        );
        assert_eq!(alone, again);
    }
    let (model, last) = run(1000);
    assert!(last.unwrap().is_done, "{id} is not done after 1000 steps");
    assert_eq!(run(1001).0, model);
}
