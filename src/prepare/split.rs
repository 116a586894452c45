//! Which rows are learnt from and which are kept unseen.

use crate::data::Column;
use crate::error::{Code, Error, Result};
use crate::math::{self, order_by};
use crate::prepare::Task;
use crate::rng::Rng;

/// Rows of a table, each in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Rows learnt from.
    pub train: Vec<usize>,
    /// Rows kept unseen.
    pub test: Vec<usize>,
}

impl Split {
    /// Everything is learnt from.
    fn all(rows: &[usize]) -> Self {
        Self {
            train: rows.to_vec(),
            test: Vec::new(),
        }
    }
}

/// How many of `n_rows` are kept unseen, if any are asked for.
fn n_unseen(n_rows: usize, test_size: f64) -> Result<Option<usize>> {
    if !(0.0..=0.9).contains(&test_size) {
        let message = format!(
            "The share of unseen rows (test_size) must be from 0 to 0.9, found {test_size}."
        );
        return Err(Error::new(Code::BadSetting, message).in_field("test_size"));
    }
    if test_size == 0.0 {
        return Ok(None);
    }
    let n_test = ((n_rows as f64 * test_size).ceil() as usize).max(1);
    if n_rows < 2 || n_test >= n_rows {
        let message = format!(
            "{} {} too few to keep {n_test} unseen. Add rows, or keep none unseen (test_size 0).",
            n_rows,
            if n_rows == 1 { "row is" } else { "rows are" }
        );
        return Err(Error::new(Code::TooFewSamples, message).in_field("test_size"));
    }
    Ok(Some(n_test))
}

/// Splits `rows` at random, keeping `test_size` of them unseen.
///
/// For classification the split is stratified: every class gives its share, to the nearest row
/// (largest remainders first), and a class with a single row is learnt from.
///
/// - `rows`: the rows to split, those without a target already left out.
/// - `test_size`: share kept unseen, 0 to 0.9; 0 keeps none.
///
/// # Errors
/// [`Code::BadSetting`] for a share out of range, [`Code::TooFewSamples`] where either side
/// would be empty.
pub fn split(
    rows: &[usize],
    target: Option<(&Column, Task)>,
    test_size: f64,
    rng: &Rng,
) -> Result<Split> {
    let Some(n_test) = n_unseen(rows.len(), test_size)? else {
        return Ok(Split::all(rows));
    };
    let mut rng = rng.fork("split");
    let strata = match target {
        Some((column, Task::Classification)) => strata(rows, column),
        _ => vec![rows.to_vec()],
    };
    let shares = shares(&strata, n_test, rows.len());
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (mut stratum, n_test) in strata.into_iter().zip(shares) {
        rng.shuffle(&mut stratum);
        train.extend(stratum.split_off(n_test));
        test.extend(stratum);
    }
    train.sort_unstable();
    test.sort_unstable();
    Ok(Split { train, test })
}

/// Splits `rows` at random as [`split`] does, but so that rows of one unit stay on one side.
///
/// For classification the units are stratified by the rarest class among their rows, so that a
/// class of a single unit is learnt from. As many rows are kept unseen as whole units allow: units
/// are taken in a random order, and those that would be too many are passed over.
///
/// - `units`: `(rows.len(),)`, the unit of each row; equal numbers belong together.
///
/// # Errors
/// As [`split`], and [`Code::TooFewSamples`] where all rows are of one unit.
pub fn split_units(
    rows: &[usize],
    units: &[usize],
    target: Option<(&Column, Task)>,
    test_size: f64,
    rng: &Rng,
) -> Result<Split> {
    let Some(n_test) = n_unseen(rows.len(), test_size)? else {
        return Ok(Split::all(rows));
    };
    let members = members(rows, units);
    if members.len() < 2 {
        let message = "All rows belong to one group, so none can be kept unseen without it. Choose another group column, or keep none unseen (test_size 0).";
        return Err(Error::new(Code::TooFewSamples, message).in_field("test_size"));
    }
    let strata = match target {
        Some((column, Task::Classification)) => strata_of_units(&members, column),
        _ => vec![(0..members.len()).collect()],
    };
    let rows_of = |stratum: &Vec<usize>| -> Vec<usize> {
        let rows = stratum.iter().flat_map(|&unit| &members[unit]);
        rows.copied().collect()
    };
    let rows_by_stratum: Vec<Vec<usize>> = strata.iter().map(rows_of).collect();
    let shares = shares(&rows_by_stratum, n_test, rows.len());
    let mut rng = rng.fork("split");
    let mut is_test = vec![false; members.len()];
    let mut left_over = Vec::new();
    let mut lacking = n_test;
    for (mut stratum, share) in strata.into_iter().zip(shares) {
        rng.shuffle(&mut stratum);
        // The first one is learnt from, or the class would be missing.
        stratum.drain(..1);
        let n_found = take(&stratum, share, &members, &mut is_test);
        lacking = lacking.saturating_sub(n_found);
        left_over.extend(stratum);
    }
    // What a class could not give in whole units, others may.
    rng.shuffle(&mut left_over);
    take(&left_over, lacking, &members, &mut is_test);
    if !is_test.contains(&true) {
        // All are larger than what was asked for: the smallest is the nearest to it.
        let by_size = order_by(members.len(), &|a, b| {
            members[a].len().cmp(&members[b].len())
        });
        is_test[by_size[0]] = true;
    }
    let side = |asked: bool| {
        let units = members
            .iter()
            .zip(&is_test)
            .filter(|(_, is_test)| **is_test == asked);
        let mut rows: Vec<usize> = units.flat_map(|(rows, _)| rows).copied().collect();
        rows.sort_unstable();
        rows
    };
    Ok(Split {
        train: side(false),
        test: side(true),
    })
}

