//! Principal components: the few directions along which the rows differ most.
//!
//! Rows are centered; the first direction is the one of largest variance, each next one that
//! of largest variance at a right angle to those before. The loss is the mean squared
//! reconstruction error, what is lost when a row is replaced by its place on the kept
//! directions, in squared feature units; no other directions lose less.
//!
//! A step absorbs a block of rows into the triangle of a Householder QR; the last steps turn it
//! into singular vectors by Jacobi rotations. The covariance matrix, which squares the condition
//! number, is used instead only on many rows whose variances turn out to lie within a factor of
//! a million. Until then the model shows the first features as they are.
//!
//! A direction and its opposite are equally right: the loading of largest absolute value is made
//! positive, the first where tied. Directions of equal variance may mix.
//!
//! Cost: O(n_samples · n_features² + n_features³). Features of different units should be scaled
//! first: the one with the largest variance would otherwise be the first direction.
//!
//! Reference: H. Hotelling, "Analysis of a complex of statistical variables into principal
//! components", J. Educ. Psychol. 24, 1933; G. Golub & C. Van Loan, "Matrix Computations", 8.6.

mod axes;
mod covariance;
mod model;
mod trainer;

use std::sync::Arc;

pub(super) use axes::{Axes, Rotation};
pub use model::PcaModel;

use self::trainer::PcaTrainer;
use super::rows::standard_layout;
use super::{Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::{Checked, integer};

/// Columns up to which the triangles fit into memory.
const MAX_FEATURES: usize = 5000;

/// Principal component analysis, unfitted.
#[derive(Debug, Clone)]
pub struct Pca {
    n_components: usize,
}

impl Estimator for Pca {
    const INFO: Info = Info {
        id: "pca",
        label: "Principal components",
        tasks: &[Task::Projection],
        family: "Linear maps",
        summary: "Shows rows along the few directions in which they differ most.",
        use_when: "Use it to look at many features at once, or to replace them by fewer.",
        avoid_when: "Avoid it where what matters varies little, or the structure bends.",
        unit: "pass",
        loss: "mean squared reconstruction error",
        hyperparameters: &[integer(
            "n_components",
            "Components",
            (1, 1000, 2),
            "How many directions to keep. Two can be drawn; more lose less.",
        )],
        cost: "O(n_samples \u{b7} n_features\u{b2})",
        reference: "K. Pearson, \u{201c}On lines and planes of closest fit to systems of points in space\u{201d}, Philosophical Magazine 2(11), 1901.",
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            n_components: settings.count("n_components")?,
        })
    }

    fn begin(&self, data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        if data.n_features() > MAX_FEATURES {
            let message = format!(
                "Principal components take at most {MAX_FEATURES} features, found {}. Select fewer.",
                data.n_features()
            );
            return Err(Error::new(Code::TooLarge, message));
        }
        Ok(Box::new(PcaTrainer::new(
            self.n_components,
            standard_layout(data),
        )))
    }
}
