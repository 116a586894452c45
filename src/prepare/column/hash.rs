//! Hashed categories: all levels share a few features, and none need be known beforehand.
//!
//! The text of a level is hashed; the hash says in which feature it writes a 1 or a −1. Levels
//! that fall on one another with different signs cancel rather than add up. It is
//! `FeatureHasher` of scikit-learn for one string a row (MurmurHash3 of 32 bits, seed 0).
//! O(length of the text) a cell.
//!
//! Reference: K. Weinberger et al., "Feature hashing for large scale multitask learning", ICML
//! 2009.

use super::category::gap_of;
use super::{Cells, Gap, Steps};
use crate::data::{Categories, Column};
use crate::error::Result;
use crate::settings::Checked;

/// What is hashed for a gap that is a level of its own: no file can hold it.
const GAP: &str = "\0gap";

pub(super) fn fit_hash(
    column: &Column,
    steps: &Checked,
) -> Result<std::result::Result<Steps, String>> {
    let texts: Vec<_> = (0..column.len()).map(|row| column.text(row)).collect();
    let found = Categories::from_texts(texts.iter().map(|text| text.as_deref()));
    let gap = gap_of(steps)?;
    let mut count = vec![0_usize; found.levels.len()];
    let mut has_gaps = false;
    for &code in &found.codes {
        match count.get_mut(code as usize) {
            Some(count) => *count += 1,
            None => has_gaps = true,
        }
    }
    let is_gap_telling = has_gaps && matches!(gap, Gap::Level | Gap::Keep);
    match found.levels.as_slice() {
        [] => return Ok(Err("it has no value in the training rows".into())),
        [only] if !is_gap_telling => {
            return Ok(Err(format!(
                "it is always \u{201c}{only}\u{201d} in the training rows"
            )));
        }
        _ => {}
    }
    let most = count.iter().max();
    let typical = count.iter().position(|count| Some(count) == most);
    Ok(Ok(Steps::Hash {
        n_features: steps.count("n_features")?,
        gap,
        typical: typical
            .and_then(|index| found.levels.get(index))
            .cloned()
            .unwrap_or_default(),
    }))
}

/// Reads cells as [`bucket`]s.
pub(super) fn read(column: &Column, n_features: usize, gap: Gap, typical: &str) -> Cells {
    let mut n_filled = 0;
    let mut value = |row: usize| match (column.text(row), gap) {
        (Some(text), _) => bucket(&text, n_features),
        (None, Gap::Drop | Gap::Keep) => f64::NAN,
        (None, Gap::Level) => bucket(GAP, n_features),
        (None, Gap::MostFrequent) => {
            n_filled += 1;
            bucket(typical, n_features)
        }
    };
    Cells {
        values: (0..column.len()).map(&mut value).collect(),
        n_filled,
        unseen: None,
    }
}

/// The feature of a level, counted from 1, with the sign of what it writes there.
pub(in crate::prepare) fn bucket(level: &str, n_features: usize) -> f64 {
    let hash = murmur3(level.as_bytes()) as i32;
    let feature = hash.unsigned_abs() as usize % n_features;
    let place = (feature + 1) as f64;
    if hash < 0 { -place } else { place }
}

/// Writes a [`bucket`] into features of zeros; a gap writes nothing.
pub(super) fn write(bucket: f64, out: &mut [f64]) {
    if let Some(cell) = out.get_mut((bucket.abs() as usize).wrapping_sub(1)) {
        *cell = bucket.signum();
    }
}

/// MurmurHash3 for 32 bits with seed 0 (A. Appleby, 2011, public domain).
fn murmur3(bytes: &[u8]) -> u32 {
    let mix = |word: u32| {
        let word = word.wrapping_mul(0xcc9e_2d51).rotate_left(15);
        word.wrapping_mul(0x1b87_3593)
    };
    let mut hash = 0_u32;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let word = word
            .iter()
            .rev()
            .fold(0, |word, &b| word << 8 | u32::from(b));
        hash = (hash ^ mix(word)).rotate_left(13);
        hash = hash.wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let tail = words.remainder().iter().rev();
    hash ^= mix(tail.fold(0, |word, &b| word << 8 | u32::from(b)));
    hash ^= bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}
