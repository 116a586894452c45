//! The artifact: pipeline, model, schema, metrics and provenance in one file.
//!
//! The container is safetensors: eight bytes of header length, a JSON header, tensors. Any
//! reader of that format opens it. Everything else stands as JSON text under the one metadata
//! key `handlens`; `docs/artifact.md` specifies it in one page.
//!
//! Bytes are never trusted. The container must be exactly what its writer would have written
//! (which rules out holes, overlaps, odd orders and trailing bytes), the digest must match, and
//! pipeline and model are checked piece by piece and against each other before anything is
//! computed with them. A model of the same spec, table and seed has the same bytes.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Code, Error, Result};
use crate::evaluate::Evaluation;
use crate::math::sort_by;
use crate::models::{Algorithm, Model, Parts, Prediction, Tensor, TensorData};
use crate::prepare::{Pipeline, Task};
use crate::settings::Settings;

/// The metadata key.
const KEY: &str = "handlens";
/// The version that is written. Every version from 1 on is read.
const FORMAT: u32 = 1;
/// A header above this size is refused before it is parsed.
const LARGEST_HEADER: u64 = 8 << 20;
/// The metadata begin with this; 64 hexadecimal digits follow.
const DIGEST_START: &str = "{\"digest\":\"";

/// Where a model comes from: enough to make it again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Name of the table.
    pub table: String,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Rows learnt from.
    pub n_train: usize,
    /// Rows kept unseen.
    pub n_test: usize,
    /// Share of rows asked to be kept unseen.
    pub test_size: f64,
    /// The seed.
    pub seed: u32,
    /// Version of the core.
    pub version: String,
}

/// The losses where a training stood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Losses {
    /// In the unit of the algorithm.
    pub position: f64,
    /// On the rows learnt from.
    pub seen: Option<f64>,
    /// On the rows kept unseen.
    pub unseen: Option<f64>,
}

/// All that is needed to predict, and to know what one predicts with.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    /// Name to show.
    pub name: String,
    /// The task.
    pub task: Task,
    /// Id of the algorithm.
    pub algorithm: String,
    /// All its hyperparameters.
    pub settings: Settings,
    /// From columns to features.
    pub pipeline: Pipeline,
    /// From features to predictions.
    pub model: Model,
    /// How good it was when it was written.
    pub evaluation: Option<Evaluation>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The losses on the way, at rising positions.
    pub curve: Vec<Losses>,
}

/// What stands under the metadata key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    digest: String,
    format: u32,
    name: String,
    task: Task,
    algorithm: String,
    settings: Settings,
    pipeline: Pipeline,
    model: ModelValues,
    evaluation: Option<Evaluation>,
    provenance: Provenance,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    curve: Vec<Losses>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelValues {
    kind: String,
    values: serde_json::Map<String, serde_json::Value>,
}

