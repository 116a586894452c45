//! What the registry holds, as JSON and in words.

use handlens::evaluate::Evaluation;
use serde_json::{Value, json};

use crate::registry::{CARD_FIELDS, Event, Version};
use crate::report::{self, table};

/// A version with what is kept as JSON instead of as text.
pub fn whole(version: &Version) -> Value {
    json!({
        "name": version.name, "version": version.version, "aliases": version.aliases(),
        "digest": version.digest, "created": version.created, "bytes": version.bytes,
        "tags": parsed(&version.tags), "notes": version.notes, "card": parsed(&version.card),
        "schema": parsed(&version.schema),
        "metrics": version.metrics.as_deref().map(parsed),
    })
}

/// SQLite has checked that it is JSON.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// One line a version.
pub fn list(versions: &[Version]) -> String {
    let header = ["name", "version", "aliases", "added", "bytes", "tags"].map(str::to_owned);
    let row = |version: &Version| {
        vec![
            version.name.clone(),
            version.version.to_string(),
            version.aliases().join(", "),
            version.created.clone(),
            version.bytes.to_string(),
            tags(version),
        ]
    };
    let rows = std::iter::once(header.to_vec()).chain(versions.iter().map(row));
    table(&rows.collect::<Vec<_>>())
}

/// All that is kept of a version: the model card with what the file knows itself.
pub fn show(version: &Version) -> String {
    let schema = parsed(&version.schema);
    let of = |key: &str| schema[key].as_str().unwrap_or_default().to_owned();
    let learnt = match of("target") {
        target if target.is_empty() => of("task"),
        target => format!("{} of {target}", of("task")),
    };
    let card = parsed(&version.card);
    let mut rows = vec![
        ("aliases".into(), version.aliases().join(", ")),
        ("added".into(), version.created.clone()),
        ("learnt".into(), learnt),
        ("algorithm".into(), of("algorithm")),
        ("digest".into(), version.digest.clone()),
        ("bytes".into(), version.bytes.to_string()),
        ("tags".into(), tags(version)),
        ("notes".into(), version.notes.clone()),
    ];
    rows.extend(CARD_FIELDS.map(|field| {
        let text = card[field].as_str().unwrap_or_default();
        (field.to_owned(), text.to_owned())
    }));
    let said = rows.into_iter().filter(|(_, text)| !text.is_empty());
    let said: Vec<Vec<String>> = said.map(|(key, text)| vec![key, indented(&text)]).collect();
    format!(
        "{}, version {}\n{}{}",
        version.name,
        version.version,
        table(&said),
        evaluation(version)
    )
}

/// Lines after the first stand below it.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n             ")
}

fn evaluation(version: &Version) -> String {
    let metrics = version.metrics.as_deref();
    let evaluation = metrics.and_then(|text| serde_json::from_str::<Evaluation>(text).ok());
    // An evaluation of another Handlens is still in the JSON.
    evaluation.map_or(String::new(), |evaluation| report::evaluation(&evaluation))
}

fn tags(version: &Version) -> String {
    let tags = parsed(&version.tags);
    let tags = tags.as_array().into_iter().flatten();
    tags.filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// One line an event.
pub fn history(events: &[Event]) -> String {
    let row = |event: &Event| {
        let what = event.alias.as_deref().or(event.what.as_deref());
        vec![
            event.at.clone(),
            event.who.clone(),
            event.event.replace('_', " "),
            format!("{} {}", event.name, event.version),
            report::cut(&what.unwrap_or_default().replace('\n', " "), 40),
            event.why.clone(),
        ]
    };
    table(&events.iter().map(row).collect::<Vec<_>>())
}
