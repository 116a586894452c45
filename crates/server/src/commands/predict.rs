//! `handlens predict`: a model asked about every row of a table.

use handlens::protocol::{Request, Response};
use handlens::session::Session;

use super::{tell_reading_notes, unexpected};
use crate::cli::Predict;
use crate::failure::Result;
use crate::input::{load_model, read_table};
use crate::output;

/// Predicts and writes CSV, or all rows as JSON.
pub fn run(options: &Predict, is_json: bool) -> Result<()> {
    let mut session = Session::new();
    let model = load_model(&mut session, &options.model)?.model;
    let table = read_table(&mut session, &options.data)?;
    let request = Request::PredictTable {
        model,
        table: table.table,
        preview: if is_json { table.n_rows } else { 0 },
        includes_input: options.with_input,
        is_formula_safe: options.formula_safe,
    };
    let reply = session.handle(request, &[])?;
    let (Response::Predictions(predictions), Some(csv)) = (reply.response, reply.bytes) else {
        return Err(unexpected());
    };
    if is_json {
        let mut json = serde_json::to_vec(&predictions).map_err(|_| unexpected())?;
        json.push(b'\n');
        return output::write(options.out.as_deref(), &json);
    }
    tell_reading_notes(&table.notes);
    predictions.notes.iter().for_each(|note| output::note(note));
    output::write(options.out.as_deref(), &csv)
}
