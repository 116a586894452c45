//! What is known of an artifact before it is kept: only what loads as a model is.

use handlens::session::Session;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::commands::unexpected;
use crate::failure::Result;
use crate::input::load_bytes;

/// An artifact that loads, and what is kept beside it.
pub struct Checked<'a> {
    pub artifact: &'a [u8],
    pub digest: String,
    /// Task, algorithm, target, labels and inputs, as JSON.
    pub schema: String,
    /// The evaluation, as JSON.
    pub metrics: Option<String>,
}

impl<'a> Checked<'a> {
    /// Opens an artifact with the reader that predictions use.
    pub fn new(artifact: &'a [u8]) -> Result<Self> {
        let summary = load_bytes(&mut Session::new(), artifact)?;
        let schema = json!({
            "task": summary.task,
            "algorithm": summary.algorithm,
            "target": summary.target,
            "labels": summary.labels,
            "inputs": summary.inputs,
        });
        let metrics = summary.evaluation.as_ref().map(serde_json::to_string);
        Ok(Self {
            artifact,
            digest: digest(artifact),
            schema: schema.to_string(),
            metrics: metrics.transpose().map_err(|_| unexpected())?,
        })
    }
}

/// SHA-256 in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
