//! The cells of a file as they were read: spans into the decoded text, 8 bytes a cell.
//!
//! Types are decided from these, and decided anew when the user changes one; nothing of the
//! original spelling is lost.

use std::ops::Range;

/// Where the text of one cell lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    start: u32,
    /// Length, then two bits: quoted, absent.
    bits: u32,
}

impl Span {
    /// A cell that the file does not have: the end of a short row, a JSON null.
    pub(super) const ABSENT: Self = Self { start: 0, bits: 2 };

    /// No cell yet.
    pub(super) const UNSET: Self = Self { start: 1, bits: 2 };

    /// The limits of [`super::limits`] keep both below 2³⁰ and 2³².
    pub(super) fn new(start: usize, len: usize, is_quoted: bool) -> Self {
        Self {
            start: start as u32,
            bits: (len as u32) << 2 | u32::from(is_quoted),
        }
    }

    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    /// An empty cell without quotes, or none at all.
    pub(super) fn is_empty(self) -> bool {
        self.bits >> 2 == 0 && self.bits & 1 == 0
    }

    pub(super) fn is_quoted(self) -> bool {
        self.bits & 1 == 1
    }
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell<'a> {
    /// Its text without quotes, escapes undone.
    pub(super) text: &'a str,
    /// Whether it stood in quotes (or was a JSON string).
    pub(super) is_quoted: bool,
    /// Whether the file has no such cell.
    pub(super) is_absent: bool,
}

/// Texts that spans point into: the file, then what is not a slice of the file.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) file: String,
    /// Cells with doubled quotes or escapes, undone.
    pub(super) undone: String,
}

impl Texts {
    pub(super) fn get(&self, span: Span) -> Cell<'_> {
        Self::slice(&self.file, &self.undone, span)
    }

    pub(super) fn slice<'a>(file: &'a str, undone: &'a str, span: Span) -> Cell<'a> {
        let (start, len) = (span.start as usize, (span.bits >> 2) as usize);
        let text = match start.checked_sub(file.len()) {
            None => file.get(start..start + len),
            Some(start) => undone.get(start..start + len),
        };
        Cell {
            text: text.unwrap_or_default(),
            is_quoted: span.is_quoted(),
            is_absent: span.bits & 2 != 0,
        }
    }
}

/// The cells of a table, row by row.
#[derive(Debug, Default)]
pub(super) struct Cells {
    pub(super) texts: Texts,
    /// Those above the table, then `(n_rows, n_columns)`.
    pub(super) spans: Vec<Span>,
    /// How many stand above the table.
    pub(super) n_above: usize,
    pub(super) n_columns: usize,
    /// The line each row begins at, counted from 1.
    pub(super) lines: Vec<u32>,
    /// Whether every cell below the names that is not empty stands in quotes; quotes then tell
    /// nothing.
    pub(super) quotes_all: bool,
    /// Whether the file is JSON, whose numbers know only the point.
    pub(super) is_json: bool,
}

impl Cells {
    pub(super) fn n_rows(&self) -> usize {
        self.lines.len()
    }

    /// `(n_rows, n_columns)`.
    fn spans(&self) -> &[Span] {
        self.spans.get(self.n_above..).unwrap_or_default()
    }

    pub(super) fn line(&self, row: usize) -> usize {
        self.lines.get(row).map_or(0, |&line| line as usize)
    }

    pub(super) fn get(&self, row: usize, column: usize) -> Cell<'_> {
        let span = self.spans().get(row * self.n_columns + column);
        self.texts.get(span.copied().unwrap_or(Span::ABSENT))
    }

    /// Replaces the text of each cell by a part of it.
    pub(super) fn map_texts(&mut self, part: impl Fn(&str) -> &str) {
        for span in &mut self.spans {
            let text = self.texts.get(*span).text;
            let kept = part(text);
            if kept.len() != text.len() {
                let offset = text.len() - kept.len();
                *span = Span::new(span.start as usize + offset, kept.len(), span.is_quoted());
            }
        }
    }

    /// The cells of one column in some rows.
    pub(super) fn column_in(
        &self,
        column: usize,
        rows: Range<usize>,
    ) -> impl Iterator<Item = Cell<'_>> + Clone {
        let n_columns = self.n_columns.max(1);
        let spans = self.spans();
        let end = spans.len().min(rows.end * n_columns);
        let spans = spans.get(rows.start * n_columns + column..end);
        let spans = spans.unwrap_or_default().iter().step_by(n_columns);
        spans.map(|&span| self.texts.get(span))
    }

    /// The cells of one column from the first row on.
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = Cell<'_>> + Clone {
        self.column_in(column, 0..self.n_rows())
    }
}
