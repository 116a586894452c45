//! The contract that every algorithm of the catalogue keeps.

// The helpers of a test may panic as the test itself may; the lint knows only the latter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;

use common::{datasets, nasty, settings_variants, suited, suited_to};
use handlens::error::Code;
use handlens::models::{Algorithm, Entry, Model, Prediction, catalogue, train_to_end};
use handlens::prepare::{Dataset, Target, Task};
use handlens::rng::Rng;
use handlens::settings::{Kind, Setting, Settings};

/// Runs `check` on every algorithm with every fitting data set.
fn for_all(check: impl Fn(&str, &Algorithm, &Arc<Dataset>)) {
    for entry in catalogue() {
        for settings in settings_variants(entry.info) {
            let algorithm = Algorithm::find(entry.info.id, &settings).unwrap();
            for (name, data) in datasets(entry.info.tasks) {
                let name = format!("{} {settings:?} on {name}", entry.info.id);
                let data = suited_to(&settings, suited(entry.info, data));
                check(&name, &algorithm, &Arc::new(data));
            }
        }
    }
}

fn fit(algorithm: &Algorithm, data: &Arc<Dataset>, seed: u32) -> Model {
    let mut trainer = algorithm.begin(Arc::clone(data), &Rng::new(seed)).unwrap();
    train_to_end(trainer.as_mut()).unwrap();
    trainer.model()
}

/// Every number of a prediction.
fn numbers(prediction: &Prediction) -> Vec<f64> {
    match prediction {
        Prediction::Classes {
            codes,
            probabilities,
        } => codes
            .iter()
            .map(|&c| f64::from(c))
            .chain(probabilities.iter().copied())
            .collect(),
        Prediction::Values(values) => values.to_vec(),
        Prediction::Clusters(codes) => codes.iter().map(|&c| f64::from(c)).collect(),
        Prediction::Coordinates(m) => m.iter().copied().collect(),
        Prediction::Anomalies { scores, is_outlier } => {
            let flags = is_outlier.iter().map(|&flag| f64::from(flag));
            flags.chain(scores.iter().copied()).collect()
        }
    }
}

fn bits(prediction: &Prediction) -> Vec<u64> {
    numbers(prediction).into_iter().map(f64::to_bits).collect()
}

#[test]
fn same_seed_same_model() {
    for_all(|name, algorithm, data| {
        let (a, b) = (fit(algorithm, data, 7), fit(algorithm, data, 7));
        assert_eq!(a.to_parts(), b.to_parts(), "{name}");
    });
}

#[test]
fn usable_after_any_number_of_steps() {
    for_all(|name, algorithm, data| {
        let mut trainer = algorithm.begin(Arc::clone(data), &Rng::new(1)).unwrap();
        for step in 0..4 {
            let prediction = trainer.model().predict(data.x.view()).unwrap();
            assert_eq!(
                prediction.len(),
                data.n_samples(),
                "{name}, after {step} steps"
            );
            assert!(
                numbers(&prediction).iter().all(|v| v.is_finite()),
                "{name}, after {step} steps"
            );
            let progress = trainer.step().unwrap();
            assert!(
                progress.loss.is_none_or(f64::is_finite),
                "{name}, loss at step {step}"
            );
            assert!(
                progress.position <= progress.total + 1e-9,
                "{name}, position at step {step}"
            );
        }
    });
}

#[test]
fn done_is_done() {
    for_all(|name, algorithm, data| {
        let mut trainer = algorithm.begin(Arc::clone(data), &Rng::new(1)).unwrap();
        let last = train_to_end(trainer.as_mut()).unwrap();
        let model = trainer.model();
        let again = trainer.step().unwrap();
        assert!(again.is_done, "{name}");
        assert_eq!(again.position, last.position, "{name}");
        assert_eq!(trainer.model(), model, "{name}");
    });
}

#[test]
fn stored_and_loaded_predicts_the_same() {
    for_all(|name, algorithm, data| {
        let model = fit(algorithm, data, 3);
        let loaded = Model::from_parts(model.kind(), &model.to_parts()).unwrap();
        assert_eq!(loaded.to_parts(), model.to_parts(), "{name}");
        let predict = |model: &Model| bits(&model.predict(data.x.view()).unwrap());
        assert_eq!(predict(&loaded), predict(&model), "{name}");
    });
}

#[test]
fn a_batch_is_its_rows() {
    for_all(|name, algorithm, data| {
        let model = fit(algorithm, data, 3);
        let batch = numbers_by_row(&model.predict(data.x.view()).unwrap());
        for (row, expected) in batch.iter().enumerate().take(25) {
            let x = data.x.slice(ndarray::s![row..=row, ..]);
            let alone = numbers_by_row(&model.predict(x).unwrap());
            assert_eq!(&alone[0], expected, "{name}, row {row}");
        }
    });
}