impl Artifact {
    /// Writes the artifact.
    ///
    /// # Errors
    /// [`Code::Internal`] where the model holds what the container cannot.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let parts = self.model.to_parts();
        let tensors: Vec<(&str, &Tensor, Vec<u8>)> = parts
            .tensors
            .iter()
            .map(|(name, t)| (name.as_str(), t, to_le_bytes(&t.data)))
            .collect();
        let views = tensors
            .iter()
            .map(|(name, tensor, bytes)| {
                let view = TensorView::new(dtype(&tensor.data), tensor.shape.clone(), bytes)
                    .map_err(cannot_write)?;
                Ok((*name, view))
            })
            .collect::<Result<Vec<_>>>()?;
        let metadata = Metadata {
            digest: "0".repeat(64),
            format: FORMAT,
            name: self.name.clone(),
            task: self.task,
            algorithm: self.algorithm.clone(),
            settings: self.settings.clone(),
            pipeline: self.pipeline.clone(),
            model: ModelValues {
                kind: self.model.kind().to_owned(),
                values: parts.values,
            },
            evaluation: self.evaluation.clone(),
            provenance: self.provenance.clone(),
            curve: self.curve.clone(),
        };
        let mut text = serde_json::to_string(&metadata).map_err(cannot_write)?;
        let digest = digest(&text, &views);
        text.replace_range(DIGEST_START.len()..DIGEST_START.len() + 64, &digest);
        container(views, text)
    }

    /// Reads an artifact, trusting nothing.
    ///
    /// # Errors
    /// [`Code::BadArtifact`] saying what is wrong: not an artifact, damaged, or written by a
    /// newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        check_header_length(bytes)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let text = header
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get(KEY));
        let text = text.cloned().ok_or_else(|| {
            bad("This safetensors file was not written by Handlens: it has no \u{201c}handlens\u{201d} entry.")
        })?;
        let stored = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let views: Vec<(String, TensorView<'_>)> = sorted(stored.tensors());
        let by_name = views
            .iter()
            .map(|(name, view)| (name.as_str(), view.clone()))
            .collect();
        if container(by_name, text.clone())? != bytes {
            return Err(bad(
                "The file is damaged: its parts do not stand where they should.",
            ));
        }
        let metadata = read_metadata(&text, &views)?;
        let mut parts = Parts {
            values: metadata.model.values,
            ..Parts::default()
        };
        for (name, view) in &views {
            parts.tensors.insert(name.clone(), from_view(name, view)?);
        }
        let artifact = Self {
            name: metadata.name,
            task: metadata.task,
            algorithm: metadata.algorithm,
            settings: metadata.settings,
            pipeline: metadata.pipeline,
            model: Model::from_parts(&metadata.model.kind, &parts)?,
            evaluation: metadata.evaluation,
            provenance: metadata.provenance,
            curve: metadata.curve,
        };
        artifact.check()?;
        Ok(artifact)
    }

    /// Whether pipeline, model, task and settings agree with one another.
    fn check(&self) -> Result<()> {
        self.pipeline.check()?;
        let algorithm = Algorithm::find(&self.algorithm, &self.settings)
            .map_err(|error| bad(format!("The model's settings are damaged. {error}")))?;
        if !algorithm.info().tasks.contains(&self.task) {
            return Err(bad(
                "The model is damaged: its algorithm does not do its task.",
            ));
        }
        if !algorithm.info().takes_gaps && self.pipeline.gap_column().is_some() {
            return Err(bad(
                "The model is damaged: its pipeline leaves gaps that its algorithm cannot have.",
            ));
        }
        if self.model.n_features() != self.pipeline.n_features() {
            return Err(bad(format!(
                "The model is damaged: it expects {} features, its pipeline makes {}.",
                self.model.n_features(),
                self.pipeline.n_features()
            )));
        }
        if !self.curve.is_sorted_by(|a, b| a.position < b.position) {
            return Err(bad(
                "The model is damaged: the steps of its loss curve do not rise.",
            ));
        }
        let typical = self.pipeline.typical_features();
        let row = ndarray::ArrayView2::from_shape((1, typical.len()), &typical)
            .map_err(|_| bad("The model is damaged: its features do not form a row."))?;
        let fits = match (self.model.predict(row)?, self.task) {
            (
                Prediction::Classes {
                    codes,
                    probabilities,
                },
                Task::Classification,
            ) => {
                let n_classes = self.pipeline.labels().len();
                n_classes >= 2
                    && probabilities.ncols() == n_classes
                    && codes.iter().all(|&code| (code as usize) < n_classes)
            }
            (Prediction::Values(_), Task::Regression) => self.pipeline.target().is_some(),
            (Prediction::Clusters(_), Task::Clustering) => true,
            (Prediction::Coordinates(_), Task::Projection) => true,
            (Prediction::Anomalies { .. }, Task::Anomaly) => true,
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(bad(
                "The model is damaged: its answers do not fit its task.",
            ))
        }
    }
}

fn check_header_length(bytes: &[u8]) -> Result<()> {
    let length = bytes
        .first_chunk::<8>()
        .map(|first| u64::from_le_bytes(*first));
    match length {
        Some(length) if length <= LARGEST_HEADER && bytes.get(8) == Some(&b'{') => {
            if (bytes.len() as u64) < 8 + length {
                return Err(bad("The file is cut off: it ends before its header does."));
            }
            Ok(())
        }
        Some(length) if bytes.get(8) == Some(&b'{') => Err(bad(format!(
            "The file's header claims {length} bytes; at most {LARGEST_HEADER} are read."
        ))),
        _ => Err(bad(
            "This is not a Handlens model. A model is a .safetensors file that Handlens wrote.",
        )),
    }
}

