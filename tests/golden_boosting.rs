//! Gradient boosting against scikit-learn: trees, loss curves and predictions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::boosting::{BoostingModel, Node, Test, Tree};
use handlens::models::{Algorithm, Model};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, golden, list, number, numbers, settings, text,
    train,
};

/// A matrix in which `null` is a gap.
fn gappy(value: &Value) -> Array2<f64> {
    let cell = |v: &Value| v.as_f64().unwrap_or(f64::NAN);
    let rows = list(value);
    let cells: Vec<f64> = rows.iter().flat_map(list).map(cell).collect();
    Array2::from_shape_vec((rows.len(), cells.len() / rows.len()), cells).unwrap()
}

fn case_data(file: &Value, case: &Value) -> Arc<Dataset> {
    let table = &file["tables"][text(&case["table"])];
    let x = gappy(&table["x"]);
    let y = numbers(&table["targets"][text(&case["target"])]);
    let n_features = x.ncols();
    let target = if text(&case["settings"]["loss"]) == "log_loss" {
        let n_classes = y.iter().fold(0.0_f64, |m, v| m.max(*v)) as usize + 1;
        Target::Classes {
            codes: y.iter().map(|&v| v as u32).collect(),
            labels: (0..n_classes).map(|c| c.to_string()).collect(),
        }
    } else {
        Target::Values(y)
    };
    let mut data = Dataset::clone(&dataset(x, target));
    let categories = support::indices(&table["categories"]);
    data.is_category = (0..n_features).map(|j| categories.contains(&j)).collect();
    data.weights = (case["is_weighted"] == true).then(|| numbers(&file["weights"]));
    Arc::new(data)
}

fn case_settings(case: &Value) -> Settings {
    let of_case = case["settings"].as_object().unwrap().iter();
    let known = of_case.filter(|(_, value)| value.as_str() != Some("log_loss"));
    let setting = |value: &Value| match value.as_str() {
        Some(text) => Setting::Text(text.into()),
        None => Setting::Number(number(value)),
    };
    known
        .map(|(name, value)| (name.clone(), setting(value)))
        .chain([("early_stopping".into(), Setting::Text("off".into()))])
        .collect()
}

fn boosting(model: Model) -> BoostingModel {
    match model {
        Model::Boosting(model) => model,
        _ => panic!("not boosting"),
    }
}

/// How close numbers must be: relative, and for gains relative to the largest of the case.
struct Closeness {
    relative: f64,
    gain: f64,
    most_gain: f64,
}

fn check_tree(what: &str, tree: &Tree, place: usize, expected: &Value, close: &Closeness) {
    match (&tree.nodes[place], expected) {
        (Node::Leaf { value, n_samples }, Value::Array(leaf)) => {
            let scale = number(&leaf[0]).abs().max(1e-3);
            assert_close(what, &[*value], &[number(&leaf[0])], close.relative, scale);
            assert_eq!(f64::from(*n_samples), number(&leaf[1]), "{what}");
        }
        (Node::Split(question), Value::Object(_)) => {
            let what = format!("{what}.{place}");
            let count = f64::from(question.n_samples);
            assert_eq!(count, number(&expected["count"]), "{what}");
            let feature = f64::from(question.feature);
            assert_eq!(feature, number(&expected["feature"]), "{what}");
            let is_missing_left = expected["missing_left"].as_bool();
            assert_eq!(Some(question.is_missing_left), is_missing_left, "{what}");
            match &question.test {
                Test::AtMost(threshold) => {
                    let expected = expected["at_most"].as_f64().unwrap_or(f64::MAX);
                    assert_eq!(*threshold, expected, "{what}");
                }
                Test::Among(levels) => {
                    let is_in = |l: &usize| levels[l / 32] >> (l % 32) & 1 == 1;
                    let levels: Vec<usize> = (0..256).filter(is_in).collect();
                    assert_eq!(levels, support::indices(&expected["among"]), "{what}");
                }
            }
            let gain = number(&expected["gain"]);
            assert_close(
                &what,
                &[question.gain],
                &[gain],
                close.gain,
                close.most_gain,
            );
            let left = question.left as usize;
            check_tree(&what, tree, left, &expected["left"], close);
            check_tree(&what, tree, left + 1, &expected["right"], close);
        }
        (Node::Leaf { value, n_samples }, Value::Object(_)) => {
            // A node whose rows are all alike: scikit-learn splits it for a gain of rounding.
            let gain = number(&expected["gain"]);
            assert!(gain < 1e-12 * close.most_gain, "{what}: {gain:e}");
            let count = number(&expected["count"]);
            assert_eq!(f64::from(*n_samples), count, "{what}");
            check_alike(what, *value, expected, close);
        }
        (node, expected) => panic!("{what}: {node:?} is not {expected}"),
    }
}

