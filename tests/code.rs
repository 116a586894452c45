//! The program of every model says what the model says.

// The helpers of a test may panic as the test itself may; the lint knows only the latter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::settings_variants;
use handlens::data::{ReadOptions, Table, read};
use handlens::error::Code;
use handlens::export::Artifact;
use handlens::export::code::{Language, lower, write};
use handlens::models::{NOISE, Prediction, catalogue};
use handlens::prepare::Task;
use handlens::protocol::{Request, Response, RunSpec};
use handlens::rng::Rng;
use handlens::session::Session;
use handlens::settings::{Setting, Settings};

/// Rows with numbers, words, yes and no, gaps, and a level that only the last rows have.
fn table() -> String {
    let mut rng = Rng::new(3);
    let mut text = String::from("length,width,\"color, \"\"raw\"\"\",is_old,grams,kind\n");
    for row in 0..160 {
        let color = ["red", "grün", "<blue>"][rng.below(3)];
        let color = if row > 150 { "never seen" } else { color };
        let (length, width) = (rng.normal() * 4.0 + 20.0, rng.uniform());
        let score = length / 4.0 - 3.0 * width + if color == "red" { 1.0 } else { 0.0 };
        let kind = ["a", "b", "c"][(score > 3.5) as usize + (score > 4.6) as usize];
        let gap = |text: String, share: f64, rng: &mut Rng| {
            if rng.uniform() < share {
                String::new()
            } else {
                text
            }
        };
        let length = gap(format!("{length:.2}"), 0.05, &mut rng);
        let color = gap(color.to_owned(), 0.05, &mut rng);
        let grams = 3.0 * score + rng.normal();
        text += &format!(
            "{length},{width},{color},{},{grams},{kind}\n",
            rng.below(2) == 1
        );
    }
    text
}

/// Trains and saves as any user of the core does.
fn artifact(
    text: &str,
    task: Task,
    algorithm: &str,
    settings: &Settings,
    recipe: &str,
) -> Option<Artifact> {
    let mut session = Session::new();
    let request = Request::Read {
        name: "rows.csv".into(),
        options: Default::default(),
    };
    let Response::Table(summary) = session.handle(request, text.as_bytes()).unwrap().response
    else {
        panic!("no table");
    };
    let target = match task {
        Task::Classification => Some("kind".to_owned()),
        Task::Regression => Some("grams".to_owned()),
        _ => None,
    };
    let spec = RunSpec {
        table: summary.table,
        target,
        task: Some(task),
        algorithm: algorithm.into(),
        settings: settings.clone(),
        recipe: serde_json::from_str(recipe).unwrap(),
        test_size: 0.3,
        seed: 5,
    };
    let begun = session.handle(Request::Train { spec }, &[]);
    // Some settings exclude each other.
    let Response::Training(training) = begun.ok()?.response else {
        panic!("no training");
    };
    let model = training.model;
    loop {
        match session
            .handle(Request::Step { model }, &[])
            .unwrap()
            .response
        {
            Response::Progress(report) if report.progress.is_done => break,
            Response::Progress(_) => {}
            other => panic!("{other:?}"),
        }
    }
    let reply = session.handle(Request::Save { model }, &[]).unwrap();
    Some(Artifact::from_bytes(&reply.bytes.unwrap()).unwrap())
}

fn parse(text: &str) -> Table {
    read(text.as_bytes(), &ReadOptions::default())
        .unwrap()
        .table
}

/// The answer of one row, laid out as that of a program.
fn answer(prediction: &Prediction, row: usize) -> Vec<f64> {
    match prediction {
        Prediction::Classes {
            codes,
            probabilities,
        } => {
            let code = f64::from(codes[row]);
            std::iter::once(code)
                .chain(probabilities.row(row).iter().copied())
                .collect()
        }
        Prediction::Values(values) => vec![values[row]],
        Prediction::Clusters(clusters) if clusters[row] == NOISE => vec![-1.0],
        Prediction::Clusters(clusters) => vec![f64::from(clusters[row])],
        Prediction::Coordinates(places) => places.row(row).to_vec(),
        Prediction::Anomalies { scores, is_outlier } => {
            vec![f64::from(u8::from(is_outlier[row])), scores[row]]
        }
    }
}

/// Nets compute with 32 bits, their programs with 64: seven digits against sixteen, and some are
/// lost on the way through the layers. All else differs by the order of its sums alone.
fn tolerance(algorithm: &str) -> f64 {
    if algorithm == "mlp" { 2e-5 } else { 1e-9 }
}

