//! `"explain": true`: what each column of a row does to its answer.
//!
//! The row is asked again once for each column, with that column at its typical value (the median
//! or the most frequent level of the training rows) and the others as they are. What this moves is
//! the effect of the column: of a number the difference of both answers, of a class the difference
//! of its probability, of an anomaly that of its score. Columns that act only together each show what they do beside the others of
//! this row; effects do not add up to the answer.
//!
//! Cost: a prediction for each row and column.

use serde_json::{Value, json};

use super::{MAX_ROWS, Refusal, Rest, Result, Served, input};
use crate::prepare::Task;
use crate::protocol::{Predictions, RowPrediction};
use crate::settings::Setting;

/// For each row the effects of its columns, the largest first.
///
/// - `rows`: records as asked; `answers`: what was answered to them.
pub(super) fn explain(
    rest: &Rest,
    served: &Served,
    rows: &[Value],
    answers: &Predictions,
) -> Result<Vec<Value>> {
    let columns = served.artifact.pipeline.columns();
    if rows.len() * columns.len() > MAX_ROWS {
        let sentence = format!(
            "Explaining {} rows of {} columns takes more than {MAX_ROWS} predictions. Ask for fewer rows at once.",
            rows.len(),
            columns.len()
        );
        return Err(Refusal::new(413, sentence));
    }
    if columns.is_empty() {
        return Ok(vec![json!([]); rows.len()]);
    }
    let changed = rows.iter().flat_map(|row| {
        columns.iter().map(move |column| {
            let mut row = row.as_object().cloned().unwrap_or_default();
            row.insert(column.name.clone(), column.typical());
            Value::Object(row)
        })
    });
    let others = rest.predict_list(served, &input::records(changed.collect(), "data")?)?;
    let of_rows = answers.rows.iter().zip(others.rows.chunks(columns.len()));
    Ok(of_rows
        .map(|(answer, others)| {
            let pairs = columns.iter().zip(others);
            let mut effects: Vec<(f64, Value)> = pairs
                .map(|(column, other)| {
                    let effect = effect(served.artifact.task, answer, other, &answers.labels);
                    let told = json!({
                        "column": column.name,
                        "typical": column.typical(),
                        "prediction": other.prediction,
                        "effect": effect,
                    });
                    (effect.map_or(0.0, f64::abs), told)
                })
                .collect();
            effects.sort_by(|a, b| b.0.total_cmp(&a.0));
            Value::Array(effects.into_iter().map(|(_, told)| told).collect())
        })
        .collect())
}

/// By how much an answer is above another one; none where they are no numbers.
fn effect(
    task: Task,
    answer: &RowPrediction,
    other: &RowPrediction,
    labels: &[String],
) -> Option<f64> {
    if let (Some(own), Some(others)) = (&answer.probabilities, &other.probabilities) {
        let Some(Setting::Text(class)) = &answer.prediction else {
            return None;
        };
        let class = labels.iter().position(|label| label == class)?;
        return Some(own.get(class)? - others.get(class)?);
    }
    if let (Some(own), Some(others)) = (answer.score, other.score) {
        return Some(own - others);
    }
    match (&answer.prediction, &other.prediction) {
        // The numbers of clusters are names.
        (Some(Setting::Number(own)), Some(Setting::Number(others))) if task == Task::Regression => {
            Some(own - others)
        }
        _ => None,
    }
}
