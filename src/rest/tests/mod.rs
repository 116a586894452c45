//! Requests as bytes, answers as JSON.

mod explained;
mod refused;

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, json};

use super::{Answer, MAX_BODY, MAX_ROWS, Request, Rest};
use crate::data::{Format, ReadOptions, read, sample_bytes};
use crate::export::Artifact;
use crate::prepare::Recipe;
use crate::protocol::{Predictions, Request as Asked, Response, RunSpec, default_seed};
use crate::session::{Session, cell_value};
use crate::settings::{Setting, Settings};

/// A sample, its model and what the session predicts of every row.
struct Known {
    bytes: &'static [u8],
    artifact: Vec<u8>,
    predictions: Predictions,
}

fn known(sample: &str, target: Option<&str>, algorithm: &str) -> Known {
    known_with(sample, target, algorithm, Recipe::default())
}

fn known_with(sample: &str, target: Option<&str>, algorithm: &str, recipe: Recipe) -> Known {
    let bytes = sample_bytes(sample).unwrap();
    let mut session = Session::new();
    let asked = Asked::Read {
        name: sample.into(),
        options: ReadOptions::default(),
    };
    let Response::Table(summary) = session.handle(asked, bytes).unwrap().response else {
        panic!("no table");
    };
    let table = summary.table;
    let spec = RunSpec {
        table,
        target: target.map(Into::into),
        task: None,
        algorithm: algorithm.into(),
        settings: Settings::new(),
        recipe,
        test_size: 0.25,
        seed: default_seed(),
    };
    let Response::Training(training) = session.handle(Asked::Train { spec }, &[]).unwrap().response
    else {
        panic!("no training");
    };
    let model = training.model;
    while let Response::Progress(report) =
        session.handle(Asked::Step { model }, &[]).unwrap().response
    {
        if report.progress.is_done {
            break;
        }
    }
    let asked = Asked::PredictTable {
        model,
        table,
        preview: usize::MAX,
        includes_input: false,
        is_formula_safe: false,
    };
    let Response::Predictions(predictions) = session.handle(asked, &[]).unwrap().response else {
        panic!("no predictions");
    };
    let artifact = session.handle(Asked::Save { model }, &[]).unwrap().bytes;
    Known {
        bytes,
        artifact: artifact.unwrap(),
        predictions,
    }
}

fn classes() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| known("penguins", Some("species"), "logistic"))
}

fn numbers() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| known("diabetes", Some("disease_progression"), "linear"))
}

impl Known {
    fn served(&self) -> Rest {
        let mut rest = Rest::new();
        rest.add("m", Artifact::from_bytes(&self.artifact).unwrap())
            .unwrap();
        rest
    }

    /// The rows of the sample as columns of JSON, those that the model reads.
    fn columns(&self) -> Vec<(String, Vec<Value>)> {
        let options = ReadOptions {
            format: Some(Format::Csv),
            ..ReadOptions::default()
        };
        let table = read(self.bytes, &options).unwrap().table;
        let artifact = Artifact::from_bytes(&self.artifact).unwrap();
        let columns = artifact.pipeline.columns().iter().map(|column| {
            let cells = table.column(&column.name).unwrap();
            let values = (0..table.n_rows()).map(|row| cell_value(cells, row));
            (column.name.clone(), values.collect())
        });
        columns.collect()
    }

    fn records(&self) -> Vec<Value> {
        let columns = self.columns();
        let record = |row: usize| -> Value {
            let cells = columns.iter();
            let cells = cells.map(|(name, values)| (name.clone(), values[row].clone()));
            cells.collect::<Map<_, _>>().into()
        };
        (0..columns[0].1.len()).map(record).collect()
    }

    fn rows(&self) -> Vec<Value> {
        let columns = self.columns();
        let row = |row: usize| columns.iter().map(move |(_, values)| values[row].clone());
        (0..columns[0].1.len()).map(|r| row(r).collect()).collect()
    }

