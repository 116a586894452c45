//! `POST /predict`: `{"model": name, "data": [{column: value, …}, …], "explain": false}`.

use serde_json::{Map, Value, json};

use super::explain::explain;
use super::{Answer, Refusal, Request, Rest, Result, input};
use crate::protocol::RowPrediction;

/// Predicts records. Where one model is served its name may be left out.
pub(super) fn predict(rest: &Rest, request: &Request) -> Result<Answer> {
    input::media(request, false)?;
    let mut body = input::object(request)?;
    let name = match body.remove("model") {
        Some(Value::String(name)) => name,
        None if rest.models.len() == 1 => rest.first.clone(),
        _ => return Err(Refusal::bad("\u{201c}model\u{201d} must name a model.")),
    };
    let Some(Value::Array(data)) = body.remove("data") else {
        let sentence = "\u{201c}data\u{201d} must be a list of objects, one a row.";
        return Err(Refusal::bad(sentence));
    };
    let explains = match body.remove("explain") {
        None => false,
        Some(Value::Bool(explains)) => explains,
        Some(_) => {
            return Err(Refusal::bad(
                "\u{201c}explain\u{201d} must be true or false.",
            ));
        }
    };
    if let Some(key) = body.keys().next() {
        let sentence = format!(
            "\u{201c}{key}\u{201d} is not known here; give \u{201c}model\u{201d}, \u{201c}data\u{201d} and, where wanted, \u{201c}explain\u{201d}."
        );
        return Err(Refusal::bad(sentence));
    }
    let served = rest.model(&name)?;
    let rows = if explains { data.clone() } else { Vec::new() };
    let predictions = rest.predict_list(served, &input::records(data, "data")?)?;
    let labels = &predictions.labels;
    let mut told: Vec<Value> = predictions
        .rows
        .iter()
        .map(|row| told(row, labels))
        .collect();
    if explains {
        let effects = explain(rest, served, &rows, &predictions)?;
        for (told, effects) in told.iter_mut().zip(effects) {
            told["explanation"] = effects;
        }
    }
    Ok(Answer::json(&json!({
        "model": served.name,
        "version": served.version.to_string(),
        "predictions": told,
    })))
}

/// One row: probabilities by class; coordinates and score where the model has them.
fn told(row: &RowPrediction, labels: &[String]) -> Value {
    let mut told = Map::new();
    told.insert("prediction".into(), json!(row.prediction));
    if let Some(probabilities) = &row.probabilities {
        let by_class = labels
            .iter()
            .cloned()
            .zip(probabilities.iter().map(|p| json!(p)));
        told.insert(
            "probabilities".into(),
            by_class.collect::<Map<_, _>>().into(),
        );
    }
    if let Some(coordinates) = &row.coordinates {
        told.insert("coordinates".into(), json!(coordinates));
    }
    if let Some(score) = row.score {
        told.insert("score".into(), json!(score));
    }
    told.into()
}