fn numbers_by_row(prediction: &Prediction) -> Vec<Vec<u64>> {
    let rows = |m: &ndarray::Array2<f64>| -> Vec<Vec<u64>> {
        m.rows()
            .into_iter()
            .map(|row| row.iter().map(|v| v.to_bits()).collect())
            .collect()
    };
    match prediction {
        Prediction::Classes {
            codes,
            probabilities,
        } => rows(probabilities)
            .into_iter()
            .zip(codes)
            .map(|(row, &code)| std::iter::once(u64::from(code)).chain(row).collect())
            .collect(),
        Prediction::Values(values) => values.iter().map(|v| vec![v.to_bits()]).collect(),
        Prediction::Clusters(codes) => codes.iter().map(|&c| vec![u64::from(c)]).collect(),
        Prediction::Coordinates(m) => rows(m),
        Prediction::Anomalies { scores, is_outlier } => scores
            .iter()
            .zip(is_outlier)
            .map(|(score, &flag)| vec![score.to_bits(), u64::from(flag)])
            .collect(),
    }
}

#[test]
fn probabilities_are_probabilities() {
    for_all(|name, algorithm, data| {
        let model = fit(algorithm, data, 5);
        if let Prediction::Classes {
            codes,
            probabilities,
        } = model.predict(data.x.view()).unwrap()
        {
            for (row, &code) in probabilities.rows().into_iter().zip(&codes) {
                assert!((row.sum() - 1.0).abs() < 1e-9, "{name}: {row}");
                assert!(row.iter().all(|p| (0.0..=1.0).contains(p)), "{name}: {row}");
                let most = row.iter().copied().fold(0.0, f64::max);
                assert!(
                    row[code as usize] >= most - 1e-12,
                    "{name}: {code} of {row}"
                );
            }
        }
    });
}

#[test]
fn nasty_data_gets_an_error_or_a_sensible_answer() {
    for entry in catalogue() {
        let algorithm = Algorithm::find(entry.info.id, &Settings::new()).unwrap();
        for (name, data) in nasty(entry.info.tasks) {
            let name = format!("{} on {name}", entry.info.id);
            let data = Arc::new(suited(entry.info, data));
            let Ok(mut trainer) = algorithm.begin(Arc::clone(&data), &Rng::new(1)) else {
                continue;
            };
            for _ in 0..3 {
                if trainer.step().is_err() {
                    break;
                }
            }
            let prediction = trainer.model().predict(data.x.view()).unwrap();
            assert!(numbers(&prediction).iter().all(|v| v.is_finite()), "{name}");
        }
    }
}

#[test]
fn what_cannot_be_learnt_is_refused_in_words() {
    for entry in catalogue() {
        let algorithm = Algorithm::find(entry.info.id, &Settings::new()).unwrap();
        let refuse = |data: Dataset, code: Code, what: &str| {
            let error = match algorithm.begin(Arc::new(data), &Rng::new(1)) {
                Err(error) => error,
                Ok(_) => panic!("{} takes {what}", entry.info.id),
            };
            assert_eq!(error.code(), code, "{} on {what}: {error}", entry.info.id);
            assert!(error.to_string().ends_with('.'), "{error}");
        };
        let (_, good) = datasets(entry.info.tasks).remove(0);
        let good = suited(entry.info, good);
        let mut nan = good.clone();
        nan.x[(1, 0)] = f64::NAN;
        if !entry.info.takes_gaps {
            refuse(nan, Code::NotFinite, "NaN");
        }
        let mut infinite = good.clone();
        infinite.x[(0, 1)] = f64::INFINITY;
        refuse(infinite, Code::NotFinite, "infinity");
        let empty = common::take(&good, 0);
        refuse(empty, Code::NothingToLearn, "no rows");
        if entry.info.tasks.contains(&Task::Classification) {
            let n = good.n_samples();
            let one = Target::Classes {
                codes: vec![0; n],
                labels: vec!["a".into(), "b".into()],
            };
            refuse(
                Dataset {
                    target: one,
                    ..good.clone()
                },
                Code::BadTarget,
                "one class",
            );
        }
    }
}

#[test]
fn a_target_of_the_wrong_kind_is_refused() {
    for entry in catalogue() {
        let algorithm = Algorithm::find(entry.info.id, &Settings::new()).unwrap();
        for task in [Task::Classification, Task::Regression] {
            if entry.info.tasks.contains(&task) || !is_supervised(entry) {
                continue;
            }
            let (_, data) = datasets(&[task]).remove(0);
            let error = algorithm.begin(Arc::new(data), &Rng::new(1)).err().unwrap();
            assert_eq!(error.code(), Code::DoesNotFit, "{}", entry.info.id);
        }
    }
}

