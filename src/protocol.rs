//! The whole outside surface of the core, as data: a [`Request`] goes in, a [`Response`] comes
//! out, and bulk bytes travel beside them.
//!
//! The page, the package, the command line and the server all speak it. Names are snake_case
//! and for ever. Handles (`table`, `model`) are numbers that the session gives out.

use crate::data::{ColumnProfile, ColumnType, Dialect, Note, ReadOptions, Sample};
pub use crate::evaluate::Evaluation;
use crate::export::Provenance;
use crate::models::{Info, Progress};
use crate::plot::{Probe, Style};
use crate::prepare::{Recipe, Task};
use crate::settings::{Hyperparameter, Setting, Settings};

/// A table held by the session.
pub type TableId = u32;
/// A model held by the session: in training, trained or loaded.
pub type ModelId = u32;

/// A JSON object by column name: one row to predict.
pub type Record = serde_json::Map<String, serde_json::Value>;

/// What can be asked.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// What there is: algorithms, recipe steps, samples, generators. → `Catalogue`
    Catalogue,
    /// Reads a table from the bytes beside the request. → `Table`
    Read {
        /// Name to show, such as the file name; its ending is a hint only.
        name: String,
        /// Overrides of what would be guessed.
        #[serde(default)]
        options: ReadOptions,
    },
    /// Takes a matrix of numbers from the bytes beside the request: 64-bit floats, little
    /// endian, row-major, the target (if any) in the last column. → `Table`
    #[cfg(feature = "catalogue")]
    ReadMatrix {
        /// Name to show.
        name: String,
        /// Numbers a row, the target included.
        n_columns: usize,
        /// Column names; `x0`, `x1`, … and `y` where absent.
        #[serde(default)]
        names: Option<Vec<String>>,
        /// Whether the last column is a target: `number` or `category`.
        #[serde(default)]
        target: Option<ColumnType>,
        /// What the codes 0, 1, … of a category target stand for; themselves where absent.
        #[serde(default)]
        labels: Option<Vec<String>>,
    },
    /// Makes a two-dimensional table. → `Table`
    #[cfg(feature = "catalogue")]
    Generate {
        /// Id of the generator.
        generator: String,
        /// Its dials.
        #[serde(default)]
        settings: Settings,
        /// Same seed, same rows.
        #[serde(default)]
        seed: u32,
    },
    /// Reads a column again as another type. → `Table`
    #[cfg(feature = "catalogue")]
    Retype {
        /// The table.
        table: TableId,
        /// Column name.
        column: String,
        /// The type it should have.
        column_type: ColumnType,
    },
    /// Some rows as text, for showing. → `Rows`
    #[cfg(feature = "catalogue")]
    Rows {
        /// The table.
        table: TableId,
        /// First row, from 0.
        start: usize,
        /// How many at most.
        count: usize,
    },
    /// What to predict, with what, and how to prepare the columns. → `Suggestion`
    Suggest {
        /// The table.
        table: TableId,
        /// The target, if the user has chosen one; `Some(None)` cannot be said, so clustering
        /// is asked for by `task`.
        #[serde(default)]
        target: Option<String>,
        /// The task, if the user has chosen one.
        #[serde(default)]
        task: Option<Task>,
    },
    /// Prepares the data and starts a training; no step is done yet. → `Training`
    Train {
        /// What to train on what.
        spec: RunSpec,
    },
    /// Does one step of a training. → `Progress`
    Step {
        /// The model in training.
        model: ModelId,
    },
    /// How good the model is, on seen and unseen rows. → `Evaluation`
    Evaluate {
        /// A model that was trained here.
        model: ModelId,
    },
    /// Judges a model on the rows of a table that has its target. → `Evaluation`
    #[cfg(feature = "catalogue")]
    EvaluateOn {
        /// The model.
        model: ModelId,
        /// The table.
        table: TableId,
    },
    /// Everything there is to know of a model. → `Model`
    Inspect {
        /// The model.
        model: ModelId,
    },
    /// Predicts rows given as JSON objects. → `Predictions`
    #[cfg(feature = "catalogue")]
    Predict {
        /// The model.
        model: ModelId,
        /// The rows.
        #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>[]"))]
        records: Vec<Record>,
    },
    /// Predicts every row of a table held here. → `Predictions` of the first rows, and beside
    /// it the whole as CSV: `prediction`, then `p_<class>`; before them, where
    /// `includes_input`, the table's own columns.
    #[cfg(feature = "catalogue")]
    PredictTable {
        /// The model.
        model: ModelId,
        /// The table.
        table: TableId,
        /// How many predictions to list in the answer.
        #[serde(default)]
        preview: usize,
        /// Whether the CSV repeats the table's columns.
        #[serde(default)]
        includes_input: bool,
        /// Whether text that a spreadsheet would run as a formula gets a leading apostrophe.
        #[serde(default)]
        is_formula_safe: bool,
    },
    /// Predicts a matrix given beside the request, as in `ReadMatrix`, feature columns in the
    /// order of the model's inputs. → `Done`, and beside it 64-bit floats: codes or values,
    /// then the probabilities row by row.
    #[cfg(feature = "catalogue")]
    PredictMatrix {
        /// The model.
        model: ModelId,
    },
    /// One row of a table as a record that `Predict` takes: what the form starts with. → `Record`
    #[cfg(feature = "catalogue")]
    ExampleRecord {
        /// The model.
        model: ModelId,
        /// The table; the typical row is given where absent.
        #[serde(default)]
        table: Option<TableId>,
        /// The row.
        #[serde(default)]
        row: usize,
    },
    /// The model as an artifact. → `Done`, and beside it the bytes.
    Save {
        /// The model.
        model: ModelId,
    },
    /// Loads an artifact from the bytes beside the request. → `Model`
    #[cfg(feature = "catalogue")]
    Load {
        /// Name to show.
        name: String,
    },
    /// Computes a figure and keeps it in a slot, ready to be drawn. → `Figure`
    Figure {
        /// A name that the caller chooses; a new figure replaces the old one of the slot.
        slot: String,
        /// What to show.
        figure: FigureSpec,
    },
    /// The figure of a slot as SVG. → `Svg`
    #[cfg(feature = "catalogue")]
    Svg {
        /// The slot.
        slot: String,
        /// Theme and size.
        style: Style,
    },
    /// What lies under the pointer in the figure of a slot. → `Probe`
    Probe {
        /// The slot.
        slot: String,
        /// The style it was drawn with.
        style: Style,
        /// Pixels from the left.
        x: f64,
        /// Pixels from the top.
        y: f64,
    },
    /// The figure of a slot as a table. → `FigureTable`
    #[cfg(feature = "catalogue")]
    FigureTable {
        /// The slot.
        slot: String,
    },
    /// Forgets a table. → `Done`
    ForgetTable {
        /// The table.
        table: TableId,
    },
    /// Forgets a model. → `Done`
    ForgetModel {
        /// The model.
        model: ModelId,
    },
}

