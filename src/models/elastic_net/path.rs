//! How slopes grow as the penalty falls.

use ndarray::Array2;

use crate::error::Result;
use crate::models::Parts;
use crate::models::model::damaged;

/// Numbers up to which a path is stored with its model.
const STORED_UP_TO: usize = 100_000;

/// The slopes at every penalty of a path, from the largest penalty down.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// `(n_alphas,)`, falling.
    pub alphas: Vec<f64>,
    /// `(n_alphas, n_features)`, in units of the target per unit of the feature.
    pub coefficients: Array2<f64>,
}

impl Path {
    /// Of rows of slopes, one an alpha; `None` where there are none, or they are too many to be
    /// stored.
    pub(super) fn new(alphas: &[f64], slopes: &[f64]) -> Option<Self> {
        let n_alphas = alphas.len();
        if n_alphas == 0 || slopes.len() > STORED_UP_TO {
            return None;
        }
        let shape = (n_alphas, slopes.len() / n_alphas);
        let coefficients = Array2::from_shape_vec(shape, slopes.to_vec()).ok()?;
        Some(Self {
            alphas: alphas.to_vec(),
            coefficients,
        })
    }

    /// Adds the path to the parts of its model.
    pub(in crate::models) fn put(&self, parts: &mut Parts) {
        parts.put_vector("path_alphas", &self.alphas);
        parts.put_matrix("path_coefficients", &self.coefficients);
    }

    /// Reads a path back where there is one.
    pub(in crate::models) fn read(parts: &Parts, n_features: usize) -> Result<Option<Self>> {
        let Some(alphas) = parts.optional_vector("path_alphas")? else {
            return Ok(None);
        };
        let coefficients = parts.matrix("path_coefficients")?;
        let is_falling = alphas.windows(2).all(|pair| pair[0] > pair[1]);
        let is_sound = is_falling && alphas.last().is_some_and(|alpha| *alpha > 0.0);
        if !is_sound || coefficients.dim() != (alphas.len(), n_features) {
            return Err(damaged("path_alphas"));
        }
        Ok(Some(Self {
            alphas,
            coefficients,
        }))
    }
}
