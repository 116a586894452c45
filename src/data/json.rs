//! JSON tables: records, rows, columns, or one record a line.
//!
//! Numbers keep their spelling: values are cut out of the text as they stand and typed like the
//! cells of a delimited file. A nested value becomes compact JSON text. Depth is counted without
//! recursion, so `[[[[…` cannot exhaust the stack.

use serde_json::value::RawValue;

use super::json_table::{Builder, first, malformed, malformed_message, not_a_table, string};
use super::limits::{self, MAX_ROWS};
use super::note::{Note, quoted};
use super::number::{Shape, shape};
use super::read::Raw;
use crate::error::Result;

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
/// [`NotATable`](crate::error::Code::NotATable) where it is malformed, with the line, or holds no table.
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

impl<'a> Builder<'a> {
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
            self.note(Note::new("wrapped", message));
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
                if row == self.n_rows() {
                    self.begin_row(cell)?;
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
        let row = self.begin_row(value)?;
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
                let is_free = !name.is_empty() && !self.has_column(&name);
                let name = if is_free { name } else { self.free_name(&name) };
                self.column(name)?;
            }
        }
        for value in values {
            let row = self.begin_row(value)?;
            for (column, cell) in items(value)?.into_iter().enumerate() {
                if column == self.n_columns() {
                    let name = self.free_name("");
                    self.column(name)?;
                }
                self.put(row, column, cell)?;
            }
        }
        Ok(())
    }
}

fn is_array_of_records(value: &RawValue) -> bool {
    let mut starts = value
        .get()
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace());
    starts.next() == Some(b'[') && starts.next() == Some(b'{')
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
