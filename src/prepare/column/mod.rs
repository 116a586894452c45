//! One column of a fitted pipeline: what its training rows taught, and how its cells become
//! features.

use serde::{Deserialize, Serialize};

use crate::data::{Column, ColumnType, Values};
use crate::error::{Code, Error, Result};
use crate::settings::Checked;

mod category;
mod number;
mod words;

use category::fit_category;
use number::fit_number;

/// The level that stands for all rare ones.
pub const OTHER: &str = "other";
/// The level that stands for a gap.
pub const MISSING: &str = "missing";

/// How a column becomes features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedColumn {
    /// Column name.
    pub name: String,
    /// The type it had in training.
    pub column_type: ColumnType,
    /// What was learnt of it.
    pub steps: Steps,
}

/// What was learnt of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Steps {
    /// One feature, (value − center) / scale.
    Number {
        /// What fills a gap.
        fill: Option<f64>,
        /// Where nothing fills a gap: whether it stays one (NaN) or its row is dropped.
        #[serde(default, skip_serializing_if = "is_false")]
        keeps_gaps: bool,
        /// Subtracted.
        center: f64,
        /// Divided by; never 0.
        scale: f64,
        /// Median of the training rows.
        typical: f64,
        /// Smallest value of the training rows.
        min: f64,
        /// Largest value of the training rows.
        max: f64,
    },
    /// One feature a level, or one number.
    Category {
        /// Levels of the training rows, in order; the one for rare levels and the one for gaps
        /// stand last.
        levels: Vec<String>,
        /// How levels become numbers.
        encoding: Encoding,
        /// What happens to a gap.
        gap: Gap,
        /// What happens to a level that is not listed.
        unseen: Unseen,
        /// Index of the most frequent level.
        typical: usize,
        /// Index of the level that stands for a gap, where it is not the one named
        /// [`MISSING`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gap_level: Option<usize>,
    },
}

/// How levels become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// 1 in the column of the level, 0 in the others.
    OneHot,
    /// As one-hot, without a column for the first level.
    Dummy,
    /// The index of the level.
    Ordinal,
}

/// What happens to a missing category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// It counts as the most frequent level.
    MostFrequent,
    /// It is a level of its own.
    Level,
    /// It stays a gap: NaN as an ordinal, all zeros otherwise.
    Keep,
    /// The row is dropped.
    Drop,
}

/// What happens to a level that the training rows did not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unseen {
    /// None of the levels: all zeros, or −1 as an ordinal.
    Ignore,
    /// It counts as the most frequent level.
    MostFrequent,
    /// It counts as the level for rare ones.
    Other,
    /// The row is refused.
    Refuse,
}

/// The cells of a column as the pipeline reads them, gaps and unseen levels resolved.
#[derive(Debug)]
pub(super) struct Cells {
    /// One value a row: the number before scaling or the level's index; −1 is an unseen level.
    /// NaN is a gap that was not filled.
    pub values: Vec<f64>,
    /// Gaps that were filled.
    pub n_filled: usize,
    /// The first unseen level, and how many cells had one.
    pub unseen: Option<(String, usize)>,
}

impl FittedColumn {
    /// Learns a column from training rows, or says why it teaches nothing.
    pub(super) fn fit(
        column: &Column,
        steps: &Checked,
    ) -> Result<std::result::Result<Self, String>> {
        let fitted = match &column.values {
            Values::Number(values) => fit_number(values, steps)?,
            Values::Boolean(_) | Values::Category(_) | Values::Text(_) => {
                fit_category(column, steps)?
            }
        };
        Ok(fitted.map(|steps| Self {
            name: column.name.clone(),
            column_type: column.column_type(),
            steps,
        }))
    }

    /// Number of features it becomes.
    pub fn width(&self) -> usize {
        match &self.steps {
            Steps::Number { .. } => 1,
            Steps::Category {
                levels, encoding, ..
            } => match encoding {
                Encoding::OneHot => levels.len(),
                Encoding::Dummy => levels.len().saturating_sub(1),
                Encoding::Ordinal => 1,
            },
        }
    }

    /// Names of its features.
    pub fn feature_names(&self) -> Vec<String> {
        match &self.steps {
            Steps::Category {
                levels,
                encoding: Encoding::OneHot,
                ..
            } => levels.iter().map(|level| self.level_name(level)).collect(),
            Steps::Category {
                levels,
                encoding: Encoding::Dummy,
                ..
            } => levels
                .iter()
                .skip(1)
                .map(|level| self.level_name(level))
                .collect(),
            _ => vec![self.name.clone()],
        }
    }

