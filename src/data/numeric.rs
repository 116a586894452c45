//! A column as numbers: whether it holds them, its values, and notes on what is no number.

use super::infer::{Source, Typed};
use super::note::{Note, Tally, quoted};
use super::number::{Shape, shape};
use super::table::Values;

/// Fewer values than this must be numbers without exception.
const MIN_FOR_DIRT: usize = 20;
/// One in this many may be dirt.
const DIRT_SHARE: usize = 20;
/// A column read as numbers, and how its cells looked.
#[derive(Default)]
pub(super) struct Numbers {
    /// NaN where missing, infinite or dirt.
    values: Vec<f64>,
    n_plain: usize,
    n_grouped: usize,
    n_percent: usize,
    n_currency: usize,
    n_code: usize,
    infinite: Vec<usize>,
    dirt: Vec<usize>,
}

impl Numbers {
    /// Reads all cells, and none that is too dirty.
    pub(super) fn of_all(source: Source<'_>) -> Option<Self> {
        Self::collect(source, |_| true, source.cells.n_rows() / DIRT_SHARE)
    }

    /// Reads all cells whose shape is accepted; `None` as soon as there is more dirt than allowed.
    pub(super) fn collect(
        source: Source<'_>,
        is_accepted: impl Fn(Shape) -> bool,
        max_dirt: usize,
    ) -> Option<Self> {
        let mut numbers = Self::with_capacity(source.cells.n_rows());
        for text in source.texts() {
            match text.map(|text| shape(text, source.has_comma)) {
                None => numbers.push_missing(),
                Some(shape) if is_accepted(shape) => numbers.push(shape),
                Some(_) => numbers.push(Shape::Other),
            }
            if numbers.dirt.len() > max_dirt {
                return None;
            }
        }
        Some(numbers)
    }

    pub(super) fn with_capacity(n_rows: usize) -> Self {
        Self {
            values: Vec::with_capacity(n_rows),
            ..Self::default()
        }
    }

    pub(super) fn push_missing(&mut self) {
        self.values.push(f64::NAN);
    }

    /// Adds the next row.
    #[inline]
    pub(super) fn push(&mut self, shape: Shape) {
        match shape {
            Shape::Plain(_) => self.n_plain += 1,
            Shape::Grouped(_) => self.n_grouped += 1,
            Shape::Percent(_) => self.n_percent += 1,
            Shape::Currency(_) => self.n_currency += 1,
            Shape::Code(_) => self.n_code += 1,
            Shape::Infinite => self.infinite.push(self.values.len()),
            Shape::Other => self.dirt.push(self.values.len()),
        }
        self.values.push(shape.value().unwrap_or(f64::NAN));
    }

    /// Whether there is more dirt than a column of numbers has.
    pub(super) fn is_too_dirty(&self, n_rows: usize) -> bool {
        self.dirt.len() > n_rows / DIRT_SHARE
    }

    /// The column as numbers, where that is what it holds.
    ///
    /// - `all`: its cells as numbers, `None` where they are too dirty.
    pub(super) fn of_most(
        source: Source<'_>,
        all: Option<Self>,
        notes: &mut Vec<Note>,
    ) -> Option<Self> {
        let all = all?;
        let max_dirt = source.cells.n_rows() / DIRT_SHARE;
        if all.n_code > 0 {
            notes.extend(all.code_note(source));
            return None;
        }
        let most = all
            .n_plain
            .max(all.n_grouped)
            .max(all.n_percent)
            .max(all.n_currency);
        let n_marked = all.n_percent + all.n_currency;
        let numbers = if n_marked == 0 || n_marked == most {
            all
        } else if all.n_percent == most {
            Self::collect(source, |s| matches!(s, Shape::Percent(_)), max_dirt)?
        } else if all.n_currency == most {
            Self::collect(source, |s| matches!(s, Shape::Currency(_)), max_dirt)?
        } else {
            let is_bare = |s| !matches!(s, Shape::Percent(_) | Shape::Currency(_));
            Self::collect(source, is_bare, max_dirt)?
        };
        let (n_finite, n_dirt) = (numbers.n_finite(), numbers.dirt.len());
        let n = n_finite + n_dirt + numbers.infinite.len();
        let is_clean_enough = n_dirt == 0 || (n >= MIN_FOR_DIRT && n_dirt * DIRT_SHARE <= n);
        ((n_finite > 0 || n == 0) && is_clean_enough).then_some(numbers)
    }

    pub(super) fn n_finite(&self) -> usize {
        self.n_plain + self.n_grouped + self.n_percent + self.n_currency + self.n_code
    }

    /// Why digits are no number, where only digits are there.
    fn code_note(&self, source: Source<'_>) -> Option<Note> {
        let is_code = |text: &str| matches!(shape(text, source.has_comma), Shape::Code(_));
        let (row, text) = source
            .texts()
            .enumerate()
            .find_map(|(row, text)| Some((row, text.filter(|t| is_code(t))?)))?;
        let why = if text.starts_with('0') {
            "leading zeros"
        } else {
            "more digits than a number keeps"
        };
        let message = format!(
            "{} has {why}, so this column was read as names, not as numbers. If it is a quantity, \
             set its type to number.",
            quoted(text)
        );
        Some(
            source
                .note("identifier", message)
                .at_line(source.line(row))
                .times(self.n_code),
        )
    }

    pub(super) fn typed(self, source: Source<'_>, mut notes: Vec<Note>) -> Typed {
        let mut remark = |count: usize, code, message: &str| {
            if count > 0 {
                notes.push(source.note(code, message.to_owned()).times(count));
            }
        };
        let is_empty = self.n_finite() + self.dirt.len() + self.infinite.len() == 0;
        remark(
            usize::from(is_empty && source.cells.n_rows() > 0),
            "no_values",
            "This column has no values at all.",
        );
        remark(
            self.n_percent,
            "percent",
            "The percent sign was dropped: 12% is read as 12.",
        );
        remark(
            self.n_currency,
            "currency",
            "The currency sign was dropped: only the amount is read.",
        );
        remark(
            self.n_grouped,
            "thousands",
            if source.has_comma {
                "Marks between thousands were dropped: 1.234 is read as 1234."
            } else {
                "Marks between thousands were dropped: 1,234 is read as 1234."
            },
        );
        let text = |row: usize| quoted(source.cells.get(row, source.index).text.trim());
        let mut infinite = Tally::new("infinite");
        for &row in &self.infinite {
            let line = source.line(row);
            infinite.push(line, || {
                format!(
                    "Line {line} has {}, which is not finite; it counts as missing.",
                    text(row)
                )
            });
        }
        notes
            .extend(infinite.finish(|n| format!("{n} cells are not finite and count as missing.")));
        let mut dirt = Tally::new("not_a_number");
        for &row in &self.dirt {
            let line = source.line(row);
            dirt.push(line, || {
                format!(
                    "Line {line} has {}, which is not a number; it counts as missing.",
                    text(row)
                )
            });
        }
        notes.extend(dirt.finish(|n| format!("{n} cells are not numbers and count as missing.")));
        source.typed(Values::Number(self.values), notes)
    }
}