/// Asserts that every leaf below `expected` has this value.
fn check_alike(what: &str, value: f64, expected: &Value, close: &Closeness) {
    match expected {
        Value::Array(leaf) => {
            assert_close(what, &[value], &[number(&leaf[0])], close.relative, 1.0);
        }
        _ => {
            check_alike(what, value, &expected["left"], close);
            check_alike(what, value, &expected["right"], close);
        }
    }
}

#[test]
fn trees_losses_and_predictions_agree() {
    let file = golden("boosting.json");
    let (relative, gain) = (
        number(&file["tolerance"]["relative"]),
        number(&file["tolerance"]["gain"]),
    );
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let data = case_data(&file, case);
        let (model, _) = train("hist_gradient_boosting", &case_settings(case), data, 1);
        let model = boosting(model);
        let baseline = numbers(&case["baseline"]);
        assert_close(name, &model.baseline, &baseline, 1e-13, 1.0);
        let n = baseline.len();
        let first = &list(&case["trees"])[0];
        let root_gain = |tree: &Value| tree["gain"].as_f64().unwrap_or(1.0);
        let close = Closeness {
            relative,
            gain,
            most_gain: list(first).iter().map(root_gain).fold(0.0, f64::max),
        };
        let last = model.n_iterations() - 1;
        for (trees, iteration) in list(&case["trees"]).iter().zip([0, last]) {
            for (output, expected) in list(trees).iter().enumerate() {
                let what = format!("{name}, iteration {iteration}, output {output}");
                let tree = &model.trees[iteration * n + output];
                check_tree(&what, tree, 0, expected, &close);
            }
        }
        let losses = numbers(&case["losses"]);
        assert_close(name, &model.train_losses, &losses, relative, 1.0);
        let table = &file["tables"][text(&case["table"])];
        let raw: Vec<f64> = gappy(&case["raw"]).iter().copied().collect();
        let asked = gappy(&table["asked"]);
        let x = gappy(&table["x"]);
        let n_shown = raw.len() / n - asked.nrows();
        let shown = x.slice(ndarray::s![..n_shown, ..]);
        let rows = ndarray::concatenate(ndarray::Axis(0), &[shown, asked.view()]).unwrap();
        let ours: Vec<f64> = model.raw(rows.view()).iter().copied().collect();
        assert_close(name, &ours, &raw, relative, 1.0);
    }
}

fn numbers_table(n: usize, is_classes: bool) -> Arc<Dataset> {
    let mut rng = Rng::new(3);
    let x = Array2::from_shape_fn(
        (n, 5),
        |(i, j)| {
            if j == 4 { (i % 6) as f64 } else { rng.normal() }
        },
    );
    let score = |i: usize| x[(i, 0)] + x[(i, 1)] * x[(i, 2)] + (i * 7919 % 13) as f64 / 13.0;
    let target = if is_classes {
        Target::Classes {
            codes: (0..n).map(|i| u32::from(score(i) > 0.5)).collect(),
            labels: vec!["no".into(), "yes".into()],
        }
    } else {
        Target::Values((0..n).map(score).collect())
    };
    let mut data = Dataset::clone(&dataset(x, target));
    data.is_category = vec![false, false, false, false, true];
    Arc::new(data)
}

fn few<const N: usize>(pairs: [(&str, Setting); N]) -> Settings {
    let mut few = settings([("max_iter", Setting::Number(8.0))]);
    few.extend(settings(pairs));
    few
}

#[test]
fn the_contract_is_kept() {
    for is_classes in [true, false] {
        let data = numbers_table(120, is_classes);
        check_contract("hist_gradient_boosting", &few([]), &data);
        let some = few([
            ("max_features", Setting::Number(0.5)),
            ("early_stopping", Setting::Text("on".into())),
        ]);
        check_contract("hist_gradient_boosting", &some, &data);
    }
}

