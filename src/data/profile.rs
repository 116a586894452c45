//! What a column looks like: counts, moments, a histogram, the most frequent values.
//!
//! Cost: O(n_rows · log n_rows) a column, for the sorting.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use super::histogram::{Histogram, histogram};
use super::note::{counted, quoted};
use super::table::{Column, ColumnType, Table, Values, compare_levels};
use crate::math::{self, print_number};
use crate::parallel;

/// Values that are listed by name.
const N_TOP: usize = 10;
/// From this many rows on, values that hardly repeat are taken for identifiers.
const MIN_FOR_IDENTIFIER: usize = 20;
/// Above this share of distinct values they hardly repeat.
const UNIQUE_SHARE: f64 = 0.95;

/// One column in figures. What a column of its type does not have is `None` or empty.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ColumnProfile {
    /// Column name.
    pub name: String,
    /// What it holds.
    pub column_type: ColumnType,
    /// Number of rows with a value.
    pub count: usize,
    /// Number of rows without.
    pub n_missing: usize,
    /// Number of different values.
    pub n_distinct: usize,
    /// Smallest number.
    pub min: Option<f64>,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// The number in the middle, or the mean of the two in the middle.
    pub median: Option<f64>,
    /// Largest number.
    pub max: Option<f64>,
    /// Standard deviation of the sample (divided by n − 1), of at least two numbers.
    pub std: Option<f64>,
    /// How the numbers are spread.
    pub histogram: Option<Histogram>,
    /// The most frequent values, the first in level order among equals; at most ten.
    pub top_values: Vec<TopValue>,
    /// Whether it has one value only, or none: nothing can be learnt from it.
    pub is_constant: bool,
    /// Whether it seems to name rows; it should then be no feature.
    pub is_identifier: bool,
    /// What to know about it, in sentences.
    pub notes: Vec<String>,
}

/// A value and how often it occurs.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TopValue {
    /// The value in its canonical printed form.
    pub value: String,
    /// Number of rows that have it.
    pub count: usize,
}

/// Describes every column, in order.
///
/// ```
/// use handlens::data::{Column, Table, profile};
/// let table = Table::new(vec![Column::number("size", vec![1.0, 2.0, f64::NAN, 6.0])])?;
/// let size = &profile(&table)[0];
/// assert_eq!((size.count, size.n_missing, size.mean, size.median), (3, 1, Some(3.0), Some(2.0)));
/// # Ok::<(), handlens::error::Error>(())
/// ```
pub fn profile(table: &Table) -> Vec<ColumnProfile> {
    let columns = parallel::map_chunks(table.columns().len(), 1, |columns| {
        table.columns().get(columns.start).map(profile_column)
    });
    columns.into_iter().flatten().collect()
}

fn profile_column(column: &Column) -> ColumnProfile {
    let mut profile = match &column.values {
        Values::Number(values) => profile_numbers(column, values),
        _ => profile_words(column),
    };
    profile.is_identifier = is_identifier(column, &profile);
    profile.notes = notes(&profile);
    profile
}

fn blank(column: &Column, count: usize) -> ColumnProfile {
    ColumnProfile {
        name: column.name.clone(),
        column_type: column.column_type(),
        count,
        n_missing: column.len() - count,
        n_distinct: 0,
        min: None,
        mean: None,
        median: None,
        max: None,
        std: None,
        histogram: None,
        top_values: Vec::new(),
        is_constant: true,
        is_identifier: false,
        notes: Vec::new(),
    }
}

fn profile_numbers(column: &Column, values: &[f64]) -> ColumnProfile {
    let mut sorted: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let runs: Vec<&[f64]> = sorted.chunk_by(|a, b| a == b).collect();
    let top = runs
        .iter()
        .filter_map(|run| Some((*run.first()?, run.len())));
    let top = most_frequent(top, f64::total_cmp);
    let moments = math::moments(&sorted);
    let n = sorted.len() as f64;
    ColumnProfile {
        n_distinct: runs.len(),
        min: sorted.first().copied(),
        mean: moments.map(|m| m.mean),
        median: math::quantile(&sorted, 0.5),
        max: sorted.last().copied(),
        std: moments
            .filter(|m| m.n > 1)
            .map(|m| m.variance.sqrt() * (n / (n - 1.0)).sqrt()),
        histogram: histogram(&sorted),
        top_values: top
            .into_iter()
            .map(|(v, count)| TopValue {
                value: print_number(v),
                count,
            })
            .collect(),
        is_constant: math::is_constant(&sorted),
        ..blank(column, sorted.len())
    }
}

