//! Delimited text becomes records of spans, in one pass and in linear time for any input.
//!
//! Quoting follows RFC 4180, leniently: a quote within a quoted cell that is followed by neither
//! a delimiter nor a line end is part of the text. A quote that is never closed, or whose cell runs
//! into what is plainly the opening quote of another cell, is read as an ordinary character, so
//! that one stray mark cannot swallow the rest of the file; its line is kept for a note.
//!
//! The `csv` crate is not used here because it copies every cell, has no spans and no notion of a
//! quote that is never closed; the tests compare with it on well-formed files.

use super::cells::{Span, Texts};
use super::limits::{self, MAX_CELL_BYTES, MAX_CELLS, MAX_COLUMNS, MAX_ROWS};
use super::stops::{self, Stops};
use crate::error::{Code, Error, Result};

/// How cells and records are told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Syntax {
    /// An ASCII character; of spaces, several in a row count as one.
    pub(super) delimiter: u8,
    /// None: quotes are ordinary characters.
    pub(super) quote: Option<u8>,
    /// Whether a carriage return alone ends a line, as on old Macs.
    pub(super) has_cr_lines: bool,
}

/// The records of a file, not yet of equal width.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) spans: Vec<Span>,
    pub(super) rows: Vec<Row>,
    /// Cells with doubled quotes, undone; see [`Texts`].
    pub(super) undone: String,
    pub(super) n_blank_lines: usize,
    /// Rows whose first cell may be a comment, ascending: it begins with `#`, or with what may be
    /// space.
    pub(super) marked: Vec<usize>,
    /// Lines at which a quote opens that nothing closes.
    pub(super) open_quotes: Vec<usize>,
}

/// One record: its spans end at `end` and begin where the row before ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) end: usize,
    pub(super) line: u32,
    /// Its cells without the empty ones at its end.
    pub(super) filled_width: u32,
}

impl Records {
    pub(super) fn row(&self, row: usize) -> &[Span] {
        let start = row
            .checked_sub(1)
            .and_then(|before| self.rows.get(before))
            .map_or(0, |r| r.end);
        let end = self.rows.get(row).map_or(start, |r| r.end);
        self.spans.get(start..end).unwrap_or_default()
    }

    /// The cells of a row without the empty ones at its end.
    pub(super) fn filled_width(&self, row: usize) -> usize {
        self.rows
            .get(row)
            .map_or(0, |row| row.filled_width as usize)
    }

    pub(super) fn width(&self, row: usize) -> usize {
        self.row(row).len()
    }
}

/// Whether lone carriage returns end the lines: they do where they outnumber line feeds.
pub(super) fn has_cr_lines(text: &str) -> bool {
    let n_lf = stops::count(text.as_bytes(), b'\n');
    let n_cr = stops::count(text.as_bytes(), b'\r');
    n_cr > 2 * n_lf
}

/// Splits `text` into records. Blank lines are counted and skipped.
///
/// # Errors
/// [`Code::TooLarge`] for too many columns or rows, or a cell that is too long.
pub(super) fn split(text: &str, syntax: Syntax) -> Result<Records> {
    let mut splitter = Splitter {
        bytes: text.as_bytes(),
        text,
        syntax,
        stops: Stops::new([syntax.delimiter, b'\n', b'\r']),
        at: 0,
        line: 1,
        dead_until: 0,
        records: Records::default(),
    };
    let (n_rows, n_cells) = about(text.as_bytes(), syntax.delimiter);
    // Where there is no room, growing fails as it would have.
    let _ = splitter.records.rows.try_reserve(n_rows.min(MAX_ROWS));
    let _ = splitter.records.spans.try_reserve(n_cells.min(MAX_CELLS));
    while splitter.at < text.len() {
        splitter.record()?;
    }
    Ok(splitter.records)
}

