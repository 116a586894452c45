//! Bytes become a [`Reading`]: a table, how it was read, and notes about what was messy.

use std::collections::BTreeMap;

use super::binary;
use super::cells::Cells;
use super::dialect::{self, Dialect, Format};
use super::encoding::{self, Encoding};
use super::infer::{self, Look, Source, Typed};
use super::json;
use super::layout;
use super::limits::{self, MAX_BYTES};
use super::note::{Note, counted, quoted};
use super::split::{self, Syntax};
use super::stops;
use super::table::{ColumnType, Table};
use super::write;
use crate::error::{Code, Error, Result};
use crate::parallel;

/// What the user knows about a file. Everything may be left out and is then guessed.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// File name. Its extension is a hint where the content could be both.
    pub name: Option<String>,
    /// Delimited text or JSON.
    pub format: Option<Format>,
    /// How bytes stand for characters.
    pub encoding: Option<Encoding>,
    /// What separates cells: one ASCII character.
    pub delimiter: Option<char>,
    /// What encloses cells: one ASCII character.
    pub quote: Option<char>,
    /// Whether the first record names the columns.
    pub has_header: Option<bool>,
    /// Whether numbers have a decimal comma.
    pub decimal_comma: Option<bool>,
    /// Types by column name, instead of the guessed ones.
    #[cfg_attr(feature = "typescript", ts(as = "Option<_>", optional))]
    pub types: BTreeMap<String, ColumnType>,
    /// Whether to take back the apostrophe of [`super::WriteOptions::formula_safe`].
    #[cfg_attr(feature = "typescript", ts(as = "Option<_>", optional))]
    pub formula_safe: bool,
}

/// A file as read: the table, how it was read, and what was noted.
#[derive(Debug)]
pub struct Reading {
    /// The typed columns.
    pub table: Table,
    /// What was messy and what was done about it, by line where known.
    pub notes: Vec<Note>,
    /// How the file is written.
    pub dialect: Dialect,
    cells: Cells,
    has_comma: Vec<bool>,
}

/// Reads a file of any supported format.
///
/// ```
/// use handlens::data::{ColumnType, ReadOptions, read};
/// let reading = read(b"name;size\nAda;1,5\nBo;2,25\n", &ReadOptions::default())?;
/// assert_eq!(reading.dialect.delimiter, Some(';'));
/// assert!(reading.dialect.decimal_comma);
/// assert_eq!(reading.table.column("size")?.column_type(), ColumnType::Number);
/// # Ok::<(), handlens::error::Error>(())
/// ```
///
/// # Errors
/// [`Code::NotATable`] for binary, empty and scalar content, [`Code::TooLarge`] above the limits,
/// [`Code::BadSetting`] for an impossible option, [`Code::UnknownColumn`] and [`Code::WrongType`]
/// where an asked type does not fit.
pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Reading> {
    limits::check(bytes.len(), MAX_BYTES, "bytes")?;
    if bytes.is_empty() {
        return Err(Error::new(
            Code::NotATable,
            "The file is empty: it has no bytes.",
        ));
    }
    if let Some(refusal) = binary::refuse_by_signature(bytes) {
        return Err(refusal);
    }
    let mut notes = Vec::new();
    let (mut text, encoding) = encoding::decode(bytes, options.encoding, &mut notes);
    limits::check(text.len(), MAX_BYTES, "bytes once decoded")?;
    if text.trim().is_empty() {
        let message = "The file holds nothing but blanks. Choose a file with a table.";
        return Err(Error::new(Code::NotATable, message));
    }
    if let Some(refusal) = binary::refuse_by_control_characters(&text) {
        return Err(refusal);
    }
    let raw = match options.format {
        Some(Format::Json) => read_json(&text, &mut notes)?,
        Some(Format::Csv) => read_delimited(&mut text, encoding, options, &mut notes)?,
        None => match json::looks_like_json(&text, options.name.as_deref()) {
            json::Likeness::Surely => read_json(&text, &mut notes)?,
            json::Likeness::Maybe => match read_json(&text, &mut notes) {
                Ok(raw) => raw,
                Err(error) if error.code() == Code::NotInStarter => return Err(error),
                Err(_) => read_delimited(&mut text, encoding, options, &mut notes)?,
            },
            json::Likeness::No => read_delimited(&mut text, encoding, options, &mut notes)?,
        },
    };
    let mut raw = raw;
    raw.dialect.encoding = encoding;
    if options.formula_safe {
        raw.cells.map_texts(write::unguarded);
        raw.names
            .iter_mut()
            .for_each(|name| *name = write::unguarded(name).to_owned());
    }
    raw.typed(options, notes)
}

