//! The neural net as a trainer and as a model: what it learns, when it stops, what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

use std::sync::Arc;

use handlens::models::mlp::{Activation, MlpModel};
use handlens::models::{Algorithm, Fitted, Model, Parts, Prediction, Trainer, train_to_end};
use handlens::prepare::{self, Dataset};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::{Array2, s};

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

fn text(value: &str) -> Setting {
    Setting::Text(value.into())
}

/// Trains 200 epochs on rings and returns the share of rows told right.
fn learns_rings(settings: &[(&str, Setting)]) -> f64 {
    let data = rings(400);
    let mut all = vec![
        ("hidden_layer_sizes", Setting::Numbers(vec![16.0, 16.0])),
        ("learning_rate_init", number(0.01)),
        ("n_iter_no_change", number(1000.0)),
    ];
    all.extend_from_slice(settings);
    let mut trainer = begin(&data, &all, 3);
    let progress = train_to_end(trainer.as_mut()).unwrap();
    assert_eq!((progress.position, progress.total), (200.0, 200.0));
    accuracy(&trainer.model(), &data)
}

#[test]
fn learns_rings_with_every_activation() {
    for activation in ["relu", "tanh", "sigmoid", "leaky_relu", "gelu"] {
        let share = learns_rings(&[("activation", text(activation))]);
        assert!(share > 0.93, "{activation}: {share}");
    }
    let names = vec!["gelu".into(), "tanh".into()];
    assert!(learns_rings(&[("layer_activations", Setting::Texts(names))]) > 0.93);
    let linear = learns_rings(&[("activation", text("identity"))]);
    assert!(linear < 0.8, "straight borders: {linear}");
}

#[test]
fn learns_rings_with_every_optimizer_and_loss() {
    for (solver, rate) in [
        ("adam", 0.01),
        ("adamw", 0.01),
        ("rmsprop", 0.005),
        ("momentum", 0.1),
        ("nesterov", 0.1),
        ("sgd", 0.5),
    ] {
        for loss in ["cross_entropy", "squared_error"] {
            let share = learns_rings(&[
                ("activation", text("tanh")),
                ("solver", text(solver)),
                ("loss", text(loss)),
                ("learning_rate_init", number(rate)),
            ]);
            assert!(share > 0.93, "{solver} {loss}: {share}");
        }
    }
}

#[test]
fn learns_rings_with_every_help() {
    let on = Setting::Flag(true);
    for (name, setting) in [
        ("batch_norm", on),
        ("dropout", number(0.1)),
        ("learning_rate", text("cosine")),
        ("warm_up", number(10.0)),
        ("alpha_l1", number(1e-3)),
        ("clip_norm", number(0.5)),
        ("class_weight", text("balanced")),
    ] {
        let share = learns_rings(&[(name, setting)]);
        assert!(share > 0.93, "{name}: {share}");
    }
}

#[test]
fn a_weight_of_two_is_a_row_twice() {
    let data = rings(60);
    let rows: Vec<usize> = (0..60).flat_map(|row| vec![row; 1 + row % 2]).collect();
    let doubled = Arc::new(data.select(&rows));
    let weights = (0..60).map(|row| 1.0 + f64::from(row % 2)).collect();
    let weighted = Arc::new(Dataset {
        weights: Some(weights),
        ..Dataset::clone(&data)
    });
    // One batch an epoch, and no penalty, which counts rows.
    let settings = [
        ("batch_size", number(4096.0)),
        ("alpha", number(0.0)),
        ("max_iter", number(20.0)),
    ];
    let loss = |data| {
        train_to_end(begin(data, &settings, 0).as_mut())
            .unwrap()
            .loss
            .unwrap()
    };
    let (a, b) = (loss(&doubled), loss(&weighted));
    assert!((a - b).abs() < 1e-5, "{a} {b}");
}

#[test]
fn rows_that_do_not_count_are_not_learnt() {
    let data = rings(200);
    let prepare::Target::Classes { codes, .. } = &data.target else {
        panic!()
    };
    // A batch without any weight moves nothing; huge weights stay within range.
    let weights = codes
        .iter()
        .map(|&code| if code == 0 { 0.0 } else { 1e300 });
    let weights: Vec<f64> = weights.collect();
    let weighted = Arc::new(Dataset {
        weights: Some(weights),
        ..Dataset::clone(&data)
    });
    let mut trainer = begin(&weighted, &[("batch_size", number(1.0))], 0);
    assert!(
        train_to_end(trainer.as_mut())
            .unwrap()
            .loss
            .unwrap()
            .is_finite()
    );
    let Prediction::Classes { codes, .. } = trainer.model().predict(data.x.view()).unwrap() else {
        panic!()
    };
    assert!(codes.iter().all(|&code| code == 1));
}

