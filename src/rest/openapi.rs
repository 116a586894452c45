//! `GET /openapi.json`: what can be asked, and the columns of each model.

use serde_json::{Map, Value, json};

use super::{Answer, Rest, Served};
use crate::data::ColumnType;
use crate::prepare::{FittedColumn, Steps};

/// The document, by OpenAPI 3.1.
pub(super) fn document(rest: &Rest) -> Answer {
    let mut schemas = Map::new();
    for served in rest.models.values() {
        schemas.insert(served.name.clone(), record(served));
    }
    let names: Vec<String> = schemas.keys().cloned().collect();
    let record = json!({ "anyOf": names.iter().map(|name| json!({ "$ref": format!("#/components/schemas/{name}") })).collect::<Vec<_>>() });
    let names = addresses(rest);
    let parameter = |name: &str, schema: Value| json!({ "name": name, "in": "path", "required": true, "schema": schema });
    let model = json!([parameter("model", json!({ "enum": names }))]);
    let version = json!([
        parameter("model", json!({ "enum": names })),
        parameter("version", json!({ "type": "string" })),
    ]);
    let mut predict = object(json!({
        "model": { "enum": names },
        "data": { "type": "array", "items": record },
    }));
    predict["properties"]["explain"] = json!({ "type": "boolean", "default": false });
    let tensor = object(json!({
        "name": { "type": "string" },
        "datatype": { "type": "string" },
        "shape": { "type": "array", "items": { "type": "integer" } },
        "data": { "type": "array" },
    }));
    let infer = object(json!({ "inputs": { "type": "array", "items": tensor } }));
    let mlflow = json!({ "type": "object" });
    Answer::json(&json!({
        "openapi": "3.1.0",
        "info": { "title": "Handlens", "version": env!("CARGO_PKG_VERSION") },
        "paths": {
            "/predict": { "post": operation("Predict rows", &[("application/json", predict)]) },
            "/v2": { "get": operation("The server", &[]) },
            "/v2/health/live": { "get": operation("Whether the server lives", &[]) },
            "/v2/health/ready": { "get": operation("Whether the server is ready", &[]) },
            "/v2/models/{model}": { "parameters": model, "get": operation("The tensors of a model", &[]) },
            "/v2/models/{model}/ready": { "parameters": model, "get": operation("Whether a model is ready", &[]) },
            "/v2/models/{model}/infer": { "parameters": model, "post": operation("Predict tensors", &[("application/json", infer.clone())]) },
            "/v2/models/{model}/versions/{version}": { "parameters": version, "get": operation("The tensors of a version", &[]) },
            "/v2/models/{model}/versions/{version}/ready": { "parameters": version, "get": operation("Whether a version is ready", &[]) },
            "/v2/models/{model}/versions/{version}/infer": { "parameters": version, "post": operation("Predict tensors with a version", &[("application/json", infer)]) },
            "/ping": { "get": operation("Whether the server lives", &[]) },
            "/health": { "get": operation("Whether the server lives", &[]) },
            "/version": { "get": operation("The version of Handlens", &[]) },
            "/invocations": { "post": operation("Predict rows, as MLflow does", &[
                ("application/json", mlflow),
                ("text/csv", json!({ "type": "string" })),
            ]) },
            "/metrics": { "get": operation("Counters", &[]) },
        },
        "components": { "schemas": schemas },
    }))
}

/// Everything that a path may name a model by.
fn addresses(rest: &Rest) -> Vec<&String> {
    rest.models.keys().chain(rest.versions.keys()).collect()
}

/// An object of which every property is required.
fn object(properties: Value) -> Value {
    let names: Vec<&String> = properties
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

fn operation(summary: &str, bodies: &[(&str, Value)]) -> Value {
    let mut operation = json!({
        "summary": summary,
        "responses": {
            "200": { "description": "Done" },
            "default": { "description": "Refused, with a sentence that says why" },
        },
    });
    if !bodies.is_empty() {
        let content = bodies
            .iter()
            .map(|(media, schema)| ((*media).to_owned(), json!({ "schema": schema })));
        operation["requestBody"] =
            json!({ "required": true, "content": content.collect::<Map<_, _>>() });
    }
    operation
}

/// One row of a model.
fn record(served: &Served) -> Value {
    let property = |column: &FittedColumn| {
        let kind = match (&column.steps, column.column_type) {
            (Steps::Number { .. }, _) => "number",
            (_, ColumnType::Boolean) => "boolean",
            _ => "string",
        };
        let mut examples = vec![column.typical()];
        if let (Steps::Category { levels, .. }, "string") = (&column.steps, kind) {
            let others = levels.iter().map(|level| json!(level));
            let others: Vec<Value> = others.filter(|level| *level != examples[0]).collect();
            examples.extend(others);
        }
        if kind == "boolean" {
            examples = vec![json!(examples[0] == "true")];
        }
        let schema = json!({ "type": [kind, "null"], "examples": examples });
        (column.name.clone(), schema)
    };
    let columns = served.artifact.pipeline.columns().iter();
    object(columns.map(property).collect::<Map<_, _>>().into())
}
