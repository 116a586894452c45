//! Naive Bayes against scikit-learn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::naive_bayes::{Likelihood, NaiveBayesModel};
use handlens::models::{Algorithm, Model, Prediction};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::{Array2, array};
use support::{
    Value, assert_close, check_contract, dataset, features_and_target, golden, list, matrix,
    number, numbers, text, train,
};

fn data_of(case: &Value) -> Arc<Dataset> {
    let (x, y) = features_and_target(case);
    let codes = y.iter().map(|&code| code as u32).collect();
    let labels = vec!["a".into(), "b".into(), "c".into()];
    let data = dataset(x, Target::Classes { codes, labels });
    let weights = (!case["weights"].is_null()).then(|| numbers(&case["weights"]));
    Arc::new(Dataset {
        weights,
        ..Dataset::clone(&data)
    })
}

fn settings_of(case: &Value) -> Settings {
    serde_json::from_value(case["settings"].clone()).unwrap()
}

fn naive_bayes(model: &Model) -> &NaiveBayesModel {
    match model {
        Model::NaiveBayes(model) => model,
        _ => panic!("not naive Bayes"),
    }
}

/// What was learnt, under scikit-learn's names.
fn learnt(model: &NaiveBayesModel) -> Vec<(&'static str, &Array2<f64>)> {
    match &model.likelihood {
        Likelihood::Gaussian { means, variances } => {
            vec![("means", means), ("variances", variances)]
        }
        Likelihood::Multinomial { feature_log_prob } => {
            vec![("feature_log_prob", feature_log_prob)]
        }
        Likelihood::Bernoulli { present, .. } => vec![("feature_log_prob", present)],
    }
}

fn flat(matrix: &Array2<f64>) -> Vec<f64> {
    matrix.iter().copied().collect()
}

#[test]
fn learnt_and_predicted_agree() {
    let file = golden("naive_bayes.json");
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let own = file["tolerance"]["by_case"].get(name);
        let tolerance = number(own.unwrap_or(&file["tolerance"]["relative"]));
        let id = text(&case["algorithm"]);
        let (model, _) = train(id, &settings_of(case), data_of(case), 0);
        for (what, ours) in learnt(naive_bayes(&model)) {
            let expected = flat(&matrix(&case[what]));
            let scale = expected.iter().fold(1.0_f64, |max, v| max.max(v.abs()));
            let what = format!("{name}: {what}");
            assert_close(&what, &flat(ours), &expected, tolerance, scale);
        }
        let rows = matrix(&case["rows"]);
        let joint = matrix(&case["joint_log_likelihood"]);
        let scale = joint.iter().fold(1.0_f64, |max, v| max.max(v.abs()));
        for (row, expected) in rows.rows().into_iter().zip(joint.rows()) {
            let ours = naive_bayes(&model).joint_log_likelihood(&row.to_vec());
            let what = format!("{name}: joint log-likelihood");
            assert_close(&what, &ours, &expected.to_vec(), tolerance, scale);
        }
        let Prediction::Classes { probabilities, .. } = model.predict(rows.view()).unwrap() else {
            panic!("not classes")
        };
        let expected = flat(&matrix(&case["probabilities"]));
        let what = format!("{name}: probabilities");
        assert_close(&what, &flat(&probabilities), &expected, tolerance, scale);
    }
}

/// The loss, computed from sums alone, is that of the rows one by one.
#[test]
fn the_loss_is_the_mean_over_the_rows() {
    for case in list(&golden("naive_bayes.json")["cases"]) {
        if !case["weights"].is_null() {
            continue;
        }
        let data = data_of(case);
        let id = text(&case["algorithm"]);
        let (model, progress) = train(id, &settings_of(case), data.clone(), 0);
        let mut binary = Dataset::clone(&data);
        let (ours, by_row) = (progress.loss.unwrap(), model.loss(&binary).unwrap());
        // Variances of numbers near 1e6 keep some 10 digits.
        assert_close(id, &[ours], &[by_row], 1e-9, by_row.abs().max(1.0));
        binary.target = Target::None;
        assert_eq!(model.loss(&binary), None);
    }
}