#[test]
fn held_out_rows_stop_it_and_the_best_iteration_stays() {
    let settings = settings([
        ("early_stopping", Setting::Text("on".into())),
        ("learning_rate", Setting::Number(0.5)),
        ("n_iter_no_change", Setting::Number(3.0)),
    ]);
    let data = numbers_table(300, true);
    let (model, progress) = train("hist_gradient_boosting", &settings, data, 2);
    let model = boosting(model);
    let losses = &model.validation_losses;
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[model.n_iterations()], least);
    assert!(losses.len() < 101, "{}", losses.len());
    assert!(progress.note.unwrap().contains("are kept"));
}

#[test]
fn the_loss_of_the_model_is_the_one_told() {
    let data = numbers_table(300, false);
    let (model, progress) = train("hist_gradient_boosting", &few([]), data.clone(), 2);
    let loss = model.loss(&data).unwrap();
    assert!((loss - progress.loss.unwrap()).abs() < 1e-12);
}

#[test]
fn weights_count_as_repeated_rows() {
    let mut data = Dataset::clone(&numbers_table(150, false));
    // How levels are sorted depends on how many rows there are.
    data.is_category = Vec::new();
    let weights: Vec<f64> = (0..150).map(|i| f64::from(1 + i % 3)).collect();
    let repeated: Vec<usize> = (0..150)
        .flat_map(|i| std::iter::repeat_n(i, 1 + i % 3))
        .collect();
    let mut weighted = data.clone();
    weighted.weights = Some(weights);
    let settings = few([("min_samples_leaf", Setting::Number(1.0))]);
    let repeated = Arc::new(data.select(&repeated));
    let (a, _) = train("hist_gradient_boosting", &settings, Arc::new(weighted), 1);
    let (b, _) = train("hist_gradient_boosting", &settings, repeated, 1);
    let raw = |model: Model| boosting(model).raw(data.x.view());
    for (a, b) in raw(a).iter().zip(&raw(b)) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn importances_find_the_features_that_matter() {
    let (model, _) = train(
        "hist_gradient_boosting",
        &few([]),
        numbers_table(400, false),
        1,
    );
    let model = boosting(model);
    let gains = model.gain_importances();
    assert!((gains.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(gains[0] > 0.3 && gains[3] < 0.1, "{gains:?}");
    let n_splits: u32 = model.split_counts().iter().sum();
    let n_questions: usize = model.trees.iter().map(|t| t.questions().count()).sum();
    assert_eq!(n_splits as usize, n_questions);
}

#[test]
fn targets_that_do_not_suit_a_loss_are_refused() {
    let data = numbers_table(60, false);
    for loss in ["poisson", "gamma"] {
        let settings = settings([("loss", Setting::Text(loss.into()))]);
        let algorithm = Algorithm::find("hist_gradient_boosting", &settings).unwrap();
        let error = algorithm.begin(data.clone(), &Rng::new(0)).err().unwrap();
        assert_eq!(error.code().as_str(), "bad_target");
        assert!(error.to_string().contains("loss"), "{error}");
    }
}

#[test]
fn damaged_parts_are_refused() {
    let (model, _) = train(
        "hist_gradient_boosting",
        &few([]),
        numbers_table(200, false),
        1,
    );
    let parts = model.to_parts();
    let refuse = |name: &str, change: &dyn Fn(&mut Vec<u32>)| {
        let mut damaged = parts.clone();
        let tensor = damaged.tensors.get_mut(name).unwrap();
        let handlens::models::TensorData::U32(codes) = &mut tensor.data else {
            panic!("{name} holds no codes")
        };
        change(codes);
        tensor.shape = vec![codes.len()];
        let error = Model::from_parts("boosting", &damaged).unwrap_err();
        assert_eq!(error.code().as_str(), "bad_artifact", "{name}");
    };
    refuse("left", &|left| left[0] = 0);
    refuse("left", &|left| left[0] = u32::MAX);
    refuse("left", &|left| left[0] += 1);
    refuse("left", &|left| left.truncate(3));
    refuse("features", &|features| features[0] = 5);
    refuse("n_nodes", &|n_nodes| n_nodes[0] += 1);
    refuse("n_nodes", &|n_nodes| n_nodes[0] = 0);
    refuse("n_levels", &|n_levels| n_levels[0] = 256);
    refuse("sets", &|sets| sets[0] = 70_000);
    refuse("missing_left", &|flags| flags[0] = 2);
    refuse("levels", &|levels| levels.truncate(7));
}
