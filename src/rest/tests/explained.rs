//! What each column does to an answer.

use serde_json::{Value, json};

use super::*;

fn explained(known: &Known, rows: &[Value]) -> Vec<Value> {
    let body = json!({ "model": "m", "data": rows, "explain": true });
    let (status, answer) = post(&known.served(), "/predict", &body);
    assert_eq!(status, 200, "{answer}");
    answer["predictions"].as_array().unwrap().clone()
}

/// What `/predict` says of one row.
fn answer(known: &Known, row: &Value) -> Value {
    let body = json!({ "model": "m", "data": [row] });
    post(&known.served(), "/predict", &body).1["predictions"][0].clone()
}

#[test]
fn an_effect_is_what_the_typical_value_would_change() {
    for (known, probability) in [(classes(), true), (numbers(), false)] {
        let rows = &known.records()[3..6];
        for (row, told) in rows.iter().zip(explained(known, rows)) {
            let own = answer(known, row);
            assert_eq!(own["prediction"], told["prediction"]);
            let effects = told["explanation"].as_array().unwrap();
            assert_eq!(effects.len(), row.as_object().unwrap().len());
            let mut last = f64::INFINITY;
            for effect in effects {
                let mut other = row.clone();
                other[effect["column"].as_str().unwrap()] = effect["typical"].clone();
                let other = answer(known, &other);
                assert_eq!(effect["prediction"], other["prediction"]);
                let number = |answer: &Value| match probability {
                    true => answer["probabilities"][own["prediction"].as_str().unwrap()].as_f64(),
                    false => answer["prediction"].as_f64(),
                };
                let change = number(&own).unwrap() - number(&other).unwrap();
                assert_eq!(effect["effect"].as_f64().unwrap(), change);
                assert!(change.abs() <= last, "the largest come first");
                last = change.abs();
            }
        }
    }
}

#[test]
fn numbers_of_clusters_have_no_difference() {
    let known = known("iris", None, "kmeans");
    let told = explained(&known, &known.records()[..1]);
    let effects = told[0]["explanation"].as_array().unwrap();
    assert!(!effects.is_empty());
    assert!(effects.iter().all(|effect| effect["effect"].is_null()));
}

#[test]
fn too_much_to_explain_is_refused() {
    let known = classes();
    let row = known.records()[0].clone();
    let body = json!({ "data": vec![row; 20_000], "explain": true });
    let (status, answer) = post(&known.served(), "/predict", &body);
    assert_eq!(status, 413);
    assert!(
        answer["error"].as_str().unwrap().contains("fewer rows"),
        "{answer}"
    );
    let body = json!({ "data": [{}], "explain": 1 });
    assert_eq!(post(&known.served(), "/predict", &body).0, 400);
}
