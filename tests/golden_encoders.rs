//! Categories hashed and as means of the target, against scikit-learn's.

// The helpers of a test may panic as the test itself may; the lint knows only the latter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use handlens::data::{Column, Table};
use handlens::prepare::{Pipeline, Recipe, Task};
use handlens::settings::Setting;
use ndarray::{Array2, s};
use support::{Value, golden, list, matrix, number, text};

fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().map(text).collect()
}

fn table(levels: &[&str], y: Option<&Value>) -> Table {
    let category = Column::category("c", levels.iter().map(|level| Some(*level)));
    let target = y.map(|y| match list(y)[0].is_number() {
        true => Column::number("y", list(y).iter().map(number).collect()),
        false => Column::category("y", list(y).iter().map(|label| Some(text(label)))),
    });
    Table::new(std::iter::once(category).chain(target).collect()).unwrap()
}

fn recipe(encode: &str) -> Recipe {
    let mut recipe = Recipe::default();
    recipe.default_step("encode", Setting::Text(encode.into()));
    recipe
}

fn features(pipeline: &Pipeline, new: &[&str]) -> Array2<f64> {
    let stored: Pipeline = serde_json::from_str(&serde_json::to_string(pipeline).unwrap()).unwrap();
    stored.check().unwrap();
    stored
        .transform(&table(new, None), false)
        .unwrap()
        .dataset
        .x
}

#[test]
fn hashes_are_those_of_the_feature_hasher() {
    let file = golden("encoders.json");
    let new = texts(&file["new"]);
    for case in list(&file["hashed"]) {
        let mut hash = recipe("hash");
        hash.default_step("n_features", Setting::Number(number(&case["n_features"])));
        let pipeline = hash
            .fit(&table(&texts(&file["levels"]), None), None)
            .unwrap();
        assert_eq!(features(&pipeline, &new), matrix(&case["new"]));
        assert_eq!(pipeline.n_features(), number(&case["n_features"]) as usize);
    }
}

#[test]
fn means_are_those_of_the_target_encoder() {
    let file = golden("encoders.json");
    let (levels, new) = (texts(&file["levels"]), texts(&file["new"]));
    for case in list(&file["means"]) {
        let task = match text(&case["task"]) {
            "regression" => Task::Regression,
            _ => Task::Classification,
        };
        let train = table(&levels, Some(&case["y"]));
        let pipeline = recipe("target").fit(&train, Some(("y", task))).unwrap();
        let (ours, theirs) = (features(&pipeline, &new), matrix(&case["new"]));
        assert_eq!(ours.dim(), theirs.dim());
        let relative = number(&file["tolerance"]["relative"]);
        for (a, b) in ours.iter().zip(&theirs) {
            assert!((a - b).abs() <= relative * b.abs().max(0.1), "{a}, not {b}");
        }
    }
}

/// Rows with a level of their own would otherwise be told by their own target.
#[test]
fn a_row_learnt_from_is_not_encoded_by_its_own_target() {
    let names: Vec<String> = (0..60).map(|row| format!("l{}", row % 25)).collect();
    let levels: Vec<&str> = names.iter().map(String::as_str).collect();
    let fit = |values: Vec<f64>| {
        let columns = vec![
            Column::category("c", levels.iter().map(|level| Some(*level))),
            Column::number("y", values),
        ];
        let train = Table::new(columns).unwrap();
        let target = Some(("y", Task::Regression));
        let pipeline = recipe("target").fit(&train, target).unwrap();
        let seen = pipeline.transform_training(&train).unwrap().dataset.x;
        let plain = pipeline.transform(&train, true).unwrap().dataset.x;
        (seen.column(0).to_vec(), plain.column(0).to_vec())
    };
    let values: Vec<f64> = (0..60).map(|row| f64::from(row * row % 31)).collect();
    let (seen, plain) = fit(values.clone());
    for row in [0, 7, 30, 59] {
        let mut changed = values.clone();
        changed[row] += 1000.0;
        let (now, plain_now) = fit(changed);
        assert_eq!(now[row].to_bits(), seen[row].to_bits(), "{row}");
        assert!(plain_now[row] > plain[row] + 1.0, "{row}");
        // Rows of the same level in other folds learn of it.
        let is_twin = |other: &usize| other % 25 == row % 25 && now[*other] != seen[*other];
        assert!((0..60).any(|other| is_twin(&other)), "{row}");
    }
}

#[test]
fn gaps_and_more_than_two_classes_have_their_means() {
    let columns = vec![
        Column::category(
            "c",
            (0..90).map(|row| [Some("a"), None, Some("b")][row % 3]),
        ),
        Column::category("y", (0..90).map(|row| Some(["p", "q", "r"][row % 3]))),
    ];
    let train = Table::new(columns).unwrap();
    let mut own_level = recipe("target");
    own_level.default_step("impute_category", Setting::Text("constant".into()));
    let target = Some(("y", Task::Classification));
    let pipeline = own_level.fit(&train, target).unwrap();
    assert_eq!(pipeline.feature_names(), ["c for p", "c for q", "c for r"]);
    let data = pipeline.transform_training(&train).unwrap().dataset;
    let expected = Array2::<f64>::eye(3);
    assert_eq!(data.x.slice(s![..3, ..]), expected);
    let error = recipe("target").fit(&train, None).unwrap_err();
    assert!(error.to_string().contains("there is no target"), "{error}");
}
