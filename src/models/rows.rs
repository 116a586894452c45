//! Checks and views of rows that several algorithms share.

use std::sync::Arc;

use crate::error::{Code, Error, Result};
use crate::prepare::Dataset;

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
    let largest = data.x.iter().fold(0.0_f64, |max, x| max.max(x.abs()));
    if largest > 1e150 || (largest > 0.0 && largest < 1e-150) {
        let message = format!(
            "The largest feature is {largest:e}; distances between such rows cannot be computed. Scale the features first."
        );
        return Err(Error::new(Code::NotFinite, message));
    }
    Ok(())
}
