//! The rows of a prediction request become a table.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::limits::{self, MAX_COLUMNS, MAX_ROWS};
use super::note::quoted;
use super::table::{Categories, Column, Table, Values};
use crate::error::{Code, Error, Result};
use crate::math::print_number;

/// Builds a table from JSON records, typed by the JSON itself: numbers, booleans, texts as
/// categories. Null and absent are missing; a column of mixed kinds is read as categories, one
/// without values as numbers. Columns come in order of first appearance.
///
/// ```
/// use handlens::data::table_from_records;
/// let records = serde_json::from_str::<Vec<_>>(r#"[{"a": 1, "b": "x"}, {"a": null}]"#)?;
/// let table = table_from_records(&records)?;
/// assert_eq!(table.n_rows(), 2);
/// assert!(table.column("a")?.is_missing(1) && table.column("b")?.is_missing(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Code::BadRequest`] where a value is a list or an object, [`Code::TooLarge`] above the limits.
pub fn table_from_records(records: &[Map<String, Value>]) -> Result<Table> {
    limits::check(records.len(), MAX_ROWS, "rows")?;
    let mut index_of = HashMap::new();
    let mut columns: Vec<(&str, Vec<&Value>)> = Vec::new();
    for (row, record) in records.iter().enumerate() {
        for (name, value) in record {
            check_cell(row, name, value)?;
            let index = *index_of.entry(name.as_str()).or_insert(columns.len());
            if index == columns.len() {
                limits::check(index + 1, MAX_COLUMNS, "columns")?;
                columns.push((name, Vec::with_capacity(records.len())));
            }
            if let Some((_, values)) = columns.get_mut(index) {
                values.resize(row, &Value::Null);
                values.push(value);
            }
        }
    }
    let columns = columns.into_iter().map(|(name, mut values)| {
        values.resize(records.len(), &Value::Null);
        Column {
            name: name.to_owned(),
            values: typed(&values),
        }
    });
    Table::new(columns.collect())
}

/// Builds a table from columns of JSON values, all equally long; typed as
/// [`table_from_records`] types them.
///
/// ```
/// use handlens::data::table_from_columns;
/// let table = table_from_columns(&[("a".into(), vec![1.into(), 2.into()])])?;
/// assert_eq!(table.n_rows(), 2);
/// # Ok::<(), handlens::error::Error>(())
/// ```
///
/// # Errors
/// As [`table_from_records`], and as [`Table::new`] where lengths differ or a name comes twice.
pub fn table_from_columns(columns: &[(String, Vec<Value>)]) -> Result<Table> {
    limits::check(columns.len(), MAX_COLUMNS, "columns")?;
    let mut made = Vec::with_capacity(columns.len());
    for (name, values) in columns {
        limits::check(values.len(), MAX_ROWS, "rows")?;
        for (row, value) in values.iter().enumerate() {
            check_cell(row, name, value)?;
        }
        made.push(Column {
            name: name.clone(),
            values: typed(&values.iter().collect::<Vec<_>>()),
        });
    }
    Table::new(made)
}

fn check_cell(row: usize, name: &str, value: &Value) -> Result<()> {
    if !value.is_array() && !value.is_object() {
        return Ok(());
    }
    let message = format!(
        "Row {} has a list or an object in {}; each value must be a number, a text, true, false \
         or null.",
        row + 1,
        quoted(name)
    );
    Err(Error::new(Code::BadRequest, message).in_column(name))
}

fn typed(values: &[&Value]) -> Values {
    let mut present = values.iter().filter(|value| !value.is_null());
    if present.clone().all(|value| value.is_number()) {
        let numbers = values
            .iter()
            .map(|value| value.as_f64().unwrap_or(f64::NAN));
        return Values::Number(numbers.collect());
    }
    if present.all(|value| value.is_boolean()) {
        return Values::Boolean(values.iter().map(|value| value.as_bool()).collect());
    }
    let texts: Vec<Option<String>> = values.iter().map(|value| text(value)).collect();
    Values::Category(Categories::from_texts(texts.iter().map(Option::as_deref)))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => number.as_f64().map(print_number),
        _ => None,
    }
}
