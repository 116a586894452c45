//! `mlruns`: the run of a training and its registered model, as the files of MLflow's store.
//!
//! MLflow 3 takes them in with `mlflow migrate-filestore`, or opens them where
//! `MLFLOW_ALLOW_FILE_STORE` is set. Paths in them are relative, so MLflow is started in the folder
//! that holds `mlruns`. A metric that stands twice at one step would break the migration.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Run, digest, folder, readme, registered_name, yaml};
use crate::error::Result;
use crate::export::Artifact;
use crate::export::archive::File;
use crate::math::print_number;

/// 1980-01-01, in milliseconds: there is no clock here.
const TIME: u64 = 315_532_800_000;
/// The alias of the model to be used.
const ALIAS: &str = "champion";
/// MLflow's numbers for a run that is finished, and for one of a machine of one's own.
const FINISHED: u8 = 3;
const LOCAL: u8 = 4;

/// The files of the store, with a README beside it.
///
/// # Errors
/// Those of the model [`folder`].
pub fn store(artifact: &Artifact) -> Result<Vec<File>> {
    let run = Run::of(artifact)?;
    let digest = digest(artifact)?;
    let experiment_id = experiment_id(&digest);
    let run_id = &digest[..32];
    let experiment = format!("mlruns/{experiment_id}");
    let place = format!("{experiment}/{run_id}");
    let mut files = vec![File::text("README.md", readme::of_store(artifact))];
    files.push(meta(&experiment, &of_experiment(&run, &experiment_id)));
    files.push(meta(&place, &of_run(&run, &experiment_id, run_id)));
    files.extend(of_what_is_known(&run, &place));
    let model = folder(artifact)?.into_iter();
    files.extend(model.map(|file| file.within(&format!("{place}/artifacts/model"))));
    files.extend(registered(&registered_name(artifact), run_id, &place));
    Ok(files)
}

/// Ids of experiments are numbers of 18 digits.
fn experiment_id(digest: &str) -> String {
    let digits = digest.bytes().take(18).enumerate();
    let digit = |(place, byte): (usize, u8)| {
        let digit = byte % 10;
        let digit = if place == 0 { digit.max(1) } else { digit };
        char::from(b'0' + digit)
    };
    digits.map(digit).collect()
}

fn meta(place: &str, value: &Value) -> File {
    File::text(format!("{place}/meta.yaml"), yaml(value))
}

fn of_experiment(run: &Run, id: &str) -> Value {
    json!({
        "artifact_location": format!("mlruns/{id}"),
        "creation_time": TIME,
        "experiment_id": id,
        "last_update_time": TIME,
        "lifecycle_stage": "active",
        "name": run.experiment,
    })
}

fn of_run(run: &Run, experiment_id: &str, id: &str) -> Value {
    json!({
        "artifact_uri": format!("mlruns/{experiment_id}/{id}/artifacts"),
        "end_time": TIME,
        "entry_point_name": "",
        "experiment_id": experiment_id,
        "lifecycle_stage": "active",
        "run_id": id,
        "run_name": run.name,
        "source_name": "handlens",
        "source_type": LOCAL,
        "source_version": "",
        "start_time": TIME,
        "status": FINISHED,
        "tags": [],
        "user_id": "handlens",
    })
}

/// Parameters, tags and metrics, a file each.
fn of_what_is_known(run: &Run, place: &str) -> Vec<File> {
    let file =
        |kind: &str, key: &str, text: &str| File::text(format!("{place}/{kind}/{key}"), text);
    let params = run.params.iter();
    let mut files: Vec<File> = params.map(|(k, v)| file("params", k, v)).collect();
    files.extend(run.tags.iter().map(|(k, v)| file("tags", k, v)));
    // The values of one metric stand in one file, a line each.
    let mut lines: BTreeMap<&str, String> = BTreeMap::new();
    for metric in &run.metrics {
        let value = print_number(metric.value);
        let line = format!("{TIME} {value} {}\n", metric.step);
        lines.entry(&metric.key).or_default().push_str(&line);
    }
    files.extend(lines.iter().map(|(k, v)| file("metrics", k, v)));
    files
}

/// The registered model and its first version.
fn registered(name: &str, run_id: &str, place: &str) -> Vec<File> {
    let model = format!("mlruns/models/{name}");
    let source = format!("{place}/artifacts/model");
    let version = json!({
        "creation_timestamp": TIME,
        "current_stage": "None",
        "description": null,
        "last_updated_timestamp": TIME,
        "name": name,
        "run_id": run_id,
        "source": source,
        "status": "READY",
        "storage_location": source,
        "user_id": null,
        "version": 1,
    });
    let all = json!({
        "aliases": { ALIAS: "1" },
        "creation_timestamp": TIME,
        "description": null,
        "last_updated_timestamp": TIME,
        "name": name,
    });
    vec![
        meta(&model, &all),
        File::text(format!("{model}/aliases/{ALIAS}"), "1"),
        meta(&format!("{model}/version-1"), &version),
    ]
}