fn check(name: &str, artifact: &Artifact, table: &Table) {
    let program = lower(artifact).unwrap_or_else(|error| panic!("{name}: {error}"));
    let transformed = artifact.pipeline.transform(table, false).unwrap().dataset;
    let prediction = artifact.model.predict(transformed.x.view()).unwrap();
    let cells = artifact.pipeline.read_cells(table).unwrap();
    for (place, &row) in transformed.rows.iter().enumerate() {
        let of_row: Vec<f64> = cells.iter().map(|column| column[row]).collect();
        let ours = program
            .run(&of_row)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = answer(&prediction, place);
        assert_eq!(ours.len(), expected.len(), "{name}");
        for (at, (a, b)) in ours.iter().zip(&expected).enumerate() {
            let within = tolerance(&artifact.algorithm) * (1.0 + b.abs());
            assert!(
                (a - b).abs() <= within,
                "{name}, row {row}, {at}: {ours:?} {expected:?}"
            );
        }
    }
    for language in Language::ALL {
        assert!(write(artifact, language).unwrap().len() > 1000, "{name}");
    }
}

const RECIPES: &[&str] = &[
    "{}",
    r#"{"settings": {"encode": "ordinal", "impute_category": "constant", "scale": "none"}}"#,
    r#"{"settings": {"encode": "dummy", "impute": "drop_rows", "unseen": "most_frequent", "scale": "robust"}}"#,
    r#"{"settings": {"expand": "polynomial", "expand_degree": 3, "max_levels": 2}}"#,
    r#"{"settings": {"expand": "spline", "n_knots": 4}}"#,
    r#"{"settings": {"encode": "target"}}"#,
];

#[test]
fn the_program_of_every_algorithm_says_what_the_model_says() {
    let text = table();
    let rows = parse(&text);
    for entry in catalogue() {
        for &task in entry.info.tasks {
            for settings in settings_variants(entry.info) {
                let name = format!("{} {task:?} {settings:?}", entry.info.id);
                let draws = ["stratified", "uniform"].map(|rule| Setting::Text(rule.into()));
                if settings
                    .get("strategy")
                    .is_some_and(|rule| draws.contains(rule))
                {
                    continue;
                }
                match artifact(&text, task, entry.info.id, &settings, "{}") {
                    Some(artifact) => check(&name, &artifact, &rows),
                    None => assert!(!settings.is_empty(), "{name}: the defaults are refused"),
                }
            }
        }
    }
}

#[test]
fn every_way_of_preparing_columns_is_in_the_program() {
    let text = table();
    let rows = parse(&text);
    for recipe in RECIPES {
        for algorithm in ["linear", "tree"] {
            let settings = Settings::new();
            let artifact = artifact(&text, Task::Regression, algorithm, &settings, recipe).unwrap();
            check(&format!("{algorithm} {recipe}"), &artifact, &rows);
        }
    }
}

#[test]
fn rows_of_zeros_have_no_direction_in_the_program_either() {
    let mut rng = Rng::new(4);
    let mut text = String::from("length,width,grams,kind\n");
    for row in 0..120 {
        let kind = ["a", "b", "c"][rng.below(3)];
        let (length, width) = if row % 7 == 3 {
            (0.0, 0.0)
        } else {
            (rng.normal(), rng.normal())
        };
        text += &format!("{length},{width},{},{kind}\n", rng.normal());
    }
    let recipe = r#"{"settings": {"scale": "none"}}"#;
    let cosine = Settings::from([("metric".to_owned(), Setting::Text("cosine".into()))]);
    let mut n_seen = 0;
    for entry in catalogue() {
        let has_metric = entry
            .info
            .hyperparameters
            .iter()
            .any(|h| h.name == "metric");
        for &task in entry.info.tasks.iter().filter(|_| has_metric) {
            if let Some(artifact) = artifact(&text, task, entry.info.id, &cosine, recipe) {
                check(entry.info.id, &artifact, &parse(&text));
                n_seen += 1;
            }
        }
    }
    assert!(n_seen >= 5, "{n_seen}");
}

#[test]
fn gaps_and_categories_that_boosting_keeps_are_in_the_program() {
    let recipe =
        r#"{"settings": {"encode": "ordinal", "impute": "keep", "impute_category": "keep"}}"#;
    let text = table();
    for task in [Task::Classification, Task::Regression] {
        let artifact = artifact(
            &text,
            task,
            "hist_gradient_boosting",
            &Settings::new(),
            recipe,
        );
        check(recipe, &artifact.unwrap(), &parse(&text));
    }
}

#[test]
fn a_baseline_that_draws_is_refused_in_words() {
    let settings = Settings::from([("strategy".to_owned(), Setting::Text("uniform".into()))]);
    let artifact = artifact(&table(), Task::Classification, "baseline", &settings, "{}").unwrap();
    let error = lower(&artifact).unwrap_err();
    assert_eq!(error.code(), Code::BadSetting);
    assert!(error.to_string().contains("prior"), "{error}");
}
