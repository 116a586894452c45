//! Products and splines of columns against scikit-learn's, and what depends on their places.

// The helpers of a test may panic as the test itself may; the lint knows only the latter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use handlens::data::{ReadOptions, Table, read};
use handlens::error::Code;
use handlens::prepare::{Pipeline, Recipe};
use handlens::settings::Setting;
use ndarray::Array2;
use support::{Value, golden, list, matrix, number, text};

/// A table with the columns a, b and c.
fn table(x: &Array2<f64>) -> Table {
    let rows = x.rows().into_iter().map(|row| {
        let cells: Vec<String> = row.iter().map(f64::to_string).collect();
        cells.join(",")
    });
    let lines: Vec<String> = std::iter::once("a,b,c".to_owned()).chain(rows).collect();
    read(lines.join("\n").as_bytes(), &ReadOptions::default())
        .unwrap()
        .table
}

fn recipe(steps: &[(&str, Setting)]) -> Recipe {
    let mut recipe = Recipe::default();
    for (name, value) in steps {
        recipe.default_step(name, value.clone());
    }
    recipe
}

fn choice(name: &str) -> Setting {
    Setting::Text(name.into())
}

fn features(pipeline: &Pipeline, x: &Array2<f64>) -> Array2<f64> {
    pipeline.transform(&table(x), false).unwrap().dataset.x
}

fn polynomial(case: &Value) -> Recipe {
    recipe(&[
        ("expand", choice("polynomial")),
        ("expand_degree", Setting::Number(number(&case["degree"]))),
        (
            "interaction_only",
            Setting::Flag(case["interaction_only"].as_bool().unwrap()),
        ),
    ])
}

#[test]
fn products_agree() {
    let file = golden("expand.json");
    let (train, new) = (matrix(&file["train"]), matrix(&file["new"]));
    for case in list(&file["products"]) {
        let pipeline = polynomial(case).fit(&table(&train), None).unwrap();
        let expected: Vec<&str> = list(&case["names"]).iter().map(text).collect();
        assert_eq!(pipeline.feature_names(), expected);
        let ours = features(&pipeline, &new);
        let theirs = matrix(&case["new"]);
        assert_eq!(ours.dim(), theirs.dim());
        let tolerance = number(&file["tolerance"]["relative"]);
        for (a, b) in ours.iter().zip(&theirs) {
            assert!(
                (a - b).abs() <= tolerance * (1.0 + b.abs()),
                "{a} is not {b}"
            );
        }
    }
}

#[test]
fn splines_agree() {
    let file = golden("expand.json");
    let (train, new) = (matrix(&file["train"]), matrix(&file["new"]));
    for case in list(&file["splines"]) {
        let n_knots = number(&case["n_knots"]) as usize;
        let recipe = recipe(&[
            ("expand", choice("spline")),
            ("n_knots", Setting::Number(n_knots as f64)),
            ("knots", choice(text(&case["knots"]))),
        ]);
        let pipeline = recipe.fit(&table(&train), None).unwrap();
        let ours = features(&pipeline, &new);
        assert_eq!(ours.ncols(), 3 + 3 * n_knots);
        let theirs = matrix(&case["new"]);
        let tolerance = number(&file["tolerance"]["absolute"]);
        for (row, (ours, theirs)) in ours.rows().into_iter().zip(theirs.rows()).enumerate() {
            for column in 0..3 {
                for k in 0..n_knots {
                    let a = ours[3 + column * n_knots + k];
                    let b = theirs[column * (n_knots + 2) + k + 1];
                    assert!(
                        (a - b).abs() <= tolerance,
                        "row {row}, {column}~{k}: {a}, {b}"
                    );
                }
            }
        }
    }
}

#[test]
fn places_and_units_of_columns_stay() {
    let file = golden("expand.json");
    let train = matrix(&file["train"]);
    let plain = Recipe::default().fit(&table(&train), None).unwrap();
    let expanded = polynomial(&file["products"][1]).fit(&table(&train), None);
    let expanded = expanded.unwrap();
    assert_eq!(expanded.n_plain_features(), 3);
    assert_eq!(expanded.units()[..3], plain.units());
    assert!(expanded.units()[3..].iter().all(|unit| *unit == (0.0, 1.0)));
    assert_eq!(expanded.units().len(), expanded.n_features());
    assert_eq!(expanded.number_feature("c").unwrap().0, 2);
    let typical = expanded.typical_features();
    assert_eq!(typical[..3], plain.typical_features());
    assert_eq!(typical[3], typical[0] * typical[0]);
}

#[test]
fn one_column_may_be_left_plain() {
    let train = matrix(&golden("expand.json")["train"]);
    let mut recipe = recipe(&[("expand", choice("polynomial"))]);
    let own = recipe.columns.entry("b".into()).or_default();
    own.settings.insert("expand".into(), choice("none"));
    let pipeline = recipe.fit(&table(&train), None).unwrap();
    let names = pipeline.feature_names();
    assert_eq!(names, ["a", "b", "c", "a^2", "a\u{b7}c", "c^2"]);
}

#[test]
fn too_many_features_are_refused() {
    let x = Array2::from_shape_fn((5, 3), |(i, j)| (i * i + j * i) as f64);
    let wide: Vec<String> = (0..40).map(|j| format!("c{j}")).collect();
    let row = |i: usize| (0..40).map(|j| (i * j + i).to_string()).collect::<Vec<_>>();
    let lines: Vec<String> = (0..5).map(|i| row(i).join(",")).collect();
    let csv = format!("{}\n{}", wide.join(","), lines.join("\n"));
    let wide = read(csv.as_bytes(), &ReadOptions::default()).unwrap().table;
    let recipe = recipe(&[
        ("expand", choice("polynomial")),
        ("expand_degree", Setting::Number(5.0)),
    ]);
    assert!(recipe.fit(&table(&x), None).is_ok());
    let error = recipe.fit(&wide, None).unwrap_err();
    assert_eq!(error.code(), Code::TooLarge);
    assert!(error.to_string().contains("degree"), "{error}");
}

#[test]
fn stored_pipelines_come_back_and_hostile_ones_do_not() {
    let train = matrix(&golden("expand.json")["train"]);
    let plain = Recipe::default().fit(&table(&train), None).unwrap();
    assert!(!serde_json::to_string(&plain).unwrap().contains("expansion"));
    let both = recipe(&[("expand", choice("spline"))]);
    let pipeline = both.fit(&table(&train), None).unwrap();
    let stored = serde_json::to_value(&pipeline).unwrap();
    let read_back = |value: Value| serde_json::from_value::<Pipeline>(value).unwrap();
    assert_eq!(read_back(stored.clone()), pipeline);
    let hostile = [
        ("/expansion/products", serde_json::json!([[0, 3]])),
        ("/expansion/products", serde_json::json!([[0]])),
        ("/expansion/products", serde_json::json!([[1, 0]])),
        (
            "/expansion/products",
            serde_json::json!([[0, 0, 0, 0, 0, 0, 0]]),
        ),
        ("/expansion/splines/0/feature", serde_json::json!(9)),
        ("/expansion/splines/0/knots", serde_json::json!([1.0])),
        ("/expansion/splines/0/knots", serde_json::json!([1.0, 1.0])),
        (
            "/expansion/splines/0/knots",
            serde_json::json!([-1e308, 1e308]),
        ),
    ];
    for (place, value) in hostile {
        let mut bad = stored.clone();
        *bad.pointer_mut(place).unwrap() = value;
        let error = read_back(bad.clone()).check().unwrap_err();
        assert_eq!(error.code(), Code::BadArtifact, "{place}: {bad}");
    }
}
