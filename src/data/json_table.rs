//! The cells of a JSON table are collected, and what JSON means for a cell.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::cells::{Cells, Span, Texts};
use super::dialect::{Dialect, Format};
use super::encoding::Encoding;
use super::limits::{self, MAX_CELL_BYTES, MAX_COLUMNS};
use super::note::{Note, counted, quoted};
use super::read::Raw;
use crate::error::{Code, Error, Result};

/// Nesting that is still read, as in `serde_json`.
const MAX_DEPTH: usize = 128;

/// Collects the cells of a JSON table.
pub(super) struct Builder<'a> {
    file: &'a str,
    names: Vec<String>,
    index_of: HashMap<String, usize>,
    rows: Vec<(Vec<Span>, u32)>,
    undone: String,
    pub(super) has_header: bool,
    n_nested: usize,
    n_repeated: usize,
    /// How far the lines of the file were counted, and how many there were.
    counted_to: (usize, u32),
    notes: Vec<Note>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self {
            file,
            names: Vec::new(),
            index_of: HashMap::new(),
            rows: Vec::new(),
            undone: String::new(),
            has_header: true,
            n_nested: 0,
            n_repeated: 0,
            counted_to: (0, 1),
            notes: Vec::new(),
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn n_columns(&self) -> usize {
        self.names.len()
    }

    pub(super) fn has_column(&self, name: &str) -> bool {
        self.index_of.contains_key(name)
    }

    pub(super) fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Begins the row that `value` stands for, or is the first cell of; returns its index.
    pub(super) fn begin_row(&mut self, value: &RawValue) -> Result<usize> {
        let row = self.rows.len();
        limits::check_cells(row + 1, self.names.len())?;
        let line = self.line(value);
        self.rows.push((Vec::with_capacity(self.names.len()), line));
        Ok(row)
    }

    /// A name not yet taken; the header's own one is noted.
    pub(super) fn free_name(&mut self, name: &str) -> String {
        let base = if name.is_empty() { "column" } else { name };
        let mut number = if name.is_empty() {
            self.names.len() + 1
        } else {
            2
        };
        while self.index_of.contains_key(&format!("{base}_{number}")) {
            number += 1;
        }
        let unique = format!("{base}_{number}");
        if !name.is_empty() {
            let message = format!(
                "The name {} occurs again; it became {unique}.",
                quoted(name)
            );
            self.notes
                .push(Note::new("duplicate_name", message).in_column(&unique));
        }
        unique
    }

    pub(super) fn column(&mut self, name: String) -> Result<usize> {
        if let Some(&index) = self.index_of.get(&name) {
            return Ok(index);
        }
        let index = self.names.len();
        limits::check(index + 1, MAX_COLUMNS, "columns")?;
        limits::check_cells(self.rows.len(), index + 1)?;
        self.names.push(name.clone());
        self.index_of.insert(name, index);
        Ok(index)
    }

    pub(super) fn put(&mut self, row: usize, column: usize, value: &'a RawValue) -> Result<()> {
        let span = self.span(value)?;
        let Some((cells, _)) = self.rows.get_mut(row) else {
            return Ok(());
        };
        if cells.len() <= column {
            cells.resize(column, Span::UNSET);
            cells.push(span);
        } else if let Some(cell) = cells.get_mut(column) {
            self.n_repeated += usize::from(*cell != Span::UNSET);
            *cell = span;
        }
        Ok(())
    }

    fn span(&mut self, value: &'a RawValue) -> Result<Span> {
        let text = value.get();
        if text.len() > MAX_CELL_BYTES {
            let message = format!("A value has more than {MAX_CELL_BYTES} bytes.");
            return Err(Error::new(Code::TooLarge, message).at_line(self.line(value) as usize));
        }
        let start = self.offset(value);
        match first(value) {
            b'n' => Ok(Span::ABSENT),
            b'"' if !text.contains('\\') => Ok(Span::new(start + 1, text.len() - 2, true)),
            b'"' => {
                let text = string(value)?;
                Ok(self.keep(&text, true))
            }
            b'{' | b'[' => {
                self.n_nested += 1;
                let text = compact(text)?;
                Ok(self.keep(&text, true))
            }
            _ => Ok(Span::new(start, text.len(), false)),
        }
    }

    fn keep(&mut self, text: &str, is_quoted: bool) -> Span {
        let start = self.file.len() + self.undone.len();
        self.undone.push_str(text);
        Span::new(start, text.len(), is_quoted)
    }

    /// Where a value, which is a slice of the file, begins in it.
    fn offset(&self, value: &RawValue) -> usize {
        (value.get().as_ptr() as usize).saturating_sub(self.file.as_ptr() as usize)
    }

    pub(super) fn line(&mut self, value: &RawValue) -> u32 {
        let (from, to) = (self.counted_to.0, self.offset(value));
        if let Some(text) = self.file.get(from..to) {
            self.counted_to.1 += text.bytes().filter(|byte| *byte == b'\n').count() as u32;
            self.counted_to.0 = to;
        }
        self.counted_to.1
    }

    pub(super) fn finish(mut self, notes: &mut Vec<Note>) -> Result<Raw> {
        if self.names.is_empty() {
            return Err(not_a_table("has no columns"));
        }
        notes.append(&mut self.notes);
        if self.n_nested > 0 {
            let cells = counted(self.n_nested, "nested value was", "nested values were");
            let message = format!("{cells} kept as JSON text.");
            notes.push(Note::new("nested", message).times(self.n_nested));
        }
        if self.n_repeated > 0 {
            let n = self.n_repeated;
            let message = format!("{n} values repeat a name within their record; the last counts.");
            notes.push(Note::new("repeated_key", message).times(n));
        }
        let n_columns = self.names.len();
        let mut spans = Vec::with_capacity(self.rows.len() * n_columns);
        for (cells, _) in &self.rows {
            spans.extend(
                cells
                    .iter()
                    .map(|&s| if s == Span::UNSET { Span::ABSENT } else { s }),
            );
            spans.resize(spans.len() + n_columns - cells.len(), Span::ABSENT);
        }
        let texts = Texts {
            file: self.file.to_owned(),
            undone: self.undone,
        };
        let lines = self.rows.iter().map(|(_, line)| *line).collect();
        let cells = Cells {
            texts,
            spans,
            n_above: 0,
            n_columns,
            lines,
            quotes_all: false,
            is_json: true,
        };
        let dialect = Dialect {
            format: Format::Json,
            encoding: Encoding::Utf8,
            delimiter: None,
            quote: None,
            has_header: self.has_header,
            decimal_comma: false,
        };
        Ok(Raw {
            names: self.names,
            cells,
            dialect,
        })
    }
}

