//! The dialect of a delimited file, guessed from its first part: delimiter and quote.
//!
//! Each candidate splits a sample; the one wins under which records have the same number of cells
//! and cells look like whole values. Header, types and decimal mark are decided later, from all
//! rows.

use std::collections::BTreeMap;

use super::encoding::Encoding;
use super::number::{Shape, decimal_evidence, is_missing_mark, shape};
use super::split::{Records, Syntax, split};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Dialect {
    /// Delimited text or JSON.
    pub format: Format,
    /// How bytes stand for characters.
    pub encoding: Encoding,
    /// What separates cells; none in JSON.
    pub delimiter: Option<char>,
    /// What encloses cells; none in JSON or where quotes are ordinary characters.
    pub quote: Option<char>,
    /// Whether the first record names the columns.
    pub has_header: bool,
    /// Whether numbers have a decimal comma.
    pub decimal_comma: bool,
}

/// What kind of text a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Delimited text: CSV, TSV and their kin.
    Csv,
    /// JSON: records, rows, columns, or one record a line.
    Json,
}

/// How much of the file is looked at.
const SAMPLE_BYTES: usize = 65_536;

/// In order of preference where the evidence is equal.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Guesses what is not given.
pub(super) fn guess(
    text: &str,
    delimiter: Option<u8>,
    quote: Option<u8>,
    has_cr_lines: bool,
) -> Syntax {
    let sample = sample(text, has_cr_lines);
    let quote = quote.unwrap_or_else(|| guess_quote(sample));
    let syntax = |delimiter| Syntax {
        delimiter,
        quote: Some(quote),
        has_cr_lines,
    };
    if let Some(delimiter) = delimiter {
        return syntax(delimiter);
    }
    let mut best = (0.0, b',');
    for delimiter in DELIMITERS {
        let score = score(sample, syntax(delimiter));
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    if best.0 == 0.0 && is_clearly_spaced(sample, syntax(b' ')) {
        best.1 = b' ';
    }
    syntax(best.1)
}

/// The first part of the file, cut at a line end.
fn sample(text: &str, has_cr_lines: bool) -> &str {
    if text.len() <= SAMPLE_BYTES {
        return text;
    }
    let end = if has_cr_lines { b'\r' } else { b'\n' };
    let head = text.as_bytes().get(..SAMPLE_BYTES).unwrap_or_default();
    let cut = head
        .iter()
        .rposition(|byte| *byte == end)
        .map_or(0, |at| at + 1);
    match text.get(..cut) {
        Some(sample) if cut > 0 => sample,
        _ => text
            .get(..text.floor_char_boundary(SAMPLE_BYTES))
            .unwrap_or(text),
    }
}

/// The single quote only where cells begin and end with it and the double quote never occurs.
fn guess_quote(sample: &str) -> u8 {
    if sample.contains('"') {
        return b'"';
    }
    let is_edge =
        |c: Option<char>| c.is_none_or(|c| matches!(c, ',' | ';' | '\t' | '|' | '\n' | '\r'));
    let (mut n_opening, mut n_closing, mut n_inner) = (0, 0, 0);
    let mut before = None;
    let mut rest = sample.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\'' {
            match (is_edge(before), is_edge(rest.peek().copied())) {
                (true, false) => n_opening += 1,
                (false, true) => n_closing += 1,
                (true, true) => {}
                (false, false) => n_inner += 1,
            }
        }
        before = Some(c);
    }
    if n_opening > 0 && n_opening == n_closing && n_inner <= n_opening {
        b'\''
    } else {
        b'"'
    }
}

/// How well a delimiter explains the sample: 0 where it yields one column.
fn score(sample: &str, syntax: Syntax) -> f64 {
    let Ok(records) = split(sample, syntax) else {
        return 0.0;
    };
    let width = usual_width(&records);
    if width < 2 {
        return 0.0;
    }
    let n_rows = records.rows.len();
    let n_usual = (0..n_rows)
        .filter(|&row| records.width(row) == width)
        .count();
    // Records that only lack a few cells speak less against a delimiter than single cells do.
    let n_near = (0..n_rows)
        .filter(|&row| records.width(row) != width && records.width(row) > 1)
        .count();
    let consistency = (n_usual as f64 + 0.4 * n_near as f64) / n_rows as f64;
    let cells = records.spans.iter();
    let n_clean = cells
        .filter(|span| span.is_quoted() || is_clean(records.text(sample, **span)))
        .count();
    let cleanness = n_clean as f64 / records.spans.len() as f64;
    // More columns are weak evidence: a delimiter by chance gives few.
    let breadth = 1.0 + 0.02 * width.min(10) as f64;
    consistency * consistency * (0.05 + cleanness) * breadth
}

/// Whether a cell looks like one value: missing, a number, or words without other delimiters.
fn is_clean(text: &str) -> bool {
    let text = text.trim();
    if is_missing_mark(text) || shape(text, false) != Shape::Other {
        return true;
    }
    if decimal_evidence(text).is_some() || shape(text, true) != Shape::Other {
        return true;
    }
    !text.contains([';', '\t', '|', '"']) && !text.contains(',')
}

/// The most frequent number of cells, the larger of equals.
pub(super) fn usual_width(records: &Records) -> usize {
    count_each((0..records.rows.len()).map(|row| records.width(row)))
        .into_iter()
        .max_by_key(|&(_, count)| count)
        .map_or(0, |(width, _)| width)
}

/// How often each number occurs; quick where it is mostly the same one after the other.
pub(super) fn count_each(numbers: impl Iterator<Item = usize>) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    let mut run = (0, 0);
    for number in numbers {
        if number != run.0 {
            *counts.entry(run.0).or_insert(0) += run.1;
            run = (number, 0);
        }
        run.1 += 1;
    }
    *counts.entry(run.0).or_insert(0) += run.1;
    counts.retain(|_, count| *count > 0);
    counts
}

/// Spaces separate cells only where every record has the same number of them and at least half of
/// all cells are numbers: everything else is sentences.
fn is_clearly_spaced(sample: &str, syntax: Syntax) -> bool {
    let Ok(records) = split(sample, syntax) else {
        return false;
    };
    let width = usual_width(&records);
    let is_even = (0..records.rows.len()).all(|row| records.width(row) == width);
    let is_number = |text: &str| shape(text, false) != Shape::Other || is_missing_mark(text);
    let n_numbers = records
        .spans
        .iter()
        .filter(|span| is_number(records.text(sample, **span)))
        .count();
    width >= 2 && is_even && records.rows.len() >= 2 && n_numbers * 2 >= records.spans.len()
}
