//! A model as an ONNX graph, the preparation inside, in three forms.
//!
//! - **Columns**: one input a column, `(N,)`: doubles for numbers (NaN is a gap), texts for
//!   categories and booleans ("" is a gap), compared as they are, spaces included.
//! - **Matrix**: one input `x`, `(N, n_columns)`, doubles in the order of the columns (NaN is a
//!   gap), for models that read numbers alone. MLflow makes one matrix of a request for a graph of
//!   one input; doubles, because a number that is a threshold in 64 bits may lie beside it in 32.
//! - **Table**: that matrix, or one of texts where a column is of words, for MLflow's folder:
//!   numbers too are then read from their shortest texts, and what Python writes of a gap is one.
//!
//! Outputs are `(N,)`, so that every server of ONNX can give them as columns: `prediction` (called
//! `label` in the matrix form, for classes), and `p_<class>` for classes, or `score` for unusual
//! rows; no maps. An output that is called like an input gets an underscore. Everything is computed
//! in double precision but nets, which compute in single precision as they learnt.
//!
//! The properties of the model list `columns` and `labels`, in order, as JSON.
//!
//! Operators of opset 21, and of version 5 of the machine-learning domain for trees.
//! Reference: ONNX operator schemas, onnx.ai.

mod features;
mod graph;
mod models;
mod neighbors;
mod proto;
mod svm;
mod trees;

use prost::Message;

use self::graph::{Draft, Value};
use self::proto::{Attribute, BOOL, DOUBLE, INT64, Model, OperatorSet, Property, STRING, Tensor};
use crate::error::{Code, Error, Result};
use crate::export::Artifact;
use crate::prepare::{FittedColumn, Pipeline, Steps};

/// Versions of the format and of its operators.
const IR_VERSION: i64 = 10;
const OPSET: i64 = 21;
const OPSET_ML: i64 = 5;

/// What a model answers, as results of the graph.
enum Answer {
    /// The index of the class `(N,)`, and the probabilities `(N, n_classes)`.
    Classes(Value, Value),
    /// A number, `(N,)`.
    Number(Value),
    /// A cluster, `(N,)`.
    Cluster(Value),
    /// Places, `(N, n_axes)`, and how many axes there are.
    Places(Value, usize),
    /// Whether a row is unusual, and the score, both `(N,)`.
    Unusual(Value, Value),
}

/// How rows come into the graph.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One input a column.
    Columns,
    /// All columns in one input, for models that read numbers alone.
    Matrix,
    /// All columns in one input, as texts where one of them is of words.
    Table,
}

/// Writes the graph.
///
/// # Errors
/// [`Code::BadSetting`] for a model or a preparation that is not written as a graph, and for a
/// matrix where the model reads texts.
pub fn write(artifact: &Artifact, form: Form) -> Result<Vec<u8>> {
    let columns = artifact.pipeline.columns();
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut g = match form {
        Form::Columns => Draft::of_columns(&names),
        Form::Matrix => {
            only_numbers(&artifact.pipeline)?;
            Draft::of_matrix(&names, false)
        }
        Form::Table => Draft::of_matrix(&names, text_columns(&artifact.pipeline).next().is_some()),
    };
    let x = features::write(&mut g, &artifact.pipeline)?;
    let answer = models::write(&mut g, artifact, &x)?;
    let name_of_class = match form {
        Form::Columns | Form::Table => "prediction",
        Form::Matrix => "label",
    };
    give(&mut g, artifact, answer, name_of_class);
    let set = |domain: &str, version| OperatorSet {
        domain: domain.into(),
        version,
    };
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: "handlens".into(),
        producer_version: artifact.provenance.version.clone(),
        doc_string: format!("{} ({})", artifact.name, artifact.algorithm),
        graph: Some(g.finish("handlens")),
        opset_import: vec![set("", OPSET), set("ai.onnx.ml", OPSET_ML)],
        metadata_props: properties(artifact, &names),
    };
    Ok(model.encode_to_vec())
}

/// Refuses a pipeline that reads texts, with their names.
fn only_numbers(pipeline: &Pipeline) -> Result<()> {
    let texts: Vec<String> = text_columns(pipeline)
        .map(|column| format!("\u{201c}{}\u{201d}", column.name))
        .collect();
    if texts.is_empty() {
        return Ok(());
    }
    let message = format!(
        "A matrix holds numbers, and the model reads texts in {}. Choose the form \u{201c}onnx\u{201d}, which has one input a column, or ignore them and train again.",
        texts.join(", ")
    );
    Err(Error::new(Code::BadSetting, message).in_field("outlet"))
}

fn text_columns(pipeline: &Pipeline) -> impl Iterator<Item = &FittedColumn> {
    let columns = pipeline.columns().iter();
    columns.filter(|column| !matches!(column.steps, Steps::Number { .. }))
}

fn properties(artifact: &Artifact, columns: &[String]) -> Vec<Property> {
    let target = artifact
        .pipeline
        .target()
        .map(|target| target.name.as_str());
    let list = |texts: &[String]| serde_json::Value::from(texts).to_string();
    let (columns, labels) = (list(columns), list(artifact.pipeline.labels()));
    let pairs = [
        ("name", artifact.name.as_str()),
        ("algorithm", artifact.algorithm.as_str()),
        ("target", target.unwrap_or_default()),
        ("columns", columns.as_str()),
        ("labels", labels.as_str()),
        ("table", artifact.provenance.table.as_str()),
        ("table_sha256", artifact.provenance.digest.as_str()),
    ];
    let property = |(key, value): (&str, &str)| Property {
        key: key.into(),
        value: value.into(),
    };
    pairs.into_iter().map(property).collect()
}

/// Names what the model answers.
fn give(g: &mut Draft, artifact: &Artifact, answer: Answer, name_of_class: &str) {
    match answer {
        Answer::Classes(class, probabilities) => {
            let labels = g.constant(Tensor::texts(artifact.pipeline.labels()));
            let label = g.op_with(
                "Gather",
                &[&labels, &class],
                vec![Attribute::int("axis", 0)],
            );
            g.output(name_of_class, STRING, label);
            for (k, label) in artifact.pipeline.labels().iter().enumerate() {
                let p = g.take(&probabilities, 1, k);
                g.output(&format!("p_{label}"), DOUBLE, p);
            }
        }
        Answer::Number(value) => g.output("prediction", DOUBLE, value),
        Answer::Cluster(cluster) => g.output("prediction", INT64, cluster),
        Answer::Places(places, n_axes) => {
            for axis in 0..n_axes {
                let place = g.take(&places, 1, axis);
                g.output(&format!("axis_{}", axis + 1), DOUBLE, place);
            }
        }
        Answer::Unusual(is_unusual, score) => {
            g.output("prediction", BOOL, is_unusual);
            g.output("score", DOUBLE, score);
        }
    }
}
