//! One file a command: arguments in, the core asked, words or JSON out.

pub mod algorithms;
pub mod convert;
pub mod describe;
pub mod evaluate;
pub mod export;
pub mod inspect;
pub mod models;
mod parameters;
mod parquet;
mod pickle;
pub mod predict;
mod progress;
pub mod push;
mod tracking;
pub mod train;

use handlens::data::Note;
use handlens::error::{Code, Error};
use handlens::prepare::Task;

use crate::failure::Failure;
use crate::output;

/// The core answered with another kind of response than was asked for.
pub fn unexpected() -> Failure {
    Error::new(
        Code::Internal,
        "The core answered another question than was asked.",
    )
    .into()
}

/// What was messy in a table, said beside the result.
fn tell_reading_notes(notes: &[Note]) {
    notes.iter().for_each(|note| output::note(&in_words(note)));
}

/// A note with its line where the sentence does not name it.
fn in_words(note: &Note) -> String {
    match note.line {
        Some(line) if !note.message.contains(&format!("ine {line}")) => {
            format!("Line {line}: {}", note.message)
        }
        _ => note.message.clone(),
    }
}

fn task_name(task: Task) -> &'static str {
    match task {
        Task::Classification => "classification",
        Task::Regression => "regression",
        Task::Clustering => "clustering",
        Task::Projection => "projection",
        Task::Anomaly => "anomaly",
    }
}