    fn tensors(&self, is_nested: bool) -> Value {
        let tensor = |(name, values): (String, Vec<Value>)| {
            let is_text = values.iter().any(Value::is_string);
            let n = values.len();
            let data: Vec<Value> = match is_nested {
                true => values.into_iter().map(|value| json!([value])).collect(),
                false => values,
            };
            json!({
                "name": name,
                "datatype": if is_text { "BYTES" } else { "FP64" },
                "shape": if is_nested { json!([n, 1]) } else { json!([n]) },
                "data": data,
            })
        };
        self.columns().into_iter().map(tensor).collect()
    }

    /// What `{"predictions": …}` must hold, dialect by dialect.
    fn plain(&self) -> Value {
        let labels = &self.predictions.labels;
        let rows = self.predictions.rows.iter().map(|row| {
            let mut told = json!({ "prediction": row.prediction });
            if let Some(p) = &row.probabilities {
                let by_class = labels.iter().cloned().zip(p.iter().map(|p| json!(p)));
                told["probabilities"] = by_class.collect::<Map<_, _>>().into();
            }
            told
        });
        rows.collect()
    }

    fn flat(&self) -> Value {
        let labels = &self.predictions.labels;
        let rows = self.predictions.rows.iter().map(|row| {
            let mut told = json!({ "prediction": row.prediction });
            for (label, p) in labels.iter().zip(row.probabilities.iter().flatten()) {
                told[format!("p_{label}")] = json!(p);
            }
            told
        });
        rows.collect()
    }
}

fn send(rest: &Rest, method: &str, path: &str, content_type: &str, body: &[u8]) -> Answer {
    rest.answer(&Request {
        method,
        path,
        content_type: Some(content_type).filter(|text| !text.is_empty()),
        body,
    })
}

#[track_caller]
fn post(rest: &Rest, path: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let answer = send(rest, "POST", path, "application/json", body.as_bytes());
    (answer.status, parsed(&answer))
}

#[track_caller]
fn get(rest: &Rest, path: &str) -> (u16, Value) {
    let answer = send(rest, "GET", path, "", b"");
    (answer.status, parsed(&answer))
}

#[track_caller]
fn parsed(answer: &Answer) -> Value {
    let text = String::from_utf8_lossy(&answer.body);
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{text}"))
}

const INFER: &str = "/v2/models/m/infer";

#[test]
fn plain_requests_predict_what_the_session_predicts() {
    for known in [classes(), numbers()] {
        let rest = known.served();
        let (status, answer) = post(
            &rest,
            "/predict",
            &json!({ "model": "m", "data": known.records() }),
        );
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            (&answer["model"], &answer["version"]),
            (&json!("m"), &json!("1"))
        );
        assert_eq!(answer["predictions"], known.plain());
        let one = json!({ "data": [known.records()[0]] });
        assert_eq!(
            post(&rest, "/predict", &one).1["predictions"][0],
            known.plain()[0]
        );
    }
}

#[test]
fn tensors_predict_what_the_session_predicts() {
    for known in [classes(), numbers()] {
        let rest = known.served();
        for is_nested in [false, true] {
            let body = json!({ "id": "a-7", "inputs": known.tensors(is_nested) });
            let (status, answer) = post(&rest, "/v2/models/m/versions/1/infer", &body);
            assert_eq!(status, 200, "{answer}");
            assert_eq!(answer["id"], "a-7");
            assert_eq!(
                (&answer["model_name"], &answer["model_version"]),
                (&json!("m"), &json!("1"))
            );
            let n = known.predictions.rows.len();
            let (_, metadata) = get(&rest, "/v2/models/m");
            let outputs = answer["outputs"].as_array().unwrap();
            assert_eq!(metadata["outputs"].as_array().unwrap().len(), outputs.len());
            for (output, declared) in outputs.iter().zip(metadata["outputs"].as_array().unwrap()) {
                let name = output["name"].as_str().unwrap();
                assert_eq!(output["shape"], json!([n]));
                assert_eq!(
                    (&output["name"], &output["datatype"]),
                    (&declared["name"], &declared["datatype"])
                );
                let flat = known.flat();
                let expected: Value = flat
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row[name].clone())
                    .collect();
                assert_eq!(output["data"], expected, "{name}");
            }
        }
    }
}

