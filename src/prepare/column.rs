//! One column of a fitted pipeline: what its training rows taught, and how its cells become
//! features.

use serde::{Deserialize, Serialize};

use crate::data::{Categories, Column, ColumnType, Values, compare_levels};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::settings::Checked;

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
            } => levels
                .iter()
                .map(|level| format!("{}={level}", self.name))
                .collect(),
            Steps::Category {
                levels,
                encoding: Encoding::Dummy,
                ..
            } => levels
                .iter()
                .skip(1)
                .map(|level| format!("{}={level}", self.name))
                .collect(),
            _ => vec![self.name.clone()],
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
                ..
            } => self.read_levels(column, levels, *gap, *unseen, *typical),
        }
    }

    fn read_numbers(&self, column: &Column, fill: Option<f64>) -> Result<Cells> {
        let mut n_filled = 0;
        let mut values = Vec::with_capacity(column.len());
        for row in 0..column.len() {
            let value = self.number(column, row)?;
            n_filled += usize::from(value.is_none() && fill.is_some());
            values.push(value.or(fill).unwrap_or(f64::NAN));
        }
        Ok(Cells {
            values,
            n_filled,
            unseen: None,
        })
    }

    fn number(&self, column: &Column, row: usize) -> Result<Option<f64>> {
        if column.is_missing(row) {
            return Ok(None);
        }
        match &column.values {
            Values::Number(values) => Ok(values.get(row).copied()),
            Values::Boolean(values) => Ok(values.get(row).copied().flatten().map(f64::from)),
            Values::Category(_) | Values::Text(_) => {
                let text = column.text(row).unwrap_or_default();
                match text.trim().parse::<f64>() {
                    Ok(value) if value.is_finite() => Ok(Some(value)),
                    _ => {
                        let message = format!(
                            "Row {}: column \u{201c}{}\u{201d} needs a number, found \u{201c}{text}\u{201d}.",
                            row + 1,
                            self.name
                        );
                        Err(Error::new(Code::WrongType, message).in_column(&self.name))
                    }
                }
            }
        }
    }

    fn read_levels(
        &self,
        column: &Column,
        levels: &[String],
        gap: Gap,
        unseen: Unseen,
        typical: usize,
    ) -> Result<Cells> {
        let index_of: std::collections::HashMap<&str, usize> = levels
            .iter()
            .enumerate()
            .map(|(index, level)| (level.as_str(), index))
            .collect();
        let mut cells = Cells {
            values: Vec::with_capacity(column.len()),
            n_filled: 0,
            unseen: None,
        };
        for row in 0..column.len() {
            let value = match column.text(row) {
                None => match gap {
                    Gap::Drop | Gap::Keep => f64::NAN,
                    Gap::MostFrequent => {
                        cells.n_filled += 1;
                        typical as f64
                    }
                    Gap::Level => index_of.get(MISSING).map_or(-1.0, |&index| index as f64),
                },
                Some(text) => match index_of.get(text.as_ref()) {
                    Some(&index) => index as f64,
                    None => {
                        cells.unseen.get_or_insert_with(|| (text.to_string(), 0)).1 += 1;
                        self.unseen_value(&text, row, levels, unseen, typical)?
                    }
                },
            };
            cells.values.push(value);
        }
        Ok(cells)
    }

    fn unseen_value(
        &self,
        text: &str,
        row: usize,
        levels: &[String],
        unseen: Unseen,
        typical: usize,
    ) -> Result<f64> {
        match unseen {
            Unseen::Ignore => Ok(-1.0),
            Unseen::MostFrequent => Ok(typical as f64),
            Unseen::Other => Ok(levels
                .iter()
                .position(|level| level == OTHER)
                .map_or(-1.0, |i| i as f64)),
            Unseen::Refuse => {
                let message = format!(
                    "Row {}: column \u{201c}{}\u{201d} has the level \u{201c}{text}\u{201d}, which the training rows did not have.",
                    row + 1,
                    self.name
                );
                Err(Error::new(Code::UnseenCategory, message).in_column(&self.name))
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

    /// What was learnt, as a line for a person.
    pub fn describe(&self) -> String {
        let print = math::print_number;
        match &self.steps {
            Steps::Number {
                fill,
                keeps_gaps,
                center,
                scale,
                ..
            } => {
                let gap = match fill {
                    Some(value) => format!("gaps filled with {}", print(*value)),
                    None if *keeps_gaps => KEPT.to_owned(),
                    None => "rows with a gap dropped".to_owned(),
                };
                if *center == 0.0 && *scale == 1.0 {
                    format!("{}: {gap}", self.name)
                } else {
                    let round = |v: f64| print(round_to_digits(v, 4));
                    format!(
                        "{}: {gap}; minus {}, divided by {}",
                        self.name,
                        round(*center),
                        round(*scale)
                    )
                }
            }
            Steps::Category {
                levels,
                encoding,
                gap,
                typical,
                ..
            } => {
                let shape = match encoding {
                    Encoding::OneHot => format!("{} columns, one a level", levels.len()),
                    Encoding::Dummy => {
                        format!("{} columns, one a level but the first", self.width())
                    }
                    Encoding::Ordinal => format!("one number for {} levels", levels.len()),
                };
                let gap = match gap {
                    Gap::MostFrequent => {
                        let level = levels.get(*typical).map_or("", String::as_str);
                        format!("gaps count as \u{201c}{level}\u{201d}")
                    }
                    Gap::Level => "a gap is a level of its own".to_owned(),
                    Gap::Keep => KEPT.to_owned(),
                    Gap::Drop => "rows with a gap dropped".to_owned(),
                };
                format!("{}: {gap}; {shape}", self.name)
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
                levels, typical, ..
            } => {
                let distinct: std::collections::BTreeSet<&str> =
                    levels.iter().map(String::as_str).collect();
                *typical < levels.len() && distinct.len() == levels.len()
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

/// How a gap that stays one is told.
const KEPT: &str = "gaps left to the algorithm";

fn is_false(flag: &bool) -> bool {
    !flag
}

/// `value` rounded to some significant digits, for showing.
fn round_to_digits(value: f64, digits: i32) -> f64 {
    format!("{value:.*e}", (digits - 1).max(0) as usize)
        .parse()
        .unwrap_or(value)
}

fn fit_number(values: &[f64], steps: &Checked) -> Result<std::result::Result<Steps, String>> {
    let mut present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    if present.is_empty() {
        return Ok(Err("it has no value in the training rows".into()));
    }
    present.sort_by(f64::total_cmp);
    let quantile = |q| math::quantile(&present, q).unwrap_or_default();
    let typical = quantile(0.5);
    let is_constant = math::is_constant(&present);
    let (min, max) = (quantile(0.0), quantile(1.0));
    let mean = math::mean(&present).unwrap_or_default();
    let impute = steps.choice("impute")?;
    let keeps_gaps = impute == "keep";
    let fill = match impute {
        "mean" => Some(mean),
        "most_frequent" => Some(most_frequent_number(&present)),
        "constant" => Some(steps.real("fill_value")?),
        "drop_rows" | "keep" => None,
        _ => Some(typical),
    };
    // Scaling is learnt from the column as the model will see it: gaps filled.
    let n_gaps = values.len() - present.len();
    if let Some(fill) = fill.filter(|_| n_gaps > 0) {
        let at = present.partition_point(|v| *v < fill);
        present.splice(at..at, std::iter::repeat_n(fill, n_gaps));
    }
    let is_gap_telling = keeps_gaps && n_gaps > 0;
    if is_constant && math::is_constant(&present) && !is_gap_telling {
        return Ok(Err(format!(
            "it is always {} in the training rows",
            math::print_number(typical)
        )));
    }
    let (center, scale) = scaling(steps.choice("scale")?, &present);
    Ok(Ok(Steps::Number {
        fill,
        keeps_gaps,
        center,
        scale,
        typical,
        min,
        max,
    }))
}

/// Center and scale of ascending values; a scale that would be 0 is 1.
fn scaling(method: &str, sorted: &[f64]) -> (f64, f64) {
    let quantile = |q| math::quantile(sorted, q).unwrap_or_default();
    let (center, scale) = match method {
        "standard" => match math::moments(sorted) {
            Some(m) if !math::is_constant(sorted) => (m.mean, m.deviation),
            _ => (quantile(0.5), 1.0),
        },
        "min_max" => (quantile(0.0), quantile(1.0) - quantile(0.0)),
        "robust" => (quantile(0.5), quantile(0.75) - quantile(0.25)),
        _ => (0.0, 1.0),
    };
    (
        center,
        if scale.is_finite() && scale > 0.0 {
            scale
        } else {
            1.0
        },
    )
}

/// The most frequent of ascending values; the smallest of equals, as scikit-learn takes.
fn most_frequent_number(sorted: &[f64]) -> f64 {
    let mut best = (0, 0.0);
    for run in sorted.chunk_by(|a, b| a == b) {
        if run.len() > best.0 {
            best = (run.len(), run[0]);
        }
    }
    best.1
}

fn fit_category(column: &Column, steps: &Checked) -> Result<std::result::Result<Steps, String>> {
    let texts: Vec<_> = (0..column.len()).map(|row| column.text(row)).collect();
    let found = Categories::from_texts(texts.iter().map(|text| text.as_deref()));
    let mut count = vec![0_usize; found.levels.len()];
    let mut n_missing = 0;
    for &code in &found.codes {
        match count.get_mut(code as usize) {
            Some(count) => *count += 1,
            None => n_missing += 1,
        }
    }
    let gap = match steps.choice("impute_category")? {
        "constant" => Gap::Level,
        "keep" => Gap::Keep,
        "drop_rows" => Gap::Drop,
        _ => Gap::MostFrequent,
    };
    let is_gap_telling = matches!(gap, Gap::Level | Gap::Keep) && n_missing > 0;
    match (found.levels.as_slice(), is_gap_telling) {
        ([], _) => return Ok(Err("it has no value in the training rows".into())),
        ([only], false) => {
            return Ok(Err(format!(
                "it is always \u{201c}{only}\u{201d} in the training rows"
            )));
        }
        _ => {}
    }
    let is_boolean = column.column_type() == ColumnType::Boolean;
    let encoding = match steps.choice("encode")? {
        _ if is_boolean => Encoding::Ordinal,
        "ordinal" => Encoding::Ordinal,
        "dummy" => Encoding::Dummy,
        _ => Encoding::OneHot,
    };
    let (mut levels, is_merged) = keep_levels(&found.levels, &count, steps.count("max_levels")?);
    let mut unseen = match steps.choice("unseen")? {
        "most_frequent" => Unseen::MostFrequent,
        "refuse" => Unseen::Refuse,
        _ => Unseen::Ignore,
    };
    if is_merged {
        unseen = Unseen::Other;
    }
    if gap == Gap::Level && n_missing > 0 && !levels.iter().any(|level| level == MISSING) {
        levels.push(MISSING.to_owned());
    }
    let most = count.iter().max().copied().unwrap_or_default();
    let top = count
        .iter()
        .position(|&c| c == most)
        .and_then(|index| found.levels.get(index));
    let typical = levels
        .iter()
        .position(|level| Some(level) == top)
        .unwrap_or_default();
    Ok(Ok(Steps::Category {
        levels,
        encoding,
        gap,
        unseen,
        typical,
    }))
}

/// The levels to keep, in order, and whether the rarest were merged into [`OTHER`].
fn keep_levels(levels: &[String], count: &[usize], max_levels: usize) -> (Vec<String>, bool) {
    if levels.len() <= max_levels {
        return (levels.to_vec(), false);
    }
    let by_count = math::order_by(levels.len(), &|a, b| count[b].cmp(&count[a]));
    let mut kept: Vec<String> = by_count
        .into_iter()
        .take(max_levels.saturating_sub(1))
        .map(|index| levels[index].clone())
        .filter(|level| level != OTHER)
        .collect();
    math::sort_by(&mut kept, |a, b| compare_levels(a, b));
    kept.push(OTHER.to_owned());
    (kept, true)
}
