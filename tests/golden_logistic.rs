//! Logistic regression against the exact minima of `tests/golden/logistic.json`, and its
//! contract: usable after any number of steps, the same bits for any number of threads.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

use std::sync::Arc;

use handlens::models::logistic::LogisticModel;
use handlens::models::{Algorithm, Fitted, Model, Prediction, Trainer, train_to_end};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use serde_json::Value;

fn golden() -> Value {
    golden_file("logistic.json")
}

fn golden_file(name: &str) -> Value {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        _ => vec![value.as_f64().unwrap()],
    }
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().unwrap();
    items
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

/// Reads the columns of a sample table; classes are numbered as the golden file lists them.
fn sample(case: &Value) -> (Vec<f64>, Vec<u32>) {
    let name = case["sample"].as_str().unwrap();
    let path = format!("{}/samples/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let place = |column: &str| header.iter().position(|h| h == column).unwrap();
    let columns: Vec<usize> = texts(&case["x_columns"]).iter().map(|c| place(c)).collect();
    let y_column = place(case["y_column"].as_str().unwrap());
    let classes = texts(&case["classes"]);
    let (mut x, mut codes) = (Vec::new(), Vec::new());
    for record in reader.records().map(Result::unwrap) {
        x.extend(columns.iter().map(|&c| record[c].parse::<f64>().unwrap()));
        codes.push(classes.iter().position(|c| *c == record[y_column]).unwrap() as u32);
    }
    (x, codes)
}

fn dataset(x: Vec<f64>, codes: Vec<u32>, n_classes: usize) -> Arc<Dataset> {
    let (n, p) = (codes.len(), x.len() / codes.len());
    Arc::new(Dataset {
        x: Array2::from_shape_vec((n, p), x).unwrap(),
        target: Target::Classes {
            codes,
            labels: (0..n_classes).map(|k| k.to_string()).collect(),
        },
        feature_names: (0..p).map(|j| format!("x{j}")).collect(),
        rows: (0..n).collect(),
        ..Dataset::default()
    })
}

fn case_data(case: &Value) -> Arc<Dataset> {
    let n_classes = case["n_classes"].as_u64().unwrap() as usize;
    let (x, codes) = match case.get("sample") {
        Some(_) => sample(case),
        None => {
            let codes = numbers(&case["y"]).iter().map(|&y| y as u32).collect();
            (numbers(&case["x"]), codes)
        }
    };
    dataset(x, codes, n_classes)
}

fn begin(data: &Arc<Dataset>, settings: &[(&str, Setting)]) -> Box<dyn Trainer> {
    let settings: Settings = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let algorithm = Algorithm::find("logistic", &settings).unwrap();
    algorithm.begin(Arc::clone(data), &Rng::new(0)).unwrap()
}

fn model(trainer: &dyn Trainer) -> LogisticModel {
    match trainer.model() {
        Model::Logistic(model) => model,
        other => panic!("{other:?}"),
    }
}

fn probabilities(model: &LogisticModel, data: &Dataset) -> Array2<f64> {
    match model.predict(data.x.view()) {
        Prediction::Classes { probabilities, .. } => probabilities,
        other => panic!("{other:?}"),
    }
}

/// Largest distance of coefficients, per standard deviation of their column, relative to the
/// largest coefficient of the case.
fn coefficient_error(model: &LogisticModel, expected: &[f64], data: &Dataset) -> f64 {
    let p = data.n_features();
    let deviations = data.x.std_axis(ndarray::Axis(0), 0.0);
    let pairs = model.coefficients.iter().zip(expected).enumerate();
    let (mut error, mut size) = (0.0_f64, 0.0_f64);
    for (index, (ours, theirs)) in pairs {
        let scale = deviations[index % p];
        error = error.max((ours - theirs).abs() * scale);
        size = size.max(theirs.abs() * scale);
    }
    error / size
}

#[test]
fn reaches_the_minimum() {
    let golden = golden();
    let tolerance = |name: &str| golden["tolerance"][name].as_f64().unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let data = case_data(case);
        let probe: Vec<usize> = numbers(&case["probe_rows"])
            .iter()
            .map(|&r| r as usize)
            .collect();
        for expected in case["expected"].as_array().unwrap() {
            let name = format!("{} C = {}", case["name"], expected["C"]);
            let settings = [
                ("C", Setting::Number(expected["C"].as_f64().unwrap())),
                ("max_iter", Setting::Number(5000.0)),
                ("tol", Setting::Number(1e-11)),
            ];
            let mut trainer = begin(&data, &settings);
            let progress = train_to_end(trainer.as_mut()).unwrap();
            let model = model(trainer.as_ref());
            let log_loss = expected["log_loss"].as_f64().unwrap();
            let loss = model.loss(&data).unwrap();
            assert!(
                (loss / log_loss - 1.0).abs() <= tolerance("log_loss_relative"),
                "{name}: {loss} is not {log_loss}"
            );
            let ours = probabilities(&model, &data);
            let theirs = numbers(&expected["probabilities"]);
            let rows = probe.iter().flat_map(|&row| ours.row(row).to_vec());
            for (ours, theirs) in rows.zip(&theirs) {
                assert!(
                    (ours - theirs).abs() <= tolerance("probability_absolute"),
                    "{name}: {ours} is not {theirs}"
                );
            }
            let error = coefficient_error(&model, &numbers(&expected["coefficients"]), &data);
            assert!(
                error <= tolerance("coefficient_relative"),
                "{name}: coefficients off by {error:e}"
            );
            assert!(
                progress.position < 300.0,
                "{name}: {} iterations",
                progress.position
            );
        }
    }
}

