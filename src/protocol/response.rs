//! What is answered: the choice there is, tables, trainings and their steps.

use super::{Evaluation, ModelId, ModelSummary, Predictions, Record, RunSpec, TableId};
#[cfg(feature = "catalogue")]
use crate::data::PickleReport;
use crate::data::{ColumnProfile, Dialect, Note, Sample};
#[cfg(feature = "catalogue")]
use crate::export::Outlet;
use crate::models::{Info, Progress};
use crate::plot::Probe;
use crate::prepare::{Recipe, Task};
use crate::settings::Hyperparameter;

/// What is answered.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Response {
    /// Nothing to add; bulk bytes may stand beside it.
    Done,
    /// What there is.
    Catalogue(Catalogue),
    /// A table and all that is dubious about it.
    Table(TableSummary),
    /// Rows as text.
    Rows {
        /// First row, from 0.
        start: usize,
        /// One list a row, one entry a column; `null` is missing.
        cells: Vec<Vec<Option<String>>>,
    },
    /// What to predict with what.
    Suggestion(Suggestion),
    /// A model that left; the file stands beside it.
    #[cfg(feature = "catalogue")]
    Exported {
        /// A name for the file.
        file_name: String,
        /// Its media type.
        media_type: &'static str,
    },
    /// What a pickle would run.
    #[cfg(feature = "catalogue")]
    Pickle(Box<PickleReport>),
    /// A request of HTTP is answered; the body stands beside it.
    #[cfg(feature = "catalogue")]
    Answered {
        /// The status of HTTP.
        status: u16,
        /// The header of that name.
        content_type: &'static str,
        /// The methods that the path takes, where the request had another.
        allow: Option<&'static str>,
    },
    /// A training, ready for its first step.
    Training(TrainingSummary),
    /// Where a training stands.
    Progress(StepReport),
    /// How good a model is.
    Evaluation(Evaluation),
    /// A model.
    Model(Box<ModelSummary>),
    /// Predictions.
    Predictions(Predictions),
    /// A row by column name.
    Record {
        /// The row.
        #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
        record: Record,
        /// The true target, where the row has one.
        actual: Option<String>,
    },
    /// A figure is ready in its slot.
    Figure {
        /// What it shows, in a sentence: the text alternative.
        description: String,
        /// Heading.
        title: String,
        /// What the axes are, and what is held fixed.
        subtitle: String,
    },
    /// A picture as text.
    Svg {
        /// A whole SVG document.
        svg: String,
    },
    /// What lies under the pointer, if anything.
    Probe {
        /// The answer.
        probe: Option<Probe>,
    },
    /// A figure as a table.
    FigureTable {
        /// Column headings.
        headers: Vec<String>,
        /// Rows.
        rows: Vec<Vec<String>>,
    },
}

/// A response and the bulk bytes beside it.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answer.
    pub response: Response,
    /// Bytes of an artifact, a CSV or a matrix.
    pub bytes: Option<Vec<u8>>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self {
            response,
            bytes: None,
        }
    }
}

/// What there is to choose from.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Catalogue {
    /// Version of the core.
    pub version: &'static str,
    /// Every algorithm.
    pub algorithms: Vec<&'static Info>,
    /// Every step of a recipe.
    pub recipe: &'static [Hyperparameter],
    /// Tables that are shipped.
    pub samples: &'static [Sample],
    /// Every form in which a model leaves.
    #[cfg(feature = "catalogue")]
    pub outlets: &'static [Outlet],
    /// Makers of two-dimensional tables.
    pub generators: Vec<GeneratorInfo>,
}

/// A maker of two-dimensional tables.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct GeneratorInfo {
    /// Name on the wire.
    pub id: &'static str,
    /// What the page calls it.
    pub label: &'static str,
    /// What it is good for, in a line.
    pub summary: &'static str,
    /// What it teaches: classification or regression.
    pub task: Task,
    /// Its dials.
    pub settings: Vec<Hyperparameter>,
}

/// A table as the page shows it.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TableSummary {
    /// The handle.
    pub table: TableId,
    /// Its name.
    pub name: String,
    /// Number of rows.
    pub n_rows: usize,
    /// How the bytes were understood.
    pub dialect: Dialect,
    /// What is dubious about it.
    pub notes: Vec<Note>,
    /// One profile a column.
    pub columns: Vec<ColumnProfile>,
    /// SHA-256 of the bytes, hexadecimal: together with a [`RunSpec`] it determines the model.
    pub digest: String,
}

/// What could be predicted with what.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Suggestion {
    /// Target column; none suggests clustering.
    pub target: Option<String>,
    /// The task that follows.
    pub task: Task,
    /// Algorithms for the task, the suggested one first; the others say why they do not fit.
    pub algorithms: Vec<Fit>,
    /// A recipe that suits the table.
    pub recipe: Recipe,
    /// Why columns are left out, and other things to know.
    pub notes: Vec<String>,
}

/// Whether an algorithm fits the task.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Fit {
    /// Id of the algorithm.
    pub algorithm: String,
    /// Why it does not fit; `null` where it does.
    pub reason_against: Option<String>,
}

/// A training that has been prepared.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TrainingSummary {
    /// The handle of the model in training.
    pub model: ModelId,
    /// The spec with everything filled in.
    pub spec: RunSpec,
    /// The task.
    pub task: Task,
    /// Rows learnt from.
    pub n_train: usize,
    /// Rows kept unseen.
    pub n_test: usize,
    /// Names of the prepared features.
    pub features: Vec<String>,
    /// Class labels, for classification.
    pub labels: Vec<String>,
    /// Number columns that can span the plane.
    pub plane_columns: Vec<String>,
    /// What the recipe did, step by step, in words.
    pub steps: Vec<String>,
    /// Rows dropped and other things to know.
    pub notes: Vec<String>,
    /// How long it will take on one core in a page, in seconds, as estimated beforehand; 0 where
    /// that is not worth telling.
    pub seconds: f64,
}

/// Where a training stands after a step.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepReport {
    /// Position, total, loss and notes.
    pub progress: Progress,
    /// Loss on the seen rows, without penalties, where it was measured at this step.
    pub train_loss: Option<f64>,
    /// The same on the unseen rows.
    pub test_loss: Option<f64>,
}
