//! The type of a column, decided on all its rows, and its cells as values of that type.
//!
//! - **number** where every cell is one; of at least 20 values, up to 1 in 20 may be dirt, which
//!   becomes missing and is noted. Digits with leading zeros and whole numbers above 2⁵³ name
//!   something; a column with such is no number.
//! - **boolean** where all cells are from one pair of spellings: true/false, yes/no, t/f, y/n.
//! - **category** where few distinct texts repeat: at most 20, or a tenth of the rows, up to 1,000.
//! - **text** otherwise.
//!
//! A cell is missing if it is empty or a mark such as `NA`. Among categories and texts `""` or
//! `"NA"` in quotes is a value of its own, unless the file puts everything in quotes; so is the
//! string of a JSON file, which has `null` for a gap. Among numbers and booleans it is a gap all
//! the same. Space around numbers and categories is dropped; text keeps it.

use std::collections::HashSet;

use super::cells::{Cell, Cells};
use super::levels::Levels;
use super::note::{Note, Tally, counted, quoted};
use super::number::{decimal_evidence, is_missing_mark, shape_and_evidence, trimmed};
use super::numeric::Numbers;
use super::table::{Categories, Column, ColumnType, Values};
use crate::error::{Code, Error, Result};
use crate::parallel;

/// This many distinct texts are always categories.
const FEW_LEVELS: usize = 20;
/// More levels than this are text.
const MAX_LEVELS: usize = 1000;

/// One column of the cells, by index.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) cells: &'a Cells,
    pub(super) index: usize,
    pub(super) name: &'a str,
    pub(super) has_comma: bool,
}

/// A column and what was noted on the way.
pub(super) type Typed = (Column, Vec<Note>);

impl<'a> Source<'a> {
    pub(super) fn cells(self) -> impl Iterator<Item = Cell<'a>> + Clone {
        self.cells.column(self.index)
    }

    /// Trimmed texts, missing marks as `None`.
    pub(super) fn texts(self) -> impl Iterator<Item = Option<&'a str>> + Clone {
        self.cells().map(|cell| {
            let text = trimmed(cell.text);
            (!cell.is_absent && !is_missing_mark(text)).then_some(text)
        })
    }

    /// Whether a cell is a value where quotes can make one of an empty text or a mark.
    fn is_value(self, cell: Cell<'_>) -> bool {
        !cell.is_absent && (self.is_meant(cell) || !is_missing_mark(trimmed(cell.text)))
    }

    /// Whether its quotes tell that a cell is no gap.
    fn is_meant(self, cell: Cell<'_>) -> bool {
        cell.is_quoted && !self.cells.quotes_all
    }

    /// Trimmed texts, of which marks in quotes are some.
    fn levels(self) -> impl Iterator<Item = Option<&'a str>> + Clone {
        self.cells()
            .map(move |cell| self.is_value(cell).then(|| trimmed(cell.text)))
    }

    pub(super) fn line(self, row: usize) -> usize {
        self.cells.line(row)
    }

    pub(super) fn note(self, code: &'static str, message: String) -> Note {
        Note::new(code, message).in_column(self.name)
    }

    pub(super) fn typed(self, values: Values, mut notes: Vec<Note>) -> Typed {
        for note in &mut notes {
            note.column.get_or_insert_with(|| self.name.to_owned());
        }
        (
            Column {
                name: self.name.to_owned(),
                values,
            },
            notes,
        )
    }
}

/// What a first look at a column tells: its cells as numbers, and the decimal mark they prove.
pub(super) struct Look {
    /// How many more cells prove the comma than the point.
    balance: i64,
    /// The decimal mark with which the numbers were read.
    pub(super) has_comma: bool,
    /// `None` where too many cells are none.
    pub(super) numbers: Option<Numbers>,
}

impl Look {
    /// The decimal mark, by the majority of the cells: whether it is the comma.
    pub(super) fn decimal_mark(&self) -> Option<bool> {
        (self.balance != 0).then_some(self.balance > 0)
    }

    #[inline]
    fn add(&mut self, cell: Cell<'_>, n_rows: usize) {
        let text = trimmed(cell.text);
        if cell.is_absent || is_missing_mark(text) {
            // A mark proves nothing, for it has no digit next to a comma or a point.
            if let Some(numbers) = &mut self.numbers {
                numbers.push_missing();
            }
            return;
        }
        let evidence = match &mut self.numbers {
            None => decimal_evidence(text),
            Some(numbers) => {
                let (shape, evidence) = shape_and_evidence(text, self.has_comma);
                numbers.push(shape);
                if numbers.is_too_dirty(n_rows) {
                    self.numbers = None;
                }
                evidence
            }
        };
        self.balance += match evidence {
            Some(true) => 1,
            Some(false) => -1,
            None => 0,
        };
    }
}

