//! What was found and done while reading: a messy file is a table with notes.

/// Notes of one kind that name their line; the rest is only counted.
const SHOWN: usize = 10;

/// One finding about a file, in a sentence.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Note {
    /// The line of the file, counted from 1, where the finding has one.
    pub line: Option<usize>,
    /// The column, where it has one.
    pub column: Option<String>,
    /// The kind of finding, for machines.
    pub code: &'static str,
    /// What was found and what was done about it.
    pub message: String,
    /// How often it was found. A note that only counts has no line.
    pub count: usize,
}

impl Note {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            line: None,
            column: None,
            code,
            message: message.into(),
            count: 1,
        }
    }

    pub(super) fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    pub(super) fn in_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    pub(super) fn times(mut self, count: usize) -> Self {
        self.count = count;
        self
    }
}

/// Collects findings of one kind: the first ten with their lines, then how many there are in all.
pub(super) struct Tally {
    code: &'static str,
    notes: Vec<Note>,
    count: usize,
}

impl Tally {
    pub(super) fn new(code: &'static str) -> Self {
        Self {
            code,
            notes: Vec::new(),
            count: 0,
        }
    }

    pub(super) fn push(&mut self, line: usize, message: impl FnOnce() -> String) {
        self.count += 1;
        if self.count <= SHOWN {
            self.notes
                .push(Note::new(self.code, message()).at_line(line));
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The notes; `total` says the sum where not all are shown.
    pub(super) fn finish(mut self, total: impl FnOnce(usize) -> String) -> Vec<Note> {
        if self.count > SHOWN {
            self.notes
                .push(Note::new(self.code, total(self.count)).times(self.count));
        }
        self.notes
    }
}

/// A text in curly quotes, cut to a readable length, control characters made visible.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(40).map(visible).collect();
    if text.chars().nth(40).is_some() {
        shown.push('\u{2026}');
    }
    format!("\u{201c}{shown}\u{201d}")
}

fn visible(c: char) -> char {
    if c.is_control() { '\u{b7}' } else { c }
}

/// `1 row`, `2 rows`.
pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
