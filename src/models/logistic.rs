//! Being written.
use super::{Estimator, Fitted, Info, Parts, Prediction, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::Checked;
use ndarray::ArrayView2;
use std::sync::Arc;

/// Being written.
#[derive(Debug, Clone)]
pub struct Logistic;

impl Estimator for Logistic {
    const INFO: Info = Info {
        id: "logistic",
        label: "Logistic",
        tasks: &[Task::Classification],
        summary: "",
        use_when: "",
        avoid_when: "",
        unit: "iteration",
        loss: "",
        hyperparameters: &[],
    };
    fn new(_settings: &Checked) -> Result<Self> {
        Ok(Self)
    }
    fn begin(&self, _data: Arc<Dataset>, _rng: &Rng) -> Result<Box<dyn Trainer>> {
        Err(Error::new(Code::Internal, "being written"))
    }
}

/// Being written.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticModel;

impl Fitted for LogisticModel {
    fn n_features(&self) -> usize {
        0
    }
    fn predict(&self, _x: ArrayView2<f64>) -> Prediction {
        Prediction::Clusters(vec![])
    }
    fn to_parts(&self) -> Parts {
        Parts::default()
    }
    fn from_parts(_parts: &Parts) -> Result<Self> {
        Err(Error::new(Code::Internal, "being written"))
    }
}