fn profile_words(column: &Column) -> ColumnProfile {
    let counts: Vec<(Cow<'_, str>, usize)> = match &column.values {
        Values::Category(categories) => {
            let mut counts = vec![0; categories.levels.len()];
            for &code in &categories.codes {
                if let Some(count) = counts.get_mut(code as usize) {
                    *count += 1;
                }
            }
            let levels = categories
                .levels
                .iter()
                .map(|level| Cow::Borrowed(level.as_str()));
            levels.zip(counts).filter(|(_, count)| *count > 0).collect()
        }
        _ => {
            let mut count_by_text = HashMap::new();
            for text in (0..column.len()).filter_map(|row| column.text(row)) {
                *count_by_text.entry(text).or_insert(0) += 1;
            }
            count_by_text.into_iter().collect()
        }
    };
    let count = counts.iter().map(|(_, count)| count).sum();
    let n_distinct = counts.len();
    let top = most_frequent(counts.into_iter(), |a, b| compare_levels(a, b));
    let top = top
        .into_iter()
        .map(|(value, count)| (value.into_owned(), count));
    ColumnProfile {
        n_distinct,
        top_values: top
            .map(|(value, count)| TopValue { value, count })
            .collect(),
        is_constant: n_distinct < 2,
        ..blank(column, count)
    }
}

/// The ten most frequent values, in the given order among equals, without sorting all.
fn most_frequent<T>(
    counts: impl Iterator<Item = (T, usize)>,
    order: impl Fn(&T, &T) -> Ordering,
) -> Vec<(T, usize)> {
    let compare = |a: &(T, usize), b: &(T, usize)| b.1.cmp(&a.1).then_with(|| order(&a.0, &b.0));
    let mut top: Vec<(T, usize)> = Vec::with_capacity(N_TOP + 1);
    for entry in counts {
        let is_full = top.len() == N_TOP;
        if is_full && top.last().is_some_and(|last| compare(last, &entry).is_lt()) {
            continue;
        }
        let place = top.partition_point(|other| compare(other, &entry).is_lt());
        top.insert(place, entry);
        top.truncate(N_TOP);
    }
    top
}

/// Whether a column names rows: words that hardly repeat, or whole numbers that hardly repeat and
/// are named as an identifier. Numbers that merely count up may be a time or a dose, so they are
/// features.
fn is_identifier(column: &Column, profile: &ColumnProfile) -> bool {
    let is_unique = profile.count >= MIN_FOR_IDENTIFIER
        && profile.n_distinct as f64 > UNIQUE_SHARE * profile.count as f64;
    if !is_unique {
        return false;
    }
    match &column.values {
        Values::Number(values) => {
            let mut present = values.iter().filter(|value| !value.is_nan());
            is_named_identifier(&column.name) && present.all(|value| value.fract() == 0.0)
        }
        Values::Category(_) | Values::Text(_) => true,
        Values::Boolean(_) => false,
    }
}

fn is_named_identifier(name: &str) -> bool {
    const WORDS: [&str; 12] = [
        "id", "ids", "index", "idx", "key", "nr", "no", "uid", "uuid", "guid", "row", "unnamed",
    ];
    let is_camel = name.ends_with("Id") || name.ends_with("ID");
    let lower = name.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    name.is_empty() || name == "row_name" || is_camel || words.any(|word| WORDS.contains(&word))
}

fn notes(profile: &ColumnProfile) -> Vec<String> {
    let mut notes = Vec::new();
    if profile.count == 0 {
        notes.push("It has no values.".to_owned());
        return notes;
    }
    if profile.is_constant {
        let value = profile
            .top_values
            .first()
            .map_or("", |top| top.value.as_str());
        let value = quoted(value);
        notes.push(format!(
            "Every row has about the same value, {value}: nothing can be learnt from it."
        ));
    }
    if profile.is_identifier {
        notes.push(
            "Its values hardly repeat and seem to name the rows; it is best left out.".to_owned(),
        );
    }
    let n = profile.count + profile.n_missing;
    if profile.n_missing > 0 {
        let missing = counted(profile.n_missing, "row has", "rows have");
        let share = 100.0 * profile.n_missing as f64 / n as f64;
        notes.push(format!("{missing} no value ({share:.1} %)."));
    }
    notes
}
