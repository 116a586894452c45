//! The catalogue of algorithms.

use std::sync::Arc;

use super::Trainer;
use crate::error::{Code, Error, Result};
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, Setting, Settings};

/// What an algorithm is, in words and declarations.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Info {
    /// The name on the wire, for ever.
    pub id: &'static str,
    /// What the page calls it.
    pub label: &'static str,
    /// The tasks it can learn.
    pub tasks: &'static [Task],
    /// What it does, in one line.
    pub summary: &'static str,
    /// When to use it.
    pub use_when: &'static str,
    /// When not to use it.
    pub avoid_when: &'static str,
    /// What [`super::Progress::position`] counts: `epoch`, `iteration`, `pass`.
    pub unit: &'static str,
    /// What the loss is called, with its unit; empty where there is none.
    pub loss: &'static str,
    /// What can be set.
    pub hyperparameters: &'static [Hyperparameter],
}

/// An algorithm with its settings, unfitted. Implemented once per file of the catalogue.
pub trait Estimator: Sized {
    /// Its catalogue entry.
    const INFO: Info;

    /// Takes checked settings over.
    ///
    /// # Errors
    /// [`Code::Internal`] where it reads a setting that it does not declare.
    fn new(settings: &Checked) -> Result<Self>;

    /// Starts training.
    ///
    /// # Errors
    /// [`Code::DoesNotFit`], [`Code::TooFewSamples`] or [`Code::BadTarget`] where the data do
    /// not suit it.
    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>>;
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Words and declarations.
    pub info: &'static Info,
    begin: Begin,
}

type Begin = fn(&Checked, Arc<Dataset>, &Rng) -> Result<Box<dyn Trainer>>;

impl Entry {
    const fn of<E: Estimator>() -> Self {
        Self {
            info: &E::INFO,
            begin: |settings, data, rng| E::new(settings)?.begin(data, rng),
        }
    }
}

/// Every algorithm, in the order in which the page shows them.
pub fn catalogue() -> &'static [Entry] {
    const CATALOGUE: &[Entry] = &[
        Entry::of::<super::knn::Knn>(),
        Entry::of::<super::logistic::Logistic>(),
        Entry::of::<super::linear::Linear>(),
        Entry::of::<super::ridge::Ridge>(),
        Entry::of::<super::mlp::Mlp>(),
        Entry::of::<super::kmeans::KMeans>(),
        Entry::of::<super::pca::Pca>(),
    ];
    CATALOGUE
}

/// A chosen algorithm with checked settings.
#[derive(Debug, Clone)]
pub struct Algorithm {
    entry: Entry,
    settings: Checked,
}

impl Algorithm {
    /// The algorithm of an id with `settings`, defaults filled in.
    ///
    /// # Errors
    /// [`Code::BadSetting`] for an unknown id or a setting out of its range.
    pub fn find(id: &str, settings: &Settings) -> Result<Self> {
        let entry = catalogue()
            .iter()
            .find(|entry| entry.info.id == id)
            .ok_or_else(|| {
                let known: Vec<&str> = catalogue().iter().map(|entry| entry.info.id).collect();
                let message = format!(
                    "There is no algorithm \u{201c}{id}\u{201d}. Known are: {}.",
                    known.join(", ")
                );
                Error::new(Code::BadSetting, message).in_field("algorithm")
            })?;
        let settings = Checked::new(entry.info.hyperparameters, settings)?;
        Ok(Self {
            entry: *entry,
            settings,
        })
    }

    /// Words and declarations.
    pub fn info(&self) -> &'static Info {
        self.entry.info
    }

    /// All settings, defaults included.
    pub fn settings(&self) -> &Settings {
        self.settings.values()
    }

    /// One setting by name.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.values().get(name)
    }

    /// Starts training on `data`. The data are checked here once for all algorithms: at least
    /// one sample and one feature, finite numbers, a target of a kind that the algorithm learns.
    ///
    /// # Errors
    /// [`Code::NothingToLearn`], [`Code::NotFinite`], [`Code::BadTarget`] or
    /// [`Code::DoesNotFit`]; and those of [`Estimator::begin`].
    pub fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        check_data(self.info(), &data)?;
        (self.entry.begin)(&self.settings, data, rng)
    }
}

fn check_data(info: &Info, data: &Dataset) -> Result<()> {
    if data.n_samples() == 0 {
        return Err(Error::new(
            Code::NothingToLearn,
            "There are no rows to learn from.",
        ));
    }
    if data.n_features() == 0 {
        let message = "There are no feature columns to learn from. Include at least one column besides the target.";
        return Err(Error::new(Code::NothingToLearn, message));
    }
    if let Some(((row, feature), value)) = data.x.indexed_iter().find(|(_, v)| !v.is_finite()) {
        let name = data.feature_names.get(feature).map_or("?", String::as_str);
        let message = format!(
            "Feature \u{201c}{name}\u{201d} of sample {} is {value}; it must be finite.",
            row + 1
        );
        return Err(Error::new(Code::NotFinite, message).in_column(name));
    }
    let task_fits = |tasks: &[Task]| tasks.iter().any(|task| info.tasks.contains(task));
    match &data.target {
        Target::Classes { codes, labels } => {
            if codes.len() != data.n_samples() || codes.iter().any(|&c| c as usize >= labels.len())
            {
                return Err(Error::new(
                    Code::ShapeMismatch,
                    "The target does not match the rows.",
                ));
            }
            let mut is_present = vec![false; labels.len()];
            codes
                .iter()
                .for_each(|&code| is_present[code as usize] = true);
            if task_fits(&[Task::Classification]) && is_present.iter().filter(|p| **p).count() < 2 {
                let message = "The target has a single class in the training rows; telling classes apart needs at least two. Choose another target or more rows.";
                return Err(Error::new(Code::BadTarget, message).in_field("target"));
            }
        }
        Target::Values(values) => {
            if values.len() != data.n_samples() {
                return Err(Error::new(
                    Code::ShapeMismatch,
                    "The target does not match the rows.",
                ));
            }
            if values.iter().any(|v| !v.is_finite()) {
                return Err(Error::new(
                    Code::NotFinite,
                    "The target holds a number that is not finite.",
                )
                .in_field("target"));
            }
        }
        Target::None => {}
    }
    let fits = match &data.target {
        Target::Classes { .. } => {
            task_fits(&[Task::Classification, Task::Clustering, Task::Projection])
        }
        Target::Values(_) => task_fits(&[Task::Regression, Task::Clustering, Task::Projection]),
        Target::None => task_fits(&[Task::Clustering, Task::Projection]),
    };
    if fits {
        return Ok(());
    }
    let needs = match info.tasks.first() {
        Some(Task::Regression) => "a target that is a number",
        _ => "a target with classes",
    };
    let message = format!(
        "{} needs {needs}. Choose such a target, or another algorithm.",
        info.label
    );
    Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"))
}
