//! What it learns from rows, numbers and weights.

use std::sync::Arc;

use handlens::models::{Prediction, train_to_end};
use handlens::prepare::{self, Dataset};
use handlens::rng::Rng;
use handlens::settings::Setting;
use ndarray::Array2;

use crate::{accuracy, begin, dataset, number, rings, text, waves};

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
