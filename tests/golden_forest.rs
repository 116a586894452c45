//! Forests against scikit-learn: by their scores over many seeds, and exactly where no chance
//! is left.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::math;
use handlens::models::forest::ForestModel;
use handlens::models::isolation_forest::{IsolationForestModel, average_path_length};
use handlens::models::trees::Kind;
use handlens::models::{Algorithm, Fitted, Model, Parts, Prediction};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use support::{
    Value, assert_close, check_contract, dataset, golden, indices, list, matrix, number, numbers,
    settings, text, train,
};

fn rows(file: &Value, part: &str, task: &str) -> Arc<Dataset> {
    let part = &file[part];
    let target = match task {
        "regression" => Target::Values(numbers(&part["values"])),
        _ => Target::Classes {
            codes: indices(&part["classes"])
                .into_iter()
                .map(|c| c as u32)
                .collect(),
            labels: ["low", "mid", "high"].map(str::to_owned).to_vec(),
        },
    };
    dataset(matrix(&part["x"]), target)
}

fn forest(model: Model) -> ForestModel {
    match model {
        Model::Forest(forest) => forest,
        _ => panic!("not a forest"),
    }
}

/// Accuracy or R².
fn score(model: &Model, data: &Dataset) -> f64 {
    match (model.predict(data.x.view()).unwrap(), &data.target) {
        (Prediction::Classes { codes, .. }, Target::Classes { codes: truth, .. }) => {
            let n_right = codes.iter().zip(truth).filter(|(a, b)| a == b).count();
            n_right as f64 / truth.len() as f64
        }
        (Prediction::Values(values), Target::Values(truth)) => {
            let mean = truth.iter().sum::<f64>() / truth.len() as f64;
            let around = |at: &dyn Fn(usize) -> f64| -> f64 {
                (0..truth.len())
                    .map(|i| (truth[i] - at(i)) * (truth[i] - at(i)))
                    .sum()
            };
            1.0 - around(&|i| values[i]) / around(&|_| mean)
        }
        _ => panic!("another task"),
    }
}

#[test]
fn scores_agree_with_those_over_many_seeds() {
    let file = golden("forest.json");
    let deviations = number(&file["tolerance"]["deviations"]);
    for case in list(&file["forests"]) {
        let (id, task) = (text(&case["algorithm"]), text(&case["task"]));
        let settings = settings([("n_estimators", Setting::Number(60.0))]);
        let data = rows(&file, "train", task);
        let (model, progress) = train(id, &settings, data.clone(), 7);
        let ours = score(&model, &rows(&file, "test", task));
        let allowed = deviations * number(&case["deviation"]);
        assert_close(
            &format!("{id}, {task}"),
            &[ours],
            &[number(&case["mean"])],
            allowed,
            1.0,
        );
        let out_of_bag = forest(model).oob_score();
        assert_eq!(out_of_bag.is_some(), case.get("oob_mean").is_some(), "{id}");
        if let Some(out_of_bag) = out_of_bag {
            let allowed = deviations * number(&case["oob_deviation"]);
            let expected = number(&case["oob_mean"]);
            assert_close(
                &format!("{id}, {task}, out of bag"),
                &[out_of_bag],
                &[expected],
                allowed,
                1.0,
            );
            assert!(progress.loss.is_some() && progress.note.unwrap().contains("Out-of-bag"));
        }
    }
}

#[test]
fn without_chance_every_tree_is_the_decision_tree() {
    let file = golden("forest.json");
    for task in ["classification", "regression"] {
        let data = rows(&file, "train", task);
        let all = |name: &str| (name.to_owned(), Setting::Text("all".into()));
        let mut settings = Settings::from([all("max_features")]);
        let x = rows(&file, "test", task);
        let (tree, _) = train("tree", &settings, data.clone(), 1);
        settings.insert("bootstrap".into(), Setting::Flag(false));
        settings.insert("n_estimators".into(), Setting::Number(4.0));
        let (forest, _) = train("random_forest", &settings, data, 2);
        let predict = |model: &Model| model.predict(x.x.view()).unwrap();
        assert_eq!(predict(&tree), predict(&forest), "{task}");
    }
}

#[test]
fn more_trees_begin_with_the_same_ones() {
    let data = rows(&golden("forest.json"), "train", "classification");
    let fit = |n: f64| {
        let settings = settings([("n_estimators", Setting::Number(n))]);
        forest(train("random_forest", &settings, data.clone(), 3).0)
    };
    let (few, many) = (fit(5.0), fit(23.0));
    assert_eq!(few.trees()[..5], many.trees()[..5]);
}

/// Accuracy with every class alike, where one is rare, for each way to balance them.
#[test]
fn rare_classes_are_found_as_often_as_by_the_reference() {
    let file = golden("forest.json");
    let deviations = number(&file["tolerance"]["deviations"]);
    let (train_rows, test) = (rare(&file, "train"), rare(&file, "test"));
    for case in list(&file["balances"]) {
        let weight = text(&case["class_weight"]);
        let settings = settings([
            ("n_estimators", Setting::Number(60.0)),
            ("max_depth", Setting::Number(3.0)),
            ("class_weight", Setting::Text(weight.to_owned())),
        ]);
        let model = train("random_forest", &settings, train_rows.clone(), 1).0;
        let ours = balanced_accuracy(&model, &test);
        let (mean, deviation) = (number(&case["mean"]), number(&case["deviation"]));
        assert!(
            (ours - mean).abs() <= deviations * deviation,
            "{weight}: {ours} against {mean} \u{b1} {deviation}"
        );
    }
}

