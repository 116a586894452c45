//! `handlens describe`: what is in a table.

use handlens::data::{ColumnProfile, ColumnType, Dialect, Format};
use handlens::protocol::TableSummary;
use handlens::session::Session;

use super::in_words;
use crate::cli::Data;
use crate::failure::Result;
use crate::input::read_table;
use crate::output::{print, print_json, visible};
use crate::report::{counted, cut, list, short, table};

/// Reads the table and prints its summary.
pub fn run(data: &Data, is_json: bool) -> Result<()> {
    let summary = read_table(&mut Session::new(), data)?;
    if is_json {
        print_json(&summary)
    } else {
        print(&visible(&report(&summary)))
    }
}

fn report(summary: &TableSummary) -> String {
    let mut rows: Vec<Vec<String>> = vec![
        ["column", "type", "missing", "distinct", "values"]
            .map(str::to_owned)
            .into(),
    ];
    rows.extend(summary.columns.iter().map(profile_row));
    let notes: Vec<String> = summary.notes.iter().map(in_words).collect();
    format!(
        "{}: {}, {}\n{}\n\n{}{}{}",
        summary.name,
        counted(summary.n_rows, "row", "rows"),
        counted(summary.columns.len(), "column", "columns"),
        dialect(&summary.dialect),
        table(&rows),
        list(
            "What to know about the columns",
            &column_notes(&summary.columns)
        ),
        list("What was messy in the file", &notes),
    )
}

fn profile_row(column: &ColumnProfile) -> Vec<String> {
    vec![
        cut(&column.name, 40),
        type_name(column.column_type).to_owned(),
        column.n_missing.to_string(),
        column.n_distinct.to_string(),
        values(column),
    ]
}

/// The range of numbers, the most frequent of everything else.
fn values(column: &ColumnProfile) -> String {
    if let (Some(min), Some(max), Some(mean)) = (column.min, column.max, column.mean) {
        return format!("{} to {}, mean {}", short(min), short(max), short(mean));
    }
    let top = column.top_values.iter().take(3);
    let top: Vec<String> = top
        .map(|top| format!("{} ({})", cut(&top.value, 24), top.count))
        .collect();
    top.join(", ")
}

fn column_notes(columns: &[ColumnProfile]) -> Vec<String> {
    let of = |column: &ColumnProfile| -> Vec<String> {
        column
            .notes
            .iter()
            .map(|note| format!("{}: {note}", cut(&column.name, 40)))
            .collect()
    };
    columns.iter().flat_map(of).collect()
}

fn dialect(dialect: &Dialect) -> String {
    let encoding = serde_json::to_value(dialect.encoding).unwrap_or_default();
    let encoding = encoding.as_str().unwrap_or("?");
    if dialect.format == Format::Json {
        return format!("JSON, {encoding}");
    }
    let delimiter = match dialect.delimiter {
        Some('\t') => "a tab".to_owned(),
        Some(' ') => "blanks".to_owned(),
        Some(delimiter) => format!("\u{201c}{delimiter}\u{201d}"),
        None => "nothing".to_owned(),
    };
    let header = if dialect.has_header {
        "a header line"
    } else {
        "no header line"
    };
    let comma = if dialect.decimal_comma {
        ", decimal commas"
    } else {
        ""
    };
    format!("Delimited text, {encoding}, cells separated by {delimiter}, {header}{comma}")
}

fn type_name(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Number => "number",
        ColumnType::Category => "category",
        ColumnType::Boolean => "boolean",
        ColumnType::Text => "text",
    }
}
