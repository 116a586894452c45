//! The header: whether the first record is one, and a name of its own for every column.

use super::note::{Note, quoted};
use super::number::{Shape, is_missing_mark, shape};
use super::split::Records;

/// Rows that the header is compared with.
const SAMPLE: usize = 1000;

/// Whether the first record names columns: it holds words above numbers, or words that do not
/// come again below.
pub(super) fn looks_like_header(file: &str, records: &Records, body: &[usize]) -> bool {
    let Some((&first, rest)) = body.split_first() else {
        return false;
    };
    let rest = rest.get(..rest.len().min(SAMPLE)).unwrap_or(rest);
    let cell = |row: usize, column: usize| {
        records
            .row(row)
            .get(column)
            .map_or("", |&span| records.text(file, span).trim())
    };
    let is_number = |text: &str| {
        !matches!(shape(text, false), Shape::Other) || shape(text, true) != Shape::Other
    };
    let head: Vec<&str> = (0..records.width(first))
        .map(|column| cell(first, column))
        .collect();
    let mut votes = 0_i64;
    for (column, name) in head.iter().enumerate() {
        let below = rest
            .iter()
            .map(|&row| cell(row, column))
            .filter(|t| !is_missing_mark(t));
        let n_below = below.clone().count();
        let n_numbers = below.clone().filter(|text| is_number(text)).count();
        let is_numeric = n_below > 0 && n_numbers * 10 >= n_below * 9;
        if is_missing_mark(name) {
            // Left blank by writers of row names, a mark in a first row of data.
            votes -= i64::from(!name.is_empty());
        } else if is_number(name) {
            let names_year = is_year(name) && !below.clone().any(is_year);
            votes -= if names_year { 0 } else { 2 };
        } else if is_numeric {
            votes += 2;
        } else if below.clone().any(|text| text == *name) {
            votes -= 1;
        }
    }
    let n_distinct = head
        .iter()
        .copied()
        .collect::<std::collections::BTreeSet<&str>>()
        .len();
    let has_word = head.iter().any(|name| !is_number(name));
    let has_number = head
        .iter()
        .any(|name| is_number(name) && !(is_year(name) && has_word));
    votes > 0 || (votes == 0 && n_distinct == head.len() && !has_number)
}

fn is_year(text: &str) -> bool {
    text.len() == 4
        && text
            .parse()
            .is_ok_and(|year: u32| (1500..2200).contains(&year))
}

/// Gives every column a name of its own.
pub(super) fn make_unique(names: &mut [String], header_line: Option<usize>, notes: &mut Vec<Note>) {
    let mut taken: std::collections::BTreeSet<String> = names.iter().cloned().collect();
    let mut seen = std::collections::BTreeSet::new();
    for (index, name) in names.iter_mut().enumerate() {
        let is_empty = name.is_empty();
        if !is_empty && seen.insert(name.clone()) {
            continue;
        }
        let base = if is_empty {
            "column".to_owned()
        } else {
            name.clone()
        };
        let mut number = if is_empty { index + 1 } else { 2 };
        let mut unique = format!("{base}_{number}");
        while taken.contains(&unique) {
            number += 1;
            unique = format!("{base}_{number}");
        }
        taken.insert(unique.clone());
        seen.insert(unique.clone());
        if let Some(line) = header_line {
            let (code, message) = if is_empty {
                let place = index + 1;
                (
                    "empty_name",
                    format!("Column {place} has no name; it was named {unique}."),
                )
            } else {
                let again = quoted(name);
                (
                    "duplicate_name",
                    format!("The name {again} occurs again; it became {unique}."),
                )
            };
            notes.push(Note::new(code, message).at_line(line).in_column(&unique));
        }
        *name = unique;
    }
}
