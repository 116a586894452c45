//! `handlens evaluate`: a model judged on a table that has the right answers.

use handlens::protocol::{Request, Response};
use handlens::session::Session;

use super::{tell_reading_notes, unexpected};
use crate::cli::Evaluate;
use crate::failure::Result;
use crate::input::{load_model, read_table};
use crate::output::{print, print_json, visible};
use crate::report;

/// Judges and prints the scores.
pub fn run(options: &Evaluate, is_json: bool) -> Result<()> {
    let mut session = Session::new();
    let model = load_model(&mut session, &options.model)?;
    let table = read_table(&mut session, &options.data)?;
    let request = Request::EvaluateOn {
        model: model.model,
        table: table.table,
    };
    let Response::Evaluation(evaluation) = session.handle(request, &[])?.response else {
        return Err(unexpected());
    };
    if is_json {
        return print_json(&evaluation);
    }
    tell_reading_notes(&table.notes);
    let heading = format!("{} on {}\n", model.name, table.name);
    print(&visible(
        &(heading + &report::judged(&evaluation, "this table")),
    ))
}