/// The rows of a part, and whether their value is above 1.5.
fn rare(file: &Value, part: &str) -> Arc<Dataset> {
    let values = numbers(&file[part]["values"]);
    let target = Target::Classes {
        codes: values.iter().map(|value| u32::from(*value > 1.5)).collect(),
        labels: ["no", "yes"].map(str::to_owned).to_vec(),
    };
    dataset(matrix(&file[part]["x"]), target)
}

fn balanced_accuracy(model: &Model, data: &Dataset) -> f64 {
    let (Ok(Prediction::Classes { codes, .. }), Target::Classes { codes: truth, .. }) =
        (model.predict(data.x.view()), &data.target)
    else {
        panic!("no classes")
    };
    let found = |class: u32| {
        let rows = || (0..truth.len()).filter(|&row| truth[row] == class);
        rows().filter(|&row| codes[row] == class).count() as f64 / rows().count() as f64
    };
    (found(0) + found(1)) / 2.0
}

#[test]
fn importances_find_the_features_that_matter() {
    let data = rows(&golden("forest.json"), "train", "regression");
    for id in ["random_forest", "extra_trees"] {
        let model = forest(train(id, &Settings::default(), data.clone(), 1).0);
        let importances = model.importances();
        assert_close(id, &[importances.iter().sum::<f64>()], &[1.0], 1e-12, 1.0);
        let least = importances[..3].iter().copied().fold(1.0, f64::min);
        assert!(
            importances[3..].iter().all(|i| *i < least),
            "{importances:?}"
        );
    }
}

#[test]
fn hostile_parts_are_refused() {
    let data = rows(&golden("forest.json"), "train", "classification");
    let settings = settings([("n_estimators", Setting::Number(3.0))]);
    let good = train("random_forest", &settings, data, 1).0.to_parts();
    let refuse = |what: &str, change: &dyn Fn(&mut Parts)| {
        let mut parts = good.clone();
        change(&mut parts);
        let error = ForestModel::from_parts(&parts).err();
        let error = error.unwrap_or_else(|| panic!("{what} is taken"));
        assert_eq!(error.code().as_str(), "bad_artifact", "{what}: {error}");
    };
    refuse("another number of classes", &|p| p.put("n_classes", 2));
    refuse("no classes", &|p| p.put("n_classes", 0));
    refuse("countless classes", &|p| p.put("n_classes", u64::MAX));
    refuse("another number of features", &|p| p.put("n_features", 5));
    refuse("importances of other features", &|p| {
        p.put_vector("importances", &[1.0])
    });
    refuse("no trees", &|p| p.put_codes("n_nodes", &[]));
    refuse("one tree more", &|p| p.put_codes("n_nodes", &[1, 1, 1, 1]));
    refuse("a score that is a text", &|p| p.put("oob_score", "1"));
}

fn isolated(
    file: &Value,
    settings: &Settings,
    seed: u32,
) -> (IsolationForestModel, Vec<f64>, usize) {
    let data = dataset(matrix(&file["x"]), Target::None);
    let (model, _) = train("isolation_forest", settings, data.clone(), seed);
    let (scores, n_outliers) = scores(&model.predict(data.x.view()).unwrap());
    match model {
        Model::IsolationForest(forest) => (forest, scores, n_outliers),
        _ => panic!("not an isolation forest"),
    }
}

fn scores(prediction: &Prediction) -> (Vec<f64>, usize) {
    match prediction {
        Prediction::Anomalies { scores, is_outlier } => (
            scores.clone(),
            is_outlier.iter().filter(|flag| **flag).count(),
        ),
        _ => panic!("no anomalies"),
    }
}

/// A tree in scikit-learn's numbering as this project numbers it: children side by side.
fn renumbered(tree: &Value) -> Parts {
    let signed = |name: &str| numbers(&tree[name]);
    let (left, right) = (signed("left"), signed("right"));
    let mut kept = vec![0_usize];
    let mut new_left = Vec::new();
    while let Some(&old) = kept.get(new_left.len()) {
        new_left.push(if left[old] < 0.0 {
            0
        } else {
            kept.len() as u32
        });
        if left[old] >= 0.0 {
            kept.extend([left[old] as usize, right[old] as usize]);
        }
    }
    let pick = |name: &str| -> Vec<f64> { kept.iter().map(|&old| signed(name)[old]).collect() };
    let whole = |name: &str| {
        pick(name)
            .into_iter()
            .map(|v| v.max(0.0) as u32)
            .collect::<Vec<_>>()
    };
    let leaves = kept.iter().zip(&new_left).filter(|(_, left)| **left == 0);
    let lengths = signed("path_length");
    let mut parts = Parts::default();
    parts.put("n_features", 3);
    parts.put("max_samples", 64);
    parts.put("threshold", 0.5);
    parts.put_codes("n_nodes", &[kept.len() as u32]);
    parts.put_codes("feature", &whole("feature"));
    parts.put_codes("left", &new_left);
    parts.put_codes("n_samples", &whole("n_samples"));
    parts.put_vector("threshold", &pick("threshold"));
    parts.put_vector(
        "values",
        &leaves.map(|(&old, _)| lengths[old]).collect::<Vec<_>>(),
    );
    parts
}

