//! Records become a table of cells: what comes before the table, the header, rows of equal width.

use super::cells::{Cells, Span, Texts};
use super::dialect::{count_each, usual_width};
use super::header::{looks_like_header, make_unique};
use super::limits;
use super::note::{Note, Tally, counted, quoted};
use super::number::{Shape, shape, trimmed};
use super::split::Records;
use crate::error::Result;

/// Names and cells of a delimited file.
pub(super) struct Layout {
    pub(super) names: Vec<String>,
    pub(super) cells: Cells,
    pub(super) has_header: bool,
}

/// Lays out the records of `file`.
///
/// # Errors
/// [`TooLarge`](crate::error::Code::TooLarge) for too many cells.
pub(super) fn lay_out(
    file: String,
    mut records: Records,
    has_header: Option<bool>,
    notes: &mut Vec<Note>,
) -> Result<Layout> {
    let mut body = body_rows(&file, &records, notes);
    let has_header = has_header.unwrap_or_else(|| looks_like_header(&file, &records, &body));
    let header = if has_header && !body.is_empty() {
        Some(body.remove(0))
    } else {
        None
    };
    let mut names: Vec<String> = header.map_or_else(Vec::new, |row| {
        let cells = records.row(row).iter();
        cells
            .map(|&span| records.text(&file, span).trim().to_owned())
            .collect()
    });
    let n_columns = table_width(&records, &body, &mut names, notes);
    limits::check_cells(body.len(), n_columns)?;
    // Where some rows are wider than the header, the others are not short.
    let expected = if names.is_empty() {
        n_columns
    } else {
        names.len()
    };
    names.resize(n_columns, String::new());
    let header_line = header
        .and_then(|row| records.rows.get(row))
        .map(|row| row.line as usize);
    make_unique(&mut names, header_line, notes);
    let lines = body
        .iter()
        .filter_map(|&row| Some(records.rows.get(row)?.line))
        .collect();
    let (spans, n_above) = match take_even(&mut records, &body, n_columns) {
        Some(spans) => spans,
        None => {
            let wide = (n_columns, expected);
            (even_rows(&file, &records, &body, wide, notes), 0)
        }
    };
    let mut below = spans.iter().skip(n_above);
    let quotes_all = below.all(|span| span.is_quoted() || span.is_empty());
    let texts = Texts {
        file,
        undone: records.undone,
    };
    let cells = Cells {
        texts,
        spans,
        n_above,
        n_columns,
        lines,
        quotes_all,
        is_json: false,
    };
    Ok(Layout {
        names,
        cells,
        has_header,
    })
}

/// The records that belong to the table. Comments, titles above it and empty records do not, and
/// are noted.
fn body_rows(file: &str, records: &Records, notes: &mut Vec<Note>) -> Vec<usize> {
    let usual = usual_width(records);
    let text = |row: usize| {
        let first = records.row(row).first();
        first.map_or("", |&span| trimmed(records.text(file, span)))
    };
    let line = |row: usize| records.rows.get(row).map_or(0, |row| row.line as usize);
    let n_filled = |row: usize| {
        records
            .row(row)
            .iter()
            .filter(|span| !span.is_empty())
            .count()
    };
    let mut skipped = Tally::new("skipped_line");
    let mut n_empty = 0;
    let mut body: Vec<usize> = Vec::with_capacity(records.rows.len());
    let mut marked = records.marked.iter().peekable();
    for row in 0..records.rows.len() {
        let is_comment = marked.next_if(|marked| **marked == row).is_some()
            && text(row).starts_with('#')
            && if usual > 1 {
                n_filled(row) == 1 || (body.is_empty() && records.width(row) != usual)
            } else {
                body.is_empty() && text(row).starts_with("# ")
            };
        let is_title = body.is_empty() && is_title(file, records, row, usual);
        if is_comment || is_title {
            let what = if is_comment {
                "is a comment"
            } else {
                "comes before the table"
            };
            skipped.push(line(row), || {
                format!(
                    "Line {} {what} and was skipped: {}.",
                    line(row),
                    quoted(text(row))
                )
            });
        } else if records.filled_width(row) == 0 {
            n_empty += 1;
        } else {
            body.push(row);
        }
    }
    notes.extend(skipped.finish(|n| format!("{n} lines were skipped: titles or comments.")));
    if n_empty > 0 {
        let rows = counted(
            n_empty,
            "row without any value was",
            "rows without any value were",
        );
        notes.push(Note::new("empty_row", format!("{rows} skipped.")).times(n_empty));
    }
    body
}

