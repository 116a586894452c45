//! `handlens models compare`: two versions judged on the same rows.

use handlens::evaluate::{Evaluation, Metric, Scores};
use handlens::protocol::{ModelSummary, Request, Response};
use handlens::session::Session;
use serde_json::json;

use super::arguments::Compare;
use crate::commands::{tell_reading_notes, unexpected};
use crate::failure::{Failure, Result};
use crate::input::{load_bytes, read_named};
use crate::output::{print, print_json, visible};
use crate::registry::{Registry, Version};
use crate::report::{number, table, with_error};

/// Judges both versions and prints their scores beside each other.
pub fn run(options: &Compare, is_json: bool) -> Result<()> {
    let mut session = Session::new();
    let registry = Registry::open(&options.db)?;
    let mut open = |which: &str| -> Result<(Version, ModelSummary)> {
        let version = registry.find(&options.name, Some(which))?;
        let model = load_bytes(&mut session, &registry.artifact(&version)?)?;
        Ok((version, model))
    };
    let (first, second) = (open(&options.first)?, open(&options.second)?);
    check_comparable(&first, &second)?;
    let data = read_named(&mut session, &options.data, options.reading.options())?;
    let mut judge = |model: &ModelSummary| -> Result<Scores> {
        let request = Request::EvaluateOn {
            model: model.model,
            table: data.table,
        };
        match session.handle(request, &[])?.response {
            Response::Evaluation(Evaluation {
                test: Some(scores), ..
            }) => Ok(scores),
            _ => Err(unexpected()),
        }
    };
    let scores = [judge(&first.1)?, judge(&second.1)?];
    let versions = [first.0, second.0];
    if is_json {
        let judged = versions.iter().zip(&scores).map(|(version, scores)| {
            json!({ "version": version.version, "aliases": version.aliases(), "scores": scores })
        });
        return print_json(&json!({
            "name": options.name, "data": data.name, "versions": judged.collect::<Vec<_>>(),
        }));
    }
    tell_reading_notes(&data.notes);
    print(&visible(&beside(
        &options.name,
        &data.name,
        &versions,
        &scores,
    )))
}

/// Scores of different questions do not compare.
fn check_comparable(
    first: &(Version, ModelSummary),
    second: &(Version, ModelSummary),
) -> Result<()> {
    let asked = |model: &ModelSummary| (model.task, model.target.clone());
    if asked(&first.1) == asked(&second.1) {
        return Ok(());
    }
    Err(Failure::Outside {
        code: "registry",
        message: format!(
            "Versions {} and {} answer different questions: task and target must be the same to compare them.",
            first.0.version, second.0.version
        ),
    })
}

fn beside(name: &str, data: &str, versions: &[Version; 2], scores: &[Scores; 2]) -> String {
    let title = |version: &Version, scores: &Scores| {
        format!("version {} ({} rows)", version.version, scores.n_samples)
    };
    let mut rows = vec![vec![
        "score".to_owned(),
        title(&versions[0], &scores[0]),
        title(&versions[1], &scores[1]),
        "better".into(),
        "baseline".into(),
    ]];
    for metric in &scores[0].metrics {
        let other = scores[1].metric(&metric.id);
        let better = other.and_then(|other| better(metric, other));
        rows.push(vec![
            metric.label.clone(),
            with_error(metric),
            other.map(with_error).unwrap_or_default(),
            better.map_or(String::new(), |index| versions[index].version.to_string()),
            metric
                .baseline
                .map(|value| number(metric, value))
                .unwrap_or_default(),
        ]);
    }
    format!(
        "{name} on {data}\n\n{}\n\u{b1} is the standard error of a score; a difference of no more than that may be chance.\n",
        table(&rows)
    )
}

/// Which of two values is better, where both are there and differ as they are shown.
fn better(first: &Metric, second: &Metric) -> Option<usize> {
    let (a, b) = (first.value?, second.value?);
    if number(first, a) == number(second, b) {
        return None;
    }
    Some(usize::from((b > a) == first.is_higher_better))
}
