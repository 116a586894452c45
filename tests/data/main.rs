//! The data floor: files become tables. Each test case is one line: what is read, what is found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod csv;
mod describe;
mod files;
mod hostile;
mod json;
mod write;

use handlens::data::{ColumnType, ReadOptions, Reading, read};
use handlens::error::Result;

/// `name:type value|value|…` for each column, `~` for missing, then `!code@line` for each note.
pub fn show(reading: &Reading) -> String {
    let mut parts = Vec::new();
    for column in reading.table.columns() {
        let kind = match column.column_type() {
            ColumnType::Number => "num",
            ColumnType::Category => "cat",
            ColumnType::Boolean => "bool",
            ColumnType::Text => "text",
        };
        let cells: Vec<String> = (0..column.len())
            .map(|row| column.text(row).map_or("~".into(), |t| t.into_owned()))
            .collect();
        parts.push(format!("{}:{kind} {}", column.name, cells.join("|")));
    }
    for note in &reading.notes {
        assert!(
            note.message.ends_with(['.', '\u{201d}']),
            "a sentence: {}",
            note.message
        );
        let line = note.line.map_or(String::new(), |line| format!("@{line}"));
        parts.push(format!("!{}{line}", note.code));
    }
    parts.join("; ")
}

/// What reading gives: [`show`], or the code and sentence of the error.
pub fn found(result: Result<Reading>) -> String {
    match result {
        Ok(reading) => show(&reading),
        Err(error) => format!("{}: {error}", error.code()),
    }
}

/// Reads `input` without options; `expected` as in [`found`].
#[track_caller]
pub fn check(input: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(
        found(read(input.as_ref(), &ReadOptions::default())),
        expected
    );
}

/// Reads `input` with options written as JSON.
#[track_caller]
pub fn check_with(options: &str, input: impl AsRef<[u8]>, expected: &str) {
    let options = serde_json::from_str(options).unwrap();
    assert_eq!(found(read(input.as_ref(), &options)), expected);
}

/// Reads `input`, which must be refused; `part` must occur in the sentence.
#[track_caller]
pub fn check_refused(input: impl AsRef<[u8]>, part: &str) {
    let found = found(read(input.as_ref(), &ReadOptions::default()));
    assert!(
        found.starts_with("not_a_table: ") && found.contains(part),
        "{found}"
    );
    assert!(found.ends_with('.'), "{found}");
}
