//! What MLflow takes: the [`folder`] of a model, and a [`store`] with the run that made it.
//!
//! The folder is of MLflow's ONNX flavor: no pickle, and no code but that of onnxruntime. Its
//! graph has one input, into which MLflow puts the whole table, as texts where a column is of
//! words: with one input a column it would hand over the text columns of pandas 3 as they are,
//! which onnxruntime does not read. The signature names the
//! columns, doubles for numbers and strings for everything else, so that a request may give them
//! in any order, and with whole numbers. A gap is null; the graph fills it as the recipe says.
//!
//! Two files more make the folder one of MLServer, which serves MLflow's models over the Open
//! Inference Protocol. Nothing in the folder depends on a clock or on chance: its ids are made of
//! the digest of the model.
//!
//! Reference: mlflow.org, "MLflow Model Format", and what MLflow 3.17.2 writes and reads.

mod readme;
mod run;
mod store;
mod yaml;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use self::yaml::yaml;
use super::archive::File;
use super::onnx;
use super::outlet::plain;
use crate::error::Result;
use crate::export::Artifact;
use crate::models::Prediction;
use crate::prepare::{FittedColumn, Steps};

pub use self::run::{Metric, Run};
pub use self::store::store;

/// The versions with which the folder is tested, and which it asks for.
const REQUIREMENTS: &[&str] = &[
    "mlflow==3.17.2",
    "numpy==2.4.6",
    "onnx==1.23.2",
    "onnxruntime==1.32.0",
    "pandas==3.1.1",
];
const MLFLOW_VERSION: &str = "3.17.2";
const ONNX_VERSION: &str = "1.23.2";
const PYTHON_VERSION: &str = "3.11";

/// The name under which MLflow and MLServer know the model: nothing in it means something in a
/// path or in an address.
pub fn registered_name(artifact: &Artifact) -> String {
    plain(&artifact.name)
}

/// The files of the model folder.
///
/// # Errors
/// Those of ONNX, in which the model is written.
pub fn folder(artifact: &Artifact) -> Result<Vec<File>> {
    let model = onnx::write(artifact, onnx::Form::Table)?;
    let example = split_form(artifact);
    let json = |value: &Value| format!("{value:#}\n");
    let meta = meta(artifact, model.len())?;
    let mut files = vec![
        File::text("MLmodel", yaml(&meta)),
        File::text("README.md", readme::of_folder(artifact, &example)),
        File::text("conda.yaml", yaml(&conda())),
        File::text("input_example.json", json(&example)),
    ];
    files.push(File {
        path: "model.onnx".into(),
        bytes: model,
    });
    let serving = json!({ "dataframe_split": example });
    files.extend([
        File::text("model-settings.json", json(&of_mlserver(artifact))),
        File::text("python_env.yaml", yaml(&python_env())),
        File::text("requirements.txt", REQUIREMENTS.join("\n") + "\n"),
        File::text("serving_input_example.json", json(&serving)),
        File::text("settings.json", json(&json!({ "host": "127.0.0.1" }))),
    ]);
    Ok(files)
}

/// SHA-256 of the model, in hexadecimal digits.
fn digest(artifact: &Artifact) -> Result<String> {
    let digest = Sha256::digest(artifact.to_bytes()?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `MLmodel`.
fn meta(artifact: &Artifact, model_size: usize) -> Result<Value> {
    let digest = digest(artifact)?;
    let columns = |columns: Vec<(String, &str)>| {
        let column = |(name, kind)| json!({ "type": kind, "name": name, "required": true });
        Value::Array(columns.into_iter().map(column).collect()).to_string()
    };
    Ok(json!({
        "flavors": {
            "onnx": {
                "code": null,
                "data": "model.onnx",
                "onnx_session_options": null,
                "onnx_version": ONNX_VERSION,
                "providers": ["CPUExecutionProvider"],
            },
            "python_function": {
                "data": "model.onnx",
                "env": { "conda": "conda.yaml", "virtualenv": "python_env.yaml" },
                "loader_module": "mlflow.onnx",
                "python_version": PYTHON_VERSION,
            },
        },
        "mlflow_version": MLFLOW_VERSION,
        "model_size_bytes": model_size,
        "model_uuid": &digest[..32],
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
        },
        "signature": {
            "inputs": columns(inputs(artifact)),
            "outputs": columns(outputs(artifact)?),
            "params": null,
        },
    }))
}

/// The columns, in order, with their types.
fn inputs(artifact: &Artifact) -> Vec<(String, &'static str)> {
    let columns = artifact.pipeline.columns().iter();
    let input = |column: &FittedColumn| {
        let kind = match column.steps {
            Steps::Number { .. } => "double",
            Steps::Category { .. } | Steps::Hash { .. } => "string",
        };
        (column.name.clone(), kind)
    };
    columns.map(input).collect()
}

/// What the graph answers, in order, with its types.
fn outputs(artifact: &Artifact) -> Result<Vec<(String, &'static str)>> {
    let typical = artifact.pipeline.typical_features();
    let row = ndarray::ArrayView2::from_shape((1, typical.len()), &typical)
        .map_err(super::artifact::cannot_write)?;
    let prediction = |kind| ("prediction".to_owned(), kind);
    Ok(match artifact.model.predict(row)? {
        Prediction::Classes { .. } => {
            let labels = artifact.pipeline.labels().iter();
            let shares = labels.map(|label| (format!("p_{label}"), "double"));
            std::iter::once(prediction("string"))
                .chain(shares)
                .collect()
        }
        Prediction::Values(_) => vec![prediction("double")],
        Prediction::Clusters(_) => vec![prediction("long")],
        Prediction::Coordinates(places) => (1..=places.ncols())
            .map(|axis| (format!("axis_{axis}"), "double"))
            .collect(),
        Prediction::Anomalies { .. } => {
            vec![prediction("boolean"), ("score".to_owned(), "double")]
        }
    })
}

/// A typical row, as MLflow writes a table.
fn split_form(artifact: &Artifact) -> Value {
    let columns = artifact.pipeline.columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    json!({ "columns": names, "data": [columns.iter().map(FittedColumn::typical).collect::<Vec<_>>()] })
}

fn conda() -> Value {
    json!({
        "channels": ["conda-forge"],
        "dependencies": [format!("python={PYTHON_VERSION}"), "pip", { "pip": REQUIREMENTS }],
        "name": "mlflow-env",
    })
}

fn python_env() -> Value {
    json!({
        "build_dependencies": ["pip"],
        "dependencies": ["-r requirements.txt"],
        "python": PYTHON_VERSION,
    })
}

fn of_mlserver(artifact: &Artifact) -> Value {
    json!({
        "implementation": "mlserver_mlflow.MLflowRuntime",
        "name": registered_name(artifact),
        "parameters": { "uri": ".", "version": "1" },
    })
}