#[test]
fn every_task_declares_the_outputs_that_it_gives() {
    for algorithm in ["pca", "kmeans", "isolation_forest"] {
        let known = known("iris", None, algorithm);
        let rest = known.served();
        let (status, metadata) = get(&rest, "/v2/models/m");
        assert_eq!(status, 200, "{metadata}");
        let body = json!({ "inputs": known.tensors(false) });
        let (status, answer) = post(&rest, INFER, &body);
        assert_eq!(status, 200, "{answer}");
        let told = |outputs: &Value| -> Vec<(Value, Value)> {
            let outputs = outputs.as_array().unwrap().iter();
            outputs
                .map(|output| (output["name"].clone(), output["datatype"].clone()))
                .collect()
        };
        let declared = told(&metadata["outputs"]);
        assert!(!declared.is_empty(), "{algorithm}");
        assert_eq!(declared, told(&answer["outputs"]), "{algorithm}");
    }
}

#[test]
fn rows_without_an_answer_keep_the_outputs() {
    let recipe = Recipe {
        settings: Settings::from([("impute".to_owned(), Setting::Text("drop_rows".into()))]),
        ..Recipe::default()
    };
    let known = known_with("penguins", Some("species"), "logistic", recipe);
    let mut row = known.records()[0].clone();
    row["body_mass_g"] = Value::Null;
    let columns = |row: &Value| -> Vec<(String, Value)> {
        let inputs: Vec<Value> = row
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, cell)| {
                let kind = if cell.is_string() { "BYTES" } else { "FP64" };
                json!({ "name": name, "datatype": kind, "shape": [1], "data": [cell] })
            })
            .collect();
        let (status, answer) = post(&known.served(), INFER, &json!({ "inputs": inputs }));
        assert_eq!(status, 200, "{answer}");
        let outputs = answer["outputs"].as_array().unwrap().iter();
        outputs
            .map(|output| {
                (
                    format!("{} {}", output["name"], output["datatype"]),
                    output["data"][0].clone(),
                )
            })
            .collect()
    };
    let (answered, left_out) = (columns(&known.records()[0]), columns(&row));
    let names =
        |columns: &[(String, Value)]| columns.iter().map(|c| c.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&left_out), names(&answered));
    assert!(left_out.iter().all(|column| column.1.is_null()));
}

