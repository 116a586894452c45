//! What can be asked: requests, specs of runs and of figures.

use super::{ModelId, Record, TableId};
use crate::data::{ColumnType, ReadOptions};
use crate::plot::Style;
use crate::prepare::{Recipe, Task};
use crate::settings::Settings;

/// What can be asked.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// What there is: algorithms, recipe steps, samples, generators, ways out. → `Catalogue`
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
    /// Writes a model in one of the forms in which it leaves; a form that `needs_shell` takes it
    /// from the bytes beside the request. → `Exported`, with the file beside
    #[cfg(feature = "catalogue")]
    Export {
        /// The model.
        model: ModelId,
        /// Id of one of the catalogue's `outlets`.
        outlet: String,
    },
    /// Answers a request of HTTP, whose body stands beside, as `handlens serve` does. →
    /// `Answered`, with the body beside it
    #[cfg(feature = "catalogue")]
    Ask {
        /// The model.
        model: ModelId,
        /// The name by which paths and bodies know it.
        name: String,
        /// `GET`, `POST`, …
        method: String,
        /// Without the query.
        path: String,
        /// The header of that name.
        #[serde(default)]
        content_type: Option<String>,
    },
    /// Lists what the Python pickle beside the request would run, without running it. → `Pickle`
    #[cfg(feature = "catalogue")]
    InspectPickle,
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
