//! A training as MLflow keeps it: a run with parameters, metrics by step and tags.

use crate::error::Result;
use crate::evaluate::Scores;
use crate::export::{Artifact, Losses};
use crate::math::print_number;
use crate::prepare::Task;
use crate::settings::Setting;

/// The longest text that MLflow keeps of a parameter.
const LONGEST_PARAM: usize = 6_000;
/// The longest text that MLflow keeps of a tag.
const LONGEST_TAG: usize = 8_000;

/// What a run says of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The runs on one table stand together: its name.
    pub experiment: String,
    /// The name of the run, which is that of the model.
    pub name: String,
    /// What was chosen.
    pub params: Vec<(String, String)>,
    /// What was measured; no key twice at one step.
    pub metrics: Vec<Metric>,
    /// What else is known.
    pub tags: Vec<(String, String)>,
}

/// A number at a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name.
    pub key: String,
    /// The step, in the unit of the algorithm.
    pub step: i64,
    /// The number; finite.
    pub value: f64,
}

impl Run {
    /// The training that an artifact knows of.
    ///
    /// # Errors
    /// Where the artifact cannot be written, whose digest is a tag.
    pub fn of(artifact: &Artifact) -> Result<Self> {
        let from = &artifact.provenance;
        let table = if from.table.trim().is_empty() {
            "table"
        } else {
            from.table.as_str()
        };
        Ok(Self {
            experiment: table.to_owned(),
            name: artifact.name.clone(),
            params: params(artifact),
            metrics: metrics(artifact),
            tags: tags(artifact)?,
        })
    }
}

fn params(artifact: &Artifact) -> Vec<(String, String)> {
    let from = &artifact.provenance;
    let named = |key: &str, value: String| (key.to_owned(), cut(&value, LONGEST_PARAM));
    let mut params = vec![
        named("algorithm", artifact.algorithm.clone()),
        named("task", task(artifact.task).to_owned()),
        named("seed", from.seed.to_string()),
        named("test_size", print_number(from.test_size)),
        named("n_train", from.n_train.to_string()),
        named("n_test", from.n_test.to_string()),
    ];
    if let Some(target) = artifact.pipeline.target() {
        params.push(named("target", target.name.clone()));
    }
    for (name, value) in &artifact.settings {
        let value = match value {
            Setting::Text(text) => text.clone(),
            other => other.to_string(),
        };
        params.push(named(&format!("model.{name}"), value));
    }
    params
}

/// The losses as they fell, then what the finished model was judged to be, at the last step.
fn metrics(artifact: &Artifact) -> Vec<Metric> {
    let mut metrics = Vec::new();
    let mut last = 0;
    for losses in &artifact.curve {
        let step = step(losses);
        if step <= last && !metrics.is_empty() {
            continue;
        }
        last = step;
        for (rows, value) in [("train", losses.seen), ("test", losses.unseen)] {
            let key = format!("{rows}_loss");
            metrics.extend(value.map(|value| Metric { key, step, value }));
        }
    }
    if let Some(evaluation) = &artifact.evaluation {
        let mut tell = |rows: &str, scores: &Scores| {
            let defined = scores.metrics.iter();
            let defined = defined.filter_map(|metric| Some((&metric.id, metric.value?)));
            metrics.extend(defined.map(|(id, value)| Metric {
                key: format!("{rows}_{id}"),
                step: last,
                value,
            }));
        };
        tell("train", &evaluation.train);
        if let Some(test) = &evaluation.test {
            tell("test", test);
        }
    }
    metrics
}

/// Steps of MLflow are whole: one that was begun counts.
fn step(losses: &Losses) -> i64 {
    losses.position.ceil() as i64
}

fn tags(artifact: &Artifact) -> Result<Vec<(String, String)>> {
    let from = &artifact.provenance;
    let tag = |key: &str, value: &str| (key.to_owned(), cut(value, LONGEST_TAG));
    let mut tags = vec![
        tag("mlflow.runName", &artifact.name),
        tag("mlflow.source.name", "handlens"),
        tag("mlflow.source.type", "LOCAL"),
        tag("mlflow.user", "handlens"),
        tag("handlens.artifact_sha256", &super::digest(artifact)?),
        tag("handlens.version", &from.version),
        tag("handlens.table", &from.table),
        tag("handlens.table_sha256", &from.digest),
        tag(
            "handlens.preparation",
            &artifact.pipeline.describe().join("\n"),
        ),
    ];
    if let Some(evaluation) = &artifact.evaluation {
        let verdict = &evaluation.verdict;
        let verdict = format!("{}. {}", verdict.title, verdict.why);
        tags.push(tag("handlens.verdict", &verdict));
    }
    // MLflow's file store reads an empty file as a damaged one.
    tags.retain(|(_, value)| !value.trim().is_empty());
    Ok(tags)
}

fn task(task: Task) -> &'static str {
    match task {
        Task::Classification => "classification",
        Task::Regression => "regression",
        Task::Clustering => "clustering",
        Task::Projection => "projection",
        Task::Anomaly => "anomaly",
    }
}

/// At most `most` characters of a text.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