/// Rows whose cells are looked at column by column while their text is in the cache.
const ROWS_A_BLOCK: usize = 1024;

/// Columns looked at side by side: threads share the columns, and all of a group pass over the
/// file once.
const COLUMNS_A_GROUP: usize = 4;

/// Looks at every column once. Numbers are read with the decimal mark `has_comma`; where that
/// turns out wrong they must be read again.
pub(super) fn look(cells: &Cells, has_comma: bool) -> Vec<Look> {
    let groups = parallel::map_chunks(cells.n_columns, COLUMNS_A_GROUP, |columns| {
        let look = |_| Look {
            balance: 0,
            has_comma,
            numbers: Some(Numbers::with_capacity(cells.n_rows())),
        };
        let mut looks: Vec<Look> = columns.clone().map(look).collect();
        for block in cells.blocks(ROWS_A_BLOCK) {
            for (column, look) in columns.clone().zip(&mut looks) {
                let cells_of = cells.column_of(block, column);
                cells_of.for_each(|cell| look.add(cell, cells.n_rows()));
            }
        }
        looks
    });
    groups.into_iter().flatten().collect()
}

/// Decides the type of a column and reads it.
pub(super) fn infer(source: Source<'_>, look: Option<Look>) -> Typed {
    let mut notes = Vec::new();
    let all = match look {
        Some(look) if look.has_comma == source.has_comma => look.numbers,
        _ => Numbers::of_all(source),
    };
    if let Some(numbers) = Numbers::of_most(source, all, &mut notes) {
        return numbers.typed(source, notes);
    }
    if let Some(values) = booleans(source) {
        return source.typed(Values::Boolean(values), notes);
    }
    if let Some((categories, is_dubious)) = few_levels(source) {
        if is_dubious {
            notes.extend(quoted_marks(source));
            notes.extend(trimmed_levels(source));
        }
        return source.typed(Values::Category(categories), notes);
    }
    source.typed(Values::Text(texts(source)), notes)
}

/// Reads a column as the type that the user asks for; what does not fit becomes missing.
///
/// # Errors
/// [`Code::WrongType`] where nothing in the column fits.
pub(super) fn read_as(source: Source<'_>, asked: ColumnType) -> Result<Typed> {
    match asked {
        ColumnType::Number => {
            let numbers = Numbers::collect(source, |_| true, usize::MAX).unwrap_or_default();
            if numbers.n_finite() == 0 && source.texts().flatten().next().is_some() {
                return Err(nothing_fits(source, "a number"));
            }
            Ok(numbers.typed(source, Vec::new()))
        }
        ColumnType::Boolean => forced_booleans(source),
        ColumnType::Category => {
            let categories = Categories::from_texts(source.levels());
            let notes = quoted_marks(source).into_iter();
            let notes = notes.chain(trimmed_levels(source)).collect();
            Ok(source.typed(Values::Category(categories), notes))
        }
        ColumnType::Text => Ok(source.typed(Values::Text(texts(source)), Vec::new())),
    }
}

fn nothing_fits(source: Source<'_>, what: &str) -> Error {
    let first = source
        .texts()
        .enumerate()
        .find_map(|(row, text)| Some((row, text?)));
    let (row, found) = first.unwrap_or((0, ""));
    let message = format!(
        "No cell of column {} can be read as {what}; line {} has {}.",
        quoted(source.name),
        source.line(row),
        quoted(found)
    );
    Error::new(Code::WrongType, message)
        .in_column(source.name)
        .at_line(source.line(row))
}

/// Which pair of spellings a word belongs to, and which of the two it is.
fn boolean_word(text: &str) -> Option<(usize, bool)> {
    const PAIRS: [(&str, &str); 4] = [("true", "false"), ("yes", "no"), ("t", "f"), ("y", "n")];
    if text.len() > 5 {
        return None;
    }
    PAIRS.iter().enumerate().find_map(|(pair, (yes, no))| {
        if text.eq_ignore_ascii_case(yes) {
            Some((pair, true))
        } else {
            text.eq_ignore_ascii_case(no).then_some((pair, false))
        }
    })
}