/// What to train on what: together with the table's digest, all that determines the model.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RunSpec {
    /// The table.
    pub table: TableId,
    /// Target column; none for clustering and projection.
    #[serde(default)]
    pub target: Option<String>,
    /// The task; guessed from target and algorithm where absent.
    #[serde(default)]
    pub task: Option<Task>,
    /// Id of the algorithm.
    pub algorithm: String,
    /// Its hyperparameters; what is absent has its default.
    #[serde(default)]
    pub settings: Settings,
    /// How columns are prepared.
    #[serde(default)]
    pub recipe: Recipe,
    /// Share of rows kept unseen, from 0 (none) to 0.9.
    #[serde(default = "default_test_size")]
    pub test_size: f64,
    /// Decides split, starting weights and every other draw.
    #[serde(default = "default_seed")]
    pub seed: u32,
}

/// A quarter of the rows is kept unseen, as scikit-learn's `train_test_split` does.
pub const fn default_test_size() -> f64 {
    0.25
}

/// The seed where none is given.
pub const fn default_seed() -> u32 {
    42
}

/// What a figure shows.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "show", rename_all = "snake_case")]
pub enum FigureSpec {
    /// Samples in the plane with what the model says at every place: decision surface,
    /// regression surface, clusters with centroids and trails, or the projection itself.
    Plane {
        /// The model.
        model: ModelId,
        /// What spans the plane.
        #[serde(default)]
        axes: PlaneAxes,
        /// Cells along the longer side of the surface.
        #[serde(default = "default_resolution")]
        resolution: usize,
    },
    /// Loss by step, on seen and unseen rows.
    Loss {
        /// The model.
        model: ModelId,
    },
    /// True against predicted classes of the unseen rows (of the seen, where none are unseen).
    #[cfg(feature = "catalogue")]
    Confusion {
        /// The model.
        model: ModelId,
    },
    /// Predicted against actual values of the unseen rows.
    #[cfg(feature = "catalogue")]
    PredictedActual {
        /// The model.
        model: ModelId,
    },
    /// The model's own picture: the tree, the net, the weights, the densities, whatever it is
    /// made of.
    Anatomy {
        /// The model.
        model: ModelId,
    },
    /// The net: weights, and what each neuron sees.
    Net {
        /// The model.
        model: ModelId,
    },
    /// How the values of a column are spread.
    #[cfg(feature = "catalogue")]
    Histogram {
        /// The table.
        table: TableId,
        /// The column.
        column: String,
    },
    /// Two columns of a table against each other, colored by a third; no model needed.
    #[cfg(feature = "catalogue")]
    Scatter {
        /// The table.
        table: TableId,
        /// Column along x; a telling one where absent.
        #[serde(default)]
        x: Option<String>,
        /// Column along y.
        #[serde(default)]
        y: Option<String>,
        /// Column that colors.
        #[serde(default)]
        color: Option<String>,
    },
}

