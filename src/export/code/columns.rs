//! How cells are read: what the printed readers are given as data.

use crate::error::{Code, Error, Result};
use crate::export::Artifact;
use crate::prepare::{FittedColumn, Gap, OTHER, Steps, Unseen};

/// What a reader must know of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    /// Its name.
    pub name: String,
    /// The levels of a category; `None` for a number.
    pub levels: Option<Vec<String>>,
    /// What a gap is read as; not a number where it stays one.
    pub gap: f64,
    /// Whether a row with a gap here has an answer.
    pub keeps_gap: bool,
    /// What a level that is not known is read as; `None` where it is refused.
    pub unseen: Option<f64>,
}

impl Cell {
    fn new(column: &FittedColumn) -> Result<Self> {
        let (levels, gap, unseen) = match &column.steps {
            Steps::Hash { .. } => return Err(hashed(&column.name)),
            Steps::Number { fill, .. } => (None, fill.unwrap_or(f64::NAN), None),
            Steps::Category {
                levels,
                gap,
                unseen,
                typical,
                ..
            } => {
                let place = |name: &str| {
                    let found = levels.iter().position(|level| level == name);
                    found.map_or(-1.0, |place| place as f64)
                };
                let gap = match gap {
                    Gap::MostFrequent => *typical as f64,
                    Gap::Level => column.gap_level().map_or(-1.0, place),
                    Gap::Keep | Gap::Drop => f64::NAN,
                };
                let unseen = match unseen {
                    Unseen::Ignore => Some(-1.0),
                    Unseen::MostFrequent => Some(*typical as f64),
                    Unseen::Other => Some(place(OTHER)),
                    Unseen::Refuse => None,
                };
                (Some(levels.clone()), gap, unseen)
            }
        };
        Ok(Self {
            name: column.name.clone(),
            levels,
            gap,
            keeps_gap: !gap.is_nan() || column.keeps_gaps(),
            unseen,
        })
    }
}

fn hashed(name: &str) -> Error {
    let message = format!(
        "Column \u{201c}{name}\u{201d} is hashed, and source code holds no hash of words yet. Choose another encoding, or export the model as a file."
    );
    Error::new(Code::BadSetting, message).in_column(name)
}

/// The columns of an artifact, in the order of the program's cells.
///
/// # Errors
/// [`Code::BadSetting`] for a column that is hashed.
pub(super) fn cells(artifact: &Artifact) -> Result<Vec<Cell>> {
    artifact.pipeline.columns().iter().map(Cell::new).collect()
}
