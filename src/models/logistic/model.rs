//! A fitted logistic regression.

use ndarray::{Array2, ArrayView2};

use crate::error::{Code, Error, Result};
use crate::linalg::gemm::{MatrixRef, Scratch, add_product};
use crate::math;
use crate::models::{Fitted, Parts, Prediction};
use crate::prepare::{Dataset, Target};

/// Coefficients and intercepts of logistic regression.
///
/// With two classes there is one row: the log-odds of the second class. With more there is one
/// row a class, the logits of a softmax.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticModel {
    /// `(1, n_features)` for two classes, else `(n_classes, n_features)`.
    pub coefficients: Array2<f64>,
    /// One a row of `coefficients`.
    pub intercepts: Vec<f64>,
    /// Number of classes.
    pub n_classes: usize,
}

impl LogisticModel {
    /// Coefficients and intercepts for features as they were before `(x - center) / scale`.
    ///
    /// - `centers`, `scales`: `(n_features,)`.
    pub fn in_raw_units(&self, centers: &[f64], scales: &[f64]) -> (Array2<f64>, Vec<f64>) {
        let mut coefficients = self.coefficients.clone();
        for mut row in coefficients.rows_mut() {
            row.iter_mut()
                .zip(scales)
                .for_each(|(w, scale)| *w /= scale);
        }
        let shift = |k: usize| {
            let products = coefficients.row(k).into_iter().zip(centers);
            math::sum(products.map(|(w, center)| w * center))
        };
        let intercepts = self.intercepts.iter().enumerate();
        let intercepts = intercepts.map(|(k, b)| b - shift(k)).collect();
        (coefficients, intercepts)
    }

    /// The logits of rows, one a class: `(n_samples, n_classes)` row-major.
    ///
    /// Two classes have −½ and +½ times the log-odds. Rows so far off that a sum overflows
    /// stay finite.
    pub fn logits(&self, x: ArrayView2<f64>) -> Vec<f64> {
        let (q, p) = self.coefficients.dim();
        let (x, w) = (
            x.as_standard_layout(),
            self.coefficients.as_standard_layout(),
        );
        let (x, w) = (x.as_slice().unwrap_or(&[]), w.as_slice().unwrap_or(&[]));
        let mut logits = self.intercepts.repeat(x.len().checked_div(p).unwrap_or(0));
        let weights = MatrixRef::new(w, p).t();
        add_product(
            MatrixRef::new(x, p),
            weights,
            &mut logits,
            &mut Scratch::default(),
        );
        for z in &mut logits {
            *z = if z.is_nan() {
                0.0
            } else {
                z.clamp(-1e300, 1e300)
            };
        }
        if q > 1 {
            return logits;
        }
        logits.iter().flat_map(|z| [-0.5 * z, 0.5 * z]).collect()
    }
}

impl Fitted for LogisticModel {
    fn n_features(&self) -> usize {
        self.coefficients.ncols()
    }

    fn predict(&self, x: ArrayView2<f64>) -> Prediction {
        let mut logits = self.logits(x);
        let rows = logits.chunks_exact_mut(self.n_classes);
        let codes = rows
            .map(|row| {
                let code = math::argmax(row) as u32;
                math::softmax(row);
                code
            })
            .collect();
        let probabilities = Array2::from_shape_vec((x.nrows(), self.n_classes), logits)
            .unwrap_or_else(|_| Array2::zeros((0, self.n_classes)));
        Prediction::Classes {
            codes,
            probabilities,
        }
    }

    fn loss(&self, data: &Dataset) -> Option<f64> {
        let Target::Classes { codes, .. } = &data.target else {
            return None;
        };
        let logits = self.logits(data.x.view());
        let rows = logits.chunks_exact(self.n_classes).zip(codes);
        let losses = rows.map(|(row, &code)| log_loss(row, code as usize));
        math::mean(&losses.collect::<Option<Vec<f64>>>()?)
    }

    fn to_parts(&self) -> Parts {
        let mut parts = Parts::default();
        parts.put("n_classes", self.n_classes);
        parts.put_matrix("coefficients", &self.coefficients);
        parts.put_vector("intercepts", &self.intercepts);
        parts
    }

    fn from_parts(parts: &Parts) -> Result<Self> {
        let model = Self {
            coefficients: parts.matrix("coefficients")?,
            intercepts: parts.vector("intercepts")?,
            n_classes: parts.count("n_classes")?,
        };
        let n_rows = model.coefficients.nrows();
        let n_expected = if model.n_classes == 2 {
            1
        } else {
            model.n_classes
        };
        let fits = model.n_classes >= 2 && n_rows == n_expected;
        if fits && model.intercepts.len() == n_rows && model.coefficients.ncols() > 0 {
            return Ok(model);
        }
        let message = "The model is damaged: coefficients, intercepts and classes do not match.";
        Err(Error::new(Code::BadArtifact, message).in_field("coefficients"))
    }
}

/// −ln of the probability of `code`, with all digits where it is close to 1; `None` for a
/// class that the model does not have.
fn log_loss(logits: &[f64], code: usize) -> Option<f64> {
    let best = math::argmax(logits);
    let max = *logits.get(best)?;
    let others = logits.iter().enumerate().filter(|(k, _)| *k != best);
    let others: f64 = others.map(|(_, z)| math::exp(z - max)).sum();
    Some(math::log1p(others) - (logits.get(code)? - max))
}
