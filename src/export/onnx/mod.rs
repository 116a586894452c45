//! A model as an ONNX graph: one input a column, one output an answer, the preparation inside.
//!
//! Inputs are `(N,)`: doubles for numbers (NaN is a gap), texts for categories and booleans (""
//! is a gap), compared as they are, spaces included. Outputs are `(N,)` too, so that every server of ONNX can give them as columns:
//! `prediction`, and `p_<class>` for classes, or `score` for unusual rows; no maps. Everything is
//! computed in double precision but nets, which compute in single precision as they learnt.
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
use crate::error::Result;
use crate::export::Artifact;

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

/// Writes the graph.
///
/// # Errors
/// [`Code::BadSetting`](crate::error::Code::BadSetting) for a model or a preparation that is not
/// written as a graph.
pub fn write(artifact: &Artifact) -> Result<Vec<u8>> {
    let mut g = Draft::default();
    let x = features::write(&mut g, &artifact.pipeline)?;
    let answer = models::write(&mut g, artifact, &x)?;
    give(&mut g, artifact, answer);
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
        metadata_props: properties(artifact),
    };
    Ok(model.encode_to_vec())
}

fn properties(artifact: &Artifact) -> Vec<Property> {
    let target = artifact
        .pipeline
        .target()
        .map(|target| target.name.as_str());
    let pairs = [
        ("name", artifact.name.as_str()),
        ("algorithm", artifact.algorithm.as_str()),
        ("target", target.unwrap_or_default()),
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
fn give(g: &mut Draft, artifact: &Artifact, answer: Answer) {
    match answer {
        Answer::Classes(class, probabilities) => {
            let labels = g.constant(Tensor::texts(artifact.pipeline.labels()));
            let label = g.op_with(
                "Gather",
                &[&labels, &class],
                vec![Attribute::int("axis", 0)],
            );
            g.output("prediction", STRING, label);
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
