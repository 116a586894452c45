//! Rows that are held out, to see when to stop.

use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Target};
use crate::rng::Rng;

/// Draws the share `fraction` of the rows, of each class alike: those to learn from, and those
/// held out, each ascending.
///
/// # Errors
/// [`Code::TooFewSamples`] where nothing could be held out or learnt from.
pub(super) fn hold_out(
    data: &Dataset,
    weights: Option<&[f64]>,
    fraction: f64,
    rng: &Rng,
) -> Result<(Vec<usize>, Vec<usize>)> {
    let mut rng = rng.fork("held out");
    let mut is_held = vec![false; data.n_samples()];
    for mut rows in strata(&data.target, data.n_samples()) {
        let n_held = (rows.len() as f64 * fraction + 0.5) as usize;
        rng.shuffle(&mut rows);
        for &row in rows.iter().take(n_held.min(rows.len().saturating_sub(1))) {
            is_held[row] = true;
        }
    }
    let (held, kept): (Vec<usize>, Vec<usize>) =
        (0..data.n_samples()).partition(|&row| is_held[row]);
    let counts = |rows: &[usize]| rows.iter().any(|&row| weights.is_none_or(|w| w[row] > 0.0));
    if counts(&held) && counts(&kept) {
        return Ok((kept, held));
    }
    let message = format!(
        "{} rows are too few to hold some out. Add rows, or switch early stopping off.",
        data.n_samples()
    );
    Err(Error::new(Code::TooFewSamples, message).in_field("early_stopping"))
}

/// The rows of each class; all together where there are none.
fn strata(target: &Target, n_samples: usize) -> Vec<Vec<usize>> {
    let Target::Classes { codes, labels } = target else {
        return vec![(0..n_samples).collect()];
    };
    let mut strata = vec![Vec::new(); labels.len()];
    for (row, &code) in codes.iter().enumerate() {
        strata[code as usize].push(row);
    }
    strata
}
