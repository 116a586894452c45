//! Rows that others are compared with.

use std::ops::Deref;
use std::sync::Arc;

use ndarray::Array2;

use super::Metric;
use crate::prepare::Dataset;

/// The rows of a table that is learnt from, or rows of their own; shared, never copied.
#[derive(Debug, Clone)]
pub enum Rows {
    /// The features of a table.
    OfData(Arc<Dataset>),
    /// Others.
    Own(Arc<Array2<f64>>),
}

impl Deref for Rows {
    type Target = Array2<f64>;

    fn deref(&self) -> &Array2<f64> {
        match self {
            Self::OfData(data) => &data.x,
            Self::Own(x) => x,
        }
    }
}

impl From<Array2<f64>> for Rows {
    fn from(x: Array2<f64>) -> Self {
        Self::Own(Arc::new(x))
    }
}

impl From<Arc<Dataset>> for Rows {
    fn from(data: Arc<Dataset>) -> Self {
        Self::OfData(data)
    }
}

/// Rows in the form that a metric compares; kept beside them only where it is another.
#[derive(Debug, Clone)]
pub(super) struct Points {
    rows: Rows,
    prepared: Option<Vec<f64>>,
}

impl Points {
    pub(super) fn new(rows: Rows, metric: Metric) -> Self {
        let rows = match rows.is_standard_layout() {
            true => rows,
            false => rows.as_standard_layout().into_owned().into(),
        };
        let n_features = rows.ncols();
        let prepare = |x: &[f64]| metric.prepare(x, n_features, false).into_owned();
        Self {
            prepared: (metric == Metric::Cosine)
                .then(|| prepare(rows.as_slice().unwrap_or_default())),
            rows,
        }
    }

    pub(super) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// `(n_samples, width)`, row by row.
    pub(super) fn entries(&self) -> &[f64] {
        match &self.prepared {
            Some(prepared) => prepared,
            None => self.rows.as_slice().unwrap_or_default(),
        }
    }
}