fn is_supervised(entry: &Entry) -> bool {
    entry
        .info
        .tasks
        .iter()
        .any(|task| matches!(task, Task::Classification | Task::Regression))
}

#[test]
fn settings_just_outside_their_range_are_refused() {
    for entry in catalogue() {
        for declared in entry.info.hyperparameters {
            let outside = match declared.kind {
                Kind::Integer { min, max, .. } => {
                    vec![
                        Setting::Number(min as f64 - 1.0),
                        Setting::Number(max as f64 + 1.0),
                        Setting::Number(min as f64 + 0.5),
                    ]
                }
                Kind::Real { min, max, .. } => vec![
                    Setting::Number(min - min.abs().max(1e-9) * 1e-6),
                    Setting::Number(max + max.abs().max(1e-9) * 1e-6),
                    Setting::Number(f64::NAN),
                    Setting::Number(f64::INFINITY),
                ],
                Kind::Choice { .. } => vec![Setting::Text("none of them".into())],
                Kind::Choices {
                    options, max_len, ..
                } => vec![
                    Setting::Texts(vec!["none of them".into()]),
                    Setting::Texts(vec![options[0].0.into(); max_len + 1]),
                ],
                Kind::Flag { .. } => vec![Setting::Number(1.0)],
                Kind::Integers {
                    min, max, max_len, ..
                } => vec![
                    Setting::Numbers(vec![min as f64 - 1.0]),
                    Setting::Numbers(vec![max as f64 + 1.0]),
                    Setting::Numbers(vec![min as f64; max_len + 1]),
                ],
            };
            for value in outside.into_iter().chain([Setting::Text("?".into())]) {
                let settings = Settings::from([(declared.name.to_owned(), value.clone())]);
                let error = Algorithm::find(entry.info.id, &settings)
                    .err()
                    .unwrap_or_else(|| {
                        panic!("{} takes {} = {value}", entry.info.id, declared.name)
                    });
                assert_eq!(error.code(), Code::BadSetting);
                let place = error.place().and_then(|place| place.field.clone());
                assert_eq!(place.as_deref(), Some(declared.name));
            }
        }
        let unknown = Settings::from([("no_such_thing".to_owned(), Setting::Flag(true))]);
        assert!(Algorithm::find(entry.info.id, &unknown).is_err());
    }
}

#[test]
fn defaults_and_words_are_complete() {
    let mut ids = std::collections::BTreeSet::new();
    for entry in catalogue() {
        let info = entry.info;
        assert!(ids.insert(info.id), "{} stands twice", info.id);
        assert!(info.use_when.starts_with("Use it"), "{}", info.id);
        assert!(info.avoid_when.starts_with("Avoid it"), "{}", info.id);
        for text in [info.summary, info.use_when, info.avoid_when] {
            assert!(
                text.len() > 20 && text.ends_with('.'),
                "{}: {text:?}",
                info.id
            );
        }
        assert!(
            info.cost.starts_with("O(") && info.reference.ends_with('.'),
            "{}: {:?}, {:?}",
            info.id,
            info.cost,
            info.reference
        );
        assert!(!info.family.is_empty(), "{}", info.id);
        assert!(
            !info.tasks.is_empty() && !info.unit.is_empty(),
            "{}",
            info.id
        );
        for declared in info.hyperparameters {
            assert!(
                declared.check(&declared.default()).is_ok(),
                "{} {}",
                info.id,
                declared.name
            );
            assert!(
                declared.help.ends_with('.'),
                "{} {}",
                info.id,
                declared.name
            );
        }
    }
}

#[test]
fn another_width_is_refused() {
    for_all(|name, algorithm, data| {
        let model = fit(algorithm, data, 3);
        let narrow = data.x.slice(ndarray::s![.., ..data.n_features() - 1]);
        assert_eq!(
            model.predict(narrow).unwrap_err().code(),
            Code::ShapeMismatch,
            "{name}"
        );
    });
}

#[test]
fn one_thread_and_two_give_the_same_model() {
    for entry in catalogue() {
        let algorithm = Algorithm::find(entry.info.id, &Settings::new()).unwrap();
        let (_, data) = common::large(entry.info.tasks);
        let data = Arc::new(suited(entry.info, data));
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| {
                let mut trainer = algorithm.begin(Arc::clone(&data), &Rng::new(3)).unwrap();
                for _ in 0..6 {
                    trainer.step().unwrap();
                }
                let model = trainer.model();
                let head = data.x.slice(ndarray::s![..200, ..]);
                (model.to_parts(), bits(&model.predict(head).unwrap()))
            })
        };
        assert_eq!(run(1), run(2), "{}", entry.info.id);
    }
}
