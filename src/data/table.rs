//! The table: typed columns of equal length, missing cells explicit.

use std::borrow::Cow;

use super::levels::Levels;
use crate::error::{Code, Error, Result};
use crate::math::{order_by, print_number};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Finite 64-bit numbers.
    Number,
    /// One of a list of levels.
    Category,
    /// True or false.
    Boolean,
    /// Free text: identifiers, names, sentences. Not used as a feature by default.
    Text,
}

/// The cells of a column. Every kind can tell a missing cell from any value.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Finite numbers; NaN, which no file can hold as a value, marks a missing cell.
    Number(Vec<f64>),
    /// Levels by their code.
    Category(Categories),
    /// True, false or missing.
    Boolean(Vec<Option<bool>>),
    /// Text or missing. An empty text is a value.
    Text(Vec<Option<String>>),
}

/// A categorical column: each cell is a code into the list of levels.
#[derive(Debug, Clone, PartialEq)]
pub struct Categories {
    /// One code a row: an index into `levels`, or [`Categories::MISSING`].
    pub codes: Vec<u32>,
    /// The distinct values, numbers by size and before words, words by code point.
    pub levels: Vec<String>,
}

impl Categories {
    /// The code of a missing cell.
    pub const MISSING: u32 = u32::MAX;

    /// Builds the levels from the texts of a column and brings them into order.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut levels = Levels::new();
        let code = |text: Option<&'a str>| text.map_or(Self::MISSING, |text| levels.code(text));
        let codes = texts.into_iter().map(code).collect();
        Self::in_order(codes, levels.found())
    }

    /// Brings the levels of codes into order.
    pub(super) fn in_order(mut codes: Vec<u32>, found: &[&str]) -> Self {
        let order = order_by(found.len(), &|a, b| compare_levels(found[a], found[b]));
        let mut rank = vec![0_u32; found.len()];
        for (new, &old) in order.iter().enumerate() {
            rank[old] = new as u32;
        }
        for code in codes.iter_mut().filter(|code| **code != Self::MISSING) {
            *code = rank[*code as usize];
        }
        Self {
            codes,
            levels: order
                .into_iter()
                .map(|index| found[index].to_owned())
                .collect(),
        }
    }

    /// The level of a row, `None` where missing.
    pub fn level(&self, row: usize) -> Option<&str> {
        self.levels
            .get(*self.codes.get(row)? as usize)
            .map(String::as_str)
    }
}

/// The order of levels and class labels: numbers by size and before words, words by code point.
pub fn compare_levels(a: &str, b: &str) -> std::cmp::Ordering {
    let number = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name in the header, made unique where the header repeats one.
    pub name: String,
    /// The cells.
    pub values: Values,
}

impl Column {
    /// A column of numbers; NaN marks missing.
    pub fn number(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self {
            name: name.into(),
            values: Values::Number(values),
        }
    }