#[test]
fn isolation_scores_of_given_trees_are_exact() {
    let file = golden("forest.json");
    let x = matrix(&file["x"]);
    let expected = numbers(&file["given"]["scores"]);
    let trees = list(&file["given"]["trees"]);
    let mut product = vec![1.0; expected.len()];
    for tree in trees {
        let parts = renumbered(tree);
        let model = IsolationForestModel::from_parts(&parts).unwrap();
        let own = &model.trees()[0];
        for node in 0..own.n_nodes() {
            if let Kind::Leaf { leaf } = own.kind(node) {
                let length = own.depths()[node] as f64 + average_path_length(own.n_samples(node));
                assert_close("path length", own.value(leaf), &[length], 1e-12, 1.0);
            }
        }
        let (scores, _) = scores(&Fitted::predict(&model, x.view()));
        product.iter_mut().zip(scores).for_each(|(p, s)| *p *= s);
    }
    // 2^(−mean) is the geometric mean of the scores of the single trees.
    let ours: Vec<f64> = product
        .iter()
        .map(|p| math::pow(*p, 1.0 / trees.len() as f64))
        .collect();
    assert_close(
        "scores",
        &ours,
        &expected,
        number(&file["tolerance"]["exact"]),
        1.0,
    );
}

#[test]
fn isolation_scores_agree_over_seeds() {
    let file = golden("forest.json");
    let expected = numbers(&file["isolation"]["mean_scores"]);
    let n_odd = number(&file["isolation"]["n_odd"]) as usize;
    let mut means = vec![0.0; expected.len()];
    for seed in 0..10 {
        let (_, scores, _) = isolated(&file, &Settings::default(), seed);
        means
            .iter_mut()
            .zip(&scores)
            .for_each(|(mean, s)| *mean += s / 10.0);
        let (usual, odd) = scores.split_at(scores.len() - n_odd);
        let is_above = |o: &f64| usual.iter().filter(|u| *u < o).count() as f64;
        let area = odd.iter().map(is_above).sum::<f64>() / (odd.len() * usual.len()) as f64;
        let allowed = 4.0 * number(&file["isolation"]["area_deviation"]);
        assert_close(
            "area",
            &[area],
            &[number(&file["isolation"]["area_mean"])],
            allowed,
            1.0,
        );
    }
    // A mean of ten runs against one of thirty: 0.37 deviations of a run is one of the difference.
    let deviations = numbers(&file["isolation"]["deviations"]);
    for (row, (mean, expected)) in means.iter().zip(&expected).enumerate() {
        let what = format!("mean score of row {row}");
        assert_close(&what, &[*mean], &[*expected], 2.0 * deviations[row], 1.0);
    }
}

#[test]
fn the_asked_share_of_rows_is_unusual() {
    let file = golden("forest.json");
    let settings = settings([("contamination", Setting::Number(0.1))]);
    let (model, scores, n_outliers) = isolated(&file, &settings, 1);
    assert_eq!(
        n_outliers as f64,
        number(&file["isolation"]["n_found_at_share_0.1"])
    );
    let above = scores
        .iter()
        .filter(|score| **score > model.threshold())
        .count();
    assert_eq!(above, n_outliers);
}

#[test]
fn path_lengths_are_those_of_the_paper() {
    let expected = [0.0, 0.0, 1.0, 1.207392357589623];
    let ours = [0, 1, 2, 3].map(average_path_length);
    assert_close("c(n)", &ours, &expected, 1e-9, 1.0);
    assert_close(
        "c(256)",
        &[average_path_length(256)],
        &[10.244770920119917],
        1e-14,
        10.0,
    );
}

#[test]
fn the_contract_is_kept() {
    let file = golden("forest.json");
    for (id, task) in [
        ("random_forest", "classification"),
        ("extra_trees", "regression"),
    ] {
        let data = rows(&file, "train", task);
        check_contract(
            id,
            &settings([("n_estimators", Setting::Number(12.0))]),
            &data,
        );
    }
}

#[test]
fn trees_come_a_few_at_a_time() {
    let data = rows(&golden("forest.json"), "train", "classification");
    let algorithm = Algorithm::find("random_forest", &Settings::default()).unwrap();
    let mut trainer = algorithm.begin(data, &Rng::new(1)).unwrap();
    let mut position = 0.0;
    for _ in 0..8 {
        let progress = trainer.step().unwrap();
        assert_eq!(progress.position, position + 1.0);
        position = progress.position;
    }
}
