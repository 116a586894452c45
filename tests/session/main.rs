//! The way of the data, from bytes to predictions, through the one door.

// The helpers of a test may panic as the test itself may; the lint knows only the latter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod lab;

use handlens::data::sample_bytes;
use handlens::prepare::Task;
use handlens::protocol::{FigureSpec, ModelId, PlaneAxes, Request, Response};
use handlens::settings::{Setting, Settings};

use lab::{Lab, spec};

/// Sample, target, algorithm, metric, and what it must reach on unseen rows.
const STORIES: &[(&str, Option<&str>, &str, &str, f64)] = &[
    ("penguins", Some("species"), "knn", "accuracy", 0.95),
    ("penguins", Some("species"), "logistic", "accuracy", 0.97),
    ("penguins", Some("species"), "mlp", "accuracy", 0.95),
    (
        "diabetes",
        Some("disease_progression"),
        "linear",
        "r2",
        0.35,
    ),
    ("diabetes", Some("disease_progression"), "ridge", "r2", 0.35),
    ("digits", Some("digit"), "mlp", "accuracy", 0.96),
    ("digits", Some("digit"), "knn", "accuracy", 0.96),
    ("wine", Some("cultivar"), "logistic", "accuracy", 0.93),
    ("penguins", Some("species"), "baseline", "accuracy", 0.4),
    ("wine", Some("cultivar"), "gaussian_nb", "accuracy", 0.9),
    ("digits", Some("digit"), "multinomial_nb", "accuracy", 0.85),
    ("digits", Some("digit"), "bernoulli_nb", "accuracy", 0.8),
    ("wine", Some("cultivar"), "svm", "accuracy", 0.93),
    ("diabetes", Some("disease_progression"), "svr", "r2", 0.1),
    (
        "diabetes",
        Some("disease_progression"),
        "gaussian_process",
        "r2",
        0.35,
    ),
    ("iris", None, "kmeans", "silhouette", 0.3),
    ("iris", None, "pca", "explained_variance_ratio", 0.7),
];

