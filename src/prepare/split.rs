//! Which rows are learnt from and which are kept unseen.

use crate::data::Column;
use crate::error::{Code, Error, Result};
use crate::math::order_by;
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
    if !(0.0..=0.9).contains(&test_size) {
        let message = format!(
            "The share of unseen rows (test_size) must be from 0 to 0.9, found {test_size}."
        );
        return Err(Error::new(Code::BadSetting, message).in_field("test_size"));
    }
    if test_size == 0.0 {
        return Ok(Split {
            train: rows.to_vec(),
            test: Vec::new(),
        });
    }
    let n_test = ((rows.len() as f64 * test_size).ceil() as usize).max(1);
    if rows.len() < 2 || n_test >= rows.len() {
        let message = format!(
            "{} {} too few to keep {n_test} unseen. Add rows, or keep none unseen (test_size 0).",
            rows.len(),
            if rows.len() == 1 {
                "row is"
            } else {
                "rows are"
            }
        );
        return Err(Error::new(Code::TooFewSamples, message).in_field("test_size"));
    }
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

/// The rows of each class, classes in the order in which they first appear.
fn strata(rows: &[usize], column: &Column) -> Vec<Vec<usize>> {
    let mut index_of = std::collections::HashMap::new();
    let mut strata: Vec<Vec<usize>> = Vec::new();
    for &row in rows {
        let index = *index_of.entry(column.text(row)).or_insert_with(|| {
            strata.push(Vec::new());
            strata.len() - 1
        });
        strata[index].push(row);
    }
    strata
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
