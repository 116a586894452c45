//! JSON tables: records, rows, columns, or one record a line.
//!
//! Numbers keep their spelling: values are cut out of the text as they stand and typed like the
//! cells of a delimited file. A nested value becomes compact JSON text. Depth is counted without
//! recursion, so `[[[[…` cannot exhaust the stack.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::cells::{Cells, Span, Texts};
use super::dialect::{Dialect, Format};
use super::encoding::Encoding;
use super::limits::{self, MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROWS};
use super::note::{Note, counted, quoted};
use super::number::{Shape, shape};
use super::read::Raw;
use crate::error::{Code, Error, Result};

/// Nesting that is still read, as in `serde_json`.
const MAX_DEPTH: usize = 128;

/// Whether a text is to be read as JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Likeness {
    /// Yes; what is wrong with it is worth telling.
    Surely,
    /// Where it parses.
    Maybe,
    /// No.
    No,
}

/// Judges by the first characters; the extension decides only where they leave it open.
pub(super) fn looks_like_json(text: &str, name: Option<&str>) -> Likeness {
    let mut starts = text.trim_start().chars().filter(|c| !c.is_whitespace());
    let is_named = name.is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        [".json", ".jsonl", ".ndjson", ".geojson"]
            .iter()
            .any(|end| name.ends_with(end))
    });
    match (starts.next(), starts.next()) {
        (Some('['), Some('{' | '[' | '"')) | (Some('{'), Some('"')) => Likeness::Surely,
        (Some('[' | '{'), _) if is_named => Likeness::Surely,
        (Some('[' | '{'), _) => Likeness::Maybe,
        _ if is_named && !has_columns(text) => Likeness::Surely,
        _ => Likeness::No,
    }
}

/// Whether the first two lines have the same number of commas, semicolons or tabs, and some.
fn has_columns(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else {
        return false;
    };
    [',', ';', '\t'].iter().any(|mark| {
        let n = first.matches(*mark).count();
        n > 0 && n == second.matches(*mark).count()
    })
}

/// Reads a JSON text.
///
/// # Errors
/// [`Code::NotATable`] where it is malformed, with the line, or holds no table.
pub(super) fn read(text: &str, notes: &mut Vec<Note>) -> Result<Raw> {
    let mut builder = Builder::new(text);
    let mut values = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        values.push(value.map_err(|error| malformed(&error, text))?);
        limits::check(values.len(), MAX_ROWS, "rows")?;
    }
    match values.as_slice() {
        [] => return Err(malformed_message("The file holds no JSON value.")),
        [one] => builder.top_level(one)?,
        many => builder.rows(many)?,
    }
    builder.finish(notes)
}

fn malformed_message(message: impl Into<String>) -> Error {
    Error::new(Code::NotATable, message)
}

/// The parser's finding, in our words.
fn malformed(error: &serde_json::Error, text: &str) -> Error {
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

type Pair<'a> = (String, &'a RawValue);

/// The members of an object in file order, repeated names and all.
struct Members<'a>(Vec<Pair<'a>>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Visitor)
    }
}

fn members(value: &RawValue) -> Result<Vec<Pair<'_>>> {
    let text = value.get();
    serde_json::from_str::<Members<'_>>(text)
        .map(|m| m.0)
        .map_err(|error| malformed(&error, text))
}

fn items(value: &RawValue) -> Result<Vec<&RawValue>> {
    let text = value.get();
    serde_json::from_str(text).map_err(|error| malformed(&error, text))
}

fn first(value: &RawValue) -> u8 {
    value.get().bytes().next().unwrap_or_default()
}

/// Collects the cells of a JSON table.
struct Builder<'a> {
    file: &'a str,
    names: Vec<String>,
    index_of: HashMap<String, usize>,
    rows: Vec<(Vec<Span>, u32)>,
    undone: String,
    has_header: bool,
    n_nested: usize,
    n_repeated: usize,
    /// How far the lines of the file were counted, and how many there were.
    counted_to: (usize, u32),
    notes: Vec<Note>,
}

