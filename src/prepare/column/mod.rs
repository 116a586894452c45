//! One column of a fitted pipeline: what its training rows taught, and how its cells become
//! features.

use serde::{Deserialize, Serialize};

use crate::data::{Column, ColumnType, Values};
use crate::error::{Code, Error, Result};
use crate::settings::Checked;

mod category;
mod hash;
mod means;
mod number;
mod words;

use category::fit_category;
pub(super) use hash::bucket;
use hash::fit_hash;
pub use means::TargetMeans;
pub(super) use means::{Lesson, N_FOLDS, folds};
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
        /// Means of the target by level, for [`Encoding::Target`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        means: Option<TargetMeans>,
    },
    /// A few features that all levels share.
    Hash {
        /// How many features.
        n_features: usize,
        /// What happens to a gap.
        gap: Gap,
        /// The most frequent level.
        typical: String,
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
    /// The smoothed mean of the target among the rows of the level.
    Target,
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
    /// The median, or the most frequent level, of the training rows, as a record holds it.
    pub fn typical(&self) -> serde_json::Value {
        match &self.steps {
            Steps::Number { typical, .. } => (*typical).into(),
            Steps::Category {
                levels, typical, ..
            } => levels.get(*typical).cloned().into(),
            Steps::Hash { typical, .. } => typical.as_str().into(),
        }
    }

    /// Learns a column from training rows, or says why it teaches nothing.
    pub(super) fn fit(
        column: &Column,
        steps: &Checked,
        lesson: Option<&Lesson>,
    ) -> Result<std::result::Result<Self, String>> {
        let fitted = match &column.values {
            Values::Number(values) => fit_number(values, steps)?,
            Values::Category(_) | Values::Text(_) if steps.choice("encode")? == "hash" => {
                fit_hash(column, steps)?
            }
            Values::Boolean(_) | Values::Category(_) | Values::Text(_) => {
                fit_category(column, steps)?
            }
        };
        let mut fitted = match fitted {
            Ok(steps) => Self {
                name: column.name.clone(),
                column_type: column.column_type(),
                steps,
            },
            Err(reason) => return Ok(Err(reason)),
        };
        fitted.fit_means(column, lesson)?;
        Ok(Ok(fitted))
    }

    /// Number of features it becomes.
    pub fn width(&self) -> usize {
        match &self.steps {
            Steps::Number { .. } => 1,
            Steps::Hash { n_features, .. } => *n_features,
            Steps::Category {
                levels,
                encoding,
                means,
                ..
            } => match encoding {
                Encoding::OneHot => levels.len(),
                Encoding::Dummy => levels.len().saturating_sub(1),
                Encoding::Ordinal => 1,
                Encoding::Target => means.as_ref().map_or(0, TargetMeans::width),
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
            Steps::Category {
                means: Some(means), ..
            } => means.feature_names(&self.name),
            Steps::Hash { n_features, .. } => (1..=*n_features)
                .map(|number| format!("{} hash {number}", self.name))
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

    /// The means of the target that levels become, if they do, and of how many levels.
    pub(super) fn means(&self) -> Option<(&TargetMeans, usize)> {
        match &self.steps {
            Steps::Category {
                levels,
                means: Some(means),
                ..
            } => Some((means, levels.len())),
            _ => None,
        }
    }

    /// Whether a gap stays a gap; its row is dropped or the gap is filled otherwise.
    pub fn keeps_gaps(&self) -> bool {
        match &self.steps {
            Steps::Number { keeps_gaps, .. } => *keeps_gaps,
            Steps::Category { gap, .. } | Steps::Hash { gap, .. } => *gap == Gap::Keep,
        }
    }

    /// Whether a gap that stays one reaches the features as NaN. In one-hot and hashed columns it
    /// is all zeros, among means of the target the overall one.
    pub fn writes_gaps(&self) -> bool {
        let is_number_or_code = matches!(
            self.steps,
            Steps::Number { .. }
                | Steps::Category {
                    encoding: Encoding::Ordinal,
                    ..
                }
        );
        self.keeps_gaps() && is_number_or_code
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
            Steps::Category { .. } | Steps::Hash { .. } => vec![(0.0, 1.0); self.width()],
        }
    }

    /// Reads the column's cells from a table's column, whatever its type there.
    pub(super) fn read(&self, column: &Column) -> Result<Cells> {
        match &self.steps {
            Steps::Number { fill, .. } => self.read_numbers(column, *fill),
            Steps::Hash {
                n_features,
                gap,
                typical,
            } => Ok(hash::read(column, *n_features, *gap, typical)),
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
            Steps::Category {
                means: Some(means), ..
            } => means.write(value, out),
            Steps::Hash { .. } => hash::write(value, out),
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
                encoding,
                means,
                ..
            } => {
                let distinct: std::collections::BTreeSet<&str> =
                    levels.iter().map(String::as_str).collect();
                *typical < levels.len()
                    && gap_level.is_none_or(|index| index < levels.len())
                    && distinct.len() == levels.len()
                    && means.is_some() == (*encoding == Encoding::Target)
                    && means
                        .as_ref()
                        .is_none_or(|means| means.is_sound(levels.len()))
            }
            Steps::Hash { n_features, .. } => (1..=MOST_HASHED).contains(n_features),
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

/// No recipe asks for more hashed features.
const MOST_HASHED: usize = 4096;

fn is_false(flag: &bool) -> bool {
    !flag
}