/// About how many rows and cells there are, rather a few more: as many as in pieces from all over
/// the file.
fn about(bytes: &[u8], delimiter: u8) -> (usize, usize) {
    const PIECE: usize = 1 << 12;
    const N_PIECES: usize = 64;
    let step = (bytes.len() / N_PIECES).max(PIECE);
    let (mut n_bytes, mut n_rows, mut n_cells) = (0, 0, 0);
    for start in (0..bytes.len()).step_by(step) {
        let piece = bytes.get(start..bytes.len().min(start + PIECE));
        let piece = piece.unwrap_or_default();
        n_bytes += piece.len();
        n_rows += stops::count(piece, b'\n');
        n_cells += stops::count(piece, delimiter);
    }
    let of_all = |n: usize| {
        let n = n as f64 * bytes.len() as f64 / n_bytes.max(1) as f64;
        (1.03 * n) as usize + 64
    };
    (of_all(n_rows), of_all(n_rows + n_cells))
}

struct Splitter<'a> {
    bytes: &'a [u8],
    text: &'a str,
    syntax: Syntax,
    /// Finds bytes that may end a cell without quotes.
    stops: Stops,
    at: usize,
    line: usize,
    /// Opening quotes before this position are known to lead nowhere.
    dead_until: usize,
    records: Records,
}