/// Whether a record at the top is a title: one filled cell, above a wider and fuller record.
fn is_title(file: &str, records: &Records, row: usize, usual: usize) -> bool {
    let filled = |row: usize| {
        records
            .row(row)
            .iter()
            .filter(|span| !span.is_empty())
            .count()
    };
    let is_word = |span: &Span| {
        !span.is_empty() && shape(records.text(file, *span).trim(), false) == Shape::Other
    };
    let next = (row + 1..records.rows.len()).find(|&next| filled(next) > 0);
    let is_header_next = next
        .is_some_and(|next| records.width(next) >= usual && records.row(next).iter().all(is_word));
    let is_thin = filled(row) == 1 && records.row(row).first().is_some_and(is_word);
    is_thin && usual >= 2 && (is_header_next || (records.width(row) == 1 && usual >= 3))
}

/// Number of columns. Rows that are wider than the header widen the table where they are many.
fn table_width(
    records: &Records,
    body: &[usize],
    names: &mut Vec<String>,
    notes: &mut Vec<Note>,
) -> usize {
    let filled = body.iter().map(|&row| records.filled_width(row));
    let count_by_width = count_each(filled);
    let widest = count_by_width.keys().copied().max().unwrap_or(0);
    let n_named = names
        .iter()
        .rposition(|name| !name.is_empty())
        .map_or(0, |last| last + 1);
    let usual = count_by_width
        .iter()
        .max_by_key(|(_, count)| **count)
        .map_or(0, |(w, _)| *w);
    if n_named == 0 {
        return if count_by_width
            .range(usual + 1..)
            .map(|(_, n)| n)
            .sum::<usize>()
            * 10
            >= body.len()
        {
            widest
        } else {
            usual
        };
    }
    // A nameless last column with values is a column; without, it is a trailing delimiter.
    let n_named = if widest > n_named {
        names.len()
    } else {
        n_named
    };
    let n_at = |width: usize| count_by_width.get(&width).copied().unwrap_or(0);
    if names.len() == n_named && n_at(n_named + 1) * 10 >= body.len() * 9 && !body.is_empty() {
        names.insert(0, "row_name".to_owned());
        let message = "The rows have one cell more than the header, as R writes tables: the first \
                       column was named \u{201c}row_name\u{201d}.";
        notes.push(Note::new("row_names", message));
        return n_named + 1;
    }
    let n_over: usize = count_by_width
        .range(n_named + 1..)
        .map(|(_, count)| count)
        .sum();
    let is_widened = n_over > 1 && n_over * 10 >= body.len();
    if is_widened {
        let message = format!("{n_over} rows have more cells than the header has names.");
        notes.push(Note::new("unnamed_columns", message).times(n_over));
    }
    let width = if is_widened { widest } else { n_named };
    if width < names.len() {
        let message = "The lines end with a delimiter; the empty column after it was left out.";
        notes.push(Note::new("trailing_delimiter", message));
    }
    names.truncate(width);
    width
}

/// The spans down to the end of the body, where its rows follow one another and all have
/// `n_columns`, and how many of them stand above it.
fn take_even(
    records: &mut Records,
    body: &[usize],
    n_columns: usize,
) -> Option<(Vec<Span>, usize)> {
    let (&first, &last) = (body.first()?, body.last()?);
    let is_even =
        last - first + 1 == body.len() && body.iter().all(|&row| records.width(row) == n_columns);
    is_even.then(|| {
        let mut spans = std::mem::take(&mut records.spans);
        spans.truncate(records.rows.get(last).map_or(0, |row| row.end));
        let n_above = spans.len() - body.len() * n_columns;
        (spans, n_above)
    })
}

/// The spans of the body, every row `n_columns` wide, at least `expected` of them present. What is missing or too much is noted.
fn even_rows(
    file: &str,
    records: &Records,
    body: &[usize],
    (n_columns, expected): (usize, usize),
    notes: &mut Vec<Note>,
) -> Vec<Span> {
    let mut spans = Vec::with_capacity(body.len() * n_columns);
    let mut short = Tally::new("short_row");
    let mut long = Tally::new("long_row");
    for &row in body {
        let cells = records.row(row);
        let line = records.rows.get(row).map_or(0, |row| row.line as usize);
        let n = cells.len().min(n_columns);
        spans.extend_from_slice(cells.get(..n).unwrap_or_default());
        if n < n_columns {
            spans.resize(spans.len() + n_columns - n, Span::ABSENT);
        }
        if n < expected {
            short.push(line, || {
                let found = counted(cells.len(), "cell", "cells");
                format!("Line {line} has {found} instead of {expected}; the rest is missing.")
            });
        }
        let extra = cells.get(n..).unwrap_or_default();
        if extra.iter().any(|span| !span.is_empty()) {
            long.push(line, || {
                let texts: Vec<&str> = extra.iter().map(|&s| records.text(file, s)).collect();
                format!(
                    "Line {line} has {} cells instead of {n_columns}; left out: {}.",
                    cells.len(),
                    quoted(&texts.join(" | "))
                )
            });
        }
    }
    notes.extend(short.finish(|n| {
        format!("{n} rows have fewer than {expected} cells; the rest of each is missing.")
    }));
    notes.extend(long.finish(|n| {
        format!("{n} rows have more than {n_columns} cells; what is too much was left out.")
    }));
    spans
}