/// Cells with names, before types are decided.
pub(super) struct Raw {
    pub(super) names: Vec<String>,
    pub(super) cells: Cells,
    pub(super) dialect: Dialect,
}

impl Raw {
    fn typed(mut self, options: &ReadOptions, mut notes: Vec<Note>) -> Result<Reading> {
        let decimal_comma = options.decimal_comma;
        let asked = decimal_comma.or(self.cells.is_json.then_some(false));
        let looks = infer::look(&self.cells, asked.unwrap_or(false));
        let has_comma = decimal_commas(&looks, asked);
        self.dialect.decimal_comma = decimal_comma.unwrap_or(has_comma.contains(&true));
        let mut looks: Vec<Option<Look>> = looks.into_iter().map(Some).collect();
        looks.resize_with(self.names.len(), || None);
        let mut typed: Vec<(Option<Look>, Option<Result<Typed>>)> =
            looks.into_iter().map(|look| (look, None)).collect();
        // One chunk a column: they are read side by side.
        parallel::for_each_chunk_mut(&mut typed, 1, |index, column| {
            let name = self.names.get(index).map_or("", String::as_str);
            let has_comma = has_comma.get(index).copied().unwrap_or(false);
            let source = Source {
                cells: &self.cells,
                index,
                name,
                has_comma,
            };
            for (look, typed) in column {
                *typed = Some(match options.types.get(name) {
                    Some(&asked) => infer::read_as(source, asked),
                    None => Ok(infer::infer(source, look.take())),
                });
            }
        });
        let mut columns = Vec::with_capacity(typed.len());
        for typed in typed.into_iter().filter_map(|(_, typed)| typed) {
            let (column, found) = typed?;
            columns.push(column);
            notes.extend(found);
        }
        if self.cells.n_rows() == 0 {
            let message = "The file has column names but no rows below them.";
            notes.push(Note::new("no_rows", message));
        }
        let table = Table::new(columns)?;
        for name in options.types.keys() {
            table.column(name)?;
        }
        Ok(Reading {
            table,
            notes,
            dialect: self.dialect,
            cells: self.cells,
            has_comma,
        })
    }
}

/// Whether each column has a decimal comma. A column that proves nothing follows the others.
fn decimal_commas(looks: &[Look], asked: Option<bool>) -> Vec<bool> {
    if let Some(asked) = asked {
        return vec![asked; looks.len()];
    }
    let proofs: Vec<Option<bool>> = looks.iter().map(Look::decimal_mark).collect();
    let n_with = |mark: bool| proofs.iter().filter(|proof| **proof == Some(mark)).count();
    let usual = n_with(true) > n_with(false);
    proofs
        .into_iter()
        .map(|proof| proof.unwrap_or(usual))
        .collect()
}

fn read_json(text: &str, notes: &mut Vec<Note>) -> Result<Raw> {
    if cfg!(not(feature = "catalogue")) {
        return Err(Error::beyond_starter());
    }
    json::read(text, notes)
}

fn read_delimited(
    text: &mut String,
    encoding: Encoding,
    options: &ReadOptions,
    notes: &mut Vec<Note>,
) -> Result<Raw> {
    // Both are rare, and looking for them takes as long as counting one.
    let is_rare = stops::has_any(text.as_bytes(), *b"\0\r");
    let n_nul = if is_rare {
        stops::count(text.as_bytes(), 0)
    } else {
        0
    };
    if n_nul > 0 {
        *text = text.replace('\0', "");
        let message = format!(
            "{} left out.",
            counted(n_nul, "NUL character was", "NUL characters were")
        );
        notes.push(Note::new("nul", message).times(n_nul));
    }
    let mut delimiter = ascii(options.delimiter, "delimiter")?;
    let quote = ascii(options.quote, "quote")?;
    let (named, skipped) = separator_line(text);
    if skipped > 0 {
        delimiter = delimiter.or(named);
        text.drain(..skipped);
    }
    let has_cr_lines = is_rare && split::has_cr_lines(text);
    let syntax: Syntax = dialect::guess(text, delimiter, quote, has_cr_lines);
    let mut records = split::split(text, syntax)?;
    if skipped > 0 {
        records.rows.iter_mut().for_each(|row| row.line += 1);
        records.open_quotes.iter_mut().for_each(|line| *line += 1);
    }
    for line in records.open_quotes.iter().take(10) {
        let message = format!(
            "Line {line} has a quote that is never closed; it was read as an ordinary character."
        );
        notes.push(Note::new("open_quote", message).at_line(*line));
    }
    if records.open_quotes.len() > 10 {
        let n = records.open_quotes.len();
        let message =
            format!("{n} quotes are never closed; they were read as ordinary characters.");
        notes.push(Note::new("open_quote", message).times(n));
    }
    if records.rows.is_empty() {
        let message = "The file holds no table. Choose a file with a header line and rows.";
        return Err(Error::new(Code::NotATable, message));
    }
    if has_inner_blank_lines(&records) {
        let n = records.n_blank_lines;
        let message = format!(
            "{} skipped.",
            counted(n, "blank line was", "blank lines were")
        );
        notes.push(Note::new("blank_line", message).times(n));
    }
    let file = std::mem::take(text);
    let laid = layout::lay_out(file, records, options.has_header, notes)?;
    if laid.names.is_empty() {
        let message = "The file holds no table: all its lines are comments or empty.";
        return Err(Error::new(Code::NotATable, message));
    }
    let dialect = Dialect {
        format: Format::Csv,
        encoding,
        delimiter: Some(char::from(syntax.delimiter)),
        quote: syntax.quote.map(char::from),
        has_header: laid.has_header,
        decimal_comma: false,
    };
    Ok(Raw {
        names: laid.names,
        cells: laid.cells,
        dialect,
    })
}

