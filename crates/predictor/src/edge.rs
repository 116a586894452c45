//! The door to JavaScript.

use handlens::error::{Code, Error, Result};
use handlens::protocol::Record;
use handlens::session::Predictor;
use serde_json::json;
use wasm_bindgen::prelude::*;

/// A model in this instance's memory.
#[wasm_bindgen]
pub struct LoadedModel {
    predictor: Predictor,
    csv: Vec<u8>,
}

#[wasm_bindgen]
impl LoadedModel {
    /// Reads the bytes of an artifact.
    ///
    /// # Errors
    /// Throws the text of `{ code, message, place }`.
    #[wasm_bindgen(constructor)]
    pub fn new(artifact: &[u8]) -> std::result::Result<LoadedModel, String> {
        let predictor = Predictor::load(artifact).map_err(|error| thrown(&error))?;
        let csv = Vec::new();
        Ok(Self { predictor, csv })
    }

    /// The `ModelSummary` of the protocol, as JSON.
    ///
    /// # Errors
    /// As [`LoadedModel::new`].
    pub fn inspect(&self) -> std::result::Result<String, String> {
        answer(serde_json::to_string(&self.predictor.inspect()).map_err(broken))
    }

    /// Predicts rows, a JSON list of objects; the answer is `Predictions` of the protocol.
    ///
    /// # Errors
    /// As [`LoadedModel::new`].
    pub fn predict(&self, rows: &str) -> std::result::Result<String, String> {
        answer(self.predict_rows(rows))
    }

    /// Predicts a file. The answer is `Predictions` of its first rows; the whole as CSV is then
    /// taken with [`LoadedModel::take_csv`].
    ///
    /// # Errors
    /// As [`LoadedModel::new`].
    #[wasm_bindgen(js_name = predictFile)]
    pub fn predict_file(
        &mut self,
        name: &str,
        bytes: &[u8],
        preview: usize,
        is_formula_safe: bool,
    ) -> std::result::Result<String, String> {
        let predicted = self
            .predictor
            .predict_file(name, bytes, preview, is_formula_safe);
        answer(predicted.and_then(|(predictions, csv)| {
            self.csv = csv;
            serde_json::to_string(&predictions).map_err(broken)
        }))
    }

    /// The CSV of the last file, once.
    #[wasm_bindgen(js_name = takeCsv)]
    pub fn take_csv(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.csv)
    }
}

impl LoadedModel {
    fn predict_rows(&self, rows: &str) -> Result<String> {
        let rows: Vec<Record> = serde_json::from_str(rows).map_err(|error| {
            let message = format!("The rows cannot be understood: {error}.");
            Error::new(Code::BadRequest, message).in_field("rows")
        })?;
        serde_json::to_string(&self.predictor.predict(&rows)?).map_err(broken)
    }
}

fn broken(error: serde_json::Error) -> Error {
    let message = format!("The answer cannot be written: {error}.");
    Error::new(Code::Internal, message)
}

fn answer(result: Result<String>) -> std::result::Result<String, String> {
    result.map_err(|error| thrown(&error))
}

fn thrown(error: &Error) -> String {
    json!({ "code": error.code().as_str(), "message": error.to_string(), "place": error.place() })
        .to_string()
}
