//! The Open Inference Protocol, version 2: one named tensor a column, `[N]` or `[N, 1]`.
//!
//! Numbers are taken as they are written, whatever the width of their type, so an `FP32` of 0.1
//! is 0.1. A null is a gap.

use serde_json::{Map, Value, json};

use super::{Answer, MODEL_VERSION, Refusal, Request, Rest, Result, Served, input};
use crate::data::{Column, ColumnType, Table, Values};
use crate::prepare::Steps;
use crate::session::{cell_value, predict_typical};

/// `GET /v2`.
pub(super) fn server() -> Answer {
    Answer::json(&json!({
        "name": "handlens",
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": [],
    }))
}

/// `GET /v2/models/{m}`.
pub(super) fn metadata(served: &Served) -> Result<Answer> {
    let pipeline = &served.artifact.pipeline;
    let tensor =
        |name: &str, datatype: &str| json!({ "name": name, "datatype": datatype, "shape": [-1] });
    let inputs = pipeline.columns().iter().map(|column| {
        let datatype = match (&column.steps, column.column_type) {
            (Steps::Number { .. }, _) => "FP64",
            (_, ColumnType::Boolean) => "BOOL",
            _ => "BYTES",
        };
        tensor(&column.name, datatype)
    });
    let columns = predict_typical(pipeline, &served.artifact.model)?;
    let outputs = columns
        .iter()
        .map(|column| tensor(&column.name, datatype(column)));
    Ok(Answer::json(&json!({
        "name": served.name,
        "versions": [MODEL_VERSION],
        "platform": "handlens_safetensors",
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
    })))
}

/// `POST /v2/models/{m}/infer`.
pub(super) fn infer(rest: &Rest, served: &Served, request: &Request) -> Result<Answer> {
    input::media(request, false)?;
    let mut body = input::object(request)?;
    let id = match body.remove("id") {
        None => None,
        Some(Value::String(id)) => Some(id),
        Some(_) => return Err(Refusal::bad("\u{201c}id\u{201d} must be a text.")),
    };
    let wanted = body.remove("outputs").map(wanted).transpose()?;
    let Some(Value::Array(inputs)) = body.remove("inputs") else {
        return Err(Refusal::bad(
            "\u{201c}inputs\u{201d} must be a list of tensors.",
        ));
    };
    let columns = rest.predict_columns(served, &table(inputs)?)?;
    let outputs: Vec<Value> = match wanted {
        None => columns.iter().map(output).collect(),
        Some(names) => names
            .iter()
            .map(|name| {
                let found = columns.iter().find(|column| column.name == *name);
                found.map(output).ok_or_else(|| {
                    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
                    Refusal::bad(format!(
                        "There is no output \u{201c}{name}\u{201d}; there are: {}.",
                        names.join(", ")
                    ))
                })
            })
            .collect::<Result<_>>()?,
    };
    let mut answer = Map::new();
    answer.insert("model_name".into(), served.name.as_str().into());
    answer.insert("model_version".into(), MODEL_VERSION.into());
    if let Some(id) = id {
        answer.insert("id".into(), id.into());
    }
    answer.insert("outputs".into(), outputs.into());
    Ok(Answer::json(&answer.into()))
}

/// The names of the outputs that are asked for.
fn wanted(outputs: Value) -> Result<Vec<String>> {
    let refuse = || {
        Refusal::bad(
            "\u{201c}outputs\u{201d} must be a list of objects with a \u{201c}name\u{201d} each.",
        )
    };
    let Value::Array(outputs) = outputs else {
        return Err(refuse());
    };
    let name = |output: &Value| output.get("name")?.as_str().map(str::to_owned);
    outputs
        .iter()
        .map(|output| name(output).ok_or_else(refuse))
        .collect()
}

/// A column of predictions as a tensor.
fn output(column: &Column) -> Value {
    let n_rows = column.len();
    let data: Vec<Value> = (0..n_rows).map(|row| cell_value(column, row)).collect();
    json!({ "name": column.name, "datatype": datatype(column), "shape": [n_rows], "data": data })
}

