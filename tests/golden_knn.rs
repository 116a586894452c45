//! Nearest neighbors against scikit-learn, and the project's own rule for ties.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::knn::KnnModel;
use handlens::models::{Algorithm, Model, Prediction};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, golden, indices, list, matrix, number, numbers,
    settings, text, train,
};

fn chosen(expected: &Value) -> Settings {
    settings([
        ("metric", Setting::Text(text(&expected["metric"]).into())),
        ("weights", Setting::Text(text(&expected["weights"]).into())),
        (
            "n_neighbors",
            Setting::Number(number(&expected["n_neighbors"])),
        ),
    ])
}

fn fit(settings: &Settings, x: &Array2<f64>, target: Target) -> KnnModel {
    match train("knn", settings, dataset(x.clone(), target), 0).0 {
        Model::Knn(model) => model,
        _ => panic!("not a neighbors model"),
    }
}

fn classes(case: &Value) -> Target {
    let codes: Vec<u32> = indices(&case["y"]).into_iter().map(|c| c as u32).collect();
    let n_classes = codes.iter().max().unwrap() + 1;
    Target::Classes {
        codes,
        labels: (0..n_classes).map(|c| c.to_string()).collect(),
    }
}

/// Checks neighbors, classes, probabilities and values of some queries.
fn check(
    what: &str,
    settings: &Settings,
    case: &Value,
    queries: &Array2<f64>,
    expected: [Value; 4],
    tolerance: f64,
) {
    let x = matrix(&case["x"]);
    let [neighbors, winners, probabilities, values] = expected;
    let model = fit(settings, &x, classes(case));
    for (ours, expected) in model.neighbors(queries.view()).iter().zip(list(&neighbors)) {
        let rows: Vec<usize> = ours.iter().map(|n| n.row as usize).collect();
        assert_eq!(rows, indices(expected), "{what}");
    }
    let Prediction::Classes {
        codes,
        probabilities: ours,
    } = Model::Knn(model).predict(queries.view()).unwrap()
    else {
        panic!("{what}: not classes")
    };
    assert_eq!(
        codes.iter().map(|&c| c as usize).collect::<Vec<_>>(),
        indices(&winners),
        "{what}"
    );
    let expected: Vec<f64> = list(&probabilities).iter().flat_map(numbers).collect();
    assert_close(
        what,
        &ours.iter().copied().collect::<Vec<_>>(),
        &expected,
        tolerance,
        1.0,
    );
    let model = fit(settings, &x, Target::Values(numbers(&case["targets"])));
    let Prediction::Values(ours) = Model::Knn(model).predict(queries.view()).unwrap() else {
        panic!("{what}: not values")
    };
    let values = numbers(&values);
    let largest = values.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
    assert_close(what, &ours.to_vec(), &values, tolerance, largest);
}

#[test]
fn neighbors_and_votes_agree_with_scikit_learn() {
    let file = golden("knn.json");
    let tolerances = &file["tolerance"];
    for case in list(&file["cases"]) {
        for expected in list(&case["expected"]) {
            let what = format!(
                "{} {} {} {}",
                case["name"], expected["metric"], expected["weights"], expected["n_neighbors"]
            );
            let key = if expected["metric"] == "cosine" {
                "cosine_absolute"
            } else if case["name"] == "far_from_zero" {
                "far_from_zero_absolute"
            } else {
                "absolute"
            };
            let parts =
                ["neighbors", "classes", "probabilities", "values"].map(|p| expected[p].clone());
            check(
                &what,
                &chosen(expected),
                case,
                &matrix(&case["queries"]),
                parts,
                number(&tolerances[key]),
            );
        }
    }
}

#[test]
fn ties_follow_the_rule() {
    for case in list(&golden("knn.json")["ties"]) {
        let query = matrix(&Value::Array(vec![case["query"].clone()]));
        let parts = ["neighbors", "class", "probabilities", "value"]
            .map(|p| Value::Array(vec![case[p].clone()]));
        check(
            text(&case["name"]),
            &chosen(case),
            case,
            &query,
            parts,
            1e-12,
        );
    }
}

/// Random rows with many equal distances.
fn grid(n: usize, p: usize, seed: u32) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    Array2::from_shape_fn((n, p), |_| rng.below(9) as f64 + 1e6)
}

#[test]
fn tree_and_panels_find_what_comparing_all_finds() {
    for metric in ["euclidean", "manhattan", "chebyshev"] {
        for p in [1, 2, 5, 12, 13, 20] {
            let (x, queries) = (grid(1500, p, 1), grid(10, p, 2));
            let settings = settings([
                ("metric", Setting::Text(metric.into())),
                ("n_neighbors", Setting::Number(7.0)),
            ]);
            let model = fit(&settings, &x, Target::Values(vec![0.0; 1500]));
            for (query, found) in queries
                .rows()
                .into_iter()
                .zip(model.neighbors(queries.view()))
            {
                let distance = |row: usize| {
                    let differences = x
                        .row(row)
                        .iter()
                        .zip(query)
                        .map(|(a, b)| (a - b).abs())
                        .collect::<Vec<_>>();
                    match metric {
                        "euclidean" => differences.iter().map(|d| d * d).sum::<f64>(),
                        "manhattan" => differences.iter().sum(),
                        _ => differences.iter().fold(0.0, |m: f64, d| m.max(*d)),
                    }
                };
                let distances: Vec<f64> = (0..1500).map(distance).collect();
                let mut all: Vec<usize> = (0..1500).collect();
                all.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
                let rows: Vec<usize> = found.iter().map(|n| n.row as usize).collect();
                assert_eq!(rows, all[..7], "{metric} {p}");
            }
        }
    }
}

#[test]
fn rows_without_a_direction_are_at_right_angles_to_all() {
    let x = ndarray::array![[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0]];
    let settings = settings([
        ("metric", Setting::Text("cosine".into())),
        ("n_neighbors", Setting::Number(3.0)),
    ]);
    let model = fit(&settings, &x, Target::Values(vec![0.0; 3]));
    let found = model.neighbors(ndarray::array![[2.0, 0.0], [0.0, 0.0]].view());
    let distances: Vec<f64> = found[0].iter().map(|n| n.distance).collect();
    assert_eq!(distances, [0.0, 1.0, 2.0]);
    assert!(found[1].iter().all(|n| n.distance == 1.0));
}

#[test]
fn more_neighbors_than_rows_are_refused_with_the_number() {
    let algorithm = Algorithm::find("knn", &Settings::default()).unwrap();
    let data = dataset(Array2::zeros((3, 1)), Target::Values(vec![0.0; 3]));
    let error = algorithm.begin(data, &Rng::new(0)).err().unwrap();
    assert_eq!(error.code().as_str(), "too_few_samples");
    assert!(error.to_string().contains("only 3"), "{error}");
}

#[test]
fn the_contract_is_kept() {
    let x = grid(600, 3, 3);
    check_contract(
        "knn",
        &Settings::default(),
        &dataset(x.clone(), Target::Values(vec![1.5; 600])),
    );
    let codes = (0..600).map(|i| i % 3).collect();
    let labels = vec!["a".into(), "b".into(), "c".into()];
    check_contract(
        "knn",
        &Settings::default(),
        &dataset(x, Target::Classes { codes, labels }),
    );
}
