//! `train`, `predict`, `evaluate`, `inspect` and `algorithms`, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::data::{ReadOptions, sample_bytes};
use handlens::models::catalogue;
use handlens::prepare::{Recipe, STEPS};
use handlens::protocol::{Request, Response, RunSpec};
use handlens::session::Session;
use handlens::settings::{Setting, Settings};
use serde_json::Value;
use support::{Folder, run};

/// A model trained in this process: its artifact, and its predictions of the table as CSV.
fn in_process(
    sample: &str,
    target: &str,
    algorithm: &str,
    settings: Settings,
) -> (Vec<u8>, Vec<u8>) {
    let mut session = Session::new();
    let read = Request::Read {
        name: format!("{sample}.csv"),
        options: ReadOptions::default(),
    };
    let bytes = sample_bytes(sample).unwrap();
    let Response::Table(table) = session.handle(read, bytes).unwrap().response else {
        panic!()
    };
    let spec = RunSpec {
        table: table.table,
        target: Some(target.to_owned()),
        task: None,
        algorithm: algorithm.to_owned(),
        settings,
        recipe: Recipe::default(),
        test_size: 0.2,
        seed: 7,
    };
    let reply = session.handle(Request::Train { spec }, b"").unwrap();
    let Response::Training(training) = reply.response else {
        panic!()
    };
    let model = training.model;
    loop {
        match session
            .handle(Request::Step { model }, b"")
            .unwrap()
            .response
        {
            Response::Progress(report) if report.progress.is_done => break,
            _ => {}
        }
    }
    let artifact = session
        .handle(Request::Save { model }, b"")
        .unwrap()
        .bytes
        .unwrap();
    let predict = Request::PredictTable {
        model,
        table: table.table,
        preview: 0,
        includes_input: false,
        is_formula_safe: false,
    };
    (
        artifact,
        session.handle(predict, b"").unwrap().bytes.unwrap(),
    )
}

#[test]
fn models_and_predictions_are_those_of_the_session_to_the_bit() {
    let folder = Folder::new();
    for (sample, target, algorithm, name, value) in [
        ("penguins", "species", "logistic", "C", 0.5),
        ("wine", "cultivar", "knn", "n_neighbors", 7.0),
        ("diabetes", "disease_progression", "ridge", "alpha", 2.0),
        ("iris", "species", "mlp", "max_iter", 5.0),
    ] {
        let settings = Settings::from([(name.to_owned(), Setting::Number(value))]);
        let (artifact, csv) = in_process(sample, target, algorithm, settings);
        let train = format!(
            "train sample:{sample} --target {target} --algorithm {algorithm} -p {name}={value} \
             --seed 7 --test-size 0.2 --out {algorithm}.safetensors --json"
        );
        let trained = folder.run(&train).done().json();
        assert_eq!(trained["model"], format!("{algorithm}.safetensors"));
        assert_eq!(trained["training"]["spec"]["seed"], 7);
        assert!(trained["evaluation"]["verdict"]["why"].is_string());
        assert_eq!(
            folder.read(&format!("{algorithm}.safetensors")),
            artifact,
            "{algorithm}"
        );
        let predict = format!("predict {algorithm}.safetensors sample:{sample}");
        assert_eq!(folder.run(&predict).done().out, csv, "{algorithm}");
    }
}