#[test]
fn samples_become_models_that_are_stored_and_predict_the_same() {
    for (sample, target, algorithm, metric, at_least) in STORIES {
        let mut lab = Lab::new();
        let table = lab.sample(sample);
        let mut wanted = spec(table, *target, algorithm);
        if *algorithm == "kmeans" {
            wanted
                .settings
                .insert("n_clusters".into(), Setting::Number(3.0));
        }
        let model = lab.train(wanted);
        let evaluation = lab.evaluation(model);
        let scores = evaluation.test.as_ref().unwrap_or(&evaluation.train);
        let value = scores
            .value(metric)
            .unwrap_or_else(|| panic!("{sample} {algorithm}: no {metric}"));
        assert!(
            value >= *at_least,
            "{sample} {algorithm}: {metric} {value} < {at_least}"
        );
        let bytes = lab.save(model);
        let loaded = lab.load(&bytes).unwrap();
        let (before, after) = (
            lab.predict_table(model, table),
            lab.predict_table(loaded, table),
        );
        assert_eq!(before, after, "{sample} {algorithm}");
        assert_eq!(lab.save(loaded), bytes, "{sample} {algorithm}: saved again");
    }
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    let bytes = || {
        let mut lab = Lab::new();
        let table = lab.sample("penguins");
        let model = lab.train(spec(table, Some("species"), "mlp"));
        lab.save(model)
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn rows_kept_unseen_never_change_the_model() {
    let model_of = |change: &dyn Fn(usize, &str) -> String| {
        let text = String::from_utf8(sample_bytes("diabetes").unwrap().to_vec()).unwrap();
        let mut lab = Lab::new();
        let table = lab.read("d.csv", text.as_bytes()).table;
        let summary = lab
            .begin(spec(table, Some("disease_progression"), "ridge"))
            .unwrap();
        // Which rows are unseen depends on seed and count alone, so they can be changed.
        let unseen = unseen_rows(&mut lab, summary.model);
        let changed: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(line, text)| {
                let is_unseen = line > 0 && unseen.contains(&(line - 1));
                if is_unseen {
                    change(line, text)
                } else {
                    text.to_owned()
                }
            })
            .collect();
        let table = lab.read("d.csv", changed.join("\n").as_bytes()).table;
        let model = lab.train(spec(table, Some("disease_progression"), "ridge"));
        let bytes = lab.save(model);
        let loaded = handlens::export::Artifact::from_bytes(&bytes).unwrap();
        (loaded.model, loaded.pipeline)
    };
    let plain = model_of(&|_, text| text.to_owned());
    let changed = model_of(&|line, text| {
        text.split(',')
            .map(|_| (1000 + line).to_string())
            .collect::<Vec<_>>()
            .join(",")
    });
    assert_eq!(plain, changed);
}

/// The rows that the figure of a model marks as unseen.
fn unseen_rows(lab: &mut Lab, model: ModelId) -> Vec<usize> {
    let figure = FigureSpec::Plane {
        model,
        axes: PlaneAxes::Components,
        resolution: 4,
    };
    lab.ask(
        Request::Figure {
            slot: "s".into(),
            figure,
        },
        &[],
    )
    .unwrap();
    let points = lab.0.figure("s").unwrap().points().unwrap().clone();
    points
        .rows
        .iter()
        .zip(&points.is_unseen)
        .filter(|(_, u)| **u)
        .map(|(row, _)| *row)
        .collect()
}

#[test]
fn every_figure_of_every_story_is_made() {
    for (sample, target, algorithm, ..) in STORIES {
        let mut lab = Lab::new();
        let table = lab.sample(sample);
        let summary = lab.begin(spec(table, *target, algorithm)).unwrap();
        let model = summary.model;
        let mut figures = vec![
            FigureSpec::Plane {
                model,
                axes: PlaneAxes::Auto,
                resolution: 24,
            },
            FigureSpec::Loss { model },
        ];
        if summary.task == Task::Classification {
            figures.push(FigureSpec::Confusion { model });
        }
        if summary.task == Task::Regression {
            figures.push(FigureSpec::PredictedActual { model });
        }
        if *algorithm == "mlp" {
            figures.push(FigureSpec::Net { model });
        }
        for steps in 0..3 {
            for figure in &figures {
                let request = Request::Figure {
                    slot: "s".into(),
                    figure: figure.clone(),
                };
                let reply = lab.ask(request, &[]).unwrap_or_else(|error| {
                    panic!("{sample} {algorithm} {figure:?} after {steps} steps: {error}")
                });
                assert!(matches!(reply.response, Response::Figure { .. }));
            }
            lab.ask(Request::Step { model }, &[]).unwrap();
        }
    }
}

/// Bytes that are no table, or tables that cannot be learnt from: code and a telling word.
const REFUSED: &[(&str, &[u8], &str, &str)] = &[
    ("empty.csv", b"", "not_a_table", "empty"),
    (
        "photo.csv",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0",
        "not_a_table",
        "PNG",
    ),
    (
        "one_class.csv",
        b"a,b\n1,x\n2,x\n3,x\n4,x\n5,x\n",
        "bad_target",
        "single class",
    ),
    ("one_row.csv", b"a,b\n1,x\n", "", ""),
    ("header.csv", b"a,b\n", "nothing_to_learn", "no rows"),
    ("gaps.csv", b"a,b\n1,\n2,\n", "bad_target", "missing"),
    (
        "constant.csv",
        b"a,b\n1,x\n1,y\n1,x\n1,y\n1,x\n1,y\n",
        "nothing_to_learn",
        "always 1",
    ),
];

#[test]
fn what_cannot_be_learnt_gets_its_sentence() {
    for (name, bytes, code, word) in REFUSED {
        let mut lab = Lab::new();
        let request = Request::Read {
            name: (*name).into(),
            options: Default::default(),
        };
        let result = lab
            .ask(request, bytes)
            .and_then(|reply| match reply.response {
                Response::Table(summary) => lab
                    .begin(spec(summary.table, Some("b"), "logistic"))
                    .map(|_| ()),
                other => panic!("{other:?}"),
            });
        let error = result.expect_err(name);
        assert!(error.to_string().contains(word), "{name}: {error}");
        assert!(
            code.is_empty() || error.code().as_str() == *code,
            "{name}: {error:?}"
        );
        assert!(error.to_string().ends_with('.'), "{name}: {error}");
    }
}

#[test]
fn too_many_neighbors_and_unknown_names_are_refused() {
    let mut lab = Lab::new();
    let table = lab.sample("iris");
    let mut wanted = spec(table, Some("species"), "knn");
    wanted
        .settings
        .insert("n_neighbors".into(), Setting::Number(400.0));
    let error = lab.begin(wanted).unwrap_err();
    assert!(
        error.to_string().contains("400") && error.to_string().contains("112"),
        "{error}"
    );
    let error = lab.begin(spec(table, Some("nope"), "knn")).unwrap_err();
    assert_eq!(error.code().as_str(), "unknown_column");
    let error = lab.begin(spec(table, Some("species"), "nope")).unwrap_err();
    assert!(error.to_string().contains("logistic"), "{error}");
    let error = lab.begin(spec(99, Some("species"), "knn")).unwrap_err();
    assert_eq!(error.code().as_str(), "not_found");
    let error = lab
        .begin(spec(table, Some("species"), "linear"))
        .unwrap_err();
    assert!(!error.to_string().is_empty());
}

#[test]
fn every_changed_byte_of_an_artifact_is_refused_or_harmless() {
    let mut lab = Lab::new();
    let table = lab.sample("iris");
    let mut wanted = spec(table, Some("species"), "logistic");
    wanted
        .settings
        .insert("max_iter".into(), Setting::Number(5.0));
    let model = lab.train(wanted);
    let bytes = lab.save(model);
    let predicted = lab.predict_table(model, table);
    for position in (0..bytes.len()).step_by(7) {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[position] ^= flip;
            if let Ok(loaded) = lab.load(&changed) {
                assert_eq!(
                    lab.predict_table(loaded, table),
                    predicted,
                    "byte {position}"
                );
            }
        }
    }
    for length in (0..bytes.len()).step_by(13) {
        assert!(lab.load(&bytes[..length]).is_err(), "cut at {length}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(lab.load(&longer).is_err());
}

#[test]
fn coefficients_are_in_the_units_of_the_data() {
    let mut lab = Lab::new();
    let rows: Vec<String> = (0..40)
        .map(|i| format!("{i},{},{}", (i * 7) % 13, 3 * i - 2 * ((i * 7) % 13) + 5))
        .collect();
    let table = lab
        .read("t.csv", format!("a,b,y\n{}", rows.join("\n")).as_bytes())
        .table;
    for scale in ["standard", "none", "min_max", "robust"] {
        let mut wanted = spec(table, Some("y"), "linear");
        wanted.test_size = 0.0;
        wanted
            .recipe
            .settings
            .insert("scale".into(), Setting::Text(scale.into()));
        let model = lab.train(wanted);
        let Response::Model(summary) = lab.ask(Request::Inspect { model }, &[]).unwrap().response
        else {
            panic!()
        };
        let found: Vec<(String, f64)> = summary
            .coefficients
            .unwrap()
            .into_iter()
            .map(|c| (c.name, c.value))
            .collect();
        for ((name, value), (expected_name, expected)) in
            found
                .iter()
                .zip([("intercept", 5.0), ("a", 3.0), ("b", -2.0)])
        {
            assert_eq!(name, expected_name);
            // The line is exact, so only rounding separates the two.
            assert!((value - expected).abs() < 1e-10, "{scale}: {name} {value}");
        }
    }
}

#[test]
fn a_gap_is_filled_and_an_unseen_level_is_told() {
    let mut lab = Lab::new();
    let table = lab.sample("penguins");
    let model = lab.train(spec(table, Some("species"), "logistic"));
    let record = serde_json::json!({
        "island": "Atlantis", "bill_length_mm": null, "bill_depth_mm": "17.1",
        "flipper_length_mm": 190, "body_mass_g": 3700, "sex": "female", "year": 2008
    });
    let records = vec![record.as_object().unwrap().clone()];
    let Response::Predictions(p) = lab
        .ask(Request::Predict { model, records }, &[])
        .unwrap()
        .response
    else {
        panic!()
    };
    assert_eq!(p.labels, ["Adelie", "Chinstrap", "Gentoo"]);
    assert!(p.rows[0].prediction.is_some());
    assert!(
        p.notes.iter().any(|note| note.contains("Atlantis")),
        "{:?}",
        p.notes
    );
    assert!(
        p.notes.iter().any(|note| note.contains("bill_length_mm")),
        "{:?}",
        p.notes
    );
    let records = vec![
        serde_json::json!({"island": "Dream"})
            .as_object()
            .unwrap()
            .clone(),
    ];
    let error = lab
        .ask(Request::Predict { model, records }, &[])
        .unwrap_err();
    assert_eq!(error.code().as_str(), "unknown_column");
}

#[test]
fn every_generator_makes_a_table_that_trains() {
    let mut lab = Lab::new();
    let Response::Catalogue(catalogue) = lab.ask(Request::Catalogue, &[]).unwrap().response else {
        panic!()
    };
    for generator in &catalogue.generators {
        let request = Request::Generate {
            generator: generator.id.into(),
            settings: Settings::new(),
            seed: 1,
        };
        let Response::Table(summary) = lab.ask(request, &[]).unwrap().response else {
            panic!()
        };
        let request = Request::Suggest {
            table: summary.table,
            target: None,
            task: None,
        };
        let Response::Suggestion(suggestion) = lab.ask(request, &[]).unwrap().response else {
            panic!()
        };
        assert_eq!(suggestion.task, generator.task, "{}", generator.id);
        let algorithm = &suggestion.algorithms[0].algorithm;
        let model = lab.train(spec(summary.table, suggestion.target.as_deref(), algorithm));
        let figure = FigureSpec::Plane {
            model,
            axes: PlaneAxes::Auto,
            resolution: 16,
        };
        lab.ask(
            Request::Figure {
                slot: "s".into(),
                figure,
            },
            &[],
        )
        .unwrap();
    }
}

#[test]
fn a_model_goes_into_the_one_place_of_a_shell() {
    let mut lab = Lab::new();
    let table = lab.sample("iris");
    let model = lab.train(spec(table, Some("species"), "lda"));
    let export = || Request::Export {
        model,
        outlet: "html".into(),
    };
    let place = "<script type=\"application/octet-stream\" id=\"model\">";
    let shell = format!("<p>before</p>{place}</script><p>after</p>");
    let page = lab.ask(export(), shell.as_bytes()).unwrap().bytes.unwrap();
    let page = String::from_utf8(page).unwrap();
    let data = page
        .strip_prefix(&format!("<p>before</p>{place}"))
        .and_then(|rest| rest.strip_suffix("</script><p>after</p>"))
        .unwrap();
    // Five characters tell four bytes; none of them begins markup.
    assert_eq!(data.len(), (lab.save(model).len() * 5).div_ceil(4));
    assert!(
        data.bytes()
            .all(|c| (b'!'..=b'v').contains(&c) && c != b'<')
    );

    for bad in [&b""[..], b"<p>no place</p>", b"\xff"] {
        let error = lab.ask(export(), bad).unwrap_err();
        assert_eq!(error.code().as_str(), "bad_request");
        assert!(error.to_string().contains("single.html"), "{error}");
    }
}