    /// A categorical column from its texts.
    pub fn category<'a>(
        name: impl Into<String>,
        texts: impl IntoIterator<Item = Option<&'a str>>,
    ) -> Self {
        Self {
            name: name.into(),
            values: Values::Category(Categories::from_texts(texts)),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Number(values) => values.len(),
            Values::Category(categories) => categories.codes.len(),
            Values::Boolean(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it holds.
    pub fn column_type(&self) -> ColumnType {
        match &self.values {
            Values::Number(_) => ColumnType::Number,
            Values::Category(_) => ColumnType::Category,
            Values::Boolean(_) => ColumnType::Boolean,
            Values::Text(_) => ColumnType::Text,
        }
    }

    /// Whether the cell is missing; a row beyond the end is.
    pub fn is_missing(&self, row: usize) -> bool {
        match &self.values {
            Values::Number(values) => values.get(row).is_none_or(|value| value.is_nan()),
            Values::Category(categories) => categories.level(row).is_none(),
            Values::Boolean(values) => values.get(row).is_none_or(Option::is_none),
            Values::Text(values) => values.get(row).is_none_or(Option::is_none),
        }
    }

    /// The cell in its one canonical printed form, `None` where missing: numbers by the
    /// shortest digits that read back the same, booleans as `true` and `false`.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        match &self.values {
            Values::Number(values) => values
                .get(row)
                .filter(|value| !value.is_nan())
                .map(|&v| print_number(v).into()),
            Values::Category(categories) => categories.level(row).map(Cow::Borrowed),
            Values::Boolean(values) => {
                (*values.get(row)?).map(|value| if value { "true" } else { "false" }.into())
            }
            Values::Text(values) => values.get(row)?.as_deref().map(Cow::Borrowed),
        }
    }

    /// The rows at `rows`, in that order. Categories keep all their levels.
    pub fn select(&self, rows: &[usize]) -> Self {
        fn pick<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter()
                .filter_map(|&row| values.get(row).cloned())
                .collect()
        }
        let values = match &self.values {
            Values::Number(values) => Values::Number(pick(values, rows)),
            Values::Category(categories) => Values::Category(Categories {
                codes: pick(&categories.codes, rows),
                levels: categories.levels.clone(),
            }),
            Values::Boolean(values) => Values::Boolean(pick(values, rows)),
            Values::Text(values) => Values::Text(pick(values, rows)),
        };
        Self {
            name: self.name.clone(),
            values,
        }
    }
}

/// Typed columns of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<Column>,
    n_rows: usize,
}

impl Table {
    /// A table of columns of equal length.
    ///
    /// # Errors
    /// [`Code::ShapeMismatch`] where the lengths differ or a name repeats.
    pub fn new(columns: Vec<Column>) -> Result<Self> {
        let n_rows = columns.first().map_or(0, Column::len);
        let mut names = std::collections::BTreeSet::new();
        for column in &columns {
            if column.len() != n_rows {
                let message = format!(
                    "Column \u{201c}{}\u{201d} has {} rows, the first has {n_rows}.",
                    column.name,
                    column.len()
                );
                return Err(Error::new(Code::ShapeMismatch, message).in_column(&column.name));
            }
            if !names.insert(column.name.as_str()) {
                let message = format!("Two columns are named \u{201c}{}\u{201d}.", column.name);
                return Err(Error::new(Code::ShapeMismatch, message).in_column(&column.name));
            }
        }
        Ok(Self { columns, n_rows })
    }

    /// The columns in file order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The column of a name.
    ///
    /// # Errors
    /// [`Code::UnknownColumn`] naming the columns there are.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.columns
            .iter()
            .find(|column| column.name == name)
            .ok_or_else(|| {
                let known: Vec<&str> = self
                    .columns
                    .iter()
                    .take(12)
                    .map(|c| c.name.as_str())
                    .collect();
                let more = if self.columns.len() > 12 {
                    ", \u{2026}"
                } else {
                    ""
                };
                let message = format!(
                    "There is no column \u{201c}{name}\u{201d}. The table has: {}{more}.",
                    known.join(", ")
                );
                Error::new(Code::UnknownColumn, message).in_column(name)
            })
    }

    /// Puts `column` in the place of the one of the same name.
    ///
    /// # Errors
    /// [`Code::UnknownColumn`], and [`Code::ShapeMismatch`] where the number of rows differs.
    pub fn replace(&mut self, column: Column) -> Result<()> {
        self.column(&column.name)?;
        if column.len() != self.n_rows {
            let message = format!(
                "Column \u{201c}{}\u{201d} has {} rows, the table has {}.",
                column.name,
                column.len(),
                self.n_rows
            );
            return Err(Error::new(Code::ShapeMismatch, message).in_column(&column.name));
        }
        if let Some(old) = self.columns.iter_mut().find(|old| old.name == column.name) {
            *old = column;
        }
        Ok(())
    }

    /// The rows at `rows`, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            columns: self
                .columns
                .iter()
                .map(|column| column.select(rows))
                .collect(),
            n_rows: rows.iter().filter(|&&row| row < self.n_rows).count(),
        }
    }
}