#[test]
fn a_weight_of_two_is_a_row_twice_and_of_none_no_row() {
    let case = &golden("naive_bayes.json")["cases"][5];
    let data = data_of(case);
    let weights: Vec<f64> = (0..data.n_samples()).map(|row| (row % 3) as f64).collect();
    let copies = |row: usize| std::iter::repeat_n(row, row % 3);
    let rows: Vec<usize> = (0..data.n_samples()).flat_map(copies).collect();
    let repeated = Arc::new(data.select(&rows));
    let weighted = Arc::new(Dataset {
        weights: Some(weights),
        ..Dataset::clone(&data)
    });
    for id in ["gaussian_nb", "multinomial_nb", "bernoulli_nb"] {
        let one = train(id, &Settings::default(), weighted.clone(), 0).0;
        let other = train(id, &Settings::default(), repeated.clone(), 0).0;
        for ((what, a), (_, b)) in learnt(naive_bayes(&one))
            .into_iter()
            .zip(learnt(naive_bayes(&other)))
        {
            assert_close(&format!("{id}: {what}"), &flat(a), &flat(b), 1e-12, 10.0);
        }
    }
}

#[test]
fn counts_below_zero_are_refused_by_name() {
    let target = Target::Classes {
        codes: vec![0, 1],
        labels: vec!["a".into(), "b".into()],
    };
    let data = dataset(array![[1.0, 2.0], [1.0, -2.0]], target);
    let algorithm = Algorithm::find("multinomial_nb", &Settings::default()).unwrap();
    let error = algorithm.begin(data, &Rng::new(0)).err().unwrap();
    assert_eq!(error.code().as_str(), "does_not_fit");
    let message = error.to_string();
    assert!(
        message.contains("x2") && message.contains("min-max"),
        "{message}"
    );
}

#[test]
fn a_class_without_rows_has_no_probability() {
    let target = Target::Classes {
        codes: vec![0, 2, 0, 2],
        labels: vec!["a".into(), "b".into(), "c".into()],
    };
    let data = dataset(array![[1.0], [5.0], [1.5], [5.5]], target);
    for id in ["gaussian_nb", "multinomial_nb", "bernoulli_nb"] {
        for priors in [true, false] {
            let settings = match id {
                "gaussian_nb" if !priors => {
                    Settings::from([("priors".into(), Setting::Text("uniform".into()))])
                }
                "gaussian_nb" => Settings::default(),
                _ => Settings::from([("fit_prior".into(), Setting::Flag(priors))]),
            };
            let (model, _) = train(id, &settings, data.clone(), 0);
            let Prediction::Classes { probabilities, .. } = model.predict(data.x.view()).unwrap()
            else {
                panic!("not classes")
            };
            assert_eq!(probabilities.column(1).sum(), 0.0, "{id}");
        }
    }
}

#[test]
fn rows_far_from_all_classes_get_finite_answers() {
    let target = Target::Classes {
        codes: vec![0, 1, 0, 1],
        labels: vec!["a".into(), "b".into()],
    };
    let data = dataset(array![[1.0], [5.0], [1.5], [5.5]], target);
    for id in ["gaussian_nb", "multinomial_nb", "bernoulli_nb"] {
        let (model, _) = train(id, &Settings::default(), data.clone(), 0);
        let far = array![[1e308], [-1e308]];
        let Prediction::Classes { probabilities, .. } = model.predict(far.view()).unwrap() else {
            panic!("not classes")
        };
        assert!(probabilities.iter().all(|p| p.is_finite()), "{id}");
    }
}

#[test]
fn the_contract_is_kept() {
    for case in list(&golden("naive_bayes.json")["cases"]) {
        let id = text(&case["algorithm"]);
        check_contract(id, &settings_of(case), &data_of(case));
    }
}
