//! Categories: which levels are kept, and what gaps and other levels become.

use super::{Cells, Encoding, FittedColumn, Gap, MISSING, OTHER, Steps, Unseen};
use crate::data::{Categories, Column, ColumnType, compare_levels};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::settings::Checked;

impl FittedColumn {
    pub(super) fn read_levels(
        &self,
        column: &Column,
        levels: &[String],
        (gap, gap_index): (Gap, Option<usize>),
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
                    Gap::Level => gap_index.map_or(-1.0, |index| index as f64),
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
}

pub(super) fn fit_category(
    column: &Column,
    steps: &Checked,
) -> Result<std::result::Result<Steps, String>> {
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
    let gap = gap_of(steps)?;
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
        "target" => Encoding::Target,
        _ => Encoding::OneHot,
    };
    let max_levels = match encoding {
        Encoding::Target => usize::MAX,
        _ => steps.count("max_levels")?,
    };
    let (mut levels, is_merged) = keep_levels(&found.levels, &count, max_levels);
    let mut unseen = match steps.choice("unseen")? {
        "most_frequent" => Unseen::MostFrequent,
        "refuse" => Unseen::Refuse,
        _ => Unseen::Ignore,
    };
    if is_merged {
        unseen = Unseen::Other;
    }
    let gap_level = (gap == Gap::Level)
        .then(|| add_gap_level(&mut levels, n_missing > 0))
        .flatten();
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
        gap_level,
        means: None,
    }))
}

/// What the recipe asks for a gap.
pub(super) fn gap_of(steps: &Checked) -> Result<Gap> {
    Ok(match steps.choice("impute_category")? {
        "constant" => Gap::Level,
        "keep" => Gap::Keep,
        "drop_rows" => Gap::Drop,
        _ => Gap::MostFrequent,
    })
}

/// Adds a level for gaps where there are some; its index where it is not named [`MISSING`], which
/// may be a word of the column. Where it is, gaps need their own even if none is seen yet.
fn add_gap_level(levels: &mut Vec<String>, has_gaps: bool) -> Option<usize> {
    let has_level = |levels: &[String], name: &str| levels.iter().any(|level| level == name);
    let is_taken = has_level(levels, MISSING);
    if !has_gaps && !is_taken {
        return None;
    }
    let mut name = MISSING.to_owned();
    while has_level(levels, &name) {
        name = format!("({name})");
    }
    levels.push(name);
    is_taken.then(|| levels.len() - 1)
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
