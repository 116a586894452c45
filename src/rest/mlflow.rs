//! The scoring server of MLflow: `POST /invocations`, of the model that was given first.
//!
//! Predictions come as MLflow gives those of a model with a column signature: one object a
//! row, with the columns that `handlens predict` writes.

use serde_json::{Map, Value, json};

use super::input::Media;
use super::{Answer, Refusal, Request, Rest, Result, Served, input};
use crate::data::{Format, ReadOptions, Table, read};
use crate::session::cell_value;

const KEYS: [&str; 4] = [
    "dataframe_split",
    "dataframe_records",
    "instances",
    "inputs",
];

/// `{"error_code", "message"}`, as clients of MLflow expect.
pub(super) fn refusal(refusal: &Refusal) -> Answer {
    let code = match refusal.status {
        404 => "RESOURCE_DOES_NOT_EXIST",
        500 => "INTERNAL_ERROR",
        _ => "BAD_REQUEST",
    };
    Answer {
        status: refusal.status,
        ..Answer::json(&json!({ "error_code": code, "message": refusal.sentence }))
    }
}

/// Predicts whatever form the rows have.
pub(super) fn invocations(rest: &Rest, request: &Request) -> Result<Answer> {
    let table = match input::media(request, true)? {
        Media::Csv => {
            let options = ReadOptions {
                format: Some(Format::Csv),
                ..ReadOptions::default()
            };
            read(request.body, &options)?.table
        }
        Media::Json => {
            let served = rest.model(&rest.first)?;
            table(served, input::object(request)?)?
        }
    };
    let columns = rest.predict_columns(rest.model(&rest.first)?, &table)?;
    let row = |row: usize| -> Value {
        let cells = columns.iter();
        let cells = cells.map(|column| (column.name.clone(), cell_value(column, row)));
        cells.collect::<Map<_, _>>().into()
    };
    let rows: Vec<Value> = (0..table.n_rows()).map(row).collect();
    Ok(Answer::json(&json!({ "predictions": rows })))
}

fn table(served: &Served, mut body: Map<String, Value>) -> Result<Table> {
    match body.remove("params") {
        None | Some(Value::Null | Value::Object(_)) => {}
        Some(_) => return Err(Refusal::bad("\u{201c}params\u{201d} must be an object.")),
    }
    let mut entries = body.into_iter();
    let (Some((key, value)), None) = (entries.next(), entries.next()) else {
        return Err(one_key());
    };
    match (key.as_str(), value) {
        ("dataframe_split", Value::Object(split)) => split_form(split),
        ("dataframe_records", Value::Array(rows)) => input::records(rows, &key),
        ("instances" | "inputs", Value::Array(rows)) => {
            if rows.first().is_some_and(Value::is_object) {
                return input::records(rows, &key);
            }
            input::rows(input::names(served), rows, &key)
        }
        ("inputs", Value::Object(columns)) => {
            let columns = columns.into_iter().map(|(name, values)| match values {
                Value::Array(values) => (name, values),
                // One row may come without its brackets.
                value => (name, vec![value]),
            });
            input::columns(&columns.collect::<Vec<_>>())
        }
        (key, _) if KEYS.contains(&key) => Err(Refusal::bad(format!(
            "\u{201c}{key}\u{201d} does not hold rows in a form that is read here."
        ))),
        _ => Err(one_key()),
    }
}

fn split_form(mut split: Map<String, Value>) -> Result<Table> {
    let (Some(Value::Array(columns)), Some(Value::Array(data))) =
        (split.remove("columns"), split.remove("data"))
    else {
        let sentence = "\u{201c}dataframe_split\u{201d} needs the lists \u{201c}columns\u{201d} and \u{201c}data\u{201d}.";
        return Err(Refusal::bad(sentence));
    };
    let names: Option<Vec<String>> = columns
        .iter()
        .map(|name| name.as_str().map(str::to_owned))
        .collect();
    let names =
        names.ok_or_else(|| Refusal::bad("\u{201c}columns\u{201d} must be a list of names."))?;
    input::rows(names, data, "data")
}

fn one_key() -> Refusal {
    Refusal::bad(format!(
        "The body must have exactly one of the keys {}.",
        KEYS.join(", ")
    ))
}
