//! Samples and their weights.

use crate::math;
use crate::models::rows::entries;
use crate::prepare::Dataset;

/// Rows and how much each counts.
#[derive(Clone, Copy)]
pub(in crate::models) struct Points<'a> {
    /// `(n_samples, n_features)` row by row.
    pub x: &'a [f64],
    pub n_features: usize,
    /// `(n_samples,)`; all 1 where absent.
    pub weights: Option<&'a [f64]>,
}

impl<'a> Points<'a> {
    /// The rows of a data set.
    pub(in crate::models) fn of(data: &'a Dataset) -> Self {
        Self {
            x: entries(data),
            n_features: data.n_features(),
            weights: data.weights.as_deref(),
        }
    }

    pub(in crate::models) fn len(&self) -> usize {
        self.x.len() / self.n_features
    }

    pub(in crate::models) fn row(&self, sample: usize) -> &'a [f64] {
        &self.x[sample * self.n_features..(sample + 1) * self.n_features]
    }

    #[inline(always)]
    pub(in crate::models) fn weight(&self, sample: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[sample])
    }

    /// Σ weight · value.
    pub(in crate::models) fn weigh(&self, values: &[f64]) -> f64 {
        match self.weights {
            None => math::sum(values.iter().copied()),
            Some(weights) => math::sum(values.iter().zip(weights).map(|(v, w)| v * w)),
        }
    }
}