    /// The name of a level's feature; an empty level shows its quotes, or nobody would see it.
    fn level_name(&self, level: &str) -> String {
        let shown = if level.is_empty() { "\"\"" } else { level };
        format!("{}={shown}", self.name)
    }

    /// The level that stands for a gap, if one does.
    pub fn gap_level(&self) -> Option<&str> {
        match &self.steps {
            Steps::Category {
                levels,
                gap: Gap::Level,
                gap_level,
                ..
            } => levels
                .get(gap_index(levels, *gap_level)?)
                .map(String::as_str),
            _ => None,
        }
    }

    /// Whether a gap stays a gap; its row is dropped or the gap is filled otherwise.
    pub fn keeps_gaps(&self) -> bool {
        match &self.steps {
            Steps::Number { keeps_gaps, .. } => *keeps_gaps,
            Steps::Category { gap, .. } => *gap == Gap::Keep,
        }
    }

    /// Whether a gap that stays one reaches the features as NaN; in one-hot columns it is all
    /// zeros.
    pub fn writes_gaps(&self) -> bool {
        let is_spread = matches!(
            self.steps,
            Steps::Category {
                encoding: Encoding::OneHot | Encoding::Dummy,
                ..
            }
        );
        self.keeps_gaps() && !is_spread
    }

    /// Whether its features are codes of categories without an order.
    pub fn is_category(&self) -> bool {
        let is_ordinal = matches!(
            self.steps,
            Steps::Category {
                encoding: Encoding::Ordinal,
                ..
            }
        );
        is_ordinal && self.column_type != ColumnType::Boolean
    }

    /// Center and scale of each of its features.
    pub fn units(&self) -> Vec<(f64, f64)> {
        match &self.steps {
            Steps::Number { center, scale, .. } => vec![(*center, *scale)],
            Steps::Category { .. } => vec![(0.0, 1.0); self.width()],
        }
    }

    /// Reads the column's cells from a table's column, whatever its type there.
    pub(super) fn read(&self, column: &Column) -> Result<Cells> {
        match &self.steps {
            Steps::Number { fill, .. } => self.read_numbers(column, *fill),
            Steps::Category {
                levels,
                gap,
                unseen,
                typical,
                gap_level,
                ..
            } => {
                let gap_index = gap_index(levels, *gap_level);
                self.read_levels(column, levels, (*gap, gap_index), *unseen, *typical)
            }
        }
    }

    /// Writes the features of one cell value into `out`, which is [`FittedColumn::width`] long
    /// and filled with zeros.
    pub(super) fn write(&self, value: f64, out: &mut [f64]) {
        match &self.steps {
            Steps::Number { center, scale, .. } => out[0] = (value - center) / scale,
            Steps::Category {
                encoding: Encoding::Ordinal,
                ..
            } => out[0] = value,
            Steps::Category { encoding, .. } => {
                let first = if *encoding == Encoding::Dummy {
                    1.0
                } else {
                    0.0
                };
                // An unseen level (−1) and the left-out first level have no column.
                if value >= first
                    && let Some(cell) = out.get_mut((value - first) as usize)
                {
                    *cell = 1.0;
                }
            }
        }
    }

    /// Refuses what no training could have written.
    pub(super) fn check(&self) -> Result<()> {
        let is_sound = match &self.steps {
            Steps::Number {
                fill,
                keeps_gaps,
                center,
                scale,
                typical,
                min,
                max,
            } => {
                fill.is_none_or(|fill| fill.is_finite() && !keeps_gaps)
                    && [center, scale, typical, min, max]
                        .iter()
                        .all(|v| v.is_finite())
                    && *scale != 0.0
            }
            Steps::Category {
                levels,
                typical,
                gap_level,
                ..
            } => {
                let distinct: std::collections::BTreeSet<&str> =
                    levels.iter().map(String::as_str).collect();
                *typical < levels.len()
                    && gap_level.is_none_or(|index| index < levels.len())
                    && distinct.len() == levels.len()
            }
        };
        if is_sound {
            return Ok(());
        }
        let message = format!(
            "The pipeline is damaged at column \u{201c}{}\u{201d}.",
            self.name
        );
        Err(Error::new(Code::BadArtifact, message).in_column(&self.name))
    }
}

/// The index of the level that stands for a gap.
fn gap_index(levels: &[String], stored: Option<usize>) -> Option<usize> {
    stored.or_else(|| levels.iter().position(|level| level == MISSING))
}

fn is_false(flag: &bool) -> bool {
    !flag
}