impl<'a> Builder<'a> {
    fn new(file: &'a str) -> Self {
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

    fn top_level(&mut self, value: &'a RawValue) -> Result<()> {
        match first(value) {
            b'[' => self.rows(&items(value)?),
            b'{' => self.object(value),
            _ => Err(not_a_table(&format!(
                "is the single value {}",
                quoted(value.get())
            ))),
        }
    }

    /// An object of columns, a wrapper around one array of records, or a single record.
    fn object(&mut self, value: &'a RawValue) -> Result<()> {
        let pairs = members(value)?;
        if pairs.is_empty() {
            return Err(not_a_table("is an empty object"));
        }
        let mut wrapped = pairs.iter().filter(|(_, value)| is_array_of_records(value));
        if let (Some((name, value)), None) = (wrapped.next(), wrapped.next()) {
            let message = format!("The table was found under the name {}.", quoted(name));
            self.notes.push(Note::new("wrapped", message));
            return self.rows(&items(value)?);
        }
        if pairs.iter().all(|(_, value)| first(value) == b'[') {
            return self.columns(pairs);
        }
        self.record(value)
    }

    fn columns(&mut self, pairs: Vec<Pair<'a>>) -> Result<()> {
        for (name, value) in pairs {
            let cells = items(value)?;
            limits::check(cells.len(), MAX_ROWS, "rows")?;
            let column = self.column(name)?;
            for (row, cell) in cells.into_iter().enumerate() {
                if row == self.rows.len() {
                    let line = self.line(cell);
                    self.rows.push((Vec::new(), line));
                }
                self.put(row, column, cell)?;
            }
        }
        Ok(())
    }

    fn rows(&mut self, values: &[&'a RawValue]) -> Result<()> {
        limits::check(values.len(), MAX_ROWS, "rows")?;
        let Some(head) = values.first() else {
            return Err(not_a_table("is an empty list"));
        };
        let kind = first(head);
        if !matches!(kind, b'{' | b'[') {
            return Err(not_a_table("is a list of single values"));
        }
        let odd = values
            .iter()
            .enumerate()
            .find(|(_, value)| first(value) != kind);
        if let Some((index, value)) = odd {
            let message = format!(
                "Entry {} of the list is {}, but the first is {}; all must be alike.",
                index + 1,
                kind_name(first(value)),
                kind_name(kind)
            );
            return Err(malformed_message(message).at_line(self.line(value) as usize));
        }
        if kind == b'{' {
            values.iter().try_for_each(|value| self.record(value))
        } else {
            self.arrays(values)
        }
    }

    fn record(&mut self, value: &'a RawValue) -> Result<()> {
        let row = self.rows.len();
        let line = self.line(value);
        self.rows.push((Vec::with_capacity(self.names.len()), line));
        for (name, value) in members(value)? {
            let column = self.column(name)?;
            self.put(row, column, value)?;
        }
        Ok(())
    }

    /// Rows as arrays; the first one names the columns if it is all words.
    fn arrays(&mut self, values: &[&'a RawValue]) -> Result<()> {
        let mut values = values.iter();
        let head = values
            .clone()
            .next()
            .map_or(Ok(Vec::new()), |value| items(value))?;
        let is_word = |value: &&RawValue| {
            first(value) == b'"' && shape(value.get().trim_matches('"'), false) == Shape::Other
        };
        self.has_header = !head.is_empty() && head.iter().all(is_word);
        if self.has_header {
            values.next();
            for value in head {
                let name = string(value)?;
                let is_free = !name.is_empty() && !self.index_of.contains_key(&name);
                let name = if is_free { name } else { self.free_name(&name) };
                self.column(name)?;
            }
        }
        for value in values {
            let row = self.rows.len();
            let line = self.line(value);
            self.rows.push((Vec::with_capacity(self.names.len()), line));
            for (column, cell) in items(value)?.into_iter().enumerate() {
                if column == self.names.len() {
                    let name = self.free_name("");
                    self.column(name)?;
                }
                self.put(row, column, cell)?;
            }
        }
        Ok(())
    }

    /// A name not yet taken; the header's own one is noted.
    fn free_name(&mut self, name: &str) -> String {
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

    fn column(&mut self, name: String) -> Result<usize> {
        if let Some(&index) = self.index_of.get(&name) {
            return Ok(index);
        }
        let index = self.names.len();
        limits::check(index + 1, MAX_COLUMNS, "columns")?;
        self.names.push(name.clone());
        self.index_of.insert(name, index);
        Ok(index)
    }

    fn put(&mut self, row: usize, column: usize, value: &'a RawValue) -> Result<()> {
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

    fn line(&mut self, value: &RawValue) -> u32 {
        let (from, to) = (self.counted_to.0, self.offset(value));
        if let Some(text) = self.file.get(from..to) {
            self.counted_to.1 += text.bytes().filter(|byte| *byte == b'\n').count() as u32;
            self.counted_to.0 = to;
        }
        self.counted_to.1
    }

    fn finish(mut self, notes: &mut Vec<Note>) -> Result<Raw> {
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

fn is_array_of_records(value: &RawValue) -> bool {
    let mut starts = value
        .get()
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace());
    starts.next() == Some(b'[') && starts.next() == Some(b'{')
}

fn string(value: &RawValue) -> Result<String> {
    let text = value.get();
    serde_json::from_str(text).map_err(|error| malformed(&error, text))
}

fn kind_name(first: u8) -> &'static str {
    match first {
        b'{' => "an object",
        b'[' => "a list",
        b'"' => "a text",
        b't' | b'f' => "true or false",
        b'n' => "null",
        _ => "a number",
    }
}

fn not_a_table(what: &str) -> Error {
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
