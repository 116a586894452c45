//! Neural nets against whole loss curves of PyTorch (`tests/golden/mlp.json`), gradients
//! against finite differences, and the contract of a trainer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

use std::sync::Arc;

use handlens::linalg::real::Real;
use handlens::models::mlp::net::{Net, Workspace};
use handlens::models::mlp::optimizer::{Optimizer, Solver};
use handlens::models::mlp::{Activation, Loss, MlpModel, Target};
use handlens::models::{Algorithm, Fitted, Model, Parts, Prediction, Trainer, train_to_end};
use handlens::prepare::{self, Dataset};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::{Array2, s};
use serde_json::Value;

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/mlp.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        _ => vec![value.as_f64().unwrap()],
    }
}

fn narrow<T: Real>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&v| T::from_f64(v)).collect()
}

/// PyTorch's layers, weights `(n_out, n_in)`, as parameters of ours.
fn parameters(layers: &Value) -> Vec<f64> {
    let layers = layers.as_array().unwrap().iter();
    layers
        .flat_map(|layer| {
            let rows: Vec<Vec<f64>> = layer["weight"]
                .as_array()
                .unwrap()
                .iter()
                .map(numbers)
                .collect();
            let n_in = rows[0].len();
            let mut all: Vec<f64> = (0..n_in)
                .flat_map(|i| rows.iter().map(move |r| r[i]))
                .collect();
            all.extend(numbers(&layer["bias"]));
            all
        })
        .collect()
}

struct Rows<T> {
    x: Vec<T>,
    codes: Vec<u32>,
    values: Vec<T>,
    n_features: usize,
}

impl<T: Real> Rows<T> {
    fn new(case: &Value, data: &Value, n_outputs: usize) -> Self {
        let y = numbers(&data["y"]);
        let codes: Vec<u32> = y.iter().map(|&y| y as u32).collect();
        let is_one_hot = case["one_hot_target"].as_bool().unwrap();
        let values: Vec<f64> = if is_one_hot {
            let one_hot = |&code: &u32| (0..n_outputs).map(move |k| f64::from(k == code as usize));
            codes.iter().flat_map(one_hot).collect()
        } else {
            y
        };
        Self {
            x: narrow(&numbers(&data["x"])),
            codes,
            values: narrow(&values),
            n_features: data["x"][0].as_array().unwrap().len(),
        }
    }

    /// Puts rows into `work` and returns their target.
    fn batch(&self, from: usize, to: usize, loss: Loss, work: &mut Workspace<T>) -> Target<'_, T> {
        let p = self.n_features;
        work.rows_mut().extend_from_slice(&self.x[from * p..to * p]);
        let n_outputs = self.values.len() / self.codes.len();
        match loss {
            Loss::SquaredError => Target::Values(&self.values[from * n_outputs..to * n_outputs]),
            _ => Target::Codes(&self.codes[from..to]),
        }
    }
}

fn solver(name: &str) -> Solver {
    match name {
        "sgd" => Solver::Sgd,
        "momentum" => Solver::Momentum { momentum: 0.9 },
        "adam" => Solver::Adam,
        _ => panic!("{name}"),
    }
}

/// Replays a case; returns the losses and the final parameters.
fn replay<T: Real>(case: &Value, golden: &Value) -> (Vec<f64>, Vec<f64>) {
    let text = |name: &str| case[name].as_str().unwrap();
    let number = |name: &str| case[name].as_f64().unwrap();
    let start = &golden["nets"][text("net")];
    let widths: Vec<usize> = numbers(&start["sizes"])
        .iter()
        .map(|&w| w as usize)
        .collect();
    let rows = Rows::<T>::new(case, &golden["data"][text("data")], *widths.last().unwrap());
    let activation = Activation::find(text("activation")).unwrap();
    let loss = Loss::find(text("loss")).unwrap();
    let first = narrow(&parameters(&start["layers"]));
    let mut net = Net::from_parameters(&widths, activation, first).unwrap();
    let mut optimizer = Optimizer::new(
        solver(text("optimizer")),
        number("learning_rate"),
        net.parameters().len(),
    );
    let mut work = Workspace::default();
    let (mut losses, mut from) = (Vec::new(), 0);
    for _ in 0..numbers(&case["losses"]).len() {
        let to = (from + number("batch_size") as usize).min(rows.codes.len());
        let target = rows.batch(from, to, loss, &mut work);
        let value = net.loss_and_gradient(&mut work, loss, target);
        losses.push(value + net.add_penalty(number("l2"), &mut work.gradient));
        optimizer.step(net.parameters_mut(), &work.gradient);
        from = to % rows.codes.len();
    }
    (
        losses,
        net.parameters().iter().map(|w| w.to_f64()).collect(),
    )
}

