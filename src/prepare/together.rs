//! Which rows must stay on one side of a split: those of one group, and equal ones.

use std::collections::HashMap;

use super::{Recipe, Role};
use crate::data::{Column, Table, Values};
use crate::error::Result;

/// Rows that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// For each of the rows asked for, the place in them of the first row of its unit.
    pub units: Vec<usize>,
    /// How many rows equal one before them, where that was asked for.
    pub n_duplicates: usize,
}

impl Recipe {
    /// Which of `rows` belong together by this recipe; `None` where each stands for itself.
    ///
    /// Rows of one value in the group column do; a row without a value there stands for itself.
    /// Where equal rows stay together, those that are equal in all columns but the ignored ones
    /// do, too. O(rows · columns).
    ///
    /// # Errors
    /// [`Code::BadSetting`](crate::error::Code::BadSetting) for two group columns,
    /// [`Code::UnknownColumn`](crate::error::Code::UnknownColumn) for one that is not there.
    pub fn together(&self, table: &Table, rows: &[usize]) -> Result<Option<Together>> {
        let group = self.group()?.map(|name| table.column(name)).transpose()?;
        let joins_equal = self.steps("")?.choice("duplicates")? == "together";
        if group.is_none() && !joins_equal {
            return Ok(None);
        }
        let mut units: Vec<usize> = (0..rows.len()).collect();
        if let Some(group) = group {
            let key = |row| (!group.is_missing(row)).then(|| vec![word(group, row)]);
            join(&mut units, rows.iter().map(|&row| key(row)));
        }
        let mut n_duplicates = 0;
        if joins_equal {
            let is_used = |column: &&Column| {
                self.column(&column.name)
                    .is_none_or(|own| own.role != Role::Ignore)
            };
            let columns: Vec<&Column> = table.columns().iter().filter(is_used).collect();
            let key = |row| Some(columns.iter().map(|column| word(column, row)).collect());
            n_duplicates = join(&mut units, rows.iter().map(|&row| key(row)));
        }
        let units = (0..units.len()).map(|place| root(&units, place)).collect();
        Ok(Some(Together {
            units,
            n_duplicates,
        }))
    }
}

/// What tells the cells of a column apart.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Word<'a> {
    Missing,
    /// The bits of a number, a code, or a truth.
    Bits(u64),
    Text(&'a str),
}

fn word(column: &Column, row: usize) -> Word<'_> {
    if column.is_missing(row) {
        return Word::Missing;
    }
    match &column.values {
        // Adding 0 makes −0 the same as 0.
        Values::Number(values) => Word::Bits((values[row] + 0.0).to_bits()),
        Values::Category(categories) => Word::Bits(u64::from(categories.codes[row])),
        Values::Boolean(values) => Word::Bits(u64::from(values[row] == Some(true))),
        Values::Text(values) => Word::Text(values[row].as_deref().unwrap_or_default()),
    }
}

/// Joins the units of places with the same key; returns how many had one that came before.
fn join<'a>(units: &mut [usize], keys: impl Iterator<Item = Option<Vec<Word<'a>>>>) -> usize {
    let mut first_of = HashMap::new();
    let mut n_repeated = 0;
    for (place, key) in keys.enumerate() {
        let Some(key) = key else { continue };
        let first = *first_of.entry(key).or_insert(place);
        n_repeated += usize::from(first < place);
        let (a, b) = (root(units, first), root(units, place));
        // The earlier one stays the root, so chains lead to the first row.
        units[a.max(b)] = a.min(b);
        units[place] = a.min(b);
    }
    n_repeated
}

/// The first place of a unit.
fn root(units: &[usize], mut place: usize) -> usize {
    while units[place] != place {
        place = units[place];
    }
    place
}
