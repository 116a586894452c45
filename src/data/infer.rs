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
use std::ops::Range;

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

    fn cells_in(self, rows: Range<usize>) -> impl Iterator<Item = Cell<'a>> {
        self.cells.column_in(self.index, rows)
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

/// What a first look at a column tells: its cells as numbers or else as words, and the decimal mark
/// they prove.
pub(super) struct Look<'a> {
    /// How many more cells prove the comma than the point.
    balance: i64,
    /// The decimal mark with which the numbers were read.
    pub(super) has_comma: bool,
    /// `None` where too many cells are none.
    pub(super) numbers: Option<Numbers>,
    /// From the block on in which the numbers were given up.
    words: Option<Words<'a>>,
}

impl<'a> Look<'a> {
    /// The decimal mark, by the majority of the cells: whether it is the comma.
    pub(super) fn decimal_mark(&self) -> Option<bool> {
        (self.balance != 0).then_some(self.balance > 0)
    }

    /// Looks at the next rows of the column. Where their cells are no numbers, its words are
    /// collected, those of the rows before included.
    fn add(&mut self, source: Source<'a>, rows: Range<usize>) {
        if let Some(words) = &mut self.words {
            for cell in source.cells_in(rows) {
                self.balance += tilt(words.add(cell, source));
            }
            return;
        }
        let mut cells = source.cells_in(rows.clone());
        for cell in cells.by_ref() {
            self.add_number(cell, source.cells.n_rows());
            if self.numbers.is_none() {
                break;
            }
        }
        if self.numbers.is_none() {
            let mut words = Words::new(source.cells.n_rows());
            let n_left = cells.count();
            for (row, cell) in source.cells_in(0..rows.end).enumerate() {
                let evidence = words.add(cell, source);
                // That of the rows before is known.
                if row + n_left >= rows.end {
                    self.balance += tilt(evidence);
                }
            }
            self.words = Some(words);
        }
    }

    #[inline]
    fn add_number(&mut self, cell: Cell<'_>, n_rows: usize) {
        let Some(numbers) = &mut self.numbers else {
            return;
        };
        let text = trimmed(cell.text);
        if cell.is_absent || is_missing_mark(text) {
            // A mark proves nothing, for it has no digit next to a comma or a point.
            return numbers.push_missing();
        }
        let (shape, evidence) = shape_and_evidence(text, self.has_comma);
        numbers.push(shape);
        self.balance += tilt(evidence);
        if numbers.is_too_dirty(n_rows) {
            self.numbers = None;
        }
    }
}

/// What a cell adds to the balance of a [`Look`].
fn tilt(evidence: Option<bool>) -> i64 {
    match evidence {
        Some(true) => 1,
        Some(false) => -1,
        None => 0,
    }
}

/// The words of a column while its cells come in: levels, as long as they are few.
struct Words<'a> {
    /// More than these are not collected.
    max_levels: usize,
    /// `None` where there are more.
    levels: Option<Levels<'a>>,
    codes: Vec<u32>,
    /// What each level proves of the decimal mark.
    evidence: Vec<Option<bool>>,
    n_present: usize,
    /// Whether some cells need a note: those with space around them, and marks in quotes.
    is_dubious: bool,
}

impl<'a> Words<'a> {
    fn new(n_rows: usize) -> Self {
        Self {
            max_levels: max_levels(n_rows),
            levels: Some(Levels::new()),
            codes: Vec::with_capacity(n_rows),
            evidence: Vec::new(),
            n_present: 0,
            is_dubious: false,
        }
    }

    /// Adds the next cell of a column, and tells what it proves of the decimal mark.
    #[inline]
    fn add(&mut self, cell: Cell<'a>, source: Source<'_>) -> Option<bool> {
        let text = trimmed(cell.text);
        let Some(levels) = &mut self.levels else {
            return decimal_evidence(text);
        };
        let is_mark = is_missing_mark(text);
        self.is_dubious |= text.len() != cell.text.len();
        if cell.is_absent || (is_mark && !source.is_meant(cell)) {
            self.codes.push(Categories::MISSING);
            return None;
        }
        self.is_dubious |= is_mark;
        self.n_present += 1;
        let code = levels.code(text);
        self.codes.push(code);
        if let Some(known) = self.evidence.get(code as usize) {
            return *known;
        }
        let evidence = decimal_evidence(text);
        self.evidence.push(evidence);
        if self.evidence.len() > self.max_levels {
            self.levels = None;
            self.codes = Vec::new();
        }
        evidence
    }

    /// The column as categories, where few texts repeat, and whether some need a note.
    fn finish(self) -> Option<(Categories, bool)> {
        let levels = self.levels?;
        let is_few = levels.len() <= max_levels(self.n_present);
        is_few.then(|| {
            (
                Categories::in_order(self.codes, levels.found()),
                self.is_dubious,
            )
        })
    }
}

/// More levels than this among so many values are text.
fn max_levels(n_values: usize) -> usize {
    FEW_LEVELS.max(n_values / 10).min(MAX_LEVELS)
}

/// Rows whose cells are looked at column by column while their text is in the cache.
const ROWS_A_BLOCK: usize = 1024;

/// Looks at every column once. Numbers are read with the decimal mark `has_comma`; where that
/// turns out wrong they must be read again.
pub(super) fn look(cells: &Cells, has_comma: bool) -> Vec<Look<'_>> {
    // The columns of a thread pass over the file together.
    let share = cells.n_columns.div_ceil(parallel::n_threads());
    let groups = parallel::map_chunks(cells.n_columns, share, |columns| {
        let look = |_| Look {
            balance: 0,
            has_comma,
            numbers: Some(Numbers::with_capacity(cells.n_rows())),
            words: None,
        };
        let mut looks: Vec<Look> = columns.clone().map(look).collect();
        for start in (0..cells.n_rows()).step_by(ROWS_A_BLOCK) {
            let rows = start..(start + ROWS_A_BLOCK).min(cells.n_rows());
            for (index, look) in columns.clone().zip(&mut looks) {
                let source = Source {
                    cells,
                    index,
                    name: "",
                    has_comma,
                };
                look.add(source, rows.clone());
            }
        }
        looks
    });
    groups.into_iter().flatten().collect()
}

/// Decides the type of a column and reads it.
pub(super) fn infer<'a>(source: Source<'a>, look: Option<Look<'a>>) -> Typed {
    let mut notes = Vec::new();
    let (all, words) = match look {
        Some(look) if look.has_comma == source.has_comma => (look.numbers, look.words),
        Some(look) => (Numbers::of_all(source), look.words),
        None => (Numbers::of_all(source), None),
    };
    if let Some(numbers) = Numbers::of_most(source, all, &mut notes) {
        return numbers.typed(source, notes);
    }
    if let Some(values) = booleans(source) {
        return source.typed(Values::Boolean(values), notes);
    }
    let few = match words {
        Some(words) => words.finish(),
        None => few_levels(source),
    };
    if let Some((categories, is_dubious)) = few {
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

/// As [`Words::finish`], of all cells.
fn few_levels(source: Source<'_>) -> Option<(Categories, bool)> {
    let mut words = Words::new(source.cells.n_rows());
    for cell in source.cells() {
        words.add(cell, source);
        words.levels.as_ref()?;
    }
    words.finish()
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
