//! Tables become text again: CSV by RFC 4180 and JSON records.
//!
//! A [`Reading`] is written with the original text of its cells, so `1.50` stays `1.50`; a
//! [`Table`] in canonical form. Either reads back to the same table.

use std::borrow::Cow;

use super::read::Reading;
use super::table::{ColumnType, Table};

/// How a delimited file is written.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct WriteOptions {
    /// What separates cells.
    #[cfg_attr(feature = "typescript", ts(as = "Option<_>", optional))]
    pub delimiter: char,
    /// Whether texts that a spreadsheet would run as a formula get an apostrophe in front.
    /// [`super::ReadOptions::formula_safe`] takes it back.
    #[cfg_attr(feature = "typescript", ts(as = "Option<_>", optional))]
    pub formula_safe: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            delimiter: ',',
            formula_safe: false,
        }
    }
}

/// A table that can tell the text of its cells.
pub trait Written {
    /// Its typed columns.
    fn table(&self) -> &Table;

    /// The text of a cell, `None` where missing.
    fn text(&self, row: usize, column: usize) -> Option<Cow<'_, str>>;

    /// Whether a cell must be quoted to keep its meaning.
    fn wants_quotes(&self, row: usize, column: usize) -> bool;
}

impl Written for Table {
    fn table(&self) -> &Table {
        self
    }

    fn text(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        self.columns().get(column)?.text(row)
    }

    /// A text that is empty or looks like a missing mark.
    fn wants_quotes(&self, row: usize, column: usize) -> bool {
        let column = self.columns().get(column);
        column.is_some_and(|column| {
            matches!(
                column.column_type(),
                ColumnType::Text | ColumnType::Category
            ) && column
                .text(row)
                .is_some_and(|text| super::number::is_missing_mark(text.trim()))
        })
    }
}

impl Written for Reading {
    fn table(&self) -> &Table {
        &self.table
    }

    fn text(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        self.cell_text(row, column).map(Cow::Borrowed)
    }

    fn wants_quotes(&self, row: usize, column: usize) -> bool {
        self.is_quoted(row, column)
    }
}

/// Writes a header line and one line a row, ended by `\n`; a row without any value is `NA` in its
/// first cell, so that it is not a blank line.
///
/// ```
/// use handlens::data::{ReadOptions, WriteOptions, read, write_csv};
/// let reading = read(b"a;b\n1.50;\"x;y\"\n2.00;z\n", &ReadOptions::default())?;
/// let csv = write_csv(&reading, &WriteOptions::default());
/// assert_eq!(csv, "a,b\n1.50,\"x;y\"\n2.00,z\n");
/// # Ok::<(), handlens::error::Error>(())
/// ```
pub fn write_csv(source: &impl Written, options: &WriteOptions) -> String {
    let table = source.table();
    let mut csv = Csv {
        text: String::new(),
        options,
    };
    for (index, column) in table.columns().iter().enumerate() {
        csv.cell(index, &column.name, true, false);
    }
    csv.text.push('\n');
    for row in 0..table.n_rows() {
        let is_empty = |column| source.text(row, column).is_none_or(|text| text.is_empty());
        let is_blank = (0..table.columns().len())
            .all(|column| is_empty(column) && !source.wants_quotes(row, column));
        for (index, column) in table.columns().iter().enumerate() {
            let is_text = !matches!(
                column.column_type(),
                ColumnType::Number | ColumnType::Boolean
            );
            let text = source.text(row, index).unwrap_or_default();
            let text = if is_blank && index == 0 { "NA" } else { &*text };
            csv.cell(index, text, is_text, source.wants_quotes(row, index));
        }
        csv.text.push('\n');
    }
    csv.text
}

struct Csv<'a> {
    text: String,
    options: &'a WriteOptions,
}

impl Csv<'_> {
    fn cell(&mut self, index: usize, text: &str, is_text: bool, wants_quotes: bool) {
        if index > 0 {
            self.text.push(self.options.delimiter);
        }
        let is_guarded = self.options.formula_safe && is_text && is_formula(text);
        let is_special =
            |c: char| matches!(c, '"' | '\n' | '\r' | '\0') || c == self.options.delimiter;
        let starts_comment = index == 0 && text.starts_with('#');
        let is_padded = text.trim().len() != text.len();
        if wants_quotes || is_guarded || is_padded || starts_comment || text.contains(is_special) {
            self.text.push('"');
            self.text.push_str(if is_guarded { "'" } else { "" });
            self.text.push_str(&text.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(text);
        }
    }
}

/// Whether a spreadsheet could take a text for a formula, or the apostrophe that guards one for
/// its own.
fn is_formula(text: &str) -> bool {
    const STARTS: [char; 11] = [
        '=', '+', '-', '@', '\t', '\r', '\0', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    text.trim_start_matches('\'').starts_with(STARTS)
}

/// The text before [`Csv::cell`] guarded it.
pub(super) fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => text,
    }
}

/// Writes a list of records, one a line. Numbers keep their original text where that is JSON.
///
/// ```
/// use handlens::data::{ReadOptions, read, write_json};
/// let reading = read(b"a,b\n1.50,x\n.5,\n", &ReadOptions::default())?;
/// let json = write_json(&reading);
/// assert_eq!(json, "[\n{\"a\":1.50,\"b\":\"x\"},\n{\"a\":0.5,\"b\":null}\n]\n");
/// # Ok::<(), handlens::error::Error>(())
/// ```
pub fn write_json(source: &impl Written) -> String {
    let table = source.table();
    let mut json = String::from("[");
    let names: Vec<String> = table
        .columns()
        .iter()
        .map(|c| json_string(&c.name))
        .collect();
    for row in 0..table.n_rows() {
        json.push_str(if row == 0 { "\n{" } else { ",\n{" });
        for (index, (column, name)) in table.columns().iter().zip(&names).enumerate() {
            json.push_str(if index == 0 { "" } else { "," });
            json.push_str(name);
            json.push(':');
            let canonical = column.text(row);
            let text = match (column.column_type(), canonical) {
                (_, None) => Cow::Borrowed("null"),
                (ColumnType::Number, Some(canonical)) => match source.text(row, index) {
                    Some(original) if is_json_number(&original) => original,
                    _ => canonical,
                },
                (ColumnType::Boolean, Some(canonical)) => canonical,
                (_, Some(canonical)) => Cow::Owned(json_string(&canonical)),
            };
            json.push_str(&text);
        }
        json.push('}');
    }
    json.push_str("\n]\n");
    json
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_json_number(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}