/// The column as booleans, where all its words are from one pair. Single letters must both occur.
fn booleans(source: Source<'_>) -> Option<Vec<Option<bool>>> {
    let mut values = Vec::new();
    let (mut pair, mut has) = (None, [false; 2]);
    for text in source.texts() {
        values.push(match text {
            None => None,
            Some(text) => {
                let (found, value) = boolean_word(text)?;
                if *pair.get_or_insert(found) != found {
                    return None;
                }
                has[usize::from(value)] = true;
                Some(value)
            }
        });
    }
    (pair? < 2 || has == [true, true]).then_some(values)
}

/// Booleans by request: all pairs, and 1 and 0.
fn forced_booleans(source: Source<'_>) -> Result<Typed> {
    let mut dirt = Tally::new("not_a_boolean");
    let mut n_read = 0;
    let mut values = Vec::with_capacity(source.cells.n_rows());
    for (row, text) in source.texts().enumerate() {
        let value = text.and_then(|text| match text {
            "1" | "1.0" => Some(true),
            "0" | "0.0" => Some(false),
            _ => boolean_word(text).map(|(_, value)| value),
        });
        n_read += usize::from(value.is_some());
        if let (Some(text), None) = (text, value) {
            let line = source.line(row);
            dirt.push(line, || {
                let found = quoted(text);
                format!("Line {line} has {found}, which is neither true nor false; it counts as missing.")
            });
        }
        values.push(value);
    }
    if n_read == 0 && dirt.count() > 0 {
        return Err(nothing_fits(source, "true or false"));
    }
    let notes =
        dirt.finish(|n| format!("{n} cells are neither true nor false and count as missing."));
    Ok(source.typed(Values::Boolean(values), notes))
}

/// The column as categories, where few texts repeat, and whether some need a note: those with
/// space around them, and marks in quotes.
fn few_levels(source: Source<'_>) -> Option<(Categories, bool)> {
    let most = |n: usize| FEW_LEVELS.max(n / 10).min(MAX_LEVELS);
    let max = most(source.cells.n_rows());
    let mut levels = Levels::new();
    let mut codes = Vec::with_capacity(source.cells.n_rows());
    let (mut n, mut is_dubious) = (0, false);
    for cell in source.cells() {
        let text = trimmed(cell.text);
        let is_mark = is_missing_mark(text);
        is_dubious |= text.len() != cell.text.len();
        if cell.is_absent || (is_mark && !source.is_meant(cell)) {
            codes.push(Categories::MISSING);
            continue;
        }
        is_dubious |= is_mark;
        n += 1;
        codes.push(levels.code(text));
        if levels.len() > max {
            return None;
        }
    }
    let is_few = levels.len() <= most(n);
    is_few.then(|| (Categories::in_order(codes, levels.found()), is_dubious))
}

/// A note where levels differ by nothing but space around them.
fn trimmed_levels(source: Source<'_>) -> Option<Note> {
    let is_padded = |cell: &Cell<'_>| trimmed(cell.text).len() != cell.text.len();
    let n_padded = source.cells().filter(is_padded).count();
    if n_padded == 0 {
        return None;
    }
    let raw: HashSet<&str> = source.cells().map(|cell| cell.text).collect();
    let trimmed: HashSet<&str> = raw.iter().map(|text| text.trim()).collect();
    let n_merged = raw.len() - trimmed.len();
    (n_merged > 0).then(|| {
        let message = "Values that differ only by spaces around them were made the same.";
        source.note("trimmed", message.to_owned()).times(n_merged)
    })
}

/// A note where an empty text or a mark such as `NA` is a level, because it stands in quotes.
fn quoted_marks(source: Source<'_>) -> Option<Note> {
    let is_mark = |cell: &Cell<'_>| is_missing_mark(trimmed(cell.text));
    let mut marks = source
        .cells()
        .filter(|cell| source.is_value(*cell))
        .filter(is_mark);
    let first = trimmed(marks.next()?.text);
    let n = 1 + marks.count();
    let message = format!(
        "{} {} in quotes; that is a level of its own. A cell without anything is a gap.",
        counted(n, "cell holds", "cells hold"),
        quoted(first)
    );
    Some(source.note("quoted_mark", message).times(n))
}

fn texts(source: Source<'_>) -> Vec<Option<String>> {
    let cells = source.cells();
    cells
        .map(|cell| source.is_value(cell).then(|| cell.text.to_owned()))
        .collect()
}