fn sparse_settings(expected: &Value) -> [(&'static str, Setting); 6] {
    let l1_ratio = expected["l1_ratio"].as_f64().unwrap();
    let penalty = match l1_ratio {
        0.0 => "l2",
        1.0 => "l1",
        _ => "elasticnet",
    };
    let class_weight = expected["class_weight"].as_str().unwrap();
    [
        ("C", Setting::Number(expected["C"].as_f64().unwrap())),
        ("penalty", Setting::Text(penalty.into())),
        ("l1_ratio", Setting::Number(l1_ratio)),
        ("class_weight", Setting::Text(class_weight.into())),
        ("max_iter", Setting::Number(5000.0)),
        ("tol", Setting::Number(1e-10)),
    ]
}

#[test]
fn sparse_and_weighted_minima_agree() {
    let golden = golden_file("logistic_sparse.json");
    let tolerance = |name: &str| golden["tolerance"][name].as_f64().unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let data = Dataset {
            weights: case.get("weights").map(numbers),
            ..Dataset::clone(&case_data(case))
        };
        let data = Arc::new(data);
        for expected in case["expected"].as_array().unwrap() {
            let settings = sparse_settings(expected);
            let name = format!("{} {settings:?}", case["name"]);
            let mut trainer = begin(&data, &settings);
            let progress = train_to_end(trainer.as_mut()).unwrap();
            assert_eq!(progress.note, None, "{name}");
            assert!(progress.position < 400.0, "{name}: {}", progress.position);
            let model = model(trainer.as_ref());
            let coefficients = numbers(&expected["coefficients"]);
            for (ours, theirs) in model.coefficients.iter().zip(&coefficients) {
                assert_eq!(*ours == 0.0, *theirs == 0.0, "{name}: {ours}, {theirs}");
            }
            let error = coefficient_error(&model, &coefficients, &data);
            let limit = tolerance("coefficient_relative");
            assert!(error <= limit, "{name}: coefficients off by {error:e}");
            let ours = probabilities(&model, &data);
            let theirs = numbers(&expected["probabilities"]);
            for (ours, theirs) in ours.iter().zip(&theirs) {
                let error = (ours - theirs).abs();
                assert!(error <= tolerance("probability_absolute"), "{name}");
            }
        }
    }
}

