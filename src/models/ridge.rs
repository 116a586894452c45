//! Being written.
use super::{Estimator, Info, Trainer};
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Task};
use crate::rng::Rng;
use crate::settings::Checked;
use std::sync::Arc;

/// Being written.
#[derive(Debug, Clone)]
pub struct Ridge;

impl Estimator for Ridge {
    const INFO: Info = Info {
        id: "ridge",
        label: "Ridge",
        tasks: &[Task::Regression],
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