/// Blank lines at the end of a file are nobody's concern.
fn has_inner_blank_lines(records: &split::Records) -> bool {
    let last = records.rows.last().map_or(0, |row| row.line as usize);
    records.n_blank_lines > 0 && last > records.rows.len()
}

/// Excel's first line `sep=;`: the delimiter it names, and its length.
fn separator_line(text: &str) -> (Option<u8>, usize) {
    let Some(rest) = text.get(4..).filter(|_| {
        text.get(..4)
            .is_some_and(|t| t.eq_ignore_ascii_case("sep="))
    }) else {
        return (None, 0);
    };
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    if line.len() > 1 || rest.len() == line.len() {
        return (None, 0);
    }
    let after = rest.get(line.len()..).unwrap_or_default();
    let end = if after.starts_with("\r\n") { 2 } else { 1 };
    (line.bytes().next(), 4 + line.len() + end)
}

fn ascii(asked: Option<char>, field: &str) -> Result<Option<u8>> {
    let Some(c) = asked else {
        return Ok(None);
    };
    match u8::try_from(c) {
        Ok(byte)
            if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\r\n\0".contains(&byte) =>
        {
            Ok(Some(byte))
        }
        _ => {
            let message = format!(
                "The {field} must be one ASCII character other than a letter, digit or line end, \
                 found {}.",
                quoted(&c.to_string())
            );
            Err(Error::new(Code::BadSetting, message).in_field(field))
        }
    }
}

impl Reading {
    /// Reads a column anew from its original cells as another type. Cells that do not fit become
    /// missing and are noted; notes on the column's former type are dropped.
    ///
    /// ```
    /// # use handlens::data::{ColumnType, ReadOptions, read};
    /// let mut reading = read(b"zip\n01067\n80331\n", &ReadOptions::default())?;
    /// reading.retype("zip", ColumnType::Number)?;
    /// assert_eq!(reading.table.column("zip")?.text(0).as_deref(), Some("1067"));
    /// reading.retype("zip", ColumnType::Text)?;
    /// assert_eq!(reading.table.column("zip")?.text(0).as_deref(), Some("01067"));
    /// # Ok::<(), handlens::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Code::UnknownColumn`], and [`Code::WrongType`] where no cell fits; the reading is then
    /// as before.
    pub fn retype(&mut self, column: &str, column_type: ColumnType) -> Result<()> {
        self.table.column(column)?;
        let index = self
            .table
            .columns()
            .iter()
            .position(|c| c.name == column)
            .unwrap_or(0);
        let has_comma = self.has_comma.get(index).copied().unwrap_or(false);
        let source = Source {
            cells: &self.cells,
            index,
            name: column,
            has_comma,
        };
        let (typed, notes) = infer::read_as(source, column_type)?;
        self.table.replace(typed)?;
        self.notes.retain(|note| {
            note.column.as_deref() != Some(column)
                || matches!(note.code, "duplicate_name" | "empty_name")
        });
        self.notes.extend(notes);
        Ok(())
    }

    /// The text of a cell as it stands in the file, without quotes; `None` where the file has no
    /// such cell.
    pub fn cell_text(&self, row: usize, column: usize) -> Option<&str> {
        if row >= self.cells.n_rows() || column >= self.cells.n_columns {
            return None;
        }
        let cell = self.cells.get(row, column);
        (!cell.is_absent).then_some(cell.text)
    }

    /// Whether a cell stands in quotes, which tell an empty text from a missing one.
    pub(super) fn is_quoted(&self, row: usize, column: usize) -> bool {
        self.cells.get(row, column).is_quoted
    }

    /// The line of the file that a row begins at, counted from 1; 0 beyond the end.
    pub fn line(&self, row: usize) -> usize {
        self.cells.line(row)
    }
}
