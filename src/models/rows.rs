//! Checks and views of rows that several algorithms share.

use std::sync::Arc;

use crate::error::{Code, Error, Result};
use crate::parallel::map_chunks;
use crate::prepare::Dataset;

/// Numbers looked at, or copied, as one piece of work.
pub const NUMBERS_A_CHUNK: usize = 1 << 18;

/// The same data with `x` row by row in memory; copied only where it is not.
pub fn standard_layout(data: Arc<Dataset>) -> Arc<Dataset> {
    if data.x.is_standard_layout() {
        return data;
    }
    let mut copy = Dataset::clone(&data);
    copy.x = copy.x.as_standard_layout().into_owned();
    Arc::new(copy)
}

/// The entries of `x`, `(n_samples, n_features)` row by row; nothing where it lies otherwise.
pub fn entries(data: &Dataset) -> &[f64] {
    data.x.as_slice().unwrap_or_default()
}

/// Refuses features whose squared distances would leave the range of numbers.
pub fn check_distances(data: &Dataset) -> Result<()> {
    let largest = largest_entry(data);
    if largest > 1e150 || (largest > 0.0 && largest < 1e-150) {
        let message = format!(
            "The largest feature is {largest:e}; distances between such rows cannot be computed. Scale the features first."
        );
        return Err(Error::new(Code::NotFinite, message));
    }
    Ok(())
}

/// The largest size of a feature, 0 where there is none.
pub fn largest_entry(data: &Dataset) -> f64 {
    let largest = |max: f64, x: &f64| max.max(x.abs());
    let Some(entries) = data.x.as_slice() else {
        return data.x.iter().fold(0.0, largest);
    };
    let of_chunks = map_chunks(entries.len(), NUMBERS_A_CHUNK, |range| {
        let (eights, rest) = entries[range].as_chunks::<8>();
        let mut lanes = [0.0; 8];
        for eight in eights {
            for (lane, x) in lanes.iter_mut().zip(eight) {
                *lane = largest(*lane, x);
            }
        }
        lanes.iter().chain(rest).fold(0.0, largest)
    });
    of_chunks.iter().fold(0.0, largest)
}