#[test]
fn a_weight_is_a_number_of_rows() {
    let golden = golden_file("logistic_sparse.json");
    let cases = golden["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case.get("weights").is_some());
    let case = case.unwrap();
    let weights = numbers(&case["weights"]);
    let plain = case_data(case);
    let times = |row: usize| std::iter::repeat_n(row, weights[row] as usize);
    let rows: Vec<usize> = (0..weights.len()).flat_map(times).collect();
    let repeated = Arc::new(plain.select(&rows));
    let weighted = Arc::new(Dataset {
        weights: Some(weights),
        ..Dataset::clone(&plain)
    });
    for penalty in ["l2", "l1"] {
        let fit = |data: &Arc<Dataset>| {
            let settings = [
                ("penalty", Setting::Text(penalty.into())),
                ("tol", Setting::Number(1e-11)),
                ("max_iter", Setting::Number(1000.0)),
            ];
            let mut trainer = begin(data, &settings);
            train_to_end(trainer.as_mut()).unwrap();
            model(trainer.as_ref()).coefficients
        };
        let difference = (fit(&weighted) - fit(&repeated)).mapv(f64::abs);
        assert!(difference.iter().all(|d| *d < 1e-7), "{difference}");
    }
}

#[test]
fn converges_with_defaults() {
    for name in ["iris", "wine_raw_scales"] {
        let golden = golden();
        let cases = golden["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["name"] == name).unwrap();
        let mut trainer = begin(&case_data(case), &[]);
        let progress = train_to_end(trainer.as_mut()).unwrap();
        assert_eq!(progress.note, None, "{name}");
        assert!(progress.position < 60.0, "{name}: {}", progress.position);
    }
}

/// Two overlapping clouds per class, many rows, so that several chunks are summed.
fn clouds(n: usize, n_classes: usize) -> Arc<Dataset> {
    let mut rng = Rng::new(3);
    let codes: Vec<u32> = (0..n).map(|_| rng.below(n_classes) as u32).collect();
    let x = codes.iter().flat_map(|&c| {
        [
            rng.normal() + f64::from(c),
            rng.normal(),
            100.0 * rng.normal(),
        ]
    });
    dataset(x.collect::<Vec<f64>>(), codes, n_classes)
}

#[test]
fn is_usable_after_any_number_of_steps() {
    for n_classes in [2, 3] {
        let data = clouds(200, n_classes);
        let mut trainer = begin(&data, &[]);
        let before = probabilities(&model(trainer.as_ref()), &data);
        assert!(
            before
                .iter()
                .all(|p| (p * n_classes as f64 - 1.0).abs() < 1e-12)
        );
        let first = trainer.step().unwrap();
        let mut last = first.clone();
        while !last.is_done {
            let loss = last.loss.unwrap();
            last = trainer.step().unwrap();
            assert!(last.loss.unwrap() <= loss);
        }
        let done = trainer.model();
        assert_eq!(trainer.step().unwrap(), last);
        assert_eq!(trainer.model(), done);
        assert!(last.loss < first.loss);
    }
}

#[test]
fn gives_the_same_bits_for_any_number_of_threads_and_after_storage() {
    for n_classes in [2, 4] {
        let data = clouds(5000, n_classes);
        let train = || {
            let mut trainer = begin(&data, &[]);
            train_to_end(trainer.as_mut()).unwrap();
            model(trainer.as_ref())
        };
        let pool = |n| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(n)
                .build()
                .unwrap()
        };
        let (one, three) = (pool(1).install(train), pool(3).install(train));
        assert_eq!(one, three);
        let loaded = LogisticModel::from_parts(&one.to_parts()).unwrap();
        assert_eq!(one, loaded);
        let whole = Model::Logistic(loaded).predict(data.x.view()).unwrap();
        let Prediction::Classes {
            probabilities: whole,
            ..
        } = whole
        else {
            panic!()
        };
        for row in [0, 1023, 1024, 4999] {
            let single = one.predict(data.x.slice(ndarray::s![row..=row, ..]));
            let Prediction::Classes { probabilities, .. } = single else {
                panic!()
            };
            assert_eq!(probabilities.row(0), whole.row(row));
        }
    }
}

#[test]
fn says_when_the_classes_are_separable() {
    let data = dataset(vec![-2.0, -1.0, 1.0, 2.0], vec![0, 0, 1, 1], 2);
    let mut trainer = begin(&data, &[("penalty", Setting::Text("none".into()))]);
    let note = train_to_end(trainer.as_mut()).unwrap().note.unwrap();
    assert!(
        note.contains("without a mistake") && note.contains("x0"),
        "{note}"
    );
    let mut trainer = begin(&data, &[]);
    assert_eq!(train_to_end(trainer.as_mut()).unwrap().note, None);
}

#[test]
fn survives_extreme_data() {
    let cases = [
        vec![1e200, -1e200, 3e200, -1e200],
        vec![1e-200, 2e-200, -1e-200, 0.0],
        vec![5.0; 4],
        vec![1e308, -1e308, 1e308, -1e308],
    ];
    for x in cases {
        for penalty in ["l2", "none", "l1", "elasticnet"] {
            let data = dataset(x.clone(), vec![0, 1, 0, 1], 3);
            let mut trainer = begin(&data, &[("penalty", Setting::Text(penalty.into()))]);
            let progress = train_to_end(trainer.as_mut()).unwrap();
            assert!(progress.loss.unwrap().is_finite(), "{x:?} {penalty}");
            let p = probabilities(&model(trainer.as_ref()), &data);
            assert!(p.iter().all(|p| p.is_finite()), "{x:?} {penalty}: {p}");
        }
    }
}

#[test]
fn raw_units_predict_the_same() {
    let data = clouds(300, 3);
    let mut trainer = begin(&data, &[]);
    train_to_end(trainer.as_mut()).unwrap();
    let model = model(trainer.as_ref());
    let (centers, scales) = ([1.0, -2.0, 30.0], [2.0, 0.5, 100.0]);
    let (coefficients, intercepts) = model.in_raw_units(&centers, &scales);
    let raw = LogisticModel {
        coefficients,
        intercepts,
        n_classes: 3,
    };
    let mut x = data.x.clone();
    x.rows_mut().into_iter().for_each(|mut row| {
        (0..3).for_each(|j| row[j] = row[j] * scales[j] + centers[j]);
    });
    let (ours, theirs) = (model.logits(data.x.view()), raw.logits(x.view()));
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-10));
}

#[test]
fn refuses_damaged_parts() {
    let data = clouds(50, 3);
    let good = model(begin(&data, &[]).as_ref()).to_parts();
    let damaged = |damage: &dyn Fn(&mut handlens::models::Parts)| {
        let mut parts = good.clone();
        damage(&mut parts);
        assert!(LogisticModel::from_parts(&parts).is_err());
    };
    damaged(&|parts| parts.put("n_classes", 2));
    damaged(&|parts| parts.put("n_classes", 0));
    damaged(&|parts| parts.put_vector("intercepts", &[1.0]));
    damaged(&|parts| parts.put_vector("intercepts", &[1.0, f64::NAN, 0.0]));
    damaged(&|parts| parts.put_matrix("coefficients", &Array2::zeros((3, 0))));
    damaged(&|parts| drop(parts.tensors.remove("coefficients")));
}