impl Splitter<'_> {
    fn peek(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Length of the line end at `at`; 0 where there is none.
    fn line_end(&self, at: usize) -> usize {
        match (self.peek(at), self.peek(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\n'), _) => 1,
            (Some(b'\r'), next) => usize::from(self.syntax.has_cr_lines || next.is_none()),
            _ => 0,
        }
    }

    fn skip_spaces(&mut self) {
        while self.peek(self.at) == Some(b' ') {
            self.at += 1;
        }
    }

    fn record(&mut self) -> Result<()> {
        let first = self.records.spans.len();
        let (start, line) = (self.at, self.line);
        let is_spaced = self.syntax.delimiter == b' ';
        loop {
            if is_spaced {
                self.skip_spaces();
                if self.records.spans.len() > first
                    && (self.at >= self.bytes.len() || self.line_end(self.at) > 0)
                {
                    break;
                }
            }
            self.cell()?;
            let n_cells = self.records.spans.len();
            limits::check(n_cells - first, MAX_COLUMNS, "columns").map_err(|e| e.at_line(line))?;
            limits::check(n_cells, MAX_CELLS, "cells").map_err(|e| e.at_line(line))?;
            if self.peek(self.at) != Some(self.syntax.delimiter) {
                break;
            }
            self.at += 1;
        }
        let is_blank = self.records.spans.len() == first + 1
            && self
                .text
                .get(start..self.at)
                .is_some_and(|text| text.trim().is_empty());
        let end = self.line_end(self.at);
        if end > 0 {
            self.at += end;
            self.line += 1;
        }
        if is_blank {
            self.records.spans.truncate(first);
            self.records.n_blank_lines += 1;
            return Ok(());
        }
        limits::check(self.records.rows.len() + 1, MAX_ROWS, "rows")?;
        self.keep_row(first, line);
        Ok(())
    }

    /// Ends a record, and keeps what its place in the table depends on while it is at hand.
    fn keep_row(&mut self, first: usize, line: usize) {
        let Records {
            spans,
            rows,
            marked,
            ..
        } = &mut self.records;
        let cells = spans.get(first..).unwrap_or_default();
        let last = cells.iter().rposition(|span| !span.is_empty());
        let start = cells.first().and_then(|span| self.bytes.get(span.start()));
        if !matches!(start, Some(b'$'..=b'~' | b'!' | b'"')) {
            marked.push(rows.len());
        }
        rows.push(Row {
            end: spans.len(),
            line: line as u32,
            filled_width: last.map_or(0, |last| last as u32 + 1),
        });
    }

    fn cell(&mut self) -> Result<()> {
        if let (Some(quote), Some(first)) = (self.syntax.quote, self.peek(self.at))
            && (first == quote || first == b' ')
            && self.quoted_cell(quote)
        {
            return Ok(());
        }
        let start = self.at;
        loop {
            self.at = self.stops.next(self.bytes, self.at);
            let is_end = match self.peek(self.at) {
                Some(b'\r') => self.line_end(self.at) > 0,
                _ => true,
            };
            if is_end {
                break;
            }
            self.at += 1;
        }
        self.push(start, self.at - start, false)
    }

    fn push(&mut self, start: usize, len: usize, is_quoted: bool) -> Result<()> {
        if len > MAX_CELL_BYTES {
            let message = format!(
                "A cell has more than {MAX_CELL_BYTES} bytes. Check that the delimiter is right."
            );
            return Err(Error::new(Code::TooLarge, message).at_line(self.line));
        }
        self.records.spans.push(Span::new(start, len, is_quoted));
        Ok(())
    }

    /// Reads a quoted cell, spaces around the quotes allowed; `false`, with nothing read, where
    /// there is none.
    fn quoted_cell(&mut self, quote: u8) -> bool {
        let mut open = self.at;
        while self.peek(open) == Some(b' ') {
            open += 1;
        }
        if self.peek(open) != Some(quote) || open < self.dead_until {
            return false;
        }
        let Some(close) = self.closing_quote(open, quote) else {
            self.records.open_quotes.push(self.line);
            return false;
        };
        let content = open + 1..close.at;
        if close.has_doubled {
            let doubled = [quote, quote].map(char::from);
            let doubled: String = doubled.iter().collect();
            let single = char::from(quote).to_string();
            let text = self.text.get(content).unwrap_or_default();
            let start = self.text.len() + self.records.undone.len();
            let text = text.replace(&doubled, &single);
            self.records.spans.push(Span::new(start, text.len(), true));
            self.records.undone.push_str(&text);
        } else {
            self.records
                .spans
                .push(Span::new(content.start, content.len(), true));
        }
        self.line += close.n_lines;
        self.at = close.next;
        true
    }

    fn closing_quote(&mut self, open: usize, quote: u8) -> Option<Close> {
        let mut close = Close {
            at: open + 1,
            next: 0,
            n_lines: 0,
            has_doubled: false,
        };
        loop {
            let byte = self.peek(close.at);
            if byte.is_none() || close.at - open > MAX_CELL_BYTES {
                self.dead_until = close.at;
                return None;
            }
            if byte != Some(quote) {
                let rest = self.bytes.get(close.at + 1..).unwrap_or_default();
                let end = self.line_end(close.at);
                close.n_lines += usize::from(end == 1);
                let is_dull = |byte: &u8| *byte != quote && *byte != b'\n' && *byte != b'\r';
                let run = rest
                    .iter()
                    .position(|byte| !is_dull(byte))
                    .unwrap_or(rest.len());
                close.at += 1 + run;
                continue;
            }
            if self.peek(close.at + 1) == Some(quote) {
                close.has_doubled = true;
                close.at += 2;
                continue;
            }
            if let Some(next) = self.after_quote(close.at + 1) {
                close.next = next;
                return Some(close);
            }
            let before = self.peek(close.at - 1);
            let opens_another = close.at > open + 1
                && (before == Some(self.syntax.delimiter) || matches!(before, Some(b'\n' | b'\r')));
            if opens_another {
                return None;
            }
            close.at += 1;
        }
    }

    /// Where the delimiter, line end or end of the file stands that follows a closing quote.
    fn after_quote(&self, mut at: usize) -> Option<usize> {
        if self.syntax.delimiter != b' ' {
            while self.peek(at) == Some(b' ') {
                at += 1;
            }
        }
        let is_end = self
            .peek(at)
            .is_none_or(|byte| byte == self.syntax.delimiter);
        (is_end || self.line_end(at) > 0).then_some(at)
    }
}

struct Close {
    at: usize,
    next: usize,
    n_lines: usize,
    has_doubled: bool,
}

impl Records {
    /// The text of a cell; `file` is what was split.
    pub(super) fn text<'a>(&'a self, file: &'a str, span: Span) -> &'a str {
        Texts::slice(file, &self.undone, span).text
    }
}