/// Keeps units unseen that have at most `n_rows` rows together; returns how many they have.
fn take(units: &[usize], n_rows: usize, members: &[Vec<usize>], is_test: &mut [bool]) -> usize {
    let mut lacking = n_rows;
    for &unit in units {
        let size = members[unit].len();
        if !is_test[unit] && size <= lacking {
            is_test[unit] = true;
            lacking -= size;
        }
    }
    n_rows - lacking
}

/// The rows of each unit, units in the order in which they first appear.
fn members(rows: &[usize], units: &[usize]) -> Vec<Vec<usize>> {
    let mut index_of = std::collections::HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (&row, unit) in rows.iter().zip(units) {
        let index = *index_of.entry(unit).or_insert_with(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        members[index].push(row);
    }
    members
}

/// The units of each class: the rarest among their rows, of equals the one that comes first.
fn strata_of_units(members: &[Vec<usize>], column: &Column) -> Vec<Vec<usize>> {
    let n_rows = members.iter().map(Vec::len).sum();
    let mut unit_of = vec![0; n_rows];
    let mut place = 0;
    for (unit, rows) in members.iter().enumerate() {
        unit_of[place..place + rows.len()].fill(unit);
        place += rows.len();
    }
    let mut classes = places_by_class(&members.concat(), column);
    math::sort_by(&mut classes, |a, b| a.len().cmp(&b.len()));
    let mut is_taken = vec![false; members.len()];
    let mut units_of = |places: Vec<usize>| {
        let units = places.into_iter().map(|place| unit_of[place]);
        let is_new = |unit: &usize| !std::mem::replace(&mut is_taken[*unit], true);
        units.filter(is_new).collect::<Vec<usize>>()
    };
    let units = classes.into_iter().map(&mut units_of);
    units.filter(|units| !units.is_empty()).collect()
}

/// The rows of each class, classes in the order in which they first appear.
fn strata(rows: &[usize], column: &Column) -> Vec<Vec<usize>> {
    let mut strata = places_by_class(rows, column);
    let places = strata.iter_mut().flatten();
    places.for_each(|place| *place = rows[*place]);
    strata
}

/// The places in `rows` of each class, classes in the order in which they first appear.
fn places_by_class(rows: &[usize], column: &Column) -> Vec<Vec<usize>> {
    let mut index_of = std::collections::HashMap::new();
    let mut classes: Vec<Vec<usize>> = Vec::new();
    for (place, &row) in rows.iter().enumerate() {
        let index = *index_of.entry(column.text(row)).or_insert_with(|| {
            classes.push(Vec::new());
            classes.len() - 1
        });
        classes[index].push(place);
    }
    classes
}

/// How many rows each stratum keeps unseen: its share rounded down, then one more for the
/// largest remainders; never all of a stratum.
fn shares(strata: &[Vec<usize>], n_test: usize, n_rows: usize) -> Vec<usize> {
    let exact = |stratum: &Vec<usize>| stratum.len() as f64 * n_test as f64 / n_rows as f64;
    let most = |stratum: &Vec<usize>| stratum.len() - 1;
    let mut shares: Vec<usize> = strata
        .iter()
        .map(|stratum| (exact(stratum) as usize).min(most(stratum)))
        .collect();
    let remainder = |index: usize| exact(&strata[index]) - exact(&strata[index]).floor();
    let order = order_by(strata.len(), &|a, b| remainder(b).total_cmp(&remainder(a)));
    let mut lacking = n_test - shares.iter().sum::<usize>().min(n_test);
    while lacking > 0 {
        let before = lacking;
        for &index in &order {
            if lacking > 0 && shares[index] < most(&strata[index]) {
                shares[index] += 1;
                lacking -= 1;
            }
        }
        if lacking == before {
            break;
        }
    }
    shares
}
