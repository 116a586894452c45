//! What the dialects share in reading a body.

use serde_json::{Map, Value};

use super::{JSON, MAX_ROWS, Refusal, Request, Result, Served};
use crate::data::{Table, table_from_columns, table_from_records};

/// The kind of a body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Media {
    Json,
    Csv,
}

/// Tells the kind of a body; only UTF-8 is read.
pub(super) fn media(request: &Request, takes_csv: bool) -> Result<Media> {
    let header = request.content_type.unwrap_or_default();
    let mut parts = header.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let media = if kind.eq_ignore_ascii_case(JSON) {
        Some(Media::Json)
    } else if takes_csv && kind.eq_ignore_ascii_case("text/csv") {
        Some(Media::Csv)
    } else {
        None
    };
    let is_utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(key, _)| key.trim().eq_ignore_ascii_case("charset"))
        .all(|(_, value)| {
            let value = value.trim().trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        });
    media.filter(|_| is_utf8).ok_or_else(|| {
        let csv = if takes_csv { " or text/csv" } else { "" };
        let sentence = format!("The content type must be {JSON}{csv}, in UTF-8.");
        Refusal::new(415, sentence)
    })
}

/// A body that is a JSON object.
pub(super) fn object(request: &Request) -> Result<Map<String, Value>> {
    match serde_json::from_slice(request.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::bad("The body must be a JSON object.")),
        Err(error) => Err(Refusal::bad(format!("The body is not JSON: {error}."))),
    }
}

/// Refuses no rows and too many.
pub(super) fn check_rows(n_rows: usize) -> Result<()> {
    match n_rows {
        0 => Err(Refusal::bad(
            "There are no rows to predict. Give at least one.",
        )),
        n if n > MAX_ROWS => Err(Refusal::new(
            413,
            format!("There are {n} rows; up to {MAX_ROWS} are predicted at once."),
        )),
        _ => Ok(()),
    }
}

/// A list of objects, one a row.
pub(super) fn records(values: Vec<Value>, field: &str) -> Result<Table> {
    check_rows(values.len())?;
    let mut records = Vec::with_capacity(values.len());
    for (row, value) in values.into_iter().enumerate() {
        let Value::Object(record) = value else {
            let sentence = format!(
                "Row {} of \u{201c}{field}\u{201d} is not an object.",
                row + 1
            );
            return Err(Refusal::bad(sentence));
        };
        records.push(record);
    }
    Ok(table_from_records(&records)?)
}

/// A list of lists, one a row, its cells in the order of `names`.
pub(super) fn rows(names: Vec<String>, values: Vec<Value>, field: &str) -> Result<Table> {
    check_rows(values.len())?;
    let n_rows = values.len();
    let empty = |name| (name, Vec::with_capacity(n_rows));
    let mut columns: Vec<(String, Vec<Value>)> = names.into_iter().map(empty).collect();
    for (row, value) in values.into_iter().enumerate() {
        let cells = match value {
            Value::Array(cells) if cells.len() == columns.len() => cells,
            Value::Array(cells) => {
                let sentence = format!(
                    "Row {} of \u{201c}{field}\u{201d} has {} values; there are {} columns.",
                    row + 1,
                    cells.len(),
                    columns.len()
                );
                return Err(Refusal::bad(sentence));
            }
            _ => {
                let sentence = format!("Row {} of \u{201c}{field}\u{201d} is not a list.", row + 1);
                return Err(Refusal::bad(sentence));
            }
        };
        for ((_, column), cell) in columns.iter_mut().zip(cells) {
            column.push(cell);
        }
    }
    Ok(table_from_columns(&columns)?)
}

/// Columns by name, equally long.
pub(super) fn columns(columns: &[(String, Vec<Value>)]) -> Result<Table> {
    let n_rows = columns.first().map_or(0, |(_, values)| values.len());
    check_rows(n_rows)?;
    if let Some((name, values)) = columns.iter().find(|(_, values)| values.len() != n_rows) {
        let sentence = format!(
            "\u{201c}{name}\u{201d} has {} values, the first column has {n_rows}.",
            values.len()
        );
        return Err(Refusal::bad(sentence));
    }
    Ok(table_from_columns(columns)?)
}

/// The columns that a model reads, in their order.
pub(super) fn names(served: &Served) -> Vec<String> {
    let columns = served.artifact.pipeline.columns().iter();
    columns.map(|column| column.name.clone()).collect()
}