fn read_metadata(text: &str, views: &[(String, TensorView<'_>)]) -> Result<Metadata> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let version: Version = serde_json::from_str(text).map_err(damaged)?;
    if version.format > FORMAT || version.format == 0 {
        return Err(bad(format!(
            "This model was written by a newer Handlens (format {}; this one reads up to {FORMAT}). Update Handlens.",
            version.format
        )));
    }
    let metadata: Metadata = serde_json::from_str(text).map_err(damaged)?;
    let named: Vec<(&str, TensorView<'_>)> = views
        .iter()
        .map(|(name, view)| (name.as_str(), view.clone()))
        .collect();
    let is_placed = text.starts_with(DIGEST_START)
        && text.get(DIGEST_START.len()..DIGEST_START.len() + 64) == Some(&metadata.digest);
    if !is_placed || metadata.digest != digest(text, &named) {
        return Err(bad(
            "The file is damaged or was changed: its digest does not match its content.",
        ));
    }
    Ok(metadata)
}

/// SHA-256 over the metadata after the digest, then over name and bytes of every tensor.
fn digest(text: &str, views: &[(&str, TensorView<'_>)]) -> String {
    let mut hash = Sha256::new();
    hash.update(text.get(DIGEST_START.len() + 64..).unwrap_or_default());
    let mut order: Vec<&(&str, TensorView<'_>)> = views.iter().collect();
    sort_by(&mut order, |a, b| a.0.cmp(b.0));
    for (name, view) in order {
        hash.update(name);
        hash.update([0]);
        hash.update(view.data());
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The bytes of the container; the same for any order of `views`.
fn container(views: Vec<(&str, TensorView<'_>)>, text: String) -> Result<Vec<u8>> {
    let metadata = HashMap::from([(KEY.to_owned(), text)]);
    safetensors::serialize(views, Some(metadata)).map_err(cannot_write)
}

fn sorted(mut views: Vec<(String, TensorView<'_>)>) -> Vec<(String, TensorView<'_>)> {
    sort_by(&mut views, |a, b| a.0.cmp(&b.0));
    views
}

fn dtype(data: &TensorData) -> Dtype {
    match data {
        TensorData::F64(_) => Dtype::F64,
        TensorData::F32(_) => Dtype::F32,
        TensorData::U32(_) => Dtype::U32,
    }
}

/// Numbers as little-endian bytes. Every NaN, whose sign and payload machines choose as they like,
/// has one form.
fn to_le_bytes(data: &TensorData) -> Vec<u8> {
    let double = |v: &f64| if v.is_nan() { f64::NAN } else { *v }.to_le_bytes();
    let single = |v: &f32| if v.is_nan() { f32::NAN } else { *v }.to_le_bytes();
    match data {
        TensorData::F64(data) => data.iter().flat_map(double).collect(),
        TensorData::F32(data) => data.iter().flat_map(single).collect(),
        TensorData::U32(data) => data.iter().flat_map(|v| v.to_le_bytes()).collect(),
    }
}

fn from_view(name: &str, view: &TensorView<'_>) -> Result<Tensor> {
    let bytes = view.data();
    let data = match view.dtype() {
        Dtype::F64 => TensorData::F64(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|chunk| f64::from_le_bytes(*chunk))
                .collect(),
        ),
        Dtype::F32 => TensorData::F32(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|chunk| f32::from_le_bytes(*chunk))
                .collect(),
        ),
        Dtype::U32 => TensorData::U32(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|chunk| u32::from_le_bytes(*chunk))
                .collect(),
        ),
        other => {
            return Err(bad(format!(
                "The model is damaged: \u{201c}{name}\u{201d} holds {other:?}, which no Handlens model uses."
            )));
        }
    };
    Ok(Tensor {
        shape: view.shape().to_vec(),
        data,
    })
}

fn bad(message: impl Into<String>) -> Error {
    Error::new(Code::BadArtifact, message)
}

fn damaged(error: impl std::fmt::Display) -> Error {
    bad(format!(
        "The file is damaged or cut off ({error}). Download the model again."
    ))
}

pub(super) fn cannot_write(error: impl std::fmt::Display) -> Error {
    Error::new(
        Code::Internal,
        format!("The model cannot be written: {error}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nan_is_written_alike() {
        let doubles = [
            0x7ff8_0000_0000_0000,
            0xfff8_0000_0000_0000,
            0x7ff0_0000_0000_0001,
        ];
        let found = to_le_bytes(&TensorData::F64(doubles.map(f64::from_bits).to_vec()));
        assert_eq!(found, 0x7ff8_0000_0000_0000_u64.to_le_bytes().repeat(3));
        let singles = [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001];
        let found = to_le_bytes(&TensorData::F32(singles.map(f32::from_bits).to_vec()));
        assert_eq!(found, 0x7fc0_0000_u32.to_le_bytes().repeat(3));
        // Everything else keeps its bits.
        let others = vec![-0.0, f64::MIN_POSITIVE / 2.0, f64::NEG_INFINITY];
        let expected: Vec<u8> = others.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(to_le_bytes(&TensorData::F64(others)), expected);
    }
}