#[test]
fn predictions_go_to_a_file_with_the_input_or_as_json() {
    let folder = Folder::new();
    folder
        .run("train sample:iris --target species --algorithm knn --out m")
        .done();
    folder.run("predict m sample:iris --out p.csv").done();
    let csv = String::from_utf8(folder.read("p.csv")).unwrap();
    assert!(
        csv.starts_with("prediction,p_setosa,p_versicolor,p_virginica\nsetosa,1,0,0\n"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 151);
    let with_input = folder.run("predict m sample:iris --with-input").done();
    assert!(with_input.text().starts_with(
        "sepal_length_cm,sepal_width_cm,petal_length_cm,petal_width_cm,species,prediction,"
    ));
    let json = folder.run("predict m sample:iris --json").done().json();
    assert_eq!(json["rows"].as_array().unwrap().len(), 150);
    assert_eq!(json["rows"][0]["prediction"], "setosa");
    assert_eq!(json["labels"][2], "virginica");
}

/// A program may be built before the page; then it says what to do.
#[test]
fn a_model_leaves_as_a_page_or_the_way_there_is_told() {
    let folder = Folder::new();
    folder
        .run("train sample:iris --target species --algorithm knn --out m")
        .done();
    let run = folder.run("export m --to html -o m.html");
    if run.code == 0 {
        let page = String::from_utf8(folder.read("m.html")).unwrap();
        assert!(page.starts_with("<!doctype html>"), "{page:.80}");
    } else {
        assert!(run.err.contains("cargo xtask build"), "{}", run.err);
    }
}

#[test]
fn a_line_is_found_with_its_coefficients() {
    let folder = Folder::new();
    let rows: String = (0..20)
        .map(|x| format!("{x},{},{}\n", x % 3, 3 * x - 2 * (x % 3) + 5))
        .collect();
    folder.file("line.csv", format!("x,z,y\n{rows}").as_bytes());
    folder
        .run("train line.csv --target y --task regression --algorithm linear --test-size 0 --out m")
        .done();
    let summary = folder.run("inspect m --json").done().json();
    assert_eq!(
        (&summary["algorithm"], &summary["task"]),
        (&Value::from("linear"), &"regression".into())
    );
    let coefficients = summary["coefficients"].as_array().unwrap();
    let named = |name: &str| coefficients.iter().find(|c| c["name"] == name).unwrap();
    for (name, value) in [("intercept", 5.0), ("x", 3.0), ("z", -2.0)] {
        let found = named(name)["value"].as_f64().unwrap();
        assert!((found - value).abs() < 1e-12, "{name}: {found}");
        assert!(named(name).as_object().unwrap().contains_key("std_error"));
    }
    let words = folder.run("inspect m").done();
    assert!(words.text().contains("intercept"), "{}", words.text());
}

#[test]
fn every_algorithm_trains_predicts_evaluates_and_is_inspected() {
    let folder = Folder::new();
    for entry in catalogue() {
        let id = entry.info.id;
        let tasks = serde_json::to_value(entry.info.tasks).unwrap();
        let (table, target) = match tasks[0].as_str().unwrap() {
            "classification" => ("sample:iris", "--target species"),
            "regression" => ("sample:diabetes", "--target disease_progression"),
            _ => ("sample:iris", ""),
        };
        let report = folder
            .run(&format!(
                "train {table} {target} --algorithm {id} --out {id}"
            ))
            .done();
        assert!(
            report.text().contains("Model written to"),
            "{}",
            report.text()
        );
        folder.run(&format!("predict {id} {table}")).done();
        let judged = folder
            .run(&format!("evaluate {id} {table} --json"))
            .done()
            .json();
        assert!(judged["verdict"]["title"].is_string(), "{id}");
        folder.run(&format!("evaluate {id} {table}")).done();
        let words = folder.run(&format!("inspect {id}")).done();
        assert!(words.text().contains(entry.info.label), "{}", words.text());
    }
}

#[test]
fn steps_of_the_recipe_are_set_by_p_or_by_a_file() {
    let folder = Folder::new();
    let train = "train sample:penguins --target species --algorithm knn --out m --json";
    let spec = |more: &str| {
        folder.run(&format!("{train} {more}")).done().json()["training"]["spec"].clone()
    };
    assert_eq!(spec("-p scale=none")["recipe"]["settings"]["scale"], "none");
    assert_eq!(
        spec("-p n_neighbors=9 -p encode=ordinal")["settings"]["n_neighbors"],
        9.0
    );
    folder.file(
        "recipe.json",
        br#"{"settings": {"scale": "robust", "encode": "ordinal"}, "columns": {"year": {"role": "ignore"}}}"#,
    );
    let both = spec("--recipe recipe.json -p scale=min_max")["recipe"].clone();
    assert_eq!(both["settings"]["scale"], "min_max");
    assert_eq!(both["settings"]["encode"], "ordinal");
    assert_eq!(both["columns"]["year"]["role"], "ignore");
    folder.file("broken.json", b"{\"setings\": {}}");
    let broken = folder.run(&format!("{train} --recipe broken.json"));
    assert_eq!(
        (broken.code, broken.error()["code"].as_str().unwrap()),
        (1, "bad_recipe")
    );
}

#[test]
fn exit_codes_tell_usage_from_input() {
    let folder = Folder::new();
    folder.file("one.csv", b"a,b\n1,x\n");
    folder.file("constant.csv", "a,b\n1,x\n2,x\n".repeat(10).as_bytes());
    folder
        .run("train sample:iris --target species --algorithm knn --out m")
        .done();
    for (arguments, code) in [
        ("train sample:iris --algorithm knn --out x", 2),
        (
            "train sample:iris --target species --algorithm nothing --out x",
            2,
        ),
        (
            "train sample:iris --target species --algorithm knn -p k=3 --out x",
            2,
        ),
        (
            "train sample:iris --target species --algorithm knn -p n_neighbors=0 --out x",
            2,
        ),
        (
            "train sample:iris --target species --algorithm knn -p n_neighbors --out x",
            2,
        ),
        (
            "train sample:iris --target species --algorithm knn --test-size 0.95 --out x",
            2,
        ),
        (
            "train sample:iris --target species --algorithm knn --test-size NaN --out x",
            2,
        ),
        (
            "train sample:iris --target species --algorithm knn --seed -1 --out x",
            2,
        ),
        (
            "train sample:iris --target species --algorithm knn --task clustering --out x",
            2,
        ),
        (
            "train sample:iris --target nothing --algorithm knn --out x",
            1,
        ),
        (
            "train sample:iris --target species --algorithm linear --out x",
            1,
        ),
        ("train one.csv --target b --algorithm logistic --out x", 1),
        (
            "train constant.csv --target b --algorithm logistic --out x",
            1,
        ),
        (
            "train sample:iris --target species --algorithm knn --recipe nothing.json --out x",
            1,
        ),
        ("predict m sample:wine", 1),
        ("predict m nothing.csv", 1),
        ("predict m", 2),
        ("predict one.csv sample:iris", 1),
        ("evaluate m sample:wine", 1),
        ("inspect one.csv", 1),
        ("inspect nothing", 1),
        ("algorithms nothing", 2),
    ] {
        let run = folder.run(&format!("{arguments} --json"));
        assert_eq!(run.code, code, "{arguments}: {}", run.err);
        assert!(
            run.error()["message"].as_str().unwrap().len() > 10,
            "{arguments}: {}",
            run.err
        );
        assert!(run.out.is_empty(), "{arguments}");
    }
    assert!(
        !folder.names().contains(&"x".to_owned()),
        "a failed training leaves no file"
    );
    let unknown = folder
        .run("train sample:iris --target nothing --algorithm knn --out x --json")
        .error();
    assert_eq!(
        (&unknown["code"], &unknown["place"]["column"]),
        (&Value::from("unknown_column"), &"nothing".into())
    );
}

#[test]
fn unknown_names_are_answered_with_the_known_ones() {
    let run = run("train sample:iris --target species --algorithm knn -p k=3 --out x");
    assert!(
        run.err.contains("n_neighbors") && run.err.contains("scale"),
        "{}",
        run.err
    );
    let run = support::run("train sample:iris --target species --algorithm forrest --out x");
    assert!(run.err.contains("logistic"), "{}", run.err);
}

#[test]
fn the_default_file_is_never_overwritten_but_a_named_one_is() {
    let folder = Folder::new();
    let train = "train sample:iris --target species --algorithm knn";
    assert!(
        folder
            .run(train)
            .done()
            .text()
            .contains("model.safetensors")
    );
    assert_eq!(folder.run(train).code, 2);
    folder
        .run(&format!("{train} --out model.safetensors"))
        .done();
    assert_eq!(folder.names(), ["model.safetensors"]);
}

#[test]
fn damaged_models_are_refused() {
    let folder = Folder::new();
    folder
        .run("train sample:iris --target species --algorithm logistic --out m")
        .done();
    let whole = folder.read("m");
    for n in [0, 1, 7, 8, 9, 100, whole.len() / 2, whole.len() - 1] {
        folder.file("cut", &whole[..n]);
        let run = folder.run("inspect cut --json");
        assert_eq!(
            (run.code, run.error()["code"].as_str().unwrap()),
            (1, "bad_artifact"),
            "{n} bytes"
        );
    }
    let mut huge = whole.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    folder.file("huge", &huge);
    assert_eq!(folder.run("predict huge sample:iris").code, 1);
}

#[test]
fn algorithms_are_listed_with_what_can_be_set() {
    let list = run("algorithms --json").done().json();
    let ids: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["id"].as_str().unwrap())
        .collect();
    let expected: Vec<&str> = catalogue().iter().map(|entry| entry.info.id).collect();
    assert_eq!(ids, expected);
    assert!(list[0]["label"].is_string() && list[0]["tasks"].is_array());
    assert!(list[0]["hyperparameters"][0]["name"].is_string());
    let words = run("algorithms").done();
    for entry in catalogue() {
        for declaration in entry.info.hyperparameters.iter().chain(STEPS) {
            assert!(words.text().contains(&format!("-p {}=", declaration.name)));
        }
    }
}

#[test]
fn the_default_values_that_are_listed_are_accepted() {
    let folder = Folder::new();
    for entry in catalogue() {
        let words = run(&format!("algorithms {}", entry.info.id)).done();
        let set = words
            .text()
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("-p "));
        let set: Vec<&str> = set.filter_map(|rest| rest.split("  ").next()).collect();
        let parameters: String = set.iter().map(|set| format!(" -p {set}")).collect();
        // A wrong value would be wrong usage; this table is only too small.
        folder.file("t.csv", b"a,y\n");
        let train = format!(
            "train t.csv --target y --algorithm {} --out m{parameters}",
            entry.info.id
        );
        let run = folder.run(&train);
        assert_eq!(run.code, 1, "{train}: {}", run.err);
    }
}