fn worst(ours: &[f64], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    pairs
        .map(|(a, b)| (a - b).abs() / b.abs().max(1.0))
        .fold(0.0, f64::max)
}

#[test]
fn follows_the_loss_curves_of_pytorch() {
    let golden = golden();
    let tolerance = golden["tolerance"]["f64"].as_f64().unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let (losses, last) = replay::<f64>(case, &golden);
        let error = worst(&losses, &numbers(&case["losses"]));
        assert!(
            error <= tolerance,
            "{}: losses off by {error:e}",
            case["name"]
        );
        let error = worst(&last, &parameters(&case["final_layers"]));
        assert!(
            error <= tolerance,
            "{}: parameters off by {error:e}",
            case["name"]
        );
    }
}

#[test]
fn follows_them_in_single_precision_too() {
    let golden = golden();
    for case in golden["cases"].as_array().unwrap() {
        let tolerance = (20.0 * case["f32_differs_by"].as_f64().unwrap()).max(1e-5);
        let (losses, _) = replay::<f32>(case, &golden);
        let error = worst(&losses, &numbers(&case["losses"]));
        assert!(
            error <= tolerance,
            "{}: losses off by {error:e}",
            case["name"]
        );
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let mut rng = Rng::new(5);
    let widths = [3, 7, 5, 4];
    let x: Vec<f64> = (0..6 * 3).map(|_| rng.normal()).collect();
    let codes: Vec<u32> = (0..6).map(|_| rng.below(4) as u32).collect();
    let values: Vec<f64> = (0..6 * 4).map(|_| rng.normal()).collect();
    for (_, activation) in Activation::ALL {
        for (name, loss) in Loss::ALL {
            let mut net = Net::<f64>::random(&widths, activation, &rng);
            let mut work = Workspace::default();
            let mut evaluate = |net: &Net<f64>| {
                work.rows_mut().extend_from_slice(&x);
                let target = match loss {
                    Loss::SquaredError => Target::Values(&values),
                    _ => Target::Codes(&codes),
                };
                let value = net.loss_and_gradient(&mut work, loss, target);
                (
                    value + net.add_penalty(0.1, &mut work.gradient),
                    work.gradient.clone(),
                )
            };
            let (_, gradient) = evaluate(&net);
            for (index, analytic) in gradient.iter().enumerate() {
                let (at, h) = (net.parameters()[index], 1e-6);
                let mut value_at = |w: f64| {
                    net.parameters_mut()[index] = w;
                    evaluate(&net).0
                };
                let slope = (value_at(at + h) - value_at(at - h)) / (2.0 * h);
                value_at(at);
                // h² of the difference plus eps / h of its cancellation.
                let error = (slope - analytic).abs();
                assert!(
                    error < 1e-8,
                    "{activation:?} {name} {index}: {slope} is not {}",
                    analytic
                );
            }
        }
    }
}

fn begin(data: &Arc<Dataset>, settings: &[(&str, Setting)], seed: u32) -> Box<dyn Trainer> {
    let settings: Settings = settings
        .iter()
        .map(|(n, v)| ((*n).to_owned(), v.clone()))
        .collect();
    let algorithm = Algorithm::find("mlp", &settings).unwrap();
    algorithm.begin(Arc::clone(data), &Rng::new(seed)).unwrap()
}

fn number(value: f64) -> Setting {
    Setting::Number(value)
}

fn dataset(x: Array2<f64>, target: prepare::Target) -> Arc<Dataset> {
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
fn rings(n: usize) -> Arc<Dataset> {
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

fn waves(n: usize, center: f64, scale: f64) -> Arc<Dataset> {
    let mut rng = Rng::new(2);
    let x = Array2::from_shape_fn((n, 1), |_| rng.uniform_in(-3.0, 3.0));
    let values = x.iter().map(|&x| center + scale * libm::sin(x)).collect();
    dataset(x, prepare::Target::Values(values))
}

fn accuracy(model: &Model, data: &Dataset) -> f64 {
    let prepare::Target::Classes { codes: truth, .. } = &data.target else {
        panic!()
    };
    let Prediction::Classes { codes, .. } = model.predict(data.x.view()).unwrap() else {
        panic!()
    };
    codes.iter().zip(truth).filter(|(a, b)| a == b).count() as f64 / truth.len() as f64
}

#[test]
fn learns_rings_with_every_activation_solver_and_loss() {
    let data = rings(400);
    for activation in ["relu", "tanh", "sigmoid"] {
        for (solver, rate) in [("adam", 0.01), ("momentum", 0.1), ("sgd", 0.5)] {
            for loss in ["cross_entropy", "squared_error"] {
                let settings = [
                    ("hidden_layer_sizes", Setting::Numbers(vec![16.0, 16.0])),
                    ("activation", Setting::Text(activation.into())),
                    ("solver", Setting::Text(solver.into())),
                    ("loss", Setting::Text(loss.into())),
                    ("learning_rate_init", number(rate)),
                    ("n_iter_no_change", number(1000.0)),
                ];
                let mut trainer = begin(&data, &settings, 3);
                let progress = train_to_end(trainer.as_mut()).unwrap();
                assert_eq!((progress.position, progress.total), (200.0, 200.0));
                let share = accuracy(&trainer.model(), &data);
                assert!(share > 0.93, "{activation} {solver} {loss}: {share}");
            }
        }
    }
}

#[test]
fn learns_numbers_of_any_size() {
    for (center, scale) in [(0.0, 1.0), (1e12, 1e3), (1e-12, 1e-13), (0.0, 1e200)] {
        let data = waves(300, center, scale);
        let mut trainer = begin(&data, &[("learning_rate_init", number(0.01))], 0);
        train_to_end(trainer.as_mut()).unwrap();
        let loss = trainer.model().loss(&data).unwrap();
        assert!(loss < 0.02, "{center} {scale}: {loss}");
    }
    let constant = dataset(
        Array2::ones((20, 1)),
        prepare::Target::Values(vec![7.0; 20]),
    );
    // With one batch an epoch Adam swings through the minimum for longer than the patience of
    // 10 epochs; a stall must not end training in the swing, nor keep a weight from within it.
    let mut trainer = begin(&constant, &[("max_iter", number(1000.0))], 0);
    let progress = train_to_end(trainer.as_mut()).unwrap();
    let Prediction::Values(values) = trainer.model().predict(constant.x.view()).unwrap() else {
        panic!()
    };
    assert!(
        values.iter().all(|v| (v - 7.0).abs() < 0.1),
        "{values} {progress:?}"
    );
}

#[test]
fn recognizes_digits_with_defaults() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/digits.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let label = reader
        .headers()
        .unwrap()
        .iter()
        .position(|h| h == "digit")
        .unwrap();
    let (mut x, mut codes) = (Vec::new(), Vec::new());
    for record in reader.records().map(Result::unwrap) {
        codes.push(record[label].parse::<u32>().unwrap());
        x.extend(
            (0..record.len())
                .filter(|&j| j != label)
                .map(|j| record[j].parse::<f64>().unwrap()),
        );
    }
    let x = Array2::from_shape_vec((codes.len(), 64), x).unwrap();
    let order = Rng::new(0).permutation(codes.len());
    let (test, train) = order.split_at(360);
    let mean = x
        .select(ndarray::Axis(0), train)
        .mean_axis(ndarray::Axis(0))
        .unwrap();
    let deviation = x
        .select(ndarray::Axis(0), train)
        .std_axis(ndarray::Axis(0), 0.0);
    let deviation = deviation.mapv(|d| if d == 0.0 { 1.0 } else { d });
    let x = (x - &mean) / &deviation;
    let part = |rows: &[usize]| {
        let labels = (0..10).map(|k| k.to_string()).collect();
        let codes = rows.iter().map(|&r| codes[r]).collect();
        dataset(
            x.select(ndarray::Axis(0), rows),
            prepare::Target::Classes { codes, labels },
        )
    };
    let (train, test) = (part(train), part(test));
    for (name, settings, bar) in [
        ("defaults", vec![], 0.96),
        (
            "one layer of 64",
            vec![("hidden_layer_sizes", number(64.0))],
            0.96,
        ),
    ] {
        let mut trainer = begin(&train, &settings, 0);
        let progress = train_to_end(trainer.as_mut()).unwrap();
        let share = accuracy(&trainer.model(), &test);
        println!(
            "digits, {name}: {share} after {} epochs, {:?}",
            progress.position, progress.note
        );
        assert!(share >= bar, "{name}: {share}");
    }
}

#[test]
fn is_usable_after_any_number_of_steps() {
    for data in [rings(100), waves(100, 5.0, 2.0)] {
        let mut trainer = begin(&data, &[("max_iter", number(5.0))], 0);
        assert!(trainer.model().loss(&data).unwrap().is_finite());
        let first = trainer.step().unwrap();
        assert_eq!((first.position, first.is_done), (1.0, false));
        let mut last = first.clone();
        while !last.is_done {
            last = trainer.step().unwrap();
        }
        assert!(last.loss < first.loss);
        let model = trainer.model();
        assert_eq!(trainer.step().unwrap(), last);
        assert_eq!(trainer.model(), model);
    }
}

#[test]
fn gives_the_same_bits_for_any_number_of_threads_and_after_storage() {
    let data = rings(3000);
    let settings = [
        ("hidden_layer_sizes", Setting::Numbers(vec![200.0, 100.0])),
        ("batch_size", number(512.0)),
        ("max_iter", number(2.0)),
    ];
    let train = |seed| {
        let mut trainer = begin(&data, &settings, seed);
        train_to_end(trainer.as_mut()).unwrap();
        match trainer.model() {
            Model::Mlp(model) => model,
            other => panic!("{other:?}"),
        }
    };
    let pool = |n| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap()
    };
    let one = pool(1).install(|| train(0));
    assert_eq!(one.to_parts(), pool(3).install(|| train(0)).to_parts());
    assert_ne!(one, train(1));
    let loaded = MlpModel::from_parts(&one.to_parts()).unwrap();
    assert_eq!(one, loaded);
    let whole = Model::Mlp(loaded).predict(data.x.view()).unwrap();
    let Prediction::Classes {
        probabilities: whole,
        ..
    } = whole
    else {
        panic!()
    };
    for row in [0, 5, 1024, 2999] {
        let Prediction::Classes { probabilities, .. } =
            one.predict(data.x.slice(s![row..=row, ..]))
        else {
            panic!()
        };
        assert_eq!(probabilities.row(0), whole.row(row));
    }
}

#[test]
fn splits_long_epochs_into_steps() {
    let data = rings(20_000);
    let settings = [("hidden_layer_sizes", Setting::Numbers(vec![128.0, 128.0]))];
    let mut trainer = begin(&data, &settings, 0);
    let position = trainer.step().unwrap().position;
    assert!(position > 0.0 && position < 0.5, "{position}");
    let mut last = position;
    while last < 1.0 {
        let next = trainer.step().unwrap().position;
        assert!(next > last);
        last = next;
    }
    assert_eq!(last, 1.0);
}

#[test]
fn stops_early_and_keeps_the_best_weights() {
    let mut rng = Rng::new(4);
    let x = Array2::from_shape_fn((120, 5), |_| rng.normal());
    let codes = (0..120).map(|_| rng.below(2) as u32).collect();
    let labels = vec!["a".into(), "b".into()];
    // Pure noise: the longer the training, the worse on held-back rows.
    let data = dataset(x, prepare::Target::Classes { codes, labels });
    let settings = [
        ("early_stopping", Setting::Flag(true)),
        ("validation_fraction", number(0.3)),
    ];
    let mut trainer = begin(&data, &settings, 0);
    let progress = train_to_end(trainer.as_mut()).unwrap();
    assert!(progress.position < 100.0, "{}", progress.position);
    assert!(progress.note.unwrap().contains("held-back"));
}

#[test]
fn breaks_off_with_the_last_good_weights() {
    let data = waves(200, 0.0, 1.0);
    let settings = [
        ("solver", Setting::Text("sgd".into())),
        ("learning_rate_init", number(10.0)),
        (
            "hidden_layer_sizes",
            Setting::Numbers(vec![64.0, 64.0, 64.0]),
        ),
    ];
    let mut trainer = begin(&data, &settings, 0);
    let progress = train_to_end(trainer.as_mut()).unwrap();
    assert!(progress.note.unwrap().contains("learning rate"));
    assert!(trainer.model().loss(&data).unwrap().is_finite());
}

#[test]
fn shows_layers_and_what_neurons_see() {
    let data = rings(50);
    let Model::Mlp(model) = begin(
        &data,
        &[("hidden_layer_sizes", Setting::Numbers(vec![4.0, 3.0]))],
        0,
    )
    .model() else {
        panic!()
    };
    let shapes: Vec<_> = model
        .layers()
        .iter()
        .map(|l| (l.weights.dim(), l.biases.len()))
        .collect();
    assert_eq!(shapes, [((2, 4), 4), ((4, 3), 3), ((3, 2), 2)]);
    let seen = model.activations(data.x.view());
    assert_eq!(
        seen.iter().map(Array2::dim).collect::<Vec<_>>(),
        [(50, 4), (50, 3)]
    );
    let layer = &model.layers()[0];
    let (x, w) = (data.x.row(7), &layer.weights);
    let z = f64::from(layer.biases[2]) + x[0] * f64::from(w[[0, 2]]) + x[1] * f64::from(w[[1, 2]]);
    assert!((f64::from(seen[0][[7, 2]]) - z.max(0.0)).abs() < 1e-6);
}

#[test]
fn refuses_huge_features_and_survives_them_in_prediction() {
    let data = dataset(
        Array2::from_elem((4, 1), 1e200),
        prepare::Target::Values(vec![0.0, 1.0, 2.0, 3.0]),
    );
    let algorithm = Algorithm::find("mlp", &Settings::default()).unwrap();
    let error = algorithm.begin(data, &Rng::new(0)).err().unwrap();
    assert_eq!(error.code().as_str(), "does_not_fit");
    let model = begin(&rings(50), &[], 0).model();
    let rows = ndarray::array![[1e300, -1e300], [0.0, 1e-300]];
    let Prediction::Classes { probabilities, .. } = model.predict(rows.view()).unwrap() else {
        panic!()
    };
    assert!(probabilities.iter().all(|p| p.is_finite()));
}

#[test]
fn refuses_damaged_parts() {
    let Model::Mlp(model) = begin(&rings(50), &[], 0).model() else {
        panic!()
    };
    let good = model.to_parts();
    let damaged = |damage: &dyn Fn(&mut Parts)| {
        let mut parts = good.clone();
        damage(&mut parts);
        assert!(MlpModel::from_parts(&parts).is_err());
    };
    damaged(&|parts| parts.put("n_layers", 0));
    damaged(&|parts| parts.put("n_layers", 3));
    damaged(&|parts| parts.put("n_layers", u64::MAX));
    damaged(&|parts| parts.put("n_classes", 3));
    damaged(&|parts| parts.put("activation", "swish"));
    damaged(&|parts| parts.put("loss", "hinge"));
    damaged(&|parts| drop(parts.tensors.remove("biases_1")));
    damaged(&|parts| parts.tensors.get_mut("weights_1").unwrap().shape = vec![8, 32]);
    damaged(&|parts| parts.tensors.get_mut("weights_1").unwrap().shape = vec![usize::MAX, 16]);
    damaged(&|parts| parts.put_vector("target", &[0.0, 0.0]));
    damaged(&|parts| {
        let weights = &mut parts.tensors.get_mut("weights_0").unwrap().data;
        if let handlens::models::TensorData::F32(data) = weights {
            data[3] = f32::NAN;
        }
    });
}