fn default_resolution() -> usize {
    96
}

/// What spans the plane of a [`FigureSpec::Plane`].
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum PlaneAxes {
    /// The two most telling number columns if there are few, else the components.
    #[default]
    Auto,
    /// Two number columns; all others stay at their typical value.
    Columns {
        /// Along x.
        x: String,
        /// Along y.
        y: String,
    },
    /// The first two principal components of the prepared features.
    Components,
}

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

/// A model as `inspect` tells it.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ModelSummary {
    /// The handle.
    pub model: ModelId,
    /// Its name.
    pub name: String,
    /// Id of the algorithm.
    pub algorithm: String,
    /// What the page calls the algorithm.
    pub algorithm_label: String,
    /// All hyperparameters.
    pub settings: Settings,
    /// The task.
    pub task: Task,
    /// Target column.
    pub target: Option<String>,
    /// Class labels, for classification.
    pub labels: Vec<String>,
    /// The columns it wants, in order.
    pub inputs: Vec<Input>,
    /// Names of the prepared features.
    pub features: Vec<String>,
    /// What the recipe does, step by step, in words.
    pub steps: Vec<String>,
    /// How good it was when it was saved, or is now.
    pub evaluation: Option<Evaluation>,
    /// Linear models: intercept and weights in the units of the data as read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coefficients: Option<Vec<Coefficient>>,
    /// Facts of this kind of model, by name.
    pub facts: Vec<Fact>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A column that a model wants.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Input {
    /// Column name.
    pub name: String,
    /// What it holds.
    pub column_type: ColumnType,
    /// The levels of a category that the training rows had.
    pub levels: Vec<String>,
    /// Smallest and largest number in the training rows.
    pub range: Option<(f64, f64)>,
    /// What a missing cell is filled with; `null` where nothing fills it.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub fill: serde_json::Value,
    /// Where nothing fills a gap: whether the model predicts with it, or the row gets no
    /// prediction.
    pub keeps_gaps: bool,
    /// The median, or the most frequent level.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub typical: serde_json::Value,
}

/// A weight of a linear model, in the units of the data as read.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Coefficient {
    /// `intercept`, or the feature.
    pub name: String,
    /// The class it speaks for, where a model has one weight a class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Change of the prediction for one more unit of the feature.
    pub value: f64,
    /// Its standard error, where it can be known.
    pub std_error: Option<f64>,
    /// `value / std_error`.
    pub t_value: Option<f64>,
    /// How likely so large a t would be if the true weight were 0.
    pub p_value: Option<f64>,
}

/// A fact by name.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// Predictions of rows, in order.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Predictions {
    /// One entry a row.
    pub rows: Vec<RowPrediction>,
    /// How many rows there were in all.
    pub n_rows: usize,
    /// Class labels, in the order of `probabilities`.
    pub labels: Vec<String>,
    /// Gaps filled, unseen levels, and other things to know.
    pub notes: Vec<String>,
}

/// The prediction of one row.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RowPrediction {
    /// Class label, number, cluster (−1 for none) or whether it is an outlier; `null` where the row has a gap that the recipe drops.
    pub prediction: Option<Setting>,
    /// One probability a class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<Vec<f64>>,
    /// Place on the axes of a projection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Vec<f64>>,
    /// How unusual the row is, the higher the more; for anomalies, where `prediction` says
    /// whether it lies beyond the threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// TypeScript declarations of [`Request`], [`Response`] and all that they are made of.
#[cfg(feature = "typescript")]
pub fn typescript() -> String {
    use std::collections::BTreeMap;

    use ts_rs::{TS, TypeVisitor};

    #[derive(Default)]
    struct Declarations {
        found: BTreeMap<String, String>,
    }

    impl TypeVisitor for Declarations {
        fn visit<T: TS + 'static + ?Sized>(&mut self) {
            // Numbers, lists and the like need no declaration.
            if T::output_path().is_none() || self.found.contains_key(&T::name()) {
                return;
            }
            self.found.insert(T::name(), T::decl());
            T::visit_dependencies(self);
        }
    }

    let mut declarations = Declarations::default();
    declarations.visit::<Request>();
    declarations.visit::<Response>();
    declarations.visit::<crate::error::Place>();
    let mut text = String::from("// Written by the build from the Rust types; not to be edited.\n");
    for declaration in declarations.found.values() {
        text.push_str(&format!("\nexport {declaration}\n"));
    }
    text
}