/// The type of a column of predictions.
fn datatype(column: &Column) -> &'static str {
    match column.values {
        Values::Number(_) => "FP64",
        Values::Boolean(_) => "BOOL",
        Values::Category(_) | Values::Text(_) => "BYTES",
    }
}

fn table(inputs: Vec<Value>) -> Result<Table> {
    let mut columns: Vec<(String, Vec<Value>)> = Vec::with_capacity(inputs.len());
    for input in inputs {
        columns.push(tensor(input)?);
    }
    input::columns(&columns)
}

fn tensor(input: Value) -> Result<(String, Vec<Value>)> {
    let Value::Object(mut input) = input else {
        return Err(Refusal::bad(
            "Each of \u{201c}inputs\u{201d} must be an object.",
        ));
    };
    let Some(Value::String(name)) = input.remove("name") else {
        return Err(Refusal::bad(
            "Each input needs a \u{201c}name\u{201d}: that of a column.",
        ));
    };
    let refuse = |what: String| Refusal::bad(format!("Input \u{201c}{name}\u{201d}: {what}."));
    let datatype = match input.remove("datatype") {
        Some(Value::String(datatype)) => datatype,
        _ => return Err(refuse("it needs a \u{201c}datatype\u{201d}".into())),
    };
    let shape = input.get("shape").and_then(shape);
    let Some(n_rows) = shape else {
        return Err(refuse("\u{201c}shape\u{201d} must be [N] or [N, 1]".into()));
    };
    let Some(Value::Array(data)) = input.remove("data") else {
        return Err(refuse("\u{201c}data\u{201d} must be a list".into()));
    };
    // [[1], [2]] and [1, 2] say the same.
    let mut values = Vec::with_capacity(data.len());
    for value in data {
        match value {
            Value::Array(inner) => values.extend(inner),
            value => values.push(value),
        }
    }
    if values.len() != n_rows {
        let what = format!(
            "its shape speaks of {n_rows} values, its data has {}",
            values.len()
        );
        return Err(refuse(what));
    }
    let fits = fits(&datatype).ok_or_else(|| {
        refuse(format!(
            "the datatype \u{201c}{datatype}\u{201d} is not read here"
        ))
    })?;
    if let Some(place) = values
        .iter()
        .position(|value| !value.is_null() && !fits(value))
    {
        return Err(refuse(format!(
            "value {} is not of type {datatype}",
            place + 1
        )));
    }
    Ok((name, values))
}

/// The number of rows of a shape `[N]` or `[N, 1]`.
fn shape(shape: &Value) -> Option<usize> {
    let n = match shape.as_array()?.as_slice() {
        [n] => n,
        [n, one] if one.as_u64() == Some(1) => n,
        _ => return None,
    };
    usize::try_from(n.as_u64()?).ok()
}

/// Which values are of a type.
fn fits(datatype: &str) -> Option<fn(&Value) -> bool> {
    fn signed(value: &Value, bits: u32) -> bool {
        value
            .as_i64()
            .is_some_and(|n| n >> (bits - 1) == 0 || n >> (bits - 1) == -1)
    }
    fn unsigned(value: &Value, bits: u32) -> bool {
        value.as_u64().is_some_and(|n| bits == 64 || n >> bits == 0)
    }
    Some(match datatype {
        "FP16" | "FP32" | "FP64" => Value::is_number,
        "INT8" => |value| signed(value, 8),
        "INT16" => |value| signed(value, 16),
        "INT32" => |value| signed(value, 32),
        "INT64" => |value| signed(value, 64),
        "UINT8" => |value| unsigned(value, 8),
        "UINT16" => |value| unsigned(value, 16),
        "UINT32" => |value| unsigned(value, 32),
        "UINT64" => |value| unsigned(value, 64),
        "BOOL" => Value::is_boolean,
        "BYTES" => Value::is_string,
        _ => return None,
    })
}