#[test]
fn outputs_can_be_chosen() {
    let rest = classes().served();
    let mut body =
        json!({ "inputs": classes().tensors(false), "outputs": [{ "name": "p_Gentoo" }] });
    let (status, answer) = post(&rest, INFER, &body);
    assert_eq!(status, 200, "{answer}");
    assert!(answer.get("id").is_none());
    assert_eq!(answer["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(answer["outputs"][0]["name"], "p_Gentoo");
    body["outputs"][0]["name"] = json!("p_nobody");
    assert_eq!(post(&rest, INFER, &body).0, 400);
}

#[test]
fn every_form_of_mlflow_predicts_what_the_session_predicts() {
    for known in [classes(), numbers()] {
        let rest = known.served();
        let columns = known.columns();
        let names: Vec<&String> = columns.iter().map(|(name, _)| name).collect();
        let by_name: Map<String, Value> = columns
            .iter()
            .map(|(name, values)| (name.clone(), json!(values)))
            .collect();
        let forms = [
            json!({ "dataframe_split": { "columns": names, "data": known.rows() } }),
            json!({ "dataframe_records": known.records(), "params": {} }),
            json!({ "instances": known.rows() }),
            json!({ "instances": known.records() }),
            json!({ "inputs": known.rows() }),
            json!({ "inputs": known.records() }),
            json!({ "inputs": by_name }),
        ];
        let expected = json!({ "predictions": known.flat() });
        for (index, form) in forms.iter().enumerate() {
            assert_eq!(
                post(&rest, "/invocations", form),
                (200, expected.clone()),
                "form {index}"
            );
        }
        let csv = send(
            &rest,
            "POST",
            "/invocations",
            "text/csv; charset=utf-8",
            known.bytes,
        );
        assert_eq!((csv.status, parsed(&csv)), (200, expected));
    }
    let rest = numbers().served();
    let record = numbers().records()[0].clone();
    let (status, answer) = post(&rest, "/invocations", &json!({ "inputs": record }));
    assert_eq!(
        (status, &answer["predictions"][0]),
        (200, &numbers().flat()[0])
    );
}

#[test]
fn health_metadata_and_description_are_told() {
    let rest = classes().served();
    assert_eq!(
        get(&rest, "/v2/health/live"),
        (200, json!({ "live": true }))
    );
    assert_eq!(
        get(&rest, "/v2/health/ready"),
        (200, json!({ "ready": true }))
    );
    assert_eq!(get(&rest, "/v2").1["name"], "handlens");
    for path in ["/v2/models/m/ready", "/v2/models/m/versions/1/ready"] {
        assert_eq!(
            get(&rest, path),
            (200, json!({ "name": "m", "ready": true }))
        );
    }
    let (_, metadata) = get(&rest, "/v2/models/m/versions/1");
    assert_eq!(metadata["platform"], "handlens_safetensors");
    assert!(
        metadata["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|input| input["shape"] == json!([-1]))
    );
    for path in ["/ping", "/health"] {
        assert_eq!(send(&rest, "GET", path, "", b"").body, b"\n");
    }
    assert_eq!(
        send(&rest, "GET", "/version", "", b"").body,
        env!("CARGO_PKG_VERSION").as_bytes()
    );
    let (status, document) = get(&rest, "/openapi.json");
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(
            Rest::knows(&path.replace("{model}", "m").replace("{version}", "1")),
            "{path}"
        );
    }
    let before = send(&rest, "GET", "/metrics", "", b"").body;
    assert!(
        String::from_utf8(before)
            .unwrap()
            .contains("handlens_rows_total 0\n")
    );
    post(&rest, "/predict", &json!({ "data": classes().records() }));
    let after = String::from_utf8(send(&rest, "GET", "/metrics", "", b"").body).unwrap();
    let n = classes().predictions.rows.len();
    assert!(
        after.contains(&format!("handlens_rows_total {n}\n")),
        "{after}"
    );
}

#[test]
fn versions_are_asked_by_number_and_by_alias() {
    let first = Arc::new(Artifact::from_bytes(&classes().artifact).unwrap());
    let second = Arc::new(Artifact::from_bytes(&numbers().artifact).unwrap());
    let mut rest = Rest::new();
    rest.add_version("m", 2, &["champion", "old"], true, first)
        .unwrap();
    rest.add_version("m", 10, &[], false, second).unwrap();
    for (path, version) in [
        ("m", "2"),
        ("m:champion", "2"),
        ("m%3Aold", "2"),
        ("m@10", "10"),
        ("m%4010", "10"),
        ("m/versions/2", "2"),
        ("m/versions/10", "10"),
        ("m:old/versions/2", "2"),
    ] {
        let (status, metadata) = get(&rest, &format!("/v2/models/{path}"));
        assert_eq!((status, &metadata["name"]), (200, &json!("m")), "{path}");
        assert_eq!(metadata["versions"], json!(["2", "10"]), "{path}");
        let is_first = metadata["outputs"][0]["datatype"] == "BYTES";
        assert_eq!(is_first, version == "2", "{path}");
    }
    for path in [
        "m:none",
        "m@3",
        "m/versions/3",
        "m:old/versions/10",
        "m@2:old",
    ] {
        assert_eq!(get(&rest, &format!("/v2/models/{path}")).0, 404, "{path}");
    }
    let body = json!({ "model": "m@10", "data": [numbers().records()[0]] });
    assert_eq!(post(&rest, "/predict", &body).1["version"], json!("10"));
}
