//! What was learnt of a column, in words.

use super::{Encoding, FittedColumn, Gap, Steps};
use crate::math;

impl FittedColumn {
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
                    Encoding::Target => {
                        format!("means of the target for {} levels", levels.len())
                    }
                };
                let typical = levels.get(*typical).map_or("", String::as_str);
                format!("{}: {}; {shape}", self.name, self.gap_words(*gap, typical))
            }
            Steps::Hash {
                n_features,
                gap,
                typical,
            } => {
                let gap = self.gap_words(*gap, typical);
                format!("{}: {gap}; {n_features} columns by hashing", self.name)
            }
        }
    }

    fn gap_words(&self, gap: Gap, typical: &str) -> String {
        match gap {
            Gap::MostFrequent => format!("gaps count as \u{201c}{typical}\u{201d}"),
            Gap::Level => {
                let named = self
                    .gap_level()
                    .map_or(String::new(), |level| format!(", \u{201c}{level}\u{201d}"));
                format!("a gap is a level of its own{named}")
            }
            Gap::Keep => KEPT.to_owned(),
            Gap::Drop => "rows with a gap dropped".to_owned(),
        }
    }
}

/// How a gap that stays one is told.
const KEPT: &str = "gaps left to the algorithm";

/// `value` rounded to some significant digits, for showing.
fn round_to_digits(value: f64, digits: i32) -> f64 {
    format!("{value:.*e}", (digits - 1).max(0) as usize)
        .parse()
        .unwrap_or(value)
}
