//! How training goes on and ends.

use handlens::models::mlp::MlpModel;
use handlens::models::{Algorithm, Fitted, Model, Prediction, train_to_end};
use handlens::prepare;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::{Array2, s};

use crate::{begin, dataset, number, rings, text, waves};

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
fn a_class_of_one_row_is_not_held_back() {
    let data = rings(60);
    let prepare::Target::Classes { mut codes, .. } = data.target.clone() else {
        panic!()
    };
    codes[7] = 2;
    let labels = ["in", "out", "rare"].map(String::from).to_vec();
    let target = prepare::Target::Classes { codes, labels };
    let settings = [
        ("early_stopping", Setting::Flag(true)),
        ("validation_fraction", number(0.5)),
        ("class_weight", text("balanced")),
        ("n_iter_no_change", number(1000.0)),
        ("max_iter", number(1.0)),
    ];
    for seed in 0..20 {
        let data = dataset(data.x.clone(), target.clone());
        let mut trainer = begin(&data, &settings, seed);
        let before = trainer.model().loss(&data.select(&[7])).unwrap();
        trainer.step().unwrap();
        let after = trainer.model().loss(&data.select(&[7])).unwrap();
        assert!(after < before, "{seed}: {after} after {before}");
    }
}

#[test]
fn a_net_that_outgrows_memory_is_refused_beforehand() {
    let data = dataset(
        Array2::zeros((2, 200_000)),
        prepare::Target::Values(vec![0.0, 1.0]),
    );
    let settings = Settings::from([("hidden_layer_sizes".to_owned(), number(1024.0))]);
    let algorithm = Algorithm::find("mlp", &settings).unwrap();
    let error = algorithm.begin(data, &Rng::new(0)).err().unwrap();
    assert_eq!(error.code().as_str(), "too_large");
}