pub(super) fn first(value: &RawValue) -> u8 {
    value.get().bytes().next().unwrap_or_default()
}

/// The text of a JSON string. The parser has already passed over it, but without looking at its
/// escapes.
pub(super) fn string(value: &RawValue) -> Result<String> {
    serde_json::from_str(value.get()).map_err(|_| {
        let message = format!(
            "This is not well-formed JSON: the text {} has an escape that is no character.",
            quoted(value.get())
        );
        malformed_message(message)
    })
}

pub(super) fn malformed_message(message: impl Into<String>) -> Error {
    Error::new(Code::NotATable, message)
}

/// The parser's finding, in our words.
pub(super) fn malformed(error: &serde_json::Error, text: &str) -> Error {
    let full = error.to_string();
    let what = full.split(" at line ").next().unwrap_or(&full);
    let line = error.line().max(1);
    let source = text.lines().nth(line - 1).unwrap_or_default();
    let near: String = source
        .chars()
        .skip(error.column().saturating_sub(12))
        .take(24)
        .collect();
    let message = format!(
        "This is not well-formed JSON: {what} at line {line}, column {}, near {}. Correct it or \
         save the table as CSV.",
        error.column(),
        quoted(near.trim())
    );
    malformed_message(message).at_line(line)
}

pub(super) fn not_a_table(what: &str) -> Error {
    let message = format!(
        "This JSON {what}, not a table. Handlens reads a list of records [{{\u{2026}}}, {{\u{2026}}}], \
         a list of rows, or an object of columns."
    );
    malformed_message(message)
}

/// A nested value without the space between its parts.
fn compact(text: &str) -> Result<String> {
    let mut compact = String::with_capacity(text.len());
    let (mut is_in_string, mut is_escaped, mut depth) = (false, false, 0_usize);
    for c in text.chars() {
        if is_in_string {
            is_in_string = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            compact.push(c);
            continue;
        }
        match c {
            '"' => is_in_string = true,
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let message = format!("A value is nested more than {MAX_DEPTH} levels deep.");
            return Err(malformed_message(message));
        }
        if !c.is_ascii_whitespace() {
            compact.push(c);
        }
    }
    Ok(compact)
}