#[test]
fn the_loss_of_numbers_decides_what_outliers_do() {
    let mut rng = Rng::new(6);
    let x = Array2::from_shape_simple_fn((200, 1), || rng.uniform());
    // A constant 1, but every tenth row is 100.
    let values = (0..200).map(|row| if row % 10 == 0 { 100.0 } else { 1.0 });
    let data = dataset(x, prepare::Target::Values(values.collect()));
    let typical = |loss: &str| {
        let settings = [
            ("regression_loss", text(loss)),
            ("learning_rate", text("cosine")),
        ];
        let mut trainer = begin(&data, &settings, 0);
        train_to_end(trainer.as_mut()).unwrap();
        let Prediction::Values(values) = trainer.model().predict(data.x.view()).unwrap() else {
            panic!()
        };
        values.mean().unwrap()
    };
    let (squared, huber, absolute) = (
        typical("squared_error"),
        typical("huber"),
        typical("absolute_error"),
    );
    assert!(squared > 5.0, "{squared}");
    assert!((absolute - 1.0).abs() < 0.5, "{absolute}");
    assert!(absolute < huber && huber < squared, "{huber}");
}

#[test]
fn batches_of_one_row_can_be_normalized() {
    let data = rings(33);
    for batch_size in [1.0, 32.0] {
        let settings = [
            ("batch_norm", Setting::Flag(true)),
            ("batch_size", number(batch_size)),
            ("max_iter", number(30.0)),
        ];
        let mut trainer = begin(&data, &settings, 0);
        assert!(train_to_end(trainer.as_mut()).unwrap().note.is_none());
        let model = trainer.model();
        assert!(model.loss(&data).unwrap() < 0.6);
        let loaded = Model::from_parts("mlp", &model.to_parts()).unwrap();
        assert_eq!(loaded, model);
        damages_of_batch_norm(&model.to_parts());
    }
}

fn damages_of_batch_norm(good: &Parts) {
    let damaged = |damage: &dyn Fn(&mut Parts)| {
        let mut parts = good.clone();
        damage(&mut parts);
        assert!(MlpModel::from_parts(&parts).is_err());
    };
    damaged(&|parts| drop(parts.tensors.remove("means_0")));
    damaged(&|parts| parts.tensors.get_mut("scales_0").unwrap().shape = vec![1, 100]);
    damaged(&|parts| {
        let variances = &mut parts.tensors.get_mut("variances_0").unwrap().data;
        if let handlens::models::TensorData::F32(data) = variances {
            data[3] = -1.0;
        }
    });
}

#[test]
fn activations_by_layer_come_back_from_storage() {
    let names = vec!["gelu".into(), "tanh".into()];
    let settings = [
        ("hidden_layer_sizes", Setting::Numbers(vec![3.0, 3.0, 3.0])),
        ("activation", text("leaky_relu")),
        ("layer_activations", Setting::Texts(names)),
    ];
    let Model::Mlp(model) = begin(&rings(20), &settings, 0).model() else {
        panic!()
    };
    let expected = [Activation::Gelu, Activation::Tanh, Activation::LeakyRelu];
    assert_eq!(model.net.shape().activations, expected);
    assert_eq!(MlpModel::from_parts(&model.to_parts()).unwrap(), model);
}

#[test]
fn tells_which_neurons_are_dead_and_where_the_gradient_fades() {
    let data = rings(50);
    let settings = [("hidden_layer_sizes", Setting::Numbers(vec![4.0, 4.0]))];
    let Model::Mlp(model) = begin(&data, &settings, 0).model() else {
        panic!()
    };
    let mut parts = model.to_parts();
    let biases = &mut parts.tensors.get_mut("biases_0").unwrap().data;
    *biases = handlens::models::TensorData::F32(vec![-1e6, 0.0, 0.0, 0.0]);
    let lamed = MlpModel::from_parts(&parts).unwrap();
    assert_eq!(lamed.dead_shares(data.x.view())[0], 0.25);
    let norms = model.gradient_norms(&data).unwrap();
    assert!(norms.len() == 3 && norms.iter().all(|n| n.is_finite() && *n > 0.0));
    assert!(model.gradient_norms(&waves(5, 0.0, 1.0)).is_none());
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
        ("solver", text("sgd")),
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
    damaged(&|parts| parts.put("activations", vec!["relu", "relu"]));
    damaged(&|parts| parts.put("activations", vec!["swish"]));
    damaged(&|parts| parts.put("activations", 7));
    damaged(&|parts| parts.put("batch_norm", true));
    damaged(&|parts| parts.put("batch_norm", "yes"));
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
