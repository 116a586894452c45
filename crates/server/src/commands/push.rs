//! `handlens push`: a model and its training, recorded with an MLflow server.
//!
//! The run comes first, then what is known of it, the files of the model, and last the registry:
//! a version of a registered model, to which the alias moves. What breaks off on the way leaves a
//! run that MLflow shows as failed, and no version.

use std::time::{SystemTime, UNIX_EPOCH};

use handlens::export::mlflow::{Run, folder, registered_name};
use handlens::export::{Artifact, File};
use serde::Serialize;
use serde_json::{Value, json};

use super::tracking::Tracking;
use crate::cli::Push;
use crate::failure::Result;
use crate::input::read_file;
use crate::output::{print, print_json, visible};

/// MLflow takes 100 parameters or tags at a time and a megabyte a request, and one may have 8,000
/// characters of four bytes.
const TEXTS_PER_BATCH: usize = 25;
/// MLflow takes no more at a time.
const METRICS_PER_BATCH: usize = 1_000;

/// What was recorded, and where.
#[derive(Serialize)]
struct Pushed {
    experiment: String,
    experiment_id: String,
    run_id: String,
    model: String,
    version: String,
    alias: String,
    address: String,
}

/// Records everything and tells where it stands.
pub fn run(options: &Push, is_json: bool) -> Result<()> {
    let artifact = Artifact::from_bytes(&read_file(&options.model)?)?;
    let run = Run::of(&artifact)?;
    let files = folder(&artifact)?;
    let server = Tracking::at(&options.mlflow)?;
    let experiment = options.experiment.as_ref().unwrap_or(&run.experiment);
    let experiment_id = server.experiment(experiment)?;
    let (run_id, place) = begin(&server, &experiment_id, &run)?;
    let name = options
        .name
        .clone()
        .unwrap_or_else(|| registered_name(&artifact));
    let version = record(&server, &run_id, &place, &run, &files)
        .and_then(|()| register(&server, &name, &options.alias, &run_id, &place))
        .inspect_err(|_| {
            // What is told is why it broke off, not whether the server could be told so.
            let _ = end(&server, &run_id, "FAILED");
        })?;
    let pushed = Pushed {
        experiment: experiment.clone(),
        experiment_id,
        run_id,
        model: name,
        version,
        alias: options.alias.clone(),
        address: server.address.clone(),
    };
    if is_json {
        return print_json(&pushed);
    }
    print(&visible(&in_words(&pushed)))
}

fn in_words(pushed: &Pushed) -> String {
    let Pushed {
        experiment,
        experiment_id,
        run_id,
        model,
        version,
        alias,
        address,
    } = pushed;
    format!(
        "Recorded in the experiment \u{201c}{experiment}\u{201d}: {address}/#/experiments/{experiment_id}/runs/{run_id}\nRegistered as version {version} of \u{201c}{model}\u{201d}: models:/{model}@{alias}\n"
    )
}

/// Begins a run; its id, and where its files go.
fn begin(server: &Tracking, experiment_id: &str, run: &Run) -> Result<(String, String)> {
    let body = json!({
        "experiment_id": experiment_id,
        "run_name": run.name,
        "start_time": now(),
        "user_id": "handlens",
    });
    let reply = server.post("runs/create", &body)?;
    let info = &reply["run"]["info"];
    let id = server.text(&info["run_id"])?;
    let place = server.text(&info["artifact_uri"])?;
    Ok((id, place))
}

/// Everything that belongs to the run.
fn record(server: &Tracking, run_id: &str, place: &str, run: &Run, files: &[File]) -> Result<()> {
    let pair = |(key, value): &(String, String)| json!({ "key": key, "value": value });
    let time = now();
    let metrics = run.metrics.iter().map(|metric| {
        json!({ "key": metric.key, "value": metric.value, "step": metric.step, "timestamp": time })
    });
    let params = run.params.iter().map(pair).collect::<Vec<_>>();
    let tags = run.tags.iter().map(pair).collect::<Vec<_>>();
    let metrics = metrics.collect::<Vec<_>>();
    for (kind, all, most) in [
        ("params", params, TEXTS_PER_BATCH),
        ("tags", tags, TEXTS_PER_BATCH),
        ("metrics", metrics, METRICS_PER_BATCH),
    ] {
        for batch in all.chunks(most) {
            server.post("runs/log-batch", &json!({ "run_id": run_id, kind: batch }))?;
        }
    }
    for file in files {
        server.put(place, &format!("model/{}", file.path), &file.bytes)?;
    }
    end(server, run_id, "FINISHED")
}

fn end(server: &Tracking, run_id: &str, status: &str) -> Result<()> {
    let body = json!({ "run_id": run_id, "status": status, "end_time": now() });
    server.post("runs/update", &body).map(drop)
}

/// Adds a version to the registered model, which may be a new one, and moves the alias to it.
fn register(
    server: &Tracking,
    name: &str,
    alias: &str,
    run_id: &str,
    place: &str,
) -> Result<String> {
    server.create_model(name)?;
    let source = format!("{place}/model");
    let body = json!({ "name": name, "source": source, "run_id": run_id });
    let reply = server.post("model-versions/create", &body)?;
    // MLflow counts versions in texts or in numbers.
    let version = match &reply["model_version"]["version"] {
        Value::Number(number) => number.to_string(),
        other => server.text(other)?,
    };
    let body = json!({ "name": name, "alias": alias, "version": version });
    server.post("registered-models/alias", &body)?;
    Ok(version)
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
