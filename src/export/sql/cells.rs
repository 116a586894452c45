//! From the columns of a table to features.

use super::Query;
use super::dialect::{Dialect, name, text, trimmed};
use crate::data::ColumnType;
use crate::error::{Code, Error, Result};
use crate::prepare::{Encoding, FittedColumn, Gap, OTHER, Pipeline, Steps, Unseen};

fn refused(message: String, field: &str) -> Error {
    Error::new(Code::BadSetting, message).in_field(field)
}

/// Adds the cells and then the features, and returns the names of the latter.
///
/// # Errors
/// [`Code::BadSetting`] for hashed columns, curves, and levels that are refused.
pub(super) fn write(query: &mut Query, pipeline: &Pipeline) -> Result<Vec<String>> {
    let cells = pipeline.columns().iter().map(|column| cell(query, column));
    let cells = cells.collect::<Result<Vec<_>>>()?;
    let cells = query.step("cell", cells);
    let features = pipeline.columns().iter().zip(&cells);
    let features = features.flat_map(|(column, cell)| features_of(query, column, cell));
    let features = features.collect();
    let mut x = query.step("x", features);
    if let Some(expansion) = pipeline.expansion() {
        if !expansion.splines.is_empty() {
            let message = "Curves (spline features) are not written in SQL yet. Export source code, or choose powers and products.";
            return Err(refused(message.into(), "expand"));
        }
        let product = |factors: &Vec<u32>| {
            let factors: Vec<&str> = factors.iter().map(|f| x[*f as usize].as_str()).collect();
            factors.join(" * ")
        };
        let products = expansion.products.iter().map(product).collect();
        let products = query.step("product", products);
        x.extend(products);
    }
    Ok(x)
}

/// Whether a row has no answer: where the recipe drops it for a gap, or a number is of no use.
pub(super) fn no_answer(pipeline: &Pipeline) -> String {
    let tests = pipeline.columns().iter().enumerate().map(|(at, column)| {
        let cell = format!("_hl_cell{at}");
        match &column.steps {
            // A gap that stays one is NULL as well.
            Steps::Number { .. } if column.keeps_gaps() => {
                let own = name(&column.name);
                format!("({cell} IS NULL AND NOT ({}))", number_gap(&own))
            }
            _ if column.keeps_gaps() => "1 = 0".to_owned(),
            _ => format!("{cell} IS NULL"),
        }
    });
    tests.collect::<Vec<_>>().join(" OR ")
}

/// Whether a cell of numbers is a gap: by the marks that tables are read by, and not a number.
fn number_gap(own: &str) -> String {
    let marks = [
        "", "NA", "N/A", "n/a", "na", "NaN", "nan", "NAN", "null", "NULL", "Null", "None", "none",
        "?", "-", "#N/A",
    ];
    let marks: Vec<String> = marks.iter().map(|mark| text(mark)).collect();
    format!(
        "{own} IS NULL OR {} IN ({})",
        trimmed(own),
        marks.join(", ")
    )
}

/// Whether a cell is a finite number, as far as the database does not refuse others by itself.
fn is_number(dialect: Dialect, own: &str) -> String {
    let plain = trimmed(own);
    match dialect {
        // What is text there need not be a number, and is read as 0 where it is none.
        Dialect::Sqlite => format!(
            "(typeof({own}) IN ('integer', 'real') AND abs({own}) <= 1.7976931348623157e308) OR (typeof({own}) = 'text' AND json_valid({plain}) AND json_type({plain}) IN ('integer', 'real'))"
        ),
        Dialect::DuckDb | Dialect::PostgreSql => {
            format!(
                "lower({plain}) NOT IN ('inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity')"
            )
        }
    }
}

/// A cell as a double: a number, the index of a level, −1 for none of them, NULL for a gap that
/// stays and for a number of no use.
fn cell(query: &Query, column: &FittedColumn) -> Result<String> {
    let own = name(&column.name);
    match &column.steps {
        Steps::Number { fill, .. } => {
            let fill = fill.map_or("NULL".to_owned(), |fill| query.number(fill));
            let double = query.dialect.double();
            let (is_gap, is_number) = (number_gap(&own), is_number(query.dialect, &own));
            Ok(format!(
                "CASE WHEN {is_gap} THEN {fill} WHEN {is_number} THEN CAST({own} AS {double}) END"
            ))
        }
        Steps::Hash { .. } => {
            let message = format!(
                "Column \u{201c}{}\u{201d} is hashed, which is not written in SQL. Choose another encoding.",
                column.name
            );
            Err(refused(message, "encode").in_column(&column.name))
        }
        Steps::Category {
            levels,
            gap,
            unseen,
            typical,
            ..
        } => {
            let place = |level: &str| {
                let found = levels.iter().position(|known| known == level);
                found.map_or(-1.0, |place| place as f64)
            };
            let of_gap = match gap {
                Gap::MostFrequent => query.number(*typical as f64),
                Gap::Level => query.number(column.gap_level().map_or(-1.0, place)),
                Gap::Keep | Gap::Drop => "NULL".to_owned(),
            };
            let of_unseen = match unseen {
                Unseen::Ignore => -1.0,
                Unseen::MostFrequent => *typical as f64,
                Unseen::Other => place(OTHER),
                Unseen::Refuse => {
                    let message = format!(
                        "A query cannot refuse a row, as the recipe asks for unseen levels of \u{201c}{}\u{201d}. Choose what they count as.",
                        column.name
                    );
                    return Err(refused(message, "unseen").in_column(&column.name));
                }
            };
            let mut cases = format!(
                "CASE WHEN {own} IS NULL THEN {of_gap} ELSE CASE {} WHEN '' THEN {of_gap}",
                trimmed(&own)
            );
            let mut add = |written: &str, level: &str| {
                let index = query.number(place(level));
                cases.push_str(&format!(" WHEN {} THEN {index}", text(written)));
            };
            let named = levels.iter().filter(|level| !level.is_empty());
            named.for_each(|level| add(level, level));
            if column.column_type == ColumnType::Boolean {
                // Where booleans are numbers.
                add("0", "false");
                add("1", "true");
            }
            Ok(format!("{cases} ELSE {} END END", query.number(of_unseen)))
        }
    }
}

fn features_of(query: &Query, column: &FittedColumn, cell: &str) -> Vec<String> {
    match &column.steps {
        Steps::Number { center, scale, .. } => {
            let (center, scale) = (query.number(*center), query.number(*scale));
            vec![format!("({cell} - {center}) / {scale}")]
        }
        Steps::Category {
            means: Some(means),
            levels,
            ..
        } => {
            let width = means.overall.len();
            let of_output = |k: usize| {
                let mut cases = String::from("CASE");
                for level in 0..levels.len() {
                    let mean = means.by_level.get(level * width + k).copied();
                    cases.push_str(&format!(
                        " WHEN {cell} = {} THEN {}",
                        query.number(level as f64),
                        query.number(mean.unwrap_or_default())
                    ));
                }
                format!("{cases} ELSE {} END", query.number(means.overall[k]))
            };
            (0..width).map(of_output).collect()
        }
        Steps::Category {
            levels, encoding, ..
        } => {
            let first = match encoding {
                Encoding::OneHot => 0,
                Encoding::Dummy => 1,
                _ => return vec![cell.to_owned()],
            };
            let is_level = |level: usize| {
                let [level, one, zero] = [level as f64, 1.0, 0.0].map(|v| query.number(v));
                format!("CASE WHEN {cell} = {level} THEN {one} ELSE {zero} END")
            };
            (first..levels.len()).map(is_level).collect()
        }
        Steps::Hash { .. } => Vec::new(),
    }
}
